//! Everything in memory, for tests and for trying things out. Nothing survives the process.

mod duties;
mod inbox;
mod intake;
mod lanes;
mod ledger;
mod notifications;
mod operations;
mod reconciliation;
mod settings;
mod sharing;
mod stock;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use amz_domain::ConnectionName;
use amz_services::audit::CallRecord;
use amz_services::failure::StoreError;
use amz_services::intent::Intent;
use amz_services::link::Link;
use amz_services::look::Look;
use amz_services::parking::Parked;
use amz_services::ports::netsuite::FeedPosition;
use amz_services::timeline::TimelineEntry;
use amz_services::urgency::Urgency;
use amz_services::work::{Ask, Lane, LaneKey, LaneRequest, Lease, NoticeReference};
use chrono::{DateTime, Utc};

pub use inbox::MemoryInbox;
pub use settings::MemorySettings;

use crate::head_start::most_urgent;

/// All ports of the store in one value. As a feed of notices it is the `inbox`; for `commands` make a
/// [`MemoryInbox`].
#[derive(Debug)]
pub struct MemoryStore {
    inbox: MemoryInbox,
    state: Mutex<State>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self { inbox: MemoryInbox::new("inbox"), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

/// Lanes are ordered by connection and text form, as a database orders them.
type Place = (String, String);

fn place(key: &LaneKey) -> Place {
    (key.connection.to_string(), key.lane.to_string())
}

#[derive(Debug, Default)]
struct State {
    lanes: BTreeMap<Place, Waiting>,
    fence: i64,
    pauses: BTreeMap<String, Pause>,
    /// Weight and pass of each connection that was weighed or served.
    turns: HashMap<String, (u32, i64)>,
    duties: HashMap<String, (String, DateTime<Utc>)>,
    shares: HashMap<String, sharing::Sharers>,
    paces: HashMap<String, DateTime<Utc>>,
    cursors: HashMap<String, i64>,
    feeds: HashMap<(ConnectionName, String), Feed>,
    links: BTreeMap<(String, &'static str, String), (Lane, Link)>,
    intents: HashMap<(ConnectionName, String), (Lane, Intent)>,
    parked: BTreeMap<(Place, String), Parked>,
    /// Messages that wait, oldest first.
    messages: Vec<notifications::Message>,
    last_message: u64,
    notices: HashMap<Place, Vec<NoticeReference>>,
    /// Looks with the fence of their lease.
    looks: HashMap<Place, Vec<(i64, Look)>>,
    /// When an intent became done.
    done: HashMap<(ConnectionName, String), DateTime<Utc>>,
    intent_changes: HashMap<Place, Vec<TimelineEntry>>,
    calls: Vec<CallRecord>,
    /// What turned out to be our own echo, in the order in which it was noted.
    echoes: Vec<Echo>,
    /// When it became known that a write had its effect.
    settled: HashMap<(ConnectionName, String), DateTime<Utc>>,
    reconciled: reconciliation::Reconciled,
    stock: stock::Stock,
}

/// What was ignored as our own echo.
#[derive(Debug)]
struct Echo {
    key: LaneKey,
    job: Option<i64>,
    at: DateTime<Utc>,
    what: String,
}

#[derive(Debug)]
struct Waiting {
    key: LaneKey,
    due_at: DateTime<Utc>,
    holder: Option<Holder>,
    attempts: u32,
    last_sequence: i64,
    requests: Vec<Request>,
}

#[derive(Debug)]
struct Request {
    sequence: i64,
    ask: Ask,
    due_at: DateTime<Utc>,
    counts_from: Option<DateTime<Utc>>,
    /// The notices that made somebody ask.
    notices: Vec<String>,
}

#[derive(Debug)]
struct Holder {
    owner: String,
    fence: i64,
    until: DateTime<Utc>,
}

#[derive(Debug)]
struct Pause {
    until: DateTime<Utc>,
    code: String,
}

#[derive(Debug, Default)]
struct Feed {
    watermark: Option<FeedPosition>,
    versions: BTreeSet<(String, String)>,
}

impl Waiting {
    fn claimable_at(&self) -> DateTime<Utc> {
        self.holder.as_ref().map_or(self.due_at, |holder| holder.until)
    }

    fn urgency(&self) -> Urgency {
        most_urgent(self.requests.iter().map(|request| &request.ask))
    }

    fn asks(&self) -> Vec<Ask> {
        amz_services::ports::lanes::without_repeats(self.requests.iter().map(|request| request.ask.clone()))
    }
}

impl State {
    fn mark(&mut self, request: LaneRequest) {
        self.mark_from(request, None, &[]);
    }

    /// Marks a lane due; a look that began before `counts_from` does not serve the request. `asked_by` are notices that
    /// asked for the work that asks for this.
    fn mark_from(&mut self, request: LaneRequest, counts_from: Option<DateTime<Utc>>, asked_by: &[String]) {
        let LaneRequest { key, ask, due_at, notice } = request;
        let notices = notice.as_ref().map_or_else(|| asked_by.to_vec(), |notice| vec![notice.id.clone()]);
        let place = place(&key);
        let lane = self.lanes.entry(place.clone()).or_insert_with(|| Waiting {
            key,
            due_at,
            holder: None,
            attempts: 0,
            last_sequence: 0,
            requests: Vec::new(),
        });
        lane.due_at = lane.due_at.min(due_at);
        lane.last_sequence += 1;
        lane.requests.push(Request { sequence: lane.last_sequence, ask, due_at, counts_from, notices });
        if let Some(notice) = notice {
            let told = self.notices.entry(place).or_default();
            if told.iter().all(|known| known.id != notice.id) {
                told.push(notice);
            }
        }
    }

    /// The lane, as long as the lease on it holds.
    fn held(&mut self, lease: &Lease) -> Result<&mut Waiting, StoreError> {
        self.lanes
            .get_mut(&place(&lease.key))
            .filter(|lane| {
                lane.holder
                    .as_ref()
                    .is_some_and(|holder| holder.owner == lease.owner && holder.fence == lease.fence)
            })
            .ok_or_else(|| StoreError::LeaseLost { lane: lease.key.to_string() })
    }
}
