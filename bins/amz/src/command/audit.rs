//! `amz audit`: every call to a vendor, one entry each, and what was ignored as our own echo.

use std::path::Path;
use std::process::ExitCode;

use amz_services::audit::{AuditEntry, AuditEvent, AuditPosition, AuditQuery, CallRecord, OWN_ECHO};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{WrongUse, connection, lane_key, settings};
use crate::arguments::{AuditArguments, AuditOptions, OrderOptions};
use crate::output::Output;

/// Width of a terminal that the text keeps to, but for bodies.
const COLUMNS: usize = 120;

/// Where what is told of an entry begins in further lines.
const INDENT: &str = "                         ";

pub(crate) async fn run(
    config: Option<&Path>,
    arguments: AuditArguments,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let options = arguments.options();
    let settings = settings(config)?;
    let now = Utc::now();
    let (connection, lane) = match &options.order {
        Some(order) => {
            let order = OrderOptions { order: order.clone(), connection: options.connection.clone() };
            let key = lane_key(&settings, &order)?;
            (key.connection, Some(key.lane))
        }
        None => (connection(&settings, options.connection.as_deref())?.name.clone(), None),
    };
    let query = AuditQuery {
        connection,
        lane,
        since: options.since.as_deref().map(|text| instant(text, now)).transpose()?,
        until: options.until.as_deref().map(|text| instant(text, now)).transpose()?,
        only_failures: options.failed,
        after: options.after.as_deref().map(position).transpose()?,
        limit: options.limit,
    };
    let entries = amz_app::operator::operations(&settings.store)?.audit(&query).await?;
    let document: Vec<Value> = entries.iter().map(json_of).collect();
    output.write(&document, || text(&entries, &options))?;
    Ok(ExitCode::SUCCESS)
}

/// An instant as RFC 3339 writes it, the beginning of a day in UTC, or so long before now: `90s`, `15m`, `24h`, `7d`.
pub(super) fn instant(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, WrongUse> {
    let ago = || {
        let split = text.len().checked_sub(1)?;
        let (count, unit) = text.split_at_checked(split)?;
        let count: i64 = count.parse().ok().filter(|count| *count >= 0)?;
        let span = match unit {
            "s" => TimeDelta::try_seconds(count),
            "m" => TimeDelta::try_minutes(count),
            "h" => TimeDelta::try_hours(count),
            "d" => TimeDelta::try_days(count),
            _ => None,
        };
        now.checked_sub_signed(span?)
    };
    let written = || DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.to_utc());
    let day = || {
        let day = text.parse::<NaiveDate>().ok()?;
        Some(day.and_hms_opt(0, 0, 0)?.and_utc())
    };
    written().or_else(day).or_else(ago).ok_or_else(|| {
        WrongUse(format!(
            "{text:?} is no instant: expected so long ago, like 90s, 15m, 24h or 7d, a day like 2026-03-01, or \
             2026-03-01T12:00:00Z"
        ))
    })
}

fn position(text: &str) -> Result<AuditPosition, WrongUse> {
    text.parse().map_err(|error| WrongUse(format!("{error}; expected the `position` of an entry")))
}

fn json_of(entry: &AuditEntry) -> Value {
    let AuditEntry { position, notices, event } = entry;
    match event {
        AuditEvent::Call(call) => {
            let CallRecord {
                connection,
                lane,
                job,
                intent,
                vendor,
                operation,
                method,
                path,
                attempt,
                started_at,
                duration_ms,
                status,
                outcome,
                code,
                request,
                response,
            } = call.as_ref();
            json!({
                "position": position.to_string(), "entry": "call", "at": started_at,
                "connection": connection.as_str(), "lane": lane.as_ref().map(ToString::to_string),
                "notices": notices, "job": job, "intent": intent.as_ref().map(|intent| &intent.0),
                "vendor": vendor.as_str(), "operation": operation, "method": method, "path": path,
                "attempt": attempt, "duration_ms": duration_ms, "status": status,
                "outcome": outcome.as_str(), "code": code, "request": request, "response": response,
            })
        }
        AuditEvent::Echo { lane, job, what } => json!({
            "position": position.to_string(), "entry": "echo", "at": position.at, "lane": lane.to_string(),
            "notices": notices, "job": job, "outcome": OWN_ECHO, "what": what,
        }),
    }
}

