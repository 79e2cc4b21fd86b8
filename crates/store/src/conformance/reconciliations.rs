//! Reconciliations and open orders.

use amz_domain::{ReconciliationId, SalesOrderId};
use amz_services::reconciliation::{
    Finding, FindingOutcome, Reconciliation, ReconciliationBeginner, ReconciliationPhase,
    ReconciliationRequest, ReconciliationScope,
};
use amz_services::work::{Ask, Lane, LaneKey, Lease};
use chrono::{DateTime, Utc};

use super::Stores;
use super::samples::{at, claim_all, claim_one, is_lost, look, mark, order_of, request, shop};

/// A reconciliation of open orders that began at a second.
pub fn run(id: &str, started_s: i64) -> Reconciliation {
    Reconciliation {
        request: ReconciliationRequest {
            id: id.into(),
            by: ReconciliationBeginner::Operator,
            plan_only: false,
            scope: ReconciliationScope::Open { since: None },
        },
        started_at: at(started_s),
        since: Some(at(started_s - 600)),
        phase: ReconciliationPhase::Open,
        open_through: None,
        named_through: None,
        asked: 0,
        ended_at: None,
    }
}

fn ended(run: Reconciliation) -> Reconciliation {
    let ended_at = Some(run.started_at + chrono::Duration::seconds(5));
    Reconciliation { phase: ReconciliationPhase::Done, ended_at, ..run }
}

fn since(run: Reconciliation, since: DateTime<Utc>) -> Reconciliation {
    let scope = ReconciliationScope::Open { since: Some(since) };
    Reconciliation { request: ReconciliationRequest { scope, ..run.request }, ..run }
}

fn orders(ids: &[&str]) -> Vec<SalesOrderId> {
    ids.iter().map(|id| SalesOrderId::from(*id)).collect()
}

fn finding(lane: Lane, outcome: FindingOutcome) -> Finding {
    let causes = vec!["1 unit was not marked: \"0.10\"".to_owned()];
    Finding { lane, outcome, causes, amazon_order: Some("322-A".into()), at: at(9) }
}

async fn lease_of(stores: &Stores, connection: &str, lane: Lane) -> Lease {
    let key = LaneKey { connection: connection.into(), lane };
    mark(stores, [request(key, Ask::Reconcile("r".into()), 0)]).await;
    claim_one(stores, 0).await.lease
}

/// Holds the lane of reconciliation of the shop.
async fn walker(stores: &Stores) -> Lease {
    lease_of(stores, "shop", Lane::Reconciliation).await
}

async fn note(stores: &Stores, run: &str, order: &str, outcome: FindingOutcome) -> Finding {
    let lane = Lane::SalesOrder(order.into());
    let lease = lease_of(stores, "shop", lane.clone()).await;
    let finding = finding(lane, outcome);
    stores.reconciliations.note(&lease, &run.into(), &finding).await.unwrap();
    stores.lanes.release(&lease).await.unwrap();
    let claim = claim_one(stores, 0).await;
    stores.lanes.complete(&claim, &look(&claim), vec![]).await.unwrap();
    finding
}

pub async fn open_orders_are_paged_by_connection(stores: &Stores) {
    mark(stores, ["1", "2", "30", "4"].map(|id| request(order_of("shop", id), Ask::AmazonOrder, 0))).await;
    mark(stores, [request(order_of("other", "9"), Ask::AmazonOrder, 0)]).await;
    let leases: Vec<_> = claim_all(stores, 0).await.into_iter().map(|claim| claim.lease).collect();
    let reconciliations = &stores.reconciliations;
    for lease in leases.iter().chain(&leases) {
        reconciliations.set_open(lease, true, at(0)).await.unwrap();
    }
    let open = async |after: Option<&str>, limit| {
        reconciliations.open_orders(&shop(), after.map(SalesOrderId::from), limit).await.unwrap()
    };
    assert_eq!(open(None, 2).await, orders(&["1", "2"]));
    assert_eq!(open(Some("2"), 9).await, orders(&["30", "4"]));
    for lease in &leases[..2] {
        for _ in 0..2 {
            reconciliations.set_open(lease, false, at(0)).await.unwrap();
        }
    }
    assert_eq!(open(None, 9).await, orders(&["2", "30", "4"]));
    assert_eq!(reconciliations.open_orders(&"other".into(), None, 9).await.unwrap(), []);
}

