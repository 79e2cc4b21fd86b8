//! Whether a full run reads page by page or by the names of SKUs. Pure.

use chrono::{DateTime, TimeDelta, Utc};

use super::Road;
use crate::settings::RoadChoice;

/// SKUs that one call to Amazon names or one page lists.
const SKUS_PER_CALL: u64 = 50;

/// How long the list of SKUs of a complete crawl is trusted to name what is to be read.
const TRUSTED_FOR: TimeDelta = TimeDelta::days(7);

/// More SKUs than this are rather named: calls by name overlap, pages follow each other.
const LARGE_CATALOG: u64 = 10_000;

/// The last crawl that came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastCrawl {
    /// SKUs that it listed.
    pub skus: u64,
    /// When it ended.
    pub at: DateTime<Utc>,
}

/// How a full run reads Amazon's stock. SKUs are named only when a crawl has listed them: those that are known from
/// changes alone are not all there are, and the others would never be heard of.
pub fn road(choice: RoadChoice, known_skus: u64, last_crawl: Option<LastCrawl>, now: DateTime<Utc>) -> Road {
    let named = match choice {
        RoadChoice::Crawl => false,
        RoadChoice::Named => last_crawl.is_some(),
        RoadChoice::Auto => last_crawl.is_some_and(|crawl| {
            let named_calls = known_skus.div_ceil(SKUS_PER_CALL);
            let crawl_calls = crawl.skus.div_ceil(SKUS_PER_CALL);
            let is_cheap = named_calls.saturating_mul(4) <= crawl_calls;
            now - crawl.at < TRUSTED_FOR && (is_cheap || crawl.skus > LARGE_CATALOG)
        }),
    };
    if named && known_skus > 0 { Road::Named } else { Road::Crawl }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::fixtures::at;

    const DAY: i64 = 24 * 60;

    fn auto(known: u64, listed: u64, age_in_minutes: i64) -> Road {
        road(RoadChoice::Auto, known, Some(LastCrawl { skus: listed, at: at(-age_in_minutes) }), at(0))
    }

    #[test]
    fn by_itself_a_run_names_skus_when_that_is_cheap_or_the_catalogue_is_large() {
        let table = [
            (250, 1_000, 1, Road::Named),
            (251, 1_000, 1, Road::Crawl),
            (10_000, 10_000, 1, Road::Crawl),
            (10_001, 10_001, 1, Road::Named),
            (250, 1_000, 7 * DAY - 1, Road::Named),
            (250, 1_000, 7 * DAY, Road::Crawl),
            (0, 1_000, 1, Road::Crawl),
        ];
        for (known, listed, age, expected) in table {
            assert_eq!(auto(known, listed, age), expected, "{known} of {listed}, {age} minutes old");
        }
        assert_eq!(road(RoadChoice::Auto, 1, None, at(0)), Road::Crawl);
    }

    #[test]
    fn a_choice_is_kept_as_far_as_there_are_names() {
        let crawl = Some(LastCrawl { skus: 100_000, at: at(0) });
        assert_eq!(road(RoadChoice::Named, 1, crawl, at(0)), Road::Named);
        assert_eq!(road(RoadChoice::Named, 0, crawl, at(0)), Road::Crawl);
        assert_eq!(road(RoadChoice::Crawl, 5, crawl, at(0)), Road::Crawl);
    }

    #[test]
    fn skus_known_from_changes_alone_are_not_named_before_a_crawl_has_listed_all() {
        assert_eq!(road(RoadChoice::Named, 1, None, at(0)), Road::Crawl);
    }
}
