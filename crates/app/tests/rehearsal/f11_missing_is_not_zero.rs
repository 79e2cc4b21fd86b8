//! F-11: a missing SKU becomes zero.

use amz_sandbox::amazon::PageFault;
use amz_services::inventory::{Mismatch, RowState, RunPhase};

use crate::stage::Stage;
use crate::stock_stage::sku;

/// The SKU that Amazon stops showing.
const NINE: u64 = 9;

/// A stage with SKU-1 to SKU-10, ten units each on both sides, which a full run has found in step. Amazon lists two
/// of them on a page.
async fn ten_in_step(changes: &[(&str, &str)]) -> Stage {
    let crawls = ("INVENTORY__ROAD", "crawl");
    let stage = Stage::with_stock_at(&[&[crawls], changes].concat(), |vendors| {
        vendors.amazon.sp_api.habits.page_size = 2;
    })
    .await;
    for item in 1..=10 {
        stage.stock(item, 10, 10);
    }
    let run = stage.full_run("first").await;
    assert_eq!((run.phase, run.read_skus, run.pages), (RunPhase::Done, 10, 5));
    assert_eq!((run.summary.in_step, run.summary.off), (10, 0));
    stage
}

/// Requests by name among those since a mark, by the SKUs they ask for.
fn asked_by_name(stage: &Stage, mark: u64) -> Vec<String> {
    let wire = stage.wire().into_iter();
    let calls = wire.filter(|call| call.number > mark && call.operation == "getInventorySummaries");
    calls.filter(|call| call.path.contains("sellerSkus")).map(|call| call.path).collect()
}

#[tokio::test]
async fn f11_a_page_that_fails_for_good_changes_nothing_and_the_next_complete_run_does() {
    let stage = ten_in_step(&[]).await;
    // no event tells of these
    stage.netsuite().set_on_hand(1, 7, 4).unwrap();
    stage.netsuite().set_on_hand(9, 7, 25).unwrap();
    stage.amazon().fail_page(PageFault { page: 3, status: 500, times: 1_000 });
    let run = stage.full_run("broken").await;
    assert_eq!((run.phase, run.pages, run.read_skus), (RunPhase::Incomplete, 2, 4));
    assert_eq!(stage.adjusted(), [], "nothing follows from half a reading");
    assert_eq!((stage.on_hand(1), stage.on_hand(9)), (4, 25));
    let parked = vec![("stock-run".to_owned(), "stock_reading_incomplete".to_owned())];
    assert_eq!(stage.stock_parked().await, parked);
    let told = stage.parked().await[0].reason.cause.clone();
    assert!(told.contains("broke off after 4 SKUs in 2 answers"), "{told}");

    stage.amazon().clear_page_faults();
    let run = stage.full_run("whole").await;
    assert_eq!((run.phase, run.summary.written), (RunPhase::Done, 2));
    assert_eq!(stage.adjusted(), [(1, 6), (9, -15)]);
    assert_eq!(stage.stock_parked().await, [], "a complete run clears it");
}

#[tokio::test]
async fn f11_a_page_that_fails_a_little_while_does_not_break_the_run() {
    let stage = ten_in_step(&[]).await;
    stage.amazon().fail_page(PageFault { page: 3, status: 503, times: 2 });
    let run = stage.full_run("bumpy").await;
    assert_eq!((run.phase, run.read_skus), (RunPhase::Done, 10));
    assert_eq!((stage.adjusted(), stage.stock_parked().await), (vec![], vec![]));
}

#[tokio::test]
async fn f11_an_absent_sku_is_asked_for_by_name_and_kept() {
    let stage = ten_in_step(&[]).await;
    stage.amazon().remove_stock(&sku(NINE)).unwrap();
    let mark = stage.mark();
    let run = stage.full_run("without").await;
    assert_eq!(run.phase, RunPhase::Done);
    let asked = asked_by_name(&stage, mark);
    assert_eq!(asked.len(), 1, "once, in the same run: {asked:?}");
    assert!(asked[0].contains("sellerSkus=SKU-9") && !asked[0].contains("SKU-1"), "{asked:?}");
    assert_eq!(stage.mismatches("without").await, [(Mismatch::Absent, sku(NINE))]);
    assert_eq!((stage.on_hand(NINE), stage.adjusted()), (10, vec![]), "it stays as it is");
    // however often it stays away
    stage.full_run("again").await;
    assert_eq!((stage.on_hand(NINE), stage.adjusted()), (10, vec![]));
}