pub async fn only_sales_orders_are_open(stores: &Stores) {
    let lease = walker(stores).await;
    stores.reconciliations.set_open(&lease, true, at(0)).await.unwrap();
    assert_eq!(stores.reconciliations.open_orders(&shop(), None, 9).await.unwrap(), []);
}

pub async fn a_reconciliation_begins_once_and_goes_on_as_it_stands(stores: &Stores) {
    let lease = walker(stores).await;
    let reconciliations = &stores.reconciliations;
    assert_eq!(reconciliations.run(&shop(), &"r".into()).await.unwrap(), None);
    assert_eq!(reconciliations.begin(&lease, &run("r", 1)).await.unwrap(), run("r", 1));
    let further = Reconciliation {
        phase: ReconciliationPhase::Named,
        open_through: Some("7".into()),
        asked: 2,
        ..run("r", 1)
    };
    let new = reconciliations.advance(&lease, &further, &orders(&["7", "3", "7"])).await.unwrap();
    assert_eq!(new, orders(&["7", "3"]), "those that are new, in the order given");
    let new = reconciliations.advance(&lease, &further, &orders(&["3", "8"])).await.unwrap();
    assert_eq!(new, orders(&["8"]));
    assert_eq!(reconciliations.begin(&lease, &run("r", 50)).await.unwrap(), further);
    assert_eq!(reconciliations.run(&shop(), &"r".into()).await.unwrap(), Some(further.clone()));
    assert_eq!(reconciliations.run(&"other".into(), &"r".into()).await.unwrap(), None);
    assert_eq!(reconciliations.advance(&lease, &run("s", 9), &orders(&["3"])).await.unwrap(), orders(&["3"]));
    for late in [run("a", 9), run("z", 0)] {
        reconciliations.begin(&lease, &late).await.unwrap();
    }
    let latest = reconciliations.latest(&shop(), 3).await.unwrap();
    assert_eq!(latest, [run("s", 9), run("a", 9), further]);
    assert_eq!(reconciliations.latest(&"other".into(), 9).await.unwrap(), []);
}

pub async fn findings_are_counted_and_what_is_outstanding_is_named(stores: &Stores) {
    let lease = walker(stores).await;
    let (reconciliations, id) = (&stores.reconciliations, ReconciliationId::from("r"));
    reconciliations.begin(&lease, &run("r", 1)).await.unwrap();
    reconciliations.begin(&lease, &run("s", 1)).await.unwrap();
    reconciliations.advance(&lease, &run("r", 1), &orders(&["1", "2", "3", "30"])).await.unwrap();
    reconciliations.advance(&lease, &run("s", 1), &orders(&["1"])).await.unwrap();
    let outstanding = async |limit| stores.reconciliations.outstanding(&shop(), &id, limit).await.unwrap();
    assert_eq!(outstanding(2).await, orders(&["1", "2"]));
    note(stores, "r", "2", FindingOutcome::Waiting).await;
    let second = note(stores, "r", "2", FindingOutcome::Repaired).await;
    let first = note(stores, "r", "1", FindingOutcome::Repaired).await;
    let unasked = note(stores, "r", "5", FindingOutcome::Adopted).await;
    note(stores, "unknown", "1", FindingOutcome::Repaired).await;
    assert_eq!(outstanding(9).await, orders(&["3", "30"]));
    let summary = reconciliations.summary(&shop(), &id).await.unwrap();
    assert_eq!(summary.outstanding, 2);
    let outcomes: Vec<_> = summary.outcomes.into_iter().collect();
    assert_eq!(outcomes, [(FindingOutcome::Repaired, 2), (FindingOutcome::Adopted, 1)]);
    let findings = async |after: Option<Lane>, limit| {
        stores.reconciliations.findings(&shop(), &id, after, limit).await.unwrap()
    };
    assert_eq!(findings(None, 2).await, [first.clone(), second.clone()]);
    assert_eq!(findings(Some(second.lane), 9).await, [unasked]);
    let other = reconciliations.findings(&"other".into(), &id, None, 9).await.unwrap();
    assert_eq!(other, []);
    assert_eq!(reconciliations.summary(&shop(), &"s".into()).await.unwrap().outstanding, 1);
    assert_eq!(reconciliations.findings(&shop(), &"unknown".into(), None, 9).await.unwrap(), []);
    let asked = reconciliations.advance(&lease, &run("r", 1), &orders(&["5", "1"])).await.unwrap();
    assert_eq!(asked, orders(&["5"]), "a finding without a question is no question");
}

