//! Bringing the tables of a store up to date without starting a role.

use super::TransferError;
use crate::Store;
use crate::sqlite::{self, Migrated};

/// A part of a store whose tables were brought up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigratedPart {
    /// `state`, `inbox`, `commands`, `settings`; a database server has one part, `database`.
    pub part: &'static str,
    /// Where it is, for people.
    pub place: String,
    /// Steps that its tables had come from; none when there were no tables.
    pub before: usize,
    /// Steps that they come from now.
    pub after: usize,
}

/// Makes the tables of a store, or brings them up to date. Safe beside others that do the same.
///
/// # Errors
/// When the store cannot be opened, when a newer version made its tables, and when SQLite tables must be changed while
/// a process works with them.
pub async fn migrate(store: &Store) -> Result<Vec<MigratedPart>, TransferError> {
    match store {
        Store::Sqlite(paths) => Ok(sqlite::migrate(paths).await?.into_iter().map(of_file).collect()),
        Store::Postgres(database) => {
            let before = database.steps().await?;
            database.prepare().await?;
            let after = database.steps().await?;
            Ok(vec![MigratedPart { part: "database", place: database.name().to_owned(), before, after }])
        }
    }
}

fn of_file(migrated: Migrated) -> MigratedPart {
    let Migrated { part, place, before, after } = migrated;
    MigratedPart { part, place, before, after }
}
