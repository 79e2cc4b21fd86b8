//! How stock is kept in step.

use std::path::Path;
use std::time::Duration;

use amz_domain::Figure;
use amz_services::ports::stock::StockBins;
use amz_services::settings::{
    Alias, BrakeSettings, Buffer, Counting, InventorySettings, MatchBy, RoadChoice, StockWriting, WhenAbsent,
};
use rust_decimal::Decimal;
use secrecy::ExposeSecret;

use super::samples::{SMALLEST, codes, environment, faults, only_fault, read};
use crate::settings::{ConfigurationFaults, FaultCode, Settings, StockSettings};

/// The smallest configuration with access to the Selling Partner API, lines of the mapping and of the inventory.
fn with_stock(mapping: &str, inventory: &str) -> String {
    let text = SMALLEST.replace("[connection.mapping]", &format!("[connection.mapping]\n{mapping}"));
    format!(
        "{text}[connection.amazon.sp_api]\nclient_id = \"lwa\"\nclient_secret = \"lwa-secret\"\n\
         refresh_token = \"refresh-secret\"\n[connection.inventory]\n{inventory}\n"
    )
}

const MAPPING: &str = "amazon_location = \"7\"\nadjustment_account = \"155\"";

fn stock(text: &str) -> StockSettings {
    read(text).connections.remove(0).stock.expect("stock is kept in step")
}

#[test]
fn without_access_to_amazons_stock_it_is_not_kept_in_step() {
    assert!(read(SMALLEST).connections[0].stock.is_none());
    let inventory = format!("{SMALLEST}[connection.inventory]\nwrite = \"fields\"\n");
    assert!(read(&inventory).connections[0].stock.is_none());
    let wrong = only_fault(&format!("{SMALLEST}[connection.inventory]\nroad = \"rail\"\n"), &[]);
    assert_eq!((wrong.key.as_str(), wrong.code), ("connection[main].inventory.road", FaultCode::NotOneOf));
}

#[test]
fn stock_has_the_documented_defaults() {
    let stock = stock(&with_stock(MAPPING, ""));
    assert_eq!(stock.inventory, InventorySettings::new("7".into()));
    assert_eq!(stock.adjustment_account, Some("155".into()));
    assert_eq!(stock.settle, Duration::from_secs(2));
    assert_eq!(stock.schedule.map(|schedule| schedule.to_string()).as_deref(), Some("0 3 * * *"));
    let sp_api = stock.sp_api;
    assert_eq!(sp_api.endpoint, "https://sellingpartnerapi-na.amazon.com");
    assert_eq!(sp_api.token_endpoint, "https://api.amazon.com/auth/o2/token");
    assert_eq!((sp_api.client_id.as_str(), sp_api.marketplace_id.as_str()), ("lwa", "ATVPDKIKX0DER"));
    assert_eq!(sp_api.client_secret.expose_secret(), "lwa-secret");
    assert_eq!(sp_api.refresh_token.expose_secret(), "refresh-secret");
    assert_eq!(sp_api.calls_per_second, Decimal::TWO);
}

#[test]
fn given_values_arrive_exactly() {
    let text = with_stock(
        "amazon_location = 7\nsubsidiary = 3",
        "figure = \"unfulfillable\"\nadd = [\"processing\", \"researching\"]\nbuffer_units = 2\nbuffer_share = 0.05\n\
         match = \"catalog\"\nreservation_lag = \"5m\"\nabsent = \"zero\"\nbrake_share = 0.1\nbrake_at_least = 3\n\
         brake_units = 500\nwrite = \"bin_transfer\"\nsellable_bin = 21\nunsellable_bin = \"22\"\nroad = \"named\"\n\
         late_arrival = \"90s\"\nsettle = \"1s\"\nschedule = \"off\"",
    );
    let text = text.replace("[connection.inventory]", "calls_per_second = \"0.5\"\n[connection.inventory]");
    let stock = stock(&text);
    assert_eq!(
        stock.inventory,
        InventorySettings {
            location: "7".into(),
            subsidiary: Some("3".into()),
            figure: Figure::Unfulfillable,
            add: vec![Figure::Processing, Figure::Researching],
            buffer: Buffer { units: Decimal::TWO, share: Decimal::new(5, 2) },
            match_by: MatchBy::Catalog,
            aliases: Vec::new(),
            reservation_lag: Duration::from_secs(300),
            absent: WhenAbsent::Zero,
            brake: BrakeSettings { share: Decimal::new(1, 1), at_least: 3, units: Some(500.into()) },
            write: StockWriting::BinTransfer(StockBins { sellable: "21".into(), unsellable: "22".into() }),
            late_arrival: Duration::from_secs(90),
            road: RoadChoice::Named,
        }
    );
    assert_eq!((stock.adjustment_account, stock.settle), (None, Duration::from_secs(1)));
    assert!(stock.schedule.is_none());
    assert_eq!(stock.sp_api.calls_per_second, Decimal::new(5, 1));
}

