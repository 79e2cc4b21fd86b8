use std::path::Path;

use super::cases::CASES;
use super::samples::{SMALLEST, codes, environment, faults, faults_with, only_fault, read, with};
use crate::settings::{FaultCode, Settings};

#[test]
fn every_fault_names_its_key_its_code_and_what_is_expected() {
    for (target, lines, key, code, message) in CASES {
        let faults = faults(&with(target, lines));
        let fault = faults.faults().iter().find(|fault| fault.key == *key);
        let fault = fault.unwrap_or_else(|| panic!("{lines}: no fault at {key} in {faults}"));
        assert_eq!(fault.code, *code, "{lines}: {fault}");
        assert!(fault.to_string().contains(message), "{lines}: {fault} lacks {message}");
        assert!(!fault.to_string().contains("report this as a bug"), "{fault}");
    }
}

#[test]
fn a_table_where_a_value_belongs_and_a_value_where_a_table_belongs_are_single_faults() {
    let fault = only_fault(&with("target_id", "target_id = { env = \"X\" }"), &[]);
    assert_eq!((fault.code, fault.found.as_deref()), (FaultCode::WrongType, Some("a table")));
    let policy =
        SMALLEST.replace("[connection.policy]", "").replace("[[connection]]", "[[connection]]\npolicy = 5");
    let fault = only_fault(&policy, &[]);
    assert_eq!((fault.key.as_str(), fault.code), ("connection[main].policy", FaultCode::WrongType));
    let single = only_fault("[connection]\nname = \"main\"", &[]);
    assert_eq!((single.key.as_str(), single.code), ("connection", FaultCode::WrongType));
    assert!(single.expected.contains("[[connection]]"));
}

#[test]
fn all_faults_are_reported_together_in_the_order_of_their_keys() {
    let text = r#"
        colour = "red"
        [worker]
        concurrency = 0
        [[connection]]
        name = "main"
        [connection.amazon.bwp]
        client_id = "client"
        client_secret = { env = "ABSENT" }
        target_id = "bp-1"
        [connection.netsuite]
        account = "1234567"
        timezone = "Mars/Olympus"
        timeout = "soon"
        auth.tba = { consumer_secret = "s", token_id = "i", token_secret = "t" }
        [[connection]]
    "#;
    let faults = faults(text);
    let expected = [
        ("colour", FaultCode::UnknownKey),
        ("connection[#2].amazon.bwp.client_id", FaultCode::Missing),
        ("connection[#2].amazon.bwp.client_secret", FaultCode::Missing),
        ("connection[#2].amazon.bwp.target_id", FaultCode::Missing),
        ("connection[#2].amazon.webhook_auth", FaultCode::Missing),
        ("connection[#2].name", FaultCode::Missing),
        ("connection[#2].netsuite.account", FaultCode::Missing),
        ("connection[#2].netsuite.auth", FaultCode::Missing),
        ("connection[#2].netsuite.timezone", FaultCode::Missing),
        ("connection[main].amazon.bwp.client_secret", FaultCode::UnresolvedSecret),
        ("connection[main].amazon.webhook_auth", FaultCode::Missing),
        ("connection[main].netsuite.auth.tba.consumer_key", FaultCode::Missing),
        ("connection[main].netsuite.timeout", FaultCode::NotADuration),
        ("connection[main].netsuite.timezone", FaultCode::UnknownTimezone),
        ("worker.concurrency", FaultCode::OutOfRange),
    ];
    assert_eq!(codes(&faults), expected);
    let text = faults.to_string();
    assert!(text.starts_with("15 faults in the configuration:\n  colour: unknown_key: "), "{text}");
    assert_eq!(text.lines().count(), 16);
}

#[test]
fn names_must_differ_also_in_the_environments_spelling() {
    for (other, expected) in [("main", "\"main\""), ("MAIN", "\"main\"")] {
        let second = SMALLEST.replace("\"main\"", &format!("{other:?}")).replace("1234567_SB1", "7654321");
        let fault = only_fault(&format!("{SMALLEST}{second}"), &[]);
        assert_eq!(fault.code, FaultCode::DuplicateName);
        assert_eq!(fault.key, format!("connection[{other}].name"));
        assert!(fault.to_string().contains(expected));
    }
}

#[test]
fn two_connections_may_not_join_the_same_pair() {
    let second = SMALLEST.replace("\"main\"", "\"other\"");
    let fault = only_fault(&format!("{SMALLEST}{second}"), &[]);
    assert_eq!(
        (fault.key.as_str(), fault.code),
        ("connection[other].amazon.bwp.target_id", FaultCode::Conflicting)
    );
}

/// Two connections on one account with a business product and a mapping each.
fn on_one_account(one: &str, other: &str) -> String {
    let with_mapping = |mapping: &str| with("[connection.mapping]", mapping);
    let second = with_mapping(other).replace("\"main\"", "\"other\"").replace("bp-1", "bp-2");
    format!("{}{second}", with_mapping(one))
}

