//! Deleting exactly what a file holds, in bites.

use std::path::Path;

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Postgres};

use super::file::ArchivedRow;
use crate::postgres::PostgresDatabase;
use crate::sqlite::WholeStore;
use crate::transfer::row::{Cell, Row};
use crate::transfer::side::Files;
use crate::transfer::table::{File, Kind, Table};
use crate::transfer::{Progress, TransferError, Watch};

/// Rows that are deleted in one commit.
const BITE: usize = 1000;

/// The store that rows are deleted from.
pub(super) enum Target<'store> {
    Files(Files),
    Database(&'store PostgresDatabase),
}

/// Deletes the rows of a file; answers how many went of each table.
pub(super) async fn what_is_in(
    rows: impl Iterator<Item = Result<ArchivedRow, String>>,
    path: &Path,
    target: &mut Target<'_>,
    watch: Watch<'_>,
) -> Result<Vec<(&'static str, u64)>, TransferError> {
    let mut deleted: Vec<(&'static str, u64)> = Vec::new();
    let (mut bite, mut of): (Vec<Row>, Option<&'static Table>) = (Vec::with_capacity(BITE), None);
    for row in rows {
        let ArchivedRow { table, key } =
            row.map_err(|problem| TransferError::Unreadable { path: path.to_owned(), problem })?;
        if let Some(before) = of
            && (before.name != table.name || bite.len() == BITE)
        {
            let gone = target.delete(before, std::mem::take(&mut bite)).await?;
            note(&mut deleted, before, gone, watch);
        }
        of = Some(table);
        bite.push(key);
    }
    if let Some(last) = of {
        let gone = target.delete(last, bite).await?;
        note(&mut deleted, last, gone, watch);
    }
    Ok(deleted)
}

fn note(deleted: &mut Vec<(&'static str, u64)>, table: &'static Table, gone: u64, watch: Watch<'_>) {
    match deleted.last_mut() {
        Some((name, count)) if *name == table.name => *count += gone,
        _ => deleted.push((table.name, gone)),
    }
    let rows = deleted.last().map_or(0, |(_, count)| *count);
    watch(Progress { doing: "deleting", table: table.name, rows, of: 0 });
}

impl Target<'_> {
    async fn delete(&mut self, table: &'static Table, keys: Vec<Row>) -> Result<u64, TransferError> {
        Ok(match self {
            Self::Database(database) => {
                let sql = format!(
                    "delete from {} where ({}) in (select * from {})",
                    table.name,
                    table.key.join(", "),
                    unnest(table)
                );
                bind_columns(sqlx::query(AssertSqlSafe(sql)), table, keys)
                    .execute(&database.pool)
                    .await?
                    .rows_affected()
            }
            Self::Files(Files { whole, .. }) => {
                let mut gone = 0;
                let WholeStore { state, inbox, commands, .. } = whole;
                match table.file {
                    File::Notices => {
                        let feed = table.key.iter().position(|name| *name == "feed").unwrap_or_default();
                        let (of_inbox, of_commands): (Vec<Row>, Vec<Row>) = keys
                            .into_iter()
                            .partition(|key| key.get(feed) == Some(&Cell::Text("inbox".to_owned())));
                        for (file, keys) in [(inbox, of_inbox), (commands, of_commands)] {
                            if let Some(file) = file {
                                gone += delete_from_file(file, table, &keys).await?;
                            }
                        }
                    }
                    File::State | File::NoticesNotTaken | File::Settings => {
                        if let Some(file) = state {
                            gone += delete_from_file(file, table, &keys).await?;
                        }
                    }
                }
                gone
            }
        })
    }

    pub(super) async fn close(self) -> Result<(), TransferError> {
        if let Self::Files(files) = self {
            files.whole.close().await?;
        }
        Ok(())
    }
}

/// The keys as PostgreSQL gets them: one array per column.
fn unnest(table: &Table) -> String {
    let arrays = table.key.iter().enumerate().map(|(index, name)| {
        let kind = if is_text(table, name) { "text" } else { "bigint" };
        format!("${}::{kind}[]", index + 1)
    });
    format!("unnest({})", arrays.collect::<Vec<_>>().join(", "))
}

fn bind_columns<'query>(
    mut query: Query<'query, Postgres, PgArguments>,
    table: &Table,
    keys: Vec<Row>,
) -> Query<'query, Postgres, PgArguments> {
    for (index, name) in table.key.iter().enumerate() {
        let values = keys.iter().filter_map(|key| key.get(index));
        query = if is_text(table, name) {
            let texts = values.filter_map(|cell| match cell {
                Cell::Text(text) => Some(text.clone()),
                Cell::Nothing | Cell::Integer(_) => None,
            });
            query.bind(texts.collect::<Vec<String>>())
        } else {
            let integers = values.filter_map(|cell| match cell {
                Cell::Integer(value) => Some(*value),
                Cell::Nothing | Cell::Text(_) => None,
            });
            query.bind(integers.collect::<Vec<i64>>())
        };
    }
    query
}

async fn delete_from_file(
    file: &mut SqliteConnection,
    table: &Table,
    keys: &[Row],
) -> Result<u64, TransferError> {
    // the feed of a notice is told by its file
    let columns: Vec<(usize, &str)> = table
        .key
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, name)| table.file != File::Notices || *name != "feed")
        .collect();
    let conditions: Vec<String> =
        columns.iter().enumerate().map(|(number, (_, name))| format!("{name} = ${}", number + 1)).collect();
    let sql = format!("delete from {} where {}", table.name, conditions.join(" and "));
    let mut transaction = file.begin_with("begin immediate").await?;
    let mut gone = 0;
    for key in keys {
        let mut query = sqlx::query(AssertSqlSafe(sql.clone()));
        for (index, _) in &columns {
            query = match key.get(*index) {
                Some(Cell::Integer(value)) => query.bind(*value),
                Some(Cell::Text(text)) => query.bind(text.as_str()),
                Some(Cell::Nothing) | None => query.bind(None::<i64>),
            };
        }
        gone += query.execute(&mut *transaction).await?.rows_affected();
    }
    transaction.commit().await?;
    // keeps the write-ahead log short
    sqlx::query("pragma wal_checkpoint(passive)").execute(file).await?;
    Ok(gone)
}

fn is_text(table: &Table, column: &str) -> bool {
    table.columns().any(|(name, kind)| name == column && kind == Kind::Text)
}
