//! Pretend accounting periods.

use chrono::NaiveDate;

use crate::ports::documents::MockAccountingPeriods;

/// Periods of which those before a day are closed; without one all are.
pub(crate) fn periods(
    open_from: impl Fn() -> Option<NaiveDate> + Send + Sync + 'static,
) -> MockAccountingPeriods {
    let mut mock = MockAccountingPeriods::new();
    mock.expect_first_open_day().returning(move |from| Ok(open_from().map(|day| day.max(from))));
    mock
}
