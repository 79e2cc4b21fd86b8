//! What processes share of vendors' limits.

use std::collections::BTreeMap;
use std::time::Duration;

use amz_services::failure::StoreError;
use amz_services::ports::sharing::Rate;
use amz_services::ports::{Paces, SlotShares};
use amz_services::slot_sharing::{Share, ShareRequest, Sharer, divide};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::MemoryStore;
use crate::sharing::{held_back, next_turn, turn_at};
use crate::stored::later;

/// Those who share an account by name, and until when.
pub(super) type Sharers = BTreeMap<String, (Sharer, DateTime<Utc>)>;

#[async_trait]
impl SlotShares for MemoryStore {
    async fn ask_share(
        &self,
        request: &ShareRequest,
        now: DateTime<Utc>,
        lease_for: Duration,
    ) -> Result<Share, StoreError> {
        let mut state = self.state();
        let sharers = state.shares.entry(request.account.clone()).or_default();
        sharers.retain(|_, (_, until)| *until > now);
        let others =
            sharers.values().map(|(sharer, _)| sharer).filter(|other| other.holder != request.holder);
        let (share, kept) = divide(request, &others.cloned().collect::<Vec<_>>(), turn_at(now));
        sharers.insert(request.holder.clone(), (kept, later(now, lease_for)));
        Ok(share)
    }

    async fn give_back_share(&self, account: &str, holder: &str) -> Result<(), StoreError> {
        if let Some(sharers) = self.state().shares.get_mut(account) {
            sharers.remove(holder);
        }
        Ok(())
    }
}

#[async_trait]
impl Paces for MemoryStore {
    async fn reserve(&self, pace: &str, rate: Rate, now: DateTime<Utc>) -> Result<Duration, StoreError> {
        let mut state = self.state();
        let next = state.paces.entry(pace.to_owned()).or_insert(now);
        *next = later((*next).max(now), rate.interval);
        Ok(next_turn(*next, rate, now))
    }

    async fn hold_back(
        &self,
        pace: &str,
        rate: Rate,
        wait: Duration,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        let next = state.paces.entry(pace.to_owned()).or_insert(now);
        *next = (*next).max(held_back(now, rate, wait));
        Ok(())
    }
}
