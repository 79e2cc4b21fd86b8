//! Which lane a notice is for, and what to look at.

use amz_domain::{AmazonOrderId, DocumentKey, DocumentKind, OrderAlias, SalesOrderId, TrackerKey};
use amz_services::ports::inbox::{NewNotice, NoticeSource};
use amz_services::work::{Ask, Lane};

use crate::amazon::{AmazonEvent, EventType};
use crate::netsuite::{Change, RecordChange, RecordType};
use crate::operator::Command;
use crate::rejection::{Rejection, Rule};

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
        NoticeSource::Operator => Ok(route_operator(&Command::parse(body)?)),
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
        | EventType::PackageDeliveryFailure
        | EventType::RefundRequested
        | EventType::ReturnPackageInTransit
        | EventType::ReturnPackageDelivered
        | EventType::ReturnPackageDeliveryFailed
        | EventType::ReturnItemGraded
        | EventType::ReturnCompleted => order_route(event, Ask::AmazonOrder),
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
        EventType::InventoryChanged => Ok(Route::Kept { why: "no use case handles stock yet" }),
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
            asks: vec![Ask::SalesOrder],
        },
        RecordType::ItemFulfillment => Route::Kept { why: "fulfilments of Amazon's packages are our own" },
        RecordType::ReturnAuthorization => document_route(change, DocumentKind::ReturnAuthorization),
        RecordType::CreditMemo => document_route(change, DocumentKind::CreditMemo),
        RecordType::CashRefund => document_route(change, DocumentKind::CashRefund),
        RecordType::CustomerRefund => document_route(change, DocumentKind::CustomerRefund),
        RecordType::Unknown(_) => Route::Kept { why: "the record type is not known" },
    }
}

