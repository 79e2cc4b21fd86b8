//! Stock: items and levels, unsent lines, adjustments, bin transfers and the items' own fields, against the sandbox.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod netsuite_support;

use amz_connector::netsuite::{AmazonLineRules, NetSuiteSettings, StockQuerySettings};
use amz_domain::{ExternalId, ItemId};
use amz_sandbox::netsuite::{CustomField, CustomFieldKind};
use amz_sandbox::{CallSelector, Fault, SandboxSettings};
use amz_services::failure::Failure;
use amz_services::inventory::{StockItem, StockItemKind, StockTracking};
use amz_services::ports::stock::{NewStockDocument, ShownStock, StockBins, StockLine};
use amz_services::ports::{StockItems, StockWrites};
use chrono::{DateTime, Utc};
use netsuite_support::{World, order, token_based};
use rust_decimal::Decimal;
use serde_json::{Value, json};

const LOCATION: u64 = 7;

fn stock(settings: &mut NetSuiteSettings) -> &mut StockQuerySettings {
    let location = LOCATION.to_string();
    settings.stock.get_or_insert_with(|| StockQuerySettings {
        account: Some("58".into()),
        ..StockQuerySettings::new(location.into(), "custitem_amz_sku")
    })
}

fn with_stock(settings: &mut NetSuiteSettings) {
    stock(settings);
}

async fn world() -> World {
    World::with(token_based(), with_stock).await
}

fn put(world: &World, item: Value) -> u64 {
    world.sandbox().netsuite.put_item(&item).unwrap()
}

fn item(id: u64) -> ItemId {
    ItemId::new(id.to_string())
}

fn units(text: &str) -> Decimal {
    text.parse().unwrap()
}

async fn all_pages(world: &World) -> (Vec<StockItem>, usize) {
    let (mut items, mut pages) = (Vec::<StockItem>::new(), 0);
    loop {
        let page = world.netsuite.page(items.last().map(|item| item.id.clone())).await.unwrap();
        items.extend(page.items);
        pages += 1;
        if !page.more {
            return (items, pages);
        }
    }
}

async fn one(world: &World, id: u64) -> StockItem {
    let [found] = StockItems::find(&world.netsuite, &[], &[item(id)]).await.unwrap().try_into().unwrap();
    found
}

#[tokio::test]
async fn pages_by_key_bring_every_item_once_with_what_stands_there() {
    let world = World::with(token_based(), |settings| {
        stock(settings);
        settings.page_size = 2;
    });
    let world = world.await;
    let ids = world.sandbox().netsuite.seed_items(5, LOCATION, 10).unwrap();
    let (items, pages) = all_pages(&world).await;
    assert_eq!(pages, 3);
    assert_eq!(
        items.iter().map(|found| found.id.clone()).collect::<Vec<_>>(),
        ids.into_iter().map(item).collect::<Vec<_>>()
    );
    assert_eq!(items[0].key.as_deref(), Some("SKU-000001"));
    assert!(items.iter().all(|found| found.levels.on_hand == units("10")));
}

#[tokio::test]
async fn kits_and_inactive_items_come_and_services_and_items_without_a_key_do_not() {
    let world = world().await;
    let keyed = |name: &str, kind: &str| json!({"itemId": name, "itemType": kind, "custitem_amz_sku": name});
    let mut inactive = keyed("OLD", "InvtPart");
    inactive["isInactive"] = json!(true);
    let mut lot = keyed("MILK", "InvtPart");
    lot["isLotItem"] = json!(true);
    let expected = [put(&world, keyed("SET", "Kit")), put(&world, inactive), put(&world, lot)];
    put(&world, keyed("ENGRAVING", "Service"));
    put(&world, json!({"itemId": "BARE", "itemType": "InvtPart"}));
    let (items, _) = all_pages(&world).await;
    let [kit, old, milk] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!([kit, old, milk].map(|found| found.id.clone()), expected.map(item));
    assert_eq!((&kit.kind, kit.is_inactive), (&StockItemKind::Kit, false));
    assert_eq!((&old.kind, old.is_inactive), (&StockItemKind::Inventory, true));
    assert_eq!((old.tracking, milk.tracking), (StockTracking::None, StockTracking::Lot));
    assert_eq!(old.levels, Default::default(), "what was never stocked has nothing");
}

#[tokio::test]
async fn levels_tell_what_is_promised_and_what_is_missing() {
    let world = world().await;
    let ids = world.sandbox().netsuite.seed_items(1, LOCATION, 10).unwrap();
    let netsuite = &world.sandbox().netsuite;
    netsuite.set_average_cost(ids[0], LOCATION, Some(units("4.125"))).unwrap();
    netsuite.set_on_hand(ids[0], 8, 99).unwrap();
    netsuite.sell(ids[0], LOCATION, 12, true).unwrap();
    let levels = one(&world, ids[0]).await.levels;
    assert_eq!(
        (levels.on_hand, levels.committed, levels.back_ordered),
        (units("10"), units("10"), units("2"))
    );
    assert_eq!((levels.demand(), levels.available()), (units("12"), units("-2")));
    assert_eq!(levels.average_cost, Some(units("4.125")));
}

