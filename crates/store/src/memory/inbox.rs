//! Notices in memory.

use std::sync::{Mutex, PoisonError};

use amz_services::failure::StoreError;
use amz_services::ports::inbox::{Inbox, NewNotice, Notice, NoticeFeed, Receipt};
use async_trait::async_trait;

use super::MemoryStore;

/// Notices in memory, under a feed's name.
#[derive(Debug)]
pub struct MemoryInbox {
    name: &'static str,
    notices: Mutex<Vec<NewNotice>>,
}

impl MemoryInbox {
    /// An empty inbox.
    pub fn new(name: &'static str) -> Self {
        Self { name, notices: Mutex::default() }
    }
}

#[async_trait]
impl Inbox for MemoryInbox {
    async fn receive(&self, notices: Vec<NewNotice>) -> Result<Vec<Receipt>, StoreError> {
        let mut stored = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(notices
            .into_iter()
            .map(|notice| {
                let same = |known: &&NewNotice| {
                    known.connection == notice.connection
                        && known.source == notice.source
                        && known.key == notice.key
                };
                match stored.iter().find(same) {
                    Some(known) if known.body == notice.body => Receipt::Duplicate,
                    Some(_) => Receipt::KeyReused,
                    None => {
                        stored.push(notice);
                        Receipt::Stored
                    }
                }
            })
            .collect())
    }
}

#[async_trait]
impl NoticeFeed for MemoryInbox {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn cursor_name(&self) -> Result<String, StoreError> {
        Ok(self.name.to_owned())
    }

    async fn after(&self, after: i64, limit: u32) -> Result<Vec<Notice>, StoreError> {
        let stored = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((1..)
            .zip(stored.iter())
            .filter(|(id, _)| *id > after)
            .take(limit as usize)
            .map(|(id, notice)| Notice { id, notice: notice.clone() })
            .collect())
    }
}

#[async_trait]
impl Inbox for MemoryStore {
    async fn receive(&self, notices: Vec<NewNotice>) -> Result<Vec<Receipt>, StoreError> {
        self.inbox.receive(notices).await
    }
}

#[async_trait]
impl NoticeFeed for MemoryStore {
    fn name(&self) -> &'static str {
        self.inbox.name()
    }

    async fn cursor_name(&self) -> Result<String, StoreError> {
        self.inbox.cursor_name().await
    }

    async fn after(&self, after: i64, limit: u32) -> Result<Vec<Notice>, StoreError> {
        self.inbox.after(after, limit).await
    }
}
