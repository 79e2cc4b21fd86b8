//! Reads how stock is kept in step.

use amz_domain::{AccountId, BinId, Figure, LocationId, SubsidiaryId};
use amz_services::ports::stock::StockBins;
use amz_services::settings::{
    Alias, BrakeSettings, Buffer, InventorySettings, MatchBy, RoadChoice, StockWriting, WhenAbsent,
};
use rust_decimal::Decimal;

use super::aliases;
use super::fault::{Fault, FaultCode};
use super::model::{SpApiSettings, StockSettings};
use super::reader::{Faulty, Reader, Scope};
use crate::schedule::Schedule;

const MATCH: &[(&str, MatchBy)] = &[
    ("item_field", MatchBy::ItemField),
    ("upc", MatchBy::Upc),
    ("external_id", MatchBy::ExternalId),
    ("catalog", MatchBy::Catalog),
];

const ABSENT: &[(&str, WhenAbsent)] = &[("keep", WhenAbsent::Keep), ("zero", WhenAbsent::Zero)];

const ROAD: &[(&str, RoadChoice)] =
    &[("auto", RoadChoice::Auto), ("crawl", RoadChoice::Crawl), ("named", RoadChoice::Named)];

/// The key's words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Write {
    Adjustment,
    BinTransfer,
    Fields,
}

const WRITE: &[(&str, Write)] =
    &[("adjustment", Write::Adjustment), ("bin_transfer", Write::BinTransfer), ("fields", Write::Fields)];

