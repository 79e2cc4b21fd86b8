//! Messages about parked items.

use std::collections::HashSet;

use amz_services::failure::StoreError;
use amz_services::notification::{Notification, NotificationEnd, NotificationKind};
use amz_services::parking::Parked;
use amz_services::ports::Notifications;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{MemoryStore, State};

/// A message that waits.
#[derive(Debug)]
pub(super) struct Message {
    notification: Notification,
    due_at: DateTime<Utc>,
}

#[async_trait]
impl Notifications for MemoryStore {
    async fn due_notifications(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Notification>, StoreError> {
        let state = self.state();
        let mut seen = HashSet::new();
        let oldest = state.messages.iter().filter(|message| {
            let Parked { key, subject, .. } = &message.notification.item;
            seen.insert((key, subject))
        });
        let due = oldest.filter(|message| message.due_at <= now).take(limit as usize);
        Ok(due.map(|message| message.notification.clone()).collect())
    }

    async fn settle_notification(
        &self,
        id: &str,
        _: NotificationEnd,
        _: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.state().messages.retain(|message| message.notification.id != id);
        Ok(())
    }

    async fn put_off_notification(&self, id: &str, until: DateTime<Utc>) -> Result<(), StoreError> {
        let mut state = self.state();
        for message in state.messages.iter_mut().filter(|message| message.notification.id == id) {
            message.notification.attempts = message.notification.attempts.saturating_add(1);
            message.due_at = until;
        }
        Ok(())
    }
}

impl State {
    /// Adds a message about an item.
    pub(super) fn tell(&mut self, kind: NotificationKind, item: Parked, at: DateTime<Utc>) {
        self.last_message += 1;
        let id = format!("msg_{}", self.last_message);
        let notification = Notification { id, kind, at, item, attempts: 0 };
        self.messages.push(Message { notification, due_at: at });
    }
}