#[test]
fn what_a_way_of_writing_needs_must_be_there() {
    let missing = |mapping: &str, inventory: &str| {
        let faults = faults(&with_stock(mapping, inventory));
        assert!(faults.faults().iter().all(|fault| fault.code == FaultCode::Missing), "{faults}");
        faults.faults().iter().map(|fault| fault.key.replace("connection[main].", "")).collect::<Vec<_>>()
    };
    assert_eq!(missing("", ""), ["mapping.adjustment_account", "mapping.amazon_location"]);
    assert_eq!(missing("", "write = \"fields\""), ["mapping.amazon_location"]);
    assert_eq!(
        missing("amazon_location = 7", "write = \"bin_transfer\""),
        ["inventory.sellable_bin", "inventory.unsellable_bin"]
    );
    let text =
        with_stock("amazon_location = 7", "write = \"bin_transfer\"\nsellable_bin = 1\nunsellable_bin = 1");
    let fault = only_fault(&text, &[]);
    assert_eq!(
        (fault.key.as_str(), fault.code),
        ("connection[main].inventory.unsellable_bin", FaultCode::Conflicting)
    );
}

#[test]
fn every_key_of_stock_has_its_fault() {
    let cases = [
        ("figure = \"stock\"", "figure", FaultCode::NotOneOf),
        ("add = [\"stock\"]", "add[0]", FaultCode::NotOneOf),
        ("add = [\"fulfillable\"]", "add", FaultCode::Conflicting),
        ("add = [\"processing\", \"processing\"]", "add", FaultCode::Conflicting),
        ("add = [\"total\"]", "add", FaultCode::Conflicting),
        ("figure = \"total\"\nadd = [\"processing\"]", "add", FaultCode::Conflicting),
        ("buffer_units = -1", "buffer_units", FaultCode::OutOfRange),
        ("buffer_units = 1.5", "buffer_units", FaultCode::WrongType),
        ("buffer_share = 1.1", "buffer_share", FaultCode::OutOfRange),
        ("match = \"name\"", "match", FaultCode::NotOneOf),
        ("aliases = 5", "aliases", FaultCode::WrongType),
        ("aliases = \"absent.csv\"", "aliases", FaultCode::Unreadable),
        ("reservation_lag = \"25h\"", "reservation_lag", FaultCode::OutOfRange),
        ("late_arrival = \"999ms\"", "late_arrival", FaultCode::OutOfRange),
        ("late_arrival = \"121m\"", "late_arrival", FaultCode::OutOfRange),
        ("absent = \"none\"", "absent", FaultCode::NotOneOf),
        ("brake_share = \"0.2\"", "brake_share", FaultCode::WrongType),
        ("brake_at_least = -1", "brake_at_least", FaultCode::OutOfRange),
        ("brake_units = \"many\"", "brake_units", FaultCode::WrongType),
        ("write = \"ink\"", "write", FaultCode::NotOneOf),
        ("sellable_bin = \"a\"", "sellable_bin", FaultCode::Malformed),
        ("road = \"rail\"", "road", FaultCode::NotOneOf),
        ("settle = 2", "settle", FaultCode::NotADuration),
        ("schedule = \"0 3 30 2 *\"", "schedule", FaultCode::Malformed),
        ("schedule = \"0 0 3 * * *\"", "schedule", FaultCode::Malformed),
    ];
    for (lines, key, code) in cases {
        let fault = only_fault(&with_stock(MAPPING, lines), &[]);
        assert_eq!((fault.key, fault.code), (format!("connection[main].inventory.{key}"), code), "{lines}");
    }
    let faults = faults(&with_stock("adjustment_account = \"x\"", "settle = \"2\"\nroad = 1\nadd = 1"));
    assert_eq!(
        codes(&faults),
        [
            ("connection[main].inventory.add", FaultCode::WrongType),
            ("connection[main].inventory.road", FaultCode::WrongType),
            ("connection[main].inventory.settle", FaultCode::NotADuration),
            ("connection[main].mapping.adjustment_account", FaultCode::Malformed),
            ("connection[main].mapping.amazon_location", FaultCode::Missing),
        ]
    );
}

