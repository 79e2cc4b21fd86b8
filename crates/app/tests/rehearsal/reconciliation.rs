//! What stages know of reconciliations, and reconciliations that people ask for.

use std::collections::BTreeMap;
use std::time::Duration;

use amz_domain::ReconciliationId;
use amz_services::ports::Reconciliations;
use amz_services::reconciliation::{
    Finding, Reconciliation, ReconciliationBeginner, ReconciliationPhase, ReconciliationRequest,
    ReconciliationScope,
};

use crate::orders::{order, order_of, pending, text, units};
use crate::stage::{CONNECTION, Stage};

impl Stage {
    /// Asks for the reconciliation that is due by the schedule, if one is.
    pub(crate) async fn follow_reconciliations(&self) {
        self.sync().reconciliations()[0].pass(self.now()).await.unwrap();
    }

    /// Asks for a reconciliation, as `amz reconcile` does, and comes to rest. Returns what came of it.
    pub(crate) async fn reconcile(&self, id: &str, scope: ReconciliationScope, plan_only: bool) -> Found {
        self.ask_to_reconcile(id, scope, plan_only).await;
        self.settle_notices().await;
        self.found(id).await
    }

    /// Asks for a reconciliation.
    pub(crate) async fn ask_to_reconcile(&self, id: &str, scope: ReconciliationScope, plan_only: bool) {
        let (by, id) = (ReconciliationBeginner::Operator, id.into());
        let request = ReconciliationRequest { id, by, plan_only, scope };
        amz_app::operator::reconcile(&self.settings.store, &CONNECTION.into(), request, self.now())
            .await
            .unwrap();
    }

    /// Reconciliations, newest first.
    pub(crate) async fn reconciliations(&self) -> Vec<Reconciliation> {
        self.sync().state.latest(&CONNECTION.into(), 100).await.unwrap()
    }

    /// What came of a reconciliation that is ended.
    pub(crate) async fn found(&self, id: &str) -> Found {
        let (state, name, id) = (&self.sync().state, CONNECTION.into(), ReconciliationId::from(id));
        let run = Reconciliations::run(state.as_ref(), &name, &id).await.unwrap().expect("it is known");
        assert_eq!(run.phase, ReconciliationPhase::Done, "{run:?}");
        let summary = state.summary(&name, &id).await.unwrap();
        assert_eq!(summary.outstanding, 0);
        let findings = state.findings(&name, &id, None, 1000).await.unwrap();
        assert_eq!(run.asked, u64::try_from(findings.len()).unwrap());
        let outcomes = summary.outcomes.into_iter();
        let outcomes = outcomes.map(|(outcome, count)| (outcome.as_str(), count)).collect();
        Found { run, outcomes, findings }
    }

    /// Lets something happen at Amazon of which no event ever comes.
    pub(crate) async fn unheard(&self, what: impl FnOnce(&amz_sandbox::amazon::Amazon)) {
        self.amazon().events_settled().await;
        self.amazon().hold_events();
        what(self.amazon());
        assert!(!self.amazon().take_pending_events().is_empty(), "nothing happened");
        self.amazon().release_events();
    }

    /// An order that left in one package; returns the sales order, Amazon's order and the package.
    pub(crate) async fn shipped(&self, number: &str) -> (u64, String, String) {
        let id = self.enter_one(order(number));
        self.settle().await;
        let amazon = self.amazon_order(id);
        let package = pending(&amazon).id.clone();
        self.amazon().ship(&amazon.id, &package, "ups", &format!("1Z{number}")).unwrap();
        self.settle().await;
        (id, amazon.id, package)
    }
}

/// What came of a reconciliation.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) run: Reconciliation,
    pub(crate) outcomes: BTreeMap<&'static str, u64>,
    pub(crate) findings: Vec<Finding>,
}

pub(crate) fn open() -> ReconciliationScope {
    ReconciliationScope::Open { since: None }
}

#[tokio::test]
async fn a_plan_names_what_is_off_and_writes_nothing_anywhere() {
    let stage = Stage::new().await;
    let (id, amazon, package) = stage.shipped("SO-1").await;
    stage.unheard(|held| held.deliver(&amazon, &package).unwrap()).await;
    let before = (stage.sales_order(id), stage.fulfillments(id));
    let plan = stage.reconcile("o1", open(), true).await;
    assert_eq!(plan.outcomes, [("to_repair", 1)].into());
    let cause = format!("would markFulfillment package {package}");
    assert_eq!(plan.findings[0].causes, [cause]);
    assert_eq!((stage.sales_order(id), stage.fulfillments(id)), before);
    assert_eq!(stage.reconcile("o2", open(), false).await.outcomes, [("repaired", 1)].into());
    assert_eq!(text(&stage.fulfillments(id)[0], "custbody_amz_delivery_state"), "DELIVERED");
}

