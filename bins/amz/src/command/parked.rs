//! `amz parked`: what needs a person. Exit code 1 when something does.

use std::path::Path;
use std::process::ExitCode;

use amz_services::parking::Parked;
use serde_json::{Value, json};

use super::{WrongUse, settings};
use crate::output::{Output, table};

pub(crate) async fn run(
    config: Option<&Path>,
    connection: Option<String>,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let settings = settings(config)?;
    if let Some(wanted) = connection
        .as_ref()
        .filter(|wanted| !settings.connections.iter().any(|known| known.name.as_str() == wanted.as_str()))
    {
        return Err(WrongUse(format!("no connection is called {wanted:?}")).into());
    }
    let operations = amz_app::operator::operations(&settings.store)?;
    let parked = operations.parked_items(connection.map(Into::into)).await?;
    let document: Vec<Value> = parked.iter().map(json_of).collect();
    output.write(&document, || text(&parked))?;
    Ok(if parked.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn json_of(parked: &Parked) -> Value {
    let Parked { key, subject, reason, since } = parked;
    json!({
        "connection": key.connection.as_str(), "lane": key.lane.to_string(), "subject": subject, "since": since,
        "code": reason.code, "cause": reason.cause, "hint": reason.hint, "who": reason.who.as_str(),
    })
}

/// Parked items as a table for people.
pub(crate) fn text(parked: &[Parked]) -> String {
    if parked.is_empty() {
        return "nothing needs a person\n".to_owned();
    }
    let rows: Vec<Vec<String>> = parked
        .iter()
        .map(|Parked { key, subject, reason, since }| {
            vec![
                key.to_string(),
                subject.clone(),
                since.format("%Y-%m-%d %H:%M").to_string(),
                reason.who.as_str().to_owned(),
                format!("{}: {}. {}", reason.code, reason.cause, reason.hint),
            ]
        })
        .collect();
    table(&["lane", "subject", "since", "who", "what and how to go on"], &rows)
}
