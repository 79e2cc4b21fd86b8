//! What a return authorization says about the parcels of its return. States never move back, and what was said of a
//! return is not taken back. Pure.

use amz_domain::{AmazonReturn, LineNumber, ReturnPackage, ReturnPackageState};

/// Text that fits NetSuite's memo field.
const MEMO_LIMIT: usize = 999;

/// A reason in the shopper's own words may be long.
const REASON_LIMIT: usize = 200;

/// What stands between the parts of a memo.
const SEPARATOR: &str = "; ";

/// Where the parcels of a return are, in one word: the one that has come least far counts, and one that failed counts
/// before all others.
pub(super) fn delivery_state(before: Option<&str>, packages: &[ReturnPackage]) -> Option<String> {
    let states = || packages.iter().map(|package| &package.state);
    let seen = states()
        .find(|state| **state == ReturnPackageState::Failed)
        .or_else(|| states().filter(|state| rank(state) > 0).min_by_key(|state| rank(state)));
    let known = before.map_or(0, |word| rank(&word.into()));
    match seen.filter(|state| rank(state) > known) {
        Some(state) => Some(state.to_string()),
        None => before.map(str::to_owned),
    }
}

fn rank(state: &ReturnPackageState) -> u8 {
    match state {
        ReturnPackageState::Unknown(_) => 0,
        ReturnPackageState::Created => 1,
        ReturnPackageState::DroppedOff => 2,
        ReturnPackageState::InTransit => 3,
        ReturnPackageState::Delivered => 4,
        ReturnPackageState::Failed => 5,
    }
}

/// What a person should know: parcels that will not arrive.
pub(super) fn message(packages: &[ReturnPackage]) -> Option<String> {
    let failed: Vec<String> = packages.iter().filter_map(failure).collect();
    (!failed.is_empty()).then(|| format!("Amazon: {}", failed.join(SEPARATOR)))
}

fn failure(package: &ReturnPackage) -> Option<String> {
    let reason = package.reason.as_deref().unwrap_or("no reason given");
    (package.state == ReturnPackageState::Failed)
        .then(|| format!("parcel {} failed: {}", package.id, one_part(reason)))
}

/// The memo of a return authorization: what stood there, and behind it what is new. Amazon's return id, the reason per
/// order line, tracking numbers, parcels that failed.
pub(super) fn memo(
    before: Option<&str>,
    amazon_return: &AmazonReturn,
    reasons: &[(LineNumber, String)],
) -> String {
    let mut parts = vec![format!("Amazon return {}", amazon_return.id)];
    parts.extend(reasons.iter().map(|(line, reason)| format!("line {line}: {}", one_part(reason))));
    for package in &amazon_return.packages {
        parts.extend(package.tracker.as_ref().map(|tracker| format!("tracking {tracker}")));
        parts.extend(failure(package));
    }
    let mut memo = before.unwrap_or_default().to_owned();
    for part in parts {
        if memo.split(SEPARATOR).any(|known| known == part) {
            continue;
        }
        let separator = if memo.is_empty() { "" } else { SEPARATOR };
        if memo.chars().count() + separator.len() + part.chars().count() <= MEMO_LIMIT {
            memo = memo + separator + &part;
        }
    }
    memo
}

/// Text that can stand between two separators.
fn one_part(text: &str) -> String {
    let words = text.replace(';', ",").split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(REASON_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::returns::fixtures::{amazon_return, package};

    #[test]
    fn the_parcel_that_has_come_least_far_counts_and_states_never_move_back() {
        let cases: [(Option<&str>, &[&str], Option<&str>); 9] = [
            (None, &[], None),
            (None, &["CREATED"], Some("CREATED")),
            (Some("CREATED"), &["IN_TRANSIT", "DELIVERED"], Some("IN_TRANSIT")),
            (Some("IN_TRANSIT"), &["DELIVERED", "DELIVERED"], Some("DELIVERED")),
            (Some("DELIVERED"), &["IN_TRANSIT"], Some("DELIVERED")),
            (Some("IN_TRANSIT"), &["FAILED", "IN_TRANSIT"], Some("FAILED")),
            (Some("FAILED"), &["IN_TRANSIT", "DELIVERED"], Some("FAILED")),
            (Some("IN_TRANSIT"), &["TELEPORTED"], Some("IN_TRANSIT")),
            (None, &["TELEPORTED"], None),
        ];
        for (before, states, after) in cases {
            let packages: Vec<_> = states.iter().map(|state| package("P", state, &[])).collect();
            assert_eq!(delivery_state(before, &packages).as_deref(), after, "{before:?} {states:?}");
        }
    }

    #[test]
    fn a_memo_only_grows() {
        let mut seen = amazon_return("R1", "CREATED", &[("A1", 1, &[])]);
        seen.packages = vec![package("P1", "FAILED", &[])];
        let reasons = [(LineNumber(1), "too small;\nreally".to_owned())];
        let memo_one = memo(Some("from the shop"), &seen, &reasons);
        assert_eq!(
            memo_one,
            "from the shop; Amazon return R1; line 1: too small, really; parcel P1 failed: no reason given"
        );
        seen.packages.clear();
        assert_eq!(memo(Some(&memo_one), &seen, &[]), memo_one);
        let long = "x".repeat(998);
        assert_eq!(memo(Some(&long), &seen, &[]), long);
    }
}
