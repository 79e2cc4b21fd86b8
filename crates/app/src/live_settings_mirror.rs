//! What is set at run time, as it stands in NetSuite for people who live there: `customrecord_amz_config`.
//!
//! Each row is one key under an external id of ours; rows without one are not looked at. A row names the version that
//! it was written from, which tells a change that people made there from one that we made since.

use std::collections::BTreeMap;

use amz_connector::netsuite::{ConfigSetting, NetSuite};
use amz_domain::{ConnectionName, ExternalId};
use amz_services::failure::{PortError, StoreError};
use amz_services::ports::settings_history::{SettingsDocument, SettingsVersion};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::live_settings::{ChangeRequest, SettingsDesk, SettingsError};
use crate::settings::{ConfigRecord, WantedChanges, keys, value_of_text};

/// Who makes the changes that come from there.
const BY: &str = "netsuite";

/// A key as it stands there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ConfigRow {
    /// Place of the key below its connection.
    pub(crate) key: String,
    /// Its value as text; empty when it is not set at run time.
    pub(crate) value: String,
    /// The version that it was written from.
    pub(crate) version: Option<u64>,
    /// Who changed it; after a refusal, why.
    pub(crate) changed_by: Option<String>,
    /// When.
    pub(crate) changed_at: Option<DateTime<Utc>>,
}

/// Where the rows are.
#[async_trait]
pub(crate) trait ConfigRows: Send + Sync {
    /// All rows under external ids.
    ///
    /// # Errors
    /// Read failures.
    async fn rows(&self) -> Result<Vec<(ExternalId, ConfigRow)>, PortError>;

    /// Writes a row; writing it again leaves one.
    ///
    /// # Errors
    /// Any failure.
    async fn write(&self, external_id: &ExternalId, row: &ConfigRow) -> Result<(), PortError>;
}

#[async_trait]
impl ConfigRows for NetSuite {
    async fn rows(&self) -> Result<Vec<(ExternalId, ConfigRow)>, PortError> {
        let rows = self.config_rows().await?.into_iter();
        let ours = rows.filter_map(|row| Some((ExternalId::of_subject(&row.external_id?)?, row.setting)));
        let read = ours.map(|(id, setting)| {
            let ConfigSetting { key, value, version, changed_by, changed_at } = setting;
            (id, ConfigRow { key, value, version, changed_by, changed_at })
        });
        Ok(read.collect())
    }

    async fn write(&self, external_id: &ExternalId, row: &ConfigRow) -> Result<(), PortError> {
        let ConfigRow { key, value, version, changed_by, changed_at } = row.clone();
        let setting = ConfigSetting { key, value, version, changed_by, changed_at };
        self.write_config_row(external_id, &setting).await.map(drop)
    }
}

/// Why the rows were not brought in step.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// NetSuite could not be asked, or refused.
    #[error(transparent)]
    Call(#[from] PortError),
    /// The history is not available.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Settings could not be changed, for another reason than what they say.
    #[error(transparent)]
    Settings(SettingsError),
}

/// What one pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MirrorPass {
    /// Rows that were written.
    pub written: usize,
    /// Keys that people changed there and that count now.
    pub taken: Vec<String>,
    /// Keys that people changed there to something that cannot be.
    pub refused: Vec<String>,
}

/// Brings the rows of one connection in step, and takes over what people changed there when `mode` says so.
///
/// # Errors
/// [`MirrorError`]; the next pass goes on.
pub(crate) async fn pass(
    connection: &ConnectionName,
    mode: ConfigRecord,
    desk: &SettingsDesk,
    rows: &dyn ConfigRows,
) -> Result<MirrorPass, MirrorError> {
    if mode == ConfigRecord::Off {
        return Ok(MirrorPass::default());
    }
    let found = rows.rows().await?.into_iter();
    let found: Vec<ConfigRow> = found
        .filter(|(id, row)| *id == ExternalId::of_setting(connection, &row.key))
        .map(|(_, row)| row)
        .collect();
    let current = desk.current().await?;
    let documents = documents(connection, desk, &found).await?;
    let mut done = MirrorPass::default();
    let mut write = compare(mode, current.of(connection), &documents, &found);
    let mut refusals: BTreeMap<String, String> = BTreeMap::new();
    if !write.taken.is_empty() {
        for (change, text) in attempts(connection, desk, std::mem::take(&mut write.taken)).await? {
            match text {
                None => done.taken.extend(change.into_keys()),
                Some(why) => refusals.extend(change.into_keys().map(|key| (key, why.clone()))),
            }
        }
        let current = desk.current().await?;
        write = compare(ConfigRecord::Show, current.of(connection), &documents, &found);
    }
    for mut row in write.rows {
        if let Some(why) = refusals.get(&row.key) {
            row.changed_by = Some(format!("refused: {why}").chars().take(250).collect());
        }
        rows.write(&ExternalId::of_setting(connection, &row.key), &row).await?;
        done.written += 1;
    }
    done.refused = refusals.into_keys().collect();
    Ok(done)
}

