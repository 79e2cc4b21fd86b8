//! What the account tells of its limits for calls at once.
//!
//! Source: NetSuite help, REST web services governance (section 1559222360): `governanceLimits` is shown to
//! administrators.

use amz_services::failure::PortError;
use amz_services::urgency::{Urgency, with_urgency};
use http::Method;
use serde_json::Value;

use super::NetSuite;
use super::rest::{Expects, Reply, Request, address};

const OPERATION: &str = "governanceLimits";

/// Slots that are left to people: their own integrations, or our commands beside a process at work.
const KEPT_FREE: usize = 1;

/// How many calls an account serves at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConcurrencyLimits {
    /// By all integrations together.
    pub account: Option<usize>,
    /// The part that no integration has for itself.
    pub unallocated: Option<usize>,
    /// The part that is our integration's own, when it has one.
    pub integration: Option<usize>,
}

impl ConcurrencyLimits {
    /// How many calls we may have in flight: one fewer than our own part, or than what is shared where we have none.
    /// `None` when the account told neither.
    pub fn share(&self) -> Option<usize> {
        let limit = self.integration.or(self.unallocated)?;
        Some(limit.saturating_sub(KEPT_FREE).max(1))
    }

    fn read(document: &Value) -> Self {
        let limit = |name: &str| {
            let limit = document.get(name).and_then(Value::as_u64);
            limit.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0)
        };
        Self {
            account: limit("accountConcurrencyLimit"),
            unallocated: limit("accountUnallocatedConcurrencyLimit"),
            integration: limit("integrationConcurrencyLimit"),
        }
    }
}

impl NetSuite {
    /// Asks the account how many calls it serves at once. Most roles may not know.
    ///
    /// # Errors
    /// Read failures; [`Failure::Refused`](amz_services::failure::Failure::Refused) when the role may not.
    pub async fn concurrency_limits(&self) -> Result<ConcurrencyLimits, PortError> {
        let request = Request {
            operation: OPERATION,
            method: Method::GET,
            url: address(&self.rest().endpoint, &["system", "v1", "governanceLimits"]),
            headers: Vec::new(),
            document: None,
            expects: Expects::Document,
        };
        // work does not wait for it
        let reply = with_urgency(Urgency::Reconciliation, self.rest().call(request)).await?;
        let Reply::Document(document) = reply else { return Ok(ConcurrencyLimits::default()) };
        Ok(ConcurrencyLimits::read(&document))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn our_own_part_counts_before_what_is_shared_and_one_stays_free() {
        let shared = json!({
            "accountConcurrencyLimit": 15, "accountUnallocatedConcurrencyLimit": 10,
            "integrationLimitType": "accountLimit",
        });
        assert_eq!(ConcurrencyLimits::read(&shared).share(), Some(9));
        let own = json!({
            "accountConcurrencyLimit": 15, "accountUnallocatedConcurrencyLimit": 10,
            "integrationConcurrencyLimit": 5, "integrationLimitType": "integrationSpecific",
        });
        assert_eq!(ConcurrencyLimits::read(&own).share(), Some(4));
        let smallest = json!({"accountUnallocatedConcurrencyLimit": 1});
        assert_eq!(ConcurrencyLimits::read(&smallest).share(), Some(1), "one call must be possible");
    }

    #[test]
    fn what_is_not_told_or_makes_no_sense_is_no_limit() {
        for odd in [
            json!({}),
            json!({"accountUnallocatedConcurrencyLimit": 0}),
            json!({"accountUnallocatedConcurrencyLimit": -3}),
            json!({"accountUnallocatedConcurrencyLimit": "many"}),
        ] {
            assert_eq!(ConcurrencyLimits::read(&odd).share(), None, "{odd}");
        }
    }
}
