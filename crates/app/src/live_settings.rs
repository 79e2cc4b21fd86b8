//! Changing settings while the software runs: the one way, over HTTP and from the shell alike.

use std::sync::Arc;

use amz_domain::ConnectionName;
use amz_services::connection::Clock;
use amz_services::failure::StoreError;
use amz_services::ports::SettingsHistory;
use amz_services::ports::settings_history::{Appended, CurrentSettings, SettingChange, SettingsVersion};
use amz_store::OpenError;
use amz_store::Store;
use tokio::sync::Notify;

use crate::settings::{ConfigurationFaults, Settings, WantedChanges};

/// Longest note and longest name of who makes a change, in letters.
const LONGEST_NOTE: usize = 500;
const LONGEST_NAME: usize = 100;

/// How often a change is worked out anew when others change settings meanwhile.
const TRIES: usize = 5;

/// Reads and changes what is set at run time.
pub struct SettingsDesk {
    configuration: Settings,
    history: Arc<dyn SettingsHistory>,
    clock: Clock,
    changed: Arc<Notify>,
}

/// A change that somebody asks for.
#[derive(Debug, Clone)]
pub struct ChangeRequest {
    /// What shall be set; `None` gives a key back to the configuration.
    pub changes: WantedChanges,
    /// Who asks.
    pub by: String,
    /// Why.
    pub note: String,
    /// The version that they have seen; `None` when they do not mind.
    pub seen: Option<u64>,
}

/// A connection's settings as they are in effect.
#[derive(Debug, Clone)]
pub struct InEffect {
    /// The latest version; 0 before the first.
    pub version: u64,
    /// Who made it, when and why.
    pub latest: Option<SettingsVersion>,
    /// The whole configuration with it; without anything set at run time where a change left some of it faulty.
    pub settings: Settings,
}

/// What a change came to.
#[derive(Debug, Clone)]
pub struct Changed {
    /// What changed; empty when everything was so already, and then there is no new version.
    pub changes: Vec<SettingChange>,
    /// What is in effect since.
    pub since: InEffect,
}

