//! Who performs which duty.

use std::time::Duration;

use amz_services::failure::StoreError;
use amz_services::ports::Duties;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::MemoryStore;
use crate::stored::later;

#[async_trait]
impl Duties for MemoryStore {
    async fn hold(
        &self,
        duty: &str,
        holder: &str,
        now: DateTime<Utc>,
        lease_for: Duration,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let is_taken = state.duties.get(duty).is_some_and(|(other, until)| other != holder && *until > now);
        if !is_taken {
            state.duties.insert(duty.to_owned(), (holder.to_owned(), later(now, lease_for)));
        }
        Ok(!is_taken)
    }

    async fn leave(&self, duty: &str, holder: &str) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.duties.get(duty).is_some_and(|(other, _)| other == holder) {
            state.duties.remove(duty);
        }
        Ok(())
    }
}
