//! One of the stores that a transfer reads.

use futures_util::stream::{self, BoxStream, StreamExt};
use sqlx::postgres::{PgConnection, Postgres};
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Transaction};

use super::TransferError;
use super::row::{Row, Sum, of_postgres, of_sqlite};
use super::table::{File, Table};
use crate::Store;
use crate::postgres::PostgresDatabase;
use crate::sqlite::{SqlitePaths, WholeStore, of_another_version};

/// A store as it is at one instant.
pub(super) enum Side {
    Files(Files),
    Database(Transaction<'static, Postgres>),
}

/// SQLite files, and how far their notices were taken.
pub(super) struct Files {
    pub(super) whole: WholeStore,
    pub(super) taken: Taken,
}

/// The highest notice of each feed that was taken.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Taken {
    inbox: i64,
    commands: i64,
}

/// Which rows of a table are wanted.
#[derive(Debug, Default)]
pub(super) struct Filter {
    /// An SQL condition, empty for all.
    pub(super) condition: String,
    /// Only of this connection.
    pub(super) connection: Option<String>,
}

impl Side {
    /// A store beside those who use it.
    pub(super) async fn read(store: &Store) -> Result<Self, TransferError> {
        Ok(match store {
            Store::Sqlite(paths) => {
                if !paths.state.exists() {
                    return Err(TransferError::Nothing { place: paths.state.display().to_string() });
                }
                if let Some(place) = of_another_version(paths).await? {
                    return Err(TransferError::OtherVersion { place });
                }
                let mut whole = WholeStore::read(paths).await?;
                whole.execute("begin").await?;
                Self::Files(Files::of(whole).await?)
            }
            Store::Postgres(database) => Self::Database(snapshot(database).await?),
        })
    }

    /// The rows of a table, one after the other however many there are.
    pub(super) fn rows<'side>(
        &'side mut self,
        table: &'static Table,
        filter: &'side Filter,
    ) -> BoxStream<'side, Result<Row, sqlx::Error>> {
        match self {
            Self::Files(files) => files.rows(table, filter),
            Self::Database(transaction) => postgres_rows(transaction, table, filter),
        }
    }

    /// What all rows of a table come to; `counted` hears of every row.
    pub(super) async fn sum(
        &mut self,
        table: &'static Table,
        mut counted: impl FnMut(u64),
    ) -> Result<Sum, sqlx::Error> {
        let (all, mut sum) = (Filter::default(), Sum::default());
        let mut rows = self.rows(table, &all);
        while let Some(row) = rows.next().await {
            sum.add(&row?);
            counted(sum.rows);
        }
        Ok(sum)
    }
}

impl Files {
    pub(super) async fn of(mut whole: WholeStore) -> Result<Self, sqlx::Error> {
        let WholeStore { state, inbox, commands, .. } = &mut whole;
        let taken = Taken {
            inbox: taken("inbox", state.as_mut(), inbox.as_mut()).await?,
            commands: taken("commands", state.as_mut(), commands.as_mut()).await?,
        };
        Ok(Self { whole, taken })
    }

    /// The files of a store for this process alone.
    pub(super) async fn own(paths: &SqlitePaths) -> Result<Self, TransferError> {
        if !paths.state.exists() {
            return Err(TransferError::Nothing { place: paths.state.display().to_string() });
        }
        Ok(Self::of(WholeStore::own(paths).await?).await?)
    }

    pub(super) fn rows<'files>(
        &'files mut self,
        table: &'static Table,
        filter: &'files Filter,
    ) -> BoxStream<'files, Result<Row, sqlx::Error>> {
        let Taken { inbox: inbox_taken, commands: commands_taken } = self.taken;
        let WholeStore { state, inbox, commands, settings, .. } = &mut self.whole;
        let parts = match table.file {
            File::State => vec![(state, String::new())],
            File::Settings => vec![(settings, String::new())],
            File::Notices | File::NoticesNotTaken => vec![
                (inbox, notices(table, "inbox", inbox_taken)),
                (commands, notices(table, "commands", commands_taken)),
            ],
        };
        let parts = parts.into_iter().filter_map(move |(connection, from)| {
            let sql = match table.file {
                File::Notices | File::NoticesNotTaken => {
                    select(table, &format!("({from}) as notices"), filter)
                }
                File::State | File::Settings => select(table, table.name, filter),
            };
            Some(sqlite_rows(connection.as_mut()?, table, sql, filter))
        });
        stream::iter(parts).flatten().boxed()
    }
}

