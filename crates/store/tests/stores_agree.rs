//! Random work on lanes has the same outcome in memory, on SQLite and on PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod postgres;

use std::sync::Arc;

use amz_domain::ConnectionName;
use amz_services::audit::{AuditQuery, CallRecord};
use amz_services::failure::StoreError;
use amz_services::intent::{IntentChange, Operation};
use amz_services::look::Look;
use amz_services::ports::lanes::ChangedRow;
use amz_services::ports::netsuite::FeedPosition;
use amz_services::reconciliation::{Finding, FindingOutcome, ReconciliationPhase, ReconciliationScope};
use amz_services::work::{Ask, Claim, LaneKey};
use amz_store::conformance::Stores;
use amz_store::conformance::operations::call;
use amz_store::conformance::reconciliations::run;
use amz_store::conformance::samples::{
    LEASE, at, create_order, look, order_of, reason, request, told, tracker,
};
use amz_store::conformance::stock::reading;
use amz_store::memory::MemoryStore;
use amz_store::sqlite::{SqliteInbox, SqlitePaths, SqliteState};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Mark { connection: usize, lane: u8, ask: u8, due_s: i64 },
    Claim { after_s: i64, limit: u32 },
    Renew { claim: usize },
    Complete { claim: usize, redirect_to: Option<u8> },
    Postpone { claim: usize, wait_s: i64, failed: bool },
    Release { claim: usize },
    Pause { connection: usize, for_s: i64, code: u8 },
    Resume { connection: usize },
    Intent { claim: usize, number: u8, change: u8 },
    Park { claim: usize, code: u8 },
    Unpark { claim: usize },
    Keep { claim: usize, sku: u8, ago_s: i64 },
    NoteAbsent { claim: usize, sku: u8, ago_s: i64 },
    Changed { connection: usize, lane: u8, version: u8, echo: bool },
    SetOpen { claim: usize, open: bool },
    Reconcile { claim: usize, run: u8, orders: u8, done: bool, since_s: Option<i64> },
    Find { claim: usize, run: u8, outcome: usize },
}

const CONNECTIONS: [&str; 3] = ["alpha", "beta", "gamma"];

fn step() -> impl Strategy<Value = Step> {
    let claim = 0..8_usize;
    prop_oneof![
        5 => (0..3_usize, 0..3_u8, 0..9_u8, -90..60_i64)
            .prop_map(|(connection, lane, ask, due_s)| Step::Mark { connection, lane, ask, due_s }),
        5 => (0..40_i64, 0..4_u32).prop_map(|(after_s, limit)| Step::Claim { after_s, limit }),
        1 => claim.clone().prop_map(|claim| Step::Renew { claim }),
        3 => (claim.clone(), proptest::option::of(0..3_u8))
            .prop_map(|(claim, redirect_to)| Step::Complete { claim, redirect_to }),
        3 => (claim.clone(), 0..40_i64, any::<bool>())
            .prop_map(|(claim, wait_s, failed)| Step::Postpone { claim, wait_s, failed }),
        1 => claim.clone().prop_map(|claim| Step::Release { claim }),
        1 => (0..3_usize, 0..30_i64, 0..2_u8)
            .prop_map(|(connection, for_s, code)| Step::Pause { connection, for_s, code }),
        1 => (0..3_usize).prop_map(|connection| Step::Resume { connection }),
        3 => (claim.clone(), 0..4_u8, 0..7_u8)
            .prop_map(|(claim, number, change)| Step::Intent { claim, number, change }),
        1 => (claim.clone(), 0..2_u8).prop_map(|(claim, code)| Step::Park { claim, code }),
        1 => claim.clone().prop_map(|claim| Step::Unpark { claim }),
        2 => (claim.clone(), 0..2_u8, 0..20_i64).prop_map(|(claim, sku, ago_s)| Step::Keep { claim, sku, ago_s }),
        2 => (claim.clone(), 0..2_u8, 0..20_i64).prop_map(|(claim, sku, ago_s)| Step::NoteAbsent { claim, sku, ago_s }),
        2 => (0..3_usize, 0..3_u8, 0..4_u8, any::<bool>())
            .prop_map(|(connection, lane, version, echo)| Step::Changed { connection, lane, version, echo }),
        2 => (claim.clone(), any::<bool>()).prop_map(|(claim, open)| Step::SetOpen { claim, open }),
        2 => (claim.clone(), 0..3_u8, 0..8_u8, any::<bool>(), proptest::option::of(0..99_i64))
            .prop_map(|(claim, run, orders, done, since_s)| Step::Reconcile { claim, run, orders, done, since_s }),
        2 => (claim, 0..3_u8, 0..8_usize).prop_map(|(claim, run, outcome)| Step::Find { claim, run, outcome }),
    ]
}

