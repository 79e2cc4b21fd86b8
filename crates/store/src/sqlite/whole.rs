//! The files of a store all at once, to hand over what they hold or to look through it.

use std::path::Path;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use super::file::{BUSY_TIMEOUT, WritableFile};
use super::lock::{FileLock, lock_exclusively};
use super::tables::compare;
use super::{NOTICES, SETTINGS, STATE, SqlitePaths};
use crate::OpenError;
use crate::tables::Tables;

/// The files that are there, each with a connection.
#[derive(Debug)]
pub(crate) struct WholeStore {
    pub(crate) state: Option<SqliteConnection>,
    pub(crate) inbox: Option<SqliteConnection>,
    pub(crate) commands: Option<SqliteConnection>,
    pub(crate) settings: Option<SqliteConnection>,
    /// Keep other processes away.
    _guards: Vec<FileLock>,
}

/// A file of a store before and after its tables were brought up to date.
#[derive(Debug)]
pub(crate) struct Migrated {
    pub(crate) part: &'static str,
    pub(crate) place: String,
    pub(crate) before: usize,
    pub(crate) after: usize,
}

impl WholeStore {
    /// Opens the files for reading, beside running processes.
    pub(crate) async fn read(paths: &SqlitePaths) -> Result<Self, OpenError> {
        Ok(Self {
            state: read(&paths.state).await?,
            inbox: read(&paths.inbox).await?,
            commands: read(&paths.commands).await?,
            settings: read(&paths.settings).await?,
            _guards: Vec::new(),
        })
    }

    /// Opens the files for this process alone, with their tables up to date.
    pub(crate) async fn own(paths: &SqlitePaths) -> Result<Self, OpenError> {
        let mut guards = Vec::new();
        for path in [&paths.state, &paths.inbox, &paths.commands] {
            if path.exists() {
                guards.push(lock_exclusively(path)?);
            }
        }
        Ok(Self {
            state: own(&paths.state, &STATE).await?,
            inbox: own(&paths.inbox, &NOTICES).await?,
            commands: own(&paths.commands, &NOTICES).await?,
            settings: own(&paths.settings, &SETTINGS).await?,
            _guards: guards,
        })
    }

    /// The connections, with what each is of.
    pub(crate) fn each(&mut self) -> impl Iterator<Item = (&'static str, &mut SqliteConnection)> {
        let Self { state, inbox, commands, settings, _guards } = self;
        [("state", state), ("inbox", inbox), ("commands", commands), ("settings", settings)]
            .into_iter()
            .filter_map(|(part, connection)| Some((part, connection.as_mut()?)))
    }

    /// Runs a statement on every file.
    pub(crate) async fn execute(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        for (_, connection) in self.each() {
            sqlx::query(statement).execute(connection).await?;
        }
        Ok(())
    }
}

/// Brings the tables of all files up to date. A file that is older than this version is not changed under a process
/// that works with it.
pub(crate) async fn migrate(paths: &SqlitePaths) -> Result<Vec<Migrated>, OpenError> {
    let mut done = Vec::new();
    for (part, path, migrator) in parts(paths) {
        let before = compare(path, migrator).await?;
        let guard = match before {
            Tables::Older { .. } if part != "settings" => Some(lock_exclusively(path)?),
            _ => None,
        };
        WritableFile::prepare(path, migrator).await?;
        drop(guard);
        let after = compare(path, migrator).await?;
        let steps = |tables| match tables {
            Tables::Absent | Tables::Newer { .. } => 0,
            Tables::Current { versions } => versions,
            Tables::Older { missing } => migrator.iter().count().saturating_sub(missing),
        };
        let place = path.display().to_string();
        done.push(Migrated { part, place, before: steps(before), after: steps(after) });
    }
    Ok(done)
}

/// The first file whose tables are not those of this version.
pub(crate) async fn of_another_version(paths: &SqlitePaths) -> Result<Option<String>, OpenError> {
    for (_, path, migrator) in parts(paths) {
        match compare(path, migrator).await? {
            Tables::Absent | Tables::Current { .. } => {}
            Tables::Older { .. } | Tables::Newer { .. } => return Ok(Some(path.display().to_string())),
        }
    }
    Ok(None)
}

fn parts(paths: &SqlitePaths) -> [(&'static str, &Path, &'static Migrator); 4] {
    [
        ("state", &paths.state, &STATE),
        ("inbox", &paths.inbox, &NOTICES),
        ("commands", &paths.commands, &NOTICES),
        ("settings", &paths.settings, &SETTINGS),
    ]
}

async fn read(path: &Path) -> Result<Option<SqliteConnection>, OpenError> {
    if !path.exists() {
        return Ok(None);
    }
    let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY_TIMEOUT);
    let refused = |source| OpenError::Database { path: path.to_owned(), source };
    Ok(Some(options.disable_statement_logging().connect().await.map_err(refused)?))
}

async fn own(path: &Path, migrator: &'static Migrator) -> Result<Option<SqliteConnection>, OpenError> {
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(WritableFile::prepare(path, migrator).await?.connect().await?))
}

impl WholeStore {
    /// Closes the files, so that what was written is in them and their logs are gone.
    pub(crate) async fn close(self) -> Result<(), sqlx::Error> {
        let Self { state, inbox, commands, settings, _guards } = self;
        for connection in [state, inbox, commands, settings].into_iter().flatten() {
            connection.close().await?;
        }
        Ok(())
    }
}
