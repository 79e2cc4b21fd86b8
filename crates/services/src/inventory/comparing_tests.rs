//! Comparisons of runs, the brake, and what a person approved.

use super::super::world::{Fate, Stage, item_id, request, sku};
use super::super::{ReportRow, RowState, RunPhase, StockRunRequest};
use crate::work::Ask;

fn states(stage: &Stage, id: &str) -> Vec<RowState> {
    let world = stage.world();
    let rows = world.reports[&amz_domain::StockRunId::from(id)].iter();
    rows.filter_map(|row| match row {
        ReportRow::Drift { state, .. } => Some(*state),
        ReportRow::Mismatch { .. } => None,
    })
    .collect()
}

#[tokio::test]
async fn drift_is_repaired_and_reported() {
    let stage = Stage::new(&[(7, 5), (3, 3), (2, 6)]);
    stage.synchronize(request("r1")).await;
    assert_eq!((stage.on_hand(0), stage.on_hand(1), stage.on_hand(2)), (7, 3, 2));
    let run = stage.run("r1");
    assert_eq!(run.phase, RunPhase::Done);
    assert_eq!((run.summary.in_step, run.summary.off, run.summary.written), (1, 2, 2));
    assert_eq!(states(&stage, "r1"), [RowState::Written, RowState::Written]);
    let ids: Vec<String> = stage.world().documents.iter().map(|made| made.external_id.to_string()).collect();
    assert_eq!(ids, ["amz-ia-main-r1-1"]);
}

#[tokio::test]
async fn a_plan_writes_nothing_but_its_report() {
    let stage = Stage::new(&[(7, 5), (0, 3)]);
    stage.synchronize(StockRunRequest { plan_only: true, ..request("r1") }).await;
    assert_eq!((stage.see(|world| world.sends), stage.run("r1").phase), (0, RunPhase::Done));
    assert_eq!(states(&stage, "r1"), [RowState::Planned, RowState::Planned]);
    assert!(stage.parked().is_empty());
}

#[tokio::test]
async fn calls_grow_with_thousands_and_not_with_items() {
    // 2,500 items, 1,200 of them off
    let stock: Vec<(u32, i64)> = (0..2_500).map(|number| (5, if number < 1_200 { 4 } else { 5 })).collect();
    let stage = Stage::new(&stock);
    stage.synchronize(request("r1")).await;
    let world = stage.world();
    assert_eq!((world.page_reads, world.sends), (3, 2));
    assert_eq!(world.finds, 2, "what was written is read again");
    assert_eq!(world.unsent_reads, 3, "before the pages, after them, and after what was written");
    assert!(world.items.values().all(|item| item.levels.on_hand == 5.into()));
}

#[tokio::test]
async fn a_sale_while_pages_of_items_are_read_never_leaves_more_to_sell() {
    for (page, number) in [(1, 0), (2, 0), (2, 3), (3, 3)] {
        let stage = Stage::new(&[(9, 9); 6]);
        stage.world().items_per_page = 2;
        // ordered after the orders were read, and before or after its page is
        stage.world().sale = Some((page, item_id(number), 4));
        stage.synchronize(request("r1")).await;
        assert_eq!(stage.on_hand(number), 9, "{page} {number}");
        assert_eq!(stage.see(|world| (world.sends, world.finds, world.unsent_reads)), (0, 1, 3));
        let summary = stage.run("r1").summary;
        assert_eq!((summary.in_step, summary.off, stage.run("r1").compared_items), (6, 0, 6));
    }
}

#[tokio::test]
async fn an_item_that_was_parked_is_told_to_be_in_step_by_a_full_run() {
    let stage = Stage::new(&[(7, 5), (3, 3)]);
    stage.world().refused = vec![item_id(0)];
    stage.synchronize(request("r1")).await;
    assert_eq!(stage.parked().len(), 1);
    stage.world().items.get_mut(&item_id(0)).unwrap().levels.on_hand = 7.into();
    stage.synchronize(request("r2")).await;
    assert!(stage.parked().is_empty());
}

#[tokio::test]
async fn skus_that_are_not_on_sale_do_not_hide_that_all_others_would_drop_to_nothing() {
    let stock: Vec<(u32, i64)> = (0..100).map(|number| if number < 12 { (0, 5) } else { (0, 0) }).collect();
    let stage = Stage::new(&stock);
    stage.synchronize(request("r1")).await;
    assert_eq!(stage.run("r1").phase, RunPhase::AwaitingApproval);
    let cause = stage.world().kept.parked["stock-run/r1"].reason.cause.clone();
    assert!(cause.contains("(100 % of those on sale)"), "{cause}");
}

