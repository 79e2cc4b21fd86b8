//! F-4: the echo loop.

use amz_sandbox::amazon::{ItemCondition, NewReturn, NewReturnLine, RefundState, ReturnPackageState};
use amz_sandbox::netsuite::BillKind;

use crate::money::{DOCUMENTS, Sold, billed, id_of, staff, taxed};
use crate::orders::text;
use crate::stage::Stage;

const ECHO: &str = "own echo, ignored";

async fn sold() -> (Stage, Sold, u64) {
    let stage =
        Stage::with(&[DOCUMENTS, ("MAPPING__RETURN_LOCATION", "7"), ("MAPPING__DAMAGED_LOCATION", "8")])
            .await;
    let (sold, invoice) = billed(&stage, taxed("SO-1", 3, "9.99", "2.66"), BillKind::Invoice).await;
    (stage, sold, invoice)
}

/// The shopper hands two units back; returns the return's id.
fn start_return(stage: &Stage, sold: &Sold) -> String {
    let units = sold.units(2);
    let line = NewReturnLine { line_id: units.line_id, quantity: units.quantity, reason: None };
    stage.amazon().start_return(&sold.amazon.id, NewReturn { lines: vec![line], packages: None }).unwrap()
}

/// The return's only package arrives, and Amazon asks for the refund.
fn arrive(stage: &Stage, sold: &Sold, returned: &str) {
    let order = stage.amazon_order(sold.id);
    let package = order.returns.iter().find(|known| known.id == returned).unwrap().packages[0].id.clone();
    for state in [ReturnPackageState::InTransit, ReturnPackageState::Delivered] {
        stage.amazon().move_return_package(&sold.amazon.id, returned, &package, state).unwrap();
    }
}

/// Calls that change something.
fn writes(calls: &[String]) -> Vec<&String> {
    let verbs = [".patch", ".transform", ".create", "updateOrder", "createOrder", "cancelOrder"];
    calls.iter().filter(|call| verbs.iter().any(|verb| call.ends_with(verb))).collect()
}

/// The only record of a type.
fn only(stage: &Stage, kind: &str) -> u64 {
    let records = stage.netsuite().documents(kind);
    assert_eq!(records.len(), 1, "{kind}");
    id_of(&records[0])
}

#[tokio::test]
async fn f04_notices_of_documents_that_we_made_for_amazon_cost_no_call() {
    let (stage, sold, _) = sold().await;
    let returned = start_return(&stage, &sold);
    stage.settle_notices().await;
    arrive(&stage, &sold, &returned);
    stage.amazon().grade_units(&sold.amazon.id, &returned, &sold.units(2), ItemCondition::Sellable).unwrap();
    stage.settle_notices().await;
    assert_eq!(stage.parked().await, []);
    assert_eq!(stage.netsuite().count("itemReceipt"), 1);

    for kind in ["returnAuthorization", "creditMemo"] {
        let record = only(&stage, kind);
        let (mark, said) = (stage.mark(), stage.says(sold.id, ECHO).await);
        for number in 0..2 {
            let key = format!("{kind}-{number}");
            let notice = (kind.to_lowercase(), record);
            assert_eq!(stage.notify_of(&key, (&notice.0, notice.1), "create").await, 200);
            stage.settle_notices().await;
        }
        assert_eq!(stage.calls_since(mark), Vec::<String>::new(), "{kind}");
        assert_eq!(stage.says(sold.id, ECHO).await, said + 2, "{kind}");
        assert!(stage.says(sold.id, &format!("{kind}-{record}")).await > 0);
    }
}

