//! F-2 for stock: crash between "done there" and "noted here".

use std::sync::Arc;

use amz_sandbox::{CallSelector, Fault, Vendor};
use amz_services::inventory::RunPhase;
use amz_services::ports::records::Backlog;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::f02_borders::Borders;
use crate::f02_kill_at_every_border::{RUNS_AT_ONCE, Run};
use crate::mortal::Mortal;
use crate::stage::Stage;
use crate::stock_stage::sku;

/// Calls that change something, at a vendor or in the store.
const CHANGES: &[&str] = &[
    "StockWrites::adjust",
    "StockRecords::keep_readings",
    "StockRecords::keep_skus",
    "StockRecords::look_again",
    "StockRecords::note_absent",
    "StockRecords::write_report",
    "StockRecords::write_run",
    "Ledger::plan",
    "Ledger::change",
    "Ledger::park",
    "Ledger::unpark",
    "Lanes::claim",
    "Lanes::complete",
    "Lanes::postpone",
    "Intake::accept",
];

/// An event tells of units that came, and then a full run finds two SKUs off. Returns how it ended.
async fn story(borders: &Arc<Borders>, lose_answer: bool) -> Value {
    let stage = Stage::with_stock(&[("INVENTORY__ROAD", "crawl")]).await;
    for item in 1..=3 {
        stage.stock(item, 10, 10);
    }
    if lose_answer {
        let nth = CallSelector::Nth(2);
        stage.fault(Vendor::NetSuite, "inventoryAdjustment.create", nth, Fault::LostAnswer);
    }
    let mortal = Mortal::on(&stage, borders.clone());
    let mut run = Run { stage, mortal: Some(mortal) };
    run.stage.amazon().receive(&sku(1), 5).unwrap();
    run.settle().await;

    run.stage.netsuite().set_on_hand(2, 7, 13).unwrap();
    run.stage.netsuite().set_on_hand(3, 7, 8).unwrap();
    run.stage.ask_for_run("run", false, &[]).await;
    run.settle().await;
    outcome(&run.stage).await
}

/// What is left of it, without what every run chooses anew.
async fn outcome(stage: &Stage) -> Value {
    assert_eq!(stage.parked().await, []);
    assert_eq!(stage.backlog().await, Backlog::default());
    let run = stage.run("run").await;
    assert_eq!(run.phase, RunPhase::Done);
    let drifts = stage.drifts("run").await;
    let drifts: Vec<String> =
        drifts.iter().map(|drift| format!("{} {} {:?}", drift.item, drift.units, drift.state)).collect();
    json!({
        "on hand": [stage.on_hand(1), stage.on_hand(2), stage.on_hand(3)],
        "adjusted": stage.adjusted(),
        "drifts": drifts,
        "in step": run.summary.in_step,
        "written": run.summary.written,
    })
}

/// True for borders behind calls that change something. Between two of them nothing is lost by dying: the world at all
/// other borders is the one of the last such border before them.
fn leaves_a_mark(border: &str) -> bool {
    border.strip_prefix("after ").is_some_and(|call| CHANGES.contains(&call))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f02_stock_a_kill_at_every_border_ends_like_an_undisturbed_run() {
    let borders = Borders::new(None);
    let undisturbed = story(&borders, false).await;
    assert_eq!(undisturbed["on hand"], json!([15, 10, 10]));
    assert_eq!(undisturbed["adjusted"], json!([[1, 5], [2, -3], [3, 2]]));
    assert_eq!(undisturbed["drifts"], json!(["2 -3 Written", "3 2 Written"]));
    let all = borders.passed();
    for call in ["AmazonStock::crawl", "AmazonStock::named", "StockWrites::adjust", "StockRecords::write_run"]
    {
        assert!(all.contains(&format!("after {call}")), "{call} in {all:#?}");
    }

    let mut runs = JoinSet::new();
    for number in (0..all.len()).filter(|number| leaves_a_mark(&all[*number])) {
        if runs.len() >= RUNS_AT_ONCE {
            runs.join_next().await.unwrap().unwrap();
        }
        let undisturbed = undisturbed.clone();
        runs.spawn(async move {
            let borders = Borders::new(Some(number));
            let ended = story(&borders, false).await;
            assert_eq!(ended, undisturbed, "killed at {number}, after {:?}", borders.passed().last());
        });
    }
    while let Some(ended) = runs.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test]
async fn f02_stock_a_kill_while_an_answer_is_lost_ends_like_an_undisturbed_run() {
    let undisturbed = story(&Borders::new(None), false).await;
    let borders = Borders::new(None);
    assert_eq!(story(&borders, true).await, undisturbed, "the answer was lost");
    let is_lost = |border: &String| border == "after StockWrites::adjust";
    let lost = borders.passed().iter().rposition(is_lost).unwrap();
    for number in lost..lost + 8 {
        let borders = Borders::new(Some(number));
        let ended = story(&borders, true).await;
        assert_eq!(ended, undisturbed, "the answer was lost, killed after {:?}", borders.passed().last());
    }
}