/// Routes a command: a retried lane is looked at from both sides, an approved subject goes on.
pub fn route_operator(command: &Command) -> Route {
    match command {
        Command::Retry { lane } => Route::Work {
            address: Address::Lane(lane.clone()),
            asks: vec![Ask::SalesOrder, Ask::AmazonOrder],
        },
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

fn tracker_route(event: &AmazonEvent) -> Option<Route> {
    let key = event.tracker()?.clone();
    Some(Route::Work { address: Address::Tracker(key.clone()), asks: vec![Ask::Tracker(key)] })
}

fn unnamed(event: &AmazonEvent, expected: &str) -> Rejection {
    let rule = if event.resources.is_empty() { Rule::ResourcesMissing } else { Rule::ResourceUnreadable };
    rule.broken(format!("resources must hold {expected}"))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;

    fn amazon(event_type: &str, path: &str) -> Result<Route, Rejection> {
        let body = json!({"eventDescriptor": event_type, "resources": [path], "data": {}}).to_string();
        route(&NewNotice {
            connection: "main".into(),
            source: NoticeSource::Amazon,
            key: "k".to_owned(),
            kind: event_type.to_owned(),
            body,
            received_at: DateTime::UNIX_EPOCH,
        })
    }

    #[test]
    fn events_on_packages_returns_and_refunds_ask_for_the_amazon_order() {
        for event_type in [
            "PACKAGE_DELIVERY_IN_TRANSIT",
            "PACKAGE_DELIVERED",
            "PACKAGE_DELIVERY_CANCELLED",
            "PACKAGE_DELIVERY_FAILURE",
            "ITEM_IN_TRANSIT",
            "REFUND_REQUESTED",
            "RETURN_PACKAGE_IN_TRANSIT",
            "RETURN_PACKAGE_DELIVERED",
            "RETURN_PACKAGE_DELIVERY_FAILED",
            "RETURN_ITEM_GRADED",
            "RETURN_COMPLETED",
        ] {
            assert_eq!(
                amazon(event_type, "businessProduct/bp-1/order/322-A/delivery/D"),
                Ok(Route::Work {
                    address: Address::AmazonOrder { id: "322-A".into(), alias: None },
                    asks: vec![Ask::AmazonOrder],
                })
            );
        }
    }

    #[test]
    fn events_that_may_be_our_own_echo_name_what_they_are_about() {
        let asks = |event_type: &str, below: &str| {
            let routed = amazon(event_type, &format!("businessProduct/bp-1/order/322-A{below}")).unwrap();
            let Route::Work { address, asks } = routed else { panic!("{routed:?}") };
            assert_eq!(address, Address::AmazonOrder { id: "322-A".into(), alias: None });
            asks
        };
        assert_eq!(asks("RETURN_STARTED", "/return/R-1"), [Ask::ReturnStarted("R-1".into())]);
        assert_eq!(asks("RETURN_STARTED", ""), [Ask::AmazonOrder]);
        assert_eq!(asks("REFUND_COMPLETED", "/refund/F-1"), [Ask::RefundCompleted("F-1".into())]);
        assert_eq!(asks("REFUND_COMPLETED", ""), [Ask::AmazonOrder]);
        assert_eq!(asks("REFUND_REQUESTED", "/refund/F-1"), [Ask::AmazonOrder]);
        assert_eq!(amazon("RETURN_STARTED", "teleport/7").unwrap_err().code, "resource_unreadable");
    }

    #[test]
    fn milestones_ask_for_their_tracker() {
        let key = TrackerKey { carrier: "ups".into(), number: "1Z".into() };
        assert_eq!(
            amazon("PACKAGE_TRACKER_MILESTONE_CHANGED", "businessProduct/bp-1/carrier/ups/tracker/1Z"),
            Ok(Route::Work { address: Address::Tracker(key.clone()), asks: vec![Ask::Tracker(key)] })
        );
    }

    #[test]
    fn types_without_a_use_case_are_kept() {
        for event_type in [
            "ORDER_CONFIRMED",
            "INVENTORY_CHANGED",
            "BUYABILITY_CHANGED",
            "PERSONAL_DATA_DELETION_TASK_COMPLETED",
            "ORDER_TELEPORTED",
        ] {
            let routed = amazon(event_type, "businessProduct/bp-1/order/322-A").unwrap();
            assert!(matches!(routed, Route::Kept { .. }), "{event_type}: {routed:?}");
        }
    }

    #[test]
    fn record_changes_ask_for_the_record_and_other_records_are_kept() {
        let netsuite = |record_type: &str, event: &str| {
            route_netsuite(
                &RecordChange::parse(
                    &json!({"data": {"recordType": record_type, "id": "42", "event": event}}),
                )
                .unwrap(),
            )
        };
        for event in ["create", "edit", "approve", "cancel", "delete", "unheard-of"] {
            assert_eq!(
                netsuite("salesOrder", event),
                Route::Work { address: Address::SalesOrder("42".into()), asks: vec![Ask::SalesOrder] }
            );
        }
        for (record_type, kind) in [
            ("returnAuthorization", DocumentKind::ReturnAuthorization),
            ("creditmemo", DocumentKind::CreditMemo),
            ("cashRefund", DocumentKind::CashRefund),
            ("customerRefund", DocumentKind::CustomerRefund),
        ] {
            for (event, is_new) in [("create", true), ("edit", false), ("delete", false)] {
                let document = DocumentKey::new(kind, "42");
                let expected = Route::Work {
                    address: Address::Document(document.clone()),
                    asks: vec![Ask::Document { document, is_new }],
                };
                assert_eq!(netsuite(record_type, event), expected);
            }
        }
        assert!(matches!(netsuite("itemFulfillment", "create"), Route::Kept { .. }));
        assert!(matches!(netsuite("vendorBill", "create"), Route::Kept { .. }));
    }

    #[test]
    fn an_approved_subject_goes_on() {
        let lane = Lane::SalesOrder("42".into());
        let subject = "refund/F-1".to_owned();
        let command = Command::Approve { lane: lane.clone(), subject: subject.clone() };
        let notice = command.notice(&"main".into(), "k".to_owned(), DateTime::UNIX_EPOCH);
        let expected = Route::Work { address: Address::Lane(lane), asks: vec![Ask::Approved { subject }] };
        assert_eq!(route(&notice), Ok(expected));
    }

    #[test]
    fn a_rejected_refund_is_told_so() {
        let (lane, subject) = (Lane::SalesOrder("42".into()), "refund/F-1".to_owned());
        let reason = amz_domain::RefundRejection::ReturnWindowExpired;
        let command = Command::Reject { lane: lane.clone(), subject: subject.clone(), reason };
        let notice = command.notice(&"main".into(), "k".to_owned(), DateTime::UNIX_EPOCH);
        let asks = vec![Ask::Rejected { subject, reason }];
        assert_eq!(route(&notice), Ok(Route::Work { address: Address::Lane(lane), asks }));
    }

    #[test]
    fn retried_lane_is_looked_at_from_both_sides() {
        let lane = Lane::AmazonOrder("322-A".into());
        let command = Command::Retry { lane: lane.clone() };
        let notice = command.notice(&"main".into(), "k".to_owned(), DateTime::UNIX_EPOCH);
        assert_eq!(
            route(&notice),
            Ok(Route::Work { address: Address::Lane(lane), asks: vec![Ask::SalesOrder, Ask::AmazonOrder] })
        );
    }
}
