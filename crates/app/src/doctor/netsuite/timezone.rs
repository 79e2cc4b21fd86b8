//! The time zone of texts in the query service, by the newest sales order: its record says when it was changed in UTC,
//! the query service in the zone of the integration's user.

use amz_connector::netsuite::SalesOrderRecord;
use amz_connector::netsuite::record_service::RecordKey;
use amz_services::failure::PortError;
use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::super::finding::{Area, Finding};
use super::gate::{Gate, Reach};
use crate::settings::ConnectionSettings;

const TIMEZONE: &str = "netsuite_timezone";

/// How the query service is asked for instants.
const FORM: &str = "%Y-%m-%dT%H:%M:%S";

/// The text has whole seconds, and zones differ by quarters of an hour at least.
const SAME: TimeDelta = TimeDelta::seconds(120);

/// One order's last change, told twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Told {
    text: NaiveDateTime,
    instant: DateTime<Utc>,
}

pub(super) async fn examine(connection: &ConnectionSettings, gate: &Gate, reach: Reach) -> Finding {
    if !reach.queries || !reach.records {
        return Finding::skipped(Area::NetSuite, TIMEZONE, "not known: orders cannot be read");
    }
    let zone = connection.services.timezone;
    let mut judged = judge_told(told_twice(gate).await, zone);
    if judged.outcome == super::super::finding::Outcome::Failed {
        // somebody may have saved it between the two looks
        judged = judge_told(told_twice(gate).await, zone);
    }
    judged
}

async fn told_twice(gate: &Gate) -> Result<Option<Told>, PortError> {
    let newest = "SELECT t.id AS id, TO_CHAR(t.lastmodifieddate, 'YYYY-MM-DD\"T\"HH24:MI:SS') AS changed \
                  FROM transaction t WHERE t.type = 'SalesOrd' ORDER BY t.id DESC";
    let rows = gate.rows(newest, &[]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let text = row.get("changed").and_then(|text| NaiveDateTime::parse_from_str(text, FORM).ok());
    let (Some(id), Some(text)) = (row.get("id"), text) else { return Ok(None) };
    let record = gate.ask(gate.netsuite().records().get::<SalesOrderRecord>(RecordKey::Internal(id))).await?;
    let changed = record.as_ref().and_then(|record| record["lastModifiedDate"].as_str());
    let instant = changed.and_then(|changed| changed.parse::<DateTime<Utc>>().ok());
    Ok(instant.map(|instant| Told { text, instant }))
}

fn judge_told(told: Result<Option<Told>, PortError>, zone: Tz) -> Finding {
    match told {
        Ok(Some(told)) => judge(told, zone),
        Ok(None) => {
            Finding::skipped(Area::NetSuite, TIMEZONE, "not known: there is no sales order yet to see it by")
        }
        Err(error) => Finding::unanswered(Area::NetSuite, TIMEZONE, &error),
    }
}

fn judge(Told { text, instant }: Told, zone: Tz) -> Finding {
    let read = zone.from_local_datetime(&text);
    let fits = [read.earliest(), read.latest()].into_iter().flatten();
    let mut fits = fits.map(|read| (read.to_utc() - instant).abs());
    if fits.any(|difference| difference <= SAME) {
        return Finding::ok(Area::NetSuite, TIMEZONE, format!("{zone}, as the query service has it"));
    }
    let offset = text.and_utc() - instant;
    // to the nearest quarter of an hour
    let minutes = (offset.num_seconds() + 450).div_euclid(900) * 15;
    let sign = if minutes < 0 { '-' } else { '+' };
    let utc = format!("UTC{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
    Finding::failed(
        Area::NetSuite,
        TIMEZONE,
        format!(
            "the query service tells times at {utc}, and `netsuite.timezone` is {zone}: changes would be missed"
        ),
        "set `netsuite.timezone` to the time zone of the integration's user (Home > Set Preferences, logged in as \
         that user), or give the user that zone",
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Outcome;
    use super::*;

    fn told(text: &str, instant: &str) -> Told {
        Told { text: text.parse().unwrap(), instant: instant.parse().unwrap() }
    }

    #[test]
    fn the_text_must_be_in_the_zone_of_the_settings() {
        let pacific = told("2026-03-02T09:00:00", "2026-03-02T17:00:00.400Z");
        assert_eq!(judge(pacific, chrono_tz::America::Los_Angeles).outcome, Outcome::Ok);
        let wrong = judge(pacific, chrono_tz::America::New_York);
        assert_eq!(wrong.outcome, Outcome::Failed);
        assert!(wrong.found.contains("UTC-08:00"), "{}", wrong.found);
        let india = judge(told("2026-03-02T22:30:00", "2026-03-02T17:00:00Z"), chrono_tz::UTC);
        assert!(india.found.contains("UTC+05:30"), "{}", india.found);
    }

    #[test]
    fn an_hour_that_comes_twice_fits_by_either() {
        for instant in ["2026-11-01T08:30:00Z", "2026-11-01T09:30:00Z"] {
            let told = told("2026-11-01T01:30:00", instant);
            assert_eq!(judge(told, chrono_tz::America::Los_Angeles).outcome, Outcome::Ok, "{instant}");
        }
    }

    #[test]
    fn without_an_order_nothing_is_said() {
        assert_eq!(judge_told(Ok(None), chrono_tz::UTC).outcome, Outcome::Skipped);
    }
}
