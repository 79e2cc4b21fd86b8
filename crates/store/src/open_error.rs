//! Why a store could not be opened.

use std::path::PathBuf;

/// Why a store could not be opened. [`OpenError::code`] is stable.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the file for itself.
    #[error("{} is in use by another process; stop that one first, or give this one its own store", path.display())]
    InUse {
        /// The database file.
        path: PathBuf,
    },
    /// SQLite is too old: before 3.51.3 a write-ahead log could be damaged.
    #[error("SQLite {found} is too old, at least {needed} is needed")]
    TooOld {
        /// The version that is linked.
        found: String,
        /// The oldest version that will do.
        needed: &'static str,
    },
    /// The file system or the build does not give the durability that the store promises.
    #[error("{} is not durable: {setting} is {found}, must be {needed}", path.display())]
    NotDurable {
        /// The database file.
        path: PathBuf,
        /// The SQLite setting.
        setting: &'static str,
        /// What SQLite says it is.
        found: String,
        /// What it must be.
        needed: &'static str,
    },
    /// The configured URL does not name SQLite files.
    #[error("{url:?} names no SQLite store: {problem}")]
    Url {
        /// The URL.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The folder or a lock file could not be made.
    #[error("cannot prepare {}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The tables could not be brought up to date; also when a newer version of this software made them.
    #[error("cannot bring the tables of {} up to date", path.display())]
    Migration {
        /// The database file.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// The database refused.
    #[error("cannot open {}", path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
}

impl OpenError {
    /// Stable code of the problem.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "store_in_use",
            Self::TooOld { .. } => "sqlite_too_old",
            Self::NotDurable { .. } => "store_not_durable",
            Self::Url { .. } => "store_url_invalid",
            Self::File { .. } => "store_file_unusable",
            Self::Migration { .. } => "store_migration_failed",
            Self::Database { .. } => "store_unavailable",
        }
    }
}
