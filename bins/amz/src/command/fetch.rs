//! `amz fetch`: bring one sales order in step now.

use std::path::Path;
use std::process::ExitCode;

use amz_services::reconciliation::ReconciliationScope;

use super::reconcile::{ask, sales_orders};
use super::settings;
use crate::arguments::FetchOptions;
use crate::output::Output;

pub(crate) async fn run(
    config: Option<&Path>,
    options: FetchOptions,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let settings = settings(config)?;
    let scope = ReconciliationScope::Orders(sales_orders(std::slice::from_ref(&options.order))?);
    ask(&settings, scope, &options.asking, output).await
}