#[test]
fn access_to_amazons_stock_is_checked() {
    let sp_api = |line: &str, changed: &str| {
        let text = with_stock(MAPPING, "");
        let fault = only_fault(&text.replace(line, changed), &[]);
        (fault.key.replace("connection[main].amazon.sp_api.", ""), fault.code)
    };
    let client = "client_id = \"lwa\"";
    let beside = |line: &str| format!("{client}\n{line}");
    assert_eq!(sp_api(client, ""), ("client_id".to_owned(), FaultCode::Missing));
    assert_eq!(
        sp_api("refresh_token = \"refresh-secret\"", ""),
        ("refresh_token".to_owned(), FaultCode::Missing)
    );
    for (line, key, code) in [
        ("endpoint = \"http://amazon.example\"", "endpoint", FaultCode::PlainHttpNotLoopback),
        ("token_endpoint = \"amazon\"", "token_endpoint", FaultCode::NotAUrl),
        ("calls_per_second = 0", "calls_per_second", FaultCode::OutOfRange),
        ("calls_per_second = \"1001\"", "calls_per_second", FaultCode::OutOfRange),
        ("calls_per_second = \"fast\"", "calls_per_second", FaultCode::WrongType),
        ("calls_per_second = \"1e2\"", "calls_per_second", FaultCode::WrongType),
    ] {
        assert_eq!(sp_api(client, &beside(line)), (key.to_owned(), code), "{line}");
    }
    let loopback = with_stock(MAPPING, "").replace(client, &beside("endpoint = \"http://127.0.0.1:9000\""));
    assert_eq!(stock(&loopback).sp_api.endpoint, "http://127.0.0.1:9000");
}

/// The faults of a configuration whose folder holds a table of SKUs.
fn with_table(table: &str) -> Result<Settings, ConfigurationFaults> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("skus.csv"), table).expect("a file");
    let text = with_stock(MAPPING, "aliases = \"skus.csv\"");
    Settings::from_toml(&text, &environment(&[]), folder.path())
}

#[test]
fn the_table_of_skus_is_read_beside_the_configuration() {
    let settings = with_table("sku,item,counting,buffer\nA,12,sum,3\n").expect("a sound table");
    let stock = settings.connections[0].stock.as_ref().expect("stock is kept in step");
    let expected = Alias {
        sku: "A".into(),
        item: Some("12".into()),
        counting: Some(Counting::Sum),
        buffer: Some(Buffer { units: 3.into(), share: Decimal::ZERO }),
    };
    assert_eq!(stock.inventory.aliases, [expected]);
}

#[test]
fn faults_of_the_table_name_their_lines_beside_all_other_faults() {
    let faults = with_table("sku,item,counting,buffer\nA,x,,\nB,,,\nB,,all,\n").expect_err("a faulty table");
    let told: Vec<String> = faults.faults().iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("found line 2: the item \"x\""), "{told:?}");
    assert!(told[1].contains("found line 4: the counting \"all\""), "{told:?}");
    assert!(told.iter().all(|fault| fault.starts_with("connection[main].inventory.aliases: ")));
    let missing = Settings::from_toml(
        &with_stock("", "aliases = \"absent.csv\""),
        &environment(&[]),
        Path::new("/nowhere"),
    );
    assert_eq!(missing.expect_err("faults").faults().len(), 3);
}

#[test]
fn two_connections_do_not_keep_the_stock_of_one_location() {
    let rules = |channel: &str| {
        format!("{MAPPING}\neligible = [\"sales_channel\"]\nsales_channels = [\"{channel}\"]")
    };
    let first = with_stock(&rules("1"), "");
    let second = with_stock(&rules("2"), "").replace("\"main\"", "\"other\"").replace("bp-1", "bp-2");
    let second = second.replace("refresh-secret", "of-another-seller");
    let fault = only_fault(&format!("{first}{second}"), &[]);
    assert_eq!(
        (fault.key.as_str(), fault.code),
        ("connection[other].mapping.amazon_location", FaultCode::Conflicting)
    );
    let elsewhere = second.replace("amazon_location = \"7\"", "amazon_location = \"8\"");
    assert_eq!(read(&format!("{first}{elsewhere}")).connections.len(), 2);
    // the same seller's units cannot be sold at both locations
    let pool = with_stock(&rules("2"), "").replace("\"main\"", "\"other\"").replace("bp-1", "bp-2");
    let pool = pool.replace("amazon_location = \"7\"", "amazon_location = \"8\"");
    let fault = only_fault(&format!("{first}{pool}"), &[]);
    assert_eq!(fault.key, "connection[other].amazon.sp_api.refresh_token");
}
