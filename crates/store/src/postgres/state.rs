//! All that a deployment keeps, but for the notices.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use amz_services::failure::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::Transaction;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, Postgres};

use super::batches::Batches;
use super::open::{Pooler, PostgresDatabase};
use super::purge;
use crate::OpenError;
use crate::purged::Purged;
use crate::store::State;
use crate::stored::instant;
use crate::transaction::{Fault, Step};

/// The state, which any number of processes may have open.
#[derive(Debug, Clone)]
pub struct PostgresState {
    pub(super) database: PostgresDatabase,
    pub(super) batches: Arc<Batches>,
    time: LeaseTime,
}

/// Whose time leases are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseTime {
    /// The database's: the clocks of machines differ.
    Database,
    /// The caller's, for tests that play time.
    Caller,
}

impl PostgresState {
    /// Opens the state of a database and brings its tables up to date. Leases of other processes stay.
    ///
    /// # Errors
    /// See [`PostgresDatabase::prepare`].
    pub async fn open(database: PostgresDatabase, time: LeaseTime) -> Result<Self, OpenError> {
        database.prepare().await?;
        Ok(Self::with(database, time))
    }

    /// The state of a database as it is, for reading: nothing is created or changed.
    pub(crate) fn as_it_is(database: PostgresDatabase) -> Self {
        Self::with(database, LeaseTime::Database)
    }

    fn with(database: PostgresDatabase, time: LeaseTime) -> Self {
        let batches = Arc::new(Batches::start(&database, time));
        Self { database, batches, time }
    }

    /// Runs `work` in one transaction and answers after its commit is durable; see [`PostgresDatabase::write`].
    pub(super) async fn write<Answer, Work>(&self, work: Work) -> Result<Answer, StoreError>
    where
        Answer: Send + 'static,
        Work: for<'connection> FnOnce(&'connection mut PgConnection) -> Step<'connection, Answer>
            + Clone
            + Send
            + 'static,
    {
        self.database.write(work).await
    }

    /// Runs work that is a single statement, which is a transaction of its own; see [`PostgresDatabase::write_row`].
    pub(super) async fn write_row<Answer, Work>(&self, work: Work) -> Result<Answer, StoreError>
    where
        Answer: Send + 'static,
        Work: for<'connection> FnOnce(&'connection mut PgConnection) -> Step<'connection, Answer>
            + Clone
            + Send
            + 'static,
    {
        self.database.write_row(work).await
    }

    /// A connection for one read.
    pub(super) async fn reader(&self) -> Result<Reader, Fault> {
        Ok(match self.database.pooler {
            Pooler::None => Reader::Connection(self.database.pool.acquire().await?),
            Pooler::Transaction => Reader::Transaction(self.database.begin("begin").await?),
        })
    }

    /// A connection whose reads all see one state of the database.
    pub(super) async fn snapshot(&self) -> Result<Transaction<'static, Postgres>, Fault> {
        Ok(self.database.begin("begin isolation level repeatable read read only").await?)
    }

    /// Whose time leases are in.
    pub(super) fn lease_time(&self) -> LeaseTime {
        self.time
    }

    /// Ends the connections.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

#[async_trait]
impl State for PostgresState {
    async fn purge(&self, before: DateTime<Utc>, limit: u32) -> Result<Purged, StoreError> {
        self.write(move |connection| Box::pin(async move { purge::purge(connection, before, limit).await }))
            .await
    }

    async fn close(&self) {
        self.close().await;
    }
}

impl LeaseTime {
    /// The instant from which a lease lasts.
    pub(super) async fn now(
        self,
        connection: &mut PgConnection,
        given: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, Fault> {
        match self {
            Self::Caller => Ok(given),
            Self::Database => {
                let now: i64 = sqlx::query_scalar(
                    "select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)",
                )
                .fetch_one(connection)
                .await?;
                Ok(instant(now)?)
            }
        }
    }
}

/// A connection for reading; a transaction where a pooler may hand out another connection for each.
pub(super) enum Reader {
    Connection(PoolConnection<Postgres>),
    Transaction(Transaction<'static, Postgres>),
}

impl Deref for Reader {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match self {
            Self::Connection(connection) => connection,
            Self::Transaction(transaction) => transaction,
        }
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match self {
            Self::Connection(connection) => connection,
            Self::Transaction(transaction) => transaction,
        }
    }
}
