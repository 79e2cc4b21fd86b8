//! The accelerator's bundle as it runs inside the account: rows in an outbox, and signed batches to the accelerator.
//!
//! What staff and other connectors save on the handle or the control interface makes a row of
//! `customrecord_amz_outbox`; what comes in by REST under the integration's role makes none. Rows go out in batches as
//! the Standard Webhooks specification has it. A batch is sent as the same list under the same id until it is answered
//! for.

mod control;
mod rows;
mod sender;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

pub(super) use self::control::routes;
use self::sender::Batch;
use super::books::Books;
use super::handle::NetSuite;
use crate::locked;

/// What happens to the next batches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BundleScript {
    /// So many batches are marked as sent and never leave.
    pub lose: u32,
    /// Seconds by the sandbox clock between a save and its batch.
    pub delay_s: u32,
}

/// One attempt to hand over a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BundleDelivery {
    /// `webhook-id` of the request.
    pub batch: String,
    /// How many events it held.
    pub events: usize,
    /// Counts from 1.
    pub attempt: u32,
    /// HTTP status answered; `None` if no answer came.
    pub status: Option<u16>,
    /// When, by the sandbox clock.
    pub at: DateTime<Utc>,
}

/// Where batches go, and what they are signed with.
#[derive(Clone)]
struct Installation {
    url: String,
    key: Vec<u8>,
}

impl fmt::Debug for Installation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Installation").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The bundle of one account. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Bundle(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    desk: Mutex<Desk>,
    /// Wakes the sender.
    work: Notify,
    /// Wakes those who wait for all batches to be answered for.
    settled: Notify,
}

#[derive(Debug, Default)]
struct Desk {
    installation: Option<Installation>,
    script: BundleScript,
    /// How many batches there ever were.
    count: u64,
    /// Rows without a batch, and when they may leave.
    waiting: VecDeque<(DateTime<Utc>, u64)>,
    /// Batches that were given up until the schedule runs.
    given_up: Vec<Batch>,
    ready: VecDeque<Batch>,
    under_way: usize,
    deliveries: Vec<BundleDelivery>,
}

impl Desk {
    fn is_settled(&self, now: DateTime<Utc>) -> bool {
        let is_due = self.waiting.front().is_some_and(|(due, _)| *due <= now);
        self.installation.is_none() || (!is_due && self.ready.is_empty() && self.under_way == 0)
    }
}

impl Bundle {
    /// Writes a row for each save that was not told yet, if the bundle is there.
    pub(super) fn tell(&self, books: &mut Books, now: DateTime<Utc>) {
        let saved = std::mem::take(&mut books.saved);
        let mut desk = locked(&self.0.desk);
        if desk.installation.is_none() || saved.is_empty() {
            return;
        }
        let due = now + TimeDelta::seconds(desk.script.delay_s.into());
        // A failed row is passed over, as the script passes it over.
        let rows = saved.iter().filter_map(|saved| rows::write(books, saved, now).ok());
        desk.waiting.extend(rows.map(|row| (due, row)));
        let given_up = std::mem::take(&mut desk.given_up);
        desk.ready.extend(given_up);
        drop(desk);
        self.0.work.notify_one();
    }
}

impl NetSuite {
    /// Installs the accelerator's bundle. From now on what staff and other connectors save makes rows of the outbox, and
    /// batches to `POST {url}/v1/{connection}/netsuite/events`. `secret` is `whsec_` and base64, the prefix optional.
    /// Installed again, it sends to the new address and signs with the new secret.
    pub fn install_bundle(&self, url: &str, secret: &str, connection: &str) {
        let encoded = secret.trim().trim_start_matches("whsec_");
        let key = STANDARD.decode(encoded).unwrap_or_else(|_| encoded.as_bytes().to_vec());
        let url = format!("{}/v1/{connection}/netsuite/events", url.trim_end_matches('/'));
        locked(&self.bundle().0.desk).installation = Some(Installation { url, key });
        self.bundle().0.work.notify_one();
    }

    /// Takes the bundle away: saves are not told any more, and what waits stays.
    pub fn remove_bundle(&self) {
        locked(&self.bundle().0.desk).installation = None;
        self.bundle().0.settled.notify_waiters();
    }

    /// What happens to the next batches. A delay holds for saves from now on.
    pub fn set_bundle_script(&self, script: BundleScript) {
        locked(&self.bundle().0.desk).script = script;
    }

    /// What is left of the script.
    pub fn bundle_script(&self) -> BundleScript {
        locked(&self.bundle().0.desk).script
    }

    /// Runs the bundle's schedule: batches that were given up are sent again.
    pub fn run_bundle_schedule(&self) {
        let mut desk = locked(&self.bundle().0.desk);
        let given_up = std::mem::take(&mut desk.given_up);
        desk.ready.extend(given_up);
        drop(desk);
        self.bundle().0.work.notify_one();
    }

    /// Waits until every row that is due was answered for or given up.
    pub async fn bundle_settled(&self) {
        let shared = &self.bundle().0;
        loop {
            let notified = shared.settled.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if locked(&shared.desk).is_settled(self.core().clock.now()) {
                return;
            }
            shared.work.notify_one();
            notified.await;
        }
    }

    /// All attempts to hand over a batch.
    pub fn bundle_deliveries(&self) -> Vec<BundleDelivery> {
        locked(&self.bundle().0.desk).deliveries.clone()
    }
}
