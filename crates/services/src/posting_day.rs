//! Days on which a document may be posted when the wanted one lies in a closed period.

use chrono::{Datelike, Months, NaiveDate};

use crate::failure::PortError;
use crate::ports::AccountingPeriods;

/// Days that are tried after a closed one. A period may be open and still locked for a kind of document, so one open
/// day is not enough, and somebody who closed more than these wants no postings.
const TRIES: u32 = 4;

/// The days to try after NetSuite refused one because its period is closed.
#[derive(Debug)]
pub(crate) struct PostingDays {
    refused: NaiveDate,
    /// True when the refused day was called open: asked again, the periods would name it again.
    was_called_open: bool,
    tries_left: u32,
}

impl PostingDays {
    /// After a day that was refused.
    pub(crate) fn after(refused: NaiveDate) -> Self {
        Self { refused, was_called_open: false, tries_left: TRIES }
    }

    /// The next day to try, the one before having been refused; `None` when there is none left.
    ///
    /// # Errors
    /// Read failures of the periods.
    pub(crate) async fn next(
        &mut self,
        periods: &dyn AccountingPeriods,
    ) -> Result<Option<NaiveDate>, PortError> {
        if self.tries_left == 0 {
            return Ok(None);
        }
        self.tries_left -= 1;
        let mut day = None;
        if !self.was_called_open {
            let Some(open) = periods.first_open_day(self.refused).await? else { return Ok(None) };
            day = Some(open).filter(|open| *open > self.refused);
        }
        if day.is_none() {
            // the refused day's month is open, and locked for this kind of document
            let Some(next) = next_month(self.refused) else { return Ok(None) };
            day = periods.first_open_day(next).await?;
        }
        if let Some(day) = day {
            self.refused = day;
            self.was_called_open = true;
        }
        Ok(day)
    }
}

/// The first day of the month after a day's.
fn next_month(day: NaiveDate) -> Option<NaiveDate> {
    day.with_day(1)?.checked_add_months(Months::new(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;
    use crate::ports::documents::MockAccountingPeriods;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Periods of which those before a day are closed.
    fn open_from(first: Option<&str>) -> MockAccountingPeriods {
        let first = first.map(day);
        crate::pretend::periods(move || first)
    }

    /// All days that are tried after a refused one.
    async fn tried(refused: &str, periods: &MockAccountingPeriods) -> Vec<String> {
        let (mut days, mut tried) = (PostingDays::after(day(refused)), Vec::new());
        while let Some(next) = days.next(periods).await.unwrap() {
            tried.push(next.to_string());
        }
        tried
    }

    #[tokio::test]
    async fn the_first_open_day_comes_first_and_then_the_months_after_it() {
        let days = tried("2026-01-31", &open_from(Some("2026-04-12"))).await;
        assert_eq!(days, ["2026-04-12", "2026-05-01", "2026-06-01", "2026-07-01"]);
    }

    #[tokio::test]
    async fn a_refused_day_that_is_called_open_leads_to_the_next_month_and_never_to_itself() {
        let days = tried("2026-11-20", &open_from(Some("2026-01-01"))).await;
        assert_eq!(days, ["2026-12-01", "2027-01-01", "2027-02-01", "2027-03-01"]);
        assert_eq!(tried("2024-12-31", &open_from(Some("2024-12-01"))).await[0], "2025-01-01");
    }

    #[tokio::test]
    async fn without_an_open_day_none_is_tried() {
        assert!(tried("2026-01-31", &open_from(None)).await.is_empty());
    }

    #[tokio::test]
    async fn periods_that_end_leave_no_more_days() {
        let mut periods = MockAccountingPeriods::new();
        let last = day("2026-02-01");
        periods.expect_first_open_day().returning(move |from| Ok((from <= last).then_some(last)));
        assert_eq!(tried("2026-01-31", &periods).await, ["2026-02-01"]);
    }

    #[tokio::test]
    async fn periods_that_cannot_be_read_are_an_error_and_no_end() {
        let mut periods = MockAccountingPeriods::new();
        let failed = || PortError::new("first_open_day", Failure::Unavailable, "code", "message");
        periods.expect_first_open_day().returning(move |_| Err(failed()));
        assert!(PostingDays::after(day("2026-01-31")).next(&periods).await.is_err());
    }
}
