//! What the `amz` command does with the store of a process that may be running.

use std::sync::Arc;

use amz_domain::ConnectionName;
use amz_event_handler::operator::Command;
use amz_services::failure::StoreError;
use amz_services::ports::{Inbox, Operations};
use amz_services::work::Lane;
use amz_store::OpenError;
use amz_store::sqlite::{SqliteInbox, SqlitePaths, SqliteStateReader};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::settings::StoreSettings;

/// Why a command could not be handed over.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The store could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The command could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens what operators read, beside a running process or without one.
///
/// # Errors
/// When the address of the store cannot be read.
pub fn operations(store: &StoreSettings) -> Result<Arc<dyn Operations>, OpenError> {
    let paths = SqlitePaths::from_url(store.url.expose_secret())?;
    Ok(Arc::new(SqliteStateReader::new(&paths.state)))
}

/// Asks the sync role to look at a lane again, now or when it next runs.
///
/// # Errors
/// [`CommandError`]; nothing was asked.
pub async fn retry(
    store: &StoreSettings,
    connection: &ConnectionName,
    lane: Lane,
    now: DateTime<Utc>,
) -> Result<(), CommandError> {
    let paths = SqlitePaths::from_url(store.url.expose_secret())?;
    let commands = SqliteInbox::open(&paths.commands, "commands").await?;
    let command = Command::Retry { lane, subject: None };
    let notice = command.notice(connection, Uuid::now_v7().to_string(), now);
    let stored = commands.receive(vec![notice]).await;
    commands.close().await;
    stored?;
    Ok(())
}
