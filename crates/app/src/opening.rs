//! Opening a store whose server may not be there yet: machines start in any order.

use std::time::Duration;

use amz_services::failure::StoreError;
use amz_store::OpenError;
use tokio::time::{Instant, sleep};

/// How long a start waits for a server that cannot be reached.
const PATIENCE: Duration = Duration::from_secs(60);

/// First wait between two tries; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Why something of a start failed.
pub(crate) trait Passing: std::error::Error {
    /// True when trying again may help without anybody's doing.
    fn is_passing(&self) -> bool;
}

impl Passing for OpenError {
    fn is_passing(&self) -> bool {
        self.is_passing()
    }
}

impl Passing for StoreError {
    fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

/// Opens, or asks for what a start needs, and tries again for a minute while the server cannot be reached.
///
/// # Errors
/// The last failure; at once when trying again cannot help, as with a wrong password.
pub(crate) async fn patiently<Opened, Failure, Opening>(open: impl Fn() -> Opening) -> Result<Opened, Failure>
where
    Failure: Passing,
    Opening: Future<Output = Result<Opened, Failure>>,
{
    let (until, mut wait, mut is_told) = (Instant::now() + PATIENCE, FIRST_WAIT, false);
    loop {
        let error = match open().await {
            Ok(opened) => return Ok(opened),
            Err(error) if error.is_passing() && Instant::now() + wait < until => error,
            Err(error) => return Err(error),
        };
        if !is_told {
            let wait_s = PATIENCE.as_secs();
            let cause = error.source().map(ToString::to_string);
            tracing::warn!(%error, cause, wait_s, "the store cannot be reached: the start waits for it");
            is_told = true;
        }
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn gone() -> StoreError {
        StoreError::Unavailable { message: "gone".to_owned(), source: None }
    }

    fn unreadable() -> StoreError {
        StoreError::Corrupt { what: "settings", message: "torn".to_owned() }
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_is_waited_for_a_minute_and_nothing_else() {
        let (asked, began) = (AtomicUsize::new(0), Instant::now());
        let read = patiently(|| async {
            match asked.fetch_add(1, Ordering::SeqCst) {
                0..10 => Err(gone()),
                _ => Ok("settings"),
            }
        });
        assert_eq!(read.await.unwrap(), "settings");
        assert!(began.elapsed() < PATIENCE);
        let began = Instant::now();
        let refused = patiently(|| async { Err::<(), _>(unreadable()) }).await;
        assert!(matches!(refused, Err(StoreError::Corrupt { .. })), "{refused:?}");
        assert_eq!(began.elapsed(), Duration::ZERO);
        let refused = patiently(|| async { Err::<(), _>(gone()) }).await;
        assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
        assert!(began.elapsed() > PATIENCE - LONGEST_WAIT && began.elapsed() <= PATIENCE);
    }
}
