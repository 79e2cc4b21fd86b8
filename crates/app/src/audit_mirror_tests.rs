use std::sync::Mutex;

use amz_services::audit::{CallOutcome, Vendor, current_intent};
use amz_services::failure::Failure;
use amz_services::ports::CallLog;
use amz_services::urgency::current_urgency;
use amz_store::memory::MemoryStore;
use async_trait::async_trait;

use super::*;

/// A call whose copy NetSuite refuses for good.
const NEVER_TAKEN: &str = "neverTaken";

/// NetSuite as far as the copy goes: takes a row once per external id, and refuses when told to. Each write is a call that
/// is recorded, as the connector does.
struct Records {
    store: Arc<MemoryStore>,
    rows: Mutex<Vec<String>>,
    operations: Mutex<Vec<String>>,
    broken: Mutex<bool>,
}

#[async_trait]
impl AuditMirror for Records {
    async fn write(&self, rows: &[AuditRow]) -> Result<(), PortError> {
        assert_eq!(current_urgency(), Urgency::Reconciliation);
        let own = CallRecord { intent: current_intent(), ..call("auditLog.upsert", 0) };
        self.store.record(&own).await.unwrap();
        if *self.broken.lock().unwrap() {
            return Err(PortError {
                failure: Failure::Unavailable,
                operation: "auditLog.upsert",
                code: "UNEXPECTED_ERROR".to_owned(),
                message: "no".to_owned(),
                source: None,
            });
        }
        let mut known = self.rows.lock().unwrap();
        for row in rows {
            if row.call.operation == NEVER_TAKEN {
                let message = "a script of the account refuses it";
                return Err(PortError::new("auditLog.upsert", Failure::Refused, "USER_ERROR", message));
            }
            let id = row.external_id().to_string();
            if !known.contains(&id) {
                known.push(id);
                self.operations.lock().unwrap().push(row.call.operation.clone());
            }
        }
        Ok(())
    }
}

fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn call(operation: &str, ago_s: i64) -> CallRecord {
    CallRecord {
        connection: "main".into(),
        lane: None,
        job: None,
        intent: None,
        vendor: Vendor::NetSuite,
        operation: operation.to_owned(),
        method: "GET".to_owned(),
        path: "/".to_owned(),
        attempt: 1,
        started_at: now() - TimeDelta::seconds(60 + ago_s),
        duration_ms: 1,
        status: Some(200),
        outcome: CallOutcome::Success,
        code: None,
        request: None,
        response: None,
    }
}

fn write(operation: &str) -> CallRecord {
    CallRecord { intent: Some(IntentKey(format!("{operation}/1"))), ..call(operation, 0) }
}

fn task(only: MirroredCalls) -> (MirrorTask, Arc<Records>, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new());
    let records = Arc::new(Records {
        store: store.clone(),
        rows: Mutex::default(),
        operations: Mutex::default(),
        broken: Mutex::default(),
    });
    let task = MirrorTask {
        connection: "main".into(),
        only,
        every: Duration::from_secs(60),
        mirror: records.clone(),
        operations: store.clone(),
        intake: store.clone(),
        clock: Arc::new(now),
    };
    (task, records, store)
}

async fn record(store: &MemoryStore, calls: impl IntoIterator<Item = CallRecord>) {
    for call in calls {
        store.record(&call).await.unwrap();
    }
}

fn copied(records: &Records) -> Vec<String> {
    records.operations.lock().unwrap().clone()
}

#[tokio::test]
async fn writes_and_failures_are_copied_once_in_the_order_of_the_trail() {
    let (task, records, store) = task(MirroredCalls::WritesAndFailures);
    let failed = CallRecord { outcome: CallOutcome::NoAnswer, ..call("order", 9) };
    let absent = CallRecord { outcome: CallOutcome::Absent, ..call("find", 9) };
    let other = CallRecord { connection: "other".into(), ..write("createOrder") };
    record(&store, [write("createOrder"), call("salesOrder.get", 0), failed, absent, other]).await;
    assert_eq!(task.turn().await.unwrap(), 2);
    assert_eq!(task.turn().await.unwrap(), 0);
    assert_eq!(copied(&records), ["createOrder", "order"]);
}

#[tokio::test]
async fn all_may_be_copied_but_never_the_copying() {
    let (task, records, store) = task(MirroredCalls::All);
    record(&store, [call("salesOrder.get", 0), write("createOrder")]).await;
    assert_eq!(task.turn().await.unwrap(), 2);
    for _ in 0..3 {
        assert_eq!(task.turn().await.unwrap(), 0);
    }
    assert_eq!(copied(&records), ["salesOrder.get", "createOrder"]);
    *records.broken.lock().unwrap() = true;
    record(&store, [write("cancelOrder")]).await;
    task.turn().await.unwrap_err();
    *records.broken.lock().unwrap() = false;
    assert_eq!(task.turn().await.unwrap(), 1, "a copy that failed is not copied either");
}

#[tokio::test]
async fn a_turn_stops_at_the_first_failure_and_the_next_goes_on_there() {
    let (task, records, store) = task(MirroredCalls::All);
    record(&store, (0..250).map(|number| call(&number.to_string(), 0))).await;
    *records.broken.lock().unwrap() = true;
    task.turn().await.unwrap_err();
    assert_eq!(store.last_recorded(&"main".into()).await.unwrap(), 251, "one call was made");
    *records.broken.lock().unwrap() = false;
    assert_eq!(task.turn().await.unwrap(), 250);
    let all: Vec<_> = (0..250).map(|number| number.to_string()).collect();
    assert_eq!(copied(&records), all);
}

#[tokio::test]
async fn calls_wait_until_what_asked_for_them_is_known() {
    let (task, records, store) = task(MirroredCalls::All);
    record(&store, [call("old", 0), call("fresh", -31), call("older", 9)]).await;
    assert_eq!(task.turn().await.unwrap(), 1);
    let later = MirrorTask { clock: Arc::new(|| now() + TimeDelta::seconds(1)), ..task };
    assert_eq!(later.turn().await.unwrap(), 2);
    assert_eq!(copied(&records), ["old", "fresh", "older"]);
}

#[tokio::test]
async fn the_copy_begins_when_it_is_set_on_and_goes_on_after_a_restart() {
    let (task, records, store) = task(MirroredCalls::All);
    record(&store, [call("before", 0)]).await;
    task.begin().await.unwrap();
    record(&store, [call("after", 0)]).await;
    task.begin().await.unwrap();
    assert_eq!(task.turn().await.unwrap(), 1);
    record(&store, [call("while down", 0)]).await;
    task.begin().await.unwrap();
    assert_eq!(task.turn().await.unwrap(), 1);
    assert_eq!(copied(&records), ["after", "while down"]);
}

#[tokio::test]
async fn a_row_that_netsuite_never_takes_holds_up_no_later_one() {
    let (task, records, store) = task(MirroredCalls::All);
    task.begin().await.unwrap();
    store.record(&write(NEVER_TAKEN)).await.unwrap();
    assert!(task.turn().await.is_err(), "alone it may be refused for a cause that is about all rows");
    store.record(&write("createOrder")).await.unwrap();
    assert_eq!(task.turn().await.unwrap(), 1);
    assert_eq!(*records.operations.lock().unwrap(), ["createOrder"]);
    assert_eq!(task.turn().await.unwrap(), 0, "nothing is left to copy");
}
