//! Vendors that are out as a whole: when to say so, how to find out that they are back, and when to ring.
//!
//! A vendor counts as out when it left [`LOOKS_IN_A_ROW`] looks in a row without an answer: those of several lanes, or the
//! tries of all there are. Any answer in between, to whomever, says that it works. While it is out the connection
//! pauses, each pause ends with one lane that tries, and the answer to a lane ends it all. The alarm rings when the first of
//! these tries fails too, so that a blip wakes nobody.

#[cfg(test)]
mod tests;
mod watch;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use amz_domain::ConnectionName;
use amz_services::audit::{CallOutcome, Vendor};
use amz_services::ports::VendorHealth;
use amz_services::work::{Lane, LaneKey};
use chrono::{DateTime, Utc};

use crate::health::later;
pub(crate) use watch::Watched;

/// Looks in a row that a vendor leaves without an answer until it counts as out.
pub(crate) const LOOKS_IN_A_ROW: usize = 3;

/// The longest pause: so soon after a vendor is back work goes on.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// How much later than the pause's end a lane comes back that tried in vain, so that another one tries next.
const AFTER_OTHERS: Duration = Duration::from_secs(1);

/// A look: its lane and the fence of its lease.
type Job = (Lane, i64);

/// What is known of all connections.
#[derive(Debug, Default)]
pub(crate) struct Outages(Mutex<HashMap<ConnectionName, Known>>);

/// What is known of one connection.
#[derive(Debug, Default)]
struct Known {
    amazon: Vital,
    netsuite: Vital,
    /// Looks under way, with the vendors that left a call of theirs without an answer.
    failing: HashMap<Lane, (i64, Vec<Vendor>)>,
    /// The look that finds out whether a vendor is back.
    probe: Option<Probe>,
}

#[derive(Debug, Clone)]
struct Probe {
    job: Job,
    /// True when other lanes were due too.
    others_wait: bool,
}

/// What is known of one vendor.
#[derive(Debug, Default)]
struct Vital {
    /// Looks in a row that it left without an answer.
    silent: Vec<Job>,
    /// Since it counts as out.
    out: Option<Out>,
    /// True when it answered a lane after it was out, and nobody was told yet.
    is_back: bool,
    /// True once it answered anybody.
    answered: bool,
    /// True while the alarm rings.
    alarm: bool,
}

#[derive(Debug, Default)]
struct Out {
    /// Pauses in a row.
    pauses: u32,
    /// When the last one ends.
    until: Option<DateTime<Utc>>,
}

/// What the end of a look tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nothing of an outage.
    AsUsual,
    /// It was to find out whether a vendor is back and did not ask it: the next one may.
    TryNext(Vendor),
    /// A vendor that is out left it without an answer.
    Out(OutagePause),
}

/// What to do about a vendor that is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutagePause {
    /// The vendor.
    pub(crate) vendor: Vendor,
    /// Until when the connection pauses.
    pub(crate) until: DateTime<Utc>,
    /// When the lane tries again.
    pub(crate) lane_at: DateTime<Utc>,
    /// True for the first pause of an outage, and for one look only.
    pub(crate) began: bool,
    /// True when the alarm has to ring.
    pub(crate) rings: bool,
}

/// A vendor that is back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recovery {
    /// The vendor.
    pub(crate) vendor: Vendor,
    /// True when its alarm rang.
    pub(crate) rang: bool,
}

/// Whether a lane may be worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// As always.
    Open,
    /// Alone, to find out whether the vendor is back.
    Probe,
    /// Not before this instant: another lane finds out.
    Wait(Vendor, DateTime<Utc>),
}

/// The code of a pause because a vendor is out.
pub(crate) fn code(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::Amazon => "amazon_unavailable",
        Vendor::NetSuite => "netsuite_unavailable",
    }
}

/// The vendor whose outage a code names.
pub(crate) fn vendor_of(pause: &str) -> Option<Vendor> {
    [Vendor::Amazon, Vendor::NetSuite].into_iter().find(|vendor| code(*vendor) == pause)
}

