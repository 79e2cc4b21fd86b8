//! Adjustments, bin transfers and the items' own fields.

use amz_domain::ExternalId;
use amz_sandbox::netsuite::{CustomField, CustomFieldKind};
use amz_sandbox::{CallSelector, Fault, SandboxSettings};
use amz_services::failure::Failure;
use amz_services::inventory::StockItemKind;
use amz_services::ports::stock::{NewStockDocument, ShownStock, StockBins, StockLine};
use amz_services::ports::{StockItems, StockWrites};
use chrono::{DateTime, Utc};
use serde_json::json;

use crate::netsuite_support::{self, World, token_based};
use crate::setup::{LOCATION, item, one, put, stock, units, with_stock, world, world_with_bins};

fn document(number: u32, lines: &[(u64, &str)]) -> NewStockDocument {
    let line =
        |(id, by): &(u64, &str)| StockLine { item: item(*id), units: units(by), memo: "12 - 5".into() };
    NewStockDocument {
        external_id: ExternalId::of_stock(&"main".into(), &"run-1".into(), number),
        date: "2026-03-01".parse().unwrap(),
        location: LOCATION.to_string().into(),
        subsidiary: None,
        memo: "Amazon stock of 2026-03-01 17:00 UTC".to_owned(),
        lines: lines.iter().map(line).collect(),
    }
}

#[tokio::test]
async fn an_adjustment_moves_what_is_on_hand_once_under_its_external_id() {
    let world = world().await;
    let ids = world.sandbox().netsuite.seed_items(2, LOCATION, 10).unwrap();
    let new = document(1, &[(ids[0], "-3"), (ids[1], "0.5")]);
    assert_eq!(StockWrites::find(&world.netsuite, &new.external_id).await.unwrap(), None);
    let id = world.netsuite.adjust(&new).await.unwrap();
    assert_eq!(one(&world, ids[0]).await.levels.on_hand, units("7"));
    assert_eq!(one(&world, ids[1]).await.levels.on_hand, units("10.5"));

    let again = world.netsuite.adjust(&new).await.unwrap_err();
    assert_eq!(again.failure, Failure::Conflict);
    assert_eq!(one(&world, ids[0]).await.levels.on_hand, units("7"));
    assert_eq!(StockWrites::find(&world.netsuite, &new.external_id).await.unwrap(), Some(id));
    let [kept] = world.sandbox().netsuite.inventory_adjustments().try_into().unwrap();
    assert_eq!(kept["custbody_amz_origin"], "amazon");
    assert_eq!(kept["memo"], "Amazon stock of 2026-03-01 17:00 UTC");
    assert_eq!(kept["inventory"]["items"][0]["memo"], "12 - 5");
    assert_eq!(kept["account"]["id"], "58");
}

#[tokio::test]
async fn an_adjustment_whose_answer_was_lost_is_found() {
    let world = world().await;
    let ids = world.sandbox().netsuite.seed_items(1, LOCATION, 10).unwrap();
    world.fault("inventoryAdjustment.create", CallSelector::Nth(1), Fault::LostAnswer);
    let new = document(1, &[(ids[0], "-3")]);
    assert_eq!(world.netsuite.adjust(&new).await.unwrap_err().failure, Failure::Unclear);
    assert!(StockWrites::find(&world.netsuite, &new.external_id).await.unwrap().is_some());
    assert_eq!(world.sandbox().netsuite.inventory_adjustments().len(), 1);
}

#[tokio::test]
async fn an_item_that_cannot_be_adjusted_refuses_the_document_and_nothing_moves() {
    let world = world().await;
    let ids = world.sandbox().netsuite.seed_items(1, LOCATION, 10).unwrap();
    let kit = put(&world, json!({"itemId": "SET", "itemType": "Kit"}));
    let error = world.netsuite.adjust(&document(1, &[(ids[0], "1"), (kit, "1")])).await.unwrap_err();
    assert_eq!(error.failure, Failure::Refused);
    assert_eq!(one(&world, ids[0]).await.levels.on_hand, units("10"));
}

