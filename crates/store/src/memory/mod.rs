//! Everything in memory, for tests and for trying things out. Nothing survives the process.

mod inbox;
mod intake;
mod lanes;
mod ledger;
mod notifications;
mod operations;
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
use amz_services::work::{Ask, Lane, LaneKey, LaneRequest, Lease, NoticeReference};
use chrono::{DateTime, Utc};

pub use inbox::MemoryInbox;

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
    cursors: HashMap<String, i64>,
    feeds: HashMap<(ConnectionName, String), Feed>,
    links: BTreeMap<(String, &'static str, String), (Lane, Link)>,
    intents: HashMap<(ConnectionName, String), (Lane, Intent)>,
    parked: BTreeMap<(Place, String), Parked>,
    /// Messages that wait, oldest first.
    messages: Vec<notifications::Message>,
    last_message: u64,
    notices: HashMap<Place, Vec<NoticeReference>>,
    looks: HashMap<Place, Vec<Look>>,
    /// When an intent became done.
    done: HashMap<(ConnectionName, String), DateTime<Utc>>,
    intent_changes: HashMap<Place, Vec<TimelineEntry>>,
    calls: Vec<CallRecord>,
    stock: stock::Stock,
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

    fn asks(&self) -> Vec<Ask> {
        amz_services::ports::lanes::without_repeats(self.requests.iter().map(|request| request.ask.clone()))
    }
}

impl State {
    fn mark(&mut self, request: LaneRequest) {
        self.mark_from(request, None);
    }

    /// Marks a lane due; a look that began before `counts_from` does not serve the request.
    fn mark_from(&mut self, request: LaneRequest, counts_from: Option<DateTime<Utc>>) {
        let LaneRequest { key, ask, due_at, notice } = request;
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
        lane.requests.push(Request { sequence: lane.last_sequence, ask, due_at, counts_from });
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
