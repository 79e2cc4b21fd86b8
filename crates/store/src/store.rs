//! One store behind one URL, whichever database it is.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use amz_services::failure::StoreError;
use amz_services::ports::{
    CallLog, Duties, Inbox, Intake, Lanes, Ledger, NoticeFeed, Notifications, Operations, OwnWrites, Paces,
    ReconciliationReports, Reconciliations, SettingsHistory, SlotShares, StockRecords, StockReports,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;

use crate::OpenError;
use crate::postgres::{
    LeaseTime, PostgresDatabase, PostgresFeed, PostgresNotices, PostgresSettings, PostgresState, ServerState,
    StoreOptions, tables_of_database,
};
use crate::purged::Purged;
use crate::sqlite::{
    SqliteInbox, SqliteInboxReader, SqlitePaths, SqliteSettings, SqliteState, SqliteStateReader,
    tables_of_inbox, tables_of_state,
};
use crate::tables::Tables;

/// Everything that the synchronising role keeps.
#[async_trait]
pub trait State:
    Intake
    + Lanes
    + Ledger
    + OwnWrites
    + Notifications
    + StockRecords
    + StockReports
    + Reconciliations
    + CallLog
    + Operations
    + Duties
    + SlotShares
    + Paces
{
    /// Deletes up to `limit` of the oldest rows of each log that are older than `before`: notices of lanes,
    /// looks, calls, echoes, settled messages, the history of settled intents, and stock runs and reconciliations that
    /// are over, with their reports, but for the latest ten of each connection. What decides what happens next is never
    /// deleted.
    ///
    /// # Errors
    /// When nothing was deleted.
    async fn purge(&self, before: DateTime<Utc>, limit: u32) -> Result<Purged, StoreError>;

    /// Commits what waits and lets go of the store.
    async fn close(&self);
}

/// Notices of one feed, as the role keeps them that receives them.
#[async_trait]
pub trait Notices: Inbox + NoticeFeed {
    /// Deletes up to `limit` of the oldest notices that came before `now` minus `keep`; never any that is
    /// younger than [`DEDUPE_WINDOW`], and never one that nobody has taken. Returns how many went.
    ///
    /// # Errors
    /// When nothing was deleted.
    async fn purge(&self, now: DateTime<Utc>, keep: Duration, limit: u32) -> Result<u64, StoreError>;

    /// Commits what waits and lets go of the store.
    async fn close(&self);
}

/// Notices are kept at least this long: senders retry for up to three days, and replays come later.
pub const DEDUPE_WINDOW: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What operators read, beside running processes or without any.
pub trait Reports: Operations + StockReports + ReconciliationReports {}

impl<Store: Operations + StockReports + ReconciliationReports> Reports for Store {}

/// A part of a store, and how its tables compare with those of this version.
#[derive(Debug)]
pub struct PartTables {
    /// `state` or `inbox`; a database server has one part, `database`.
    pub part: &'static str,
    /// Where it is, for people: a path, or host and database.
    pub place: String,
    /// How its tables compare.
    pub tables: Result<Tables, OpenError>,
}

/// A store that is not open yet. Clones are the same store; those of a database server share its connections.
#[derive(Debug, Clone)]
pub enum Store {
    /// SQLite files in a folder: one process receives, one synchronises.
    Sqlite(SqlitePaths),
    /// A PostgreSQL database: any number of processes.
    Postgres(PostgresDatabase),
}

impl Store {
    /// The store that a URL names: `sqlite://…` or `postgres://…`. Options but the URL are for servers only.
    ///
    /// # Errors
    /// [`OpenError::Url`] when it names none.
    pub fn of(options: &StoreOptions) -> Result<Self, OpenError> {
        if is_server(options) {
            Ok(Self::Postgres(PostgresDatabase::connect_lazily(options)?))
        } else {
            Ok(Self::Sqlite(SqlitePaths::from_url(options.url.expose_secret())?))
        }
    }

    /// Whether options can name a store. Nothing is opened.
    ///
    /// # Errors
    /// [`OpenError::Url`] when they do not.
    pub fn check(options: &StoreOptions) -> Result<(), OpenError> {
        if is_server(options) {
            options.check()
        } else {
            SqlitePaths::from_url(options.url.expose_secret()).map(|_| ())
        }
    }

    /// True when several processes of a role may work on it at once.
    pub fn is_shared(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(_) => true,
        }
    }

    /// Asks whether it can be reached. Files of this machine are taken to be there.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn ask(&self) -> Result<(), OpenError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(database) => database.ask().await,
        }
    }

    /// Opens what the synchronising role keeps, and brings its tables up to date.
    ///
    /// # Errors
    /// When it cannot be opened, or is not durable.
    pub async fn state(&self) -> Result<Arc<dyn State>, OpenError> {
        match self {
            Self::Sqlite(paths) => Ok(Arc::new(SqliteState::open(&paths.state).await?)),
            Self::Postgres(database) => {
                Ok(Arc::new(PostgresState::open(database.clone(), LeaseTime::Database).await?))
            }
        }
    }

    /// Opens the notices of vendors for writing, and brings their tables up to date.
    ///
    /// # Errors
    /// When they cannot be opened, or are not durable.
    pub async fn inbox(&self) -> Result<Arc<dyn Notices>, OpenError> {
        match self {
            Self::Sqlite(paths) => {
                Ok(Arc::new(SqliteInbox::open(&paths.inbox, INBOX).await?.taken_by(&paths.state)))
            }
            Self::Postgres(database) => Ok(Arc::new(PostgresNotices::open(database.clone(), INBOX).await?)),
        }
    }

    /// Opens the wishes of operators for writing, and brings their tables up to date.
    ///
    /// # Errors
    /// When they cannot be opened, or are not durable.
    pub async fn commands(&self) -> Result<Arc<dyn Notices>, OpenError> {
        match self {
            Self::Sqlite(paths) => {
                Ok(Arc::new(SqliteInbox::open(&paths.commands, COMMANDS).await?.taken_by(&paths.state)))
            }
            Self::Postgres(database) => {
                Ok(Arc::new(PostgresNotices::open(database.clone(), COMMANDS).await?))
            }
        }
    }

    /// The feeds that the synchronising role takes notices from.
    pub fn feeds(&self) -> Vec<Arc<dyn NoticeFeed>> {
        match self {
            Self::Sqlite(paths) => vec![
                Arc::new(SqliteInboxReader::new(&paths.inbox, INBOX)),
                Arc::new(SqliteInboxReader::new(&paths.commands, COMMANDS)),
            ],
            Self::Postgres(database) => vec![
                Arc::new(PostgresFeed::new(database.clone(), INBOX)),
                Arc::new(PostgresFeed::new(database.clone(), COMMANDS)),
            ],
        }
    }

    /// What operators read. Nothing is created or changed.
    pub fn reports(&self) -> Arc<dyn Reports> {
        match self {
            Self::Sqlite(paths) => Arc::new(SqliteStateReader::new(&paths.state)),
            Self::Postgres(database) => Arc::new(PostgresState::as_it_is(database.clone())),
        }
    }

    /// What is set at run time, and its history.
    pub fn settings_history(&self) -> Arc<dyn SettingsHistory> {
        match self {
            Self::Sqlite(paths) => Arc::new(SqliteSettings::new(&paths.settings)),
            Self::Postgres(database) => Arc::new(PostgresSettings::new(database.clone())),
        }
    }

    /// How the database server is doing; `None` where there is none.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn server_state(&self) -> Result<Option<ServerState>, OpenError> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(database) => database.server_state().await.map(Some),
        }
    }

    /// How the tables of each part compare with those of this version. Nothing is created or changed.
    pub async fn tables(&self) -> Vec<PartTables> {
        match self {
            Self::Sqlite(paths) => {
                let part = |part, path: &PathBuf, tables| PartTables {
                    part,
                    place: path.display().to_string(),
                    tables,
                };
                let (state, inbox) =
                    tokio::join!(tables_of_state(&paths.state), tables_of_inbox(&paths.inbox));
                vec![part("state", &paths.state, state), part("inbox", &paths.inbox, inbox)]
            }
            Self::Postgres(database) => vec![PartTables {
                part: "database",
                place: database.name().to_owned(),
                tables: tables_of_database(database).await,
            }],
        }
    }
}

/// True when a URL names a database server.
fn is_server(options: &StoreOptions) -> bool {
    let url = options.url.expose_secret();
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

const INBOX: &str = "inbox";
const COMMANDS: &str = "commands";
