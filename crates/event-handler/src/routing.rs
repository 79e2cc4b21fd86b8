//! Which lane a notice is for, and what to look at.

use amz_domain::{
    AmazonOrderId, DocumentKey, DocumentKind, OrderAlias, SalesOrderId, StockRunId, TrackerKey,
};
use amz_services::inventory::{RunBeginner, StockRunRequest};
use amz_services::ports::inbox::{NewNotice, NoticeSource};
use amz_services::reconciliation::{ReconciliationBeginner, ReconciliationRequest, ReconciliationScope};
use amz_services::work::{Ask, Lane};

use crate::amazon::{AmazonEvent, EventType};
use crate::digest;
use crate::netsuite::{Change, RecordChange, RecordType};
use crate::operator::Command;
use crate::rejection::{Rejection, Rule};

/// Longest name of a stock run that is made from a notice's key, in bytes: external ids are made from it.
const MAX_RUN_BYTES: usize = 64;

/// What to do about a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Look at something.
    Work {
        /// What it is about; the links know its lane.
        address: Address,
        /// What to look at, at least one.
        asks: Vec<Ask>,
    },
    /// Keep it and do nothing.
    Kept {
        /// Why nothing is done.
        why: &'static str,
    },
}

/// What a notice is about, as far as the notice itself can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// An Amazon order, known to a link or to be looked up.
    AmazonOrder {
        /// Amazon's id.
        id: AmazonOrderId,
        /// Our alias, when the notice showed it; it names the sales order.
        alias: Option<OrderAlias>,
    },
    /// A tracker; only our own index knows its order.
    Tracker(TrackerKey),
    /// A sales order.
    SalesOrder(SalesOrderId),
    /// A document that may follow from a sales order; the links know the lanes of those that are known.
    Document(DocumentKey),
    /// A lane by name.
    Lane(Lane),
}

/// Says what a stored notice asks for.
///
/// # Errors
/// When the stored body cannot be read. What [`crate::amazon::receive`], [`crate::netsuite::receive`] and
/// [`Command::notice`] made can always be.
pub fn route(notice: &NewNotice) -> Result<Route, Rejection> {
    let body = notice.body.as_bytes();
    match notice.source {
        NoticeSource::Amazon => route_amazon(&AmazonEvent::parse(body)?),
        NoticeSource::NetSuite => {
            Ok(route_netsuite(&RecordChange::parse(&crate::amazon::envelope::object(body)?)?))
        }
        NoticeSource::Operator => Ok(route_operator(&Command::parse(body)?, &notice.key)),
    }
}

/// Routes an event of Amazon. A new event type, or a use case for one that was only kept, is one arm here.
///
/// # Errors
/// `resources_missing` or `resource_unreadable` when the event does not name what it must be about.
pub fn route_amazon(event: &AmazonEvent) -> Result<Route, Rejection> {
    match &event.event_type {
        EventType::OrderConfirmed => {
            Ok(Route::Kept { why: "orders of ours are known, others are not brought in" })
        }
        EventType::PackageDeliveryInTransit
        | EventType::PackageDelivered
        | EventType::PackageDeliveryCancelled
        | EventType::PackageDeliveryFailure => order_route(event, Ask::AmazonOrder),
        EventType::RefundRequested => {
            order_route(event, event.refund().cloned().map_or(Ask::AmazonOrder, Ask::RefundRequested))
        }
        EventType::ReturnPackageInTransit
        | EventType::ReturnPackageDelivered
        | EventType::ReturnPackageDeliveryFailed
        | EventType::ReturnItemGraded
        | EventType::ReturnCompleted => order_route(event, Ask::ReturnMoved),
        // what we told Amazon ourselves comes back as these two: the ask names it, so that it can be recognised
        EventType::ReturnStarted => {
            order_route(event, event.return_id().cloned().map_or(Ask::AmazonOrder, Ask::ReturnStarted))
        }
        EventType::RefundCompleted => {
            order_route(event, event.refund().cloned().map_or(Ask::AmazonOrder, Ask::RefundCompleted))
        }
        EventType::PackageTrackerMilestoneChanged => tracker_route(event)
            .or_else(|| order_route(event, Ask::AmazonOrder).ok())
            .ok_or_else(|| unnamed(event, "businessProduct/<id>/carrier/<code>/tracker/<number>")),
        EventType::InventoryChanged => stock_route(event),
        EventType::BuyabilityChanged => Ok(Route::Kept { why: "Prime eligibility is not kept in step" }),
        EventType::PersonalDataRetrievalTaskCompleted
        | EventType::PersonalDataRetrievalTaskFailed
        | EventType::PersonalDataDeletionTaskCompleted
        | EventType::PersonalDataDeletionTaskFailed => {
            Ok(Route::Kept { why: "privacy tasks are not started here" })
        }
        EventType::Unknown(_) => Ok(Route::Kept { why: "the event type is not known" }),
    }
}

