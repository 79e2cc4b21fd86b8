//! What is set at run time.

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::ports::settings_history::{Appended, CurrentSettings, SettingsHistory, SettingsVersion};
use async_trait::async_trait;

use super::open::PostgresDatabase;
use super::settings_versions as versions;
use crate::transaction::Fault;

/// Versions of settings in a database.
#[derive(Debug)]
pub struct PostgresSettings {
    database: PostgresDatabase,
}

impl PostgresSettings {
    /// The history in a database. Its tables are made by the first version, if they are not there yet.
    pub fn new(database: PostgresDatabase) -> Self {
        Self { database }
    }
}

#[async_trait]
impl SettingsHistory for PostgresSettings {
    async fn generation(&self) -> Result<u64, StoreError> {
        let read = self.database.in_time(async {
            let mut transaction = self.database.begin_by_key().await?;
            versions::generation(&mut transaction).await
        });
        Ok(or_none(read.await)?)
    }

    async fn current(&self) -> Result<CurrentSettings, StoreError> {
        let read = self.database.in_time(async {
            let mut transaction = self.database.begin_by_key().await?;
            versions::current(&mut transaction).await
        });
        Ok(or_none(read.await)?)
    }

    async fn versions(
        &self,
        connection: &ConnectionName,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<SettingsVersion>, StoreError> {
        let read = self.database.in_time(async {
            let mut transaction = self.database.begin_by_key().await?;
            versions::versions(&mut transaction, connection, before, limit).await
        });
        Ok(or_none(read.await)?)
    }

    async fn append(&self, version: SettingsVersion, generation: u64) -> Result<Appended, StoreError> {
        self.database.prepare().await.map_err(|error| StoreError::Unavailable {
            message: error.to_string(),
            source: Some(Box::new(error)),
        })?;
        self.database
            .write(move |connection| {
                Box::pin(async move {
                    // those who write come one after the other; nobody who reads waits
                    sqlx::query("lock table settings_versions in exclusive mode")
                        .execute(&mut *connection)
                        .await?;
                    versions::append(connection, &version, generation).await
                })
            })
            .await
    }
}

/// Where nobody has made the tables, nothing was set.
fn or_none<Answer: Default>(read: Result<Answer, Fault>) -> Result<Answer, Fault> {
    const UNDEFINED_TABLE: &str = "42P01";
    match read {
        Err(Fault(StoreError::Unavailable { source: Some(source), .. }))
            if source
                .downcast_ref::<sqlx::Error>()
                .and_then(sqlx::Error::as_database_error)
                .and_then(sqlx::error::DatabaseError::code)
                .is_some_and(|code| code == UNDEFINED_TABLE) =>
        {
            Ok(Answer::default())
        }
        read => read,
    }
}
