//! Accounting periods: calendar months that staff close.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde_json::Value;

use super::books::{Books, Record, plain};
use super::errors::Refusal;
use super::records::types::transaction;

/// First and last year that the account has periods for.
pub(crate) const YEARS: std::ops::RangeInclusive<i32> = 2020..=2035;

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Month {
    year: i32,
    month: u32,
}

impl Month {
    /// The month, when there is such a one.
    pub(crate) fn new(year: i32, month: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, 1).map(|_| Self { year, month })
    }

    /// The month of a day.
    pub(crate) fn of(day: NaiveDate) -> Self {
        Self { year: day.year(), month: day.month() }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or_default();
        write!(formatter, "{}", first.format("%b %Y"))
    }
}

/// Whether nothing can be posted on a day any more.
pub(crate) fn is_closed(books: &Books, day: NaiveDate) -> bool {
    books.closed_months.contains(&Month::of(day))
}

/// Refuses a posting transaction in a closed month. `before` is the saved state: changes that do not touch the
/// ledger are taken in any month.
///
/// # Errors
/// 400 naming the period.
pub(crate) fn check(books: &Books, before: Option<&Record>, after: &Record) -> Result<(), Refusal> {
    let is_posting = transaction(&after.kind.name).is_some_and(|known| known.is_posting);
    if !is_posting || before.is_some_and(|before| posting(before) == posting(after)) {
        return Ok(());
    }
    let days = [before, Some(after)].into_iter().flatten();
    let mut days = days.filter_map(|record| record.text("tranDate")?.parse::<NaiveDate>().ok());
    match days.find(|day| is_closed(books, *day)) {
        None => Ok(()),
        Some(day) => Err(Refusal::rule(format!(
            "This transaction cannot be saved because its date {day} falls in a closed accounting period ({}).",
            Month::of(day)
        ))),
    }
}

/// What the ledger knows of a transaction.
fn posting(record: &Record) -> Vec<Option<String>> {
    const BODY: [&str; 4] = ["tranDate", "shippingCost", "handlingCost", "shipStatus"];
    const LINE: [&str; 6] = ["item", "quantity", "adjustQtyBy", "amount", "tax1Amt", "location"];
    let body = BODY.iter().map(|name| record.text(name));
    let lines = record.main_lines().iter();
    let cells = lines.flat_map(|line| LINE.iter().map(|name| line.fields.get(*name).and_then(plain)));
    body.chain(cells).chain([Some(record.voided.to_string())]).collect()
}

/// One row of the calendar: a month, a quarter or a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    year: i32,
    /// First month.
    from: u32,
    /// Months.
    length: u32,
}

impl Period {
    /// The whole calendar, months behind their quarter and quarters behind their year.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        YEARS.flat_map(|year| {
            let quarters = (0..4).flat_map(move |quarter| {
                let months = (1..=3).map(move |month| Self { year, from: quarter * 3 + month, length: 1 });
                std::iter::once(Self { year, from: quarter * 3 + 1, length: 3 }).chain(months)
            });
            std::iter::once(Self { year, from: 1, length: 12 }).chain(quarters)
        })
    }

    /// Internal id.
    pub(crate) fn id(self) -> i64 {
        let (year, from) = (i64::from(self.year), i64::from(self.from));
        match self.length {
            12 => (year - 2000) * 100,
            3 => (year - 2000) * 100 + 20 + (from + 2) / 3,
            _ => (year - 2000) * 100 + from,
        }
    }

    /// Name: `Jan 2026`, `Q1 2026`, `FY 2026`.
    pub(crate) fn name(self) -> String {
        match self.length {
            12 => format!("FY {}", self.year),
            3 => format!("Q{} {}", self.from.div_ceil(3), self.year),
            _ => Month { year: self.year, month: self.from }.to_string(),
        }
    }

    /// First day.
    pub(crate) fn start(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.from, 1).unwrap_or_default()
    }

    /// Last day.
    pub(crate) fn end(self) -> NaiveDate {
        let next = self.start().checked_add_months(chrono::Months::new(self.length));
        next.and_then(|next| next.pred_opt()).unwrap_or_default()
    }

    /// Whether it is a quarter.
    pub(crate) fn is_quarter(self) -> bool {
        self.length == 3
    }

    /// Whether it is a year.
    pub(crate) fn is_year(self) -> bool {
        self.length == 12
    }

    /// Whether all its months are closed.
    pub(crate) fn is_closed(self, books: &Books) -> bool {
        let mut months = self.from..self.from + self.length;
        months.all(|month| books.closed_months.contains(&Month { year: self.year, month }))
    }
}

/// The period a transaction posts to, as its `postingPeriod` shows it.
pub(crate) fn posting_period(record: &Record) -> Option<Value> {
    let day: NaiveDate = record.text("tranDate")?.parse().ok()?;
    let period = Period { year: day.year(), from: day.month(), length: 1 };
    Some(serde_json::json!({"id": period.id().to_string(), "refName": period.name()}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_has_seventeen_rows_that_fit_together() {
        let year: Vec<Period> = Period::all().filter(|period| period.year == 2026).collect();
        assert_eq!(year.len(), 17);
        let names: Vec<String> = year.iter().map(|period| period.name()).collect();
        assert_eq!(names[..3], ["FY 2026", "Q1 2026", "Jan 2026"]);
        assert_eq!(year[1].end().to_string(), "2026-03-31");
        let ids: std::collections::BTreeSet<i64> = Period::all().map(Period::id).collect();
        assert_eq!(ids.len(), Period::all().count());
    }
}
