use amz_domain::DocumentKind;
use amz_event_handler::operator::Command;
use amz_services::ports::inbox::NewNotice;
use amz_services::ports::{Inbox, Lanes};
use amz_services::work::Ask;
use amz_store::memory::MemoryStore;
use async_trait::async_trait;
use chrono::DateTime;
use serde_json::json;

use super::*;

/// An event as Amazon sends it about its order `A-1`, which carries our alias of sales order 42.
fn event() -> NewNotice {
    let body = json!({
        "eventDescriptor": "PACKAGE_DELIVERED",
        "eventId": "event-1",
        "idempotencyKey": "event-1",
        "resources": ["businessProduct/bp-1/order/A-1/delivery/D-1"],
        "eventTime": "2026-03-02T17:00:00Z",
        "data": {"order": {"aliases": [{"aliasType": "OMS_ORDER_ID", "aliasId": "1234567:42"}]}},
    });
    NewNotice {
        connection: "new".into(),
        source: NoticeSource::Amazon,
        key: "event-1".to_owned(),
        kind: "PACKAGE_DELIVERED".to_owned(),
        body: body.to_string(),
        received_at: DateTime::UNIX_EPOCH,
    }
}

async fn lanes_after(notices: Vec<NewNotice>, known: Option<IntakeConnection>) -> Vec<(Lane, Vec<Ask>)> {
    let store = Arc::new(MemoryStore::new());
    store.receive(notices).await.unwrap();
    let intake = NoticeIntake {
        feeds: vec![store.clone()],
        intake: store.clone(),
        ledger: store.clone(),
        connections: Live::new(known.map(|known| ("new".into(), known)).into_iter().collect()),
        clock: Arc::new(|| DateTime::UNIX_EPOCH),
        wake: Arc::default(),
    };
    intake.pass().await.unwrap();
    let claims = store.claim("probe", DateTime::UNIX_EPOCH, Duration::from_secs(1), 10).await.unwrap();
    claims.into_iter().map(|claim| (claim.lease.key.lane, claim.asks)).collect()
}

#[tokio::test]
async fn notices_of_a_connection_that_is_not_configured_yet_wait_in_lanes() {
    let retry = Command::Retry { lane: Lane::SalesOrder("7".into()) };
    let retry = retry.notice(&"new".into(), "retry-1".to_owned(), DateTime::UNIX_EPOCH);
    let lanes = lanes_after(vec![event(), retry], None).await;
    let expected = [
        (Lane::AmazonOrder("A-1".into()), vec![Ask::AmazonOrder]),
        (Lane::SalesOrder("7".into()), vec![Ask::SalesOrder, Ask::AmazonOrder]),
    ];
    assert_eq!(lanes, expected);
}

/// A notice that a credit memo was made.
fn credit_memo(id: &str) -> NewNotice {
    let data = json!({"recordType": "creditMemo", "id": id, "event": "create"});
    NewNotice {
        connection: "new".into(),
        source: NoticeSource::NetSuite,
        key: format!("notice-{id}"),
        kind: "creditMemo.create".to_owned(),
        body: json!({"type": "creditMemo.create", "data": data}).to_string(),
        received_at: DateTime::UNIX_EPOCH,
    }
}

#[tokio::test]
async fn a_document_that_nobody_knows_gets_a_lane_of_its_own() {
    let document = DocumentKey::new(DocumentKind::CreditMemo, "900");
    let lanes = lanes_after(vec![credit_memo("900")], None).await;
    let ask = Ask::Document { document: document.clone(), is_new: true };
    assert_eq!(lanes, [(Lane::Document(document), vec![ask])]);
}

#[tokio::test]
async fn an_alias_names_the_sales_order_once_the_account_is_known() {
    let known = IntakeConnection {
        account: "1234567".to_owned(),
        settle: Duration::ZERO,
        stock_settle: Duration::ZERO,
    };
    let lanes = lanes_after(vec![event()], Some(known)).await;
    assert_eq!(lanes, [(Lane::SalesOrder("42".into()), vec![Ask::AmazonOrder])]);
}

/// When the lanes of notices become due, by lane.
async fn due(notices: Vec<NewNotice>) -> Vec<(String, i64)> {
    let store = Arc::new(MemoryStore::new());
    store.receive(notices).await.unwrap();
    let known = IntakeConnection {
        account: "1234567".to_owned(),
        settle: Duration::from_secs(1),
        stock_settle: Duration::from_secs(5),
    };
    let intake = NoticeIntake {
        feeds: vec![store.clone()],
        intake: store.clone(),
        ledger: store.clone(),
        connections: Live::new(HashMap::from([("new".into(), known)])),
        clock: Arc::new(|| DateTime::UNIX_EPOCH),
        wake: Arc::default(),
    };
    intake.pass().await.unwrap();
    let mut due = Vec::new();
    for second in 0..10 {
        let now = DateTime::from_timestamp(second, 0).unwrap();
        let claims = store.claim("probe", now, Duration::from_secs(3600), 10).await.unwrap();
        due.extend(claims.into_iter().map(|claim| (claim.lease.key.lane.to_string(), second)));
    }
    due
}