#[tokio::test]
async fn the_subsidiary_is_told_where_the_account_has_several() {
    let mut sandbox = SandboxSettings::default();
    sandbox.netsuite.one_world = true;
    let world = World::of(sandbox, token_based(), with_stock).await;
    let ids = world.sandbox().netsuite.seed_items(1, LOCATION, 10).unwrap();
    let mut new = document(1, &[(ids[0], "1")]);
    assert_eq!(world.netsuite.adjust(&new).await.unwrap_err().failure, Failure::Refused);
    new.subsidiary = Some("1".into());
    world.netsuite.adjust(&new).await.unwrap();
}

#[tokio::test]
async fn without_an_account_or_settings_nothing_is_sent() {
    let world = World::with(token_based(), |settings| stock(settings).account = None).await;
    let error = world.netsuite.adjust(&document(1, &[(301, "1")])).await.unwrap_err();
    assert_eq!((error.failure, error.code.as_str()), (Failure::Refused, "adjustment_account_missing"));
    assert_eq!(world.count("inventoryAdjustment.create"), 0);
    let bare = netsuite_support::world().await;
    let error = bare.netsuite.page(None).await.unwrap_err();
    assert_eq!((error.failure, error.code.as_str()), (Failure::Refused, "stock_not_set_up"));
    assert_eq!(bare.count("suiteql"), 0);
}

#[tokio::test]
async fn a_bin_transfer_moves_units_both_ways_and_is_found_before_an_adjustment() {
    let (world, id, [sellable, unsellable]) = world_with_bins().await;
    let bins = StockBins { sellable: sellable.to_string().into(), unsellable: unsellable.to_string().into() };
    let first = document(1, &[(id, "3")]);
    let made = world.netsuite.transfer(&first, &bins).await.unwrap();
    let levels = one(&world, id).await.levels;
    assert_eq!((levels.on_hand, levels.in_unsellable_bin), (units("9"), Some(units("1"))));
    world.netsuite.transfer(&document(2, &[(id, "-5")]), &bins).await.unwrap();
    let levels = one(&world, id).await.levels;
    assert_eq!((levels.on_hand, levels.in_unsellable_bin), (units("4"), Some(units("6"))));

    assert_eq!(world.netsuite.transfer(&first, &bins).await.unwrap_err().failure, Failure::Conflict);
    assert_eq!(StockWrites::find(&world.netsuite, &first.external_id).await.unwrap(), Some(made));
    assert_eq!(world.count("inventoryAdjustment.get"), 0);
    let short = world.netsuite.transfer(&document(3, &[(id, "100")]), &bins).await.unwrap_err();
    assert_eq!(short.failure, Failure::Refused);
}

#[tokio::test]
async fn an_item_shows_what_can_be_sold_and_reads_it_back() {
    let world = World::with(token_based(), |settings| stock(settings).shows_on_items = true).await;
    let netsuite = &world.sandbox().netsuite;
    netsuite.declare_field(CustomField::new("custitem_amz_available", CustomFieldKind::Number));
    netsuite.declare_field(CustomField::new("custitem_amz_stock_at", CustomFieldKind::DateTime));
    let mug = netsuite.seed_items(1, LOCATION, 10).unwrap()[0];
    let kit = put(&world, json!({"itemId": "SET", "itemType": "Kit", "custitem_amz_sku": "SET"}));
    let before = one(&world, mug).await;
    assert_eq!((before.shown, before.shown_at), (None, None));
    let read_at: DateTime<Utc> = "2026-03-01T17:00:00Z".parse().unwrap();
    for (id, kind) in [(mug, StockItemKind::Inventory), (kit, StockItemKind::Kit)] {
        let shown = ShownStock { item: item(id), kind, available: units("7"), read_at };
        for _ in 0..2 {
            world.netsuite.show(&shown).await.unwrap();
        }
        let after = one(&world, id).await;
        assert_eq!((after.shown, after.shown_at), (Some(units("7")), Some(read_at)));
    }
}
