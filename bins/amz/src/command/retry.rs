//! `amz retry`: look at an order again now, parked or not.

use std::path::Path;
use std::process::ExitCode;

use amz_services::work::Lane;
use serde_json::json;

use super::{lane_key, settings};
use crate::arguments::OrderOptions;
use crate::output::Output;

pub(crate) async fn run(
    config: Option<&Path>,
    options: OrderOptions,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let settings = settings(config)?;
    let key = lane_key(&settings, &options)?;
    amz_app::operator::retry(&settings.store, &key.connection, key.lane.clone(), chrono::Utc::now()).await?;
    let document =
        json!({"connection": key.connection.as_str(), "lane": key.lane.to_string(), "asked": true});
    output.write(&document, || match key.lane {
        Lane::StockLevels | Lane::StockReading => {
            format!("all stock of {} will be compared as soon as the sync role runs\n", key.connection)
        }
        Lane::Reconciliation => {
            format!("open orders of {} will be reconciled as soon as the sync role runs\n", key.connection)
        }
        Lane::SalesOrder(_) | Lane::AmazonOrder(_) | Lane::Document(_) => {
            format!("{key} will be looked at as soon as the sync role runs\n")
        }
    })?;
    Ok(ExitCode::SUCCESS)
}
