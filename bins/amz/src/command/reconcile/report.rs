//! `amz reconcile report`: what a reconciliation found.

use std::process::ExitCode;

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::ports::ReconciliationReports;
use amz_services::reconciliation::{
    Finding, FindingOutcome, Reconciliation, ReconciliationPhase, ReconciliationSummary,
};
use serde::Serialize;

use crate::output::Output;

/// Orders on the screen.
const SHOWN: usize = 50;

/// Findings read at once.
const PAGE: u32 = 500;

/// Outcomes that are always told, however few orders came to them.
const ALWAYS: [FindingOutcome; 3] =
    [FindingOutcome::Repaired, FindingOutcome::Unchanged, FindingOutcome::Parked];

/// A reconciliation and its report.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    connection: String,
    run: Reconciliation,
    summary: ReconciliationSummary,
    findings: Vec<Finding>,
}

impl Report {
    /// Reads it.
    pub(crate) async fn read(
        reports: &dyn ReconciliationReports,
        connection: &ConnectionName,
        run: Reconciliation,
    ) -> Result<Self, StoreError> {
        let id = &run.request.id;
        let summary = reports.reconciliation_summary(connection, id).await?;
        let mut findings: Vec<Finding> = Vec::new();
        loop {
            let after = findings.last().map(|finding| finding.lane.clone());
            let page = reports.reconciliation_findings(connection, id, after, PAGE).await?;
            if page.is_empty() {
                return Ok(Self { connection: connection.to_string(), run, summary, findings });
            }
            findings.extend(page);
        }
    }

    /// True when no person must look.
    pub(crate) fn is_well(&self) -> bool {
        let needs_person = [FindingOutcome::Parked, FindingOutcome::Undecided];
        !needs_person.iter().any(|outcome| self.summary.outcomes.get(outcome).is_some_and(|count| *count > 0))
    }

    /// Orders that were asked.
    pub(crate) fn asked(&self) -> u64 {
        self.run.asked
    }

    /// Orders that came to something.
    pub(crate) fn count(&self, outcome: FindingOutcome) -> u64 {
        self.summary.outcomes.get(&outcome).copied().unwrap_or_default()
    }

    /// For people: how many came to what, and every order at which there is something to say.
    pub(crate) fn text(&self) -> String {
        let Self { connection: _, run, summary, findings } = self;
        let mut text = format!("reconciliation {}: {}", run.request.id, in_words(summary));
        if run.request.plan_only {
            text.push_str(" (plan only: nothing was written)");
        }
        if run.phase != ReconciliationPhase::Done {
            text.push_str(&format!("; under way, {} orders have not answered yet", summary.outstanding));
        }
        text.push('\n');
        let telling = |finding: &&Finding| {
            !matches!(finding.outcome, FindingOutcome::Unchanged | FindingOutcome::OutOfScope)
        };
        // an order that was asked for by name is told of whatever came of it
        let is_short = findings.len() <= 3;
        let told: Vec<&Finding> = findings.iter().filter(|finding| is_short || telling(finding)).collect();
        for finding in told.iter().take(SHOWN) {
            let amazon = finding.amazon_order.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
            text.push_str(&format!("  {}{amazon}: {}\n", finding.lane, word(finding.outcome)));
            for cause in &finding.causes {
                text.push_str(&format!("    {cause}\n"));
            }
        }
        if told.len() > SHOWN {
            text.push_str(&format!("  … and {} more: --json shows all\n", told.len() - SHOWN));
        }
        text
    }
}

