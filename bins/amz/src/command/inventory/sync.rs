//! `amz inventory sync`: compare stock now.

use std::path::Path;
use std::process::ExitCode;

use amz_app::operator;
use amz_app::settings::Settings;
use amz_domain::{Sku, StockRunId};
use amz_services::inventory::{RunBeginner, RunPhase, StockRun, StockRunRequest};
use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::follow::{Followed, follow};
use super::{report, stocked};
use crate::arguments::SyncOptions;
use crate::output::Output;

/// Latest runs among which one under way is looked for.
const RUNS: u32 = 20;

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// Ask for a run: a new one, or one that broke off.
    Ask {
        request: StockRunRequest,
        /// When the run was last touched; `None` for a new one.
        before: Option<DateTime<Utc>>,
    },
    /// One is under way: only follow it.
    Follow(StockRunId),
    /// Neither; why.
    Refused(String),
}

pub(super) async fn run(
    settings: &Settings,
    options: &SyncOptions,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let (connection, stock) = stocked(settings, &options.stock)?;
    let now = Utc::now();
    let request = StockRunRequest {
        id: run_id(now),
        by: RunBeginner::Operator,
        plan_only: options.plan,
        skus: wanted_skus(&options.skus, options.skus_file.as_deref())?,
    };
    let reports = operator::stock_reports(&settings.store)?;
    let runs = reports.stock_runs(&connection.name, RUNS).await?;
    let (id, before) = match begin(&runs, options.resume, request) {
        Beginning::Refused(why) => bail!(why),
        Beginning::Follow(id) => (id, None),
        Beginning::Ask { request, before } => {
            let id = request.id.clone();
            operator::read_stock(&settings.store, &connection.name, request, now).await?;
            (id, before)
        }
    };
    // both given: clap keeps the later one
    if options.no_follow {
        let document = json!({"connection": connection.name.as_str(), "run": id.as_str(), "asked": true});
        let text = || format!("run {id} begins as soon as the sync role runs: amz inventory status\n");
        output.write(&document, text)?;
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("run {id}; it goes on when this command is ended");
    let calls_per_second = stock.sp_api.calls_per_second;
    let followed = Followed { connection: &connection.name, run: &id, before, calls_per_second };
    let ended = follow(reports.as_ref(), &followed).await?;
    report::show(reports.as_ref(), &connection.name, ended, output).await
}

/// What to do, by what became of the latest runs (newest first).
pub(super) fn begin(runs: &[StockRun], resume: bool, request: StockRunRequest) -> Beginning {
    let under_way = runs.iter().find(|run| !run.phase.is_ended());
    match (under_way, runs.first(), resume) {
        (Some(run), _, true) => Beginning::Follow(run.request.id.clone()),
        (Some(run), _, false) => Beginning::Refused(format!(
            "run {} is under way ({} since {}): follow it with --resume",
            run.request.id,
            super::phase(run),
            run.started_at.format("%Y-%m-%d %H:%M:%S")
        )),
        (None, _, false) => Beginning::Ask { request, before: None },
        (None, Some(run), true) if run.phase == RunPhase::Incomplete => {
            Beginning::Ask { request: run.request.clone(), before: Some(run.updated_at) }
        }
        (None, Some(run), true) => Beginning::Refused(format!(
            "there is nothing to go on with: the latest run {} is {}",
            run.request.id,
            super::phase(run)
        )),
        (None, None, true) => {
            Beginning::Refused("there is nothing to go on with: no run is known".to_owned())
        }
    }
}

/// Name of a run that a person asks for.
pub(super) fn run_id(now: DateTime<Utc>) -> StockRunId {
    StockRunId::new(format!("o{}Z", now.format("%Y%m%dT%H%M%S%3f")))
}

/// The SKUs on the command line or in the file, each once; none mean all.
fn wanted_skus(named: &[String], file: Option<&Path>) -> anyhow::Result<Vec<Sku>> {
    let text = match file {
        Some(path) => {
            std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?
        }
        None => String::new(),
    };
    let mut skus: Vec<Sku> = Vec::new();
    for sku in named.iter().map(String::as_str).chain(text.lines()) {
        let sku = Sku::new(sku.trim_end_matches('\r'));
        if !sku.as_str().trim().is_empty() && !skus.contains(&sku) {
            skus.push(sku);
        }
    }
    if skus.is_empty() && (file.is_some() || !named.is_empty()) {
        bail!("no SKU is named; without --skus and --skus-file all stock is compared");
    }
    Ok(skus)
}

#[cfg(test)]
#[path = "sync_tests.rs"]
mod tests;
