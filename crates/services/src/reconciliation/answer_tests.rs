//! Whole looks at orders for reconciliations.

use std::time::Duration;

use amz_domain::{PackageTracker, TrackerKey};

use super::*;
use crate::cancellation::fixtures::World;
use crate::failure::{Failure, PortError};
use crate::orders::fixtures::settings;
use crate::ports::amazon::{MockAmazonOrders, MockPackageTrackers};
use crate::reconciliation::fixtures::Books;
use crate::settings::ServiceSettings;
use crate::work::{LaneKey, Lease};

struct Scene {
    world: World,
    books: Books,
    settings: ServiceSettings,
}

impl Scene {
    fn new() -> Self {
        Self { world: World::new(), books: Books::default(), settings: settings() }
    }

    /// An order that Amazon has, both packages under way and fulfilled.
    async fn under_way() -> Self {
        let scene = Self::new();
        scene.look(&[Ask::SalesOrder], 0).await;
        scene.world.decide(&[(0, "IN_TRANSIT"), (1, "IN_TRANSIT")], None);
        for (index, package) in scene.world.state().amazon[0].packages.iter_mut().enumerate() {
            let number = format!("1Z{index}");
            package.tracker = Some(TrackerKey { carrier: "ups".into(), number: number.as_str().into() });
        }
        scene.look(&[Ask::AmazonOrder], 0).await;
        assert_eq!(scene.world.state().fulfillments.len(), 2);
        scene
    }

    fn connection(&self) -> Connection {
        Connection { reconciliation: Some(self.books.part(20)), ..self.world.connection(&self.settings) }
    }

    async fn look(&self, asks: &[Ask], attempts: u32) -> LaneEnd {
        self.look_with(&self.connection(), asks, attempts).await
    }

    async fn look_with(&self, connection: &Connection, asks: &[Ask], attempts: u32) -> LaneEnd {
        let key = LaneKey { connection: "main".into(), lane: Lane::SalesOrder("42".into()) };
        let lease = Lease { key, owner: "test".into(), fence: 1 };
        let claim = Claim { lease, asks: asks.to_vec(), notices: Vec::new(), through: 1, attempts };
        crate::lane::work(connection, &claim, 0).await.unwrap()
    }

    fn ask(&self, id: &str, only_plans: bool) -> Ask {
        self.books.ask(id, ReconciliationScope::Open { since: None }, only_plans, "42");
        Ask::Reconcile(id.into())
    }

    fn outcome(&self, id: &str) -> FindingOutcome {
        self.books.finding(id, "42").unwrap().outcome
    }

    fn is_open(&self) -> bool {
        self.books.state().open.contains(&"42".into())
    }

    /// Everything that a plan must leave alone.
    fn snapshot(&self) -> String {
        let state = self.world.state();
        let mut intents: Vec<_> = state.kept.intents.values().map(|intent| format!("{intent:?}")).collect();
        intents.sort();
        format!(
            "{:?} {:?} {:?} {intents:?} {:?}",
            state.order, state.kept.links, state.kept.parked, state.amazon
        )
    }
}

#[tokio::test]
async fn f05_what_no_event_told_is_repaired_once_and_the_order_is_closed() {
    let scene = Scene::under_way().await;
    assert!(scene.is_open());
    scene.world.decide(&[(0, "DELIVERED"), (1, "DELIVERED")], None);
    let ask = scene.ask("s1", false);
    scene.look(&[ask], 0).await;
    let finding = scene.books.finding("s1", "42").unwrap();
    assert_eq!(finding.outcome, FindingOutcome::Repaired);
    assert_eq!(finding.causes.len(), 2, "{:?}", finding.causes);
    assert!(finding.causes[0].starts_with("markFulfillment package P-"), "{:?}", finding.causes);
    assert_eq!(finding.amazon_order, Some("A-1".into()));
    assert!(!scene.is_open(), "cost does not grow with history");
    let ask = scene.ask("s2", false);
    scene.look(&[ask], 0).await;
    assert_eq!(scene.outcome("s2"), FindingOutcome::Unchanged);
}