/// Why settings could not be changed or shown. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// No connection has this name.
    #[error("no connection of this name is configured")]
    UnknownConnection,
    /// There is no such version.
    #[error("there is no version {0}")]
    UnknownVersion(u64),
    /// No key was named.
    #[error("no key was named that shall change")]
    NoChanges,
    /// The note is too long, or the name of who makes the change is missing or too long.
    #[error("a note has up to 500 letters, a name 1 to 100")]
    WordsTooLong,
    /// Somebody else was faster.
    #[error("the settings were changed meanwhile: the latest version is {latest}")]
    ChangedMeanwhile {
        /// The latest version.
        latest: u64,
    },
    /// The settings would be faulty.
    #[error(transparent)]
    Faults(#[from] ConfigurationFaults),
    /// The store is not available.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SettingsDesk {
    /// A desk for a configuration as file and environment have it. `changed` is notified after every change.
    pub fn new(
        configuration: Settings,
        history: Arc<dyn SettingsHistory>,
        clock: Clock,
        changed: Arc<Notify>,
    ) -> Self {
        Self { configuration, history, clock, changed }
    }

    /// A desk with the history beside the configured store.
    ///
    /// # Errors
    /// When the address of the store cannot be read.
    pub fn open(configuration: &Settings, clock: Clock) -> Result<Self, OpenError> {
        let history = Store::of(&configuration.store.options())?.settings_history();
        Ok(Self::new(configuration.clone(), history, clock, Arc::default()))
    }

    /// Notified after every change that this desk makes.
    pub fn changed(&self) -> Arc<Notify> {
        self.changed.clone()
    }

    /// True when a connection of this name is configured.
    pub fn knows(&self, connection: &ConnectionName) -> bool {
        self.configuration.connections.iter().any(|known| known.name == *connection)
    }

    /// A connection's settings as they are in effect.
    ///
    /// # Errors
    /// [`SettingsError::Faults`] when what was set does not fit the configuration any more.
    pub async fn in_effect(&self, connection: &ConnectionName) -> Result<InEffect, SettingsError> {
        self.demand(connection)?;
        let current = self.history.current().await?;
        let settings = self.configuration.at_run_time(&current)?;
        let latest = current.of(connection).cloned();
        Ok(InEffect { version: latest.as_ref().map_or(0, |latest| latest.version), latest, settings })
    }

    /// Changes a connection's settings, all that is asked for or nothing.
    ///
    /// # Errors
    /// [`SettingsError`]; nothing was stored.
    pub async fn change(
        &self,
        connection: &ConnectionName,
        request: ChangeRequest,
    ) -> Result<Changed, SettingsError> {
        self.demand(connection)?;
        let ChangeRequest { changes: wanted, by, note, seen } = request;
        if wanted.is_empty() {
            return Err(SettingsError::NoChanges);
        }
        let length = |text: &str| text.chars().count();
        if length(&note) > LONGEST_NOTE || !(1..=LONGEST_NAME).contains(&length(&by)) {
            return Err(SettingsError::WordsTooLong);
        }
        let mut latest = 0;
        for _ in 0..TRIES {
            let current = self.history.current().await?;
            latest = current.of(connection).map_or(0, |latest| latest.version);
            if seen.is_some_and(|seen| seen != latest) {
                break;
            }
            let sound = self.configuration.change(&current, connection, &wanted)?;
            if sound.changes.is_empty() {
                return Ok(Changed { changes: Vec::new(), since: self.in_effect(connection).await? });
            }
            let version = SettingsVersion {
                connection: connection.clone(),
                version: latest + 1,
                document: sound.document,
                changes: sound.changes.clone(),
                by: by.clone(),
                at: (self.clock)(),
                note: note.clone(),
            };
            if let Appended::Stored { .. } = self.history.append(version.clone(), current.generation).await? {
                self.changed.notify_one();
                let keys: Vec<&str> = sound.changes.iter().map(|change| change.key.as_str()).collect();
                tracing::info!(%connection, version = version.version, by, ?keys, "settings changed");
                let settings = sound.settings.unwrap_or_else(|| self.configuration.clone());
                let since = InEffect { version: version.version, latest: Some(version), settings };
                return Ok(Changed { changes: sound.changes, since });
            }
        }
        Err(SettingsError::ChangedMeanwhile { latest })
    }

    /// A connection's versions below `before`, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub async fn versions(
        &self,
        connection: &ConnectionName,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<SettingsVersion>, SettingsError> {
        self.demand(connection)?;
        Ok(self.history.versions(connection, before, limit).await?)
    }

    /// The keys that two versions have other values for, with the rest of the configuration as it is now. Version 0 is
    /// the configuration alone; without `to` the latest counts.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub async fn difference(
        &self,
        connection: &ConnectionName,
        from: u64,
        to: Option<u64>,
    ) -> Result<Vec<SettingChange>, SettingsError> {
        self.demand(connection)?;
        let current = self.history.current().await?;
        let latest = current.of(connection).map_or(0, |latest| latest.version);
        let from = self.at_version(&current, connection, from).await?;
        let to = self.at_version(&current, connection, to.unwrap_or(latest)).await?;
        let prefix = format!("connection[{connection}].");
        let keys = to.describe().keys().iter().filter_map(|key| key.key.strip_prefix(&prefix));
        let changes = keys.map(|key| SettingChange {
            key: key.to_owned(),
            before: from.value(connection, key),
            after: to.value(connection, key),
        });
        Ok(changes.filter(|change| change.before != change.after).collect())
    }

    /// The configuration with one version of a connection's settings, and the latest of all others.
    async fn at_version(
        &self,
        current: &CurrentSettings,
        connection: &ConnectionName,
        version: u64,
    ) -> Result<Settings, SettingsError> {
        let mut wanted = current.clone();
        wanted.latest.retain(|other| other.connection != *connection);
        if version > 0 {
            let found = self.history.versions(connection, version.checked_add(1), 1).await?;
            let found = found.into_iter().find(|found| found.version == version);
            wanted.latest.push(found.ok_or(SettingsError::UnknownVersion(version))?);
        }
        Ok(self.configuration.at_run_time(&wanted)?)
    }

    /// What is set at run time of all connections.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn current(&self) -> Result<CurrentSettings, StoreError> {
        self.history.current().await
    }

    fn demand(&self, connection: &ConnectionName) -> Result<(), SettingsError> {
        if self.knows(connection) { Ok(()) } else { Err(SettingsError::UnknownConnection) }
    }
}
