//! `amz config`: check a configuration, show what it comes to, change it while the software runs.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use amz_app::live_settings::{ChangeRequest, SettingsDesk, SettingsError};
use amz_app::settings::{ConfigurationFaults, Settings, WantedChanges, value_of_text};
use amz_domain::ConnectionName;
use amz_services::ports::settings_history::{SettingChange, SettingsVersion};
use chrono::Utc;
use serde_json::{Value, json};

use super::{WrongUse, connection, settings};
use crate::arguments::{ConfigAction, SetOptions, SettingsOptions};
use crate::output::{Output, table};

pub(crate) async fn run(
    config: Option<&Path>,
    action: ConfigAction,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    match action {
        ConfigAction::Check => check(config, output).await,
        ConfigAction::Show => {
            let settings = in_effect(&settings(config)?).await??;
            output.write(settings.describe(), || format!("{}\n", settings.describe()))?;
            Ok(ExitCode::SUCCESS)
        }
        ConfigAction::Set(options) => set(config, options, output).await,
        ConfigAction::History { settings, limit } => history(config, settings, limit, output).await,
        ConfigAction::Diff { settings, from, to } => diff(config, settings, from, to, output).await,
    }
}

/// The configuration with what is set at run time.
pub(super) async fn in_effect(
    configuration: &Settings,
) -> anyhow::Result<Result<Settings, ConfigurationFaults>> {
    let current = desk(configuration)?.current().await?;
    Ok(configuration.at_run_time(&current))
}

