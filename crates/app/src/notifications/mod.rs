//! Tells people of parked work: one message when an item is parked or parked for another cause, one when it is
//! cleared, none per retry.
//!
//! The store writes messages in the commit that parks or unparks, so none is lost; here they are delivered, oldest
//! first, and tried again while the receiver cannot take them. Delivering is a duty of one process at a time, and that
//! process sends a message once. Only when it ends between the receiver's answer and the note of it, the next process
//! sends the message again, with the same id.

mod message;
#[cfg(test)]
#[path = "notifications_tests.rs"]
mod tests;
mod webhook;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use amz_services::connection::Clock;
use amz_services::failure::StoreError;
use amz_services::notification::{Notification, NotificationEnd};
use amz_services::ports::Notifications;
use amz_services::retry::{LONGEST_WAIT, backoff};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::health::later;
use crate::settings::NotificationSettings;
use crate::store_outage::StoreOutage;
use webhook::Webhook;

pub use webhook::NotifierError;

/// Messages taken from the store at once.
const BATCH: u32 = 64;

/// How often to look for messages.
const EVERY: Duration = Duration::from_secs(1);

/// First wait after a failed try; it doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// Tries while the receiver cannot be reached or is out of order: about three days.
const MOST_TRIES: u32 = 300;

/// Tries while the receiver says no.
const MOST_REFUSALS: u32 = 5;

/// What became of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The receiver has it.
    Taken,
    /// The receiver does not want it: trying again will hardly help.
    Refused {
        /// What it said.
        status: u16,
    },
    /// The receiver could not be reached, is out of order or asks for time.
    Later {
        /// How long it asked to wait.
        wait: Option<Duration>,
        /// What went wrong, without the address.
        why: String,
    },
}

/// Somebody who takes messages.
#[async_trait]
pub(crate) trait Receiver: Send + Sync {
    /// Sends a message once.
    async fn post(&self, id: &str, body: &str, now: DateTime<Utc>) -> Answer;
}

/// Delivers messages about parked work. Clones share what they know.
#[derive(Clone)]
pub struct Notifier {
    notifications: Arc<dyn Notifications>,
    log: bool,
    receiver: Option<Arc<dyn Receiver>>,
    clock: Clock,
    jitter: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// Messages that were logged here and are not settled in the store; with their end once only that is missing.
    logged: Arc<Mutex<HashMap<String, Option<NotificationEnd>>>>,
}

/// What a pass over the waiting messages came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// Messages that were settled.
    pub settled: usize,
    /// How long the receiver wants to be left alone.
    pub wait: Option<Duration>,
}

impl Notifier {
    /// Sets up those who are told.
    ///
    /// `jitter` gives random numbers; `clock` the time.
    ///
    /// # Errors
    /// [`NotifierError`].
    pub fn new(
        settings: &NotificationSettings,
        notifications: Arc<dyn Notifications>,
        clock: Clock,
        jitter: Arc<dyn Fn() -> u64 + Send + Sync>,
    ) -> Result<Self, NotifierError> {
        let receiver = settings.webhook.as_ref().map(Webhook::new).transpose()?;
        Ok(Self {
            notifications,
            log: settings.log,
            receiver: receiver.map(|receiver| -> Arc<dyn Receiver> { Arc::new(receiver) }),
            clock,
            jitter,
            logged: Arc::default(),
        })
    }

    /// Delivers what is due, until nothing is, the receiver fails, or `stop`.
    ///
    /// A receiver that fails ends the pass: the other messages would probably fail too. They have their turn in the
    /// next one, while this message waits for longer.
    ///
    /// # Errors
    /// When the store is not available.
    pub async fn pass(&self, stop: &CancellationToken) -> Result<Passed, StoreError> {
        let mut settled = 0;
        loop {
            let due = self.notifications.due_notifications((self.clock)(), BATCH).await?;
            if due.is_empty() {
                return Ok(Passed { settled, wait: None });
            }
            for notification in &due {
                if stop.is_cancelled() {
                    return Ok(Passed { settled, wait: None });
                }
                match self.deliver(notification).await? {
                    Delivered::Settled => settled += 1,
                    Delivered::PutOff => {}
                    Delivered::ReceiverFailed { wait } => return Ok(Passed { settled, wait }),
                }
            }
        }
    }

