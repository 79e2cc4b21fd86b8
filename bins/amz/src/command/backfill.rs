//! `amz backfill`: look at all sales orders created in a range.

use std::path::Path;
use std::process::ExitCode;

use amz_services::reconciliation::ReconciliationScope;
use chrono::Utc;

use super::reconcile::{ask, instant};
use super::{WrongUse, connection, settings};
use crate::arguments::BackfillOptions;
use crate::output::Output;

pub(crate) async fn run(
    config: Option<&Path>,
    options: BackfillOptions,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let settings = settings(config)?;
    let zone = connection(&settings, options.asking.connection.as_deref())?.services.timezone;
    let now = Utc::now();
    let (from, until) = (instant(&options.from, &zone, now)?, instant(&options.to, &zone, now)?);
    if until <= from {
        return Err(WrongUse(format!("--to ({until}) must come after --from ({from})")).into());
    }
    ask(&settings, ReconciliationScope::Created { from, until }, &options.asking, output).await
}
