//! SQLite in files, nothing to install. Durable to the letter: what was acknowledged survives a power cut.
//!
//! Every file has one writing process and in it one writing connection, which puts many small pieces of
//! work into one commit. Other processes read. See [`SqlitePaths`] for who writes what.

mod calls;
mod checkpoint;
mod due;
mod fault;
mod file;
mod inbox;
mod intake;
mod intents;
mod lanes;
mod ledger;
mod notifications;
mod operations;
mod parked;
mod paths;
mod purge;
mod reader;
mod requests;
mod state;
mod stock;
mod timeline;
mod writer;

pub use inbox::{DEDUPE_WINDOW, SqliteInbox, SqliteInboxReader};
pub use paths::SqlitePaths;
pub use state::{Purged, SqliteState, SqliteStateReader};

static NOTICES: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite/notices");
static STATE: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite/state");