#[tokio::test]
async fn one_order_is_brought_in_step_now_and_an_order_that_nobody_knows_is_named() {
    let stage = Stage::new().await;
    let id = stage.enter_one(order("SO-1"));
    let named = |id: u64| ReconciliationScope::Orders(vec![id.to_string().as_str().into()]);
    let fetched = stage.reconcile("o1", named(id), false).await;
    assert_eq!(fetched.outcomes, [("repaired", 1)].into());
    assert_eq!(fetched.findings[0].amazon_order, Some(stage.amazon_order(id).id.as_str().into()));
    assert_eq!(stage.reconcile("o2", named(id + 1), false).await.outcomes, [("out_of_scope", 1)].into());
}

#[tokio::test]
async fn sales_orders_that_no_feed_brought_are_found_by_the_window() {
    let stage = Stage::new().await;
    let id = stage.enter_one(order("SO-1"));
    stage.advance(Duration::from_secs(3600));
    assert_eq!(stage.reconcile("o1", open(), false).await.outcomes, [("repaired", 1)].into());
    assert_eq!(stage.amazon_orders(id), 1);
}

#[tokio::test]
async fn its_cost_does_not_grow_with_orders_that_are_done() {
    let stage = Stage::new().await;
    for number in 1..=3 {
        let (_, amazon, package) = stage.shipped(&format!("SO-{number}")).await;
        stage.amazon().deliver(&amazon, &package).unwrap();
    }
    stage.settle().await;
    let (under_way, _, _) = stage.shipped("SO-4").await;
    stage.advance(Duration::from_secs(3600));
    stage.reconcile("o1", open(), false).await;
    stage.advance(Duration::from_secs(26 * 3600));
    let mark = stage.mark();
    let found = stage.reconcile("o2", open(), false).await;
    assert_eq!(found.outcomes, [("unchanged", 1)].into());
    assert_eq!(found.findings[0].lane.to_string(), format!("order/{under_way}"));
    let calls = stage.calls_since(mark);
    assert!(calls.iter().all(|call| call == "suiteql" || !call.starts_with("query")), "{calls:?}");
    assert!(calls.len() <= 5, "{calls:?}");
}

#[tokio::test]
async fn backfill_sends_what_was_never_seen_and_nothing_from_before_go_live() {
    let stage = Stage::with(&[("POLICY__GO_LIVE", "2026-03-02T18:00:00Z")]).await;
    let old = stage.enter_one(order("SO-OLD"));
    stage.advance(Duration::from_secs(2 * 3600));
    let new = stage.enter_one(order_of("SO-NEW", &[(101, 1, "5.00")]));
    let scope = || ReconciliationScope::Created {
        from: "2026-03-02T16:00:00Z".parse().unwrap(),
        until: "2026-03-03T00:00:00Z".parse().unwrap(),
    };
    let found = stage.reconcile("o1", scope(), false).await;
    assert_eq!(found.outcomes, [("repaired", 1), ("out_of_scope", 1)].into());
    assert_eq!((stage.amazon_orders(old), stage.amazon_orders(new)), (0, 1));
    let again = stage.reconcile("o2", scope(), false).await;
    assert_eq!(again.outcomes, [("unchanged", 1), ("out_of_scope", 1)].into());
}

#[tokio::test]
async fn what_needs_a_person_is_reported_and_the_rest_is_repaired() {
    let stage = Stage::new().await;
    let (id, amazon, package) = stage.shipped("SO-1").await;
    let mut bad = order("SO-2");
    bad["shippingAddress"]["city"] = serde_json::Value::Null;
    let parked = stage.enter_one(bad);
    stage.unheard(|held| held.deliver(&amazon, &package).unwrap()).await;
    let found = stage.reconcile("o1", open(), false).await;
    assert_eq!(found.outcomes, [("repaired", 1), ("parked", 1)].into());
    assert_eq!(stage.parked_codes(parked).await, ["address_incomplete"]);
    let cause = &found.findings.iter().find(|found| found.outcome.as_str() == "parked").unwrap().causes[0];
    assert!(cause.contains("address_incomplete"), "{cause}");
    assert_eq!(text(&stage.fulfillments(id)[0], "custbody_amz_delivery_state"), "DELIVERED");
}

#[tokio::test]
async fn a_part_that_left_unheard_gets_its_fulfilment_and_many_orders_go_a_few_at_a_time() {
    let stage = Stage::with(&[("SYNC__RECONCILE_AT_ONCE", "2")]).await;
    let orders: Vec<u64> = (1..=5)
        .map(|number| stage.enter_one(order_of(&format!("SO-{number}"), &[(101, 2, "5.00")])))
        .collect();
    stage.settle().await;
    let amazon = stage.amazon_order(orders[0]);
    let parts = vec![vec![units(&amazon, 0, 1)], vec![units(&amazon, 0, 1)]];
    stage
        .unheard(|held| {
            let packages = held.split(&amazon.id, &pending(&amazon).id, parts).unwrap();
            held.ship(&amazon.id, &packages[0], "ups", "1Z-FIRST").unwrap();
        })
        .await;
    let found = stage.reconcile("o1", open(), false).await;
    assert_eq!(found.outcomes, [("repaired", 1), ("unchanged", 4)].into());
    assert_eq!(stage.fulfillments(orders[0]).len(), 1);
}
