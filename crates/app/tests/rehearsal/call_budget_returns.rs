//! How many calls cancellations and returns cost. Tokens do not count.

use amz_sandbox::amazon::{ItemCondition, Order, ReturnPackageState};

use crate::goods::{LOCATIONS, delivered, grade, new_return, packages, staff, stage};
use crate::orders::{order_of, units};
use crate::stage::Stage;

const LINES: [(u64, u32, &str); 1] = [(101, 2, "9.99")];

/// A stage with one order that was delivered.
async fn ready() -> (Stage, u64, Order) {
    let stage = stage(&LOCATIONS).await;
    let (id, amazon) = delivered(&stage, "SO-1", &LINES).await;
    (stage, id, amazon)
}

/// The calls that a step makes us do.
async fn calls_of(stage: &Stage, step: impl FnOnce(&Stage)) -> Vec<String> {
    let mark = stage.mark();
    step(stage);
    stage.settle_notices().await;
    stage.calls_since(mark)
}

/// The calls that a notice about a document of staff makes us do.
async fn calls_of_notice(stage: &Stage, key: &str, document: u64, event: &str) -> Vec<String> {
    let mark = stage.mark();
    assert_eq!(stage.notify_of(key, ("returnauthorization", document), event).await, 200);
    stage.settle_notices().await;
    stage.calls_since(mark)
}

#[tokio::test]
async fn each_event_of_a_return_costs_a_read_and_what_it_changes() {
    let (stage, _, amazon) = ready().await;
    let mut back = String::new();
    let started = calls_of(&stage, |stage| {
        let new = new_return(&[units(&amazon, 0, 2)], Vec::new());
        back = stage.amazon().start_return(&amazon.id, new).unwrap();
    })
    .await;
    assert_eq!(
        started,
        ["order", "salesOrder.get", "returnAuthorization.transform", "returnAuthorization.get"]
    );

    let package = packages(&stage, &amazon.id, &back)[0].clone();
    for state in [ReturnPackageState::InTransit, ReturnPackageState::Delivered] {
        let moved = calls_of(&stage, |stage| {
            stage.amazon().move_return_package(&amazon.id, &back, &package, state).unwrap();
        })
        .await;
        assert_eq!(moved, ["order", "returnAuthorization.patch"], "{state:?}");
    }
    let graded = calls_of(&stage, |stage| {
        grade(stage, &amazon.id, &back, &units(&amazon, 0, 2), ItemCondition::Sellable);
    })
    .await;
    assert_eq!(graded, ["order", "returnAuthorization.get", "itemReceipt.transform"]);
    let completed =
        calls_of(&stage, |stage| stage.amazon().complete_return(&amazon.id, &back).unwrap()).await;
    assert_eq!(completed, ["order"]);

    for event in ["RETURN_STARTED", "RETURN_PACKAGE_DELIVERED", "RETURN_ITEM_GRADED", "RETURN_COMPLETED"] {
        let mark = stage.mark();
        stage.repeat_event(event, &format!("{event}-again")).await;
        stage.settle_notices().await;
        assert_eq!(stage.calls_since(mark), ["order"], "{event}");
    }
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn a_whole_return_in_one_burst_is_one_look() {
    let (stage, _, amazon) = ready().await;
    let calls = calls_of(&stage, |stage| {
        stage.amazon().hold_events();
        let new = new_return(&[units(&amazon, 0, 2)], Vec::new());
        let back = stage.amazon().start_return(&amazon.id, new).unwrap();
        crate::goods::arrive(stage, &amazon.id, &back, &packages(stage, &amazon.id, &back)[0]);
        grade(stage, &amazon.id, &back, &units(&amazon, 0, 2), ItemCondition::Sellable);
        stage.amazon().complete_return(&amazon.id, &back).unwrap();
        stage.amazon().release_events();
    })
    .await;
    let expected = [
        "order",
        "salesOrder.get",
        "returnAuthorization.transform",
        "returnAuthorization.get",
        "returnAuthorization.get",
        "returnAuthorization.get",
        "itemReceipt.transform",
    ];
    assert_eq!(calls, expected);
}

#[tokio::test]
async fn a_cancellation_costs_a_few_calls() {
    let stage = stage(&[]).await;
    let id = stage.enter_one(order_of("SO-1", &LINES));
    stage.settle().await;
    stage.advance(std::time::Duration::from_secs(5));
    stage.netsuite().set_cancel_state(id, "requested", None).unwrap();
    let mark = stage.mark();
    assert_eq!(stage.notify("cancel", id).await, 200);
    crate::goods::intake_and_work(&stage).await;
    assert_eq!(stage.calls_since(mark), ["salesOrder.get", "order", "cancelOrder", "salesOrder.patch"]);

    // Amazon answers after a minute, by an event
    let answered = calls_of(&stage, |stage| stage.advance(std::time::Duration::from_secs(55))).await;
    assert_eq!(answered, ["salesOrder.get", "order", "salesOrder.patch", "salesOrder.patch"]);
    let mark = stage.mark();
    stage.repeat_event("PACKAGE_DELIVERY_CANCELLED", "again").await;
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), ["order"]);
}

#[tokio::test]
async fn a_return_of_staff_costs_a_few_calls() {
    let (stage, id, _) = ready().await;
    let made = stage.netsuite().authorize_return(("salesOrder", id), &[staff(1, 1)], true).unwrap();
    let told = calls_of_notice(&stage, "made", made, "create").await;
    let expected = [
        "documents.orderOf",
        "order",
        "returnAuthorization.get",
        "updateOrder",
        "order",
        "returnAuthorization.patch",
    ];
    assert_eq!(told, expected);
    let echo = calls_of_notice(&stage, "echo", made, "edit").await;
    assert_eq!(echo, ["order", "returnAuthorization.get"]);
    stage.netsuite().receive(made, &[]).unwrap();
    let ended = calls_of_notice(&stage, "received", made, "edit").await;
    assert_eq!(ended, ["order", "returnAuthorization.get", "updateOrder"]);
    let mark = stage.mark();
    stage.repeat_event("RETURN_STARTED", "again").await;
    stage.settle_notices().await;
    assert_eq!(stage.calls_since(mark), Vec::<String>::new(), "our own echo");
}

#[tokio::test]
async fn a_return_of_staff_that_is_none_of_amazons_costs_one_query() {
    let (stage, _, _) = ready().await;
    let mut own = order_of("SO-2", &LINES);
    own["item"]["items"][0]["location"] = serde_json::json!({"id": "8", "refName": "Damaged goods"});
    let id = stage.enter_one(own);
    let shipped = serde_json::json!({"shipStatus": {"id": "C"}});
    stage.netsuite().transform_as_staff(("salesOrder", id), "itemFulfillment", &shipped).unwrap();
    let made = stage.netsuite().authorize_return(("salesOrder", id), &[], true).unwrap();
    assert_eq!(calls_of_notice(&stage, "made", made, "create").await, ["documents.orderOf"]);
}
