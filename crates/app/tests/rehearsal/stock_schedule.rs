//! Full runs of stock by the schedule.

use std::time::Duration;

use amz_services::inventory::{RunBeginner, RunPhase, StockRun};

use crate::stage::Stage;

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A stage with one SKU that is off by two; its schedule says every night.
async fn nightly() -> Stage {
    let stage = Stage::with_stock(&[("INVENTORY__SCHEDULE", "0 3 * * *")]).await;
    stage.stock(101, 10, 12);
    let next = stage.follow_schedule().await.unwrap();
    assert!(next > stage.now(), "what lies before the first start is nobody's to do");
    stage.settle().await;
    assert_eq!(stage.runs().await.len(), 0);
    stage
}

fn is_done(run: &StockRun) -> bool {
    run.request.by == RunBeginner::Schedule && run.phase == RunPhase::Done
}

#[tokio::test]
async fn a_run_that_is_due_happens_once() {
    let mut stage = nightly().await;
    let due = stage.follow_schedule().await.unwrap();
    stage.advance_to(due);
    for _ in 0..3 {
        stage.follow_schedule().await;
    }
    stage.settle().await;
    stage.restart().await;
    assert!(stage.follow_schedule().await.unwrap() > stage.now());
    stage.settle().await;
    let runs = stage.runs().await;
    assert!(runs.len() == 1 && is_done(&runs[0]), "{runs:?}");
    assert_eq!(stage.adjusted(), [(101, -2)]);
}

#[tokio::test]
async fn runs_that_were_missed_are_caught_up_by_one() {
    let mut stage = nightly().await;
    stage.stop().await;
    stage.advance(DAY * 4);
    stage.start().await;
    stage.follow_schedule().await;
    stage.settle().await;
    let runs = stage.runs().await;
    assert!(runs.len() == 1 && is_done(&runs[0]), "{runs:?}");
    stage.advance(DAY);
    stage.follow_schedule().await;
    stage.settle().await;
    assert_eq!(stage.runs().await.len(), 2, "and the next night comes the next");
}

#[tokio::test]
async fn one_run_goes_on_at_a_time() {
    let stage = nightly().await;
    let mut habits = stage.amazon().sp_api_habits();
    habits.page_size = 1;
    stage.amazon().set_sp_api_habits(habits);
    for item in 102..=104 {
        stage.stock(item, 5, 5);
    }
    let due = stage.follow_schedule().await.unwrap();
    stage.advance_to(due);
    let mark = stage.mark();
    stage.follow_schedule().await;
    stage.ask_for_run("asked", false, &[]).await;
    stage.settle().await;
    let runs = stage.runs().await;
    assert!(runs.len() == 2 && runs.iter().all(|run| run.phase == RunPhase::Done), "{runs:?}");
    let wire = stage.wire().into_iter();
    let pages = wire.filter(|call| call.number > mark && call.operation == "getInventorySummaries");
    let begins: Vec<bool> = pages.map(|call| !call.path.contains("nextToken")).collect();
    let one = [true, false, false, false];
    assert_eq!(begins, [one, one].concat(), "page after page, one run after the other");
    assert_eq!(stage.adjusted(), [(101, -2)], "what both found off is written once");
}
