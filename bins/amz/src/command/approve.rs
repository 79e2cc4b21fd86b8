//! `amz approve`: a person takes responsibility for what a parked item waits for.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use serde_json::json;

use super::{lane_key, settings};
use crate::arguments::OrderOptions;
use crate::output::Output;

pub(crate) async fn run(
    config: Option<&Path>,
    options: OrderOptions,
    subject: String,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let settings = settings(config)?;
    let key = lane_key(&settings, &options)?;
    let operations = amz_app::operator::operations(&settings.store)?;
    let parked = operations.parked_items(Some(key.connection.clone())).await?;
    let Some(item) = parked.into_iter().find(|item| item.key == key && item.subject == subject) else {
        bail!("{subject} is not parked in {key}; `amz parked` lists what is");
    };
    let (lane, now) = (key.lane.clone(), chrono::Utc::now());
    amz_app::operator::approve(&settings.store, &key.connection, lane, subject.clone(), now).await?;
    let document = json!({
        "connection": key.connection.as_str(), "lane": key.lane.to_string(), "subject": subject,
        "code": item.reason.code, "approved": true,
    });
    output.write(&document, || {
        format!("{subject} of {key} is approved; it goes on as soon as the sync role runs\n")
    })?;
    Ok(ExitCode::SUCCESS)
}
