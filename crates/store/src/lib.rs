//! What must survive a restart: notices, lanes, intents, links, parked items and the messages about them,
//! watermarks, what is known of stock, the audit trail.
//!
//! Two implementations of the store's ports in `amz_services::ports`, held to the same contract by one
//! suite (module `conformance`, feature `conformance`):
//!
//! | | notices and commands | lanes, ledger, stock, audit |
//! | --- | --- | --- |
//! | durable, on files | [`sqlite::SqliteInbox`], read elsewhere by [`sqlite::SqliteInboxReader`] | [`sqlite::SqliteState`], read elsewhere by [`sqlite::SqliteStateReader`] |
//! | in memory, for tests | [`memory::MemoryInbox`] | [`memory::MemoryStore`] |
//!
//! # Embedding
//! Open the files of one URL and hand them out as ports; each file has one writing process.
//!
//! ```
//! use std::sync::Arc;
//! use amz_services::ports::{
//!     CallLog, Inbox, Intake, Lanes, Ledger, NoticeFeed, Notifications, Operations, StockRecords,
//!     StockReports,
//! };
//! use amz_store::State;
//! use amz_store::sqlite::{SqliteInbox, SqliteInboxReader, SqlitePaths, SqliteState, SqliteStateReader};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let url = format!("sqlite://{}/accelerator.db", folder.path().display());
//! let paths = SqlitePaths::from_url(&url)?;
//!
//! // the role that receives webhooks
//! let inbox: Arc<dyn Inbox> = Arc::new(SqliteInbox::open(&paths.inbox, "inbox").await?);
//!
//! // the role that synchronises: the state is its own, notices and commands it only reads
//! let state = Arc::new(SqliteState::open(&paths.state).await?);
//! let intake: Arc<dyn Intake> = state.clone();
//! let lanes: Arc<dyn Lanes> = state.clone();
//! let ledger: Arc<dyn Ledger> = state.clone();
//! let notifications: Arc<dyn Notifications> = state.clone();
//! let stock: Arc<dyn StockRecords> = state.clone();
//! let calls: Arc<dyn CallLog> = state.clone();
//! let feeds: [Arc<dyn NoticeFeed>; 2] = [
//!     Arc::new(SqliteInboxReader::new(&paths.inbox, "inbox")),
//!     Arc::new(SqliteInboxReader::new(&paths.commands, "commands")),
//! ];
//!
//! // the command line, while the others run: reads the state, and writes wishes for the worker
//! let reader = Arc::new(SqliteStateReader::new(&paths.state));
//! let operations: Arc<dyn Operations> = reader.clone();
//! let stock_reports: Arc<dyn StockReports> = reader;
//! let commands: Arc<dyn Inbox> = Arc::new(SqliteInbox::open(&paths.commands, "commands").await?);
//! assert_eq!(operations.backlog().await?.lanes, 0);
//!
//! // at the end: commits what waits and frees the file at once
//! state.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Promises
//! - What was acknowledged is on disk. A failed commit is an error to everybody who had work in it.
//! - Every write of a lane's holder is fenced: after its lease lapsed and somebody else took the lane, it is
//!   refused with `LeaseLost` and leaves no trace.
//! - The cost of taking work depends neither on how much waits nor on history, and that of keeping and finding
//!   readings of stock not on how many there are.
//!
//! Not promised: the state file has one owner at a time, which is held by an operating system lock; another
//! opener is told `store_in_use`. Many machines need a database server behind the same ports.

#![allow(clippy::duplicate_mod, reason = "what stands in `sql/` is compiled once for each database")]

mod arrived;
#[cfg(feature = "conformance")]
pub mod conformance;
mod fair_turns;
mod head_start;
pub mod memory;
mod notice_row;
mod open_error;
mod position;
pub mod postgres;
mod purged;
mod reconciled;
mod settle;
mod sharing;
pub mod sqlite;
mod store;
mod stored;
mod tables;
mod taken;
mod telling;
mod together;
mod transaction;
pub mod transfer;

pub use open_error::OpenError;
pub use postgres::{Pooler, ServerState, StoreOptions};
pub use purged::Purged;
pub use store::{DEDUPE_WINDOW, Notices, PartTables, Reports, State, Store};
pub use tables::Tables;
