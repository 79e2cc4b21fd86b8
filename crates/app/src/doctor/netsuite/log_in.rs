//! Reach, credentials and clock: all by one log-in.

use amz_connector::netsuite::{LogIn, NetSuite};
use amz_services::failure::{Failure, PortError};
use chrono::TimeDelta;
use url::{Host, Url};

use super::super::finding::{Area, Finding, told};
use crate::settings::{ConnectionSettings, NetSuiteAuth};

const HOST: &str = "netsuite_host";
const REACHABLE: &str = "netsuite_reachable";
const CREDENTIALS: &str = "netsuite_credentials";
const CLOCK: &str = "netsuite_clock";

/// From here on a difference of clocks is worth a word.
const NOTABLE: TimeDelta = TimeDelta::seconds(60);

/// NetSuite refuses signatures that are off by five minutes; so much is left.
const TOO_MUCH: TimeDelta = TimeDelta::minutes(4);

/// Whether the address belongs to the account; nothing where it says nothing about it.
pub(super) fn host(connection: &ConnectionSettings) -> Option<Finding> {
    let netsuite = &connection.netsuite;
    let scheme = match netsuite.auth {
        NetSuiteAuth::Tba { .. } => "token-based authentication",
        NetSuiteAuth::Oauth2 { .. } => "OAuth 2.0, machine to machine",
    };
    let url = Url::parse(&netsuite.endpoint).ok()?;
    Some(judge_host(&netsuite.account, &url, scheme))
}

fn judge_host(account: &str, url: &Url, scheme: &str) -> Finding {
    let expected = account.to_ascii_lowercase().replace('_', "-");
    let host = match url.host() {
        Some(Host::Domain(name)) if name.ends_with(".netsuite.com") => name,
        _ => {
            return Finding::ok(
                Area::NetSuite,
                HOST,
                format!("{account} by {scheme}, at an address of its own"),
            );
        }
    };
    let found = host.split('.').next().unwrap_or_default();
    if found == expected {
        return Finding::ok(Area::NetSuite, HOST, format!("{account} by {scheme} at {host}"));
    }
    Finding::failed(
        Area::NetSuite,
        HOST,
        format!("the account is {account}, and the host is that of {found}"),
        format!(
            "make `netsuite.endpoint` that of {expected}, or leave it out (Setup > Company > Company Information > Company URLs)"
        ),
    )
}

/// Logs in once. True when everything else can be asked.
pub(super) async fn examine(netsuite: &NetSuite) -> (bool, Vec<Finding>) {
    let log_in = netsuite.log_in_once().await;
    (log_in.server_time.is_ok(), judge(&log_in))
}

fn judge(log_in: &LogIn) -> Vec<Finding> {
    match &log_in.server_time {
        Ok(server) => {
            let half = (log_in.answered_at - log_in.sent_at) / 2;
            let skew = *server - (log_in.sent_at + half);
            vec![
                Finding::ok(Area::NetSuite, REACHABLE, "the account answers"),
                Finding::ok(Area::NetSuite, CREDENTIALS, "accepted"),
                judge_clock(skew),
            ]
        }
        Err(error) if error.failure == Failure::Credentials => {
            let skew =
                log_in.date.map(|date| date - log_in.answered_at).filter(|skew| skew.abs() >= TOO_MUCH);
            let mut findings =
                vec![Finding::ok(Area::NetSuite, REACHABLE, "the account answers"), refused(error)];
            findings.extend(skew.map(judge_clock));
            findings
        }
        Err(error) => vec![unreachable(error)],
    }
}

fn refused(error: &PortError) -> Finding {
    let found =
        format!("refused: {}; tried once and not again, since five refusals lock the user", told(error));
    let fix = "look into the account's Login Audit Trail (Setup > Users/Roles > View Login Audit Trail), whose detail \
               names the cause: consumer_key_unknown and token_rejected mean keys of another account or revoked ones \
               (tokens are not copied to sandbox accounts), permission_denied the role's \"Log in using Access Tokens\" \
               or \"Log in using OAuth 2.0 Access Tokens\", InvalidTimestamp this machine's clock, temporary_locked to \
               wait for half an hour";
    Finding::failed(Area::NetSuite, CREDENTIALS, found, fix)
}

