//! Lanes, asks and leases: the unit of work.

use amz_domain::{
    AmazonOrderId, ConnectionName, DocumentKey, InventoryItemId, ItemId, ReconciliationId, RefundId,
    RefundRejection, ReturnId, SalesOrderId, Sku, StockRunId, TrackerKey,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::inventory::StockRunRequest;
use crate::reconciliation::ReconciliationRequest;

/// What work must be serial for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Lane {
    /// One sales order, whichever side speaks. Text form `order/<internal id>`.
    SalesOrder(SalesOrderId),
    /// An Amazon order that no link knows yet: looked up once, then its work moves to the sales order's
    /// lane. Text form `amazon-order/<amazon id>`.
    AmazonOrder(AmazonOrderId),
    /// A NetSuite document that no link knows yet: looked up once, then its work moves to the sales order's
    /// lane. Text form `document/<kind>-<internal id>`.
    Document(DocumentKey),
    /// Stock: what changed is read, and all stock is written. One per connection, so that two looks never adjust the
    /// same item. Text form `stock/levels`.
    StockLevels,
    /// Stock: full readings, which may take long. Nothing is written in NetSuite. Text form `stock/reading`.
    StockReading,
    /// Reconciliation: walks the orders that shall be looked at. Nothing is written at a vendor. Text form
    /// `reconciliation`.
    Reconciliation,
}

impl std::fmt::Display for Lane {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SalesOrder(id) => write!(formatter, "order/{id}"),
            Self::AmazonOrder(id) => write!(formatter, "amazon-order/{id}"),
            Self::Document(key) => write!(formatter, "document/{key}"),
            Self::StockLevels => formatter.write_str("stock/levels"),
            Self::StockReading => formatter.write_str("stock/reading"),
            Self::Reconciliation => formatter.write_str("reconciliation"),
        }
    }
}

/// Text that is not a lane.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a lane: expected order/<id>, amazon-order/<id>, document/<kind>-<id>, stock/levels, \
     stock/reading or reconciliation"
)]
pub struct NotALane(pub String);

impl std::str::FromStr for Lane {
    type Err = NotALane;

    fn from_str(text: &str) -> Result<Self, NotALane> {
        match text.split_once('/') {
            Some(("order", id)) if !id.is_empty() => Ok(Self::SalesOrder(id.into())),
            Some(("amazon-order", id)) if !id.is_empty() => Ok(Self::AmazonOrder(id.into())),
            Some(("document", key)) => {
                DocumentKey::parse(key).map(Self::Document).ok_or_else(|| NotALane(text.to_owned()))
            }
            Some(("stock", "levels")) => Ok(Self::StockLevels),
            Some(("stock", "reading")) => Ok(Self::StockReading),
            None if text == "reconciliation" => Ok(Self::Reconciliation),
            _ => Err(NotALane(text.to_owned())),
        }
    }
}

/// A lane of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LaneKey {
    /// Whose lane it is.
    pub connection: ConnectionName,
    /// Which lane.
    pub lane: Lane,
}

impl std::fmt::Display for LaneKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.connection, self.lane)
    }
}

