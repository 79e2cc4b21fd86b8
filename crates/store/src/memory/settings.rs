//! What is set at run time, in memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::ports::settings_history::{Appended, CurrentSettings, SettingsHistory, SettingsVersion};
use async_trait::async_trait;

/// Versions of settings in memory, oldest first.
#[derive(Debug, Default)]
pub struct MemorySettings(Mutex<Vec<SettingsVersion>>);

impl MemorySettings {
    /// No versions.
    pub fn new() -> Self {
        Self::default()
    }

    fn versions(&self) -> MutexGuard<'_, Vec<SettingsVersion>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn generation(versions: &[SettingsVersion]) -> u64 {
    u64::try_from(versions.len()).unwrap_or(u64::MAX)
}

#[async_trait]
impl SettingsHistory for MemorySettings {
    async fn generation(&self) -> Result<u64, StoreError> {
        Ok(generation(&self.versions()))
    }

    async fn current(&self) -> Result<CurrentSettings, StoreError> {
        let versions = self.versions();
        let mut latest: Vec<SettingsVersion> = Vec::new();
        for version in versions.iter() {
            latest.retain(|other| other.connection != version.connection);
            latest.push(version.clone());
        }
        latest.sort_by(|left, right| left.connection.as_str().cmp(right.connection.as_str()));
        Ok(CurrentSettings { generation: generation(&versions), latest })
    }

    async fn versions(
        &self,
        connection: &ConnectionName,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<SettingsVersion>, StoreError> {
        let versions = self.versions();
        let wanted = versions.iter().rev().filter(|version| {
            version.connection == *connection && before.is_none_or(|before| version.version < before)
        });
        Ok(wanted.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect())
    }

    async fn append(&self, mut version: SettingsVersion, made_from: u64) -> Result<Appended, StoreError> {
        let mut versions = self.versions();
        if generation(&versions) != made_from {
            return Ok(Appended::ChangedMeanwhile);
        }
        let latest = versions.iter().rev().find(|other| other.connection == version.connection);
        version.version = latest.map_or(1, |latest| latest.version + 1);
        versions.push(version);
        Ok(Appended::Stored { generation: generation(&versions) })
    }
}
