//! PostgreSQL: any number of processes on any number of machines work on one database.
//!
//! Lanes are leased in the database's time. What several processes write at once is committed once by its own key, and
//! every write in the name of a lane locks the lane's row and checks the fence, so that a process that was cut off
//! writes nothing after its lease has lapsed.

mod asked;
mod batches;
mod claim;
mod complete;
mod due;
mod held;
mod hold;
#[cfg(test)]
mod hold_tests;
mod intake;
mod lanes;
#[cfg(test)]
mod limits_tests;
mod looks;
mod marks;
mod notices;
mod numbering;
#[cfg(test)]
mod numbering_tests;
mod open;
#[cfg(test)]
mod plans_tests;
mod postpone;
#[cfg(test)]
mod reading_tests;
mod receive;
mod renew;
mod reports;
mod server;
mod settings;
#[cfg(test)]
mod silence_tests;
mod state;
mod statements;
mod tables;
mod trials;
mod write;

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
#[allow(dead_code, reason = "here the passes of all that were served are kept in one statement")]
mod turns;

#[cfg(test)]
mod many_at_once;

use sqlx::postgres::{PgConnection as SqlConnection, PgRow as SqlRow};

use state::PostgresState as State;

pub use notices::{PostgresFeed, PostgresNotices};
pub use open::{Pooler, PostgresDatabase, StoreOptions};
pub use server::ServerState;
pub use settings::PostgresSettings;
pub use state::{LeaseTime, PostgresState};
pub use tables::tables_of_database;

static STORE: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");