/// Reads how stock is kept in step; `None` without access to the Selling Partner API. What is given is checked anyway.
pub(super) fn stock(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<Option<StockSettings>, Faulty> {
    let (mapping, inventory) = (scope.section("mapping"), scope.section("inventory"));
    let sp_api_scope = scope.section("amazon.sp_api");
    let wanted = sp_api_scope.is_given();
    let sp_api = wanted.then(|| sp_api(reader, &sp_api_scope)).transpose();

    let account = reader.find::<String>(&mapping, "adjustment_account");
    let subsidiary = reader.find::<String>(&mapping, "subsidiary");
    let location = wanted.then(|| location(reader, &mapping)).transpose();
    let write = write(reader, &inventory);
    if wanted && matches!((&write, &account), (Ok(StockWriting::Adjustment), Ok(None))) {
        let expected = "an account, since stock is written by inventory adjustments (`inventory.write`)";
        reader.fault(Fault::new(mapping.path_of("adjustment_account"), FaultCode::Missing, expected));
    }
    let figure = figure(reader, &inventory, "figure");
    let add = add(reader, &inventory, figure.as_ref().ok().copied());
    let buffer = buffer(reader, &inventory);
    let match_by = reader.choose(&inventory, "match", MATCH);
    let aliases = aliases_of(reader, &inventory);
    let reservation_lag = reader.get(&inventory, "reservation_lag");
    let absent = reader.choose(&inventory, "absent", ABSENT);
    let brake = brake(reader, &inventory);
    let late_arrival = reader.get(&inventory, "late_arrival");
    let road = reader.choose(&inventory, "road", ROAD);
    let settle = reader.get(&inventory, "settle");
    let schedule = schedule(reader, &inventory);

    let settings = InventorySettings {
        location: LocationId::new(location?.unwrap_or_default()),
        subsidiary: subsidiary?.map(SubsidiaryId::new),
        figure: figure?,
        add: add?,
        buffer: buffer?,
        match_by: match_by?,
        aliases: aliases?,
        reservation_lag: reservation_lag?,
        absent: absent?,
        brake: brake?,
        write: write?,
        late_arrival: late_arrival?,
        road: road?,
    };
    let (settle, schedule, account) = (settle?, schedule?, account?.map(AccountId::new));
    Ok(sp_api?.map(|sp_api| StockSettings {
        sp_api,
        inventory: settings,
        adjustment_account: account,
        settle,
        schedule,
    }))
}

fn sp_api(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<SpApiSettings, Faulty> {
    let endpoint = reader.get(scope, "endpoint");
    let token_endpoint = reader.get(scope, "token_endpoint");
    let client_id = reader.get(scope, "client_id");
    let client_secret = reader.get(scope, "client_secret");
    let refresh_token = reader.get(scope, "refresh_token");
    let marketplace_id = reader.get(scope, "marketplace_id");
    let calls_per_second = reader.get(scope, "calls_per_second");
    Ok(SpApiSettings {
        endpoint: endpoint?,
        token_endpoint: token_endpoint?,
        client_id: client_id?,
        client_secret: client_secret?,
        refresh_token: refresh_token?,
        marketplace_id: marketplace_id?,
        calls_per_second: calls_per_second?,
    })
}

/// Stock needs the location whatever the rules of eligibility are. It is read for the services too, so what is wrong
/// with its value is a fault already.
fn location(reader: &mut Reader<'_>, mapping: &Scope<'_>) -> Result<String, Faulty> {
    match reader.find(mapping, "amazon_location")? {
        Some(location) => Ok(location),
        None => {
            let expected = "a location, since stock is kept in step (`amazon.sp_api`)";
            Err(reader.fault(Fault::new(mapping.path_of("amazon_location"), FaultCode::Missing, expected)))
        }
    }
}

fn write(reader: &mut Reader<'_>, inventory: &Scope<'_>) -> Result<StockWriting, Faulty> {
    let write = reader.choose(inventory, "write", WRITE);
    let sellable = reader.find::<String>(inventory, "sellable_bin");
    let unsellable = reader.find::<String>(inventory, "unsellable_bin");
    match write? {
        Write::Adjustment => sellable.and(unsellable).map(|_| StockWriting::Adjustment),
        Write::Fields => sellable.and(unsellable).map(|_| StockWriting::Fields),
        Write::BinTransfer => {
            let mut needed = |key: &str, bin: Result<Option<String>, Faulty>| {
                bin?.ok_or_else(|| {
                    let expected = "a bin, since `write` is \"bin_transfer\"";
                    reader.fault(Fault::new(inventory.path_of(key), FaultCode::Missing, expected))
                })
            };
            let sellable = needed("sellable_bin", sellable);
            let unsellable = needed("unsellable_bin", unsellable);
            let (sellable, unsellable) = (sellable?, unsellable?);
            if sellable == unsellable {
                let expected = "another bin than `sellable_bin`";
                let fault = Fault::new(inventory.path_of("unsellable_bin"), FaultCode::Conflicting, expected);
                return Err(reader.fault(fault.found(format!("{unsellable:?}"))));
            }
            let bins = StockBins { sellable: BinId::new(sellable), unsellable: BinId::new(unsellable) };
            Ok(StockWriting::BinTransfer(bins))
        }
    }
}

fn figures() -> Vec<(&'static str, Figure)> {
    Figure::ALL.into_iter().map(|figure| (figure.as_str(), figure)).collect()
}

fn figure(reader: &mut Reader<'_>, inventory: &Scope<'_>, key: &str) -> Result<Figure, Faulty> {
    reader.choose(inventory, key, &figures())
}

/// Units that are counted twice would be sold twice.
fn add(
    reader: &mut Reader<'_>,
    inventory: &Scope<'_>,
    figure: Option<Figure>,
) -> Result<Vec<Figure>, Faulty> {
    let words: Vec<String> = reader.find(inventory, "add")?.unwrap_or_default();
    let read: Result<Vec<Figure>, Faulty> =
        words.iter().map(|word| reader.pick(inventory, "add", &figures(), word)).collect();
    let figures = read?;
    let counts_twice = |(index, added): (usize, &Figure)| {
        Some(*added) == figure
            || *added == Figure::Total
            || figure == Some(Figure::Total)
            || figures.iter().take(index).any(|before| before == added)
    };
    if let Some((_, twice)) = figures.iter().enumerate().find(|(index, added)| counts_twice((*index, added)))
    {
        let expected =
            "figures that hold none of the units of `figure` or of one another (`total` holds all)";
        let fault = Fault::new(inventory.path_of("add"), FaultCode::Conflicting, expected);
        return Err(reader.fault(fault.found(format!("{:?}", twice.as_str()))));
    }
    Ok(figures)
}

fn buffer(reader: &mut Reader<'_>, inventory: &Scope<'_>) -> Result<Buffer, Faulty> {
    let units = reader.get::<u64>(inventory, "buffer_units");
    let share = reader.get(inventory, "buffer_share");
    Ok(Buffer { units: Decimal::from(units?), share: share? })
}

fn brake(reader: &mut Reader<'_>, inventory: &Scope<'_>) -> Result<BrakeSettings, Faulty> {
    let share = reader.get(inventory, "brake_share");
    let at_least = reader.get(inventory, "brake_at_least");
    let units = reader.find::<u64>(inventory, "brake_units");
    Ok(BrakeSettings { share: share?, at_least: at_least?, units: units?.map(Decimal::from) })
}

fn aliases_of(reader: &mut Reader<'_>, inventory: &Scope<'_>) -> Result<Vec<Alias>, Faulty> {
    let Some(text) = reader.find_file(inventory, "aliases")? else { return Ok(Vec::new()) };
    aliases::parse(&text).map_err(|faults| {
        for fault in faults {
            let place = Fault::new(inventory.path_of("aliases"), fault.code, fault.expected);
            reader.fault(place.found(format!("line {}: {}", fault.line, fault.found)));
        }
        Faulty
    })
}

/// The reader has checked the text.
fn schedule(reader: &mut Reader<'_>, inventory: &Scope<'_>) -> Result<Option<Schedule>, Faulty> {
    let text: String = reader.get(inventory, "schedule")?;
    Schedule::parse(&text).map_err(|_| Faulty)
}