impl Outages {
    /// A call ended. `job` is the look that it was made in, if any.
    pub(crate) fn saw(
        &self,
        connection: &ConnectionName,
        vendor: Vendor,
        job: Option<(&Lane, i64)>,
        outcome: CallOutcome,
    ) {
        self.with(connection, |known| match outcome {
            CallOutcome::Success | CallOutcome::Absent | CallOutcome::Refused => {
                known.vital(vendor).answered_to(job.is_some());
            }
            CallOutcome::ServerError | CallOutcome::NoAnswer | CallOutcome::NotSent => {
                let Some((lane, fence)) = job else { return };
                known.vital(vendor).silent_to((lane.clone(), fence));
                let failing = known.failing.entry(lane.clone()).or_insert((fence, Vec::new()));
                if failing.0 != fence {
                    *failing = (fence, Vec::new());
                }
                if !failing.1.contains(&vendor) {
                    failing.1.push(vendor);
                }
            }
            // a slower pace or other credentials say nothing of an outage, and a page for people may be one's
            CallOutcome::Throttled | CallOutcome::Credentials | CallOutcome::Unreadable => {}
        });
    }

    /// Whether a lane that was just leased may be worked on. `others_wait` is true when more were leased with it.
    pub(crate) fn admit(
        &self,
        key: &LaneKey,
        fence: i64,
        others_wait: bool,
        now: DateTime<Utc>,
        growing: impl FnOnce(u32) -> Duration,
    ) -> Admission {
        self.with(&key.connection, |known| {
            let Some((vendor, pauses)) = known.out() else {
                known.probe = None;
                return Admission::Open;
            };
            // a probe whose lane is leased anew has ended unheard
            if known.probe.as_ref().is_none_or(|probe| probe.job.0 == key.lane) {
                known.probe = Some(Probe { job: (key.lane.clone(), fence), others_wait });
                return Admission::Probe;
            }
            Admission::Wait(vendor, later(now, growing(pauses.saturating_add(1)).min(LONGEST_PAUSE)))
        })
    }

    /// A look ended. `growing` tells from the number of pauses in a row how long the next one is. Looks that were under
    /// way when a pause began belong to it.
    pub(crate) fn ended(
        &self,
        key: &LaneKey,
        fence: i64,
        now: DateTime<Utc>,
        growing: impl FnOnce(u32) -> Duration,
    ) -> Ending {
        self.with(&key.connection, |known| {
            let vendor = known.out_in(&key.lane, fence);
            let probe = known.forget(&key.lane, fence);
            let still_out = known.out().map(|(vendor, _)| vendor);
            let out = vendor.and_then(|vendor| Some((vendor, known.vital(vendor).pause(now, growing)?)));
            match (out, probe) {
                (Some((vendor, (until, began, rings))), probe) => {
                    let others_wait = probe.is_some_and(|probe| probe.others_wait);
                    let lane_at = if others_wait { later(until, AFTER_OTHERS) } else { until };
                    Ending::Out(OutagePause { vendor, until, lane_at, began, rings })
                }
                (None, Some(_)) => still_out.map_or(Ending::AsUsual, Ending::TryNext),
                (None, None) => Ending::AsUsual,
            }
        })
    }

    /// The work of a look was dropped: it tells nothing any more.
    pub(crate) fn dropped(&self, key: &LaneKey, fence: i64) {
        self.with(&key.connection, |known| {
            known.forget(&key.lane, fence);
        });
    }

    /// Vendors that are back since this was asked last.
    pub(crate) fn recovered(&self, connection: &ConnectionName) -> Vec<Recovery> {
        self.with(connection, |known| {
            let vendors = [Vendor::Amazon, Vendor::NetSuite].into_iter();
            let back = vendors.filter_map(|vendor| {
                let vital = known.vital(vendor);
                std::mem::take(&mut vital.is_back)
                    .then(|| Recovery { vendor, rang: std::mem::take(&mut vital.alarm) })
            });
            back.collect()
        })
    }

