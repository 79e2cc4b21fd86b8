//! Whole looks at orders that another connector sent.

use std::sync::Arc;

use amz_domain::fulfillment::FulfilledLine;
use amz_domain::{AmazonLine, LineNumber, Package, PackageContent, Quantity};

use super::*;
use crate::cancellation::fixtures::World;
use crate::connection::{Connection, OtherConnector};
use crate::lane::{LaneEnd, work};
use crate::orders::fixtures::settings;
use crate::ports::amazon::MockForeignOrders;
use crate::ports::netsuite::MadeFulfillment;
use crate::reconciliation::fixtures::Books;
use crate::reconciliation::{FindingOutcome, ReconciliationScope};
use crate::settings::ServiceSettings;
use crate::work::{Ask, Claim, LaneKey, Lease};

/// An order of two lines that another connector sent as `322-1`; its first package left and was fulfilled there.
struct Scene {
    world: World,
    books: Books,
    settings: ServiceSettings,
}

impl Scene {
    fn new() -> Self {
        let (world, books) = (World::new(), Books::default());
        let held = |number: u32, item: &str| AmazonLine {
            id: format!("L-{number}").as_str().into(),
            alias: None,
            names: Vec::new(),
            sku: Some(format!("SKU-{item}").as_str().into()),
            quantity: Quantity(1),
        };
        let package = |number: u32, state: &str| Package {
            id: format!("P-{number}").as_str().into(),
            state: state.into(),
            reason: None,
            contents: vec![PackageContent {
                line: format!("L-{number}").as_str().into(),
                quantity: Quantity(1),
            }],
            tracker: None,
        };
        world.state().amazon.push(AmazonOrder {
            id: "322-1".into(),
            alias: None,
            links: Vec::new(),
            execution: Some(amz_domain::ExecutionState::Started),
            recipient: None,
            lines: vec![held(1, "A"), held(2, "B")],
            packages: vec![package(1, "IN_TRANSIT"), package(2, "PENDING")],
            cancellations: Vec::new(),
            returns: Vec::new(),
            refunds: Vec::new(),
        });
        world.edit(|order| order.lines[0].quantity_fulfilled = rust_decimal::Decimal::ONE);
        let one = FulfilledLine { order_line: LineNumber(1), quantity: Quantity(1) };
        let mut state = books.state();
        state.others.insert("42".into(), vec!["322-1".into()]);
        state.fulfillments = vec![MadeFulfillment {
            id: "900".into(),
            external_id: None,
            tracking_numbers: Vec::new(),
            lines: vec![one],
        }];
        drop(state);
        Self { world, books, settings: settings() }
    }

    fn connection(&self) -> Connection {
        Connection { reconciliation: Some(self.books.part(20)), ..self.world.connection(&self.settings) }
    }

    async fn look_with(&self, connection: &Connection, asks: &[Ask]) {
        let key = LaneKey { connection: "main".into(), lane: Lane::SalesOrder("42".into()) };
        let lease = Lease { key, owner: "test".into(), fence: 1 };
        let claim = Claim { lease, asks: asks.to_vec(), notices: Vec::new(), through: 1, attempts: 0 };
        match work(connection, &claim, 0).await.unwrap() {
            LaneEnd::Complete { .. } => {}
            other => panic!("unexpected end {other:?}"),
        }
    }

    async fn look(&self, asks: &[Ask]) {
        self.look_with(&self.connection(), asks).await;
    }

    async fn adopt(&self, only_plans: bool) -> (FindingOutcome, Vec<String>) {
        self.books.ask("o1", ReconciliationScope::SentByOthers, only_plans, "42");
        self.look(&[Ask::Reconcile("o1".into())]).await;
        let finding = self.books.finding("o1", "42").unwrap();
        (finding.outcome, finding.causes)
    }

    /// Orders at Amazon, and item fulfilments that we made.
    fn written(&self) -> (usize, usize) {
        let state = self.world.state();
        (state.amazon.len(), state.fulfillments.len())
    }
}

