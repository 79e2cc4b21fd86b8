//! The versions of what was set while the software runs.

use std::collections::BTreeMap;

use amz_domain::ConnectionName;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::StoreError;

/// Values that are set at run time, by the key's place below its connection, for example `policy.hold`.
pub type SettingsDocument = BTreeMap<String, Value>;

/// What a change did to one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingChange {
    /// Place of the key below its connection.
    pub key: String,
    /// The value in effect before; absent when the key had none.
    pub before: Option<Value>,
    /// The value in effect since; absent when the key has none.
    pub after: Option<Value>,
}

/// One version of a connection's settings at run time. Never holds a secret: secrets cannot be set at run time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsVersion {
    /// Whose settings.
    pub connection: ConnectionName,
    /// Counts a connection's versions from 1, without gaps.
    pub version: u64,
    /// All that is set at run time since this version; what it does not name comes from the configuration.
    pub document: SettingsDocument,
    /// What this version changed.
    pub changes: Vec<SettingChange>,
    /// Who made it: a token's name, an operating system user, or `netsuite`.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, in the words of who made it; empty when they said nothing.
    pub note: String,
}

/// What is set at run time, of all connections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CurrentSettings {
    /// Grows with every version of any connection; 0 before the first.
    pub generation: u64,
    /// The latest version of each connection that has any, by name.
    pub latest: Vec<SettingsVersion>,
}

impl CurrentSettings {
    /// The latest version of a connection.
    pub fn of(&self, connection: &ConnectionName) -> Option<&SettingsVersion> {
        self.latest.iter().find(|version| version.connection == *connection)
    }
}

/// What became of a new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is durable, and this is the generation since.
    Stored {
        /// See [`CurrentSettings::generation`].
        generation: u64,
    },
    /// Somebody changed settings since the generation that the version was made from; nothing was stored.
    ChangedMeanwhile,
}

/// Keeps the versions. Several processes may use one history at the same time.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
#[async_trait]
pub trait SettingsHistory: Send + Sync {
    /// The generation alone: a cheap way to notice changes.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn generation(&self) -> Result<u64, StoreError>;

    /// What is set at run time.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn current(&self) -> Result<CurrentSettings, StoreError>;

    /// A connection's versions below `before`, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    async fn versions(
        &self,
        connection: &ConnectionName,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<SettingsVersion>, StoreError>;

    /// Stores a version that was made from what was current at `generation`. Its number is the one after its
    /// connection's latest, whatever the version says. Of two who start from the same generation one succeeds: the
    /// settings of all connections are checked together, so a change of any of them counts.
    ///
    /// # Errors
    /// When nothing was stored.
    async fn append(&self, version: SettingsVersion, generation: u64) -> Result<Appended, StoreError>;
}
