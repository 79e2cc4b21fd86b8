//! The intake: takes notices in the order of their arrival and marks lanes due.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use amz_domain::{ConnectionName, DocumentKey};
use amz_event_handler::{Address, Route, route};
use amz_services::connection::Clock;
use amz_services::failure::StoreError;
use amz_services::link::LinkKey;
use amz_services::ports::inbox::{Notice, NoticeSource};
use amz_services::ports::{Intake, Ledger, NoticeFeed};
use amz_services::work::{Lane, LaneKey, LaneRequest, NoticeReference};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::live::Live;

/// Notices taken in one commit.
const BATCH: u32 = 256;

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
        for feed in &self.feeds {
            let cursor_name = feed.cursor_name().await?;
            let mut cursor = self.intake.cursor(&cursor_name).await?;
            loop {
                let notices = feed.after(cursor, BATCH).await?;
                let Some(last) = notices.last() else { break };
                cursor = last.id;
                let mut requests = Vec::new();
                for notice in &notices {
                    requests.extend(self.requests(feed.name(), notice).await?);
                }
                taken += notices.len();
                self.intake.accept(&cursor_name, cursor, requests).await?;
                self.wake.notify_one();
            }
        }
        Ok(taken)
    }

    /// Takes notices as they arrive until `stop`: at once when `arrived` is notified, else at every interval.
    pub async fn run(&self, arrived: Arc<Notify>, every: Duration, stop: CancellationToken) {
        loop {
            if let Err(error) = self.pass().await {
                tracing::error!(%error, "notices were not taken; they are tried again");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = arrived.notified() => {}
                () = tokio::time::sleep(every) => {}
            }
        }
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
mod tests {
    use amz_domain::DocumentKind;
    use amz_event_handler::operator::Command;
    use amz_services::ports::inbox::NewNotice;
    use amz_services::ports::{Inbox, Lanes};
    use amz_services::work::Ask;
    use amz_store::memory::MemoryStore;
    use chrono::DateTime;
    use serde_json::json;

    use super::*;

    /// An event as Amazon sends it about its order `A-1`, which carries our alias of sales order 42.
    fn event() -> NewNotice {
        let body = json!({
            "eventDescriptor": "PACKAGE_DELIVERED",
            "eventId": "event-1",
            "idempotencyKey": "event-1",
            "resources": ["businessProduct/bp-1/order/A-1/delivery/D-1"],
            "eventTime": "2026-03-02T17:00:00Z",
            "data": {"order": {"aliases": [{"aliasType": "OMS_ORDER_ID", "aliasId": "1234567:42"}]}},
        });
        NewNotice {
            connection: "new".into(),
            source: NoticeSource::Amazon,
            key: "event-1".to_owned(),
            kind: "PACKAGE_DELIVERED".to_owned(),
            body: body.to_string(),
            received_at: DateTime::UNIX_EPOCH,
        }
    }

    async fn lanes_after(notices: Vec<NewNotice>, known: Option<IntakeConnection>) -> Vec<(Lane, Vec<Ask>)> {
        let store = Arc::new(MemoryStore::new());
        store.receive(notices).await.unwrap();
        let intake = NoticeIntake {
            feeds: vec![store.clone()],
            intake: store.clone(),
            ledger: store.clone(),
            connections: Live::new(known.map(|known| ("new".into(), known)).into_iter().collect()),
            clock: Arc::new(|| DateTime::UNIX_EPOCH),
            wake: Arc::default(),
        };
        intake.pass().await.unwrap();
        let claims = store.claim("probe", DateTime::UNIX_EPOCH, Duration::from_secs(1), 10).await.unwrap();
        claims.into_iter().map(|claim| (claim.lease.key.lane, claim.asks)).collect()
    }

    #[tokio::test]
    async fn notices_of_a_connection_that_is_not_configured_yet_wait_in_lanes() {
        let retry = Command::Retry { lane: Lane::SalesOrder("7".into()) };
        let retry = retry.notice(&"new".into(), "retry-1".to_owned(), DateTime::UNIX_EPOCH);
        let lanes = lanes_after(vec![event(), retry], None).await;
        let expected = [
            (Lane::AmazonOrder("A-1".into()), vec![Ask::AmazonOrder]),
            (Lane::SalesOrder("7".into()), vec![Ask::SalesOrder, Ask::AmazonOrder]),
        ];
        assert_eq!(lanes, expected);
    }

    /// A notice that a credit memo was made.
    fn credit_memo(id: &str) -> NewNotice {
        let data = json!({"recordType": "creditMemo", "id": id, "event": "create"});
        NewNotice {
            connection: "new".into(),
            source: NoticeSource::NetSuite,
            key: format!("notice-{id}"),
            kind: "creditMemo.create".to_owned(),
            body: json!({"type": "creditMemo.create", "data": data}).to_string(),
            received_at: DateTime::UNIX_EPOCH,
        }
    }

    #[tokio::test]
    async fn a_document_that_nobody_knows_gets_a_lane_of_its_own() {
        let document = DocumentKey::new(DocumentKind::CreditMemo, "900");
        let lanes = lanes_after(vec![credit_memo("900")], None).await;
        let ask = Ask::Document { document: document.clone(), is_new: true };
        assert_eq!(lanes, [(Lane::Document(document), vec![ask])]);
    }

    #[tokio::test]
    async fn an_alias_names_the_sales_order_once_the_account_is_known() {
        let known = IntakeConnection {
            account: "1234567".to_owned(),
            settle: Duration::ZERO,
            stock_settle: Duration::ZERO,
        };
        let lanes = lanes_after(vec![event()], Some(known)).await;
        assert_eq!(lanes, [(Lane::SalesOrder("42".into()), vec![Ask::AmazonOrder])]);
    }

    /// When the lanes of notices become due, by lane.
    async fn due(notices: Vec<NewNotice>) -> Vec<(String, i64)> {
        let store = Arc::new(MemoryStore::new());
        store.receive(notices).await.unwrap();
        let known = IntakeConnection {
            account: "1234567".to_owned(),
            settle: Duration::from_secs(1),
            stock_settle: Duration::from_secs(5),
        };
        let intake = NoticeIntake {
            feeds: vec![store.clone()],
            intake: store.clone(),
            ledger: store.clone(),
            connections: Live::new(HashMap::from([("new".into(), known)])),
            clock: Arc::new(|| DateTime::UNIX_EPOCH),
            wake: Arc::default(),
        };
        intake.pass().await.unwrap();
        let mut due = Vec::new();
        for second in 0..10 {
            let now = DateTime::from_timestamp(second, 0).unwrap();
            let claims = store.claim("probe", now, Duration::from_secs(3600), 10).await.unwrap();
            due.extend(claims.into_iter().map(|claim| (claim.lease.key.lane.to_string(), second)));
        }
        due
    }

    #[tokio::test]
    async fn stock_waits_its_own_time_and_operators_wait_for_nothing() {
        let stock = |key: &str| NewNotice {
            key: key.to_owned(),
            kind: "INVENTORY_CHANGED".to_owned(),
            body: json!({
                "eventDescriptor": "INVENTORY_CHANGED",
                "resources": ["businessProduct/bp-1/item-quantities/i-1"],
            })
            .to_string(),
            ..event()
        };
        let due_of = due(vec![stock("a"), event()]).await;
        assert_eq!(due_of, [("order/42".to_owned(), 1), ("stock/levels".to_owned(), 5)]);
        let retry = Command::Retry { lane: Lane::StockLevels };
        let retry = retry.notice(&"new".into(), "retry-1".to_owned(), DateTime::UNIX_EPOCH);
        assert_eq!(due(vec![retry]).await, [("stock/reading".to_owned(), 0)]);
    }
}
