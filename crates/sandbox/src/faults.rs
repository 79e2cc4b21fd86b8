//! Scripts of things that go wrong.

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use crate::random::Random;
use crate::{Vendor, locked};

/// Something that goes wrong with one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The call is carried out, then the connection closes without an answer.
    LostAnswer,
    /// The connection closes before anything is done.
    DropBefore,
    /// HTTP 429, nothing is done.
    TooManyRequests {
        /// Value of the `Retry-After` header, in seconds; no header when `None`.
        retry_after_s: Option<u64>,
    },
    /// HTTP 500, nothing is done.
    ServerError,
    /// The call is carried out and answered with HTTP 500.
    ServerErrorAfterCommit,
    /// `ThrottlingError` inside HTTP 200, nothing is done. NetSuite answers 429 instead.
    #[serde(rename = "graphql_throttle")]
    GraphQlThrottle,
    /// NetSuite refuses for "too many requests" in another way than it documents, nothing is done. Amazon answers as
    /// for [`Fault::TooManyRequests`].
    ThrottleLookAlike(LookAlike),
    /// NetSuite answers 401 `INVALID_LOGIN` although the login is good, as it was seen to under load; nothing is done and
    /// nothing counts towards the user's lock. Amazon answers as for [`Fault::TooManyRequests`].
    LoginRefused,
    /// The call is carried out and answered with its own status, but the JSON is cut off.
    MalformedJson,
    /// The call is carried out at once; the answer waits this long in real time.
    Slow {
        /// The wait in milliseconds.
        millis: u64,
    },
    /// Success with an empty list, as NetSuite's query service may answer a query that took too long. No effect on
    /// calls that give no list.
    EmptyAnswer,
    /// The presented access token stops being valid, nothing is done. No effect on `token` and
    /// `lwaToken` calls.
    RevokedToken,
}

/// Ways in which NetSuite says "too many requests" besides 429 with a readable body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookAlike {
    /// `CONCURRENCY_LIMIT_EXCEEDED` with HTTP 400.
    ConcurrencyWithBadRequest,
    /// `SSS_REQUEST_LIMIT_EXCEEDED` with HTTP 400, as scripts and RESTlets refuse.
    RequestLimitWithBadRequest,
    /// HTTP 429 with the body of NetSuite's own sample, which is no JSON: a comma is missing.
    UnreadableBody,
}

/// Which of the calls that match a rule are hit; calls are counted from when the rule was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallSelector {
    /// The n-th call only, counting from 1.
    Nth(u64),
    /// The first n calls.
    First(u64),
    /// Every n-th call.
    Every(u64),
    /// About this many of 1000 calls; which ones depends on the seed alone.
    Share {
        /// Expected hits in 1000 calls.
        permille: u16,
        /// Chooses the calls.
        seed: u64,
    },
    /// All calls.
    Always,
}

/// One line of a fault script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultRule {
    /// Whose calls.
    pub vendor: Vendor,
    /// Only this operation; all when `None`.
    #[serde(default)]
    pub operation: Option<String>,
    /// Which of the matching calls.
    pub calls: CallSelector,
    /// What happens to them.
    pub fault: Fault,
}

/// The fault script of one sandbox; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Counted>>>);

#[derive(Debug)]
struct Counted {
    rule: FaultRule,
    seen: u64,
}

impl Faults {
    /// Adds a rule. When several rules hit the same call, the one added first wins.
    pub fn add(&self, rule: FaultRule) {
        locked(&self.0).push(Counted { rule, seen: 0 });
    }

    /// Adds many rules, for example a profile such as [`Faults::heavy`].
    pub fn add_all(&self, rules: impl IntoIterator<Item = FaultRule>) {
        rules.into_iter().for_each(|rule| self.add(rule));
    }

    /// Removes all rules: the vendors behave again.
    pub fn clear(&self) {
        locked(&self.0).clear();
    }

    /// The rules in force, in the order in which they are tried.
    pub fn rules(&self) -> Vec<FaultRule> {
        locked(&self.0).iter().map(|counted| counted.rule.clone()).collect()
    }

