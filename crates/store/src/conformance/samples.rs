//! Things to store.

use amz_domain::fulfillment::FulfilledLine;
use amz_domain::{
    AmazonOrderId, Channel, ConnectionName, DeliveryMarks, ExecutionState, Generation, LineNumber, Money,
    PackageState, Quantity, TrackerKey,
};
use amz_services::failure::StoreError;
use amz_services::intent::{IntentKey, NewIntent, Operation};
use amz_services::link::{AppliedPackage, Link, SentLine, SentOrder, TrackerLink};
use amz_services::look::{Look, LookOutcome};
use amz_services::parking::{Reason, Who};
use amz_services::ports::inbox::{NewNotice, NoticeSource};
use amz_services::work::{Ask, Claim, Lane, LaneKey, LaneRequest, NoticeReference};
use chrono::{DateTime, Duration, Utc};

use super::Stores;

pub const LEASE: std::time::Duration = std::time::Duration::from_secs(15);

/// An instant so many seconds after the start.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 123_456_000).unwrap() + Duration::seconds(seconds)
}

pub fn shop() -> ConnectionName {
    "shop".into()
}

pub fn notice(key: &str, body: &str) -> NewNotice {
    NewNotice {
        connection: shop(),
        source: NoticeSource::Amazon,
        key: key.to_owned(),
        kind: "PACKAGE_DELIVERED".to_owned(),
        body: body.to_owned(),
        received_at: at(0),
    }
}

pub fn order_of(connection: &str, order: &str) -> LaneKey {
    LaneKey { connection: connection.into(), lane: Lane::SalesOrder(order.into()) }
}

pub fn order(order: &str) -> LaneKey {
    order_of("shop", order)
}

pub fn request(key: LaneKey, ask: Ask, due_s: i64) -> LaneRequest {
    LaneRequest { key, ask, due_at: at(due_s), notice: None }
}

pub fn told(mut request: LaneRequest, id: &str, kind: &str) -> LaneRequest {
    request.notice =
        Some(NoticeReference { id: id.to_owned(), kind: kind.to_owned(), received_at: request.due_at });
    request
}

pub fn tracker(number: &str) -> TrackerKey {
    TrackerKey { carrier: "ups".into(), number: number.into() }
}

/// Marks lanes due.
pub async fn mark(stores: &Stores, requests: impl IntoIterator<Item = LaneRequest>) {
    stores.intake.accept("inbox", 0, requests.into_iter().collect()).await.unwrap();
}

/// Claims everything that is due for `worker`.
pub async fn claim_all(stores: &Stores, now_s: i64) -> Vec<Claim> {
    stores.lanes.claim("worker", at(now_s), LEASE, 100).await.unwrap()
}

/// Claims the one lane that is due.
pub async fn claim_one(stores: &Stores, now_s: i64) -> Claim {
    let mut claims = claim_all(stores, now_s).await;
    assert_eq!(claims.len(), 1, "{claims:?}");
    claims.remove(0)
}

/// Marks an order's lane due and claims it.
pub async fn claimed(stores: &Stores, id: &str) -> Claim {
    mark(stores, [request(order(id), Ask::SalesOrder, 0)]).await;
    let claim = claim_one(stores, 0).await;
    assert_eq!(claim.lease.key, order(id));
    claim
}

pub fn look(claim: &Claim) -> Look {
    Look {
        started_at: at(20),
        ended_at: at(21),
        asks: claim.asks.clone(),
        notices: claim.notices.clone(),
        echoes: Vec::new(),
        lines: vec!["nothing to do".to_owned()],
        outcome: LookOutcome::Settled,
    }
}

pub fn create_order(order: &str) -> NewIntent {
    NewIntent {
        key: IntentKey(format!("create-order/{order}")),
        operation: Operation::CreateOrder,
        subject: format!("order {order}"),
    }
}

pub fn reason(code: &str) -> Reason {
    Reason::new(code, "the city is missing", "fill in the city", Who::Merchant)
}

pub fn money(amount: &str) -> Money {
    let text = format!(r#"{{"amount":"{amount}","currency":"USD"}}"#);
    serde_json::from_str(&text).unwrap()
}

pub fn order_link(amazon_order: &str, total: Money) -> Link {
    Link::Order(Box::new(SentOrder {
        is_foreign: false,
        amazon_order: AmazonOrderId::from(amazon_order),
        generation: Generation::default(),
        channel: Channel::MultiChannel,
        execution: ExecutionState::Started,
        total: Some(total),
        tax: None,
        recipient_digest: Some("d1".to_owned()),
        lines: vec![SentLine {
            alias: "42:7".into(),
            amazon_line: "L-1".into(),
            line: LineNumber(3),
            sku: Some("MUG".into()),
            quantity: Quantity(2),
            delivery: Some("STANDARD".to_owned()),
            closed: Quantity(0),
            reduced: Quantity(0),
            released: false,
            part: None,
            item: None,
        }],
    }))
}

pub fn package_link(package: &str, tracking: Option<TrackerKey>) -> Link {
    Link::Package(Box::new(AppliedPackage {
        package: package.into(),
        fulfillment: "9001".into(),
        tracker: tracking,
        marks: DeliveryMarks {
            state: Some(PackageState::from("TELEPORTED")),
            milestone_at: Some(at(5)),
            ..DeliveryMarks::default()
        },
        lines: vec![FulfilledLine { order_line: LineNumber(1), quantity: Quantity(2) }],
    }))
}

pub fn tracker_link(number: &str, package: &str) -> Link {
    Link::Tracker(TrackerLink { tracker: tracker(number), package: package.into() })
}

pub fn is_lost<Answer>(answer: Result<Answer, StoreError>) -> bool {
    matches!(answer, Err(StoreError::LeaseLost { .. }))
}
