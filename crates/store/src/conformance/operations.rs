//! What operators read.

use amz_domain::{DocumentKey, DocumentKind, Origin};
use amz_services::audit::{CallOutcome, CallRecord, Vendor};
use amz_services::intent::IntentChange;
use amz_services::link::{DocumentLink, Link};
use amz_services::look::{Look, LookOutcome};
use amz_services::ports::records::Backlog;
use amz_services::timeline::TimelineKind;
use amz_services::work::{Ask, Lane, LaneKey};

use super::Stores;
use super::samples::{
    at, claim_one, claimed, create_order, look, mark, money, order, order_link, reason, request, shop, told,
};

/// A call that was recorded.
pub fn call(lane: Option<Lane>, started_s: i64) -> CallRecord {
    CallRecord {
        job: None,
        intent: None,
        connection: shop(),
        lane,
        vendor: Vendor::Amazon,
        operation: "createOrder".to_owned(),
        method: "POST".to_owned(),
        path: "/graphql".to_owned(),
        attempt: 2,
        started_at: at(started_s),
        duration_ms: 34,
        status: Some(200),
        outcome: CallOutcome::Throttled,
        code: Some("TooManyRequests".to_owned()),
        request: Some("{}".to_owned()),
        response: None,
    }
}

pub async fn calls_come_back_as_they_were_recorded(stores: &Stores) {
    let mut recorded = vec![call(Some(Lane::SalesOrder("1".into())), 0), call(None, 1)];
    recorded[1].vendor = Vendor::NetSuite;
    recorded[1].status = None;
    recorded[1].code = None;
    recorded[1].request = None;
    recorded[1].response = Some("{\"total\": 0.10}".to_owned());
    recorded.extend(
        (2..).zip(CallOutcome::ALL).map(|(second, outcome)| CallRecord { outcome, ..call(None, second) }),
    );
    for call in &recorded {
        stores.calls.record(call).await.unwrap();
    }
    assert_eq!(stores.operations.calls(at(0), 100).await.unwrap(), recorded);
}

pub async fn calls_are_listed_from_an_instant_up_to_a_limit(stores: &Stores) {
    for started_s in [3, 1, 2] {
        stores.calls.record(&call(None, started_s)).await.unwrap();
    }
    assert_eq!(stores.operations.calls(at(2), 100).await.unwrap(), [call(None, 2), call(None, 3)]);
    assert_eq!(stores.operations.calls(at(0), 1).await.unwrap(), [call(None, 1)]);
    assert_eq!(stores.operations.calls(at(4), 100).await.unwrap(), []);
}

pub async fn a_timeline_tells_everything_in_order_and_ends_with_what_comes_next(stores: &Stores) {
    let asked = request(order("1"), Ask::SalesOrder, 0);
    mark(stores, [told(asked.clone(), "inbox/1", "ORDER_CHANGED"), told(asked, "inbox/1", "ORDER_CHANGED")])
        .await;
    let claim = claim_one(stores, 1).await;
    stores.ledger.plan(&claim.lease, &create_order("1"), at(2)).await.unwrap();
    stores.ledger.change(&claim.lease, &create_order("1").key, &IntentChange::Sent, at(3)).await.unwrap();
    stores.calls.record(&call(Some(claim.lease.key.lane.clone()), 4)).await.unwrap();
    stores.calls.record(&call(Some(Lane::SalesOrder("2".into())), 4)).await.unwrap();
    let refused = IntentChange::Refused { code: "INVALID_SKU".to_owned() };
    stores.ledger.change(&claim.lease, &create_order("1").key, &refused, at(5)).await.unwrap();
    stores.ledger.park(&claim.lease, "order", &reason("sku_unknown"), at(6)).await.unwrap();
    let look = Look {
        started_at: at(1),
        ended_at: at(7),
        asks: claim.asks.clone(),
        notices: claim.notices.clone(),
        echoes: Vec::new(),
        lines: vec!["refused".to_owned()],
        outcome: LookOutcome::Failed,
    };
    stores.lanes.postpone(&claim, &look, at(5), true).await.unwrap();
    let timeline = stores.operations.timeline(&order("1")).await.unwrap();
    let told: Vec<_> = timeline.iter().map(|entry| (entry.at, entry.kind, entry.text.as_str())).collect();
    let expected = [
        (at(0), TimelineKind::Notice, "ORDER_CHANGED (inbox/1)"),
        (at(2), TimelineKind::Intent, "createOrder of order 1: planned"),
        (at(3), TimelineKind::Intent, "createOrder of order 1: sent"),
        (
            at(4),
            TimelineKind::Call,
            "amazon createOrder: throttled, HTTP 200, TooManyRequests, 34 ms, attempt 2",
        ),
        (at(5), TimelineKind::Intent, "createOrder of order 1: refused (INVALID_SKU)"),
        (
            at(6),
            TimelineKind::Parked,
            "order parked for the merchant [sku_unknown]: the city is missing. fill in the city",
        ),
        (at(7), TimelineKind::Look, "looked at sales order: failed; refused"),
        (at(5), TimelineKind::Next, "look at sales order, after 1 failed try"),
    ];
    assert_eq!(told, expected);
    assert_eq!(stores.operations.timeline(&order("3")).await.unwrap(), []);
}

