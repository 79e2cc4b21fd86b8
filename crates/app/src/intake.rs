//! The intake: takes notices, older ones first, and marks lanes due.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use amz_domain::{ConnectionName, DocumentKey};
use amz_event_handler::{Address, Route, route};
use amz_services::connection::Clock;
use amz_services::failure::StoreError;
use amz_services::link::LinkKey;
use amz_services::ports::inbox::{Notice, NoticeSource};
use amz_services::ports::lanes::RoutedNotice;
use amz_services::ports::{Intake, Ledger, NoticeFeed};
use amz_services::work::{Lane, LaneKey, LaneRequest, NoticeReference};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::live::Live;
use crate::store_outage::StoreOutage;

/// Notices taken in one commit.
const BATCH: u32 = 256;

/// How long a batch may take: far longer than it does.
const LONGEST_BATCH: Duration = Duration::from_secs(60);

/// What the intake needs to know of a connection.
#[derive(Debug, Clone)]
pub struct IntakeConnection {
    /// NetSuite account; our aliases begin with it.
    pub account: String,
    /// How long to wait for further events of the same order, so that a burst makes one look.
    pub settle: Duration,
    /// The same for events on stock.
    pub stock_settle: Duration,
}

/// Turns notices into due lanes.
#[derive(Clone)]
pub struct NoticeIntake {
    /// Where notices come from.
    pub feeds: Vec<Arc<dyn NoticeFeed>>,
    /// Where they become work.
    pub intake: Arc<dyn Intake>,
    /// Resolves Amazon ids to lanes.
    pub ledger: Arc<dyn Ledger>,
    /// The connections that are configured.
    pub connections: Live<HashMap<ConnectionName, IntakeConnection>>,
    /// Now.
    pub clock: Clock,
    /// Wakes the worker.
    pub wake: Arc<Notify>,
}

impl NoticeIntake {
    /// Takes everything that has arrived. Returns the number of notices taken.
    ///
    /// # Errors
    /// When a store is not available; nothing is lost, the next pass begins where this one got to.
    pub async fn pass(&self) -> Result<usize, StoreError> {
        let mut taken = 0;
        loop {
            match self.round().await? {
                0 => return Ok(taken),
                more => taken += more,
            }
        }
    }

