//! Stock documents: once each, checked afterwards, and with the lines at fault left out.

use super::super::world::{Fate, Stage, item_id, request, sku};
use super::super::{ReportRow, RowState, RunPhase};
use crate::intent::IntentState;
use crate::lane::LaneEnd;
use crate::ports::stock::StockBins;
use crate::settings::StockWriting;
use crate::work::{Ask, Lane};

#[tokio::test]
async fn an_answer_that_was_lost_is_settled_by_a_look_up_and_never_sent_again() {
    let stage = Stage::new(&[(7, 5)]);
    stage.world().fates = vec![Fate::AnswerLost];
    stage.levels(&[Ask::StockOf(sku(0))]).await;
    assert_eq!((stage.on_hand(0), stage.see(|world| world.sends)), (7, 1));
}

#[tokio::test]
async fn a_crash_between_sending_and_the_answer_adjusts_once() {
    let stage = Stage::new(&[(7, 5)]);
    stage.world().fates = vec![Fate::DiesAfter];
    stage.look(Lane::StockLevels, &[Ask::StockOf(sku(0))]).await.unwrap_err();
    let states = || stage.world().kept.intents.values().map(|intent| intent.state).collect::<Vec<_>>();
    assert_eq!(states(), [IntentState::Sent]);
    stage.levels(&[Ask::StockOf(sku(0))]).await;
    assert_eq!((stage.on_hand(0), stage.see(|world| world.sends)), (7, 1));
    assert_eq!(states(), [IntentState::Done]);
}

#[tokio::test]
async fn a_document_that_is_not_found_is_waited_for_and_then_worked_out_afresh_under_another_name() {
    let stage = Stage::new(&[(7, 5)]);
    stage.world().fates = vec![Fate::NeverArrives];
    let asks = [Ask::StockOf(sku(0))];
    let began = stage.see(|world| world.now);
    let end = stage.look(Lane::StockLevels, &asks).await.unwrap();
    assert!(matches!(end, LaneEnd::Postpone { failed: false, .. }), "{end:?}");
    // nothing is worked out while the document may still arrive, however often the lane is looked at
    stage.world().amazon.insert(sku(0), Some(9));
    let named = stage.see(|world| world.named.len());
    let mut waits = Vec::new();
    while stage.see(|world| world.now) < began + chrono::TimeDelta::minutes(16) {
        let (now, end) = (stage.see(|world| world.now), stage.look(Lane::StockLevels, &asks).await.unwrap());
        let LaneEnd::Postpone { at, failed: false, .. } = end else {
            panic!("a wait is no failure: {end:?}")
        };
        waits.push((at - now).num_seconds());
        assert_eq!((stage.see(|world| world.named.len()), stage.see(|world| world.sends)), (named, 1));
        stage.world().now = at;
    }
    assert!(waits.len() < 16 && waits[0] < 20 && waits.iter().all(|wait| *wait <= 241), "{waits:?}");
    assert!(stage.parked().is_empty());

    stage.levels(&asks).await;
    assert_eq!((stage.on_hand(0), stage.see(|world| world.sends)), (9, 2));
    let mut results: Vec<IntentState> =
        stage.world().kept.intents.values().map(|intent| intent.state).collect();
    results.sort_by_key(|state| state.as_str());
    assert_eq!(results, [IntentState::Done, IntentState::Refused]);
}

#[tokio::test]
async fn how_long_a_lost_document_may_arrive_is_said_by_the_merchant() {
    for minutes in [3, 40] {
        let stage = Stage::new(&[(7, 5)]);
        stage.world().settings.late_arrival = std::time::Duration::from_secs(minutes * 60);
        stage.world().fates = vec![Fate::NeverArrives];
        let asks = [Ask::StockOf(sku(0))];
        stage.look(Lane::StockLevels, &asks).await.unwrap();
        let sent_at = stage.see(|world| world.kept.intents.values().next().unwrap().sent_at.unwrap());
        let given_up_at = sent_at + chrono::TimeDelta::minutes(i64::try_from(minutes).unwrap());
        for (seconds, sends) in [(-1, 1), (0, 2)] {
            stage.world().now = given_up_at + chrono::TimeDelta::seconds(seconds - 1);
            stage.look(Lane::StockLevels, &asks).await.unwrap();
            assert_eq!(stage.see(|world| world.sends), sends, "{minutes} minutes and {seconds} seconds");
        }
        assert_eq!(stage.on_hand(0), 7);
    }
}

#[tokio::test]
async fn a_document_that_netsuite_makes_after_we_gave_up_waiting_is_adopted() {
    let stage = Stage::new(&[(7, 5)]);
    stage.world().fates = vec![Fate::ArrivesLate];
    let asks = [Ask::StockOf(sku(0))];
    stage.look(Lane::StockLevels, &asks).await.unwrap();
    stage.advance(14 * 60);
    let end = stage.look(Lane::StockLevels, &asks).await.unwrap();
    assert!(matches!(end, LaneEnd::Postpone { failed: false, .. }), "{end:?}");
    stage.late_documents_arrive();
    stage.levels(&asks).await;
    assert_eq!((stage.on_hand(0), stage.see(|world| world.sends)), (7, 1));
}

#[tokio::test]
async fn stock_that_somebody_moved_meanwhile_is_corrected_once() {
    let stage = Stage::new(&[(7, 5), (7, 5)]);
    stage.world().meddler = Some((item_id(0), vec![-2]));
    stage.synchronize(request("r1")).await;
    assert_eq!((stage.on_hand(0), stage.on_hand(1)), (7, 7));
    let world = stage.world();
    let lines: Vec<usize> = world.documents.iter().map(|made| made.lines.len()).collect();
    assert_eq!(lines, [2, 1], "only what is off is corrected");
    assert_eq!(world.documents[1].external_id.as_str(), "amz-ia-main-r1-2");
}