#[tokio::test]
async fn the_trackers_of_packages_under_way_are_read_although_amazons_order_has_no_news() {
    let scene = Scene::under_way().await;
    let mut trackers = MockPackageTrackers::new();
    trackers.expect_read().times(2).returning(|key| {
        Ok(Some(PackageTracker { key: key.clone(), tracking_url: None, milestones: Vec::new() }))
    });
    let connection = Connection { package_trackers: std::sync::Arc::new(trackers), ..scene.connection() };
    let ask = scene.ask("s1", false);
    scene.look_with(&connection, &[ask], 0).await;
    assert_eq!(scene.outcome("s1"), FindingOutcome::Unchanged);
}

#[tokio::test]
async fn a_plan_says_what_it_would_do_first_and_writes_nothing() {
    let never_sent = Scene::new();
    let shipped = Scene::under_way().await;
    shipped.world.decide(&[(0, "DELIVERED")], None);
    let cancelled = Scene::under_way().await;
    cancelled.world.state().amazon[0].packages[0].state = "CANCELLED".into();
    cancelled.world.state().kept.links.retain(|link| !matches!(link, Link::Package(_) | Link::Tracker(_)));
    let wished = Scene::under_way().await;
    wished.world.edit(|order| order.marks.cancel_state = Some(amz_domain::CancelState::Requested));
    for (scene, cause) in [
        (never_sent, "would createOrder order 1234567:42"),
        (shipped, "would markFulfillment package P-A-1/42:901"),
        (cancelled, "would note tracker ups/1Z1"),
        (wished, "would markSalesOrder order 42"),
    ] {
        let (before, was_open) = (scene.snapshot(), scene.is_open());
        let ask = scene.ask("o1", true);
        let end = scene.look(&[ask], 0).await;
        assert!(matches!(&end, LaneEnd::Complete { redirect, .. } if redirect.is_empty()), "{end:?}");
        let finding = scene.books.finding("o1", "42").unwrap();
        assert_eq!((finding.outcome, finding.causes), (FindingOutcome::ToRepair, vec![cause.to_owned()]));
        assert_eq!(scene.snapshot(), before);
        assert_eq!(scene.is_open(), was_open);
    }
}

#[tokio::test]
async fn a_plan_names_what_would_be_parked_and_parks_nothing() {
    let scene = Scene::new();
    scene.world.edit(|order| order.ship_to.city = None);
    let ask = scene.ask("o1", true);
    scene.look(&[ask], 0).await;
    let finding = scene.books.finding("o1", "42").unwrap();
    assert_eq!(finding.outcome, FindingOutcome::Parked);
    assert!(finding.causes[0].contains("address_incomplete"), "{:?}", finding.causes);
    assert!(scene.world.parked().is_empty());
    let ask = scene.ask("o2", false);
    scene.look(&[ask], 0).await;
    assert_eq!(scene.outcome("o2"), FindingOutcome::Parked);
    assert_eq!(scene.world.parked().len(), 1);
    assert!(!scene.is_open(), "Amazon never got it");
}

#[tokio::test]
async fn beside_a_real_ask_a_plan_is_answered_by_what_was_really_done() {
    let scene = Scene::under_way().await;
    scene.world.decide(&[(0, "DELIVERED")], None);
    let (plan, real) = (scene.ask("o1", true), scene.ask("o2", false));
    scene.look(&[plan, real], 0).await;
    assert_eq!(
        (scene.outcome("o1"), scene.outcome("o2")),
        (FindingOutcome::Repaired, FindingOutcome::Repaired)
    );
    scene.world.decide(&[(1, "DELIVERED")], None);
    let plan = scene.ask("o3", true);
    scene.look(&[plan, Ask::AmazonOrder], 0).await;
    assert_eq!(scene.outcome("o3"), FindingOutcome::Repaired);
}

