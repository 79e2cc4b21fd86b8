//! Queries, the generic verbs and the slots, against the sandbox.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod netsuite_support;

use std::collections::BTreeSet;
use std::time::Duration;

use amz_connector::netsuite::Governor;
use amz_connector::netsuite::record_service::{Operations, Record, RecordKey, record_operations};
use amz_domain::{ExternalId, ItemId};
use amz_sandbox::{CallSelector, Fault, SandboxSettings};
use amz_services::ports::netsuite::{FeedPosition, SalesOrderPatch};
use amz_services::ports::{ChangedSalesOrders, Items, SalesOrders};
use chrono::{DateTime, TimeDelta, Utc};
use netsuite_support::{World, order, token_based, world};
use serde_json::{Value, json};

/// An order last changed at an instant.
fn changed_at(instant: DateTime<Utc>) -> Value {
    let mut order = order();
    order["lastModifiedDate"] = json!(instant.to_rfc3339());
    order
}

async fn all_pages(world: &World, mut after: Option<FeedPosition>) -> (Vec<FeedPosition>, usize) {
    let (mut rows, mut pages) = (Vec::new(), 0);
    loop {
        let page = world.netsuite.page(after).await.unwrap();
        rows.extend(page.rows);
        pages += 1;
        after = rows.last().cloned();
        if !page.more {
            return (rows, pages);
        }
    }
}

#[tokio::test]
async fn pages_by_key_bring_every_order_once_also_when_many_share_a_second() {
    let world = world().await;
    let start: DateTime<Utc> = "2026-03-01T17:00:00Z".parse().unwrap();
    // 700 orders per second: both page borders fall inside a second
    let orders = (0..2_500).map(|index| changed_at(start + TimeDelta::seconds(index / 700)));
    let ids: BTreeSet<u64> = world.load(orders.collect()).into_iter().collect();
    let (rows, pages) = all_pages(&world, None).await;
    assert_eq!(pages, 3);
    assert_eq!(rows.len(), 2_500);
    let seen: BTreeSet<u64> = rows.iter().map(|row| row.id.as_str().parse().unwrap()).collect();
    assert_eq!(seen, ids);
    assert_eq!(rows[0].modified, "2026-03-01T09:00:00", "texts are in the account's zone");
    assert!(rows.is_sorted_by_key(|row| (row.modified.clone(), row.id.as_str().parse::<u64>().unwrap())));
}

#[tokio::test]
async fn the_feed_goes_on_after_its_position() {
    let world = World::with(token_based(), |settings| settings.page_size = 2).await;
    let start: DateTime<Utc> = "2026-03-01T17:00:00Z".parse().unwrap();
    let ids = world.load((0..3).map(|_| changed_at(start)).collect());
    let (rows, pages) = all_pages(&world, None).await;
    assert_eq!((rows.len(), pages), (3, 2));
    let (rows, _) = all_pages(&world, rows.last().cloned()).await;
    assert_eq!(rows, []);
    world.sandbox().clock.advance(Duration::from_secs(60));
    let patch = SalesOrderPatch { amazon_order: Some("322-1".into()), ..SalesOrderPatch::default() };
    let first: amz_domain::SalesOrderId = ids[0].to_string().into();
    SalesOrders::patch(&world.netsuite, &first, &patch).await.unwrap();
    let last = FeedPosition { modified: "2026-03-01T09:00:00".into(), id: ids[2].to_string() };
    let (rows, _) = all_pages(&world, Some(last)).await;
    assert_eq!(rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), [first.as_str()]);
}

#[tokio::test]
async fn the_feed_leaves_out_what_amazon_can_have_nothing_to_do_with() {
    let go_live = "2026-03-01T00:00:00Z".parse().unwrap();
    let world = World::with(token_based(), |settings| settings.go_live = Some(go_live)).await;
    let with = |changes: Value| {
        let mut order = order();
        for (name, value) in changes.as_object().unwrap() {
            order[name] = value.clone();
        }
        order
    };
    let ids = world.load(vec![
        with(json!({})),
        with(json!({"status": {"id": "A"}})),
        with(json!({"createdDate": "2026-02-28T17:00:00Z"})),
        with(json!({"createdDate": "2026-02-28T17:00:00Z", "custbody_amz_order_id": "322-1"})),
        with(json!({"status": {"id": "C"}, "custbody_amz_order_id": "322-2"})),
    ]);
    let (rows, _) = all_pages(&world, None).await;
    let seen: BTreeSet<u64> = rows.iter().map(|row| row.id.as_str().parse().unwrap()).collect();
    assert_eq!(seen, BTreeSet::from([ids[0], ids[3], ids[4]]));
}