async fn check(config: Option<&Path>, output: &Output) -> anyhow::Result<ExitCode> {
    let checked = match amz_app::process::load(config) {
        Ok(configuration) => in_effect(&configuration).await?,
        Err(faults) => Err(faults),
    };
    match checked {
        Ok(settings) => {
            let names: Vec<&str> =
                settings.connections.iter().map(|connection| connection.name.as_str()).collect();
            let document = json!({"faults": [], "connections": names});
            output.write(&document, || format!("no faults; connections: {}\n", names.join(", ")))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => {
            output.write(&faults, || format!("{faults}\n"))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

async fn set(config: Option<&Path>, options: SetOptions, output: &Output) -> anyhow::Result<ExitCode> {
    let SetOptions { changes, unset, settings: wanted, note, by, seen } = options;
    let configuration = settings(config)?;
    let name = chosen(&configuration, &wanted)?;
    let changes = wanted_changes(&changes, unset)?;
    let request = ChangeRequest { changes, by: by.unwrap_or_else(user), note, seen };
    match desk(&configuration)?.change(&name, request).await {
        Ok(changed) => {
            let version = changed.since.version;
            let document =
                json!({"connection": name.as_str(), "version": version, "changes": changed.changes});
            output.write(&document, || match changed.changes.as_slice() {
                [] => format!("everything was so already; version {version}\n"),
                changes => format!("version {version}\n{}", rows(changes)),
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Err(SettingsError::Faults(faults)) => {
            output.write(&faults, || format!("nothing was changed: {faults}\n"))?;
            Ok(ExitCode::FAILURE)
        }
        Err(error @ SettingsError::WordsTooLong) => Err(WrongUse(error.to_string()).into()),
        Err(error) => Err(error.into()),
    }
}

async fn history(
    config: Option<&Path>,
    wanted: SettingsOptions,
    limit: u32,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let configuration = settings(config)?;
    let name = chosen(&configuration, &wanted)?;
    let versions = desk(&configuration)?.versions(&name, None, limit).await?;
    let document = json!({
        "connection": name.as_str(),
        "versions": versions.iter().map(version_document).collect::<Vec<_>>(),
    });
    output.write(&document, || match versions.as_slice() {
        [] => "nothing was changed at run time yet\n".to_owned(),
        versions => versions.iter().map(version_text).collect::<Vec<_>>().join("\n"),
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn diff(
    config: Option<&Path>,
    wanted: SettingsOptions,
    from: u64,
    to: Option<u64>,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let configuration = settings(config)?;
    let name = chosen(&configuration, &wanted)?;
    let changes = match desk(&configuration)?.difference(&name, from, to).await {
        Err(SettingsError::UnknownVersion(version)) => {
            return Err(WrongUse(format!("there is no version {version} of {name:?}")).into());
        }
        other => other?,
    };
    let document = json!({"connection": name.as_str(), "from": from, "to": to, "changes": changes});
    output.write(&document, || match changes.as_slice() {
        [] => "no difference\n".to_owned(),
        changes => rows(changes),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn desk(configuration: &Settings) -> anyhow::Result<SettingsDesk> {
    Ok(SettingsDesk::open(configuration, Arc::new(Utc::now))?)
}

fn chosen(configuration: &Settings, wanted: &SettingsOptions) -> Result<ConnectionName, WrongUse> {
    connection(configuration, wanted.connection.as_deref()).map(|connection| connection.name.clone())
}

/// The operating system's name of who runs this.
fn user() -> String {
    let named = |variable| std::env::var(variable).ok().filter(|name| !name.trim().is_empty());
    named("USER").or_else(|| named("LOGNAME")).or_else(|| named("USERNAME")).unwrap_or("shell".to_owned())
}

fn wanted_changes(changes: &[String], unset: Vec<String>) -> Result<WantedChanges, WrongUse> {
    let mut wanted = WantedChanges::new();
    for change in changes {
        let Some((key, text)) = change.split_once('=') else {
            return Err(WrongUse(format!("{change:?} is not KEY=VALUE")));
        };
        let value = value_of_text(text).ok_or_else(|| {
            WrongUse(format!("the value of {key} begins like a list or a table and is none"))
        })?;
        if wanted.insert(key.trim().to_owned(), Some(value)).is_some() {
            return Err(WrongUse(format!("{key} is given twice")));
        }
    }
    for key in unset {
        if wanted.insert(key.clone(), None).is_some() {
            return Err(WrongUse(format!("{key} is given twice")));
        }
    }
    Ok(wanted)
}

fn rows(changes: &[SettingChange]) -> String {
    let rows: Vec<Vec<String>> = changes
        .iter()
        .map(|change| vec![change.key.clone(), shown(change.before.as_ref()), shown(change.after.as_ref())])
        .collect();
    table(&["key", "before", "after"], &rows)
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "(none)".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn version_text(version: &SettingsVersion) -> String {
    let SettingsVersion { version, by, at, note, changes, .. } = version;
    let note = if note.is_empty() { String::new() } else { format!("  {note}") };
    format!("version {version}  {}  {by}{note}\n{}", at.format("%Y-%m-%d %H:%M:%S UTC"), rows(changes))
}

fn version_document(version: &SettingsVersion) -> Value {
    let SettingsVersion { connection: _, version, document, changes, by, at, note } = version;
    json!({"version": version, "at": at, "by": by, "note": note, "changes": changes, "document": document})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(changes: &[&str], unset: &[&str]) -> Result<WantedChanges, String> {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        wanted_changes(&own(changes), own(unset)).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn values_are_text_lists_or_tables() {
        let changes =
            ["policy.hold=10m", "mapping.eligible=[\"location\"]", "mapping.ship_speed={ 92 = \"A=B\" }"];
        let read = wanted(&changes, &["policy.go_live"]).unwrap();
        assert_eq!(read["policy.hold"], Some(json!("10m")));
        assert_eq!(read["mapping.eligible"], Some(json!(["location"])));
        assert_eq!(read["mapping.ship_speed"], Some(json!({"92": "A=B"})));
        assert_eq!(read["policy.go_live"], None);
    }

    #[test]
    fn what_is_no_assignment_is_wrong_use() {
        assert!(wanted(&["policy.hold"], &[]).unwrap_err().contains("KEY=VALUE"));
        assert!(wanted(&["mapping.eligible=[\"location\""], &[]).unwrap_err().contains("mapping.eligible"));
        assert!(wanted(&["policy.hold=1s", "policy.hold=2s"], &[]).unwrap_err().contains("twice"));
        assert!(wanted(&["policy.hold=1s"], &["policy.hold"]).unwrap_err().contains("twice"));
    }
}
