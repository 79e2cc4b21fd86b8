//! Whether a connection is of use to whoever needs one next.
//!
//! Every trial is a message to the server and back, several for each piece of work, so they are few and cheap. The driver
//! makes one more of its own when a connection is given back, without a limit: ours come first.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};

use super::open::silent;

/// How long a connection that is tried may be silent.
pub(super) const MARGIN: Duration = Duration::from_secs(5);

/// One that answered so lately is given out untried: a server that goes away takes longer to come back.
const LATELY: Duration = Duration::from_millis(50);

/// How long after a transaction may have been left open connections are tried so that it ends. The one it was left open
/// on is given back at once.
const DOUBTED_FOR: Duration = Duration::from_secs(60);

/// How connections are tried. Clones share what is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Trials {
    doubted: Arc<Mutex<Option<Instant>>>,
}

impl Trials {
    /// Begins a transaction. Who gives up meanwhile leaves it open without the driver's knowing, and so does a setting of
    /// it that is refused; then connections are tried so that it ends.
    pub(super) async fn begins<Begun>(
        &self,
        begin: impl Future<Output = Result<Begun, sqlx::Error>>,
    ) -> Result<Begun, sqlx::Error> {
        let begin = pin!(begin);
        // dropped before the future that gives its connection back
        let doubt = Doubt(Some(self));
        let begun = begin.await?;
        doubt.dispel();
        Ok(begun)
    }

    /// Tries a connection that is given back: one that is silent is closed before others are given it.
    pub(super) async fn given_back(&self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        if self.is_doubted() {
            // refused where a transaction has failed, and then the connection is closed
            in_time(connection.execute("begin; rollback")).await?;
        } else {
            in_time(connection.ping()).await?;
        }
        Ok(true)
    }

    fn is_doubted(&self) -> bool {
        let doubted = *self.doubted.lock().unwrap_or_else(PoisonError::into_inner);
        doubted.is_some_and(|since| since.elapsed() < DOUBTED_FOR)
    }
}

/// Tries a connection that nobody has used for a while.
pub(super) async fn taken(connection: &mut PgConnection, unused_for: Duration) -> Result<bool, sqlx::Error> {
    if unused_for >= LATELY {
        in_time(connection.ping()).await?;
    }
    Ok(true)
}

async fn in_time<Answer>(
    trial: impl Future<Output = Result<Answer, sqlx::Error>>,
) -> Result<Answer, sqlx::Error> {
    match tokio::time::timeout(MARGIN, trial).await {
        Ok(answer) => answer,
        Err(_) => Err(silent(MARGIN)),
    }
}

/// Remembers that it was dropped before it was dispelled.
struct Doubt<'trials>(Option<&'trials Trials>);

impl Doubt<'_> {
    fn dispel(mut self) {
        self.0 = None;
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if let Some(trials) = self.0 {
            *trials.doubted.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Row;
    use sqlx::postgres::PgPool;

    use super::super::{PostgresDatabase, StoreOptions};
    use super::*;

    /// A database with one connection for all, and a connection of somebody else.
    async fn database() -> (PostgresDatabase, PgPool) {
        let url = amz_temporary_postgres::new_database().unwrap();
        let options = StoreOptions { max_connections: 1, ..StoreOptions::new(url.clone().into()) };
        let other = PgPool::connect(&url).await.unwrap();
        other.execute("create table noted (what text)").await.unwrap();
        (PostgresDatabase::connect_lazily(&options).unwrap(), other)
    }

    /// Adds a row without beginning anything, and has somebody else look for it.
    async fn is_kept(database: &PostgresDatabase, other: &PgPool) -> bool {
        database.pool.execute("insert into noted values ('row')").await.unwrap();
        let found = other.fetch_one("select count(*) from noted").await.unwrap();
        found.get::<i64, _>(0) == 1
    }

    #[tokio::test]
    async fn a_transaction_that_somebody_gave_up_to_begin_does_not_swallow_what_comes_next() {
        let (database, other) = database().await;
        // the connection is there: the first thing that takes time is the beginning
        database.pool.execute("select 1").await.unwrap();
        let begin = database.begin("begin; select pg_sleep(0.2)");
        assert!(tokio::time::timeout(Duration::from_millis(50), begin).await.is_err());
        assert!(database.trials.is_doubted());
        assert!(is_kept(&database, &other).await);
    }

    #[tokio::test]
    async fn a_transaction_whose_settings_were_refused_harms_nobody() {
        let (database, other) = database().await;
        database.begin("begin; set local statement_timeout = 'soon'").await.unwrap_err();
        assert!(is_kept(&database, &other).await);
    }

    #[tokio::test]
    async fn a_transaction_that_began_leaves_no_doubt() {
        let (database, other) = database().await;
        database.begin("begin").await.unwrap().rollback().await.unwrap();
        assert!(!database.trials.is_doubted());
        assert!(is_kept(&database, &other).await);
    }
}
