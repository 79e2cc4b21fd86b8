//! What a look does with kits that were sent as their parts, against mocked ports.

use std::sync::Mutex;

use amz_domain::fulfillment::FulfilledLine;
use amz_domain::{
    AmazonOrder, Channel, DeliveryMarks, ExecutionState, Generation, LineNumber, Package, PackageContent,
    Quantity,
};

use super::*;
use crate::connection::{Connection, mocked};
use crate::link::{KitPart, SentLine, SentOrder};
use crate::orders::fixtures::settings;
use crate::parking::Parked;
use crate::ports::ledger::MockLedger;
use crate::work::{Lane, LaneKey, Lease};

/// One kit of 2 × P and 1 × Q on line 1.
fn sent() -> SentOrder {
    let part = |item: &str, per_kit: u32| SentLine {
        alias: format!("42:901/{item}").into(),
        amazon_line: item.into(),
        line: LineNumber(1),
        sku: Some(item.into()),
        quantity: Quantity(per_kit),
        delivery: None,
        closed: Quantity::ZERO,
        reduced: Quantity::ZERO,
        released: false,
        part: Some(KitPart { item: item.into(), per_kit: Quantity(per_kit) }),
        item: None,
    };
    SentOrder {
        is_foreign: false,
        amazon_order: "A-1".into(),
        generation: Generation::default(),
        channel: Channel::MultiChannel,
        execution: ExecutionState::Started,
        total: None,
        tax: None,
        recipient_digest: None,
        lines: vec![part("P", 2), part("Q", 1)],
    }
}

fn left(id: &str, line: &str, units: u32) -> Package {
    Package {
        id: id.into(),
        state: "IN_TRANSIT".into(),
        reason: None,
        contents: vec![PackageContent { line: line.into(), quantity: Quantity(units) }],
        tracker: None,
    }
}

/// Looks at some packages, with some subjects parked before. Returns what was parked and what is not any more; any
/// call to a vendor fails the test.
async fn look(packages: Vec<Package>, links: Vec<Link>, parked: &[&str]) -> Vec<String> {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let key = LaneKey { connection: "main".into(), lane: Lane::SalesOrder("42".into()) };
    let now = || "2026-03-03T12:00:00Z".parse().unwrap();
    let before: Vec<Parked> = (parked.iter())
        .map(|subject| Parked {
            key: key.clone(),
            subject: (*subject).to_owned(),
            reason: Reason::new("kit_incomplete", "cause", "hint", Who::Merchant),
            since: now(),
        })
        .collect();
    let mut ledger = MockLedger::new();
    ledger.expect_parked().returning(move |_| Ok(before.clone()));
    let noted = seen.clone();
    ledger.expect_park().returning(move |_, subject, reason, _| {
        noted.lock().unwrap().push(format!("parked {subject}: {}", reason.code));
        Ok(true)
    });
    let noted = seen.clone();
    ledger.expect_unpark().returning(move |_, subject, _| {
        noted.lock().unwrap().push(format!("unparked {subject}"));
        Ok(true)
    });
    let connection = Connection { ledger: Arc::new(ledger), ..mocked(settings(), Arc::new(now)) };
    let lease = Lease { key, owner: "test".into(), fence: 1 };
    let mut desk = Desk::open(&connection, &lease).await.unwrap();
    let amazon = AmazonOrder {
        id: "A-1".into(),
        alias: None,
        execution: None,
        recipient: None,
        lines: Vec::new(),
        packages,
        cancellations: Vec::new(),
        returns: Vec::new(),
        refunds: Vec::new(),
        links: Vec::new(),
    };
    let mut view = OrderView::new("42".into(), sent(), amazon, links, None);
    run(&mut desk, &mut view, &[]).await.unwrap();
    seen.lock().unwrap().clone()
}

#[tokio::test]
async fn loose_parts_park_their_line_and_write_nothing() {
    assert_eq!(look(vec![left("B1", "P", 2)], Vec::new(), &[]).await, ["parked kit/1: kit_incomplete"]);
}

#[tokio::test]
async fn the_parking_of_a_kit_ends_once_it_is_whole() {
    let applied = AppliedPackage {
        package: "B2".into(),
        fulfillment: "9001".into(),
        tracker: None,
        marks: DeliveryMarks { state: Some("IN_TRANSIT".into()), ..DeliveryMarks::default() },
        lines: vec![FulfilledLine { order_line: LineNumber(1), quantity: Quantity(1) }],
    };
    let packages = vec![left("B1", "P", 2), left("B2", "Q", 1)];
    let links = vec![Link::Package(Box::new(applied))];
    assert_eq!(
        look(packages, links, &["kit/1", "package/B1"]).await,
        ["unparked package/B1", "unparked kit/1"]
    );
}
