//! What a server does that its users should know of.

use std::time::Duration;

use super::PostgresDatabase;
use crate::OpenError;

/// How a database server is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerState {
    /// How long the oldest transaction of this database has been open, as far as its user may see it. Rows that were
    /// deleted since then cannot be cleaned up.
    pub oldest_transaction: Duration,
    /// The name of a setting that lets what was acknowledged be lost when the server crashes.
    pub not_durable: Option<&'static str>,
}

impl PostgresDatabase {
    /// Asks how the server is doing. Nothing is changed.
    ///
    /// # Errors
    /// [`OpenError::Server`].
    pub async fn server_state(&self) -> Result<ServerState, OpenError> {
        let asked = self.in_time(async {
            let mut transaction = self.begin("begin").await?;
            let (oldest, fsync, synchronous_commit): (i64, String, String) = sqlx::query_as(
                "select cast(coalesce(extract(epoch from clock_timestamp() - min(began)), 0) as bigint),
                        current_setting('fsync'), current_setting('synchronous_commit')
                 from (select xact_start as began from pg_stat_activity where datname = current_database()
                       union all
                       select prepared from pg_prepared_xacts where database = current_database()) as open",
            )
            .fetch_one(&mut *transaction)
            .await?;
            transaction.rollback().await?;
            let setting = |name, value: String| (value == "off").then_some(name);
            Ok(ServerState {
                oldest_transaction: Duration::from_secs(oldest.unsigned_abs()),
                not_durable: setting("fsync", fsync)
                    .or_else(|| setting("synchronous_commit", synchronous_commit)),
            })
        });
        asked.await.map_err(|source| self.refused(source))
    }
}
