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
    for (event_type, ask) in [
        ("PACKAGE_DELIVERY_IN_TRANSIT", Ask::AmazonOrder),
        ("PACKAGE_DELIVERED", Ask::AmazonOrder),
        ("PACKAGE_DELIVERY_CANCELLED", Ask::AmazonOrder),
        ("PACKAGE_DELIVERY_FAILURE", Ask::AmazonOrder),
        ("ITEM_IN_TRANSIT", Ask::AmazonOrder),
        ("REFUND_REQUESTED", Ask::AmazonOrder),
        ("RETURN_PACKAGE_IN_TRANSIT", Ask::ReturnMoved),
        ("RETURN_PACKAGE_DELIVERED", Ask::ReturnMoved),
        ("RETURN_PACKAGE_DELIVERY_FAILED", Ask::ReturnMoved),
        ("RETURN_ITEM_GRADED", Ask::ReturnMoved),
        ("RETURN_COMPLETED", Ask::ReturnMoved),
    ] {
        assert_eq!(
            amazon(event_type, "businessProduct/bp-1/order/322-A/delivery/D"),
            Ok(Route::Work {
                address: Address::AmazonOrder { id: "322-A".into(), alias: None },
                asks: vec![ask],
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
    assert_eq!(asks("REFUND_REQUESTED", "/refund/F-1"), [Ask::RefundRequested("F-1".into())]);
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
fn stock_events_ask_the_lane_that_writes_stock_for_their_item() {
    for event_type in ["INVENTORY_CHANGED", "PRODUCT_INVENTORY_CHANGED", "INVENTORY_AVAILABILITY_CHANGED"] {
        for name in ["item-quantities", "inventory-item"] {
            assert_eq!(
                amazon(event_type, &format!("businessProduct/bp-1/{name}/i-1")),
                Ok(Route::Work {
                    address: Address::Lane(Lane::StockLevels),
                    asks: vec![Ask::StockChanged("i-1".into())],
                })
            );
        }
    }
}

#[test]
fn stock_events_that_name_no_item_are_refused() {
    let code = |path: &str| amazon("INVENTORY_CHANGED", path).unwrap_err().code;
    assert_eq!(code("businessProduct/bp-1/order/322-A"), "resource_unreadable");
    let body = json!({"eventDescriptor": "INVENTORY_CHANGED", "data": {}}).to_string();
    let refused = route_amazon(&AmazonEvent::parse(body.as_bytes()).unwrap()).unwrap_err();
    assert_eq!(refused.code, "resources_missing");
}

#[test]
fn types_without_a_use_case_are_kept() {
    for event_type in
        ["ORDER_CONFIRMED", "BUYABILITY_CHANGED", "PERSONAL_DATA_DELETION_TASK_COMPLETED", "ORDER_TELEPORTED"]
    {
        let routed = amazon(event_type, "businessProduct/bp-1/order/322-A").unwrap();
        assert!(matches!(routed, Route::Kept { .. }), "{event_type}: {routed:?}");
    }
}

#[test]
fn record_changes_ask_for_the_record_and_other_records_are_kept() {
    let netsuite = |record_type: &str, event: &str| {
        route_netsuite(
            &RecordChange::parse(&json!({"data": {"recordType": record_type, "id": "42", "event": event}}))
                .unwrap(),
        )
    };
    for event in ["create", "edit", "approve", "cancel", "delete", "unheard-of"] {
        // what staff cancel cannot wait: goods may be about to leave
        let ask = if event == "cancel" { Ask::CancelWished } else { Ask::SalesOrder };
        let expected = Route::Work { address: Address::SalesOrder("42".into()), asks: vec![ask] };
        assert_eq!(netsuite("salesOrder", event), expected);
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

fn full_run(id: &str) -> StockRunRequest {
    StockRunRequest { id: id.into(), by: RunBeginner::Operator, plan_only: false, skus: Vec::new() }
}

#[test]
fn retried_stock_is_read_in_full_once_per_command() {
    for lane in [Lane::StockLevels, Lane::StockReading] {
        let routed = |key: &str| {
            let notice = Command::Retry { lane: lane.clone() };
            route(&notice.notice(&"main".into(), key.to_owned(), DateTime::UNIX_EPOCH)).unwrap()
        };
        let expected = Route::Work {
            address: Address::Lane(Lane::StockReading),
            asks: vec![Ask::ReadStock(full_run("r0192abcd"))],
        };
        assert_eq!(routed("0192-abcd"), expected);
        assert_ne!(routed("0192-abce"), expected);
    }
    let strange = [run_of("-"), run_of(""), run_of(&"k".repeat(65))];
    for run in &strange {
        assert!(run.as_str().len() > 8 && run.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
    assert_ne!(strange[0], strange[1]);
}

#[test]
fn a_wanted_run_goes_to_the_lane_that_reads_stock() {
    let request = StockRunRequest { plan_only: true, skus: vec!["A,1".into()], ..full_run("o1") };
    let command = Command::Stock { request: request.clone() };
    let notice = command.notice(&"main".into(), "k".to_owned(), DateTime::UNIX_EPOCH);
    let expected =
        Route::Work { address: Address::Lane(Lane::StockReading), asks: vec![Ask::ReadStock(request)] };
    assert_eq!(route(&notice), Ok(expected));
}

#[test]
fn an_approved_stock_run_goes_on_in_the_lane_that_writes_stock() {
    let subject = "stock-run/s20260302T110000Z".to_owned();
    let command = Command::Approve { lane: Lane::StockLevels, subject: subject.clone() };
    let notice = command.notice(&"main".into(), "k".to_owned(), DateTime::UNIX_EPOCH);
    let asks = vec![Ask::Approved { subject }];
    assert_eq!(route(&notice), Ok(Route::Work { address: Address::Lane(Lane::StockLevels), asks }));
}