#[tokio::test]
async fn f04_the_change_feed_of_documents_that_we_made_for_amazon_starts_no_write() {
    let (stage, sold, _) = sold().await;
    let returned = start_return(&stage, &sold);
    stage.settle_notices().await;
    let mark = stage.mark();
    assert!(stage.feed().await > 0, "the feed reports our return authorization");
    stage.settle_notices().await;
    assert_eq!(writes(&stage.calls_since(mark)), Vec::<&String>::new());
    assert_eq!(stage.says(sold.id, ECHO).await, 1);

    arrive(&stage, &sold, &returned);
    stage.settle_notices().await;
    assert_eq!((stage.netsuite().count("creditMemo"), stage.count("updateOrder")), (1, 1));
    let mark = stage.mark();
    assert!(stage.feed().await > 0, "the feed reports our credit memo");
    stage.settle_notices().await;
    stage.settle().await;
    assert_eq!(writes(&stage.calls_since(mark)), Vec::<&String>::new());
    assert!(stage.says(sold.id, ECHO).await >= 2);
    assert_eq!((stage.netsuite().count("creditMemo"), stage.count("updateOrder")), (1, 1));
    assert_eq!(stage.netsuite().count("returnAuthorization"), 1);
    let order = stage.amazon_order(sold.id);
    assert_eq!((order.returns.len(), order.refunds.len()), (1, 1), "nothing is told back to Amazon");
}

#[tokio::test]
async fn f04_amazons_events_of_what_staff_did_cost_no_call() {
    let (stage, sold, invoice) = sold().await;
    stage.amazon().hold_events();
    stage.netsuite().authorize_return(("invoice", invoice), &[staff(1)], true).unwrap();
    stage.feed().await;
    stage.settle_notices().await;
    stage.netsuite().issue_credit_memo(("invoice", invoice), &[staff(1)]).unwrap();
    stage.feed().await;
    stage.settle_notices().await;
    let order = stage.amazon_order(sold.id);
    assert_eq!((order.returns.len(), order.refunds.len()), (1, 1));
    assert!(order.returns[0].external && order.refunds[0].external);
    assert_eq!(order.refunds[0].state, RefundState::Success);
    let events: Vec<_> = stage.amazon().pending_events().into_iter().map(|event| event.event_type).collect();
    assert_eq!(events, ["RETURN_STARTED", "REFUND_COMPLETED"]);

    let (mark, said) = (stage.mark(), stage.says(sold.id, ECHO).await);
    stage.amazon().release_events();
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), Vec::<String>::new());
    assert_eq!(stage.says(sold.id, ECHO).await, said + 2);
    let named = [
        format!("return {} began: {ECHO}", order.returns[0].id),
        format!("refund {} done: {ECHO}", order.refunds[0].id),
    ];
    for named in named {
        assert_eq!(stage.says(sold.id, &named).await, 1, "{named}");
    }
}

#[tokio::test]
async fn f04_our_marks_on_what_staff_made_start_no_write() {
    let (stage, sold, invoice) = sold().await;
    stage.netsuite().authorize_return(("invoice", invoice), &[staff(1)], true).unwrap();
    stage.netsuite().issue_credit_memo(("invoice", invoice), &[staff(1)]).unwrap();
    stage.settle().await;
    let (returned, refund) = {
        let order = stage.amazon_order(sold.id);
        (order.returns[0].id.clone(), order.refunds[0].id.clone())
    };
    let (authorization, memo) = (only(&stage, "returnAuthorization"), only(&stage, "creditMemo"));
    let shown = |kind: &str, id: u64| stage.netsuite().record(kind, id).unwrap();
    assert_eq!(text(&shown("returnAuthorization", authorization), "custbody_amz_return_id"), returned);
    assert_eq!(text(&shown("creditMemo", memo), "custbody_amz_refund_id"), refund);
    assert_eq!(text(&shown("creditMemo", memo), "custbody_amz_origin"), "netsuite");

    let mark = stage.mark();
    for (number, (kind, id)) in
        [("returnauthorization", authorization), ("creditmemo", memo)].into_iter().enumerate()
    {
        for event in ["create", "edit"] {
            let key = format!("{kind}-{number}-{event}");
            assert_eq!(stage.notify_of(&key, (kind, id), event).await, 200);
        }
    }
    stage.settle().await;
    assert_eq!(writes(&stage.calls_since(mark)), Vec::<&String>::new());
    assert_eq!(stage.count("updateOrder"), 2, "the return and the refund were told once each");
    assert_eq!(stage.parked().await, []);
}
