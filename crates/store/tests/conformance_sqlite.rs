//! The store on SQLite does what every store must do.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use amz_store::conformance::Stores;
use amz_store::sqlite::{SqliteInbox, SqlitePaths, SqliteState};
use tempfile::TempDir;

async fn open() -> (Stores, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let paths = SqlitePaths::from_stem(folder.path(), "test");
    let inbox = Arc::new(SqliteInbox::open(&paths.inbox, "inbox").await.unwrap());
    let state = Arc::new(SqliteState::open(&paths.state).await.unwrap());
    (Stores::of(inbox, state), folder)
}

amz_store::conformance_tests!(open);
