//! `amz inventory status`: how the latest runs fare. Exit code 1 when the last one needs a person.

use std::process::ExitCode;

use amz_app::operator;
use amz_app::schedule::next_due;
use amz_app::settings::Settings;
use amz_domain::ConnectionName;
use amz_services::inventory::StockRun;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{beginner, phase, stocked, way_on};
use crate::arguments::StockOptions;
use crate::output::{Output, table};

/// Runs that are shown.
const RUNS: u32 = 10;

#[derive(Serialize)]
struct Status<'a> {
    connection: &'a str,
    /// When the schedule's next run begins.
    next: Option<DateTime<Utc>>,
    runs: &'a [StockRun],
}

pub(super) async fn run(
    settings: &Settings,
    options: &StockOptions,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let (connection, stock) = stocked(settings, options)?;
    let reports = operator::stock_reports(&settings.store)?;
    let runs = reports.stock_runs(&connection.name, RUNS).await?;
    let now = Utc::now();
    let schedule = stock.schedule.as_ref();
    let next = schedule.and_then(|schedule| next_due(schedule, connection.services.timezone, now, now));
    let status = Status { connection: connection.name.as_str(), next, runs: &runs };
    output.write(&status, || text(&connection.name, next, &runs))?;
    let needs_a_person = runs.first().is_some_and(|run| way_on(&connection.name, run).is_some());
    Ok(if needs_a_person { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The runs as a table for people, newest first.
fn text(connection: &ConnectionName, next: Option<DateTime<Utc>>, runs: &[StockRun]) -> String {
    let next = match next {
        Some(next) => format!("next by schedule: {}\n", next.format("%Y-%m-%d %H:%M UTC")),
        None => "no schedule: runs begin when somebody asks for them\n".to_owned(),
    };
    let Some(latest) = runs.first() else { return format!("no run is known\n{next}") };
    let instant = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%S").to_string();
    let cells = |run: &StockRun| {
        vec![
            run.request.id.to_string(),
            beginner(run).to_owned(),
            instant(run.started_at),
            run.ended_at.map(instant).unwrap_or_default(),
            run.read_skus.to_string(),
            run.summary.off.to_string(),
            run.summary.written.to_string(),
            run.summary.mismatches.to_string(),
            match &run.message {
                Some(message) => format!("{}: {message}", phase(run)),
                None => phase(run),
            },
        ]
    };
    let rows: Vec<Vec<String>> = runs.iter().map(cells).collect();
    let header = ["run", "by", "began", "ended", "SKUs", "off", "written", "not in step", "how it fares"];
    let way_on = way_on(connection, latest).map(|way| format!("{way}\n")).unwrap_or_default();
    format!("{}{way_on}{next}", table(&header, &rows))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{at, run};
    use super::*;
    use amz_services::inventory::RunPhase;

    #[test]
    fn the_latest_runs_are_shown_with_the_way_on() {
        let mut first = run("s20260302T110000Z", RunPhase::AwaitingApproval);
        first.message = Some("stock_brake: 30 of 100 SKUs".to_owned());
        let text =
            text(&"main".into(), Some(at("2026-03-03T11:00:00Z")), &[first, run("o1", RunPhase::Done)]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[2].contains("s20260302T110000Z"), "{text}");
        assert!(lines[2].ends_with("awaiting approval: stock_brake: 30 of 100 SKUs"), "{text}");
        assert!(lines[3].contains("o1") && lines[3].ends_with("done"), "{text}");
        let way_on = "approve it: amz approve stock/levels stock-run/s20260302T110000Z --connection main";
        assert_eq!(lines[4], way_on);
        assert_eq!(lines[5], "next by schedule: 2026-03-03 11:00 UTC");
    }

    #[test]
    fn a_run_that_ended_well_needs_nothing_and_none_is_said_so() {
        assert_eq!(way_on(&"main".into(), &run("o1", RunPhase::Done)), None);
        assert!(text(&"main".into(), None, &[]).starts_with("no run is known\nno schedule"));
    }

    #[test]
    fn one_document_with_decimals_as_numbers() {
        let mut run = run("o1", RunPhase::Done);
        run.summary.units_over = "3.50".parse().unwrap();
        let status = Status { connection: "main", next: None, runs: &[run] };
        let text = serde_json::to_string(&status).unwrap();
        assert!(text.contains("\"units_over\":3.50"), "{text}");
    }
}