#[tokio::test]
async fn skus_are_read_once_an_hour() {
    let world = world().await;
    let mug = world.sandbox().netsuite.put_item(&json!({"itemId": "MUG", "itemType": "InvtPart"})).unwrap();
    let items = [ItemId::new(mug.to_string()), ItemId::new("999999")];
    for _ in 0..2 {
        let skus = world.netsuite.skus(&items[..1]).await.unwrap();
        assert_eq!(skus.get(&items[0]), Some(&"MUG".into()));
    }
    assert_eq!(world.count("suiteql"), 1);
    let skus = world.netsuite.skus(&items).await.unwrap();
    assert_eq!(skus.len(), 1, "an unknown item is absent");
    assert_eq!(world.count("suiteql"), 2, "what has no SKU is asked for again");
    world.sandbox().clock.advance(Duration::from_secs(3_601));
    world.netsuite.skus(&items[..1]).await.unwrap();
    assert_eq!(world.count("suiteql"), 3);
    assert_eq!(world.netsuite.skus(&[]).await.unwrap().len(), 0);
    assert_eq!(world.count("suiteql"), 3);
}

#[tokio::test]
async fn the_sku_comes_from_the_configured_field() {
    let world =
        World::with(token_based(), |settings| settings.item_sku_field = "custitem_amz_sku".to_owned());
    let world = world.await;
    let item = json!({"itemId": "MUG", "itemType": "InvtPart", "custitem_amz_sku": "AMZ-MUG"});
    let with = ItemId::new(world.sandbox().netsuite.put_item(&item).unwrap().to_string());
    let item = json!({"itemId": "PLATE", "itemType": "InvtPart"});
    let without = ItemId::new(world.sandbox().netsuite.put_item(&item).unwrap().to_string());
    let skus = world.netsuite.skus(&[with.clone(), without]).await.unwrap();
    assert_eq!(skus, [(with, "AMZ-MUG".into())].into());
}

#[tokio::test]
async fn no_more_requests_are_in_flight_than_the_governor_allows() {
    let sandbox = SandboxSettings {
        netsuite: amz_sandbox::netsuite::NetSuiteSettings { slots: 2, ..Default::default() },
        ..SandboxSettings::default()
    };
    let world = World::governed(sandbox, token_based(), |_| {}, Governor::new(2)).await;
    let [id] = world.load(vec![order()])[..] else { panic!() };
    world.fault("salesOrder.get", CallSelector::Always, Fault::Slow { millis: 5 });
    let reads = (0..20).map(|_| {
        let netsuite = world.netsuite.clone();
        tokio::spawn(async move { netsuite.read(&id.to_string().into()).await.is_ok() })
    });
    for read in reads.collect::<Vec<_>>() {
        assert!(read.await.unwrap(), "a third request met a full pool");
    }
}

struct AuditLog;

impl Record for AuditLog {
    const PATH: &'static str = "customrecord_amz_audit_log";
    const OPERATIONS: Operations = record_operations!("customrecord_amz_audit_log");
}

#[tokio::test]
async fn any_record_type_can_be_created_upserted_and_read() {
    let world = world().await;
    let records = world.netsuite.records();
    let created = records.create::<AuditLog>(json!({"name": "first"})).await.unwrap();
    let read = records.get::<AuditLog>(RecordKey::Internal(&created)).await.unwrap().unwrap();
    assert_eq!(read["name"], "first");
    let key = ExternalId::of_fulfillment(&"log".into());
    let upserted = records.upsert::<AuditLog>(&key, json!({"name": "second"})).await.unwrap();
    let again = records.upsert::<AuditLog>(&key, json!({"name": "third"})).await.unwrap();
    assert_eq!(upserted, again);
    let read = records.get::<AuditLog>(RecordKey::External(&key)).await.unwrap().unwrap();
    assert_eq!(read["name"], "third");
    assert_ne!(created, upserted);
}