/// The notices of a file as PostgreSQL has them; `is_taken` tells whether they were.
fn notices(table: &Table, feed: &str, taken: i64) -> String {
    let rows = format!("select '{feed}' as feed, id <= {taken} as is_taken, notices.* from notices");
    match table.file {
        File::NoticesNotTaken => format!("{rows} where id > {taken}"),
        File::State | File::Notices | File::Settings => rows,
    }
}

fn select(table: &Table, from: &str, filter: &Filter) -> String {
    let Filter { condition, connection } = filter;
    let of = connection.as_ref().map(|_| "connection = $1".to_owned());
    let conditions: Vec<String> =
        [(!condition.is_empty()).then(|| condition.clone()), of].into_iter().flatten().collect();
    let only =
        if conditions.is_empty() { String::new() } else { format!(" where {}", conditions.join(" and ")) };
    format!("select {} from {from}{only}", table.column_list())
}

fn sqlite_rows<'connection>(
    connection: &'connection mut SqliteConnection,
    table: &'static Table,
    sql: String,
    filter: &'connection Filter,
) -> BoxStream<'connection, Result<Row, sqlx::Error>> {
    let mut query = sqlx::query(AssertSqlSafe(sql));
    if let Some(of) = &filter.connection {
        query = query.bind(of);
    }
    query.fetch(connection).map(move |row| of_sqlite(&row?, table)).boxed()
}

/// The rows of a table of a database.
pub(super) fn postgres_rows<'connection>(
    connection: &'connection mut PgConnection,
    table: &'static Table,
    filter: &'connection Filter,
) -> BoxStream<'connection, Result<Row, sqlx::Error>> {
    let mut query = sqlx::query(AssertSqlSafe(select(table, table.name, filter)));
    if let Some(of) = &filter.connection {
        query = query.bind(of);
    }
    query.fetch(connection).map(move |row| of_postgres(&row?, table)).boxed()
}

/// A transaction that sees a database as it is now, however long reading takes.
pub(super) async fn snapshot(
    database: &PostgresDatabase,
) -> Result<Transaction<'static, Postgres>, TransferError> {
    let begin = "begin isolation level repeatable read read only";
    let mut transaction = database.pool.begin_with(begin).await.map_err(|error| database.refused(error))?;
    without_limits(&mut transaction).await?;
    let known: Option<String> = sqlx::query_scalar("select cast(to_regclass('settings_versions') as text)")
        .fetch_one(&mut *transaction)
        .await?;
    if known.is_none() {
        return Err(TransferError::Nothing { place: database.name().to_owned() });
    }
    Ok(transaction)
}

/// Lets the statements of a transaction take as long as they need.
pub(super) async fn without_limits(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("set local statement_timeout = 0").execute(&mut *connection).await?;
    sqlx::query("set local idle_in_transaction_session_timeout = 0").execute(connection).await?;
    Ok(())
}

async fn taken(
    feed: &str,
    state: Option<&mut SqliteConnection>,
    file: Option<&mut SqliteConnection>,
) -> Result<i64, sqlx::Error> {
    let (Some(state), Some(file)) = (state, file) else { return Ok(0) };
    let identity: String = sqlx::query_scalar("select id from identity").fetch_one(file).await?;
    let through: Option<i64> = sqlx::query_scalar("select through from feed_cursors where feed = $1")
        .bind(format!("{feed}@{identity}"))
        .fetch_optional(state)
        .await?;
    Ok(through.unwrap_or(0))
}