#[tokio::test]
async fn some_skus_alone_are_read_and_compared() {
    let stage = Stage::new(&[(7, 5), (7, 5)]);
    stage.synchronize(StockRunRequest { skus: vec![sku(1)], ..request("r1") }).await;
    assert_eq!((stage.on_hand(0), stage.on_hand(1)), (5, 7));
    assert_eq!((stage.see(|world| world.crawls), stage.see(|world| world.page_reads)), (0, 0));
}

#[tokio::test]
async fn f11_the_brake_holds_everything_until_a_person_approves_and_then_amazon_is_asked_afresh() {
    let mut stock = vec![(0, 5); 12];
    stock.extend([(9, 5); 3]);
    let stage = Stage::new(&stock);
    stage.synchronize(request("r1")).await;
    assert_eq!(stage.see(|world| world.sends), 0, "not even what does not drop");
    assert_eq!(stage.run("r1").phase, RunPhase::AwaitingApproval);
    assert!(states(&stage, "r1").iter().all(|state| *state == RowState::Held));
    assert_eq!(stage.parked(), [("stock-run/r1".to_owned(), "stock_brake".to_owned())]);
    assert!(stage.world().kept.parked["stock-run/r1"].reason.cause.contains("12 SKUs"));

    // meanwhile Amazon found the units of one of them
    stage.world().amazon.insert(sku(0), Some(5));
    stage.levels(&[Ask::Approved { subject: "stock-run/r1".into() }]).await;
    assert_eq!((stage.on_hand(0), stage.on_hand(1), stage.on_hand(14)), (5, 0, 9));
    assert_eq!(stage.run("r1").phase, RunPhase::Done);
    assert_eq!(states(&stage, "r1"), [RowState::Written; 14]);
    assert!(stage.parked().is_empty());
    let sends = stage.see(|world| world.sends);
    stage.levels(&[Ask::Approved { subject: "stock-run/r1".into() }]).await;
    assert_eq!(stage.see(|world| world.sends), sends, "approved twice, written once");
}

#[tokio::test]
async fn an_approved_write_that_dies_half_way_goes_on_without_asking_again() {
    for fate in [Fate::DiesBefore, Fate::DiesAfter, Fate::AnswerLost] {
        let stage = Stage::new(&[(0, 5); 12]);
        stage.synchronize(request("r1")).await;
        stage.world().fates = vec![fate];
        stage.levels(&[Ask::Approved { subject: "stock-run/r1".into() }]).await;
        assert!((0..12).all(|number| stage.on_hand(number) == 0), "{fate:?}");
        assert_eq!(
            (stage.see(|world| world.documents.len()), stage.run("r1").phase),
            (1, RunPhase::Done),
            "{fate:?}"
        );
        assert!(stage.parked().is_empty(), "{fate:?}");
    }
}

#[tokio::test]
async fn a_newer_run_overtakes_one_that_waits_for_a_person() {
    let stage = Stage::new(&[(0, 5); 12]);
    stage.synchronize(request("r1")).await;
    stage.world().amazon.values_mut().for_each(|units| *units = Some(5));
    stage.synchronize(request("r2")).await;
    assert!(stage.parked().is_empty());
    assert_eq!((stage.run("r1").phase, stage.run("r2").phase), (RunPhase::Done, RunPhase::Done));
    assert!(stage.run("r1").message.unwrap().contains("r2"));
    assert_eq!(stage.see(|world| world.sends), 0);
}

#[tokio::test]
async fn a_run_that_dies_at_any_document_adjusts_every_item_once() {
    for deaths in
        [vec![Fate::DiesBefore], vec![Fate::DiesAfter], vec![Fate::AnswerLost], vec![Fate::NeverArrives]]
    {
        let stage = Stage::new(&vec![(5, 4); 2_100]);
        stage.world().fates = deaths.clone();
        stage.synchronize(request("r1")).await;
        let world = stage.world();
        assert!(world.items.values().all(|item| item.levels.on_hand == 5.into()), "{deaths:?}");
        let lines: usize = world.documents.iter().map(|made| made.lines.len()).sum();
        assert_eq!(lines, 2_100, "{deaths:?}");
        let summary = &world.runs[&"r1".into()].summary;
        assert_eq!((summary.off, summary.written, summary.in_step), (2_100, 2_100, 0), "{deaths:?}");
        assert_eq!(world.items[&item_id(0)].levels.on_hand, 5.into());
    }
}
