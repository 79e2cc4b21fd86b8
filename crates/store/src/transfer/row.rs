//! Rows as every table of both databases has them, and sums of them that do not depend on their order.

use sha2::{Digest, Sha256};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::table::{Kind, Table};

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Nothing,
    Integer(i64),
    Text(String),
}

/// The values of a row in the order of its table's columns.
pub(super) type Row = Vec<Cell>;

impl From<Option<i64>> for Cell {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::Nothing, Self::Integer)
    }
}

impl From<Option<String>> for Cell {
    fn from(value: Option<String>) -> Self {
        // PostgreSQL has no text with a zero byte; SQLite may hold what a vendor once sent
        value.map_or(Self::Nothing, |text| {
            Self::Text(if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text })
        })
    }
}

pub(super) fn of_sqlite(row: &SqliteRow, table: &Table) -> Result<Row, sqlx::Error> {
    let cell = |(index, (_, kind)): (usize, (&str, Kind))| {
        Ok(match kind {
            Kind::Integer => row.try_get::<Option<i64>, _>(index)?.into(),
            Kind::Text => row.try_get::<Option<String>, _>(index)?.into(),
        })
    };
    table.columns().enumerate().map(cell).collect()
}

pub(super) fn of_postgres(row: &PgRow, table: &Table) -> Result<Row, sqlx::Error> {
    let cell = |(index, (_, kind)): (usize, (&str, Kind))| {
        Ok(match kind {
            Kind::Integer => row.try_get::<Option<i64>, _>(index)?.into(),
            Kind::Text => row.try_get::<Option<String>, _>(index)?.into(),
        })
    };
    table.columns().enumerate().map(cell).collect()
}

/// How many rows a table has, and their sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// Number of rows.
    pub rows: u64,
    parts: [u64; 4],
}

impl Sum {
    /// Counts a row in: its SHA-256 as four numbers, each added to the number that stands for all rows.
    pub(super) fn add(&mut self, row: &[Cell]) {
        let mut digest = Sha256::new();
        for cell in row {
            match cell {
                Cell::Nothing => digest.update([0]),
                Cell::Integer(value) => {
                    digest.update([1]);
                    digest.update(value.to_be_bytes());
                }
                Cell::Text(text) => {
                    digest.update([2]);
                    // the length first, so that no two rows are written alike
                    digest.update((text.len() as u64).to_be_bytes());
                    digest.update(text.as_bytes());
                }
            }
        }
        let digest = digest.finalize();
        for (part, bytes) in self.parts.iter_mut().zip(digest.as_chunks::<8>().0) {
            *part = part.wrapping_add(u64::from_be_bytes(*bytes));
        }
        self.rows += 1;
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.parts.iter().try_for_each(|part| write!(formatter, "{part:016x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(rows: &[Row]) -> Sum {
        let mut sum = Sum::default();
        rows.iter().for_each(|row| sum.add(row));
        sum
    }

    fn text(value: &str) -> Cell {
        Cell::from(Some(value.to_owned()))
    }

    #[test]
    fn a_sum_depends_on_every_value_and_not_on_the_order_of_rows() {
        let rows = [vec![text("a"), Cell::Integer(1)], vec![text("b"), Cell::Nothing]];
        assert_eq!(sum(&rows), sum(&[rows[1].clone(), rows[0].clone()]));
        for other in [
            vec![text("b"), text("")],
            vec![text("b"), Cell::Integer(0)],
            vec![text("c"), Cell::Nothing],
            vec![Cell::Nothing, text("b")],
        ] {
            assert_ne!(sum(&rows), sum(&[rows[0].clone(), other.clone()]), "{other:?}");
        }
        assert_ne!(sum(&[vec![text("ab"), text("c")]]), sum(&[vec![text("a"), text("bc")]]));
        assert_ne!(sum(&[rows[0].clone(), rows[0].clone()]), sum(&[]), "what comes twice does not vanish");
    }

    #[test]
    fn a_zero_byte_becomes_what_every_database_can_hold() {
        assert_eq!(text("a\0b"), Cell::Text("a\u{fffd}b".to_owned()));
    }
}
