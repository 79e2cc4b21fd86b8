//! Which notice led to what, and what was our own echo.

use amz_services::intent::{IntentChange, IntentKey, NewIntent, Operation};
use amz_services::look::{Look, LookOutcome};
use amz_services::ports::lanes::ChangedRow;
use amz_services::ports::ledger::WriteWindow;
use amz_services::ports::netsuite::FeedPosition;
use amz_services::work::{Ask, Lane, LaneKey, Lease};
use chrono::{DateTime, Utc};

use super::Stores;
use super::samples::{
    at, claim_all, claim_one, claimed, create_order, look, mark, order, order_of, request, shop, told,
};

pub async fn a_claim_names_the_notices_that_asked_each_once(stores: &Stores) {
    let asked = |ask: Ask, id: &str| told(request(order("1"), ask, 0), id, "K");
    mark(stores, [asked(Ask::AmazonOrder, "inbox/9"), request(order("1"), Ask::SalesOrder, 0)]).await;
    mark(stores, [asked(Ask::SalesOrder, "inbox/10"), asked(Ask::SalesOrder, "inbox/9")]).await;
    let claim = claim_one(stores, 0).await;
    assert_eq!(claim.notices, ["inbox/9", "inbox/10"]);
    stores.lanes.complete(&claim, &look(&claim), vec![]).await.unwrap();
    assert_eq!(claimed(stores, "1").await.notices, <[String; 0]>::default());
}

pub async fn postponed_work_keeps_its_notices_and_gets_those_that_came_meanwhile(stores: &Stores) {
    mark(stores, [told(request(order("1"), Ask::SalesOrder, 0), "inbox/1", "K")]).await;
    let mut claim = claim_one(stores, 0).await;
    claim.asks.push(Ask::AmazonOrder);
    mark(stores, [told(request(order("1"), Ask::SalesOrder, 1), "inbox/2", "K")]).await;
    stores.lanes.postpone(&claim, &look(&claim), at(9), true).await.unwrap();
    let next = claim_one(stores, 9).await;
    assert_eq!(next.notices, ["inbox/1", "inbox/2"]);
}

pub async fn what_a_look_asks_of_other_lanes_names_the_notices_of_the_look(stores: &Stores) {
    let unknown = LaneKey { connection: shop(), lane: Lane::AmazonOrder("322-A".into()) };
    for id in ["inbox/1", "inbox/2"] {
        mark(stores, [told(request(unknown.clone(), Ask::AmazonOrder, 0), id, "K")]).await;
    }
    let claim = claim_one(stores, 0).await;
    let itself = request(unknown.clone(), Ask::AmazonOrder, 1);
    let redirect = vec![request(order("1"), Ask::AmazonOrder, 1), itself];
    stores.lanes.complete(&claim, &look(&claim), redirect).await.unwrap();
    let claims = claim_all(stores, 1).await;
    let notices: Vec<_> =
        claims.iter().map(|claim| (claim.lease.key.clone(), claim.notices.clone())).collect();
    let both = vec!["inbox/1".to_owned(), "inbox/2".to_owned()];
    assert_eq!(notices, [(unknown, vec![]), (order("1"), both)]);
}

pub async fn a_changed_row_that_is_an_echo_marks_no_lane_and_its_version_is_known(stores: &Stores) {
    let position = FeedPosition { modified: "2026-01-01T10:00:00".to_owned(), id: "1".into() };
    let row = |echo: Option<&str>| ChangedRow {
        position: position.clone(),
        request: request(order("1"), Ask::SalesOrder, 0),
        echo: echo.map(str::to_owned),
    };
    let accept = async |echo| stores.intake.accept_changes(&shop(), "orders", vec![row(echo)], None).await;
    assert_eq!(accept(Some("sales order: own echo, ignored")).await.unwrap(), 1);
    assert_eq!(claim_all(stores, 1_000).await, []);
    assert_eq!(stores.intake.watermark(&shop(), "orders").await.unwrap(), Some(position.clone()));
    assert_eq!(accept(None).await.unwrap(), 0, "the version is known");
    assert_eq!(claim_all(stores, 1_000).await, []);
}

