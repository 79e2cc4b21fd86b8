//! `amz reject`: a person decides that a refund which Amazon asks for will not be paid.

use std::path::Path;
use std::process::ExitCode;

use amz_domain::RefundRejection;
use anyhow::bail;
use serde_json::json;

use super::{lane_key, settings};
use crate::arguments::OrderOptions;
use crate::output::Output;

pub(crate) async fn run(
    config: Option<&Path>,
    options: OrderOptions,
    subject: String,
    reason: String,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let Some(known) = RefundRejection::parse(&reason) else {
        bail!("{reason} is none of Amazon's reasons: {}", RefundRejection::words().join(", "));
    };
    if subject.strip_prefix("refund/").is_none_or(str::is_empty) {
        bail!("{subject} is no refund; write `refund/<id>` as `amz parked` shows it");
    }
    let settings = settings(config)?;
    let key = lane_key(&settings, &options)?;
    let (lane, now) = (key.lane.clone(), chrono::Utc::now());
    amz_app::operator::reject(&settings.store, &key.connection, lane, subject.clone(), known, now).await?;
    let document = json!({
        "connection": key.connection.as_str(), "lane": key.lane.to_string(), "subject": subject,
        "reason": known.as_str(), "rejected": true,
    });
    output.write(&document, || {
        format!("{subject} of {key} will be rejected as {}, as soon as the sync role runs\n", known.as_str())
    })?;
    Ok(ExitCode::SUCCESS)
}
