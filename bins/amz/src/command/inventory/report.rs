//! `amz inventory report`: what a run found.

use std::collections::BTreeMap;
use std::process::ExitCode;

use amz_app::operator;
use amz_app::settings::Settings;
use amz_domain::ConnectionName;
use amz_services::inventory::{ReportRow, Road, RowState, RunPhase, StockRun};
use amz_services::ports::StockReports;
use anyhow::bail;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{beginner, comma_separated, phase, rows, stocked, way_on};
use crate::arguments::ReportOptions;
use crate::output::{Output, table};

/// Rows on the screen.
const SHOWN: usize = 20;

/// A run and its report.
#[derive(Serialize)]
pub(super) struct Report {
    connection: String,
    run: StockRun,
    /// How many rows there are of each kind of mismatch.
    mismatches: BTreeMap<&'static str, u64>,
    rows: Vec<ReportRow>,
}

impl Report {
    pub(super) fn new(connection: &ConnectionName, run: StockRun, rows: Vec<ReportRow>) -> Self {
        let mut mismatches = BTreeMap::new();
        for row in &rows {
            if let ReportRow::Mismatch { mismatch, .. } = row {
                *mismatches.entry(mismatch.as_str()).or_default() += 1;
            }
        }
        Self { connection: connection.to_string(), run, mismatches, rows }
    }
}

pub(super) async fn run(
    settings: &Settings,
    options: &ReportOptions,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let (connection, _) = stocked(settings, &options.stock)?;
    let reports = operator::stock_reports(&settings.store)?;
    let run = match &options.run {
        Some(id) => reports.stock_run(&connection.name, &id.as_str().into()).await?,
        None => reports.stock_runs(&connection.name, 1).await?.pop(),
    };
    let Some(run) = run else {
        match &options.run {
            Some(id) => bail!("no run is called {id}: amz inventory status"),
            None => bail!("no run is known: amz inventory sync"),
        }
    };
    if let Some(path) = &options.csv {
        let rows = rows(reports.as_ref(), &connection.name, &run.request.id).await?;
        comma_separated::write(path, &rows)?;
        eprintln!("{} rows in {}", rows.len(), path.display());
    }
    show(reports.as_ref(), &connection.name, run, output).await?;
    Ok(ExitCode::SUCCESS)
}

/// Shows a run with its report. Exit code 1 when the run did not end well.
pub(super) async fn show(
    reports: &dyn StockReports,
    connection: &ConnectionName,
    run: StockRun,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let rows = rows(reports, connection, &run.request.id).await?;
    let report = Report::new(connection, run, rows);
    output.write(&report, || text(connection, &report))?;
    let well = report.run.phase == RunPhase::Done;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// For people: what it came to, and the first rows.
pub(super) fn text(connection: &ConnectionName, report: &Report) -> String {
    let Report { run, mismatches, rows, connection: _ } = report;
    let plan = if run.request.plan_only { ", plan only" } else { "" };
    let mut text = format!("run {} (asked for by {}{plan}): {}\n", run.request.id, beginner(run), phase(run));
    for line in [run.message.clone(), way_on(connection, run)].into_iter().flatten() {
        text.push_str(&format!("{line}\n"));
    }
    let began = run.started_at.format("%Y-%m-%d %H:%M:%S");
    let ended =
        run.ended_at.map_or_else(String::new, |at| at.format(", ended %Y-%m-%d %H:%M:%S").to_string());
    let road = match run.road {
        Some(Road::Crawl) => ", page by page",
        Some(Road::Named) => ", by their names",
        None => "",
    };
    let summary = &run.summary;
    let figures = [
        ("began", format!("{began}{ended}")),
        ("SKUs read", format!("{} in {} answers{road}", run.read_skus, run.pages)),
        ("items in step", summary.in_step.to_string()),
        ("items off", format!("{}, written {} in {} documents", summary.off, summary.written, run.documents)),
        ("units over", summary.units_over.normalize().to_string()),
        ("units under", summary.units_under.normalize().to_string()),
        ("value", summary.value.to_string()),
        ("drop to zero", summary.drops_to_zero.to_string()),
        ("not in step", kinds(summary.mismatches, mismatches)),
    ];
    for (name, value) in figures {
        text.push_str(&format!("{name:<14} {value}\n"));
    }
    if rows.is_empty() {
        return text;
    }
    let header = ["what", "item", "SKUs", "on hand", "target", "units", "value", "what became of it"];
    let shown: Vec<Vec<String>> = rows.iter().take(SHOWN).map(cells).collect();
    text.push_str(&format!("\n{}", table(&header, &shown)));
    if let Some(more) = rows.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let id = &run.request.id;
        text.push_str(&format!("and {more} more: amz inventory report --run {id} --csv FILE\n"));
    }
    text
}

fn kinds(all: u64, mismatches: &BTreeMap<&'static str, u64>) -> String {
    let kinds: Vec<String> =
        mismatches.iter().map(|(kind, count)| format!("{} {count}", kind.replace('_', " "))).collect();
    if kinds.is_empty() { all.to_string() } else { format!("{all}: {}", kinds.join(", ")) }
}

fn cells(row: &ReportRow) -> Vec<String> {
    match row {
        ReportRow::Drift { item, name, arithmetic, units, value, drops_to_zero, state } => {
            let number = |decimal: Decimal| decimal.normalize().to_string();
            let skus: Vec<&str> = arithmetic.amazon.iter().map(|amazon| amazon.sku.as_str()).collect();
            let zero = if *drops_to_zero { ", drops to zero" } else { "" };
            vec![
                "off".to_owned(),
                format!("{item} {name}"),
                skus.join(" "),
                number(arithmetic.on_hand),
                number(arithmetic.target),
                number(*units),
                value.map(|value| value.to_string()).unwrap_or_default(),
                format!("{}{zero}", state_word(*state)),
            ]
        }
        ReportRow::Mismatch { mismatch, sku, items, detail } => {
            let items: Vec<&str> = items.iter().map(amz_domain::ItemId::as_str).collect();
            let sku = sku.as_ref().map(ToString::to_string).unwrap_or_default();
            let nothing = String::new;
            let what = mismatch.as_str().replace('_', " ");
            vec![what, items.join(" "), sku, nothing(), nothing(), nothing(), nothing(), detail.clone()]
        }
    }
}

/// What became of a difference, in a word.
pub(super) fn state_word(state: RowState) -> &'static str {
    match state {
        RowState::Planned => "planned",
        RowState::Held => "held",
        RowState::Written => "written",
        RowState::Parked => "parked",
    }
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