#[tokio::test]
async fn stock_waits_its_own_time_and_operators_wait_for_nothing() {
    let stock = |key: &str| NewNotice {
        key: key.to_owned(),
        kind: "INVENTORY_CHANGED".to_owned(),
        body: json!({
            "eventDescriptor": "INVENTORY_CHANGED",
            "resources": ["businessProduct/bp-1/item-quantities/i-1"],
        })
        .to_string(),
        ..event()
    };
    let due_of = due(vec![stock("a"), event()]).await;
    assert_eq!(due_of, [("order/42".to_owned(), 1), ("stock/levels".to_owned(), 5)]);
    let retry = Command::Retry { lane: Lane::StockLevels };
    let retry = retry.notice(&"new".into(), "retry-1".to_owned(), DateTime::UNIX_EPOCH);
    assert_eq!(due(vec![retry]).await, [("stock/reading".to_owned(), 0)]);
}

/// A feed that never runs dry, or cannot be read.
struct Endless {
    is_broken: bool,
}

#[async_trait]
impl NoticeFeed for Endless {
    fn name(&self) -> &'static str {
        "endless"
    }

    async fn cursor_name(&self) -> Result<String, StoreError> {
        Ok(self.name().to_owned())
    }

    async fn after(&self, after: i64, _: u32) -> Result<Vec<Notice>, StoreError> {
        tokio::task::yield_now().await;
        match self.is_broken {
            true => Err(StoreError::Corrupt { what: "notice", message: "torn".to_owned() }),
            false => Ok(vec![Notice { id: after + 1, notice: event() }]),
        }
    }
}

#[tokio::test]
async fn a_feed_that_never_runs_dry_or_fails_keeps_no_other_waiting_and_stops() {
    for is_broken in [false, true] {
        let store = Arc::new(MemoryStore::new());
        let retry = Command::Retry { lane: Lane::StockReading };
        let retry = retry.notice(&"new".into(), "retry-1".to_owned(), DateTime::UNIX_EPOCH);
        store.receive(vec![retry]).await.unwrap();
        let intake = NoticeIntake {
            feeds: vec![Arc::new(Endless { is_broken }), store.clone()],
            intake: store.clone(),
            ledger: store.clone(),
            connections: Live::new(HashMap::new()),
            clock: Arc::new(|| DateTime::UNIX_EPOCH),
            wake: Arc::default(),
        };
        let stop = CancellationToken::new();
        let ends = stop.clone();
        let running =
            tokio::spawn(async move { intake.run(Arc::default(), Duration::from_millis(1), ends).await });
        let taken = async {
            let is_retry = |claim: &amz_services::work::Claim| claim.lease.key.lane == Lane::StockReading;
            let claim = || store.claim("probe", DateTime::UNIX_EPOCH, Duration::from_secs(1), 10);
            while !claim().await.unwrap().iter().any(is_retry) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), taken).await.expect("the wish of an operator is taken");
        stop.cancel();
        tokio::time::timeout(Duration::from_secs(10), running).await.expect("it stops").unwrap();
    }
}

/// A store that takes questions and never answers.
struct Silent;

#[async_trait]
impl NoticeFeed for Silent {
    fn name(&self) -> &'static str {
        "silent"
    }

    async fn cursor_name(&self) -> Result<String, StoreError> {
        std::future::pending().await
    }

    async fn after(&self, _: i64, _: u32) -> Result<Vec<Notice>, StoreError> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_is_silent_is_given_up_and_keeps_no_other_waiting() {
    let store = Arc::new(MemoryStore::new());
    store.receive(vec![event()]).await.unwrap();
    let intake = NoticeIntake {
        feeds: vec![Arc::new(Silent), store.clone()],
        intake: store.clone(),
        ledger: store.clone(),
        connections: Live::new(HashMap::new()),
        clock: Arc::new(|| DateTime::UNIX_EPOCH),
        wake: Arc::default(),
    };
    let began = tokio::time::Instant::now();
    let error = intake.pass().await.unwrap_err();
    assert!(error.to_string().contains("did not answer in 60 s"), "{error}");
    assert_eq!(began.elapsed(), LONGEST_BATCH);
    let claims = store.claim("probe", DateTime::UNIX_EPOCH, Duration::from_secs(1), 10).await.unwrap();
    assert_eq!(claims.len(), 1);
}