/// Makes the changes together; when they cannot be, each by itself. With every change, why it was refused.
async fn attempts(
    connection: &ConnectionName,
    desk: &SettingsDesk,
    taken: WantedChanges,
) -> Result<Vec<(WantedChanges, Option<String>)>, MirrorError> {
    match attempt(connection, desk, taken.clone()).await? {
        None => Ok(vec![(taken, None)]),
        Some(why) if taken.len() == 1 => Ok(vec![(taken, Some(why))]),
        Some(_) => {
            let mut attempts = Vec::with_capacity(taken.len());
            for (key, value) in taken {
                let single = WantedChanges::from([(key, value)]);
                let refused = attempt(connection, desk, single.clone()).await?;
                attempts.push((single, refused));
            }
            Ok(attempts)
        }
    }
}

/// Why a change was refused; `None` when it was made.
async fn attempt(
    connection: &ConnectionName,
    desk: &SettingsDesk,
    changes: WantedChanges,
) -> Result<Option<String>, MirrorError> {
    let note = "changed inside NetSuite".to_owned();
    let request = ChangeRequest { changes, by: BY.to_owned(), note, seen: None };
    match desk.change(connection, request).await {
        Ok(_) => Ok(None),
        Err(SettingsError::Faults(faults)) => {
            let told: Vec<String> = faults.faults().iter().map(ToString::to_string).collect();
            Ok(Some(told.join("; ")))
        }
        Err(other) => Err(MirrorError::Settings(other)),
    }
}

/// The documents of the versions that rows name.
async fn documents(
    connection: &ConnectionName,
    desk: &SettingsDesk,
    rows: &[ConfigRow],
) -> Result<BTreeMap<u64, SettingsDocument>, MirrorError> {
    let mut documents = BTreeMap::new();
    for number in rows.iter().filter_map(|row| row.version) {
        if documents.contains_key(&number) {
            continue;
        }
        let found =
            desk.versions(connection, number.checked_add(1), 1).await.map_err(MirrorError::Settings)?;
        let found = found.into_iter().find(|version| version.version == number);
        documents.insert(number, found.map(|version| version.document).unwrap_or_default());
    }
    Ok(documents)
}

/// What must happen so that both sides are in step.
#[derive(Debug, Default, PartialEq, Eq)]
struct Difference {
    /// Rows to write.
    rows: Vec<ConfigRow>,
    /// What people changed there.
    taken: WantedChanges,
}

/// Compares what stands there with what is set. Of a key that both sides changed, what people wrote there counts when
/// they are followed.
fn compare(
    mode: ConfigRecord,
    current: Option<&SettingsVersion>,
    documents: &BTreeMap<u64, SettingsDocument>,
    found: &[ConfigRow],
) -> Difference {
    let mut difference = Difference::default();
    let empty = SettingsDocument::new();
    let document = current.map_or(&empty, |current| &current.document);
    let row_of = |key: &str| ConfigRow {
        key: key.to_owned(),
        value: text(document, key),
        version: Some(current.map_or(0, |current| current.version)),
        changed_by: current.map(|current| current.by.clone()),
        changed_at: current.map(|current| current.at),
    };
    for row in found {
        let written_from = row.version.and_then(|version| documents.get(&version)).unwrap_or(&empty);
        let (there, ours, then) = (row.value.trim(), text(document, &row.key), text(written_from, &row.key));
        let is_in_step = there == ours && there == then;
        let changed_there = there != ours && there != then;
        if changed_there && mode == ConfigRecord::Follow {
            let value = value_of_text(there).unwrap_or_else(|| Value::String(there.to_owned()));
            difference.taken.insert(row.key.clone(), Some(value).filter(|_| !there.is_empty()));
        } else if !is_in_step {
            difference.rows.push(row_of(&row.key));
        }
    }
    let stands_there = |key: &str| found.iter().any(|row| row.key == key);
    let shown: Vec<&str> = match mode {
        ConfigRecord::Off => Vec::new(),
        ConfigRecord::Show => document.keys().map(String::as_str).collect(),
        // people can change what stands there, so every key does
        ConfigRecord::Follow => keys()
            .filter(|key| key.is_changeable())
            .filter_map(|key| key.path.strip_prefix("connection."))
            .collect(),
    };
    difference.rows.extend(shown.into_iter().filter(|key| !stands_there(key)).map(row_of));
    difference
}

/// A value as a row shows it.
fn text(document: &SettingsDocument, key: &str) -> String {
    match document.get(key) {
        None => String::new(),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
#[path = "live_settings_mirror_tests.rs"]
mod tests;