/// The trail for people: what happened in one line, what it was for in the next.
fn text(entries: &[AuditEntry], options: &AuditOptions) -> String {
    let mut text = String::new();
    for entry in entries {
        let at = entry.position.at.format("%Y-%m-%d %H:%M:%S%.3f");
        let (line, lane) = match &entry.event {
            AuditEvent::Call(call) => (told(call), call.lane.as_ref()),
            AuditEvent::Echo { lane, what, .. } => (echo(what), Some(lane)),
        };
        text.push_str(&shortened(&format!("{at}  {line}")));
        let why = why(entry, lane.map(ToString::to_string));
        if !why.is_empty() {
            text.push_str(&shortened(&format!("{INDENT}{why}")));
        }
        if let (true, AuditEvent::Call(call)) = (options.bodies, &entry.event) {
            text.push_str(&format!("{INDENT}{} {}\n", call.method, call.path));
            for (arrow, body) in [(">", &call.request), ("<", &call.response)] {
                for line in body.iter().flat_map(|body| body.lines()) {
                    text.push_str(&format!("{INDENT}{arrow} {line}\n"));
                }
            }
        }
    }
    match entries {
        [] => "nothing is recorded of this\n".to_owned(),
        [.., last] if entries.len() >= options.limit as usize => {
            format!("{text}there may be more: --after {}\n", last.position)
        }
        _ => text,
    }
}

fn told(call: &CallRecord) -> String {
    let mut line = format!("{:<8} {:<28} {}", call.vendor.as_str(), call.operation, call.outcome.as_str());
    if let Some(status) = call.status {
        line.push_str(&format!(" {status}"));
    }
    if let Some(code) = &call.code {
        line.push_str(&format!(" {code}"));
    }
    line.push_str(&format!(", {} ms", call.duration_ms));
    if call.attempt > 1 {
        line.push_str(&format!(", attempt {}", call.attempt));
    }
    line
}

fn echo(what: &str) -> String {
    if what.contains(OWN_ECHO) { what.to_owned() } else { format!("{what}: {OWN_ECHO}") }
}