#[tokio::test]
async fn items_are_found_by_key_or_id_once_and_in_few_queries() {
    let world = world().await;
    let ids = world.sandbox().netsuite.seed_items(1_200, LOCATION, 1).unwrap();
    let service = json!({"itemId": "WRAP", "itemType": "Service", "custitem_amz_sku": "SKU-000001"});
    let service = put(&world, service);
    let mut keys: Vec<String> = (1..=1_200).map(|number| format!("SKU-{number:06}")).collect();
    keys.extend(["NOBODY'S".to_owned(), "SKU-000001".to_owned()]);
    let by_id = [item(ids[0]), item(ids[0]), item(service), item(999_999), "MUG".into()];
    let found = StockItems::find(&world.netsuite, &keys, &by_id).await.unwrap();
    let expected: Vec<ItemId> = ids.into_iter().chain([service]).map(item).collect();
    assert_eq!(found.iter().map(|found| found.id.clone()).collect::<Vec<_>>(), expected);
    assert_eq!(world.count("suiteql"), 2);
    assert_eq!(StockItems::find(&world.netsuite, &[], &[]).await.unwrap(), []);
    assert_eq!(world.count("suiteql"), 2, "nothing is asked when nothing is named");
}

#[tokio::test]
async fn a_key_that_two_items_have_brings_both() {
    let world = World::with(token_based(), |settings| {
        stock(settings).key_field = "upccode".to_owned();
        settings.page_size = 1;
    });
    let world = world.await;
    let twin = |name: &str| put(&world, json!({"itemId": name, "itemType": "InvtPart", "upcCode": "012"}));
    let ids = [twin("MUG"), twin("CUP")];
    let found = StockItems::find(&world.netsuite, &["012".to_owned()], &[]).await.unwrap();
    assert_eq!(found.into_iter().map(|found| found.id).collect::<Vec<_>>(), ids.map(item));
}

#[tokio::test]
async fn a_column_that_the_account_does_not_show_is_done_without_and_remembered() {
    let mut sandbox = SandboxSettings::default();
    sandbox.netsuite.hidden_columns = vec!["averagecostmli".to_owned(), "islotitem".to_owned()];
    let world = World::of(sandbox, token_based(), with_stock).await;
    world.sandbox().netsuite.seed_items(1, LOCATION, 10).unwrap();
    let (items, _) = all_pages(&world).await;
    assert_eq!((items[0].levels.on_hand, items[0].levels.average_cost), (units("10"), None));
    assert_eq!(world.count("suiteql"), 3, "one refusal for each");
    all_pages(&world).await;
    assert_eq!(world.count("suiteql"), 4);
}

#[tokio::test]
async fn a_key_field_that_the_account_does_not_have_is_a_refusal() {
    let key = |settings: &mut NetSuiteSettings| stock(settings).key_field = "custitem_typo".to_owned();
    let world = World::with(token_based(), key).await;
    let error = world.netsuite.page(None).await.unwrap_err();
    assert_eq!(error.failure, Failure::Refused);
    assert!(error.message.contains("custitem_typo"), "{error}");
}

