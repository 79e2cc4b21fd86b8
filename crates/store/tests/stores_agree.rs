//! Random work on lanes has the same outcome in memory and on SQLite.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::intent::IntentChange;
use amz_services::work::{Ask, Claim, LaneKey};
use amz_store::conformance::Stores;
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
}

const CONNECTIONS: [&str; 3] = ["alpha", "beta", "gamma"];

fn step() -> impl Strategy<Value = Step> {
    let claim = 0..8_usize;
    prop_oneof![
        5 => (0..3_usize, 0..3_u8, 0..4_u8, -5..60_i64)
            .prop_map(|(connection, lane, ask, due_s)| Step::Mark { connection, lane, ask, due_s }),
        5 => (0..20_i64, 0..4_u32).prop_map(|(after_s, limit)| Step::Claim { after_s, limit }),
        1 => claim.clone().prop_map(|claim| Step::Renew { claim }),
        3 => (claim.clone(), proptest::option::of(0..3_u8))
            .prop_map(|(claim, redirect_to)| Step::Complete { claim, redirect_to }),
        3 => (claim.clone(), 0..40_i64, any::<bool>())
            .prop_map(|(claim, wait_s, failed)| Step::Postpone { claim, wait_s, failed }),
        1 => claim.clone().prop_map(|claim| Step::Release { claim }),
        1 => (0..3_usize, 0..30_i64, 0..2_u8)
            .prop_map(|(connection, for_s, code)| Step::Pause { connection, for_s, code }),
        1 => (0..3_usize).prop_map(|connection| Step::Resume { connection }),
        2 => (claim.clone(), 0..2_u8, 0..7_u8)
            .prop_map(|(claim, number, change)| Step::Intent { claim, number, change }),
        1 => (claim.clone(), 0..2_u8).prop_map(|(claim, code)| Step::Park { claim, code }),
        1 => claim.clone().prop_map(|claim| Step::Unpark { claim }),
        2 => (claim.clone(), 0..2_u8, 0..20_i64).prop_map(|(claim, sku, ago_s)| Step::Keep { claim, sku, ago_s }),
        2 => (claim, 0..2_u8, 0..20_i64).prop_map(|(claim, sku, ago_s)| Step::NoteAbsent { claim, sku, ago_s }),
    ]
}

fn lane(connection: usize, lane: u8) -> LaneKey {
    order_of(CONNECTIONS[connection], &lane.to_string())
}

fn ask(number: u8) -> Ask {
    match number {
        0 => Ask::SalesOrder,
        1 => Ask::AmazonOrder,
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
                    let said = format!("{claims:?}");
                    self.claims.extend(claims);
                    said
                })
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
            | Step::NoteAbsent { claim, .. } => match self.claim(*claim) {
                Some(claim) => self.run_claimed(claim, step).await,
                None => Ok("no such claim".to_owned()),
            },
        };
        said.unwrap_or_else(|error| format!("refused: {error}"))
    }

    async fn run_claimed(&self, claim: &Claim, step: &Step) -> Result<String, StoreError> {
        let (lease, now) = (&claim.lease, at(self.now_s));
        let Stores { lanes, ledger, stock, .. } = &self.stores;
        match step {
            Step::Renew { .. } => {
                lanes.renew(lease, now + chrono::Duration::seconds(9)).await.map(|()| String::new())
            }
            Step::Complete { redirect_to, .. } => {
                let redirect = redirect_to
                    .map(|to| request(lane(0, to), Ask::AmazonOrder, self.now_s))
                    .into_iter()
                    .collect();
                lanes.complete(claim, &look(claim), redirect).await.map(|()| String::new())
            }
            Step::Postpone { wait_s, failed, .. } => {
                let until = at(self.now_s + wait_s);
                lanes.postpone(claim, &look(claim), until, *failed).await.map(|()| String::new())
            }
            Step::Release { .. } => lanes.release(lease).await.map(|()| String::new()),
            Step::Intent { number, change, .. } => {
                let intent = create_order(&format!("{}-{number}", lease.key.lane));
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
            Step::Mark { .. } | Step::Claim { .. } | Step::Pause { .. } | Step::Resume { .. } => {
                Ok(String::new())
            }
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
}

async fn agree(steps: &[Step]) {
    let folder = tempfile::tempdir().unwrap();
    let paths = SqlitePaths::from_stem(folder.path(), "test");
    let inbox = Arc::new(SqliteInbox::open(&paths.inbox, "inbox").await.unwrap());
    let state = Arc::new(SqliteState::open(&paths.state).await.unwrap());
    let memory = Arc::new(MemoryStore::new());
    let mut sqlite = Subject { stores: Stores::of(inbox, state), claims: Vec::new(), now_s: 0 };
    let mut memory = Subject { stores: Stores::of(memory.clone(), memory), claims: Vec::new(), now_s: 0 };
    for (number, step) in steps.iter().enumerate() {
        assert_eq!(sqlite.run(number, step).await, memory.run(number, step).await, "{number}: {step:?}");
        assert_eq!(sqlite.overview().await, memory.overview().await, "after {number}: {step:?}");
    }
    for connection in 0..CONNECTIONS.len() {
        for number in 0..3 {
            let key = lane(connection, number);
            let told = sqlite.stores.operations.timeline(&key).await.unwrap();
            assert_eq!(told, memory.stores.operations.timeline(&key).await.unwrap(), "{key}");
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
        runtime.block_on(agree(&steps));
    }
}
