//! The accounting period of today.

use amz_services::failure::{Failure, PortError};
use amz_services::ports::AccountingPeriods;
use amz_services::settings::ClosedPeriod;
use chrono::NaiveDate;

use super::super::finding::{Area, Finding, told};
use super::gate::{Gate, Reach};
use crate::settings::ConnectionSettings;

const PERIOD: &str = "netsuite_period";

pub(super) async fn examine(
    connection: &ConnectionSettings,
    gate: &Gate,
    reach: Reach,
    today: NaiveDate,
) -> Finding {
    if !reach.queries {
        return Finding::skipped(Area::NetSuite, PERIOD, "not known: the query service cannot be asked");
    }
    let open = gate.ask(gate.netsuite().first_open_day(today)).await;
    judge(today, open, connection.services.refunds.closed_period)
}

fn judge(today: NaiveDate, open: Result<Option<NaiveDate>, PortError>, closed: ClosedPeriod) -> Finding {
    let fix = "open the period (Setup > Accounting > Manage Accounting Periods)";
    match open {
        Ok(Some(day)) if day == today => Finding::ok(Area::NetSuite, PERIOD, format!("{today} is open")),
        Ok(Some(day)) => {
            let found = format!("{today} lies in a closed period; the first open day is {day}");
            match closed {
                ClosedPeriod::FirstOpenDay => {
                    let found = format!("{found}, which credits and receipts of today would get");
                    Finding::warning(Area::NetSuite, PERIOD, found, fix)
                }
                ClosedPeriod::Park => {
                    let fix = format!("{fix}, or set `policy.closed_period = \"first_open_day\"`");
                    Finding::failed(Area::NetSuite, PERIOD, format!("{found}; documents of today park"), fix)
                }
            }
        }
        Ok(None) => {
            let found = format!("no accounting period is open at {today} or later: nothing can be posted");
            Finding::failed(Area::NetSuite, PERIOD, found, fix)
        }
        Err(error) if error.failure == Failure::Refused => Finding::warning(
            Area::NetSuite,
            PERIOD,
            format!("periods cannot be read: {}", told(&error)),
            "give the role Manage Accounting Periods, View; without it documents of a closed day park",
        ),
        Err(error) => Finding::unanswered(Area::NetSuite, PERIOD, &error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Outcome;
    use super::*;

    #[test]
    fn a_closed_day_fails_only_where_documents_would_park() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let outcome =
            |open: Option<&str>, closed| judge(day("2026-03-02"), Ok(open.map(day)), closed).outcome;
        assert_eq!(outcome(Some("2026-03-02"), ClosedPeriod::Park), Outcome::Ok);
        assert_eq!(outcome(Some("2026-04-01"), ClosedPeriod::Park), Outcome::Failed);
        assert_eq!(outcome(Some("2026-04-01"), ClosedPeriod::FirstOpenDay), Outcome::Warning);
        assert_eq!(outcome(None, ClosedPeriod::FirstOpenDay), Outcome::Failed);
    }
}
