use chrono::TimeDelta;

use super::super::samples::{at, run};
use super::*;

fn text_of(run: &StockRun, seconds: i64, read_at_first: u64) -> Line {
    let began = at("2026-03-02T17:00:00Z");
    let seen = Seen { at: began, read_skus: read_at_first, phase: run.phase };
    line(run, seen, began + TimeDelta::seconds(seconds), Decimal::TWO)
}

#[test]
fn a_reading_shows_share_rate_and_time_left_against_amazons_pace() {
    let mut run = run("o1", RunPhase::Reading);
    (run.read_skus, run.expected_skus) = (12_000, Some(100_000));
    let line = text_of(&run, 150, 0);
    assert_eq!((line.done, line.of), (12_000, Some(100_000)));
    // 88,000 SKUs at 80 a second, against 1,760 calls at two a second
    assert_eq!(
        line.text,
        "reading: 12000 of 100000 SKUs, 12 %, 80 SKUs/s, 18m20s left (Amazon's pace allows no less than 14m40s)"
    );
}

#[test]
fn a_rate_counts_from_where_the_run_was_first_seen() {
    let mut run = run("o1", RunPhase::Reading);
    (run.read_skus, run.expected_skus) = (52_000, Some(100_000));
    assert!(text_of(&run, 20, 50_000).text.contains(", 100 SKUs/s, 8m00s left"), "{run:?}");
}

#[test]
fn nothing_is_left_faster_than_amazon_allows_and_no_figure_comes_of_no_time() {
    let mut run = run("o1", RunPhase::Reading);
    (run.read_skus, run.expected_skus) = (0, Some(51));
    assert_eq!(
        text_of(&run, 0, 0).text,
        "reading: 0 of 51 SKUs, 0 %, 1s left (Amazon's pace allows no less than 1s)"
    );
    (run.read_skus, run.expected_skus) = (5_000, Some(720_000));
    let text = text_of(&run, 1, 0).text;
    assert!(text.ends_with("1h59m left (Amazon's pace allows no less than 1h59m)"), "{text}");
    (run.read_skus, run.expected_skus) = (60, Some(51));
    assert_eq!(text_of(&run, 10, 0).text, "reading: 60 of 51 SKUs, 100 %, 6 SKUs/s");
}

#[test]
fn where_the_number_of_skus_is_not_known_no_share_is_told() {
    let mut run = run("o1", RunPhase::Reading);
    run.read_skus = 1_000;
    let line = text_of(&run, 10, 0);
    assert_eq!((line.of, line.text.as_str()), (None, "reading: 1000 SKUs, 100 SKUs/s"));
    let mut run = super::super::samples::run("o1", RunPhase::Writing);
    (run.compared_items, run.documents) = (990, 2);
    assert_eq!(text_of(&run, 10, 0).text, "writing: 990 items compared, 2 documents");
}

#[test]
fn a_run_that_broke_off_counts_as_taken_once_it_moves() {
    let mut run = run("o1", RunPhase::Incomplete);
    let before = Some(run.updated_at);
    assert!(!is_taken(&run, before));
    run.updated_at += TimeDelta::seconds(1);
    assert!(is_taken(&run, before));
    assert!(is_taken(&super::super::samples::run("o1", RunPhase::Reading), before));
    assert!(is_taken(&super::super::samples::run("o1", RunPhase::Done), None));
}

#[test]
fn a_run_that_nobody_takes_is_waited_for_half_a_minute() {
    let (connection, id) = ("main".into(), "o1".into());
    let broken = run("o1", RunPhase::Incomplete);
    let before = Some(broken.updated_at);
    let followed = Followed { connection: &connection, run: &id, before, calls_per_second: Decimal::TWO };
    let began = at("2026-03-02T17:00:00Z");
    let mut watch = Watch::since(began);
    let mut look = |seconds| watch.step(Some(broken.clone()), &followed, began + TimeDelta::seconds(seconds));
    assert_eq!(look(10), Ok(Step::Quiet));
    assert_eq!(look(29), Ok(Step::Nothing));
    assert_eq!(look(30), Err(NotTaken));
}

#[test]
fn a_run_is_followed_from_phase_to_phase_to_its_end() {
    let (connection, id) = ("main".into(), "o1".into());
    let broken = run("o1", RunPhase::Incomplete);
    let before = Some(broken.updated_at);
    let followed = Followed { connection: &connection, run: &id, before, calls_per_second: Decimal::TWO };
    let began = at("2026-03-02T17:00:00Z");
    let mut watch = Watch::since(began);
    let mut look = |run: StockRun, seconds: i64| match watch.step(
        Some(run),
        &followed,
        began + TimeDelta::seconds(seconds),
    ) {
        Ok(Step::Goes { line, is_new_phase }) => format!("{} {is_new_phase}", line.text),
        Ok(Step::Ended(run)) => format!("ended as {}", run.phase.as_str()),
        other => format!("{other:?}"),
    };
    let reading = |read_skus| StockRun { read_skus, ..run("o1", RunPhase::Reading) };
    assert_eq!(look(broken, 0), "Ok(Nothing)", "what it was before the command");
    assert_eq!(look(reading(100), 0), "reading: 100 SKUs true");
    assert_eq!(look(reading(150), 10), "reading: 150 SKUs, 5 SKUs/s false");
    assert_eq!(look(reading(50), 20), "reading: 50 SKUs false", "a crawl that begins anew");
    assert_eq!(look(reading(70), 30), "reading: 70 SKUs, 2 SKUs/s false");
    assert_eq!(look(run("o1", RunPhase::Comparing), 40), "comparing: 0 items true");
    let done = StockRun { updated_at: began + TimeDelta::seconds(50), ..run("o1", RunPhase::Done) };
    assert_eq!(look(done, 50), "ended as done");
}