#[tokio::test]
async fn stock_that_is_off_after_one_correction_needs_a_person_until_it_is_in_step() {
    let stage = Stage::new(&[(7, 5), (7, 5)]);
    stage.world().meddler = Some((item_id(0), vec![-2, -1]));
    stage.synchronize(request("r1")).await;
    assert_eq!((stage.on_hand(0), stage.see(|world| world.sends)), (6, 2));
    let subject = format!("item/{}", item_id(0));
    assert_eq!(stage.parked(), [(subject.clone(), "stock_does_not_settle".to_owned())]);
    let cause = stage.world().kept.parked[&subject].reason.cause.clone();
    assert!(cause.contains("was 6"), "{cause}");
    let parked = |row: &ReportRow| matches!(row, ReportRow::Drift { state: RowState::Parked, .. });
    assert_eq!(stage.world().reports[&"r1".into()].iter().filter(|row| parked(row)).count(), 1);

    stage.world().meddler = None;
    stage.levels(&[Ask::StockOf(sku(0))]).await;
    assert_eq!(stage.on_hand(0), 7);
    assert!(stage.parked().is_empty());
}

#[tokio::test]
async fn what_was_written_is_read_once_more_and_no_oftener() {
    let stage = Stage::new(&[(7, 5)]);
    stage.levels(&[Ask::StockOf(sku(0))]).await;
    assert_eq!(
        (stage.see(|world| world.sends), stage.see(|world| world.finds)),
        (1, 2),
        "found once, and once again"
    );
}

#[tokio::test]
async fn lines_that_netsuite_refuses_are_found_and_the_rest_is_written() {
    let stage = Stage::new(&[(7, 5); 100]);
    stage.world().refused = vec![item_id(17), item_id(63)];
    stage.synchronize(request("r1")).await;
    let written = (0..100).filter(|number| stage.on_hand(*number) == 7).count();
    assert_eq!(written, 98);
    let codes: Vec<(String, String)> = stage.parked();
    let refused = |number| (format!("item/{}", item_id(number)), "INVALID_ITEM".to_owned());
    assert_eq!(codes, [refused(17), refused(63)]);
    assert_eq!(stage.run("r1").summary.written, 98);
    assert!(stage.see(|world| world.sends) <= 32, "{}", stage.see(|world| world.sends));
}

#[tokio::test]
async fn items_that_netsuite_keeps_refusing_never_keep_others_from_being_written() {
    let stage = Stage::new(&[(7, 5); 100]);
    stage.world().refused = (0..40).map(item_id).collect();
    for run in ["r1", "r2", "r3"] {
        stage.synchronize(request(run)).await;
    }
    let written = (40..100).filter(|number| stage.on_hand(*number) == 7).count();
    assert_eq!(written, 60, "{:?}", stage.parked().len());
    let sends = stage.see(|world| world.sends);
    stage.world().amazon.insert(sku(99), Some(8));
    stage.synchronize(request("r4")).await;
    assert_eq!(stage.on_hand(99), 8);
    assert!(stage.see(|world| world.sends) - sends <= 21, "{}", stage.see(|world| world.sends));
    assert!(!stage.parked().iter().any(|(subject, _)| subject == "stock-documents"));
}

#[tokio::test]
async fn when_netsuite_refuses_whatever_comes_few_documents_are_tried_and_people_are_told_once() {
    let stage = Stage::new(&[(7, 5); 1_000]);
    stage.world().refused = (0..1_000).map(item_id).collect();
    stage.synchronize(request("r1")).await;
    assert!(stage.see(|world| world.sends) <= 60, "{}", stage.see(|world| world.sends));
    let told = stage.parked().iter().filter(|(subject, _)| subject == "stock-documents").count();
    assert_eq!(told, 1);
    stage.world().refused.clear();
    stage.synchronize(request("r2")).await;
    assert!(stage.parked().is_empty());
    assert_eq!(stage.run("r2").phase, RunPhase::Done);
}

#[tokio::test]
async fn a_closed_month_moves_the_posting_day_to_the_first_open_one() {
    let stage = Stage::new(&[(7, 5)]);
    stage.world().open_from = Some("2026-04-01".parse().unwrap());
    stage.levels(&[Ask::StockOf(sku(0))]).await;
    assert_eq!(stage.on_hand(0), 7);
    assert_eq!(stage.world().documents[0].date, "2026-04-01".parse().unwrap());
}

#[tokio::test]
async fn the_posting_day_is_the_accounts() {
    let stage = Stage::new(&[(7, 5)]);
    // still the day before in Los Angeles
    stage.world().now = "2026-03-03T05:00:00Z".parse().unwrap();
    stage.levels(&[Ask::StockOf(sku(0))]).await;
    assert_eq!(stage.world().documents[0].date, "2026-03-02".parse().unwrap());
}

#[tokio::test]
async fn with_two_bins_units_move_between_them() {
    let stage = Stage::new(&[(7, 5)]);
    {
        let mut world = stage.world();
        world.settings.write =
            StockWriting::BinTransfer(StockBins { sellable: "1".into(), unsellable: "2".into() });
        let ten = rust_decimal::Decimal::TEN;
        world.items.get_mut(&item_id(0)).unwrap().levels.in_unsellable_bin = Some(ten);
    }
    stage.levels(&[Ask::StockOf(sku(0))]).await;
    let left = stage.world().items[&item_id(0)].levels.in_unsellable_bin;
    assert_eq!((stage.on_hand(0), left), (7, Some(8.into())));
}
