//! `amz store`: bring a store up to date, move it, look through it, archive what is old.

use std::path::Path;
use std::process::ExitCode;

use amz_app::store_operations::{
    self, ArchiveRequest, Archived, Comparison, MigratedPart, Soundness, Store, configured, named,
};
use chrono::Utc;
use serde_json::{Value, json};

use super::audit::instant;
use super::{WrongUse, settings};
use crate::output::{Output, table};
use crate::store_arguments::{ArchiveOptions, CheckOptions, CopyOptions, SourceOptions, StoreAction};
use crate::transfer_progress::TransferProgress;

pub(crate) async fn run(
    config: Option<&Path>,
    action: StoreAction,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    match action {
        StoreAction::Migrate => migrate(config, output).await,
        StoreAction::Copy(options) => copy(config, options, output).await,
        StoreAction::Check(options) => check(config, options, output).await,
        StoreAction::Archive(options) => archive(config, options, output).await,
    }
}

async fn migrate(config: Option<&Path>, output: &Output) -> anyhow::Result<ExitCode> {
    let parts = store_operations::migrate(&configured(&settings(config)?.store)?).await?;
    let document: Vec<Value> = parts
        .iter()
        .map(|MigratedPart { part, place, before, after }| {
            json!({"part": part, "place": place, "steps_before": before, "steps_after": after})
        })
        .collect();
    output.write(&document, || {
        let rows: Vec<Vec<String>> =
            parts.iter().map(|part| vec![part.part.to_owned(), done(part), part.place.clone()]).collect();
        table(&["part", "tables", "place"], &rows)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn done(part: &MigratedPart) -> String {
    match (part.before, part.after) {
        (0, after) => format!("made, {after} steps"),
        (before, after) if before == after => format!("up to date, {after} steps"),
        (before, after) => format!("brought up to date, {} of {after} steps", after.saturating_sub(before)),
    }
}

async fn copy(config: Option<&Path>, options: CopyOptions, output: &Output) -> anyhow::Result<ExitCode> {
    let (from, to) = (source(config, options.source)?, named(options.to)?);
    let progress = TransferProgress::start();
    let compared = store_operations::copy(&from, &to, &|at| progress.show(at)).await;
    progress.end();
    let compared = compared?;
    output.write(&comparison_document(&compared), || {
        format!("{}copied and checked; nothing differs\n", comparison_table(&compared))
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn check(config: Option<&Path>, options: CheckOptions, output: &Output) -> anyhow::Result<ExitCode> {
    let from = source(config, options.source)?;
    let to = options.to.map(named).transpose()?;
    let progress = TransferProgress::start();
    let is_good = match to {
        Some(to) => {
            let compared = store_operations::compare(&from, &to, &|at| progress.show(at)).await;
            progress.end();
            let compared = compared?;
            output.write(&comparison_document(&compared), || {
                let differing = compared.differing().join(", ");
                let verdict = if compared.is_same() {
                    "nothing differs".to_owned()
                } else {
                    format!("differs: {differing}")
                };
                format!("{}{verdict}\n", comparison_table(&compared))
            })?;
            compared.is_same()
        }
        None => {
            let found = store_operations::check(&from, &|at| progress.show(at)).await;
            progress.end();
            let found = found?;
            output.write(&soundness_document(&found), || soundness_table(&found))?;
            found.iter().all(|rule| rule.broken == 0)
        }
    };
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn archive(
    config: Option<&Path>,
    options: ArchiveOptions,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let ArchiveOptions { before, out, connection, keep } = options;
    let (now, settings) = (Utc::now(), settings(config)?);
    if let Some(name) = &connection {
        super::connection(&settings, Some(name))?;
    }
    let request = ArchiveRequest { before: instant(&before, now)?, connection, keep };
    if request.before > now {
        return Err(
            WrongUse("--before is still to come; only what is past can be archived".to_owned()).into()
        );
    }
    let progress = TransferProgress::start();
    let store = configured(&settings.store)?;
    let archived = store_operations::archive(&store, &request, &out, now, &|at| progress.show(at)).await;
    progress.end();
    let archived = archived?;
    output.write(&archive_document(&archived, &out), || archive_table(&archived, &out))?;
    Ok(ExitCode::SUCCESS)
}

/// The store that the command line names, else the configured one.
fn source(config: Option<&Path>, options: SourceOptions) -> anyhow::Result<Store> {
    Ok(match options.from {
        Some(url) => named(url)?,
        None => configured(&settings(config)?.store)?,
    })
}

fn comparison_document(compared: &Comparison) -> Value {
    let tables: Vec<Value> = compared
        .tables
        .iter()
        .map(|table| {
            json!({
                "table": table.table, "same": table.from == table.to,
                "from": {"rows": table.from.rows, "sum": table.from.to_string()},
                "to": {"rows": table.to.rows, "sum": table.to.to_string()},
            })
        })
        .collect();
    json!({"same": compared.is_same(), "tables": tables})
}

fn comparison_table(compared: &Comparison) -> String {
    let rows: Vec<Vec<String>> = compared
        .tables
        .iter()
        .map(|table| {
            let short = |sum: String| sum.chars().take(16).collect::<String>();
            vec![
                table.table.to_owned(),
                table.from.rows.to_string(),
                table.to.rows.to_string(),
                short(table.from.to_string()),
                short(table.to.to_string()),
                if table.from == table.to { "same" } else { "differs" }.to_owned(),
            ]
        })
        .collect();
    table(&["table", "rows", "rows there", "sum", "sum there", ""], &rows)
}

fn soundness_document(found: &[Soundness]) -> Value {
    let rules: Vec<Value> = found
        .iter()
        .map(
            |Soundness { rule, broken, example }| json!({"rule": rule, "broken": broken, "example": example}),
        )
        .collect();
    json!({"sound": found.iter().all(|rule| rule.broken == 0), "rules": rules})
}

fn soundness_table(found: &[Soundness]) -> String {
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|Soundness { rule, broken, example }| {
            let holds = match (broken, example) {
                (0, _) => "yes".to_owned(),
                (broken, Some(example)) => format!("no: {broken}, such as {example}"),
                (broken, None) => format!("no: {broken}"),
            };
            vec![(*rule).to_owned(), holds]
        })
        .collect();
    table(&["rule", "holds"], &rows)
}

fn archive_document(archived: &Archived, out: &Path) -> Value {
    let tables: Vec<Value> = archived
        .tables
        .iter()
        .map(|table| json!({"table": table.table, "written": table.written, "deleted": table.deleted}))
        .collect();
    json!({"file": out.display().to_string(), "bytes": archived.bytes, "tables": tables})
}

fn archive_table(archived: &Archived, out: &Path) -> String {
    let rows: Vec<Vec<String>> = archived
        .tables
        .iter()
        .map(|table| vec![table.table.to_owned(), table.written.to_string(), table.deleted.to_string()])
        .collect();
    let written: u64 = archived.tables.iter().map(|table| table.written).sum();
    let place = out.display();
    format!(
        "{}{written} rows in {place}, {} bytes\n",
        table(&["table", "written", "deleted"], &rows),
        archived.bytes
    )
}
