//! Whether two stores hold the same.

use super::row::Sum;
use super::side::Side;
use super::table::TABLES;
use super::{Progress, TransferError, Watch};
use crate::Store;

/// What two stores hold, table by table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// All tables.
    pub tables: Vec<ComparedTable>,
}

/// What two stores hold in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedTable {
    /// The table.
    pub table: &'static str,
    /// What the first store has.
    pub from: Sum,
    /// What the second one has.
    pub to: Sum,
}

impl Comparison {
    /// True when nothing differs.
    pub fn is_same(&self) -> bool {
        self.differing().is_empty()
    }

    /// The tables that differ.
    pub fn differing(&self) -> Vec<&'static str> {
        let differing = self.tables.iter().filter(|compared| compared.from != compared.to);
        differing.map(|compared| compared.table).collect()
    }
}

/// Compares two stores, whichever databases they are. What belongs to running processes is not compared: leases, duties
/// and shares of slots.
///
/// # Errors
/// When one of them cannot be read.
pub async fn compare(from: &Store, to: &Store, watch: Watch<'_>) -> Result<Comparison, TransferError> {
    let (mut from, mut to) = (Side::read(from).await?, Side::read(to).await?);
    let mut tables = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        let of = from.sum(table, |_| ()).await?;
        let counted = |rows| watch(Progress { doing: "comparing", table: table.name, rows, of: of.rows });
        tables.push(ComparedTable { table: table.name, from: of, to: to.sum(table, counted).await? });
    }
    Ok(Comparison { tables })
}
