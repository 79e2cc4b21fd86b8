//! Whether a connection is of use to whoever needs one next.
//!
//! Every trial is a message to the server and back, several for each piece of work, so they are as few and as cheap as
//! they can be.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};

use super::open::silent;

/// How long a connection that is tried may be silent.
pub(super) const MARGIN: Duration = Duration::from_secs(5);

/// One that answered so lately is given out untried.
const LATELY: Duration = Duration::from_secs(1);

/// How connections are tried. Clones share what is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Trials {
    given_up: Arc<AtomicBool>,
}

impl Trials {
    /// Begins a transaction. Who gives up meanwhile leaves it open without the driver's knowing; from then on connections
    /// are tried so that it ends.
    pub(super) async fn begins<Begun>(&self, begin: impl Future<Output = Begun>) -> Begun {
        let begin = pin!(begin);
        // dropped before the future that gives its connection back
        let doubt = Doubt(Some(&self.given_up));
        let begun = begin.await;
        doubt.dispel();
        begun
    }

    /// Tries a connection that is given back: one that is silent is closed before others are given it.
    pub(super) async fn given_back(&self, connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
        if self.given_up.load(Ordering::SeqCst) {
            in_time(connection.execute("begin; rollback")).await?;
        } else {
            in_time(connection.ping()).await?;
        }
        Ok(true)
    }
}

/// Tries a connection that nobody has used for a while.
pub(super) async fn taken(connection: &mut PgConnection, unused_for: Duration) -> Result<bool, sqlx::Error> {
    if unused_for >= LATELY {
        in_time(connection.ping()).await?;
    }
    Ok(true)
}

async fn in_time<Answer>(
    trial: impl Future<Output = Result<Answer, sqlx::Error>>,
) -> Result<Answer, sqlx::Error> {
    match tokio::time::timeout(MARGIN, trial).await {
        Ok(answer) => answer,
        Err(_) => Err(silent(MARGIN)),
    }
}

/// Remembers that it was dropped before it was dispelled.
struct Doubt<'trials>(Option<&'trials AtomicBool>);

impl Doubt<'_> {
    fn dispel(mut self) {
        self.0 = None;
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if let Some(given_up) = self.0 {
            given_up.store(true, Ordering::SeqCst);
        }
    }
}