fn lane(connection: usize, lane: u8) -> LaneKey {
    order_of(CONNECTIONS[connection], &lane.to_string())
}

fn ask(number: u8) -> Ask {
    match number {
        0 => Ask::SalesOrder,
        1 => Ask::AmazonOrder,
        2 => Ask::CancelWished,
        3 => Ask::ReturnMoved,
        4 => Ask::StockDue,
        5 => Ask::Reconcile("r".into()),
        other => Ask::Tracker(tracker(&other.to_string())),
    }
}

/// One store under test with the claims it gave, old ones too: their holders may come back late.
struct Subject {
    stores: Stores,
    claims: Vec<Claim>,
    now_s: i64,
}

impl Subject {
    fn claim(&self, number: usize) -> Option<&Claim> {
        self.claims.iter().rev().nth(number)
    }

    /// Does a step; what the store said, as text without what differs for good reason.
    async fn run(&mut self, number: usize, step: &Step) -> String {
        let said = match step {
            Step::Mark { connection, lane: of, ask: asked, due_s } => {
                let request = request(lane(*connection, *of), ask(*asked), self.now_s + due_s);
                let request = told(request, &format!("inbox/{number}"), "K");
                self.stores.intake.accept("inbox", 0, vec![request]).await.map(|()| String::new())
            }
            Step::Claim { after_s, limit } => {
                self.now_s += after_s;
                let claims = self.stores.lanes.claim("worker", at(self.now_s), LEASE, *limit).await;
                claims.map(|claims| {
                    // fences grow, by how much is each store's own affair
                    let mut told = claims.clone();
                    told.iter_mut().for_each(|claim| claim.lease.fence = 0);
                    self.claims.extend(claims);
                    format!("{told:?}")
                })
            }
            Step::Changed { connection, lane: of, version, echo } => {
                let key = lane(*connection, *of);
                let name = key.connection.clone();
                let row = ChangedRow {
                    position: FeedPosition { modified: version.to_string(), id: of.to_string() },
                    request: request(key, Ask::SalesOrder, self.now_s + 2),
                    echo: echo.then(|| format!("row {number}")),
                };
                self.stores
                    .intake
                    .accept_changes(&name, "orders", vec![row], None)
                    .await
                    .map(|new| new.to_string())
            }
            Step::Pause { connection, for_s, code } => {
                let until = at(self.now_s + for_s);
                let name = ConnectionName::from(CONNECTIONS[*connection]);
                self.stores.lanes.pause(&name, until, &code.to_string()).await.map(|news| news.to_string())
            }
            Step::Resume { connection } => {
                let name = ConnectionName::from(CONNECTIONS[*connection]);
                self.stores.lanes.resume(&name).await.map(|code| format!("{code:?}"))
            }
            Step::Renew { claim }
            | Step::Complete { claim, .. }
            | Step::Postpone { claim, .. }
            | Step::Release { claim }
            | Step::Intent { claim, .. }
            | Step::Park { claim, .. }
            | Step::Unpark { claim }
            | Step::Keep { claim, .. }
            | Step::NoteAbsent { claim, .. }
            | Step::SetOpen { claim, .. }
            | Step::Reconcile { claim, .. }
            | Step::Find { claim, .. } => match self.claim(*claim) {
                Some(claim) => self.run_claimed(claim, step).await,
                None => Ok("no such claim".to_owned()),
            },
        };
        said.unwrap_or_else(|error| format!("refused: {error}"))
    }

