//! Which sales orders an account has.

use std::time::Duration;

use amz_domain::SalesOrderId;
use amz_sandbox::{CallSelector, Fault};
use amz_services::failure::Failure;
use amz_services::ports::AccountOrders;
use amz_services::ports::netsuite::{FeedPosition, SalesOrderPatch};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::netsuite_support::{World, order, token_based, world};

fn at(instant: &str) -> DateTime<Utc> {
    instant.parse().unwrap()
}

fn with(changes: Value) -> Value {
    let mut order = order();
    for (name, value) in changes.as_object().unwrap() {
        order[name] = value.clone();
    }
    order
}

fn ids(rows: &[FeedPosition]) -> Vec<u64> {
    rows.iter().map(|row| row.id.parse().unwrap()).collect()
}

async fn all_touched(world: &World, since: DateTime<Utc>) -> Vec<FeedPosition> {
    let mut rows: Vec<FeedPosition> = Vec::new();
    loop {
        let page = world.netsuite.touched(since, rows.last().cloned()).await.unwrap();
        rows.extend(page.rows);
        if !page.more {
            return rows;
        }
    }
}

async fn all_created(world: &World, from: &str, until: &str) -> Vec<u64> {
    let mut ids: Vec<SalesOrderId> = Vec::new();
    loop {
        let page = world.netsuite.created(at(from), at(until), ids.last().cloned()).await.unwrap();
        if page.is_empty() {
            return ids.iter().map(|id| id.as_str().parse().unwrap()).collect();
        }
        ids.extend(page);
    }
}

#[tokio::test]
async fn orders_touched_since_an_instant_come_once_each_and_oldest_first() {
    let world = World::with(token_based(), |settings| settings.page_size = 2).await;
    let start = at("2026-03-01T17:00:00Z");
    let touched =
        |seconds: i64| with(json!({"lastModifiedDate": (start + TimeDelta::seconds(seconds)).to_rfc3339()}));
    let loaded = world.load([3, 0, 0, -1, 0, 3].map(touched).into());
    let rows = all_touched(&world, start).await;
    assert_eq!(ids(&rows), [loaded[1], loaded[2], loaded[4], loaded[0], loaded[5]]);
    assert_eq!(rows[0].modified, "2026-03-01T09:00:00", "texts are in the account's zone");
    world.sandbox().clock.advance(Duration::from_secs(60));
    let mark = SalesOrderPatch { amazon_order: Some("322-1".into()), ..SalesOrderPatch::default() };
    let oldest: SalesOrderId = loaded[3].to_string().into();
    amz_services::ports::SalesOrders::patch(&world.netsuite, &oldest, &mark).await.unwrap();
    let since = world.sandbox().clock.now();
    assert_eq!(ids(&all_touched(&world, since).await), [loaded[3]]);
}

#[tokio::test]
async fn only_orders_that_are_amazons_or_could_be_are_touched() {
    let world = world().await;
    let loaded = world.load(vec![
        with(json!({})),
        with(json!({"status": {"id": "A"}})),
        with(json!({"status": {"id": "H"}, "custbody_amz_order_id": "322-2"})),
    ]);
    let rows = all_touched(&world, at("2026-01-01T00:00:00Z")).await;
    assert_eq!(ids(&rows), [loaded[0], loaded[2]]);
}

#[tokio::test]
async fn created_orders_are_those_of_a_half_open_span_whatever_became_of_them() {
    let world = World::with(token_based(), |settings| settings.page_size = 1).await;
    let created = |instant: &str| with(json!({"createdDate": instant, "status": {"id": "C"}}));
    let loaded = world.load(
        ["2026-03-01T07:59:59Z", "2026-03-01T08:00:00Z", "2026-03-02T07:59:59Z", "2026-03-02T08:00:00Z"]
            .map(created)
            .into(),
    );
    let found = all_created(&world, "2026-03-01T08:00:00Z", "2026-03-02T08:00:00Z").await;
    assert_eq!(found, loaded[1..3]);
}

#[tokio::test]
async fn orders_that_a_timed_out_query_hides_are_not_taken_for_none() {
    let world = world().await;
    let since = at("2026-01-01T00:00:00Z");
    assert_eq!(world.netsuite.touched(since, None).await.unwrap().rows, []);
    assert_eq!(world.count("suiteql"), 2, "none are counted to be sure");
    world.load(vec![order()]);
    for empty in [1, 2] {
        world.fault("suiteql", CallSelector::First(empty), Fault::EmptyAnswer);
        let touched = world.netsuite.touched(since, None).await.map(|page| page.rows.len());
        world.sandbox().faults.clear();
        world.fault("suiteql", CallSelector::First(empty), Fault::EmptyAnswer);
        let created = world.netsuite.created(since, at("2027-01-01T00:00:00Z"), None).await;
        world.sandbox().faults.clear();
        for error in [touched.unwrap_err(), created.unwrap_err()] {
            assert_eq!((error.failure, error.code.as_str()), (Failure::Unavailable, "empty_answer"));
        }
    }
}