#[tokio::test]
async fn an_order_of_another_connector_is_linked_and_nothing_is_sent() {
    let scene = Scene::new();
    let (outcome, causes) = scene.adopt(false).await;
    assert_eq!(outcome, FindingOutcome::Adopted, "{causes:?}");
    assert_eq!(causes, ["noted order 322-1, package P-1"]);
    assert!(scene.world.state().kept.intents.is_empty(), "nothing was sent to either side");
    assert_eq!(scene.books.finding("o1", "42").unwrap().amazon_order, Some("322-1".into()));
    assert!(scene.books.state().open.contains(&"42".into()));
    assert_eq!(scene.adopt(false).await.0, FindingOutcome::Unchanged, "a second run repairs nothing");
}

#[tokio::test]
async fn a_shipment_after_adoption_makes_one_fulfilment_and_doubles_none() {
    let scene = Scene::new();
    scene.adopt(false).await;
    scene.world.decide(&[(1, "IN_TRANSIT")], None);
    for _ in 0..2 {
        scene.look(&[Ask::AmazonOrder]).await;
        assert_eq!(scene.written(), (1, 1));
    }
    let state = scene.world.state();
    assert_eq!(state.fulfillments[0].package, "P-2".into());
    assert!(state.kept.parked.is_empty(), "{:?}", state.kept.parked);
}

#[tokio::test]
async fn what_can_be_read_in_two_ways_is_not_linked_and_never_sent() {
    let scene = Scene::new();
    scene.world.state().amazon[0].lines[1].sku = Some("SKU-X".into());
    let cause = "Amazon's line L-2 (1 units of SKU-X) is no line of the sales order";
    assert_eq!(scene.adopt(false).await, (FindingOutcome::Undecided, vec![cause.to_owned()]));
    assert_eq!(scene.world.parked(), [("adoption".to_owned(), "adoption_undecided".to_owned())]);
    assert!(scene.world.state().kept.links.is_empty());
    scene.world.edit(|order| order.lines[0].quantity_fulfilled = rust_decimal::Decimal::ZERO);
    for asks in [vec![Ask::SalesOrder], vec![Ask::SalesOrder, Ask::AmazonOrder]] {
        scene.look(&asks).await;
        assert_eq!(scene.written(), (1, 0));
    }
    let mut forgetful = scene.connection();
    forgetful.reconciliation.as_mut().unwrap().others = None;
    scene.look_with(&forgetful, &[Ask::SalesOrder]).await;
    forgetful.reconciliation = None;
    scene.look_with(&forgetful, &[Ask::SalesOrder]).await;
    assert_eq!(scene.written(), (1, 0), "held although nobody reads the field any more");
    assert_eq!(scene.world.parked().len(), 1);

    scene.books.state().others.clear();
    scene.look(&[Ask::SalesOrder]).await;
    assert_eq!(scene.written(), (2, 0), "staff emptied the field: it is ours to send");
    assert!(scene.world.parked().is_empty());
}

#[tokio::test]
async fn an_order_of_another_connector_is_not_sent_before_it_is_adopted_either() {
    let scene = Scene::new();
    scene.world.edit(|order| order.lines[0].quantity_fulfilled = rust_decimal::Decimal::ZERO);
    scene.look(&[Ask::SalesOrder]).await;
    assert_eq!(scene.written(), (1, 0));
    assert_eq!(scene.books.state().asked_for_others, 1, "one query per creation");
    scene.books.ask("o2", ReconciliationScope::Orders(vec!["42".into()]), false, "42");
    scene.look(&[Ask::Reconcile("o2".into())]).await;
    let finding = scene.books.finding("o2", "42").unwrap();
    assert_eq!(finding.outcome, FindingOutcome::OutOfScope);
    assert!(finding.causes[0].contains("as 322-1: amz adopt"), "{:?}", finding.causes);
    scene.books.state().others.clear();
    scene.look(&[Ask::SalesOrder]).await;
    assert_eq!(scene.written(), (2, 0), "it was its field alone that kept it back");
}