/// What an entry was for: lane, look, write and notices.
fn why(entry: &AuditEntry, lane: Option<String>) -> String {
    let (job, intent) = match &entry.event {
        AuditEvent::Call(call) => (call.job, call.intent.as_ref()),
        AuditEvent::Echo { job, .. } => (*job, None),
    };
    let notices = (!entry.notices.is_empty()).then(|| format!("asked by {}", entry.notices.join(", ")));
    let job = job.map(|job| format!("job {job}"));
    let intent = intent.map(|intent| format!("intent {intent}"));
    [lane, job, notices, intent].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// One line that fits; JSON has all of it.
fn shortened(line: &str) -> String {
    let line = line.replace('\n', " ");
    if line.chars().count() <= COLUMNS {
        return format!("{line}\n");
    }
    format!("{}…\n", line.chars().take(COLUMNS - 1).collect::<String>())
}

#[cfg(test)]
mod tests {
    use amz_services::audit::{AuditKind, CallOutcome, Vendor};
    use amz_services::intent::IntentKey;
    use amz_services::work::Lane;
    use clap::Parser;

    use super::*;
    use crate::arguments::{Arguments, Command};

    fn now() -> DateTime<Utc> {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn call() -> AuditEntry {
        let call = CallRecord {
            connection: "main".into(),
            lane: Some(Lane::SalesOrder("42".into())),
            job: Some(7),
            intent: Some(IntentKey("createOrder/order 42".to_owned())),
            vendor: Vendor::Amazon,
            operation: "createOrder".to_owned(),
            method: "POST".to_owned(),
            path: "/graphql".to_owned(),
            attempt: 2,
            started_at: now(),
            duration_ms: 34,
            status: Some(200),
            outcome: CallOutcome::Refused,
            code: Some("INVALID_SKU".to_owned()),
            request: Some("{\"a\":1}".to_owned()),
            response: Some("x\ny".to_owned()),
        };
        AuditEntry {
            position: AuditPosition { at: now(), kind: AuditKind::Call, id: 3 },
            notices: vec!["inbox/1".to_owned(), "inbox/2".to_owned()],
            event: AuditEvent::Call(Box::new(call)),
        }
    }

    fn echoed() -> AuditEntry {
        AuditEntry {
            position: AuditPosition { at: now(), kind: AuditKind::Echo, id: 1 },
            notices: Vec::new(),
            event: AuditEvent::Echo {
                lane: Lane::SalesOrder("42".into()),
                job: None,
                what: "new creditMemo-9".to_owned(),
            },
        }
    }

    fn options(words: &[&str]) -> AuditOptions {
        let line = ["amz", "audit"].iter().chain(words);
        match Arguments::try_parse_from(line).unwrap().command {
            Command::Audit(arguments) => arguments.options(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn list_may_be_said_and_left_out() {
        let words = ["--order", "42", "--since", "24h", "--failed", "--limit", "5"];
        for options in [options(&words), options(&[&["list"], &words[..]].concat())] {
            assert_eq!(options.order.as_deref(), Some("42"));
            assert_eq!((options.since.as_deref(), options.failed, options.limit), (Some("24h"), true, 5));
        }
        assert!(Arguments::try_parse_from(["amz", "audit", "--limit", "0"]).is_err());
        assert_eq!(options(&[]).limit, 100);
    }

    #[test]
    fn instants_are_told_in_three_ways() {
        let at = |text: &str| instant(text, now()).map(|instant| instant.to_rfc3339());
        for (text, expected) in [
            ("24h", "2026-02-28T12:00:00+00:00"),
            ("90s", "2026-03-01T11:58:30+00:00"),
            ("15m", "2026-03-01T11:45:00+00:00"),
            ("1d", "2026-02-28T12:00:00+00:00"),
            ("2026-02-03", "2026-02-03T00:00:00+00:00"),
            ("2026-02-03T04:05:06+01:00", "2026-02-03T03:05:06+00:00"),
        ] {
            assert_eq!(at(text).unwrap(), expected, "{text}");
        }
        for text in ["", "h", "24", "-1h", "1.5h", "24ü", "99999999999999999d", "yesterday"] {
            assert!(at(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_entry_is_told_in_two_lines() {
        let told = text(&[call(), echoed()], &options(&[]));
        let expected = "\
2026-03-01 12:00:00.000  amazon   createOrder                  refused 200 INVALID_SKU, 34 ms, attempt 2
                         order/42, job 7, asked by inbox/1, inbox/2, intent createOrder/order 42
2026-03-01 12:00:00.000  new creditMemo-9: own echo, ignored
                         order/42
";
        assert_eq!(told, expected);
        assert_eq!(text(&[], &options(&[])), "nothing is recorded of this\n");
        let more = text(&[call()], &options(&["--limit", "1"]));
        assert!(more.ends_with("there may be more: --after 1772366400000000-call-3\n"), "{more}");
    }

    #[test]
    fn bodies_are_shown_when_asked_for() {
        let told = text(&[call(), echoed()], &options(&["--bodies"]));
        for line in ["POST /graphql", "> {\"a\":1}", "< x", "< y"] {
            assert!(told.contains(&format!("{INDENT}{line}\n")), "{told}");
        }
    }

    #[test]
    fn lines_fit_a_terminal() {
        let mut long = call();
        long.notices = (0..50).map(|number| format!("inbox/{number}")).collect();
        for line in text(&[long], &options(&[])).lines() {
            assert!(line.chars().count() <= COLUMNS, "{line}");
        }
    }

    #[test]
    fn json_tells_everything() {
        let call = json_of(&call());
        for (key, value) in [
            ("position", json!("1772366400000000-call-3")),
            ("outcome", json!("refused")),
            ("code", json!("INVALID_SKU")),
            ("job", json!(7)),
            ("intent", json!("createOrder/order 42")),
            ("notices", json!(["inbox/1", "inbox/2"])),
            ("request", json!("{\"a\":1}")),
            ("response", json!("x\ny")),
            ("lane", json!("order/42")),
        ] {
            assert_eq!(call[key], value, "{key}");
        }
        assert_eq!(json_of(&echoed())["outcome"], "own echo, ignored");
    }
}