fn mark_order(distinction: &str) -> NewIntent {
    NewIntent {
        key: IntentKey(format!("mark/{distinction}")),
        operation: Operation::MarkSalesOrder,
        subject: "order 1".to_owned(),
    }
}

async fn change(stores: &Stores, lease: &Lease, intent: &NewIntent, change: IntentChange, at_s: i64) {
    stores.ledger.plan(lease, intent, at(at_s)).await.unwrap();
    stores.ledger.change(lease, &intent.key, &change, at(at_s)).await.unwrap();
}

async fn windows(stores: &Stores, since_s: i64) -> Vec<(i64, Option<i64>)> {
    let found = stores.own_writes.own_writes(&order("1"), Operation::MarkSalesOrder, at(since_s)).await;
    let seconds = |instant: DateTime<Utc>| (instant - at(0)).num_seconds();
    let pair = |window: WriteWindow| (seconds(window.sent_at), window.settled_at.map(seconds));
    found.unwrap().into_iter().map(pair).collect()
}

pub async fn our_writes_are_known_from_when_they_were_sent_to_when_they_were_settled(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    let done = || IntentChange::Done { result: None, links: vec![] };
    for (name, sent_s) in [("a", 10), ("b", 20), ("c", 30), ("d", 40), ("e", 50)] {
        stores.ledger.plan(&lease, &mark_order(name), at(1)).await.unwrap();
        change(stores, &lease, &mark_order(name), IntentChange::Sent, sent_s).await;
    }
    change(stores, &lease, &mark_order("a"), done(), 12).await;
    change(stores, &lease, &mark_order("b"), done(), 22).await;
    change(stores, &lease, &mark_order("c"), IntentChange::Unclear, 32).await;
    change(stores, &lease, &mark_order("d"), IntentChange::NotSent, 42).await;
    change(stores, &lease, &mark_order("e"), IntentChange::Refused { code: "x".to_owned() }, 52).await;
    change(stores, &lease, &create_order("1"), IntentChange::Sent, 60).await;
    assert_eq!(windows(stores, 0).await, [(10, Some(12)), (20, Some(22)), (30, None)]);
    assert_eq!(windows(stores, 12).await.len(), 3);
    assert_eq!(windows(stores, 13).await, [(20, Some(22)), (30, None)]);
    assert_eq!(windows(stores, 900).await, [(30, None)], "what is not settled may have its effect yet");

    change(stores, &lease, &mark_order("a"), IntentChange::Sent, 70).await;
    assert_eq!(windows(stores, 23).await, [(30, None), (70, None)]);
    change(stores, &lease, &mark_order("a"), done(), 71).await;
    assert_eq!(windows(stores, 23).await, [(30, None), (70, Some(71))]);
    for (connection, id) in [("shop", "2"), ("other", "1")] {
        let key = order_of(connection, id);
        let others = stores.own_writes.own_writes(&key, Operation::MarkSalesOrder, at(0)).await.unwrap();
        assert_eq!(others, [], "{key}");
    }
}

pub async fn a_look_that_went_through_tells_when_a_write_was_settled(stores: &Stores) {
    let claim = claimed(stores, "1").await;
    change(stores, &claim.lease, &mark_order("a"), IntentChange::Sent, 2).await;
    change(stores, &claim.lease, &mark_order("a"), IntentChange::Unclear, 3).await;
    let settled = Look { ended_at: at(8), outcome: LookOutcome::Settled, ..look(&claim) };
    stores.lanes.complete(&claim, &settled, vec![]).await.unwrap();
    assert_eq!(windows(stores, 8).await, [(2, Some(8))]);
    assert_eq!(windows(stores, 9).await, []);
}