#[tokio::test]
async fn an_order_that_waits_answers_at_once_and_is_looked_at_again_by_itself() {
    let mut scene = Scene::new();
    scene.settings.hold = Duration::from_secs(3 * 3600);
    let ask = scene.ask("s1", false);
    let end = scene.look(&[ask, Ask::SalesOrder], 0).await;
    let LaneEnd::Complete { redirect, .. } = end else { panic!("{end:?}") };
    let asks: Vec<_> = redirect.iter().map(|request| request.ask.clone()).collect();
    assert_eq!(asks, [Ask::SalesOrder, Ask::AmazonOrder], "the reconciliation has its answer");
    assert!(
        redirect
            .iter()
            .all(|request| request.due_at == "2026-03-01T13:00:00Z".parse::<DateTime<Utc>>().unwrap())
    );
    let finding = scene.books.finding("s1", "42").unwrap();
    assert_eq!(finding.outcome, FindingOutcome::Waiting);
    assert!(finding.causes.iter().any(|cause| cause.contains("on hold")), "{:?}", finding.causes);
    let plan = scene.ask("o1", true);
    let end = scene.look(&[plan], 0).await;
    assert!(matches!(&end, LaneEnd::Complete { redirect, .. } if redirect.is_empty()), "{end:?}");
    assert_eq!(scene.outcome("o1"), FindingOutcome::Waiting);
}

#[tokio::test]
async fn an_ask_that_was_answered_before_costs_no_call_and_takes_no_answer_back() {
    let scene = Scene::under_way().await;
    scene.world.decide(&[(0, "DELIVERED")], None);
    let ask = scene.ask("s1", false);
    scene.look(std::slice::from_ref(&ask), 0).await;
    let deaf = Connection {
        amazon_orders: std::sync::Arc::new(MockAmazonOrders::new()),
        sales_orders: std::sync::Arc::new(crate::ports::netsuite::MockSalesOrders::new()),
        ..scene.connection()
    };
    scene.look_with(&deaf, std::slice::from_ref(&ask), 0).await;
    scene.look(&[ask, Ask::AmazonOrder], 0).await;
    assert_eq!(scene.outcome("s1"), FindingOutcome::Repaired);
}

#[tokio::test]
async fn an_order_whose_looks_keep_failing_does_not_keep_a_reconciliation_open() {
    let scene = Scene::under_way().await;
    let mut orders = MockAmazonOrders::new();
    orders
        .expect_read()
        .returning(|_| Err(PortError::new("order", Failure::Unavailable, "INTERNAL", "out of order")));
    let connection = Connection { amazon_orders: std::sync::Arc::new(orders), ..scene.connection() };
    let ask = scene.ask("s1", false);
    for attempts in 0..PATIENCE {
        let end = scene.look_with(&connection, std::slice::from_ref(&ask), attempts).await;
        assert!(matches!(end, LaneEnd::Postpone { failed: true, .. }), "{end:?}");
        assert_eq!(scene.books.finding("s1", "42"), None);
    }
    scene.look_with(&connection, std::slice::from_ref(&ask), PATIENCE).await;
    assert_eq!(scene.outcome("s1"), FindingOutcome::Waiting);
    scene.look_with(&connection, &[ask], scene.settings.retry_limit - 1).await;
    assert_eq!(scene.outcome("s1"), FindingOutcome::Parked);
    assert!(scene.is_open());
}

#[tokio::test]
async fn orders_are_open_from_their_sending_to_their_end_whoever_asks() {
    let scene = Scene::new();
    assert!(!scene.is_open());
    scene.look(&[Ask::SalesOrder], 0).await;
    assert!(scene.is_open());
    scene.world.decide(&[(0, "DELIVERED"), (1, "DELIVERED")], None);
    scene.look(&[Ask::AmazonOrder], 0).await;
    assert!(!scene.is_open());
}

#[test]
fn only_the_desk_writes_to_the_ledger() {
    let mut writers = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text: String =
                std::fs::read_to_string(&path).unwrap().split_whitespace().collect::<Vec<_>>().concat();
            let writes = ["write_links", "park", "unpark", "plan", "change"];
            if writes.iter().any(|write| text.contains(&format!("ledger.{write}("))) {
                writers.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    writers.sort();
    assert_eq!(
        writers,
        ["desk.rs", "knowledge.rs", "lane.rs"],
        "a look that plans is stopped by the desk alone"
    );
}
