//! The pace of all processes together, where there are several.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use amz_services::ports::Paces;
use amz_services::ports::sharing::Rate;
use ring::digest::{SHA256, digest};
use tokio::time::{Instant, sleep_until};

use super::pace::PaceKey;
use crate::http::Clock;

/// One turn after another, whichever process takes it. Beside it each process keeps to its own pace, which orders its
/// requests and slows down when Amazon throttles.
#[derive(Clone)]
pub(super) struct CommonPace {
    name: String,
    paces: Arc<dyn Paces>,
    clock: Clock,
}

impl CommonPace {
    /// The pace of a key. Its name gives away neither application nor seller.
    pub(super) fn new(key: &PaceKey, paces: Arc<dyn Paces>, clock: Clock) -> Self {
        let PaceKey { host, client_id, seller, operation } = key;
        let parts = [host.as_bytes(), client_id.as_bytes(), seller, operation.as_bytes()];
        let key = digest(&SHA256, &parts.join(&0));
        let key: String = key.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Self { name: format!("sp-api/{key}"), paces, clock }
    }

    /// Takes a turn and waits for it. When the store cannot be asked, the own pace must do: what Amazon then throttles
    /// slows it down.
    pub(super) async fn turn(&self, rate: Rate) {
        match self.paces.reserve(&self.name, rate, (self.clock)()).await {
            Ok(wait) => sleep_until(Instant::now() + wait).await,
            Err(error) => {
                tracing::warn!(%error, "the common pace of requests for stock could not be asked for")
            }
        }
    }

    /// Amazon throttled a request: no process sends one for a while.
    pub(super) async fn throttled(&self, rate: Rate, wait: Option<Duration>) {
        let wait = wait.unwrap_or_default();
        if let Err(error) = self.paces.hold_back(&self.name, rate, wait, (self.clock)()).await {
            tracing::warn!(%error, "other processes could not be told that Amazon asks for fewer requests");
        }
    }
}

impl fmt::Debug for CommonPace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CommonPace").field("name", &self.name).finish_non_exhaustive()
    }
}
