//! Accounting periods.
//!
//! Source: NetSuite's `accountingperiod` table of the query service. Quarters and years only frame the months, and
//! adjustment periods overlap them; neither takes ordinary postings.

use amz_services::failure::{Failure, PortError};
use amz_services::ports::AccountingPeriods;
use async_trait::async_trait;
use chrono::NaiveDate;

use super::NetSuite;
use super::suiteql::{Query, Row, column};

const OPERATION: &str = "accountingPeriod.firstOpenDay";

#[async_trait]
impl AccountingPeriods for NetSuite {
    async fn first_open_day(&self, from: NaiveDate) -> Result<Option<NaiveDate>, PortError> {
        let periods = self.rest().query(query(from)).await?;
        periods.rows.first().map(|row| first_day(row, from)).transpose()
    }
}

/// The earliest open period that ends at or after a day.
fn query(from: NaiveDate) -> Query {
    let text = "SELECT TO_CHAR(p.startdate, 'YYYY-MM-DD') AS starts FROM accountingperiod p \
         WHERE p.enddate >= TO_DATE(?, 'YYYY-MM-DD') AND p.closed = 'F' AND NVL(p.alllocked, 'F') = 'F' \
         AND NVL(p.isquarter, 'F') = 'F' AND NVL(p.isyear, 'F') = 'F' AND NVL(p.isadjust, 'F') = 'F' \
         AND NVL(p.isinactive, 'F') = 'F' ORDER BY p.startdate";
    Query {
        operation: OPERATION,
        text: text.to_owned(),
        parameters: vec![from.format("%Y-%m-%d").to_string()],
        limit: 1,
    }
}

fn first_day(row: &Row, from: NaiveDate) -> Result<NaiveDate, PortError> {
    let starts = column(row, "starts", OPERATION)?.parse::<NaiveDate>();
    starts.map(|starts| starts.max(from)).map_err(|_| {
        let message = "the start of an accounting period is no date";
        PortError::new(OPERATION, Failure::Unreadable, "netsuite_rows_unreadable", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn starting(text: &str) -> Row {
        [("starts".to_owned(), text.to_owned())].into()
    }

    #[test]
    fn a_day_inside_an_open_period_stays_and_an_earlier_one_moves_to_its_start() {
        assert_eq!(first_day(&starting("2026-03-01"), day("2026-03-14")).unwrap(), day("2026-03-14"));
        assert_eq!(first_day(&starting("2026-03-01"), day("2026-02-14")).unwrap(), day("2026-03-01"));
        assert!(first_day(&starting("3/1/2026"), day("2026-02-14")).is_err());
    }

    #[test]
    fn only_open_months_are_asked_for() {
        let query = query(day("2026-02-14"));
        assert_eq!((query.parameters, query.limit), (vec!["2026-02-14".to_owned()], 1));
        for rule in ["closed = 'F'", "alllocked, 'F') = 'F'", "isquarter", "isyear", "isadjust", "isinactive"]
        {
            assert!(query.text.contains(rule), "{rule}");
        }
    }
}
