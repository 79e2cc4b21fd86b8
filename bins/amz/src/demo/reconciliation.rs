//! A reconciliation finds what no webhook told.

use std::time::{Duration, Instant};

use amz_app::operator;
use amz_app::settings::StoreSettings;
use amz_domain::ReconciliationId;
use amz_services::reconciliation::{
    ReconciliationBeginner, ReconciliationPhase, ReconciliationRequest, ReconciliationScope,
};
use anyhow::bail;
use chrono::Utc;

use super::PATIENCE;
use crate::command::reconcile::report::Report;
use crate::rehearsal::CONNECTION;

/// How often it is looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// Asks for a reconciliation of open orders and waits until every order has answered.
///
/// # Errors
/// When the store cannot be read, or the reconciliation does not come to its end.
pub(super) async fn reconcile(store: &StoreSettings) -> anyhow::Result<Report> {
    let (connection, id) = (CONNECTION.into(), ReconciliationId::from("o-lost-webhook"));
    let request = ReconciliationRequest {
        id: id.clone(),
        by: ReconciliationBeginner::Operator,
        plan_only: false,
        scope: ReconciliationScope::Open { since: None },
    };
    operator::reconcile(store, &connection, request, Utc::now()).await?;
    let reports = operator::reconciliation_reports(store)?;
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        match reports.reconciliation(&connection, &id).await? {
            Some(run) if run.phase == ReconciliationPhase::Done => {
                return Ok(Report::read(reports.as_ref(), &connection, run).await?);
            }
            _ => tokio::time::sleep(GLANCE).await,
        }
    }
    bail!("the reconciliation has not ended after {} s", PATIENCE.as_secs())
}
