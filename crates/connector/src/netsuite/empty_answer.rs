//! Whether an answer without rows says that there are none.
//!
//! A query that takes too long may be answered with success and no rows (SuiteQL guide for integrations). Where nothing
//! would be taken for an answer, it is counted first: a count always has a row.

use amz_services::failure::{Failure, PortError};

use super::NetSuite;
use super::stock_query::number;
use super::suiteql::Query;

impl NetSuite {
    /// Confirms that a query has no rows. `selection` is the query from its `FROM` on, without its order.
    ///
    /// # Errors
    /// Read failures; `Unavailable` when there are rows after all, or the count itself came back without one.
    pub(super) async fn confirm_no_rows(
        &self,
        operation: &'static str,
        selection: &str,
        parameters: Vec<String>,
    ) -> Result<(), PortError> {
        let text = format!("SELECT COUNT(*) AS found {selection}");
        let rows = self.rest().query(Query { operation, text, parameters, limit: 1 }).await?.rows;
        let found = rows.first().map(|row| number(row, "found", operation)).transpose()?.flatten();
        if found.is_some_and(|found| found.is_zero()) {
            return Ok(());
        }
        let message =
            "NetSuite gave no rows where there are some, or could not count them: the query took too long";
        Err(PortError::new(operation, Failure::Unavailable, "empty_answer", message))
    }
}
