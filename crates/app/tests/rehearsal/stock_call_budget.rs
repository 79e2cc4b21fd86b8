//! How many calls news of stock cost. Tokens do not count. No order waits here, and no lines are counted to be sure: each
//! reading of unsent lines is two calls.

use crate::stage::Stage;
use crate::stock_stage::sku;

const UNSENT: &str = "salesOrder.unsent";

/// A stage whose stock is in step, and on which it is known which SKUs the events mean.
async fn in_step(skus: u64) -> Stage {
    let stage = Stage::with_stock(&[("INVENTORY__ROAD", "crawl")]).await;
    for item in 1..=skus {
        stage.stock(item, 10, 10);
    }
    stage.amazon().set_stock(&sku(1), 9).unwrap();
    stage.settle().await;
    stage.full_run("warm-up").await;
    assert_eq!(stage.adjusted(), [(1, -1)]);
    stage
}

#[tokio::test]
async fn a_change_that_changes_nothing_costs_three_reads() {
    let stage = in_step(3).await;
    let mark = stage.mark();
    stage.repeat_event("INVENTORY_CHANGED", "again").await;
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), ["getInventorySummaries", "stockItems.find", UNSENT, UNSENT]);
}

#[tokio::test]
async fn the_first_event_of_a_sku_costs_one_read_more() {
    let stage = in_step(3).await;
    let mark = stage.mark();
    stage.amazon().set_stock(&sku(2), 10 + 1).unwrap();
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark)[..2], ["inventoryItem", "getInventorySummaries"]);
    assert_eq!(stage.calls_since(mark).len(), 9);
}

#[tokio::test]
async fn a_full_run_without_differences_costs_its_pages_and_two_readings_of_unsent_lines() {
    let stage = in_step(120).await;
    let mark = stage.mark();
    let run = stage.full_run("run").await;
    assert_eq!((run.summary.in_step, run.summary.off), (120, 0));
    let calls: Vec<String> =
        stage.calls_since(mark).into_iter().filter(|call| !call.ends_with(".changed")).collect();
    let page = "getInventorySummaries";
    assert_eq!(calls, [page, page, page, UNSENT, UNSENT, "stockItems.page", UNSENT, UNSENT]);
}

#[tokio::test]
async fn a_full_run_costs_one_write_for_many_differences() {
    let stage = in_step(120).await;
    for item in 11..=70 {
        stage.netsuite().set_on_hand(item, 7, 30).unwrap();
    }
    let mark = stage.mark();
    let run = stage.full_run("run").await;
    assert_eq!((run.summary.in_step, run.summary.off, run.summary.written), (60, 60, 60));
    let calls: Vec<String> =
        stage.calls_since(mark).into_iter().filter(|call| !call.ends_with(".changed")).collect();
    let expected = [
        "getInventorySummaries",
        "getInventorySummaries",
        "getInventorySummaries",
        UNSENT,
        UNSENT,
        "stockItems.page",
        UNSENT,
        UNSENT,
        "inventoryAdjustment.create",
        "stockItems.find",
        UNSENT,
        UNSENT,
    ];
    assert_eq!(calls, expected);
}