    /// Takes notices as they arrive until `stop`: at once when `arrived` is notified, else at every interval.
    pub async fn run(&self, arrived: Arc<Notify>, every: Duration, stop: CancellationToken) {
        let mut outage = StoreOutage::new("notices are not taken");
        while !stop.is_cancelled() {
            let (wait, is_out) = match self.round().await {
                Ok(taken) => {
                    outage.over();
                    if taken > 0 {
                        continue;
                    }
                    (every, false)
                }
                Err(error) => (outage.failed(&error, every), true),
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = arrived.notified(), if !is_out => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Takes a batch of each feed, so that one that never runs dry, or cannot be read, does not keep the others waiting.
    async fn round(&self) -> Result<usize, StoreError> {
        let (mut taken, mut failed) = (0, None);
        for feed in &self.feeds {
            match within(LONGEST_BATCH, self.batch(feed.as_ref())).await {
                Ok(more) => taken += more,
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(taken), Err)
    }

    /// Takes the next notices of a feed. Returns how many.
    async fn batch(&self, feed: &dyn NoticeFeed) -> Result<usize, StoreError> {
        let cursor_name = feed.cursor_name().await?;
        let notices = feed.after(self.intake.cursor(&cursor_name).await?, BATCH).await?;
        if notices.is_empty() {
            return Ok(0);
        }
        let mut routed = Vec::with_capacity(notices.len());
        for notice in &notices {
            let requests = self.requests(feed.name(), notice).await?;
            let connection = notice.notice.connection.clone();
            routed.push(RoutedNotice { connection, id: notice.id, requests });
        }
        self.intake.accept_notices(&cursor_name, routed).await?;
        self.wake.notify_one();
        Ok(notices.len())
    }

    /// What a notice asks for.
    async fn requests(&self, feed: &str, notice: &Notice) -> Result<Vec<LaneRequest>, StoreError> {
        let Notice { id, notice } = notice;
        // the cursor moves past every notice: what it asks for must wait in a lane until it is configured
        let connections = self.connections.get();
        let connection = connections.get(&notice.connection);
        if connection.is_none() {
            tracing::error!(connection = %notice.connection, notice = id, "no such connection is configured; its work waits");
        }
        let (address, asks) = match route(notice) {
            Ok(Route::Work { address, asks }) => (address, asks),
            Ok(Route::Kept { why }) => {
                tracing::info!(connection = %notice.connection, notice = id, kind = %notice.kind, why, "kept");
                return Ok(Vec::new());
            }
            Err(rejection) => {
                tracing::error!(connection = %notice.connection, notice = id, code = %rejection.code, "a stored notice cannot be routed; it is kept");
                return Ok(Vec::new());
            }
        };
        let Some(lane) = self.lane(&notice.connection, connection, address).await? else {
            tracing::info!(connection = %notice.connection, notice = id, "unknown tracker: the look that learns its number reads it");
            return Ok(Vec::new());
        };
        let settle = match (notice.source, connection) {
            (NoticeSource::Operator, _) | (_, None) => Duration::ZERO,
            (NoticeSource::Amazon | NoticeSource::NetSuite, Some(connection)) => match lane {
                Lane::StockLevels | Lane::StockReading => connection.stock_settle,
                Lane::SalesOrder(_) | Lane::AmazonOrder(_) | Lane::Document(_) => connection.settle,
                Lane::Reconciliation => Duration::ZERO,
            },
        };
        let due_at = (self.clock)() + chrono::Duration::from_std(settle).unwrap_or_default();
        let key = LaneKey { connection: notice.connection.clone(), lane };
        let reference = NoticeReference {
            id: format!("{feed}/{id}"),
            kind: notice.kind.clone(),
            received_at: notice.received_at,
        };
        let request = |ask| LaneRequest { key: key.clone(), ask, due_at, notice: Some(reference.clone()) };
        Ok(asks.into_iter().map(request).collect())
    }

    /// The lane of an address; `None` for a tracker that no link knows. Without the connection's account an alias
    /// says nothing.
    async fn lane(
        &self,
        name: &ConnectionName,
        connection: Option<&IntakeConnection>,
        address: Address,
    ) -> Result<Option<Lane>, StoreError> {
        match address {
            Address::SalesOrder(id) => Ok(Some(Lane::SalesOrder(id))),
            Address::Lane(lane) => Ok(Some(lane)),
            Address::Document(key) => lane_of_document(self.ledger.as_ref(), name, key).await.map(Some),
            Address::Tracker(key) => self.ledger.lane_of(name, &LinkKey::Tracker(key)).await,
            Address::AmazonOrder { id, alias } => {
                let known = self.ledger.lane_of(name, &LinkKey::Order(id.clone())).await?;
                let named = || alias?.sales_order(&connection?.account).map(Lane::SalesOrder);
                Ok(Some(known.or_else(named).unwrap_or(Lane::AmazonOrder(id))))
            }
        }
    }
}

/// Gives a batch up that takes so long: a store that is silent would keep all notices from being taken, by other
/// processes too while this one has the duty.
async fn within(
    limit: Duration,
    batch: impl Future<Output = Result<usize, StoreError>>,
) -> Result<usize, StoreError> {
    let silent = || StoreError::Unavailable {
        message: format!("it did not answer in {} s", limit.as_secs()),
        source: None,
    };
    tokio::time::timeout(limit, batch).await.unwrap_or_else(|_| Err(silent()))
}

/// The lane of a document: its order's as far as a link knows it, else one of its own, where its order is found.
pub(crate) async fn lane_of_document(
    ledger: &dyn Ledger,
    name: &ConnectionName,
    document: DocumentKey,
) -> Result<Lane, StoreError> {
    let known = ledger.lane_of(name, &LinkKey::Document(document.clone())).await?;
    Ok(known.unwrap_or(Lane::Document(document)))
}

#[cfg(test)]
#[path = "intake_tests.rs"]
mod tests;