#[tokio::test]
async fn a_plan_says_what_would_be_linked_or_could_not_be_and_writes_nothing() {
    let scene = Scene::new();
    let (outcome, causes) = scene.adopt(true).await;
    assert_eq!(outcome, FindingOutcome::ToRepair);
    assert_eq!(causes, ["would note order 322-1, package P-1"]);
    scene.world.state().amazon[0].lines[1].quantity = Quantity(3);
    assert_eq!(scene.adopt(true).await.0, FindingOutcome::Undecided);
    assert!(scene.world.parked().is_empty());
    assert!(scene.world.state().kept.links.is_empty());
    assert!(scene.books.state().open.is_empty());
}

#[tokio::test]
async fn orders_created_in_a_range_are_adopted_or_looked_at_and_never_sent_when_older_than_go_live() {
    let range = || ReconciliationScope::Created {
        from: "2026-03-01T00:00:00Z".parse().unwrap(),
        until: "2026-03-02T00:00:00Z".parse().unwrap(),
    };
    let mut scene = Scene::new();
    scene.books.ask("o1", range(), false, "42");
    scene.look(&[Ask::Reconcile("o1".into())]).await;
    assert_eq!(scene.books.finding("o1", "42").unwrap().outcome, FindingOutcome::Adopted);

    for (go_live, sent, outcome) in [
        (Some("2026-03-01T11:00:00Z"), 0, FindingOutcome::OutOfScope),
        (Some("2026-03-01T09:00:00Z"), 1, FindingOutcome::Repaired),
    ] {
        scene = Scene { world: World::new(), books: Books::default(), settings: settings() };
        scene.settings.go_live = go_live.map(|instant| instant.parse().unwrap());
        scene.books.ask("o1", range(), false, "42");
        scene.look(&[Ask::Reconcile("o1".into())]).await;
        assert_eq!(scene.written().0, sent);
        let finding = scene.books.finding("o1", "42").unwrap();
        assert_eq!(finding.outcome, outcome, "{:?}", finding.causes);
    }
}

#[tokio::test]
async fn an_order_may_be_known_at_amazon_by_an_alias_of_the_other_connector() {
    let scene = Scene::new();
    scene.books.state().others.insert("42".into(), vec!["OTHER-7".into()]);
    let amazon = scene.world.state().amazon[0].clone();
    let mut foreign = MockForeignOrders::new();
    foreign
        .expect_find_named()
        .withf(|alias_type, alias| alias_type == "SHOP" && alias == "OTHER-7")
        .times(1)
        .returning(move |_, _| Ok(Some(amazon.clone())));
    let mut connection = scene.connection();
    connection.reconciliation.as_mut().unwrap().others =
        Some(OtherConnector { orders: Arc::new(foreign), alias_type: Some("SHOP".into()) });
    scene.books.ask("o1", ReconciliationScope::SentByOthers, false, "42");
    scene.look_with(&connection, &[Ask::Reconcile("o1".into())]).await;
    assert_eq!(scene.books.finding("o1", "42").unwrap().outcome, FindingOutcome::Adopted);
}

#[tokio::test]
async fn while_our_own_sending_is_not_settled_nothing_is_linked() {
    let scene = Scene::new();
    let key = crate::intent::IntentKey("createOrder/order 1234567:42".to_owned());
    let unclear = crate::intent::Intent {
        key: key.clone(),
        operation: Operation::CreateOrder,
        subject: "order 1234567:42".to_owned(),
        state: crate::intent::IntentState::Unclear,
        sends: 1,
        lookups: 0,
        planned_at: scene.connection().now(),
        sent_at: Some(scene.connection().now()),
        result: None,
    };
    scene.world.state().kept.intents.insert(key, unclear);
    let (outcome, causes) = scene.adopt(false).await;
    assert_ne!(outcome, FindingOutcome::Adopted, "{causes:?}");
    assert!(scene.world.state().kept.links.is_empty(), "a link would hide what became of our own order");
}

#[tokio::test]
async fn an_order_that_is_another_sales_orders_by_its_alias_is_not_linked() {
    let scene = Scene::new();
    scene.world.state().amazon[0].alias = Some("1234567:77".into());
    let (outcome, causes) = scene.adopt(false).await;
    assert_eq!(outcome, FindingOutcome::Undecided, "{causes:?}");
    assert!(causes.iter().any(|cause| cause.contains("is sales order 77 by its alias")), "{causes:?}");
    assert!(scene.world.state().kept.links.is_empty());
}
