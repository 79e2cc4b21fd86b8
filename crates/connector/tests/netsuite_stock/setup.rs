//! An account that keeps stock.

use amz_connector::netsuite::{NetSuiteSettings, StockQuerySettings};
use amz_domain::ItemId;
use amz_services::inventory::StockItem;
use amz_services::ports::StockItems;
use amz_services::ports::stock::StockBins;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::netsuite_support::{World, token_based};

pub(crate) const LOCATION: u64 = 7;

pub(crate) fn stock(settings: &mut NetSuiteSettings) -> &mut StockQuerySettings {
    let location = LOCATION.to_string();
    settings.stock.get_or_insert_with(|| StockQuerySettings {
        account: Some("58".into()),
        ..StockQuerySettings::new(location.into(), "custitem_amz_sku")
    })
}

pub(crate) fn with_stock(settings: &mut NetSuiteSettings) {
    stock(settings);
}

pub(crate) async fn world() -> World {
    World::with(token_based(), with_stock).await
}

pub(crate) fn put(world: &World, item: Value) -> u64 {
    world.sandbox().netsuite.put_item(&item).unwrap()
}

pub(crate) fn item(id: u64) -> ItemId {
    ItemId::new(id.to_string())
}

pub(crate) fn units(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) async fn one(world: &World, id: u64) -> StockItem {
    let [found] = StockItems::find(&world.netsuite, &[], &[item(id)]).await.unwrap().try_into().unwrap();
    found
}

/// A world with a sellable and an unsellable bin, and an item with 6 units in one and 4 in the other.
pub(crate) async fn world_with_bins() -> (World, u64, [u64; 2]) {
    let first = world().await;
    let bins = ["SELL", "HOLD"].map(|name| first.sandbox().netsuite.put_bin(LOCATION, name).unwrap());
    drop(first);
    // ids are handed out in order, so a second account gets the same ones
    let [sellable, unsellable] = bins.map(|bin| bin.to_string().into());
    let world = World::with(token_based(), |settings| {
        stock(settings).bins = Some(StockBins { sellable, unsellable });
    });
    let world = world.await;
    let netsuite = &world.sandbox().netsuite;
    assert_eq!(["SELL", "HOLD"].map(|name| netsuite.put_bin(LOCATION, name).unwrap()), bins);
    let id = netsuite.seed_items(1, LOCATION, 0).unwrap()[0];
    netsuite.set_in_bin(id, bins[0], 6).unwrap();
    netsuite.set_in_bin(id, bins[1], 4).unwrap();
    (world, id, bins)
}