#[tokio::test]
async fn f11_an_absent_sku_is_asked_for_by_name_and_zeroed_when_the_merchant_says_so() {
    let stage = ten_in_step(&[("INVENTORY__ABSENT", "zero")]).await;
    stage.amazon().remove_stock(&sku(NINE)).unwrap();
    let mark = stage.mark();
    let run = stage.full_run("without").await;
    assert_eq!(run.phase, RunPhase::Done);
    assert_eq!(asked_by_name(&stage, mark).len(), 1);
    assert_eq!((stage.on_hand(NINE), stage.adjusted()), (0, vec![(NINE, -10)]));
}

#[tokio::test]
async fn f11_a_sku_that_only_lists_leave_out_keeps_its_figure() {
    let stage = ten_in_step(&[("INVENTORY__ABSENT", "zero")]).await;
    let mut habits = stage.amazon().sp_api_habits();
    habits.hidden_in_lists.insert(sku(NINE));
    stage.amazon().set_sp_api_habits(habits);
    let mark = stage.mark();
    let run = stage.full_run("hidden").await;
    assert_eq!((run.phase, run.summary.in_step), (RunPhase::Done, 10));
    assert_eq!(asked_by_name(&stage, mark).len(), 1);
    assert_eq!((stage.on_hand(NINE), stage.adjusted()), (10, vec![]));
    assert_eq!(stage.mismatches("hidden").await, []);
}

/// A stage on which six of ten SKUs seem to have nothing left, and another is off by one; a run holds it.
async fn braked() -> Stage {
    let stage = ten_in_step(&[("INVENTORY__BRAKE_AT_LEAST", "3"), ("INVENTORY__ABSENT", "zero")]).await;
    lose_events(&stage, 7);
    for item in 1..=6 {
        stage.amazon().set_stock(&sku(item), 0).unwrap();
    }
    stage.amazon().set_stock(&sku(7), 11).unwrap();
    let run = stage.full_run("drop").await;
    assert_eq!((run.phase, run.summary.drops_to_zero), (RunPhase::AwaitingApproval, 6));
    assert_eq!(stage.adjusted(), [], "nothing is written, not even what looks harmless");
    let parked = vec![("stock-run/drop".to_owned(), "stock_brake".to_owned())];
    assert_eq!(stage.stock_parked().await, parked);
    assert!(stage.drifts("drop").await.iter().all(|drift| drift.state == RowState::Held));
    stage
}

fn lose_events(stage: &Stage, count: u32) {
    let mut script = stage.amazon().stock_events();
    script.lose = count;
    stage.amazon().set_stock_events(script);
}

#[tokio::test]
async fn f11_too_many_drops_wait_for_a_person_who_lets_them_pass() {
    let stage = braked().await;
    let mark = stage.mark();
    stage.approve_run("drop").await;
    stage.settle().await;
    assert_eq!(asked_by_name(&stage, mark).len(), 1, "Amazon is asked afresh");
    let lowered: Vec<(u64, i64)> = (1..=6).map(|item| (item, -10)).chain([(7, 1)]).collect();
    assert_eq!(stage.adjusted(), lowered);
    assert_eq!(stage.run("drop").await.phase, RunPhase::Done);
    assert_eq!(stage.stock_parked().await, []);
}

#[tokio::test]
async fn f11_what_is_approved_after_amazon_recovered_zeroes_nothing() {
    let stage = braked().await;
    lose_events(&stage, 6);
    for item in 1..=6 {
        stage.amazon().set_stock(&sku(item), 10).unwrap();
    }
    stage.approve_run("drop").await;
    stage.settle().await;
    assert_eq!(stage.adjusted(), [(7, 1)], "only what still differs");
    assert!((1..=6).all(|item| stage.on_hand(item) == 10));
    assert_eq!(stage.stock_parked().await, []);
}
