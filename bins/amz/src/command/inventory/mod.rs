//! `amz inventory`: compare stock, and what came of it.

mod aliases;
mod comma_separated;
mod follow;
mod report;
#[cfg(test)]
mod samples;
mod status;
mod sync;

use std::path::Path;
use std::process::ExitCode;

use amz_app::settings::{ConnectionSettings, Settings, StockSettings};
use amz_domain::{ConnectionName, StockRunId};
use amz_services::failure::StoreError;
use amz_services::inventory::{ReportRow, RunBeginner, RunPhase, StockRun};
use amz_services::ports::StockReports;

use super::{WrongUse, settings};
use crate::arguments::{InventoryAction, StockOptions};
use crate::output::Output;

/// Rows of a report read at once.
const PAGE: u32 = 1_000;

pub(crate) async fn run(
    config: Option<&Path>,
    action: InventoryAction,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let settings = settings(config)?;
    match action {
        InventoryAction::Sync(options) => sync::run(&settings, &options, output).await,
        InventoryAction::Status(options) => status::run(&settings, &options, output).await,
        InventoryAction::Report(options) => report::run(&settings, &options, output).await,
        InventoryAction::Aliases { stock, out } => aliases::run(&settings, &stock, &out, output).await,
    }
}

/// The connection that the command line means, with its stock.
fn stocked<'a>(
    settings: &'a Settings,
    options: &StockOptions,
) -> Result<(&'a ConnectionSettings, &'a StockSettings), WrongUse> {
    let connection = super::connection(settings, options.connection.as_deref())?;
    let stock = connection.stock.as_ref().ok_or_else(|| {
        let name = &connection.name;
        WrongUse(format!(
            "connection {name} does not keep stock in step: it has no table [connection.amazon.sp_api]"
        ))
    })?;
    Ok((connection, stock))
}

/// All rows of a run's report.
async fn rows(
    reports: &dyn StockReports,
    connection: &ConnectionName,
    run: &StockRunId,
) -> Result<Vec<ReportRow>, StoreError> {
    let mut rows: Vec<ReportRow> = Vec::new();
    loop {
        let after = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let page = reports.stock_report(connection, run, after, PAGE).await?;
        if page.is_empty() {
            return Ok(rows);
        }
        rows.extend(page);
    }
}

/// What a person has to type when a run has not ended well.
fn way_on(connection: &ConnectionName, run: &StockRun) -> Option<String> {
    match run.phase {
        RunPhase::AwaitingApproval => Some(format!(
            "approve it: amz approve stock/levels stock-run/{} --connection {connection}",
            run.request.id
        )),
        RunPhase::Incomplete => {
            Some(format!("go on with it: amz inventory sync --resume --connection {connection}"))
        }
        RunPhase::Reading
        | RunPhase::Confirming
        | RunPhase::Comparing
        | RunPhase::Writing
        | RunPhase::Done => None,
    }
}

/// Who asked for a run.
fn beginner(run: &StockRun) -> &'static str {
    match run.request.by {
        RunBeginner::Schedule => "schedule",
        RunBeginner::Operator => "person",
        RunBeginner::Change => "change",
    }
}

/// The phase in words.
fn phase(run: &StockRun) -> String {
    run.phase.as_str().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_without_access_to_amazons_stock_is_said_to_keep_none() {
        let text = "[[connection]]\nname = \"main\"\n[connection.amazon.bwp]\nclient_id = \"c\"\nclient_secret = \"s\"\n\
                    target_id = \"bp\"\n[connection.amazon.webhook_auth]\nallow_unauthenticated = true\n\
                    [connection.netsuite]\naccount = \"1\"\ntimezone = \"UTC\"\n[connection.netsuite.auth.tba]\n\
                    consumer_key = \"k\"\nconsumer_secret = \"s\"\ntoken_id = \"i\"\ntoken_secret = \"t\"\n";
        let read = |text: &str| Settings::from_toml(text, &Default::default(), Path::new("")).unwrap();
        let options = StockOptions { connection: None };
        let without = read(text);
        let wrong = stocked(&without, &options).unwrap_err();
        assert!(wrong.to_string().contains("[connection.amazon.sp_api]"), "{wrong}");
        let with = read(&format!(
            "{text}[connection.amazon.sp_api]\nclient_id = \"l\"\nclient_secret = \"s\"\nrefresh_token = \"r\"\n\
             [connection.mapping]\namazon_location = \"7\"\nadjustment_account = \"155\"\n"
        ));
        assert_eq!(stocked(&with, &options).unwrap().0.name.as_str(), "main");
    }
}