pub async fn every_outcome_of_a_finding_comes_back(stores: &Stores) {
    let lease = walker(stores).await;
    stores.reconciliations.begin(&lease, &run("r", 1)).await.unwrap();
    let mut noted = Vec::new();
    for (id, outcome) in (10..).zip(FindingOutcome::ALL) {
        noted.push(note(stores, "r", &id.to_string(), outcome).await);
    }
    assert_eq!(stores.reconciliations.findings(&shop(), &"r".into(), None, 99).await.unwrap(), noted);
}

pub async fn the_last_completed_reconciliation_is_the_last_that_leaves_no_gap(stores: &Stores) {
    let lease = walker(stores).await;
    let reconciliations = &stores.reconciliations;
    let last = async || stores.reconciliations.last_completed(&shop()).await.unwrap();
    let advance = async |run: Reconciliation| {
        stores.reconciliations.advance(&lease, &run, &[]).await.unwrap();
        last().await
    };
    assert_eq!(last().await, None);
    reconciliations.begin(&lease, &run("a", 100)).await.unwrap();
    assert_eq!(last().await, None);
    assert_eq!(advance(since(ended(run("early", 90)), at(50))).await, None, "what came before is not known");
    assert_eq!(advance(ended(run("a", 100))).await, Some(at(100)));
    let mut planned = ended(run("planned", 200));
    planned.request.plan_only = true;
    assert_eq!(advance(planned).await, Some(at(100)));
    let mut named = ended(run("named", 210));
    named.request.scope = ReconciliationScope::Orders(orders(&["1"]));
    assert_eq!(advance(named).await, Some(at(100)));
    assert_eq!(advance(run("under way", 220)).await, Some(at(100)));
    assert_eq!(advance(since(ended(run("gap", 230)), at(101))).await, Some(at(100)));
    assert_eq!(advance(since(ended(run("joined", 240)), at(100))).await, Some(at(240)));
    assert_eq!(advance(ended(run("b", 150))).await, Some(at(240)), "an older one does not move it back");
    assert_eq!(reconciliations.last_completed(&"other".into()).await.unwrap(), None);
}

pub async fn what_an_old_holder_says_of_a_reconciliation_is_refused(stores: &Stores) {
    let old = lease_of(stores, "shop", Lane::SalesOrder("1".into())).await;
    let reconciliations = &stores.reconciliations;
    reconciliations.begin(&old, &run("r", 1)).await.unwrap();
    reconciliations.set_open(&old, true, at(0)).await.unwrap();
    let new = claim_one(stores, 100).await.lease;
    let asked = orders(&["1"]);
    assert!(is_lost(reconciliations.set_open(&old, true, at(0)).await), "although nothing would be written");
    assert!(is_lost(reconciliations.set_open(&old, false, at(0)).await));
    assert!(is_lost(reconciliations.begin(&old, &run("s", 1)).await));
    assert!(is_lost(reconciliations.advance(&old, &ended(run("r", 1)), &asked).await));
    let found = finding(new.key.lane.clone(), FindingOutcome::Repaired);
    assert!(is_lost(reconciliations.note(&old, &"r".into(), &found).await));
    assert_eq!(reconciliations.latest(&shop(), 9).await.unwrap(), [run("r", 1)]);
    assert_eq!(reconciliations.outstanding(&shop(), &"r".into(), 9).await.unwrap(), []);
    assert_eq!(reconciliations.findings(&shop(), &"r".into(), None, 9).await.unwrap(), []);
    assert_eq!(reconciliations.open_orders(&shop(), None, 9).await.unwrap(), asked);
}
