//! Archiving what is old: first all of it to a file, then, once that is durable, what the file holds is deleted.
//!
//! A run that breaks off while it writes leaves no file of the wanted name; one that breaks off while it deletes leaves
//! the file, and the next run archives what is left to another one. Nothing is lost either way.

mod age;
mod delete;
mod file;

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;

use self::age::{AGES, Age};
use self::file::{ArchiveFile, read_rows};
use super::side::{Files, Filter, Side};
use super::{Progress, TransferError, Watch};
use crate::Store;
use crate::store::DEDUPE_WINDOW;
use crate::stored::micros;

/// What is archived.
#[derive(Debug, Clone)]
pub struct ArchiveRequest {
    /// What is older than this.
    pub before: DateTime<Utc>,
    /// Only of this connection.
    pub connection: Option<String>,
    /// Write the file and delete nothing.
    pub keep: bool,
}

/// What was archived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Archived {
    /// Tables, with the rows that were written and those that were deleted.
    pub tables: Vec<ArchivedTable>,
    /// Size of the file.
    pub bytes: u64,
}

/// What was archived of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedTable {
    /// The table.
    pub table: &'static str,
    /// Rows in the file.
    pub written: u64,
    /// Rows that are gone from the store. Less than were written when somebody else deleted some.
    pub deleted: u64,
}

/// Writes what a purge would delete to a file of compressed JSON lines, and deletes what the file then holds. Notices
/// younger than [`DEDUPE_WINDOW`], notices that nobody has taken, and all that decides what happens next stay.
///
/// SQLite files have one writer: unless everything is kept, the processes must be stopped.
///
/// # Errors
/// When the store cannot be read or is in use, when there is such a file already, and when it cannot be written or read
/// back. Nothing is deleted that is not in the file.
pub async fn archive(
    store: &Store,
    request: &ArchiveRequest,
    out: &Path,
    now: DateTime<Utc>,
    watch: Watch<'_>,
) -> Result<Archived, TransferError> {
    if request.before > now {
        return Err(TransferError::Future);
    }
    let mut side = match store {
        Store::Sqlite(paths) if !request.keep => {
            let mut files = Files::own(paths).await?;
            files.whole.execute("begin").await?;
            Side::Files(files)
        }
        store => Side::read(store).await?,
    };
    let mut archived = write(&mut side, request, out, now, watch).await?;
    // the snapshot is not needed any more
    let files = match side {
        Side::Database(transaction) => {
            transaction.rollback().await?;
            None
        }
        Side::Files(mut files) => {
            files.whole.execute("rollback").await?;
            Some(files)
        }
    };
    if request.keep {
        return Ok(archived);
    }
    let mut target = match (store, files) {
        (Store::Postgres(database), _) => delete::Target::Database(database),
        (Store::Sqlite(_), Some(files)) => delete::Target::Files(files),
        (Store::Sqlite(_), None) => return Ok(archived),
    };
    let deleting = |progress| watch(progress);
    for (table, deleted) in delete::what_is_in(read_rows(out)?, out, &mut target, &deleting).await? {
        if let Some(counted) = archived.tables.iter_mut().find(|counted| counted.table == table) {
            counted.deleted = deleted;
        }
    }
    target.close().await?;
    Ok(archived)
}

async fn write(
    side: &mut Side,
    request: &ArchiveRequest,
    out: &Path,
    now: DateTime<Utc>,
    watch: Watch<'_>,
) -> Result<Archived, TransferError> {
    let mut file = ArchiveFile::create(out)?;
    let mut tables = Vec::with_capacity(AGES.len());
    for age in AGES {
        let Some(table) = age.table() else { continue };
        let filter = filter(side, age, request, now);
        let mut written = 0;
        let mut rows = side.rows(table, &filter);
        while let Some(row) = rows.next().await {
            file.write(table, &row?)?;
            written += 1;
            watch(Progress { doing: "writing", table: table.name, rows: written, of: 0 });
        }
        tables.push(ArchivedTable { table: table.name, written, deleted: 0 });
    }
    Ok(Archived { tables, bytes: file.finish()? })
}

fn filter(side: &Side, age: &Age, request: &ArchiveRequest, now: DateTime<Utc>) -> Filter {
    let window = TimeDelta::from_std(DEDUPE_WINDOW).unwrap_or(TimeDelta::MAX);
    let before = if age.is_notice {
        now.checked_sub_signed(window).map_or(DateTime::<Utc>::MIN_UTC, |oldest| oldest.min(request.before))
    } else {
        request.before
    };
    let condition = match side {
        Side::Files(_) => age.in_files(micros(before)),
        Side::Database(_) => age.in_database(micros(before)),
    };
    Filter { condition, connection: request.connection.clone() }
}
