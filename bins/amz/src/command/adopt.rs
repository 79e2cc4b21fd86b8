//! `amz adopt`: link the orders that another connector sent to Amazon.

use std::path::Path;
use std::process::ExitCode;

use amz_services::reconciliation::ReconciliationScope;

use super::reconcile::ask;
use super::{WrongUse, connection, settings};
use crate::arguments::AdoptOptions;
use crate::output::Output;

pub(crate) async fn run(
    config: Option<&Path>,
    options: AdoptOptions,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let settings = settings(config)?;
    let known = connection(&settings, options.asking.connection.as_deref())?;
    if known.adoption.order_id_fields.is_empty() {
        let message = "connection.adoption.order_id_fields names no field: nothing says which orders another connector sent";
        return Err(WrongUse(message.to_owned()).into());
    }
    ask(&settings, ReconciliationScope::SentByOthers, &options.asking, output).await
}
