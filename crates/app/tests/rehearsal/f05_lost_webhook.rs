//! F-5: a webhook that never comes.

use std::sync::Arc;
use std::time::Duration;

use amz_services::reconciliation::ReconciliationBeginner;
use chrono::TimeDelta;

use crate::f02_borders::Borders;
use crate::f02_kill_at_every_border::{RUNS_AT_ONCE, Run};
use crate::mortal::Mortal;
use crate::orders::{order, text};
use crate::reconciliation::open;
use crate::stage::Stage;

const TURN: Duration = Duration::from_secs(15 * 60);

#[tokio::test]
async fn f05_what_no_webhook_told_while_we_were_down_is_repaired_once() {
    let mut stage = Stage::new().await;
    stage.follow_reconciliations().await;
    let (id, amazon, package) = stage.shipped("SO-1").await;
    stage.shipped("SO-2").await;
    stage.advance(TURN);
    stage.follow_reconciliations().await;
    stage.settle().await;
    let completed = stage.reconciliations().await.remove(0);
    assert_eq!(stage.found(completed.request.id.as_str()).await.outcomes, [("unchanged", 2)].into());

    stage.stop().await;
    stage.unheard(|held| held.deliver(&amazon, &package).unwrap()).await;
    stage.advance(Duration::from_secs(26 * 3600));
    stage.start().await;
    stage.settle().await;
    assert_ne!(text(&stage.fulfillments(id)[0], "custbody_amz_delivery_state"), "DELIVERED");

    stage.follow_reconciliations().await;
    stage.settle().await;
    let runs = stage.reconciliations().await;
    assert_eq!(runs.len(), 2, "missed turns run once");
    let found = stage.found(runs[0].request.id.as_str()).await;
    assert_eq!(found.run.request.by, ReconciliationBeginner::Schedule);
    assert_eq!(found.run.since, Some(completed.started_at - TimeDelta::minutes(15)));
    assert_eq!(found.outcomes, [("repaired", 1), ("unchanged", 1)].into());
    let repaired = &found.findings[0];
    assert_eq!(repaired.lane.to_string(), format!("order/{id}"));
    assert_eq!(repaired.causes, [format!("markFulfillment package {package}")]);
    assert_eq!(text(&stage.fulfillments(id)[0], "custbody_amz_delivery_state"), "DELIVERED");
    assert!(!text(&stage.fulfillments(id)[0], "custbody_amz_delivered_at").is_empty());

    stage.advance(TURN);
    stage.follow_reconciliations().await;
    stage.settle().await;
    let runs = stage.reconciliations().await;
    assert_eq!(runs.len(), 3);
    assert_eq!(runs[0].since, Some(found.run.started_at - TimeDelta::minutes(15)));
    let second = stage.found(runs[0].request.id.as_str()).await;
    // the repaired one was touched by the repair
    assert_eq!(second.outcomes, [("unchanged", 2)].into(), "a second run repairs nothing: {second:?}");
}

/// A parcel arrives unheard, and a reconciliation finds it. Returns the causes of what was repaired.
async fn story(borders: &Arc<Borders>) -> Vec<String> {
    let stage = Stage::with(&[("SYNC__RECONCILE_AT_ONCE", "1")]).await;
    let (id, amazon, package) = stage.shipped("SO-1").await;
    let other = stage.enter_one(order("SO-2"));
    stage.settle().await;
    stage.unheard(|held| held.deliver(&amazon, &package).unwrap()).await;
    stage.ask_to_reconcile("o1", open(), false).await;
    let mortal = Mortal::on(&stage, borders.clone());
    let mut run = Run { stage, mortal: Some(mortal) };
    run.settle().await;
    let stage = &run.stage;
    assert_eq!(stage.parked().await, []);
    let found = stage.found("o1").await;
    assert_eq!(found.findings.len(), 2, "{found:?}");
    assert_eq!((stage.fulfillments(id).len(), stage.amazon_orders(other)), (1, 1));
    assert_eq!(text(&stage.fulfillments(id)[0], "custbody_amz_delivery_state"), "DELIVERED");
    let again = stage.reconcile("o2", open(), false).await;
    assert!(!again.outcomes.contains_key("repaired"), "{again:?}");
    let repaired = found.findings.into_iter().filter(|found| found.outcome.as_str() == "repaired");
    repaired.flat_map(|found| found.causes).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f05_a_kill_after_any_step_of_a_reconciliation_loses_nothing() {
    let borders = Borders::new(None);
    let undisturbed = story(&borders).await;
    assert_eq!(undisturbed.len(), 1);
    let all = borders.passed();
    for call in [
        "Reconciliations::begin",
        "Reconciliations::advance",
        "Reconciliations::note",
        "AccountOrders::touched",
        "ItemFulfillments::patch",
        "Lanes::complete",
    ] {
        assert!(all.contains(&format!("after {call}")), "{call} in {all:#?}");
    }
    // what only reads leaves nothing behind: a kill after it is one before the next write
    let writes = [
        "::begin",
        "::advance",
        "::note",
        "::set_open",
        "::claim",
        "::complete",
        "::plan",
        "::change",
        "::patch",
        "::accept",
    ];
    let is_write =
        |border: &str| border.starts_with("after ") && writes.iter().any(|write| border.ends_with(write));
    let mut runs = tokio::task::JoinSet::new();
    for (number, _) in all.iter().enumerate().filter(|(_, border)| is_write(border)) {
        if runs.len() >= RUNS_AT_ONCE {
            runs.join_next().await.unwrap().unwrap();
        }
        runs.spawn(async move {
            let borders = Borders::new(Some(number));
            story(&borders).await;
        });
    }
    while let Some(ended) = runs.join_next().await {
        ended.unwrap();
    }
}