fn unreachable(error: &PortError) -> Finding {
    match error.failure {
        Failure::NotSent => {
            let fix =
                "see that this machine resolves and reaches the host of `netsuite.endpoint` on port 443";
            Finding::failed(Area::NetSuite, REACHABLE, format!("not reached: {}", told(error)), fix)
        }
        Failure::Refused => {
            let fix = "switch on REST Web Services (Setup > Company > Enable Features > SuiteCloud) and give the role \
                       the permission \"REST Web Services\"";
            Finding::failed(Area::NetSuite, REACHABLE, told(error), fix)
        }
        _ => {
            let fix =
                "see whether the account is in maintenance (status.netsuite.com), then run the doctor again";
            Finding::failed(Area::NetSuite, REACHABLE, told(error), fix)
        }
    }
}

/// `skew` is how far NetSuite is ahead of us.
fn judge_clock(skew: TimeDelta) -> Finding {
    let (seconds, whose) =
        (skew.num_seconds().abs(), if skew < TimeDelta::zero() { "ahead of" } else { "behind" });
    let found = format!("this machine is {seconds} s {whose} NetSuite");
    let fix = "let this machine's clock be set by a time server (`timedatectl set-ntp true`)";
    if skew.abs() >= TOO_MUCH {
        let found = format!("{found}; from 300 s on NetSuite refuses every log-in");
        return Finding::failed(Area::NetSuite, CLOCK, found, fix);
    }
    if skew.abs() > NOTABLE {
        return Finding::warning(Area::NetSuite, CLOCK, found, fix);
    }
    Finding::ok(Area::NetSuite, CLOCK, found)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::super::super::finding::Outcome;
    use super::*;

    fn log_in(server_time: Result<&str, Failure>, date: Option<&str>) -> LogIn {
        let now: DateTime<Utc> = "2026-03-02T17:00:00Z".parse().unwrap();
        LogIn {
            server_time: server_time.map(|time| time.parse().unwrap()).map_err(|failure| {
                PortError::new("serverTime", failure, "INVALID_LOGIN", "Invalid login attempt.")
            }),
            date: date.map(|date| date.parse().unwrap()),
            sent_at: now,
            answered_at: now + TimeDelta::seconds(2),
        }
    }

    fn outcomes(log_in: &LogIn) -> Vec<(&'static str, Outcome)> {
        judge(log_in).into_iter().map(|finding| (finding.check, finding.outcome)).collect()
    }

    #[test]
    fn clocks_may_differ_by_a_minute_and_must_not_by_four() {
        for (time, outcome) in [
            ("2026-03-02T17:00:01Z", Outcome::Ok),
            ("2026-03-02T17:01:01Z", Outcome::Ok),
            ("2026-03-02T17:01:03Z", Outcome::Warning),
            ("2026-03-02T16:58:00Z", Outcome::Warning),
            ("2026-03-02T17:04:01Z", Outcome::Failed),
            ("2026-03-02T16:55:00Z", Outcome::Failed),
        ] {
            let expected = [(REACHABLE, Outcome::Ok), (CREDENTIALS, Outcome::Ok), (CLOCK, outcome)];
            assert_eq!(outcomes(&log_in(Ok(time), None)), expected, "{time}");
        }
    }

    #[test]
    fn a_refused_log_in_whose_answer_shows_another_time_blames_the_clock_too() {
        let refused = log_in(Err(Failure::Credentials), Some("2026-03-02T17:06:00Z"));
        let expected = [(REACHABLE, Outcome::Ok), (CREDENTIALS, Outcome::Failed), (CLOCK, Outcome::Failed)];
        assert_eq!(outcomes(&refused), expected);
        let refused = log_in(Err(Failure::Credentials), Some("2026-03-02T17:01:00Z"));
        assert_eq!(outcomes(&refused), expected[..2]);
        assert!(judge(&refused)[1].fix.as_deref().unwrap().contains("Login Audit Trail"));
    }

    #[test]
    fn who_is_not_reached_is_not_blamed_on_credentials() {
        for failure in [Failure::NotSent, Failure::Unavailable, Failure::Refused] {
            assert_eq!(outcomes(&log_in(Err(failure), None)), [(REACHABLE, Outcome::Failed)]);
        }
    }

    #[test]
    fn the_host_must_be_that_of_the_account() {
        let outcome = |url: &str| judge_host("1234567_SB1", &url.parse().unwrap(), "TBA").outcome;
        assert_eq!(outcome("https://1234567-sb1.suitetalk.api.netsuite.com"), Outcome::Ok);
        assert_eq!(outcome("https://1234567.suitetalk.api.netsuite.com"), Outcome::Failed);
        assert_eq!(outcome("http://127.0.0.1:8099/netsuite"), Outcome::Ok);
    }
}
