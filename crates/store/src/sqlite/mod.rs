//! SQLite in files, nothing to install. Durable to the letter: what was acknowledged survives a power cut.
//!
//! Every file has one writing process and in it one writing connection, which puts many small pieces of
//! work into one commit. Other processes read. Only the settings, which change rarely, may be written by all. See
//! [`SqlitePaths`] for who writes what.

mod calls;
mod checkpoint;
mod due;
mod echoes;
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
mod reconciliation;
mod requests;
mod settings;
mod state;
mod stock;
mod tables;
mod timeline;
mod trail;
mod writer;

pub use inbox::{DEDUPE_WINDOW, SqliteInbox, SqliteInboxReader};
pub use paths::SqlitePaths;
pub use settings::SqliteSettings;
pub use state::{Purged, SqliteState, SqliteStateReader};
pub use tables::{Tables, tables_of_inbox, tables_of_state};

static NOTICES: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite/notices");
static SETTINGS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite/settings");
static STATE: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite/state");
