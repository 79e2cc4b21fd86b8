//! What the `amz` command does with the store of a process that may be running.

use std::sync::Arc;

use amz_domain::{ConnectionName, RefundRejection};
use amz_event_handler::operator::Command;
use amz_services::failure::StoreError;
use amz_services::inventory::StockRunRequest;
use amz_services::ports::{Operations, ReconciliationReports, StockReports};
use amz_services::reconciliation::ReconciliationRequest;
use amz_services::work::Lane;
use amz_store::OpenError;
use amz_store::Store;
use amz_store::Tables;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::purge;
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

/// True when nobody has used the store yet: it holds no tables.
///
/// # Errors
/// When the address of the store cannot be read, or the store cannot be reached.
pub async fn is_unused(store: &StoreSettings) -> Result<bool, OpenError> {
    let mut unused = true;
    for part in Store::of(&store.options())?.tables().await {
        unused &= part.tables? == Tables::Absent;
    }
    Ok(unused)
}

/// Opens what operators read, beside a running process or without one.
///
/// # Errors
/// When the address of the store cannot be read.
pub fn operations(store: &StoreSettings) -> Result<Arc<dyn Operations>, OpenError> {
    Ok(Store::of(&store.options())?.reports())
}

/// Opens what operators read of stock, beside a running process or without one.
///
/// # Errors
/// When the address of the store cannot be read.
pub fn stock_reports(store: &StoreSettings) -> Result<Arc<dyn StockReports>, OpenError> {
    Ok(Store::of(&store.options())?.reports())
}

/// Asks the sync role for a full run of stock, or for one of some SKUs.
///
/// # Errors
/// [`CommandError`]; nothing was asked.
pub async fn read_stock(
    store: &StoreSettings,
    connection: &ConnectionName,
    request: StockRunRequest,
    now: DateTime<Utc>,
) -> Result<(), CommandError> {
    hand_over(store, connection, &Command::Stock { request }, now).await
}

/// Opens what operators read of reconciliations, beside a running process or without one.
///
/// # Errors
/// When the address of the store cannot be read.
pub fn reconciliation_reports(store: &StoreSettings) -> Result<Arc<dyn ReconciliationReports>, OpenError> {
    Ok(Store::of(&store.options())?.reports())
}

/// Asks the sync role for a reconciliation.
///
/// # Errors
/// [`CommandError`]; nothing was asked.
pub async fn reconcile(
    store: &StoreSettings,
    connection: &ConnectionName,
    request: ReconciliationRequest,
    now: DateTime<Utc>,
) -> Result<(), CommandError> {
    hand_over(store, connection, &Command::Reconcile { request }, now).await
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
    hand_over(store, connection, &Command::Retry { lane }, now).await
}

/// Tells the sync role that a person approved what a parked subject waits for.
///
/// # Errors
/// [`CommandError`]; nothing was approved.
pub async fn approve(
    store: &StoreSettings,
    connection: &ConnectionName,
    lane: Lane,
    subject: String,
    now: DateTime<Utc>,
) -> Result<(), CommandError> {
    hand_over(store, connection, &Command::Approve { lane, subject }, now).await
}

/// Tells the sync role that a person rejects a refund that Amazon asks for.
///
/// # Errors
/// [`CommandError`]; nothing was rejected.
pub async fn reject(
    store: &StoreSettings,
    connection: &ConnectionName,
    lane: Lane,
    subject: String,
    reason: RefundRejection,
    now: DateTime<Utc>,
) -> Result<(), CommandError> {
    hand_over(store, connection, &Command::Reject { lane, subject, reason }, now).await
}

async fn hand_over(
    store: &StoreSettings,
    connection: &ConnectionName,
    command: &Command,
    now: DateTime<Utc>,
) -> Result<(), CommandError> {
    let commands = Store::of(&store.options())?.commands().await?;
    let notice = command.notice(connection, Uuid::now_v7().to_string(), now);
    let stored = commands.receive(vec![notice]).await;
    // nobody else writes this file, so old commands go here
    if let Err(error) = commands.purge(now, purge::KEEP, purge::BITE).await {
        tracing::warn!(%error, "old commands were not purged");
    }
    commands.close().await;
    stored?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use amz_services::ports::lanes::RoutedNotice;
    use amz_services::ports::{Intake, NoticeFeed};
    use amz_store::sqlite::{SqliteInboxReader, SqlitePaths, SqliteState};

    use super::*;

    #[tokio::test]
    async fn a_command_makes_room_of_old_ones_that_were_taken() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("accelerator.db").display());
        let store = StoreSettings::at(url.clone().into());
        let now: DateTime<Utc> = "2026-03-02T17:00:00Z".parse().unwrap();
        let paths = SqlitePaths::from_url(&url).unwrap();
        let commands = SqliteInboxReader::new(&paths.commands, "commands");
        let state = SqliteState::open(&paths.state).await.unwrap();
        let days_later = [0, 60, 100, 200];
        for days in days_later {
            let at = now + chrono::TimeDelta::days(days);
            retry(&store, &"main".into(), Lane::SalesOrder("1".into()), at).await.unwrap();
            if days == 0 {
                let taken = vec![RoutedNotice { connection: "main".into(), id: 1, requests: Vec::new() }];
                state.accept_notices(&commands.cursor_name().await.unwrap(), taken).await.unwrap();
            }
        }
        let left = commands.after(0, 10).await.unwrap();
        let ages: Vec<i64> =
            left.iter().map(|command| (command.notice.received_at - now).num_days()).collect();
        assert_eq!(ages, days_later[1..]);
    }
}
