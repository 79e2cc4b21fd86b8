//! Writes that must happen once, against mocked ports.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use super::*;
use crate::connection::mocked;
use crate::intent::Intent;
use crate::orders::fixtures::settings;
use crate::ports::ledger::MockLedger;
use crate::work::{Ask, Lane, LaneKey};

fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn error(failure: Failure) -> PortError {
    PortError::new("createOrder", failure, "code", "message")
}

/// What a test saw happen.
#[derive(Default)]
struct Seen {
    changes: Mutex<Vec<IntentChange>>,
    sends: AtomicU32,
    looks: AtomicU32,
}

/// A write with scripted answers.
struct Scripted {
    seen: Arc<Seen>,
    send: fn() -> Result<u32, PortError>,
    look_up: fn() -> Result<Option<Found<u32>>, PortError>,
}

#[async_trait]
impl OnceWrite for Scripted {
    type Value = u32;

    async fn send(&self) -> Result<u32, PortError> {
        self.seen.sends.fetch_add(1, Ordering::Relaxed);
        (self.send)()
    }

    async fn look_up(&self) -> Result<Option<Found<u32>>, PortError> {
        self.seen.looks.fetch_add(1, Ordering::Relaxed);
        (self.look_up)()
    }

    fn outcome(&self, value: &u32) -> (String, Vec<Link>) {
        (value.to_string(), Vec::new())
    }
}

/// Runs one write over an intent in some state, with scripted answers.
async fn write(
    state: IntentState,
    sent_s_ago: i64,
    send: fn() -> Result<u32, PortError>,
    look_up: fn() -> Result<Option<Found<u32>>, PortError>,
) -> (Result<Written<u32>, Stop>, Arc<Seen>) {
    let (connection, lease, scripted) = stage(state, sent_s_ago, send, look_up);
    let mut desk = Desk::open(&connection, &lease).await.unwrap();
    let written = desk.write_once(intent(Operation::CreateOrder, "order 1:42", ""), &scripted).await;
    (written, scripted.seen)
}

fn stage(
    state: IntentState,
    sent_s_ago: i64,
    send: fn() -> Result<u32, PortError>,
    look_up: fn() -> Result<Option<Found<u32>>, PortError>,
) -> (Connection, Lease, Scripted) {
    let seen = Arc::new(Seen::default());
    let mut ledger = MockLedger::new();
    ledger.expect_parked().returning(|_| Ok(Vec::new()));
    ledger.expect_plan().returning(move |_, new, _| {
        Ok(Intent {
            key: new.key.clone(),
            operation: new.operation,
            subject: new.subject.clone(),
            state,
            sends: 1,
            lookups: 0,
            planned_at: now(),
            sent_at: Some(now() - chrono::Duration::seconds(sent_s_ago)),
            result: None,
        })
    });
    let changes = seen.clone();
    ledger.expect_change().returning(move |_, _, change, _| {
        changes.changes.lock().unwrap().push(change.clone());
        Ok(())
    });
    let connection = Connection { ledger: Arc::new(ledger), ..mocked(settings(), Arc::new(now)) };
    let key = LaneKey { connection: "main".into(), lane: Lane::SalesOrder("42".into()) };
    let lease = Lease { key, owner: "test".into(), fence: 1 };
    (connection, lease, Scripted { seen, send, look_up })
}

fn absent() -> Result<Option<Found<u32>>, PortError> {
    Ok(None)
}

fn same() -> Result<Option<Found<u32>>, PortError> {
    Ok(Some(Found::Same(7)))
}

fn different() -> Result<Option<Found<u32>>, PortError> {
    Ok(Some(Found::Different(Reason::new("different", "cause", "hint", Who::Merchant))))
}

