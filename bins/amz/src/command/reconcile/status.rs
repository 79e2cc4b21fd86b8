//! `amz reconcile status`: how the latest reconciliations fare.

use std::process::ExitCode;

use amz_app::operator;
use amz_app::settings::Settings;
use amz_domain::ConnectionName;
use amz_services::reconciliation::{
    Reconciliation, ReconciliationBeginner, ReconciliationScope, ReconciliationSummary,
};
use serde::Serialize;

use super::report::in_words;
use crate::output::{Output, table};

/// Reconciliations on the screen.
const SHOWN: u32 = 10;

#[derive(Serialize)]
struct Status {
    connection: String,
    reconciliations: Vec<Known>,
}

#[derive(Serialize)]
struct Known {
    run: Reconciliation,
    summary: ReconciliationSummary,
}

pub(super) async fn run(
    settings: &Settings,
    connection: &ConnectionName,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let reports = operator::reconciliation_reports(&settings.store)?;
    let mut reconciliations = Vec::new();
    for run in reports.reconciliations(connection, SHOWN).await? {
        let summary = reports.reconciliation_summary(connection, &run.request.id).await?;
        reconciliations.push(Known { run, summary });
    }
    let status = Status { connection: connection.to_string(), reconciliations };
    output.write(&status, || text(&status))?;
    Ok(ExitCode::SUCCESS)
}

fn text(status: &Status) -> String {
    if status.reconciliations.is_empty() {
        return format!("no reconciliation of {} is known: amz reconcile\n", status.connection);
    }
    let rows: Vec<Vec<String>> = status.reconciliations.iter().map(row).collect();
    table(&["reconciliation", "by", "orders", "began", "phase", "found"], &rows)
}

fn row(known: &Known) -> Vec<String> {
    let Reconciliation { request, started_at, phase, .. } = &known.run;
    let by = match request.by {
        ReconciliationBeginner::Schedule => "schedule",
        ReconciliationBeginner::Operator => "person",
    };
    let phase = match request.plan_only {
        true => format!("{}, plan only", phase.as_str()),
        false => phase.as_str().to_owned(),
    };
    vec![
        request.id.to_string(),
        by.to_owned(),
        scope(&request.scope).to_owned(),
        started_at.format("%Y-%m-%d %H:%M:%S").to_string(),
        phase,
        in_words(&known.summary),
    ]
}

/// Which orders, in a word or two.
pub(super) fn scope(scope: &ReconciliationScope) -> &'static str {
    match scope {
        ReconciliationScope::Open { .. } => "open and touched",
        ReconciliationScope::Orders(_) => "named",
        ReconciliationScope::Created { .. } => "created in a range",
        ReconciliationScope::SentByOthers => "sent by others",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::reconcile::report::samples::{run, summary};

    #[test]
    fn the_table_says_when_who_and_what_was_found() {
        let known = Known { run: run(), summary: summary(&[("repaired", 1), ("unchanged", 12)], 0) };
        let text = text(&Status { connection: "main".into(), reconciliations: vec![known] });
        for expected in
            ["o1", "person", "open and touched", "2026-03-02 12:00:00", "1 repaired, 12 unchanged"]
        {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        let none = Status { connection: "main".into(), reconciliations: Vec::new() };
        assert!(super::text(&none).contains("no reconciliation of main"));
    }
}