pub async fn a_timeline_includes_what_happened_before_the_sales_order_was_known(stores: &Stores) {
    let unknown = LaneKey { connection: shop(), lane: Lane::AmazonOrder("322-A".into()) };
    mark(stores, [told(request(unknown, Ask::AmazonOrder, 0), "inbox/1", "PACKAGE_SHIPPED")]).await;
    let early = claim_one(stores, 0).await;
    stores
        .lanes
        .complete(&early, &look(&early), vec![request(order("1"), Ask::AmazonOrder, 1)])
        .await
        .unwrap();
    let claim = claim_one(stores, 1).await;
    stores.ledger.write_links(&claim.lease, &[order_link("322-A", money("1.00"))]).await.unwrap();
    let timeline = stores.operations.timeline(&order("1")).await.unwrap();
    let kinds: Vec<_> = timeline.iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [TimelineKind::Notice, TimelineKind::Look, TimelineKind::Next]);
}

pub async fn a_timeline_includes_what_happened_before_the_order_of_a_document_was_known(stores: &Stores) {
    let document = DocumentKey::new(DocumentKind::CreditMemo, "900");
    let lane = LaneKey { connection: shop(), lane: Lane::Document(document.clone()) };
    mark(stores, vec![request(lane, Ask::Document { document: document.clone(), is_new: true }, 0)]).await;
    let claim = claim_one(stores, 0).await;
    stores
        .lanes
        .complete(&claim, &look(&claim), vec![request(order("1"), Ask::SalesOrder, 1)])
        .await
        .unwrap();
    let claim = claim_one(stores, 1).await;
    let link = Link::Document(DocumentLink { document, origin: Origin::NetSuite });
    stores.ledger.write_links(&claim.lease, &[link]).await.unwrap();
    let timeline = stores.operations.timeline(&order("1")).await.unwrap();
    let texts: Vec<_> = timeline.iter().map(|entry| entry.text.as_str()).collect();
    assert!(texts.iter().any(|text| text.starts_with("looked at new creditMemo-900")), "{texts:?}");
}

pub async fn a_lane_at_work_or_paused_says_so(stores: &Stores) {
    let claim = claimed(stores, "1").await;
    let last = async || {
        let entry = stores.operations.timeline(&order("1")).await.unwrap().pop().unwrap();
        (entry.at, entry.text)
    };
    assert_eq!(last().await, (at(15), "worker is looking at sales order".to_owned()));
    stores.lanes.release(&claim.lease).await.unwrap();
    stores.lanes.pause(&shop(), at(50), "credentials").await.unwrap();
    assert_eq!(last().await, (at(50), "look at sales order, connection paused [credentials]".to_owned()));
}

pub async fn the_backlog_is_counted(stores: &Stores) {
    assert_eq!(stores.operations.backlog().await.unwrap(), Backlog::default());
    let claim = claimed(stores, "1").await;
    mark(stores, ["2", "3"].map(|id| request(order(id), Ask::SalesOrder, 0))).await;
    stores.ledger.park(&claim.lease, "order", &reason("a"), at(1)).await.unwrap();
    for id in ["planned", "sent", "unclear", "done"] {
        stores.ledger.plan(&claim.lease, &create_order(id), at(1)).await.unwrap();
    }
    let change = async |id: &str, change: IntentChange| {
        stores.ledger.change(&claim.lease, &create_order(id).key, &change, at(2)).await.unwrap();
    };
    change("sent", IntentChange::Sent).await;
    change("unclear", IntentChange::Unclear).await;
    change("done", IntentChange::Done { result: None, links: vec![] }).await;
    let expected = Backlog { lanes: 3, leased: 1, parked: 1, unsettled: 2 };
    assert_eq!(stores.operations.backlog().await.unwrap(), expected);
}