fn counts(seen: &Seen) -> (u32, u32) {
    (seen.sends.load(Ordering::Relaxed), seen.looks.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_new_write_is_noted_as_sent_before_it_leaves() {
    let (written, seen) = write(IntentState::Planned, 0, || Ok(7), absent).await;
    assert!(matches!(written, Ok(Written::Done(7))));
    let changes = seen.changes.lock().unwrap();
    assert_eq!(changes[0], IntentChange::Sent);
    assert!(matches!(changes[1], IntentChange::Done { .. }));
    assert_eq!(counts(&seen), (1, 0));
}

#[tokio::test]
async fn f01_a_lost_reply_is_settled_by_look_up_and_not_sent_again() {
    for failure in [Failure::Unclear, Failure::Conflict, Failure::Unreadable] {
        let send = match failure {
            Failure::Unclear => || Err(error(Failure::Unclear)),
            Failure::Conflict => || Err(error(Failure::Conflict)),
            _ => || Err(error(Failure::Unreadable)),
        };
        let (written, seen) = write(IntentState::Planned, 0, send, same).await;
        assert!(matches!(written, Ok(Written::Done(7))), "{failure:?}");
        assert_eq!(counts(&seen), (1, 1));
    }
}

#[tokio::test]
async fn after_a_crash_the_vendor_is_asked_first() {
    for state in [IntentState::Sent, IntentState::Unclear, IntentState::Done] {
        let (written, seen) = write(state, 3600, || Ok(8), same).await;
        assert!(matches!(written, Ok(Written::Done(7))), "{state:?}");
        assert_eq!(counts(&seen), (0, 1));
    }
}

#[tokio::test]
async fn what_is_not_found_is_waited_for_and_only_then_sent_again() {
    let (written, seen) = write(IntentState::Unclear, 3, || Ok(8), absent).await;
    let Ok(Written::Wait(at)) = written else { panic!("it waits") };
    assert_eq!(at, now() + chrono::Duration::seconds(7));
    assert_eq!(counts(&seen), (0, 1));

    let (written, seen) = write(IntentState::Unclear, 10, || Ok(8), absent).await;
    assert!(matches!(written, Ok(Written::Done(8))));
    assert_eq!(counts(&seen), (1, 1));
}

#[tokio::test]
async fn before_a_write_is_given_up_an_earlier_try_is_settled_and_nothing_is_sent() {
    let cases = [
        (IntentState::Planned, 0, (0, 0), "None"),
        (IntentState::Refused, 0, (0, 0), "None"),
        (IntentState::Sent, 3, (0, 1), "Some(Wait(2026-03-01T12:00:07Z))"),
        (IntentState::Unclear, 10, (0, 1), "None"),
    ];
    for (state, sent_s_ago, calls, end) in cases {
        let (connection, lease, scripted) = stage(state, sent_s_ago, || Ok(8), absent);
        let mut desk = Desk::open(&connection, &lease).await.unwrap();
        let once = intent(Operation::CreateOrder, "order 1:42", "");
        let settled = desk.settle_earlier(&once, &scripted).await.unwrap();
        assert_eq!(format!("{settled:?}"), end, "{state:?}");
        assert_eq!(counts(&scripted.seen), calls, "{state:?}");
    }
    let (connection, lease, scripted) = stage(IntentState::Sent, 3, || Ok(8), same);
    let mut desk = Desk::open(&connection, &lease).await.unwrap();
    let once = intent(Operation::CreateOrder, "order 1:42", "");
    let settled = desk.settle_earlier(&once, &scripted).await.unwrap();
    assert!(matches!(settled, Some(Written::Done(7))));
}

#[tokio::test]
async fn another_record_under_our_name_is_parked() {
    let (written, seen) = write(IntentState::Planned, 0, || Err(error(Failure::Conflict)), different).await;
    assert!(matches!(written, Ok(Written::Parked(reason)) if reason.code == "different"));
    assert_eq!(counts(&seen), (1, 1));
}

#[tokio::test]
async fn f01_a_throttle_leads_to_a_later_retry_with_nothing_unclear() {
    let send = || Err(error(Failure::Throttled { wait: None }));
    let (written, seen) = write(IntentState::Planned, 0, send, absent).await;
    assert!(matches!(written, Err(Stop::Call(_))));
    assert_eq!(seen.changes.lock().unwrap().as_slice(), [IntentChange::Sent, IntentChange::NotSent]);
    assert_eq!(counts(&seen), (1, 0));
}

#[tokio::test]
async fn a_refusal_parks_with_the_vendors_code() {
    let (written, _) = write(IntentState::Planned, 0, || Err(error(Failure::Refused)), absent).await;
    assert!(matches!(written, Ok(Written::Parked(reason)) if reason.code == "code"));
}

/// A desk at an order's lane of a connection that keeps stock in step, or does not.
async fn asked_for_stock(stock: Option<crate::connection::Stock>) -> Vec<LaneRequest> {
    let mut ledger = MockLedger::new();
    ledger.expect_parked().returning(|_| Ok(Vec::new()));
    let connection = Connection { ledger: Arc::new(ledger), stock, ..mocked(settings(), Arc::new(now)) };
    let key = LaneKey { connection: "main".into(), lane: Lane::SalesOrder("42".into()) };
    let lease = Lease { key, owner: "test".into(), fence: 1 };
    let mut desk = Desk::open(&connection, &lease).await.unwrap();
    let line = |item: Option<&str>, sku: Option<&str>| SentLine {
        alias: "42:1".into(),
        amazon_line: "L-1".into(),
        line: amz_domain::LineNumber(1),
        sku: sku.map(Into::into),
        quantity: amz_domain::Quantity(1),
        delivery: None,
        closed: amz_domain::Quantity::ZERO,
        reduced: amz_domain::Quantity::ZERO,
        released: false,
        part: None,
        item: item.map(Into::into),
    };
    let lines = [
        line(Some("7"), Some("SKU-1")),
        line(None, Some("SKU-2")),
        line(Some("7"), Some("SKU-3")),
        line(None, None),
    ];
    desk.ask_for_stock(&lines);
    desk.close().asked
}

#[tokio::test]
async fn items_that_a_write_moved_are_asked_for_once_each_when_it_has_settled() {
    let stock = crate::connection::mocked_stock(crate::settings::InventorySettings::new("7".into()));
    let asked = asked_for_stock(Some(stock)).await;
    let skus: Vec<&Ask> = asked.iter().map(|asked| &asked.ask).collect();
    assert_eq!(skus, [&Ask::StockOfItem("7".into()), &Ask::StockOf("SKU-2".into())]);
    assert!(asked.iter().all(|asked| asked.key.lane == Lane::StockLevels));
    assert!(asked.iter().all(|asked| asked.due_at == now() + chrono::Duration::seconds(2)));
}

#[tokio::test]
async fn nobody_is_asked_for_stock_that_is_not_kept_in_step() {
    assert!(asked_for_stock(None).await.is_empty());
}
