//! SQLite in files, nothing to install. Durable to the letter: what was acknowledged survives a power cut.
//!
//! Every file has one writing process and in it one writing connection, which puts many small pieces of
//! work into one commit. Other processes read. Only the settings, which change rarely, may be written by all. See
//! [`SqlitePaths`] for who writes what.

mod checkpoint;
mod claim;
mod due;
mod echoes;
mod file;
mod hold;
mod inbox;
mod intake;
mod lanes;
mod lock;
mod marks;
mod numbering;
mod paths;
#[cfg(test)]
mod plans_tests;
mod reader;
mod receive;
mod settings;
mod state;
mod state_reader;
mod statements;
mod tables;
mod whole;
mod writer;

// Statements that both databases understand stand in `sql/` once and are compiled for each.
#[path = "../sql/calls.rs"]
mod calls;
#[path = "../sql/duties.rs"]
mod duties;
#[path = "../sql/intents.rs"]
mod intents;
#[path = "../sql/ledger.rs"]
mod ledger;
#[path = "../sql/notifications.rs"]
mod notifications;
#[path = "../sql/operations.rs"]
mod operations;
#[path = "../sql/parked.rs"]
mod parked;
#[path = "../sql/pauses.rs"]
mod pauses;
#[path = "../sql/purge.rs"]
mod purge;
#[path = "../sql/reconciliation/mod.rs"]
mod reconciliation;
#[path = "../sql/requests.rs"]
mod requests;
#[path = "../sql/settings.rs"]
mod settings_versions;
#[path = "../sql/sharing.rs"]
mod sharing;
#[path = "../sql/stock/mod.rs"]
mod stock;
#[path = "../sql/timeline.rs"]
mod timeline;
#[path = "../sql/trail.rs"]
mod trail;
#[path = "../sql/turns.rs"]
mod turns;

use sqlx::sqlite::{SqliteConnection as SqlConnection, SqliteRow as SqlRow};
use state::SqliteState as State;

pub use inbox::{SqliteInbox, SqliteInboxReader};
pub use paths::SqlitePaths;
pub use settings::SqliteSettings;
pub use state::SqliteState;
pub use state_reader::SqliteStateReader;
pub use tables::{tables_of_inbox, tables_of_state};
pub(crate) use whole::{Migrated, WholeStore, migrate, of_another_version};

static NOTICES: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite/notices");
static SETTINGS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite/settings");
static STATE: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite/state");
