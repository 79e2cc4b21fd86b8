//! Connecting to a database, and bringing its tables up to date.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, Postgres};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Transaction};

use super::STORE;
use super::trials::{self, MARGIN, Trials};
use crate::OpenError;

/// Two processes that start at once bring the tables up to date one after the other. The number means nothing.
const MIGRATION_LOCK: i64 = 0x616d_7a5f_6d69_6772;

/// What stands between us and the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pooler {
    /// Nothing, or a pooler that gives each client a connection of its own.
    #[default]
    None,
    /// A pooler that gives a connection for a transaction at a time, as PgBouncer does in mode `transaction`: nothing is
    /// kept in a session, and reads are transactions too.
    Transaction,
}

/// How to use a database.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Where it is: `postgres://user:password@host:port/database?sslmode=verify-full`. Holds a secret.
    pub url: SecretString,
    /// Most connections of this process.
    pub max_connections: u32,
    /// How long to wait for one of them.
    pub acquire_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// What stands in between.
    pub pooler: Pooler,
}

impl StoreOptions {
    /// The defaults for a database.
    pub fn new(url: SecretString) -> Self {
        Self {
            url,
            max_connections: 16,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            pooler: Pooler::None,
        }
    }

    /// Whether a connection can be tried with them.
    ///
    /// # Errors
    /// [`OpenError::Url`].
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        self.connect().map(|_| ())
    }

    /// The settings of a transaction where a session has none.
    fn preparation(&self) -> String {
        let timeout = self.statement_timeout.as_millis();
        format!(
            "deallocate all; set local statement_timeout = {timeout}; set local lock_timeout = {timeout};
             set local idle_in_transaction_session_timeout = {timeout}; set local synchronous_commit = on"
        )
    }

    /// The options of a connection. An error of the driver may repeat parts of the URL, so it is not passed on.
    fn connect(&self) -> Result<PgConnectOptions, OpenError> {
        let invalid = || OpenError::Url {
            url: "postgres://…".to_owned(),
            problem: "it is no PostgreSQL URL: postgres://user:password@host:port/database?sslmode=verify-full",
        };
        let url = self.url.expose_secret();
        // a password that is not escaped would be taken for host, port and fragment
        let options =
            PgConnectOptions::from_str(url).ok().filter(|_| !url.contains('#')).ok_or_else(invalid)?;
        let options = options.application_name("amz-accelerator").disable_statement_logging();
        Ok(match self.pooler {
            Pooler::None => {
                let timeout = self.statement_timeout.as_millis().to_string();
                options.options([
                    ("statement_timeout", timeout.as_str()),
                    ("lock_timeout", timeout.as_str()),
                    ("idle_in_transaction_session_timeout", timeout.as_str()),
                    ("synchronous_commit", "on"),
                ])
            }
            // poolers refuse settings of a session: each transaction has its own
            Pooler::Transaction => options.statement_cache_capacity(0).extra_float_digits(None),
        })
    }
}

/// What a database that does not answer is to its users: as good as gone.
pub(super) fn silent(limit: Duration) -> sqlx::Error {
    let message = format!("the database did not answer in {} s", limit.as_secs());
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, message))
}

/// A database that this process uses. Clones share its connections.
#[derive(Debug, Clone)]
pub struct PostgresDatabase {
    pub(crate) pool: PgPool,
    pub(super) trials: Trials,
    pub(super) pooler: Pooler,
    /// How long the database may be silent altogether: no statement takes so long, and no wait for a connection.
    pub(super) limit: Duration,
    /// What a transaction sends first behind a pooler that keeps no settings of a session.
    preparation: Arc<str>,
    name: String,
}