    async fn run_claimed(&self, claim: &Claim, step: &Step) -> Result<String, StoreError> {
        let (lease, now) = (&claim.lease, at(self.now_s));
        let Stores { lanes, ledger, stock, reconciliations, .. } = &self.stores;
        match step {
            Step::Renew { .. } => {
                lanes.renew(lease, now, std::time::Duration::from_secs(9)).await.map(|()| String::new())
            }
            Step::Complete { redirect_to, .. } => {
                let made =
                    CallRecord { job: Some(lease.fence), ..call(Some(lease.key.lane.clone()), self.now_s) };
                self.stores.calls.record(&made).await?;
                let looked = Look { echoes: vec!["seen".to_owned()], ..look(claim) };
                let redirect = redirect_to
                    .map(|to| request(lane(0, to), Ask::AmazonOrder, self.now_s))
                    .into_iter()
                    .collect();
                lanes.complete(claim, &looked, redirect).await.map(|()| String::new())
            }
            Step::Postpone { wait_s, failed, .. } => {
                let until = at(self.now_s + wait_s);
                lanes.postpone(claim, &look(claim), until, *failed).await.map(|()| String::new())
            }
            Step::Release { .. } => lanes.release(lease).await.map(|()| String::new()),
            Step::Intent { number, change, .. } => {
                let mut intent = create_order(&format!("{}-{number}", lease.key.lane));
                if number % 2 == 1 {
                    intent.operation = Operation::MarkSalesOrder;
                }
                let change = match change {
                    0 => return ledger.plan(lease, &intent, now).await.map(|intent| format!("{intent:?}")),
                    1 => IntentChange::Sent,
                    2 => IntentChange::NotSent,
                    3 => IntentChange::Unclear,
                    4 => IntentChange::LookedUp,
                    5 => IntentChange::Done { result: Some("id".to_owned()), links: vec![] },
                    _ => IntentChange::Refused { code: "x".to_owned() },
                };
                ledger.change(lease, &intent.key, &change, now).await.map(|()| String::new())
            }
            Step::Park { code, .. } => ledger
                .park(lease, "order", &reason(&code.to_string()), now)
                .await
                .map(|news| news.to_string()),
            Step::Unpark { .. } => ledger.unpark(lease, "order", now).await.map(|was| was.to_string()),
            Step::Keep { sku, ago_s, .. } => {
                let readings = [reading(&sku.to_string(), 1, self.now_s - ago_s)];
                stock.keep_readings(lease, &readings).await.map(|kept| kept.to_string())
            }
            Step::NoteAbsent { sku, ago_s, .. } => {
                let skus = [sku.to_string().into()];
                stock.note_absent(lease, &skus, at(self.now_s - ago_s)).await.map(|()| String::new())
            }
            Step::SetOpen { open, .. } => {
                reconciliations.set_open(lease, *open, at(0)).await.map(|()| String::new())
            }
            Step::Reconcile { run: id, orders, done, since_s, .. } => {
                let mut run = run(&id.to_string(), self.now_s);
                run.request.scope = ReconciliationScope::Open { since: since_s.map(at) };
                if *done {
                    run.phase = ReconciliationPhase::Done;
                }
                let asked: Vec<_> = (0..*orders).map(|order| order.to_string().into()).collect();
                let begun = reconciliations.begin(lease, &run).await?;
                let new = reconciliations.advance(lease, &run, &asked).await?;
                Ok(format!("{begun:?} {new:?}"))
            }
            Step::Find { run, outcome, .. } => {
                let finding = Finding {
                    lane: lease.key.lane.clone(),
                    outcome: FindingOutcome::ALL[*outcome],
                    causes: vec![],
                    amazon_order: None,
                    at: now,
                };
                let run = run.to_string().as_str().into();
                reconciliations.note(lease, &run, &finding).await.map(|()| String::new())
            }
            Step::Mark { .. }
            | Step::Claim { .. }
            | Step::Pause { .. }
            | Step::Resume { .. }
            | Step::Changed { .. } => Ok(String::new()),
        }
    }

    async fn overview(&self) -> String {
        let Stores { lanes, operations, notifications, .. } = &self.stores;
        let (due, backlog) = (lanes.next_due().await.unwrap(), operations.backlog().await.unwrap());
        let messages = notifications.due_notifications(at(1_000_000), 100).await.unwrap();
        let messages: Vec<_> = messages.into_iter().map(|told| (told.kind, told.at, told.item)).collect();
        let mut stock = Vec::new();
        for name in CONNECTIONS.map(ConnectionName::from) {
            let known = self.stores.stock.known_page(&name, None, 100).await.unwrap();
            let taken = self.stores.stock.orders_taken_since(&name, at(self.now_s - 10)).await.unwrap();
            stock.push((known, taken));
        }
        let parked = operations.parked_items(None).await.unwrap();
        format!("{due:?} {backlog:?} {parked:?} {messages:?} {stock:?}")
    }

