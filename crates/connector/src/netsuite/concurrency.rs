//! Keeps the number of requests in flight within the account's pool.
//!
//! Source: NetSuite help, Integration Concurrency Governance (section 1559222360): REST, SOAP and RESTlets
//! of an account share one pool.

use tokio::sync::{Semaphore, SemaphorePermit};

/// The requests that may be in flight at once.
#[derive(Debug)]
pub(super) struct Slots(Semaphore);

impl Slots {
    /// So many slots.
    pub(super) fn new(count: usize) -> Self {
        Self(Semaphore::new(count.min(Semaphore::MAX_PERMITS)))
    }

    /// Waits for a free slot, first come first served. It is free again when the permit is dropped.
    pub(super) async fn take(&self) -> Option<SemaphorePermit<'_>> {
        // `None` only after `close`, which nobody calls
        self.0.acquire().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slot_is_given_out_again_only_when_its_holder_is_done() {
        let slots = Slots::new(1);
        let held = slots.take().await;
        assert!(held.is_some());
        assert!(slots.0.try_acquire().is_err());
        drop(held);
        assert!(slots.0.try_acquire().is_ok());
    }
}