/// What somebody wants looked at. Equal asks of one lane are served by one look.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ask {
    /// Read the sales order and bring Amazon up to date.
    SalesOrder,
    /// The same, urgently: NetSuite says that staff cancelled or closed something.
    CancelWished,
    /// Read Amazon's order and bring NetSuite up to date.
    AmazonOrder,
    /// Read one package tracker and bring its fulfilment up to date.
    Tracker(TrackerKey),
    /// Read Amazon's order, of which a return moved on.
    ReturnMoved,
    /// Read Amazon's order, of which Amazon asks for a refund.
    RefundRequested(RefundId),
    /// Amazon says that a return began. When we told Amazon of it ourselves, this is our own echo.
    ReturnStarted(ReturnId),
    /// Amazon says that a refund is done. When we reported it so, this is our own echo.
    RefundCompleted(RefundId),
    /// A document that follows from the sales order was made or changed in NetSuite.
    Document {
        /// Which document.
        document: DocumentKey,
        /// True when it was not changed since it was made: when we made it, this is our own echo.
        is_new: bool,
    },
    /// A person approved what waits for it: the parked subject goes on without the check that parked it.
    Approved {
        /// The subject, for example `refund/<id>`.
        subject: String,
    },
    /// A person decided that a refund which Amazon asks for will not be paid.
    Rejected {
        /// The refund: `refund/<id>`.
        subject: String,
        /// Why.
        reason: RefundRejection,
    },
    /// Amazon says that the stock of an item changed. In the lane of stock levels.
    StockChanged(InventoryItemId),
    /// Look at the stock of a SKU. In the lane of stock levels.
    StockOf(Sku),
    /// Look at the stock of an item. In the lane of stock levels.
    StockOfItem(ItemId),
    /// Look at the stock of the SKUs whose time for another look has come. In the lane of stock levels.
    StockDue,
    /// Read all stock, or some, and have it compared. In the lane of stock readings.
    ReadStock(StockRunRequest),
    /// Compare what a run has read, and write the differences. In the lane of stock levels.
    CompareStock(StockRunId),
    /// Look at both sides of the order, and tell a reconciliation what came of it.
    Reconcile(ReconciliationId),
    /// Walk the orders of a reconciliation. In the lane of reconciliation.
    WalkOrders(ReconciliationRequest),
}

impl std::fmt::Display for Ask {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SalesOrder => formatter.write_str("sales order"),
            Self::CancelWished => formatter.write_str("sales order, cancelled or closed"),
            Self::AmazonOrder => formatter.write_str("Amazon order"),
            Self::Tracker(key) => write!(formatter, "tracker {key}"),
            Self::ReturnMoved => formatter.write_str("Amazon order, a return moved"),
            Self::RefundRequested(id) => write!(formatter, "refund {id} asked for"),
            Self::ReturnStarted(id) => write!(formatter, "return {id} began"),
            Self::RefundCompleted(id) => write!(formatter, "refund {id} done"),
            Self::Document { document, is_new: true } => write!(formatter, "new {document}"),
            Self::Document { document, is_new: false } => write!(formatter, "changed {document}"),
            Self::Approved { subject } => write!(formatter, "{subject} approved"),
            Self::Rejected { subject, reason } => write!(formatter, "{subject} rejected as {reason}"),
            Self::StockChanged(item) => write!(formatter, "stock of {item} changed"),
            Self::StockOf(sku) => write!(formatter, "stock of {sku}"),
            Self::StockOfItem(item) => write!(formatter, "stock of item {item}"),
            Self::StockDue => formatter.write_str("stock that is due"),
            Self::ReadStock(request) => write!(formatter, "stock run {}", request.id),
            Self::CompareStock(run) => write!(formatter, "stock run {run} compared"),
            Self::Reconcile(run) => write!(formatter, "reconciliation {run}"),
            Self::WalkOrders(request) => write!(formatter, "orders of reconciliation {}", request.id),
        }
    }
}

/// The notice that made somebody ask, for the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeReference {
    /// Where the notice came from and its row id there, for example `inbox/17`.
    pub id: String,
    /// What it was about, for example `PACKAGE_DELIVERED`.
    pub kind: String,
    /// When it came.
    pub received_at: DateTime<Utc>,
}

/// A wish to have a lane worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneRequest {
    /// The lane.
    pub key: LaneKey,
    /// What to look at.
    pub ask: Ask,
    /// Not before this instant; a lane that is due earlier stays so.
    pub due_at: DateTime<Utc>,
    /// What made somebody ask.
    pub notice: Option<NoticeReference>,
}

/// The right to work on a lane for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The lane.
    pub key: LaneKey,
    /// Who holds it: one name per worker process start.
    pub owner: String,
    /// Grows with each claim of the lane; writes under an older fence are refused.
    pub fence: i64,
}

/// A leased lane with everything that waits on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The lease.
    pub lease: Lease,
    /// What to look at, without repeats.
    pub asks: Vec<Ask>,
    /// The notices that asked, as [`NoticeReference::id`] names them.
    pub notices: Vec<String>,
    /// The last request taken; completion removes the requests up to here and no later one.
    pub through: i64,
    /// Failed tries of this work so far.
    pub attempts: u32,
}