/// A world with a sellable and an unsellable bin, and an item with 6 units in one and 4 in the other.
async fn world_with_bins() -> (World, u64, [u64; 2]) {
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

#[tokio::test]
async fn with_bins_what_stands_in_the_sellable_bin_counts() {
    let (world, id, _) = world_with_bins().await;
    let levels = one(&world, id).await.levels;
    assert_eq!((levels.on_hand, levels.in_unsellable_bin), (units("6"), Some(units("4"))));
    assert_eq!(world.count("suiteql"), 2, "one more query per page");
}

fn flagged(changes: impl FnOnce(&mut Value)) -> Value {
    let mut order = order();
    order["item"]["items"][0]["custcol_amz_fulfill"] = json!(true);
    changes(&mut order);
    order
}

async fn unsent(world: &World) -> Vec<(String, String, Decimal)> {
    let lines = world.netsuite.unsent(&[]).await.unwrap();
    let line = |line: amz_services::ports::stock::UnsentLine| {
        (line.sales_order.as_str().to_owned(), line.item.as_str().to_owned(), line.quantity)
    };
    lines.into_iter().map(line).collect()
}

async fn world_of_orders(rules: AmazonLineRules, page_size: u32) -> (World, [u64; 2]) {
    let world = World::with(token_based(), |settings| {
        stock(settings).amazon_lines = rules;
        settings.page_size = page_size;
        settings.go_live = Some("2026-03-01T00:00:00Z".parse().unwrap());
    });
    let world = world.await;
    let goods = |name: &str| put(&world, json!({"itemId": name, "itemType": "InvtPart"}));
    let ids = [goods("MUG"), goods("PLATE")];
    put(&world, json!({"itemId": "ENGRAVING", "itemType": "Service"}));
    (world, ids)
}

#[tokio::test]
async fn open_flagged_lines_of_approved_orders_that_amazon_does_not_have_are_unsent() {
    let rules = AmazonLineRules { line_flag: true, ..AmazonLineRules::default() };
    let (world, [mug, _]) = world_of_orders(rules, 1).await;
    let line = |order: &mut Value, name: &str, value: Value| order["item"]["items"][0][name] = value;
    let orders = world.load(vec![
        flagged(|_| ()),
        flagged(|order| line(order, "quantityFulfilled", json!(1))),
        flagged(|order| line(order, "isClosed", json!(true))),
        flagged(|order| line(order, "custcol_amz_line_id", json!("L1"))),
        flagged(|order| line(order, "custcol_amz_fulfill", json!(false))),
        flagged(|order| order["status"] = json!({"id": "A"})),
        flagged(|order| order["createdDate"] = json!("2026-02-27T17:00:00Z")),
        flagged(|order| order["custbody_amz_order_id"] = json!("322-1")),
    ]);
    let of = |order: u64, quantity: &str| (order.to_string(), mug.to_string(), units(quantity));
    let expected = [of(orders[0], "3"), of(orders[1], "2"), of(orders[7], "3")];
    assert_eq!(unsent(&world).await, expected, "an order that Amazon has may have got a new line");
    assert_eq!(world.count("suiteql"), 3, "one line per page");
}

#[tokio::test]
async fn lines_that_a_timed_out_query_hides_are_not_taken_for_none() {
    let rules = AmazonLineRules { line_flag: true, ..AmazonLineRules::default() };
    let (world, _) = world_of_orders(rules, 1000).await;
    assert_eq!(unsent(&world).await, []);
    assert_eq!(world.count("suiteql"), 2, "no lines are counted to be sure");
    world.load(vec![flagged(|_| ())]);
    // the lines do not come, then neither does their number
    for empty in [1, 2] {
        world.fault("suiteql", CallSelector::First(empty), Fault::EmptyAnswer);
        let error = world.netsuite.unsent(&[]).await.unwrap_err();
        assert_eq!((error.failure, error.code.as_str()), (Failure::Unavailable, "empty_answer"));
        world.sandbox().faults.clear();
    }
    assert_eq!(unsent(&world).await.len(), 1);
}

#[tokio::test]
async fn lines_are_amazons_by_their_location_or_else_by_the_orders() {
    let rules = AmazonLineRules { location: Some("7".into()), ..AmazonLineRules::default() };
    let (world, [mug, plate]) = world_of_orders(rules, 1000).await;
    let elsewhere = |order: &mut Value| order["location"] = json!({"id": "8"});
    let orders = world.load(vec![
        // the second line stands elsewhere, the service is no goods
        flagged(|order| order["item"]["items"][1]["location"] = json!({"id": "8"})),
        flagged(elsewhere),
        flagged(|order| {
            elsewhere(order);
            order["item"]["items"][1]["location"] = json!({"id": "7"});
        }),
    ]);
    let expected = [
        (orders[0].to_string(), mug.to_string(), units("3")),
        (orders[2].to_string(), plate.to_string(), units("2")),
    ];
    assert_eq!(unsent(&world).await, expected);
}

#[tokio::test]
async fn lines_are_amazons_by_the_orders_sales_channel() {
    let rules = AmazonLineRules { sales_channels: ["3".into()].into(), ..AmazonLineRules::default() };
    let (world, [_, plate]) = world_of_orders(rules, 1000).await;
    let orders = world.load(vec![
        flagged(|order| order["salesChannel"] = json!({"id": "3"})),
        flagged(|order| order["salesChannel"] = json!({"id": "4"})),
        flagged(|_| ()),
    ]);
    let found: Vec<String> = unsent(&world).await.into_iter().map(|(order, ..)| order).collect();
    assert_eq!(found, [orders[0].to_string(), orders[0].to_string()], "both goods lines");
    let of_one = world.netsuite.unsent(&[item(plate)]).await.unwrap();
    let of_one: Vec<&str> = of_one.iter().map(|line| line.item.as_str()).collect();
    assert_eq!(of_one, [plate.to_string()]);
}

#[tokio::test]
async fn without_a_rule_no_line_is_amazons_and_nothing_is_asked() {
    let (world, _) = world_of_orders(AmazonLineRules::default(), 1000).await;
    world.load(vec![flagged(|_| ())]);
    assert_eq!(unsent(&world).await, []);
    assert_eq!(world.count("suiteql"), 0);
}

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