/// Shows a reconciliation with its report. Exit code 1 when a person must look.
pub(super) async fn show(
    reports: &dyn ReconciliationReports,
    connection: &ConnectionName,
    run: Reconciliation,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let report = Report::read(reports, connection, run).await?;
    output.write(&report, || report.text())?;
    Ok(if report.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `1 repaired, 12 unchanged, 0 parked`.
pub(super) fn in_words(summary: &ReconciliationSummary) -> String {
    let count = |outcome: &FindingOutcome| summary.outcomes.get(outcome).copied().unwrap_or_default();
    let others = FindingOutcome::ALL.into_iter().filter(|outcome| !ALWAYS.contains(outcome));
    let told = ALWAYS.into_iter().chain(others.filter(|outcome| count(outcome) > 0));
    told.map(|outcome| format!("{} {}", count(&outcome), word(outcome))).collect::<Vec<_>>().join(", ")
}

fn word(outcome: FindingOutcome) -> String {
    outcome.as_str().replace('_', " ")
}

#[cfg(test)]
pub(super) mod samples {
    use amz_services::reconciliation::{ReconciliationBeginner, ReconciliationRequest, ReconciliationScope};

    use super::*;

    pub(crate) fn run() -> Reconciliation {
        Reconciliation {
            request: ReconciliationRequest {
                id: "o1".into(),
                by: ReconciliationBeginner::Operator,
                plan_only: false,
                scope: ReconciliationScope::Open { since: None },
            },
            started_at: "2026-03-02T12:00:00Z".parse().unwrap(),
            since: None,
            phase: ReconciliationPhase::Done,
            open_through: None,
            named_through: None,
            asked: 0,
            ended_at: None,
        }
    }

    pub(crate) fn summary(outcomes: &[(&str, u64)], outstanding: u64) -> ReconciliationSummary {
        let outcome = |(word, count): &(&str, u64)| (FindingOutcome::parse(word).unwrap(), *count);
        ReconciliationSummary { outcomes: outcomes.iter().map(outcome).collect(), outstanding }
    }
}

#[cfg(test)]
mod tests {
    use amz_services::work::Lane;

    use super::samples::{run, summary};
    use super::*;

    fn finding(order: u32, outcome: FindingOutcome, cause: &str) -> Finding {
        Finding {
            lane: Lane::SalesOrder(order.to_string().as_str().into()),
            outcome,
            causes: vec![cause.to_owned()],
            amazon_order: Some("322-1".into()),
            at: "2026-03-02T12:00:00Z".parse().unwrap(),
        }
    }

    fn report(outcomes: &[(&str, u64)], findings: Vec<Finding>) -> Report {
        Report { connection: "main".into(), run: run(), summary: summary(outcomes, 0), findings }
    }

    #[test]
    fn the_report_counts_and_names_causes() {
        let unchanged = (2..=13).map(|order| finding(order, FindingOutcome::Unchanged, "x"));
        let repaired = finding(1, FindingOutcome::Repaired, "markFulfillment package P-1");
        let findings = std::iter::once(repaired).chain(unchanged).collect();
        let report = report(&[("repaired", 1), ("unchanged", 12)], findings);
        assert_eq!(
            report.text(),
            "reconciliation o1: 1 repaired, 12 unchanged, 0 parked\n  order/1 (322-1): repaired\n    \
             markFulfillment package P-1\n"
        );
        assert!(report.is_well());
        assert_eq!(report.count(FindingOutcome::Repaired), 1);
    }

    #[test]
    fn what_needs_a_person_is_not_well() {
        for outcome in FindingOutcome::ALL {
            let report = report(&[(outcome.as_str(), 1)], vec![finding(1, outcome, "why")]);
            let is_well = !matches!(outcome, FindingOutcome::Parked | FindingOutcome::Undecided);
            assert_eq!(report.is_well(), is_well, "{outcome:?}");
            assert!(report.text().contains("why"), "of a single order everything is told");
        }
    }

    #[test]
    fn of_many_orders_the_first_are_shown() {
        let findings = (1..=60).map(|order| finding(order, FindingOutcome::ToRepair, "would")).collect();
        let mut report = report(&[("to_repair", 60)], findings);
        report.run.request.plan_only = true;
        let text = report.text();
        assert!(text.contains("0 repaired, 0 unchanged, 0 parked, 60 to repair (plan only"), "{text}");
        assert!(text.ends_with("  … and 10 more: --json shows all\n"), "{text}");
    }
}
