//! How many calls at once the account takes, and how many we make.

use amz_connector::netsuite::ConcurrencyLimits;
use amz_services::failure::{Failure, PortError};

use super::super::finding::{Area, Finding};
use super::gate::Gate;
use crate::settings::ConnectionSettings;

const CONCURRENCY: &str = "netsuite_concurrency";

pub(super) async fn examine(connection: &ConnectionSettings, gate: &Gate) -> Finding {
    let limits = gate.ask(gate.netsuite().concurrency_limits()).await;
    judge(connection.netsuite.concurrency, limits)
}

fn judge(ours: usize, limits: Result<ConcurrencyLimits, PortError>) -> Finding {
    match limits {
        Ok(limits) => match limits.integration.or(limits.unallocated).or(limits.account) {
            None => Finding::skipped(Area::NetSuite, CONCURRENCY, "the account does not tell its limits"),
            Some(limit) if ours > limit => Finding::warning(
                Area::NetSuite,
                CONCURRENCY,
                format!(
                    "{ours} calls at once are set, and the account takes {limit}: the rest is refused and tried again"
                ),
                format!(
                    "set `netsuite.concurrency` to {} or less (Setup > Integration > Integration Governance shows it)",
                    limits.share().unwrap_or(1)
                ),
            ),
            Some(limit) if ours == limit && limits.integration.is_none() => Finding::warning(
                Area::NetSuite,
                CONCURRENCY,
                format!(
                    "{ours} calls at once are all that the account takes: other integrations wait for us"
                ),
                format!("set `netsuite.concurrency` to {} or less", limits.share().unwrap_or(1)),
            ),
            Some(limit) => {
                Finding::ok(Area::NetSuite, CONCURRENCY, format!("{ours} of {limit} calls at once"))
            }
        },
        Err(error) if error.failure == Failure::Refused => {
            let why =
                format!("the account shows its limits to administrators only; {ours} calls at once are set");
            Finding::skipped(Area::NetSuite, CONCURRENCY, why)
        }
        Err(error) => Finding::unanswered(Area::NetSuite, CONCURRENCY, &error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Outcome;
    use super::*;

    #[test]
    fn more_calls_than_the_account_takes_are_worth_a_word() {
        let shared = ConcurrencyLimits { account: Some(15), unallocated: Some(5), integration: None };
        let outcome = |ours, limits| judge(ours, Ok(limits)).outcome;
        assert_eq!(outcome(4, shared), Outcome::Ok);
        assert_eq!(outcome(5, shared), Outcome::Warning);
        assert_eq!(outcome(6, shared), Outcome::Warning);
        let own = ConcurrencyLimits { integration: Some(5), ..shared };
        assert_eq!(outcome(5, own), Outcome::Ok, "what is our own may be used up");
        assert_eq!(outcome(5, ConcurrencyLimits::default()), Outcome::Skipped);
        let denied = PortError::new("governanceLimits", Failure::Refused, "INSUFFICIENT_PERMISSION", "no");
        assert_eq!(judge(4, Err(denied)).outcome, Outcome::Skipped);
    }
}
