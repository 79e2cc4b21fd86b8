//! The command line of `amz store`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum StoreAction {
    /// Make the tables of the configured store, or bring them up to date, without starting a role. Safe when several do
    /// so at once.
    Migrate,
    /// Move a SQLite store to an empty PostgreSQL database, while the processes of both are stopped. Nothing is sent
    /// again afterwards. A copy that breaks off leaves nothing behind.
    Copy(CopyOptions),
    /// Look whether a store is sound in itself; with `--to`, whether two stores hold the same. Exit code 1 when not.
    Check(CheckOptions),
    /// Write old rows to a file of compressed JSON lines, then delete what is in the file. SQLite stores must be
    /// stopped for it, PostgreSQL databases may be in use.
    Archive(ArchiveOptions),
}

/// The store that a command begins with.
#[derive(Debug, Args)]
pub(crate) struct SourceOptions {
    /// A store's address, `sqlite://…` or `postgres://…`; the configured store by default. Addresses with passwords are
    /// better given in the environment.
    #[arg(long, value_name = "URL", env = "AMZ_STORE_FROM", hide_env_values = true)]
    pub(crate) from: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CopyOptions {
    #[command(flatten)]
    pub(crate) source: SourceOptions,
    /// The database to fill, `postgres://…`.
    #[arg(long, value_name = "URL", env = "AMZ_STORE_TO", hide_env_values = true)]
    pub(crate) to: String,
}

#[derive(Debug, Args)]
pub(crate) struct CheckOptions {
    #[command(flatten)]
    pub(crate) source: SourceOptions,
    /// The store to compare it with, before anybody works on either.
    #[arg(long, value_name = "URL", env = "AMZ_STORE_TO", hide_env_values = true)]
    pub(crate) to: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ArchiveOptions {
    /// What is older: a day, an instant, or so long ago (`90d`). Notices of the last 30 days stay in any case.
    #[arg(long, value_name = "WHEN")]
    pub(crate) before: String,
    /// The file, which must not be there yet. Only its owner may read it.
    #[arg(long, value_name = "FILE.jsonl.gz")]
    pub(crate) out: PathBuf,
    /// Only this connection.
    #[arg(long)]
    pub(crate) connection: Option<String>,
    /// Only write the file; delete nothing. Works beside running processes whatever the store.
    #[arg(long)]
    pub(crate) keep: bool,
}
