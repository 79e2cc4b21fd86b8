//! Handing a whole store over: bringing its tables up to date, copying it from SQLite files to PostgreSQL, checking it,
//! and archiving what is old.
//!
//! What is copied, compared and archived is told by one list of tables with their columns.

mod archive;
mod compare;
mod copy;
mod error;
mod migrate;
mod row;
mod side;
mod structure;
mod table;

pub use archive::{ArchiveRequest, Archived, ArchivedTable, archive};
pub use compare::{ComparedTable, Comparison, compare};
pub use copy::copy;
pub use error::TransferError;
pub use migrate::{MigratedPart, migrate};
pub use row::Sum;
pub use structure::{Soundness, check};

/// How far a transfer is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// What is done, for people.
    pub doing: &'static str,
    /// With which table.
    pub table: &'static str,
    /// Rows that are done.
    pub rows: u64,
    /// Of about so many; 0 when that is not known.
    pub of: u64,
}

/// A column that is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub column: &'static str,
}

/// The columns of all tables that are handed over.
pub fn columns() -> impl Iterator<Item = Column> {
    let of = |table: &'static table::Table| {
        table.columns().map(|(column, _)| Column { table: table.name, column })
    };
    table::TABLES.iter().flat_map(of)
}

/// Hears how far a transfer is, after every row.
pub type Watch<'watch> = &'watch (dyn Fn(Progress) + Sync);
