//! Items and their levels.

use amz_connector::netsuite::NetSuiteSettings;
use amz_domain::ItemId;
use amz_sandbox::SandboxSettings;
use amz_services::failure::Failure;
use amz_services::inventory::{StockItem, StockItemKind, StockTracking};
use amz_services::ports::StockItems;
use serde_json::json;

use crate::netsuite_support::{World, token_based};
use crate::setup::{LOCATION, item, one, put, stock, units, with_stock, world, world_with_bins};

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

#[tokio::test]
async fn with_bins_what_stands_in_the_sellable_bin_counts() {
    let (world, id, _) = world_with_bins().await;
    let levels = one(&world, id).await.levels;
    assert_eq!((levels.on_hand, levels.in_unsellable_bin), (units("6"), Some(units("4"))));
    assert_eq!(world.count("suiteql"), 2, "one more query per page");
}
