//! Follows a reconciliation to its end.

use std::time::Duration;

use amz_domain::{ConnectionName, ReconciliationId};
use amz_services::ports::ReconciliationReports;
use amz_services::reconciliation::{Reconciliation, ReconciliationPhase, ReconciliationSummary};
use chrono::Utc;
use indicatif::{ProgressBar, ProgressStyle};

use crate::command::handed_over::HandedOver;

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(250);

/// Follows a reconciliation until every order has answered; tells on the error output how it goes. Ends with an error
/// when no sync role takes it.
pub(super) async fn follow(
    reports: &dyn ReconciliationReports,
    connection: &ConnectionName,
    id: &ReconciliationId,
) -> anyhow::Result<Reconciliation> {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    let (mut handed_over, mut phase) = (HandedOver::at(Utc::now()), None);
    loop {
        match reports.reconciliation(connection, id).await? {
            Some(run) if run.phase == ReconciliationPhase::Done => {
                bar.finish_and_clear();
                return Ok(run);
            }
            Some(run) => {
                let line = line(&run, &reports.reconciliation_summary(connection, id).await?);
                // without a terminal there is no spinner: a line per phase
                if bar.is_hidden() && phase != Some(run.phase) {
                    eprintln!("{line}");
                }
                phase = Some(run.phase);
                bar.set_message(line);
                bar.tick();
            }
            None => {
                if handed_over.waits(Utc::now())? {
                    bar.suspend(|| eprintln!("nobody has taken the command yet: is amz-sync running?"));
                }
            }
        }
        tokio::time::sleep(POLL).await;
    }
}

/// How it goes, in a line.
fn line(run: &Reconciliation, summary: &ReconciliationSummary) -> String {
    let answered: u64 = summary.outcomes.values().sum();
    let doing = match run.phase {
        ReconciliationPhase::Open => "open orders",
        ReconciliationPhase::Named => "sales orders that NetSuite names",
        ReconciliationPhase::Waiting | ReconciliationPhase::Done => "the last answers",
    };
    format!("{doing}: {answered} orders have answered, {} have not yet", summary.outstanding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::reconcile::report::samples::{run, summary};

    #[test]
    fn the_line_says_how_many_have_answered() {
        let mut run = run();
        run.phase = ReconciliationPhase::Named;
        assert_eq!(
            line(&run, &summary(&[("repaired", 1), ("unchanged", 12)], 3)),
            "sales orders that NetSuite names: 13 orders have answered, 3 have not yet"
        );
    }
}