/// Routes a change of a record. What happened to it hardly matters: the record is read again. Only a document that
/// was just made may be our own echo.
pub fn route_netsuite(change: &RecordChange) -> Route {
    match &change.record_type {
        RecordType::SalesOrder => Route::Work {
            address: Address::SalesOrder(change.id.as_str().into()),
            asks: vec![match change.change {
                Change::Cancel => Ask::CancelWished,
                _ => Ask::SalesOrder,
            }],
        },
        RecordType::ItemFulfillment => Route::Kept { why: "fulfilments of Amazon's packages are our own" },
        RecordType::ReturnAuthorization => document_route(change, DocumentKind::ReturnAuthorization),
        RecordType::CreditMemo => document_route(change, DocumentKind::CreditMemo),
        RecordType::CashRefund => document_route(change, DocumentKind::CashRefund),
        RecordType::CustomerRefund => document_route(change, DocumentKind::CustomerRefund),
        RecordType::Unknown(_) => Route::Kept { why: "the record type is not known" },
    }
}

/// Routes a command: a retried lane is looked at from both sides, an approved subject goes on. Stock that is retried
/// is read in full under a name made from the notice's `key`, so that the same command makes one run.
pub fn route_operator(command: &Command, key: &str) -> Route {
    match command {
        Command::Retry { lane: Lane::StockLevels | Lane::StockReading } => run_route(StockRunRequest {
            id: run_of(key),
            by: RunBeginner::Operator,
            plan_only: false,
            skus: Vec::new(),
        }),
        Command::Retry { lane: lane @ (Lane::SalesOrder(_) | Lane::AmazonOrder(_) | Lane::Document(_)) } => {
            Route::Work {
                address: Address::Lane(lane.clone()),
                asks: vec![Ask::SalesOrder, Ask::AmazonOrder],
            }
        }
        Command::Retry { lane: Lane::Reconciliation } => reconciliation_route(ReconciliationRequest {
            id: run_of(key).as_str().into(),
            by: ReconciliationBeginner::Operator,
            plan_only: false,
            scope: ReconciliationScope::Open { since: None },
        }),
        Command::Reconcile { request } => reconciliation_route(request.clone()),
        Command::Stock { request } => run_route(request.clone()),
        Command::Approve { lane, subject } => Route::Work {
            address: Address::Lane(lane.clone()),
            asks: vec![Ask::Approved { subject: subject.clone() }],
        },
        Command::Reject { lane, subject, reason } => Route::Work {
            address: Address::Lane(lane.clone()),
            asks: vec![Ask::Rejected { subject: subject.clone(), reason: *reason }],
        },
    }
}

fn order_route(event: &AmazonEvent, ask: Ask) -> Result<Route, Rejection> {
    let Some(id) = event.order_id().cloned() else {
        return Err(unnamed(event, "businessProduct/<id>/order/<order id>/…"));
    };
    let alias = event.order_alias().cloned();
    Ok(Route::Work { address: Address::AmazonOrder { id, alias }, asks: vec![ask] })
}

fn document_route(change: &RecordChange, kind: DocumentKind) -> Route {
    let document = DocumentKey::new(kind, change.id.as_str());
    let is_new = change.change == Change::Create;
    Route::Work {
        address: Address::Document(document.clone()),
        asks: vec![Ask::Document { document, is_new }],
    }
}

fn stock_route(event: &AmazonEvent) -> Result<Route, Rejection> {
    let items = event.inventory_items();
    if items.is_empty() {
        return Err(unnamed(event, "businessProduct/<id>/item-quantities/<inventory item id>"));
    }
    Ok(Route::Work {
        address: Address::Lane(Lane::StockLevels),
        asks: items.into_iter().map(Ask::StockChanged).collect(),
    })
}

fn run_route(request: StockRunRequest) -> Route {
    Route::Work { address: Address::Lane(Lane::StockReading), asks: vec![Ask::ReadStock(request)] }
}

fn reconciliation_route(request: ReconciliationRequest) -> Route {
    Route::Work { address: Address::Lane(Lane::Reconciliation), asks: vec![Ask::WalkOrders(request)] }
}

/// Name of the run that a notice asks for: letters and digits, as external ids take them.
fn run_of(key: &str) -> StockRunId {
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    if plain.is_empty() || plain.len() > MAX_RUN_BYTES {
        let digest = digest::fingerprint(key.as_bytes());
        return StockRunId::new(format!("r{}", digest.trim_start_matches("sha256:")));
    }
    StockRunId::new(format!("r{plain}"))
}

fn tracker_route(event: &AmazonEvent) -> Option<Route> {
    let key = event.tracker()?.clone();
    Some(Route::Work { address: Address::Tracker(key.clone()), asks: vec![Ask::Tracker(key)] })
}

fn unnamed(event: &AmazonEvent, expected: &str) -> Rejection {
    let rule = if event.resources.is_empty() { Rule::ResourcesMissing } else { Rule::ResourceUnreadable };
    rule.broken(format!("resources must hold {expected}"))
}

#[cfg(test)]
#[path = "routing_tests.rs"]
mod tests;
