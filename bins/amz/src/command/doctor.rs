//! `amz doctor`: is everything there, open and as it should be?

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use amz_app::doctor::{self, Area, Finding, Outcome, Scope};
use amz_app::process;
use amz_app::settings::Settings;
use chrono::Utc;
use serde::Serialize;

use crate::arguments::{DoctorArea, DoctorOptions};
use crate::output::Output;

/// What was found, as JSON.
#[derive(Serialize)]
struct Report<'a> {
    healthy: bool,
    findings: &'a [Finding],
}

pub(crate) async fn run(
    config: Option<&Path>,
    options: DoctorOptions,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let findings = match process::load(config) {
        Ok(configuration) => match super::config::in_effect(&configuration).await {
            Ok(Ok(settings)) => examine(&settings, &options).await?,
            Ok(Err(faults)) => doctor::unusable(&faults),
            Err(error) => {
                let mut findings = vec![doctor::unknown_versions(error.as_ref())];
                findings.extend(examine(&configuration, &options).await?);
                findings
            }
        },
        Err(faults) => doctor::unusable(&faults),
    };
    let healthy = doctor::is_healthy(&findings);
    output.write(&Report { healthy, findings: &findings }, || text(&findings))?;
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn examine(settings: &Settings, options: &DoctorOptions) -> anyhow::Result<Vec<Finding>> {
    let connection = match &options.connection {
        Some(wanted) => Some(super::connection(settings, Some(wanted))?.name.clone()),
        None => None,
    };
    let areas = options.only.iter().map(|area| match area {
        DoctorArea::Netsuite => Area::NetSuite,
        DoctorArea::Amazon => Area::Amazon,
        DoctorArea::Webhook => Area::Webhook,
        DoctorArea::Store => Area::Store,
    });
    let scope = Scope { connection, areas: areas.collect() };
    Ok(doctor::examine(settings, &scope, Arc::new(Utc::now)).await)
}

/// One line per finding, its fix below it, and a count.
fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    let widest = findings.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
    let several = {
        let mut names: Vec<_> = findings.iter().filter_map(|finding| finding.connection.as_ref()).collect();
        names.dedup();
        names.len() > 1
    };
    for Finding { check, connection, outcome, found, fix, .. } in findings {
        let of = connection.as_ref().filter(|_| several).map(|name| format!("{name}: ")).unwrap_or_default();
        text.push_str(&format!("{:<8} {check:<widest$}  {of}{found}\n", outcome.as_str()));
        if let Some(fix) = fix {
            text.push_str(&format!("         {:<widest$}  FIX: {fix}\n", ""));
        }
    }
    let count = |outcome| findings.iter().filter(|finding| finding.outcome == outcome).count();
    let (ok, warnings) = (count(Outcome::Ok), count(Outcome::Warning));
    let (failed, skipped) = (count(Outcome::Failed), count(Outcome::Skipped));
    text.push_str(&format!("{ok} ok, {warnings} warnings, {failed} failed, {skipped} skipped\n"));
    text
}
