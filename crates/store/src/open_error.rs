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
    /// The configured URL names neither SQLite files nor a PostgreSQL database.
    #[error("{url:?} names no store: {problem}")]
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
    /// The tables of a database on a server could not be brought up to date; also when a newer version of this software
    /// made them.
    #[error("cannot bring the tables of {database} up to date")]
    ServerMigration {
        /// Host and name of the database.
        database: String,
        /// What went wrong.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// A database server could not be reached, or refused.
    #[error("cannot use {database}")]
    Server {
        /// Host and name of the database.
        database: String,
        /// What the driver or the server said.
        #[source]
        source: sqlx::Error,
    },
    /// A database server takes no writes.
    #[error("{database} takes no writes: it is a standby or set to read only; point the URL to the primary")]
    ReadOnly {
        /// Host and name of the database.
        database: String,
    },
}

/// The scheme of a URL, for people; nothing of the rest, which may carry a password.
pub(crate) fn scheme_of(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, _)) if scheme.chars().all(|letter| letter.is_ascii_alphanumeric()) => {
            format!("{scheme}://…")
        }
        Some(_) | None => "…".to_owned(),
    }
}

impl OpenError {
    /// True when trying again may help without anybody's doing: the server is not there yet, starts, or has no
    /// connection to spare.
    pub fn is_passing(&self) -> bool {
        let source = match self {
            // it may become the primary
            Self::ReadOnly { .. } => return true,
            Self::Server { source, .. } => source,
            _ => return false,
        };
        match source {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                // connection, resources and operator's intervention; also what poolers say while the server is away
                ["08", "53", "57"].iter().any(|class| code.starts_with(class))
            }
            _ => false,
        }
    }

    /// Stable code of the problem.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "store_in_use",
            Self::TooOld { .. } => "sqlite_too_old",
            Self::NotDurable { .. } => "store_not_durable",
            Self::Url { .. } => "store_url_invalid",
            Self::File { .. } => "store_file_unusable",
            Self::Migration { .. } | Self::ServerMigration { .. } => "store_migration_failed",
            Self::Database { .. } | Self::Server { .. } | Self::ReadOnly { .. } => "store_unavailable",
        }
    }
}
