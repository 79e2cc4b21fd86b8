//! What the queries of stock have in common: exact numbers, and columns that an account may lack.
//!
//! Which columns the query service shows depends on features and permissions. A query that names one too many is
//! refused as a whole, so a column that can be done without is left out once it was refused.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use amz_domain::decimal;
use amz_services::failure::{Failure, PortError};
use rust_decimal::Decimal;

use super::NetSuite;
use super::suiteql::{Query, Row, Rows};

/// Optional columns that the account turned out not to have. Kept as long as the client.
#[derive(Debug, Default)]
pub(super) struct MissingColumns(Mutex<BTreeSet<&'static str>>);

impl MissingColumns {
    fn all(&self) -> BTreeSet<&'static str> {
        // a set of names is valid whatever happened to another holder
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, column: &'static str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(column);
    }
}

/// A column that a query can do without, with the table's alias in front of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct OptionalColumn {
    /// The table's alias.
    pub(super) table: &'static str,
    /// The column.
    pub(super) name: &'static str,
}

/// The columns of `optional` that are not in `missing`, as a part of a `SELECT` list that begins with a comma.
fn select_list(optional: &[OptionalColumn], missing: &BTreeSet<&'static str>) -> String {
    let known = optional.iter().filter(|column| !missing.contains(column.name));
    known.map(|OptionalColumn { table, name }| format!(", {table}.{name} AS {name}")).collect()
}

/// The optional column that a refusal is about: the first that it names.
fn refused_column(
    error: &PortError,
    optional: &[OptionalColumn],
    missing: &BTreeSet<&'static str>,
) -> Option<&'static str> {
    if error.failure != Failure::Refused {
        return None;
    }
    let message = error.message.to_lowercase();
    let known = optional.iter().map(|column| column.name).filter(|name| !missing.contains(name));
    let named = known.filter_map(|name| Some((message.find(name)?, name)));
    named.min().map(|(_, name)| name)
}

impl NetSuite {
    /// Runs a query that selects optional columns; `query` gets the part of the `SELECT` list that names them.
    pub(super) async fn query_with(
        &self,
        optional: &[OptionalColumn],
        query: impl Fn(&str) -> Query + Send + Sync,
    ) -> Result<Rows, PortError> {
        loop {
            let missing = self.missing_columns().all();
            let error = match self.rest().query(query(&select_list(optional, &missing))).await {
                Ok(rows) => return Ok(rows),
                Err(error) => error,
            };
            let Some(column) = refused_column(&error, optional, &missing) else { return Err(error) };
            tracing::info!(column, "the query service does not show a column; it is left out from now on");
            self.missing_columns().add(column);
        }
    }
}

/// A number of a row with all its digits; `None` when the column has no value.
pub(super) fn number(
    row: &Row,
    name: &'static str,
    operation: &'static str,
) -> Result<Option<Decimal>, PortError> {
    let Some(text) = row.get(name).map(|text| text.trim()).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    decimal::parse(text).map(Some).map_err(|error| {
        let message = format!("the column {name} holds something else than a number");
        let code = "netsuite_rows_unreadable";
        PortError {
            source: Some(error.into()),
            ..PortError::new(operation, Failure::Unreadable, code, message)
        }
    })
}

/// A check box of a row; nothing there is not ticked.
pub(super) fn ticked(row: &Row, name: &str) -> bool {
    row.get(name).is_some_and(|value| value == "T")
}

/// `?` for so many values.
pub(super) fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONAL: [OptionalColumn; 2] = [
        OptionalColumn { table: "l", name: "averagecostmli" },
        OptionalColumn { table: "i", name: "islotitem" },
    ];

    fn refusal(failure: Failure, message: &str) -> PortError {
        PortError::new("query", failure, "INVALID_PARAMETER", message)
    }

    #[test]
    fn the_first_optional_column_that_a_refusal_names_is_left_out() {
        let all = BTreeSet::new();
        assert_eq!(
            select_list(&OPTIONAL, &all),
            ", l.averagecostmli AS averagecostmli, i.islotitem AS islotitem"
        );
        let message = "Search error occurred: Unknown identifier 'isLotItem'. Available: averagecostmli";
        let column = refused_column(&refusal(Failure::Refused, message), &OPTIONAL, &all);
        assert_eq!(column, Some("islotitem"));
        let without = BTreeSet::from(["islotitem"]);
        assert_eq!(select_list(&OPTIONAL, &without), ", l.averagecostmli AS averagecostmli");
    }

    #[test]
    fn a_refusal_about_anything_else_stays_one() {
        let missing = BTreeSet::from(["islotitem"]);
        for (failure, message) in [
            (Failure::Refused, "Search error occurred: Unknown identifier 'custitem_sku'"),
            (Failure::Refused, "Search error occurred: Unknown identifier 'islotitem'"),
            (Failure::Unavailable, "Unknown identifier 'averagecostmli'"),
        ] {
            assert_eq!(refused_column(&refusal(failure, message), &OPTIONAL, &missing), None, "{message}");
        }
    }

    #[test]
    fn numbers_come_as_text_and_keep_every_digit() {
        let row: Row = [("level", "12345678901234567.89"), ("half", ".5"), ("odd", "many"), ("blank", " ")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let read = |name| number(&row, name, "query").map(|number| number.map(|number| number.to_string()));
        assert_eq!(read("level").unwrap().as_deref(), Some("12345678901234567.89"));
        assert_eq!(read("half").unwrap().as_deref(), Some("0.5"));
        assert_eq!((read("blank").unwrap(), read("absent").unwrap()), (None, None));
        assert_eq!(read("odd").unwrap_err().failure, Failure::Unreadable);
    }
}
