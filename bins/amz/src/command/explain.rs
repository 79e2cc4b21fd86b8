//! `amz explain`: an order's timeline.

use std::path::Path;
use std::process::ExitCode;

use amz_services::timeline::TimelineEntry;
use serde::Serialize;

use super::{lane_key, settings};
use crate::arguments::OrderOptions;
use crate::output::Output;

#[derive(Serialize)]
struct Explanation {
    connection: String,
    lane: String,
    timeline: Vec<TimelineEntry>,
}

pub(crate) async fn run(
    config: Option<&Path>,
    options: OrderOptions,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let settings = settings(config)?;
    let key = lane_key(&settings, &options)?;
    let timeline = amz_app::operator::operations(&settings.store)?.timeline(&key).await?;
    let known = !timeline.is_empty();
    let explanation =
        Explanation { connection: key.connection.to_string(), lane: key.lane.to_string(), timeline };
    output.write(&explanation, || {
        if known { text(&explanation.timeline) } else { format!("nothing is known of {key}\n") }
    })?;
    Ok(if known { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The timeline, an entry a line; further lines of an entry are indented.
pub(crate) fn text(timeline: &[TimelineEntry]) -> String {
    let mut text = String::new();
    for TimelineEntry { at, kind, text: what } in timeline {
        let kind = format!("{kind:?}").to_lowercase();
        let what = what.replace('\n', "\n                                  ");
        text.push_str(&format!("{}  {kind:<7} {what}\n", at.format("%Y-%m-%d %H:%M:%S%.3f")));
    }
    text
}
