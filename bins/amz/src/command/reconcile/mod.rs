//! `amz reconcile`: compare orders on both sides, and what came of it. `amz fetch`, `amz backfill` and `amz adopt` ask in
//! the same way.

mod follow;
pub(crate) mod report;
mod status;

use std::path::Path;
use std::process::ExitCode;

use amz_app::operator;
use amz_app::settings::Settings;
use amz_domain::{ReconciliationId, SalesOrderId};
use amz_services::reconciliation::{ReconciliationBeginner, ReconciliationRequest, ReconciliationScope};
use anyhow::bail;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use serde_json::json;

use super::{WrongUse, connection, settings};
use crate::arguments::{AskingOptions, ReconcileAction, ReconcileOptions};
use crate::output::Output;

pub(crate) async fn run(
    config: Option<&Path>,
    options: ReconcileOptions,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let settings = settings(config)?;
    match options.action {
        Some(ReconcileAction::Status { connection: wanted }) => {
            let name = &connection(&settings, wanted.as_deref())?.name;
            status::run(&settings, name, output).await
        }
        Some(ReconcileAction::Report { connection: wanted, run }) => {
            let name = &connection(&settings, wanted.as_deref())?.name;
            let reports = operator::reconciliation_reports(&settings.store)?;
            let known = match &run {
                Some(id) => reports.reconciliation(name, &id.as_str().into()).await?,
                None => reports.reconciliations(name, 1).await?.pop(),
            };
            match (known, run) {
                (Some(known), _) => report::show(reports.as_ref(), name, known, output).await,
                (None, Some(id)) => bail!("no reconciliation is called {id}: amz reconcile status"),
                (None, None) => bail!("no reconciliation is known: amz reconcile"),
            }
        }
        None => {
            let zone = connection(&settings, options.asking.connection.as_deref())?.services.timezone;
            let scope = match (&options.since, options.order.as_slice()) {
                (since, []) => ReconciliationScope::Open {
                    since: since.as_deref().map(|since| instant(since, &zone, Utc::now())).transpose()?,
                },
                (_, orders) => ReconciliationScope::Orders(sales_orders(orders)?),
            };
            ask(&settings, scope, &options.asking, output).await
        }
    }
}

/// Asks the sync role for a reconciliation and, unless told otherwise, follows it to its end.
pub(crate) async fn ask(
    settings: &Settings,
    scope: ReconciliationScope,
    asking: &AskingOptions,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let name = &connection(settings, asking.connection.as_deref())?.name;
    let now = Utc::now();
    let request = ReconciliationRequest {
        id: id_of(now),
        by: ReconciliationBeginner::Operator,
        plan_only: asking.plan,
        scope,
    };
    let id = request.id.clone();
    operator::reconcile(&settings.store, name, request, now).await?;
    // both given: clap keeps the later one
    if asking.no_follow {
        let document = json!({"connection": name.as_str(), "run": id.as_str(), "asked": true});
        let text =
            || format!("reconciliation {id} begins as soon as the sync role runs: amz reconcile report\n");
        output.write(&document, text)?;
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("reconciliation {id}; it goes on when this command is ended");
    let reports = operator::reconciliation_reports(&settings.store)?;
    let ended = follow::follow(reports.as_ref(), name, &id).await?;
    report::show(reports.as_ref(), name, ended, output).await
}

/// Name of a reconciliation that a person asks for.
fn id_of(now: DateTime<Utc>) -> ReconciliationId {
    ReconciliationId::new(format!("o{}Z", now.format("%Y%m%dT%H%M%S%3f")))
}

/// Internal ids of sales orders, each once.
pub(crate) fn sales_orders(named: &[String]) -> Result<Vec<SalesOrderId>, WrongUse> {
    let mut orders = Vec::new();
    for order in named {
        if order.is_empty() || !order.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(WrongUse(format!("{order:?} is not the internal id of a sales order")));
        }
        let order = SalesOrderId::from(order.as_str());
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    Ok(orders)
}

/// An instant as people write it: RFC 3339, a date (its beginning in the account's zone), or how long ago.
pub(crate) fn instant<Zone: TimeZone>(
    text: &str,
    zone: &Zone,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, WrongUse> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(instant.to_utc());
    }
    if let Ok(date) = text.parse::<NaiveDate>() {
        let midnight = date.and_time(NaiveTime::MIN);
        // where the clock jumps at midnight the day begins an hour later
        let begin = zone.from_local_datetime(&midnight).earliest().or_else(|| {
            let later = midnight.checked_add_signed(TimeDelta::hours(1))?;
            zone.from_local_datetime(&later).earliest()
        });
        if let Some(begin) = begin {
            return Ok(begin.to_utc());
        }
    }
    ago(text).and_then(|ago| now.checked_sub_signed(ago)).ok_or_else(|| {
        let expected =
            "an instant (2026-03-01T12:00:00Z), a date (2026-03-01) or how long ago (30m, 26h, 3d)";
        WrongUse(format!("{text:?} is not {expected}"))
    })
}

fn ago(text: &str) -> Option<TimeDelta> {
    let split = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at(split);
    let number: i64 = number.parse().ok()?;
    match unit {
        "m" => TimeDelta::try_minutes(number),
        "h" => TimeDelta::try_hours(number),
        "d" => TimeDelta::try_days(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_as_people_write_them() {
        let now: DateTime<Utc> = "2026-03-10T12:00:00Z".parse().unwrap();
        let zone = chrono::FixedOffset::west_opt(8 * 3600).unwrap();
        let read = |text: &str| instant(text, &zone, now).map(|instant| instant.to_rfc3339()).ok();
        assert_eq!(read("2026-03-01T12:00:00+01:00").as_deref(), Some("2026-03-01T11:00:00+00:00"));
        assert_eq!(read("2026-03-01").as_deref(), Some("2026-03-01T08:00:00+00:00"), "midnight there");
        assert_eq!(read("26h").as_deref(), Some("2026-03-09T10:00:00+00:00"));
        assert_eq!(read("3d").as_deref(), Some("2026-03-07T12:00:00+00:00"));
        for wrong in ["", "h", "yesterday", "26", "-3d", "99999999999999999999d", "2026-02-30"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn orders_are_internal_ids_each_once() {
        let named = |orders: &[&str]| {
            sales_orders(&orders.iter().map(|order| (*order).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(named(&["7", "5", "7"]).unwrap(), ["7".into(), "5".into()]);
        assert!(named(&["SO7"]).is_err());
        assert!(named(&[""]).is_err());
    }
}