#[test]
fn two_connections_on_one_account_may_not_take_the_same_orders() {
    let (flag, channel_1) = ("", "eligible = [\"sales_channel\"]\nsales_channels = [\"1\", \"2\"]");
    let channel_2 = "eligible = [\"sales_channel\"]\nsales_channels = [\"2\", \"3\"]";
    let location = "eligible = [\"location\"]\namazon_location = \"7\"";
    let both =
        "eligible = [\"location\", \"sales_channel\"]\namazon_location = \"8\"\nsales_channels = [\"9\"]";
    let flag_too = "eligible = [\"line_flag\", \"location\"]\namazon_location = \"8\"";
    let cases = [
        (flag, flag),
        (flag, location),
        (location, location),
        (location, channel_1),
        (channel_1, channel_2),
        (location, both),
        (location, flag_too),
    ];
    for (one, other) in cases.into_iter().flat_map(|(one, other)| [(one, other), (other, one)]) {
        let fault = only_fault(&on_one_account(one, other), &[]);
        let found = (fault.key.as_str(), fault.code);
        assert_eq!(found, ("connection[other].mapping.eligible", FaultCode::Conflicting), "{one} | {other}");
        assert!(fault.expected.contains("`main`"), "{fault}");
    }
}

#[test]
fn two_connections_on_one_account_may_share_it_out() {
    let location = |id| format!("eligible = [\"location\"]\namazon_location = \"{id}\"");
    let channel = |id| format!("eligible = [\"sales_channel\"]\nsales_channels = [\"{id}\"]");
    read(&on_one_account(&location(7), &location(8)));
    read(&on_one_account(&channel(1), &channel(2)));
    let elsewhere = SMALLEST.replace("\"main\"", "\"other\"").replace("1234567_SB1", "7654321");
    read(&format!("{SMALLEST}{elsewhere}"));
}

#[test]
fn no_connection_is_a_fault() {
    for text in ["", "connection = []"] {
        let fault = only_fault(text, &[]);
        assert_eq!((fault.key.as_str(), fault.code), ("connection", FaultCode::Missing));
    }
}

#[test]
fn text_that_is_not_toml_is_located_without_being_quoted() {
    let fault = only_fault("[store]\nurl = \"sqlite://x\nlog = 1 # TOP-SECRET", &[]);
    assert_eq!(fault.code, FaultCode::NotToml);
    assert!(fault.to_string().contains("line 2"), "{fault}");
    let fault = only_fault("password = TOP-SECRET", &[]);
    assert!(fault.to_string().contains("line 1, column"), "{fault}");
    assert!(!fault.to_string().contains("TOP-SECRET"), "{fault}");
    let fault = only_fault("a = 1\na = 2", &[]);
    assert!(fault.to_string().contains("duplicate key"), "{fault}");
}

#[test]
fn a_file_that_cannot_be_read_is_a_fault_that_names_it() {
    let path = Path::new("/nonexistent/accelerator.toml");
    let faults = Settings::load(Some(path), &environment(&[])).expect_err("there is no file");
    assert_eq!(codes(&faults), [("", FaultCode::Unreadable)]);
    assert!(faults.to_string().contains("/nonexistent/accelerator.toml"), "{faults}");
}

#[test]
fn faults_serialise_for_machines() {
    let faults =
        faults_with(&with("[connection.policy]", "hold_minutes = 5"), &[("AMZ__WORKER__LEASE", "x")]);
    let json = serde_json::to_value(&faults).expect("faults serialise");
    assert_eq!(json["faults"][0]["key"], "connection[main].policy.hold_minutes");
    assert_eq!(json["faults"][0]["code"], "unknown_key");
    assert_eq!(json["faults"][0]["suggestion"], "hold");
    assert_eq!(json["faults"][1]["variable"], "AMZ__WORKER__LEASE");
    assert_eq!(json["faults"][1]["found"], "\"x\"");
}

#[test]
fn codes_are_written_the_same_everywhere() {
    for code in FaultCode::ALL {
        assert_eq!(serde_json::to_value(code).expect("a code serialises"), code.as_str());
    }
}

#[test]
fn own_echoes_are_ignored_only_beside_the_bundle_and_reconciliations() {
    let bundle = "events = { signing_secret = \"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3\" }";
    let with_bundle = with("[connection.netsuite]", bundle);
    let ignore = "[connection.sync]\nown_echoes = \"ignore\"";
    let sound = read(&with_bundle.replace("[connection.sync]", ignore));
    assert!(sound.connections[0].ignores_own_echoes);
    let never = with_bundle.replace("[connection.sync]", &format!("{ignore}\nreconcile = \"0s\""));
    let fault = only_fault(&never, &[]);
    assert_eq!(
        (fault.key.as_str(), fault.code),
        ("connection[main].sync.own_echoes", FaultCode::Conflicting)
    );
    assert!(fault.expected.contains("reconcile"), "{fault}");
}
