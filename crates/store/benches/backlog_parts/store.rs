//! Stores with much in them, written by the database itself.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use amz_store::postgres::StoreOptions;
use amz_store::{State, Store};
use amz_temporary_postgres::{Durability, TemporaryPostgres};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// Where stores are made.
pub(crate) enum Place {
    Folder(tempfile::TempDir),
    Server(TemporaryPostgres),
}

impl Place {
    pub(crate) fn of(database: Database) -> std::io::Result<Self> {
        match database {
            Database::Sqlite => Ok(Self::Folder(tempfile::tempdir()?)),
            Database::Postgres => Ok(Self::Server(TemporaryPostgres::start(Durability::Full)?)),
        }
    }

    pub(crate) fn database(&self) -> Database {
        match self {
            Self::Folder(_) => Database::Sqlite,
            Self::Server(_) => Database::Postgres,
        }
    }

    pub(crate) fn new_url(&self, name: &str) -> String {
        match self {
            Self::Folder(folder) => {
                let folder = folder.path().join(name);
                std::fs::create_dir_all(&folder).unwrap();
                format!("sqlite://{}", folder.join("bench.db").display())
            }
            Self::Server(server) => server.new_database(name).unwrap(),
        }
    }

    /// A new store with its tables; nobody has it open.
    pub(crate) async fn new_store(&self, name: &str) -> Filling {
        let url = self.new_url(name);
        open(&url).await.close().await;
        Filling { url, database: self.database() }
    }
}

/// Opens what the synchronising role keeps.
pub(crate) async fn open(url: &str) -> Arc<dyn State> {
    Store::of(&StoreOptions::new(url.into())).unwrap().state().await.unwrap()
}

/// A store that is not open.
pub(crate) struct Filling {
    pub(crate) url: String,
    database: Database,
}

/// A store at work.
pub(crate) struct Filled {
    pub(crate) state: Arc<dyn State>,
    position: AtomicI64,
}

impl Filled {
    /// The next row of the feed of this bench.
    pub(crate) fn next_position(&self) -> i64 {
        self.position.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) async fn close(self) {
        self.state.close().await;
    }
}

impl Filling {
    pub(crate) async fn open(&self) -> Filled {
        Filled { state: open(&self.url).await, position: AtomicI64::new(1) }
    }

    /// So many due lanes with one request each.
    pub(crate) async fn add_lanes(&self, merchant: &str, lanes: u64) {
        let lane = self.numbered("order/");
        let (due, numbers) = ("1700000000000000 + number", self.numbers(lanes));
        self.run(&[
            format!(
                "insert into lanes (connection, lane, due_at, last_sequence, urgency)
                 select '{merchant}', {lane}, {due}, 1, 1 from {numbers}"
            ),
            format!(
                "insert into requests (connection, lane, sequence, ask, due_at, urgency)
                 select '{merchant}', {lane}, 1, '\"AmazonOrder\"', {due}, 1 from {numbers}"
            ),
        ])
        .await;
    }

    /// So many requests behind one order whose time has not come.
    pub(crate) async fn add_blocked(&self, merchant: &str, requests: u64) {
        let (later, numbers) = ("4000000000000000", self.numbers(requests));
        self.run(&[
            format!(
                "insert into lanes (connection, lane, due_at, last_sequence, urgency, attempts)
                 values ('{merchant}', 'order/blocked', {later}, {requests}, 1, 3)"
            ),
            format!(
                "insert into requests (connection, lane, sequence, ask, due_at, urgency)
                 select '{merchant}', 'order/blocked', number, '\"AmazonOrder\"', 1700000000000000, 1 from {numbers}"
            ),
        ])
        .await;
    }

    /// So many notices that were worked off: what asked for work, and the look that served it.
    pub(crate) async fn add_history(&self, notices: u64) {
        let lane = self.numbered("order/h");
        let (at, numbers) = ("1690000000000000 + number", self.numbers(notices));
        self.run(&[
            format!(
                "insert into lane_notices (connection, lane, notice, kind, received_at)
                 select 'main', {lane}, {}, 'salesOrder.edit', {at} from {numbers}",
                self.numbered("inbox/")
            ),
            format!(
                "insert into looks (connection, lane, fence, started_at, ended_at, asks, lines, outcome)
                 select 'main', {lane}, 0, {at}, {at}, '[\"AmazonOrder\"]', '[]', 'settled' from {numbers}"
            ),
        ])
        .await;
    }

    fn numbers(&self, count: u64) -> String {
        match self.database {
            Database::Postgres => format!("generate_series(1, {count}) as numbers (number)"),
            Database::Sqlite => format!(
                "(with recursive numbers (number) as (
                    select 1 union all select number + 1 from numbers where number < {count}) select number from numbers)"
            ),
        }
    }

    fn numbered(&self, prefix: &str) -> String {
        match self.database {
            Database::Postgres => format!("'{prefix}' || lpad(cast(number as text), 9, '0')"),
            Database::Sqlite => format!("'{prefix}' || printf('%09d', number)"),
        }
    }

    async fn run(&self, statements: &[String]) {
        match self.database {
            Database::Sqlite => self.run_on_file(statements).await,
            Database::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                for statement in statements {
                    connection.execute(AssertSqlSafe(statement.clone())).await.unwrap();
                }
                // as the server itself would do in time
                for after in ["vacuum analyze lanes", "vacuum analyze requests", "checkpoint"] {
                    connection.execute(after).await.unwrap();
                }
                connection.close().await.unwrap();
            }
        }
    }

    async fn run_on_file(&self, statements: &[String]) {
        let Store::Sqlite(paths) = Store::of(&StoreOptions::new(self.url.as_str().into())).unwrap() else {
            unreachable!("the URL names a file")
        };
        let mut connection = connect(&paths.state).await;
        for statement in statements {
            connection.execute(AssertSqlSafe(statement.clone())).await.unwrap();
        }
        connection.execute("pragma wal_checkpoint(truncate)").await.unwrap();
        connection.close().await.unwrap();
    }
}

/// A connection that need not be durable: what it writes is made up.
async fn connect(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::from_str("sqlite:").unwrap().filename(path);
    let mut connection = SqliteConnection::connect_with(&options.foreign_keys(false)).await.unwrap();
    connection.execute("pragma synchronous = off; pragma cache_size = -200000").await.unwrap();
    connection
}