    /// Counts one call and says what goes wrong with it.
    pub fn next(&self, vendor: Vendor, operation: &str) -> Option<Fault> {
        let mut hit = None;
        for counted in locked(&self.0).iter_mut() {
            let Counted { rule, seen } = counted;
            let wanted = rule.operation.as_deref().is_none_or(|wanted| wanted == operation);
            if rule.vendor != vendor || !wanted {
                continue;
            }
            *seen += 1;
            if hit.is_none() && selects(rule.calls, *seen) {
                hit = Some(rule.fault.clone());
            }
        }
        hit
    }

    /// A bad day: about 4 % of the calls to either vendor fail in one way or another.
    pub fn light(seed: u64) -> Vec<FaultRule> {
        profile(seed, 5)
    }

    /// A terrible day: about one call in five to either vendor fails.
    pub fn heavy(seed: u64) -> Vec<FaultRule> {
        profile(seed, 25)
    }
}

fn selects(calls: CallSelector, seen: u64) -> bool {
    match calls {
        CallSelector::Nth(n) => seen == n,
        CallSelector::First(n) => seen <= n,
        CallSelector::Every(n) => n != 0 && seen.is_multiple_of(n),
        CallSelector::Share { permille, seed } => {
            Random::new(seed ^ seen.wrapping_mul(0xD6E8_FEB8_6659_FD93)).chance(permille)
        }
        CallSelector::Always => true,
    }
}

fn profile(seed: u64, permille: u16) -> Vec<FaultRule> {
    let kinds = [
        Fault::LostAnswer,
        Fault::DropBefore,
        Fault::TooManyRequests { retry_after_s: Some(1) },
        Fault::TooManyRequests { retry_after_s: None },
        Fault::ServerError,
        Fault::ServerErrorAfterCommit,
        Fault::MalformedJson,
        Fault::GraphQlThrottle,
        Fault::RevokedToken,
        Fault::Slow { millis: 30 },
    ];
    let mut random = Random::new(seed);
    let mut rules = Vec::new();
    for vendor in [Vendor::Amazon, Vendor::NetSuite] {
        for fault in &kinds {
            let calls = CallSelector::Share { permille, seed: random.next() };
            if (vendor, fault) != (Vendor::NetSuite, &Fault::GraphQlThrottle) {
                rules.push(FaultRule { vendor, operation: None, calls, fault: fault.clone() });
            }
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(operation: Option<&str>, calls: CallSelector, fault: Fault) -> FaultRule {
        FaultRule { vendor: Vendor::Amazon, operation: operation.map(Into::into), calls, fault }
    }

    fn hits(calls: CallSelector, among: usize) -> Vec<usize> {
        let faults = Faults::default();
        faults.add(rule(None, calls, Fault::ServerError));
        (1..=among).filter(|_| faults.next(Vendor::Amazon, "order").is_some()).collect()
    }

    #[test]
    fn selectors_choose_the_calls_they_name() {
        assert_eq!(hits(CallSelector::Nth(2), 4), [2]);
        assert_eq!(hits(CallSelector::First(2), 4), [1, 2]);
        assert_eq!(hits(CallSelector::Every(3), 7), [3, 6]);
        assert_eq!(hits(CallSelector::Always, 2), [1, 2]);
    }

    #[test]
    fn a_share_is_repeatable_and_about_as_large_as_asked() {
        let share = |seed| hits(CallSelector::Share { permille: 200, seed }, 2000);
        assert_eq!(share(7), share(7));
        assert_ne!(share(7), share(8));
        assert!((300..500).contains(&share(7).len()), "{} hits", share(7).len());
    }

    #[test]
    fn other_operations_and_vendors_are_neither_hit_nor_counted() {
        let faults = Faults::default();
        faults.add(rule(Some("createOrder"), CallSelector::Nth(1), Fault::LostAnswer));
        assert_eq!(faults.next(Vendor::Amazon, "order"), None);
        assert_eq!(faults.next(Vendor::NetSuite, "createOrder"), None);
        assert_eq!(faults.next(Vendor::Amazon, "createOrder"), Some(Fault::LostAnswer));
    }

    #[test]
    fn rules_read_and_write_as_plain_json() {
        let text = r#"{"vendor":"amazon","operation":"createOrder","calls":{"nth":2},"fault":{"too_many_requests":{"retry_after_s":3}}}"#;
        let read: FaultRule = serde_json::from_str(text).unwrap();
        assert_eq!(read.fault, Fault::TooManyRequests { retry_after_s: Some(3) });
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }
}
