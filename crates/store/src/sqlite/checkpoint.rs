//! Planned checkpoints: passive ones on an own connection, and a restart of the log by the writer itself
//! when it has grown too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row};
use tokio::sync::oneshot;

use super::file::BUSY_TIMEOUT;

/// Length of the write-ahead log above which the writer starts it anew. Passive checkpoints alone never
/// get to do that under constant load.
pub(crate) const RESTART_ABOVE_BYTES: u64 = 64 * 1024 * 1024;
const PASSIVE_EVERY: Duration = Duration::from_millis(250);
/// The longest that the writer stands still for readers that keep the log from starting anew.
const RESTART_WAIT: Duration = Duration::from_millis(100);

/// What the writer and the checkpointer tell each other about the write-ahead log.
#[derive(Debug, Default)]
pub(crate) struct WriteAheadLog {
    written: AtomicBool,
    length_bytes: AtomicU64,
}

impl WriteAheadLog {
    /// Something was committed.
    pub(crate) fn note_commit(&self) {
        self.written.store(true, Ordering::Relaxed);
    }

    /// True when the log has grown past the limit; the same growth is reported once.
    pub(crate) fn take_too_long(&self, limit_bytes: u64) -> bool {
        self.length_bytes.load(Ordering::Relaxed) > limit_bytes
            && self.length_bytes.swap(0, Ordering::Relaxed) > limit_bytes
    }
}

/// Runs passive checkpoints until `stop` is dropped.
pub(crate) async fn run(
    mut connection: SqliteConnection,
    log: Arc<WriteAheadLog>,
    mut stop: oneshot::Receiver<()>,
) {
    while tokio::time::timeout(PASSIVE_EVERY, &mut stop).await.is_err() {
        if !log.written.swap(false, Ordering::Relaxed) {
            continue;
        }
        match passive(&mut connection).await {
            Ok(length_bytes) => log.length_bytes.store(length_bytes, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "passive checkpoint failed"),
        }
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "checkpoint connection did not close cleanly");
    }
}

/// Copies what no reader holds back; answers the length of the log in bytes.
async fn passive(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let row = sqlx::query("pragma wal_checkpoint(passive)").fetch_one(&mut *connection).await?;
    let frames = row.try_get::<i64, _>(1)?;
    let page_size: i64 = sqlx::query_scalar("pragma page_size").fetch_one(connection).await?;
    Ok(u64::try_from(frames.saturating_mul(page_size.saturating_add(24))).unwrap_or(0))
}

/// Starts the log anew, by the writer between two batches. Gives way to readers after a short wait.
pub(crate) async fn restart(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    set_busy_timeout(connection, RESTART_WAIT).await?;
    let outcome = sqlx::query("pragma wal_checkpoint(restart)").fetch_one(&mut *connection).await;
    set_busy_timeout(connection, BUSY_TIMEOUT).await?;
    Ok(outcome?.try_get::<i64, _>(0)? == 0)
}

async fn set_busy_timeout(connection: &mut SqliteConnection, timeout: Duration) -> Result<(), sqlx::Error> {
    let statement = format!("pragma busy_timeout = {}", timeout.as_millis());
    sqlx::query(sqlx::AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::NOTICES;
    use crate::sqlite::file::WritableFile;

    async fn write(connection: &mut SqliteConnection, rows: u32) {
        for number in 0..rows {
            sqlx::query(
                "insert into notices (connection, source, notice_key, kind, body, body_digest, received_at)
                 values ('shop', 'amazon', lower(hex(randomblob(8))), 'K', hex(zeroblob(4096)), $1, 0)",
            )
            .bind(number.to_string())
            .execute(&mut *connection)
            .await
            .unwrap();
        }
    }

    #[tokio::test]
    async fn a_restart_makes_the_log_begin_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = WritableFile::prepare(&folder.path().join("x.db"), &NOTICES).await.unwrap();
        let (mut writer, mut checkpointer) = (file.connect().await.unwrap(), file.connect().await.unwrap());
        write(&mut writer, 30).await;
        let long = passive(&mut checkpointer).await.unwrap();
        assert!(long > 30 * 8192, "{long}");
        assert!(restart(&mut writer).await.unwrap());
        write(&mut writer, 1).await;
        let short = passive(&mut checkpointer).await.unwrap();
        assert!(short > 0 && short < long / 4, "{short} of {long}");
        let timeout: i64 = sqlx::query_scalar("pragma busy_timeout").fetch_one(&mut writer).await.unwrap();
        assert_eq!(u128::try_from(timeout).unwrap(), BUSY_TIMEOUT.as_millis());
    }

    #[tokio::test]
    async fn a_restart_gives_way_to_readers() {
        let folder = tempfile::tempdir().unwrap();
        let file = WritableFile::prepare(&folder.path().join("x.db"), &NOTICES).await.unwrap();
        let mut writer = file.connect().await.unwrap();
        let mut snapshot = file.readers().begin().await.unwrap();
        let _: i64 =
            sqlx::query_scalar("select count(*) from notices").fetch_one(&mut *snapshot).await.unwrap();
        write(&mut writer, 3).await;
        assert!(!restart(&mut writer).await.unwrap());
        snapshot.rollback().await.unwrap();
        assert!(restart(&mut writer).await.unwrap());
    }

    #[test]
    fn growth_past_the_limit_is_reported_once() {
        let log = WriteAheadLog::default();
        log.length_bytes.store(11, Ordering::Relaxed);
        assert!(!log.take_too_long(11));
        assert!(log.take_too_long(10));
        assert!(!log.take_too_long(10));
    }
}
