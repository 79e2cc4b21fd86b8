//! Why a store could not be handed over.

use std::path::PathBuf;

use amz_services::failure::StoreError;

use super::Comparison;
use crate::OpenError;
use crate::transaction::Fault;

/// Why a store could not be copied, checked or archived. [`TransferError::code`] is stable.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// It could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A store failed under way.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Only SQLite files are copied, and only to PostgreSQL.
    #[error("a store is copied from sqlite://… to postgres://…, and not in any other direction")]
    Direction,
    /// There is nothing to copy.
    #[error("there is no store at {place}")]
    Nothing {
        /// Where it was looked for.
        place: String,
    },
    /// Another version of this software made the tables.
    #[error("the tables of {place} are not those of this version; run `amz store migrate` first")]
    OtherVersion {
        /// Where they are.
        place: String,
    },
    /// The database that was to be filled holds something.
    #[error(
        "{place} is not empty, it has rows in {}; copy into an empty database (what an interrupted copy wrote is gone)",
        tables.join(", ")
    )]
    NotEmpty {
        /// Host and database.
        place: String,
        /// Tables that have rows.
        tables: Vec<&'static str>,
    },
    /// Processes work on the database that was to be filled.
    #[error("{place} is in use by running processes; stop them first")]
    TargetInUse {
        /// Host and database.
        place: String,
    },
    /// What arrived is not what was sent. Nothing was kept.
    #[error("the copy differs in {} and was given up; nothing was kept of it", .0.differing().join(", "))]
    Differs(Comparison),
    /// A file could not be written or read.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// There is a file of that name already.
    #[error("{} is there already; name another file", path.display())]
    FileExists {
        /// The file.
        path: PathBuf,
    },
    /// The file that was just written does not hold what it must. Nothing more is deleted.
    #[error("{} cannot be read back: {problem}; what it holds beyond was not deleted", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Only what is past can be archived.
    #[error("rows that are still to come cannot be archived; give an instant in the past")]
    Future,
}

impl TransferError {
    /// Stable code of the problem.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open(error) => error.code(),
            Self::Store(_) => "store_failed",
            Self::Direction => "copy_direction",
            Self::Nothing { .. } => "store_absent",
            Self::OtherVersion { .. } => "store_of_other_version",
            Self::NotEmpty { .. } => "store_not_empty",
            Self::TargetInUse { .. } => "store_in_use",
            Self::Differs(_) => "copy_differs",
            Self::File { .. } => "file_unusable",
            Self::FileExists { .. } => "file_exists",
            Self::Unreadable { .. } => "file_unreadable",
            Self::Future => "instant_in_the_future",
        }
    }
}

impl From<sqlx::Error> for TransferError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(Fault::from(error).into())
    }
}
