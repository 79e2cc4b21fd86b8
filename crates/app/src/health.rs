//! How connections have been doing in this process: how long to pause, when to go on, when to ring.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use amz_domain::ConnectionName;
use amz_services::retry::LONGEST_WAIT;
use amz_services::work::{Lane, LaneKey};
use chrono::{DateTime, Utc};

/// What is known of all connections.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<HashMap<ConnectionName, Standing>>);

/// What is known of one connection.
#[derive(Debug, Default)]
struct Standing {
    /// Pauses in a row.
    pauses: u32,
    /// When the last pause ends.
    until: Option<DateTime<Utc>>,
    /// Lanes whose work a vendor turned away. Only they can tell that the vendor works again: the work of
    /// others may not have asked the vendor, or asked it before.
    turned_away: HashSet<Lane>,
    /// True once a look went well: from then on only `turned_away` counts.
    known: bool,
    /// True while the alarm rings.
    alarm: bool,
}

impl Health {
    /// A vendor turned a lane's work away: until when its connection pauses.
    ///
    /// `asked` is the wait that the vendor named; `growing` tells from the number of pauses in a row what it is
    /// at least: a vendor that keeps naming no time at all would be asked without end. No pause is longer than
    /// [`LONGEST_WAIT`], whatever the vendor named. Lanes that were under way when the pause began belong to the same pause.
    pub(crate) fn pause(
        &self,
        lane: &LaneKey,
        now: DateTime<Utc>,
        asked: Option<Duration>,
        growing: impl FnOnce(u32) -> Duration,
    ) -> DateTime<Utc> {
        self.with(lane, |standing| {
            standing.turned_away.insert(lane.lane.clone());
            let asked = asked.map(|asked| asked.min(LONGEST_WAIT));
            let running = standing.until.filter(|until| *until > now);
            let wished = match (running, asked) {
                (Some(until), None) => return until,
                (Some(until), Some(asked)) => later(now, asked).max(until),
                (None, asked) => {
                    standing.pauses = standing.pauses.saturating_add(1);
                    let least = growing(standing.pauses).min(LONGEST_WAIT);
                    later(now, asked.map_or(least, |asked| asked.max(least)))
                }
            };
            standing.until = Some(wished);
            wished
        })
    }

    /// A look that began at an instant went well. True when that ends a pause: the store must be asked to end it
    /// too.
    ///
    /// Any look that began after a pause and went well shows that the next pause is no continuation of it: its
    /// waits begin anew. With much work waiting it is long before a lane that was turned away has its turn again.
    pub(crate) fn went_well(&self, lane: &LaneKey, began: DateTime<Utc>) -> bool {
        self.with(lane, |standing| {
            if standing.until.is_some_and(|until| until <= began) {
                standing.pauses = 0;
            }
            // a pause may be left over from before the start
            let left_over = !standing.known && standing.turned_away.is_empty();
            let proof = standing.turned_away.contains(&lane.lane) || left_over;
            if proof {
                *standing = Standing { known: true, alarm: standing.alarm, ..Standing::default() };
            }
            proof
        })
    }

    /// Rings the alarm. True when it did not ring already.
    pub(crate) fn raise_alarm(&self, lane: &LaneKey) -> bool {
        self.with(lane, |standing| !std::mem::replace(&mut standing.alarm, true))
    }

    /// Ends the alarm. True when it rang.
    pub(crate) fn clear_alarm(&self, lane: &LaneKey) -> bool {
        self.with(lane, |standing| std::mem::take(&mut standing.alarm))
    }

    fn with<T>(&self, lane: &LaneKey, act: impl FnOnce(&mut Standing) -> T) -> T {
        let mut all: MutexGuard<'_, _> = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(all.entry(lane.connection.clone()).or_default())
    }
}

/// An instant some time after another.
pub(crate) fn later(now: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    chrono::Duration::from_std(wait).ok().and_then(|wait| now.checked_add_signed(wait)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(id: &str) -> LaneKey {
        LaneKey { connection: "main".into(), lane: Lane::SalesOrder(id.into()) }
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn doubling(pauses: u32) -> Duration {
        Duration::from_secs(10 << (pauses - 1))
    }

    #[test]
    fn a_burst_of_refusals_is_one_pause_and_the_next_one_is_longer() {
        let health = Health::default();
        for id in ["1", "2", "3"] {
            assert_eq!(health.pause(&lane(id), at(0), None, doubling), at(10));
        }
        assert_eq!(health.pause(&lane("1"), at(10), None, doubling), at(30));
        assert_eq!(health.pause(&lane("2"), at(11), Some(Duration::from_secs(60)), doubling), at(71));
        assert_eq!(health.pause(&lane("3"), at(12), Some(Duration::from_secs(5)), doubling), at(71));
    }

    #[test]
    fn a_wait_that_the_vendor_names_has_a_floor_that_grows_and_a_ceiling() {
        let health = Health::default();
        let pause =
            |now, asked| health.pause(&lane("1"), at(now), Some(Duration::from_secs(asked)), doubling);
        assert_eq!(pause(0, 0), at(10));
        assert_eq!(pause(10, 0), at(30), "asked too soon again and again, it waits longer");
        assert_eq!(pause(30, 60), at(90));
        assert_eq!(pause(90, 86_400), at(990), "a quarter of an hour at most");
        assert_eq!(pause(91, u64::MAX), at(991), "also while a pause lasts");
    }

    #[test]
    fn only_a_lane_that_was_turned_away_ends_a_pause() {
        let health = Health::default();
        health.pause(&lane("1"), at(0), None, doubling);
        assert!(!health.went_well(&lane("2"), at(5)));
        assert!(health.went_well(&lane("1"), at(5)));
        assert!(!health.went_well(&lane("1"), at(5)), "nothing is left to end");
        assert_eq!(health.pause(&lane("1"), at(50), None, doubling), at(60), "waits begin anew");
    }

    #[test]
    fn work_that_goes_well_between_two_pauses_lets_waits_begin_anew() {
        let health = Health::default();
        assert_eq!(health.pause(&lane("1"), at(0), None, doubling), at(10));
        assert!(!health.went_well(&lane("2"), at(9)), "it began before the pause ended");
        assert_eq!(health.pause(&lane("3"), at(10), None, doubling), at(30));
        assert!(!health.went_well(&lane("2"), at(30)), "whether the vendor works, lane 2 cannot tell");
        assert_eq!(health.pause(&lane("3"), at(31), None, doubling), at(41));
    }

    #[test]
    fn the_first_success_after_a_start_ends_what_was_left_over() {
        let health = Health::default();
        assert!(health.went_well(&lane("1"), at(0)));
        assert!(!health.went_well(&lane("2"), at(0)));
    }

    #[test]
    fn an_alarm_rings_once_and_ends_once() {
        let health = Health::default();
        assert!(health.raise_alarm(&lane("1")));
        assert!(!health.raise_alarm(&lane("2")));
        assert!(health.clear_alarm(&lane("1")));
        assert!(!health.clear_alarm(&lane("1")));
    }
}
