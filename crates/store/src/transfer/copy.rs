//! Moving a store from SQLite files to PostgreSQL, while both are stopped.
//!
//! All is one transaction of the database: a copy that breaks off leaves nothing behind, and one that differs from what
//! it was made of is given up before anybody sees it.

use futures_util::StreamExt;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::compare::{ComparedTable, Comparison};
use super::row::{Cell, Row, Sum};
use super::side::{Files, Filter, postgres_rows, without_limits};
use super::table::{File, Numbering, TABLES, Table};
use super::{Progress, TransferError, Watch};
use crate::Store;
use crate::postgres::PostgresDatabase;

/// Bytes that are sent to the database at a time.
const CHUNK: usize = 256 * 1024;

/// Copies a SQLite store into an empty PostgreSQL database, with all ids that others refer to. Lanes come over free; new
/// fences are higher than all old ones. Notices that were taken are not taken again.
///
/// # Errors
/// When either store is in use, when the database holds something, and when what arrived is not what was sent. Nothing
/// is kept then.
pub async fn copy(from: &Store, to: &Store, watch: Watch<'_>) -> Result<Comparison, TransferError> {
    let (Store::Sqlite(paths), Store::Postgres(database)) = (from, to) else {
        return Err(TransferError::Direction);
    };
    let mut files = Files::own(paths).await?;
    // keeps those away who take no lock of ours
    files.whole.execute("begin immediate").await?;
    let compared = fill(&mut files, database, watch).await;
    files.whole.execute("rollback").await?;
    files.whole.close().await?;
    let compared = compared?;
    // the planner knows nothing of tables that were filled at once
    for table in TABLES {
        let analyze = AssertSqlSafe(format!("analyze {}", table.name));
        sqlx::query(analyze).execute(&database.pool).await?;
    }
    Ok(compared)
}

async fn fill(
    files: &mut Files,
    database: &PostgresDatabase,
    watch: Watch<'_>,
) -> Result<Comparison, TransferError> {
    database.prepare().await?;
    let mut target = database.pool.begin().await?;
    without_limits(&mut target).await?;
    refuse_used(&mut target, database).await?;
    let (mut sent, mut fence) = (Vec::with_capacity(TABLES.len()), last_fence(files).await?);
    for table in TABLES {
        let sum = send(files, &mut target, table, &mut fence, watch).await?;
        sent.push((table, sum));
    }
    sqlx::query("select setval('lane_fences', $1)").bind(fence.max(1)).execute(&mut *target).await?;
    let mut tables = Vec::with_capacity(TABLES.len());
    for (table, from) in sent {
        let (all, mut to) = (Filter::default(), Sum::default());
        let mut rows = postgres_rows(&mut target, table, &all);
        while let Some(row) = rows.next().await {
            to.add(&row?);
            watch(Progress { doing: "checking", table: table.name, rows: to.rows, of: from.rows });
        }
        tables.push(ComparedTable { table: table.name, from, to });
    }
    let comparison = Comparison { tables };
    if !comparison.is_same() {
        return Err(TransferError::Differs(comparison));
    }
    target.commit().await?;
    Ok(comparison)
}

/// Makes sure that nobody works on the database and that it is empty, and that it stays so until the commit.
async fn refuse_used(target: &mut PgConnection, database: &PostgresDatabase) -> Result<(), TransferError> {
    let place = || database.name().to_owned();
    let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    let lock =
        format!("lock table {}, duties, slot_shares in share row exclusive mode nowait", names.join(", "));
    match sqlx::query(AssertSqlSafe(lock)).execute(&mut *target).await {
        Ok(_) => {}
        Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| code == "55P03") => {
            return Err(TransferError::TargetInUse { place: place() });
        }
        Err(error) => return Err(error.into()),
    }
    let at_work: bool = sqlx::query_scalar(
        "select exists (select 1 from duties where lease_until > extract(epoch from now()) * 1000000)
         or exists (select 1 from slot_shares where lease_until > extract(epoch from now()) * 1000000)",
    )
    .fetch_one(&mut *target)
    .await?;
    if at_work {
        return Err(TransferError::TargetInUse { place: place() });
    }
    let mut tables = Vec::new();
    for table in TABLES {
        let exists = AssertSqlSafe(format!("select exists (select 1 from {})", table.name));
        if sqlx::query_scalar(exists).fetch_one(&mut *target).await? {
            tables.push(table.name);
        }
    }
    if tables.is_empty() { Ok(()) } else { Err(TransferError::NotEmpty { place: place(), tables }) }
}