    /// Delivers messages as they come until `stop`. A message that is being sent then is still sent.
    pub async fn run(&self, stop: CancellationToken) {
        let mut outage = StoreOutage::new("messages about parked work are not delivered");
        while !stop.is_cancelled() {
            let wait = match self.pass(&stop).await {
                Ok(Passed { settled: _, wait }) => {
                    outage.over();
                    wait.unwrap_or(EVERY).clamp(EVERY, LONGEST_WAIT)
                }
                Err(error) => outage.failed(&error, EVERY),
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn deliver(&self, notification: &Notification) -> Result<Delivered, StoreError> {
        let known = self.with_logged(|logged| logged.insert(notification.id.clone(), None));
        if let Some(Some(end)) = known {
            return self.settle(notification, end).await;
        }
        if self.log && known.is_none() && notification.attempts == 0 {
            message::log(notification);
        }
        let Some(receiver) = &self.receiver else {
            return self.settle(notification, NotificationEnd::Delivered).await;
        };
        let body = message::body(notification);
        let tries = notification.attempts.saturating_add(1);
        let id = &notification.id;
        match receiver.post(id, &body, (self.clock)()).await {
            Answer::Taken => self.settle(notification, NotificationEnd::Delivered).await,
            Answer::Refused { status } if tries >= MOST_REFUSALS => {
                tracing::error!(
                    notification = id,
                    status,
                    tries,
                    "given up: the receiver of notifications refuses this message"
                );
                self.settle(notification, NotificationEnd::GivenUp).await
            }
            Answer::Refused { status } => {
                tracing::warn!(
                    notification = id,
                    status,
                    tries,
                    "the receiver of notifications refuses this message"
                );
                self.put_off(notification, tries, None).await?;
                Ok(Delivered::PutOff)
            }
            Answer::Later { wait: _, why } if tries >= MOST_TRIES => {
                tracing::error!(
                    notification = id,
                    why,
                    tries,
                    "given up: the receiver of notifications cannot be reached"
                );
                self.settle(notification, NotificationEnd::GivenUp).await
            }
            Answer::Later { wait, why } => {
                tracing::warn!(
                    notification = id,
                    why,
                    tries,
                    "the receiver of notifications did not take a message; it is tried again"
                );
                self.put_off(notification, tries, wait).await?;
                Ok(Delivered::ReceiverFailed { wait })
            }
        }
    }

    async fn settle(
        &self,
        notification: &Notification,
        end: NotificationEnd,
    ) -> Result<Delivered, StoreError> {
        let id = &notification.id;
        // when the store fails now, the message comes up again and must not be sent again
        self.with_logged(|logged| logged.insert(id.clone(), Some(end)));
        self.notifications.settle_notification(id, end, (self.clock)()).await?;
        self.with_logged(|logged| logged.remove(id));
        metrics::counter!("amz_notifications_total", "end" => end.as_str()).increment(1);
        Ok(Delivered::Settled)
    }

    async fn put_off(
        &self,
        notification: &Notification,
        tries: u32,
        wait: Option<Duration>,
    ) -> Result<(), StoreError> {
        let growing = backoff(tries, FIRST_WAIT, (self.jitter)());
        let wait = wait.unwrap_or_default().clamp(growing, LONGEST_WAIT);
        self.notifications.put_off_notification(&notification.id, later((self.clock)(), wait)).await
    }

    fn with_logged<T>(&self, act: impl FnOnce(&mut HashMap<String, Option<NotificationEnd>>) -> T) -> T {
        act(&mut self.logged.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How a try to deliver a message ended.
enum Delivered {
    /// Its way has ended.
    Settled,
    /// It comes up again; the others go on.
    PutOff,
    /// It comes up again; the receiver is out of order.
    ReceiverFailed {
        /// How long it wants to be left alone.
        wait: Option<Duration>,
    },
}