impl PostgresDatabase {
    /// Prepares connections without making any yet.
    ///
    /// # Errors
    /// [`OpenError::Url`].
    pub fn connect_lazily(options: &StoreOptions) -> Result<Self, OpenError> {
        let connect = options.connect()?;
        let name = format!("{}/{}", connect.get_host(), connect.get_database().unwrap_or_default());
        let trials = Trials::default();
        let tried = trials.clone();
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections.max(1))
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .before_acquire(|connection, used| Box::pin(trials::taken(connection, used.idle_for)))
            .after_release(move |connection, _| {
                let trials = tried.clone();
                Box::pin(async move { trials.given_back(connection).await })
            })
            .connect_lazy_with(connect);
        let limit = options.statement_timeout.saturating_add(options.acquire_timeout).saturating_add(MARGIN);
        let preparation = options.preparation().into();
        Ok(Self { pool, trials, pooler: options.pooler, limit, preparation, name })
    }

    /// Host and database, for people; never user or password.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Connects and brings the tables up to date. Safe when many processes start at once.
    ///
    /// # Errors
    /// [`OpenError::Server`] when it cannot be reached, [`OpenError::ServerMigration`] when the tables cannot be brought
    /// up to date, also when a newer version made them.
    pub async fn prepare(&self) -> Result<(), OpenError> {
        self.migrate().await.map_err(|source| match source {
            MigrateError::Execute(source) => self.refused(source),
            source => OpenError::ServerMigration { database: self.name.clone(), source },
        })
    }

    /// Asks the server whether it answers and takes writes.
    ///
    /// # Errors
    /// [`OpenError::Server`] when there is no answer, [`OpenError::ReadOnly`] when it takes no writes.
    pub async fn ask(&self) -> Result<(), OpenError> {
        let asked = self.in_time(async {
            let mut transaction = self.begin("begin").await?;
            let read_only: bool = sqlx::query_scalar(
                "select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean",
            )
            .fetch_one(&mut *transaction)
            .await?;
            transaction.rollback().await?;
            Ok::<_, sqlx::Error>(read_only)
        });
        match asked.await {
            Ok(false) => Ok(()),
            Ok(true) => Err(OpenError::ReadOnly { database: self.name.clone() }),
            Err(source) => Err(self.refused(source)),
        }
    }

    /// How many steps made the tables; none when there are no tables.
    pub(crate) async fn steps(&self) -> Result<usize, OpenError> {
        let counted = self.in_time(async {
            let known: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
                .fetch_one(&self.pool)
                .await?;
            if !known {
                return Ok(0);
            }
            sqlx::query_scalar("select count(*) from _sqlx_migrations where success")
                .fetch_one(&self.pool)
                .await
        });
        let steps: i64 = counted.await.map_err(|source| self.refused(source))?;
        Ok(usize::try_from(steps).unwrap_or(0))
    }

    /// Ends the connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn refused(&self, source: sqlx::Error) -> OpenError {
        OpenError::Server { database: self.name.clone(), source }
    }

    /// Begins a transaction with a statement, which may be followed by settings of the transaction.
    ///
    /// The driver names the statements that it prepares, the same names on every connection. A pooler hands out connections
    /// on which others have prepared theirs, so those go first.
    pub(super) async fn begin(
        &self,
        begin: &'static str,
    ) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        match self.pooler {
            Pooler::None => self.in_time(self.trials.begins(self.pool.begin_with(begin))).await,
            Pooler::Transaction => {
                self.in_time(self.trials.begins(self.pool.begin_with(self.prepared(begin)))).await
            }
        }
    }

    /// The same on a connection that its holder keeps.
    pub(super) async fn begin_on<'connection>(
        &self,
        connection: &'connection mut PgConnection,
        begin: &'static str,
    ) -> Result<Transaction<'connection, Postgres>, sqlx::Error> {
        match self.pooler {
            Pooler::None => self.trials.begins(connection.begin_with(begin)).await,
            Pooler::Transaction => self.trials.begins(connection.begin_with(self.prepared(begin))).await,
        }
    }

    fn prepared(&self, begin: &'static str) -> AssertSqlSafe<String> {
        AssertSqlSafe(format!("{begin}; {}", self.preparation))
    }

    /// Does something with the database, which must not be silent for long: a network that loses what is sent makes no
    /// error by itself.
    pub(super) async fn in_time<Answer, Failure: From<sqlx::Error>>(
        &self,
        work: impl Future<Output = Result<Answer, Failure>>,
    ) -> Result<Answer, Failure> {
        match tokio::time::timeout(self.limit, work).await {
            Ok(answer) => answer,
            Err(_) => Err(silent(self.limit).into()),
        }
    }

    /// One transaction with a lock that ends with it: a lock of a session would be lost behind a pooler.
    async fn migrate(&self) -> Result<(), MigrateError> {
        let mut transaction = self.begin("begin").await?;
        transaction.execute("set local lock_timeout = 0").await?;
        transaction.execute("set local statement_timeout = 0").await?;
        sqlx::query("select pg_advisory_xact_lock($1)")
            .bind(MIGRATION_LOCK)
            .execute(&mut *transaction)
            .await?;
        let mut steps = sqlx::migrate::Migrator {
            migrations: STORE.migrations.clone(),
            ..sqlx::migrate::Migrator::DEFAULT
        };
        steps.set_locking(false);
        // `run` takes what only one lifetime can give, and the future could not be sent to another thread
        steps.run_direct(None, &mut *transaction, false).await?;
        transaction.commit().await?;
        Ok(())
    }
}
