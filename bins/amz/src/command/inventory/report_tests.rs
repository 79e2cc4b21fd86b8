use super::super::samples::{drift, mismatch, run};
use super::*;

fn report(phase: RunPhase, rows: Vec<ReportRow>) -> Report {
    let mut run = run("s1", phase);
    (run.read_skus, run.pages, run.road) = (100, 2, Some(Road::Named));
    run.summary.off = 1;
    run.summary.units_under = "2.00".parse().unwrap();
    run.summary.value = "25.00".parse().unwrap();
    run.summary.mismatches = 2;
    Report::new(&"main".into(), run, rows)
}

fn shown(report: &Report) -> String {
    text(&"main".into(), report)
}

#[test]
fn a_report_tells_what_it_came_to_and_its_rows() {
    let rows = vec![drift("1021", &["MUG"]), mismatch("LAMP"), mismatch("CUP")];
    let text = shown(&report(RunPhase::Done, rows));
    for line in [
        "run s1 (asked for by person): done",
        "SKUs read      100 in 2 answers, by their names",
        "units under    2",
        "value          25.00",
        "not in step    2: unmapped 2",
        "off       1021 Mug  MUG   10       12      2      25.00  written",
        "unmapped            LAMP                                 no item has this SKU",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn only_the_first_rows_are_on_the_screen() {
    let rows: Vec<ReportRow> = (0..25).map(|number| mismatch(&format!("SKU-{number}"))).collect();
    let text = shown(&report(RunPhase::Done, rows));
    assert!(text.contains("SKU-19") && !text.contains("SKU-20"), "{text}");
    assert!(text.ends_with("and 5 more: amz inventory report --run s1 --csv FILE\n"), "{text}");
    let rows: Vec<ReportRow> = (0..20).map(|number| mismatch(&format!("SKU-{number}"))).collect();
    assert!(!shown(&report(RunPhase::Done, rows)).contains("more:"));
}

#[test]
fn a_run_that_waits_or_broke_off_says_how_it_goes_on() {
    let mut waiting = report(RunPhase::AwaitingApproval, Vec::new());
    waiting.run.message = Some("stock_brake: 30 of 100 SKUs would drop to zero".to_owned());
    let text = shown(&waiting);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[1], "stock_brake: 30 of 100 SKUs would drop to zero");
    assert_eq!(lines[2], "approve it: amz approve stock/levels stock-run/s1 --connection main");
    assert!(shown(&report(RunPhase::Incomplete, Vec::new())).contains("amz inventory sync --resume"));
}

#[test]
fn the_document_keeps_every_digit() {
    let report = report(RunPhase::Done, vec![drift("1021", &["MUG"]), mismatch("LAMP")]);
    let text = serde_json::to_string(&report).unwrap();
    for part in
        ["\"units_under\":2.00", "\"value\":25.00", "\"mismatches\":{\"unmapped\":1}", "\"target\":12"]
    {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}