    /// True while a vendor is out.
    pub(crate) fn is_out(&self, connection: &ConnectionName, vendor: Vendor) -> bool {
        self.with(connection, |known| known.vital(vendor).out.is_some())
    }

    /// The alarm of a vendor that is out rings already, as the store tells.
    pub(crate) fn rings_already(&self, connection: &ConnectionName, vendor: Vendor) {
        self.with(connection, |known| known.vital(vendor).alarm = true);
    }

    /// The store tells that a vendor was out before the start, and its alarm rang. True when the vendor is known to work
    /// by now, so that the alarm ends; otherwise it is out until it answers.
    pub(crate) fn was_out(&self, connection: &ConnectionName, vendor: Vendor) -> bool {
        self.with(connection, |known| {
            let vital = known.vital(vendor);
            if vital.out.is_none() && !vital.answered {
                vital.alarm = true;
                vital.out = Some(Out::default());
            }
            vital.out.is_none()
        })
    }

    fn with<T>(&self, connection: &ConnectionName, act: impl FnOnce(&mut Known) -> T) -> T {
        let mut all: MutexGuard<'_, _> = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(all.entry(connection.clone()).or_default())
    }
}

impl VendorHealth for Outages {
    fn out_in(&self, lane: &LaneKey, job: i64) -> Option<Vendor> {
        self.with(&lane.connection, |known| known.out_in(&lane.lane, job))
    }
}

impl Known {
    fn vital(&mut self, vendor: Vendor) -> &mut Vital {
        match vendor {
            Vendor::Amazon => &mut self.amazon,
            Vendor::NetSuite => &mut self.netsuite,
        }
    }

    /// A vendor that is out, and its pauses so far.
    fn out(&self) -> Option<(Vendor, u32)> {
        let vitals = [(Vendor::Amazon, &self.amazon), (Vendor::NetSuite, &self.netsuite)];
        vitals.into_iter().find_map(|(vendor, vital)| Some((vendor, vital.out.as_ref()?.pauses)))
    }

    fn out_in(&mut self, lane: &Lane, fence: i64) -> Option<Vendor> {
        let (job, vendors) = self.failing.get(lane)?;
        let vendors = if *job == fence { vendors.clone() } else { return None };
        vendors.into_iter().find(|vendor| self.vital(*vendor).out.is_some())
    }

    /// Forgets a look; gives back what it was to find out.
    fn forget(&mut self, lane: &Lane, fence: i64) -> Option<Probe> {
        if self.failing.get(lane).is_some_and(|(job, _)| *job == fence) {
            self.failing.remove(lane);
        }
        self.probe.take_if(|probe| probe.job.0 == *lane && probe.job.1 == fence)
    }
}

impl Vital {
    /// Until when to pause, whether that is the beginning of an outage, and whether to ring.
    fn pause(
        &mut self,
        now: DateTime<Utc>,
        growing: impl FnOnce(u32) -> Duration,
    ) -> Option<(DateTime<Utc>, bool, bool)> {
        let out = self.out.as_mut()?;
        if let Some(until) = out.until.filter(|until| *until > now) {
            return Some((until, false, false));
        }
        out.pauses = out.pauses.saturating_add(1);
        let until = later(now, growing(out.pauses).min(LONGEST_PAUSE));
        out.until = Some(until);
        let rings = out.pauses > 1 && !self.alarm;
        self.alarm |= rings;
        Some((until, out.pauses == 1, rings))
    }

    fn answered_to(&mut self, is_lane: bool) {
        self.silent.clear();
        self.answered = true;
        // while it is out, only what lanes ask is what lanes need
        if is_lane && self.out.take().is_some() {
            self.is_back = true;
        }
    }

    fn silent_to(&mut self, job: Job) {
        if self.out.is_some() || self.silent.contains(&job) {
            return;
        }
        self.silent.push(job);
        if self.silent.len() >= LOOKS_IN_A_ROW {
            self.silent.clear();
            self.is_back = false;
            self.out = Some(Out::default());
        }
    }
}