async fn last_fence(files: &mut Files) -> Result<i64, sqlx::Error> {
    let Some(state) = files.whole.state.as_mut() else { return Ok(0) };
    sqlx::query_scalar("select coalesce(max(value), 0) from fences").fetch_one(state).await
}

/// Copies a table; `fence` becomes the highest one in it.
async fn send(
    files: &mut Files,
    target: &mut PgConnection,
    table: &'static Table,
    fence: &mut i64,
    watch: Watch<'_>,
) -> Result<Sum, TransferError> {
    let total = count(files, table).await?;
    let mut highest_id = last_id(files, table).await?;
    let (fence_at, id_at) = (table.position("fence"), table.position("id"));
    let all = Filter::default();
    let mut rows = files.rows(table, &all);
    let statement = format!("copy {} ({}) from stdin", table.name, table.column_list());
    let mut copying = target.copy_in_raw(&statement).await?;
    let (mut sum, mut chunk) = (Sum::default(), Vec::with_capacity(CHUNK));
    while let Some(row) = rows.next().await {
        let row = row?;
        write_line(&mut chunk, &row);
        if let Some(Cell::Integer(value)) = fence_at.and_then(|at| row.get(at)) {
            *fence = (*fence).max(*value);
        }
        if let Some(Cell::Integer(value)) = id_at.and_then(|at| row.get(at)) {
            highest_id = highest_id.max(*value);
        }
        sum.add(&row);
        if chunk.len() >= CHUNK {
            copying.send(chunk.as_slice()).await?;
            chunk.clear();
        }
        watch(Progress { doing: "copying", table: table.name, rows: sum.rows, of: total });
    }
    copying.send(chunk.as_slice()).await?;
    copying.finish().await?;
    if table.numbering == Numbering::Identity {
        sqlx::query("select setval(pg_get_serial_sequence($1, 'id'), $2)")
            .bind(table.name)
            .bind(highest_id.max(1))
            .execute(target)
            .await?;
    }
    Ok(sum)
}

/// About how many rows a table has, for who watches.
async fn count(files: &mut Files, table: &'static Table) -> Result<u64, sqlx::Error> {
    let mut total = 0;
    for (part, connection) in files.whole.each() {
        let name = match table.file {
            File::State if part == "state" => table.name,
            File::Settings if part == "settings" => table.name,
            File::Notices if part == "inbox" || part == "commands" => table.name,
            _ => continue,
        };
        let sql = AssertSqlSafe(format!("select count(*) from {name}"));
        let rows: i64 = sqlx::query_scalar(sql).fetch_one(connection).await?;
        total += u64::try_from(rows).unwrap_or(0);
    }
    Ok(total)
}

/// The highest id that a table ever had, also when that row is gone: ids are never used twice.
async fn last_id(files: &mut Files, table: &Table) -> Result<i64, sqlx::Error> {
    let mut highest = 0;
    for (_, connection) in files.whole.each() {
        let last: Option<i64> = sqlx::query_scalar("select max(seq) from sqlite_sequence where name = $1")
            .bind(table.name)
            .fetch_one(connection)
            .await?;
        highest = highest.max(last.unwrap_or(0));
    }
    Ok(highest)
}

/// A row as PostgreSQL's `copy` reads it.
fn write_line(line: &mut Vec<u8>, row: &Row) {
    for (index, cell) in row.iter().enumerate() {
        if index > 0 {
            line.push(b'\t');
        }
        match cell {
            Cell::Nothing => line.extend_from_slice(b"\\N"),
            Cell::Integer(value) => line.extend_from_slice(value.to_string().as_bytes()),
            Cell::Text(text) => text.bytes().for_each(|byte| match byte {
                b'\\' => line.extend_from_slice(b"\\\\"),
                b'\t' => line.extend_from_slice(b"\\t"),
                b'\n' => line.extend_from_slice(b"\\n"),
                b'\r' => line.extend_from_slice(b"\\r"),
                byte => line.push(byte),
            }),
        }
    }
    line.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_whatever_a_row_holds() {
        let text = |value: &str| Cell::from(Some(value.to_owned()));
        let mut line = Vec::new();
        write_line(&mut line, &vec![text("a\tb\\N\r\n"), Cell::Nothing, Cell::Integer(-7), text("é")]);
        assert_eq!(String::from_utf8(line).unwrap(), "a\\tb\\\\N\\r\\n\t\\N\t-7\té\n");
    }
}