    async fn reconciled(&self) -> String {
        let reconciliations = &self.stores.reconciliations;
        let mut said = String::new();
        for (number, name) in CONNECTIONS.map(ConnectionName::from).into_iter().enumerate() {
            let open = reconciliations.open_orders(&name, None, 100).await.unwrap();
            let latest = reconciliations.latest(&name, 100).await.unwrap();
            let last = reconciliations.last_completed(&name).await.unwrap();
            said.push_str(&format!("{open:?} {latest:?} {last:?}"));
            for run in latest {
                let id = &run.request.id;
                let outstanding = reconciliations.outstanding(&name, id, 3).await.unwrap();
                let summary = reconciliations.summary(&name, id).await.unwrap();
                let findings = reconciliations.findings(&name, id, None, 3).await.unwrap();
                said.push_str(&format!("{outstanding:?} {summary:?} {findings:?}"));
            }
            for of in 0..3 {
                for operation in [Operation::CreateOrder, Operation::MarkSalesOrder] {
                    let (key, since) = (lane(number, of), at(self.now_s - 30));
                    let windows = self.stores.own_writes.own_writes(&key, operation, since).await.unwrap();
                    said.push_str(&format!("{windows:?}"));
                }
            }
        }
        said
    }
}

/// Does the same with two stores, which say the same after every step.
async fn agree(left: Stores, right: Stores, steps: &[Step]) -> [Subject; 2] {
    let mut left = Subject { stores: left, claims: Vec::new(), now_s: 0 };
    let mut right = Subject { stores: right, claims: Vec::new(), now_s: 0 };
    for (number, step) in steps.iter().enumerate() {
        assert_eq!(left.run(number, step).await, right.run(number, step).await, "{number}: {step:?}");
        assert_eq!(left.overview().await, right.overview().await, "after {number}: {step:?}");
        if number % 8 == 0 || number + 1 == steps.len() {
            assert_eq!(left.reconciled().await, right.reconciled().await, "after {number}: {step:?}");
        }
    }
    for connection in 0..CONNECTIONS.len() {
        for number in 0..3 {
            let key = lane(connection, number);
            let told = left.stores.operations.timeline(&key).await.unwrap();
            assert_eq!(told, right.stores.operations.timeline(&key).await.unwrap(), "{key}");
        }
    }
    [left, right]
}

fn memory() -> Stores {
    let memory = Arc::new(MemoryStore::new());
    Stores::of(memory.clone(), memory)
}

async fn sqlite_agrees(steps: &[Step]) {
    let folder = tempfile::tempdir().unwrap();
    let paths = SqlitePaths::from_stem(folder.path(), "test");
    let inbox = Arc::new(SqliteInbox::open(&paths.inbox, "inbox").await.unwrap());
    let state = Arc::new(SqliteState::open(&paths.state).await.unwrap());
    let [sqlite, memory] = agree(Stores::of(inbox, state), memory(), steps).await;
    for connection in 0..CONNECTIONS.len() {
        for number in 0..3 {
            let key = lane(connection, number);
            let query = AuditQuery {
                connection: key.connection.clone(),
                lane: (number > 0).then(|| key.lane.clone()),
                since: None,
                until: None,
                only_failures: false,
                after: None,
                limit: 1_000,
            };
            let trail = sqlite.stores.operations.audit(&query).await.unwrap();
            assert_eq!(trail, memory.stores.operations.audit(&query).await.unwrap(), "{key}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_work_has_the_same_outcome_in_memory_and_on_sqlite(
        steps in proptest::collection::vec(step(), 1..80)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(sqlite_agrees(&steps));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_work_has_the_same_outcome_in_memory_and_on_postgresql(
        steps in proptest::collection::vec(step(), 1..80)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { agree(postgres::stores().await, memory(), &steps).await });
    }
}
