//! Instants and posting dates.
//!
//! Inside, every moment is an instant in UTC. NetSuite's posting dates are days in the account's zone.

use chrono::{DateTime, NaiveDate, Offset, TimeZone, Utc};

/// The day in the account's zone on which an instant falls.
pub fn posting_date<Zone: TimeZone>(instant: DateTime<Utc>, zone: &Zone) -> NaiveDate {
    (instant.naive_utc() + zone.offset_from_utc_datetime(&instant.naive_utc()).fix()).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::FixedOffset;

    #[test]
    fn an_early_utc_morning_is_still_the_day_before_in_california() {
        let instant = "2026-04-01T05:30:00Z".parse().unwrap();
        let pacific = FixedOffset::west_opt(7 * 3600).unwrap();
        assert_eq!(posting_date(instant, &pacific), NaiveDate::from_ymd_opt(2026, 3, 31).unwrap());
        assert_eq!(posting_date(instant, &Utc), NaiveDate::from_ymd_opt(2026, 4, 1).unwrap());
    }
}
