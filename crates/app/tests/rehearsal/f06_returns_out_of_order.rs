//! F-6, the returns' half: events of a return out of order.

use std::collections::BTreeMap;

use amz_sandbox::amazon::{ItemCondition, ReturnPackageState};
use serde_json::Value;

use crate::f06_order_of_events::permutations;
use crate::goods::{
    LOCATIONS, arrive, authorization, authorizations, delivered, grade, new_return, packages, receipts,
    received, stage, status,
};
use crate::orders::{decimal, line, order, pending, text, units};
use crate::stage::Stage;

const TOLD: [&str; 4] =
    ["RETURN_STARTED", "RETURN_PACKAGE_DELIVERED", "RETURN_ITEM_GRADED", "RETURN_COMPLETED"];

/// What NetSuite says about an order's return, without what differs from order to order.
fn end(stage: &Stage, id: u64) -> BTreeMap<&'static str, String> {
    let authorization = authorization(stage, id);
    let first = line(&authorization, 0);
    let fields = ["custbody_amz_delivery_state", "custbody_amz_origin", "custbody_amz_sync_message"];
    let mut end: BTreeMap<_, _> = fields.iter().map(|field| (*field, text(&authorization, field))).collect();
    end.insert("status", status(&authorization));
    end.insert("authorized", decimal(first, "quantity").normalize().to_string());
    end.insert("taken in", decimal(first, "quantityReceived").normalize().to_string());
    let at: Vec<String> = receipts(stage, &authorization)
        .iter()
        .map(received)
        .map(|(_, location, units)| format!("{units} at {location}"))
        .collect();
    end.insert("receipts", at.join(", "));
    end
}

/// How far NetSuite is with a return; it may only grow.
fn rank(stage: &Stage, id: u64) -> (usize, usize, usize, usize) {
    let all = authorizations(stage, id);
    let Some(one) = all.first() else { return (0, 0, 0, 0) };
    let position =
        |words: &[&str], word: String| words.iter().position(|known| *known == word).expect("a known word");
    let delivery =
        position(&["", "CREATED", "IN_TRANSIT", "DELIVERED"], text(one, "custbody_amz_delivery_state"));
    (all.len(), delivery, position(&["B", "D", "E", "F", "H"], status(one)), receipts(stage, one).len())
}

/// Orders whose return is over and of which no event has been told yet. Returns each order with the bodies of the
/// story's four events.
async fn untold(count: usize) -> (Stage, Vec<(u64, Vec<Value>)>) {
    let stage = stage(&LOCATIONS).await;
    let ids = stage.enter((0..count).map(|number| order(&format!("SO-{number}"))).collect());
    stage.settle().await;
    for id in &ids {
        let amazon = stage.amazon_order(*id);
        let package = pending(&amazon).id.clone();
        stage.amazon().ship(&amazon.id, &package, "ups", &format!("1Z-{id}")).unwrap();
        stage.amazon().deliver(&amazon.id, &package).unwrap();
    }
    stage.settle().await;
    stage.amazon().hold_events();
    let mut all = Vec::new();
    for id in ids {
        let amazon = stage.amazon_order(id);
        let new = new_return(&[units(&amazon, 0, 2)], Vec::new());
        let back = stage.amazon().start_return(&amazon.id, new).unwrap();
        arrive(&stage, &amazon.id, &back, &packages(&stage, &amazon.id, &back)[0]);
        grade(&stage, &amazon.id, &back, &units(&amazon, 0, 1), ItemCondition::Sellable);
        grade(&stage, &amazon.id, &back, &units(&amazon, 0, 1), ItemCondition::Damaged);
        stage.amazon().complete_return(&amazon.id, &back).unwrap();
        let told = stage.amazon().take_pending_events();
        let of_story =
            TOLD.map(|kind| told.iter().rfind(|event| event.event_type == kind).unwrap().body.clone());
        all.push((id, of_story.to_vec()));
    }
    (stage, all)
}

/// The same event under an id of its own.
fn again(body: &Value, suffix: &str) -> Value {
    let mut again = body.clone();
    again["eventId"] = format!("{}-{suffix}", text(body, "eventId")).into();
    again["idempotencyKey"] = again["eventId"].clone();
    again
}

#[tokio::test]
async fn f06_every_permutation_of_a_returns_events_ends_the_same() {
    let orders_of_arrival = permutations(TOLD.len());
    let (stage, orders) = untold(orders_of_arrival.len()).await;
    let mut ranks = vec![(0, 0, 0, 0); orders.len()];
    for step in 0..2 * TOLD.len() {
        for ((_, events), arrival) in orders.iter().zip(&orders_of_arrival) {
            let event = &events[arrival[step / 2]];
            let body = if step % 2 == 1 { again(event, "again") } else { event.clone() };
            assert_eq!(stage.post_event(&body).await, 200);
        }
        stage.settle_notices().await;
        for ((id, _), before) in orders.iter().zip(&mut ranks) {
            let now = rank(&stage, *id);
            assert!(now >= *before, "the return of {id} moved back from {before:?} to {now:?}");
            *before = now;
        }
    }
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
    let ends: Vec<_> = orders.iter().map(|(id, _)| end(&stage, *id)).collect();
    for (one, arrival) in ends.iter().zip(&orders_of_arrival) {
        assert_eq!(*one, ends[0], "{arrival:?}");
    }
    assert_eq!(ends[0]["receipts"], "1 at 7, 1 at 8");
    assert_eq!(ends[0]["status"], "F");
    assert_eq!(ends[0]["custbody_amz_delivery_state"], "DELIVERED");
    assert_eq!(stage.netsuite().count("returnAuthorization"), orders.len());
    assert_eq!(stage.netsuite().count("itemReceipt"), 2 * orders.len());
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn f06_old_events_that_come_again_between_the_steps_of_a_return_change_nothing() {
    let stage = stage(&LOCATIONS).await;
    let (id, amazon) = delivered(&stage, "SO-1", &[(101, 2, "19.90")]).await;
    stage.amazon().hold_events();
    let new = new_return(&[units(&amazon, 0, 2)], Vec::new());
    let back = stage.amazon().start_return(&amazon.id, new).unwrap();
    let package = packages(&stage, &amazon.id, &back)[0].clone();
    let mut told: Vec<Value> = Vec::new();
    let mut before = (0, 0, 0, 0);
    for step in 0..6 {
        let move_to = |state| stage.amazon().move_return_package(&amazon.id, &back, &package, state).unwrap();
        match step {
            1 => move_to(ReturnPackageState::InTransit),
            2 => move_to(ReturnPackageState::Delivered),
            3 => grade(&stage, &amazon.id, &back, &units(&amazon, 0, 1), ItemCondition::Sellable),
            4 => grade(&stage, &amazon.id, &back, &units(&amazon, 0, 1), ItemCondition::Defective),
            5 => stage.amazon().complete_return(&amazon.id, &back).unwrap(),
            _ => {}
        }
        told.extend(stage.amazon().take_pending_events().into_iter().map(|event| event.body));
        // the newest first, then all that came before it once more, latest first
        for (position, body) in told.iter().enumerate().rev() {
            assert_eq!(stage.post_event(&again(body, &format!("{step}-{position}"))).await, 200);
            stage.settle_notices().await;
            let now = rank(&stage, id);
            assert!(now >= before, "step {step}: moved back from {before:?} to {now:?}");
            before = now;
        }
    }
    stage.settle().await;
    assert_eq!(before, (1, 3, 3, 2));
    assert_eq!(end(&stage, id)["receipts"], "1 at 7, 1 at 8");
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn f06_a_return_that_is_first_seen_at_graded_is_authorized_once() {
    let (stage, orders) = untold(1).await;
    let (id, events) = &orders[0];
    assert!(events[2]["eventDescriptor"] == "RETURN_ITEM_GRADED");
    for position in [2, 0, 2, 0] {
        let body = again(&events[position], &stage.mark().to_string());
        assert_eq!(stage.post_event(&body).await, 200);
        stage.settle_notices().await;
        assert_eq!(rank(&stage, *id), (1, 3, 3, 2));
    }
    let amazon = stage.amazon_order(*id);
    let authorization = authorization(&stage, *id);
    assert_eq!(text(&authorization, "externalId"), format!("amz-ra-{}", amazon.returns[0].id));
    assert_eq!(text(&authorization, "custbody_amz_return_id"), amazon.returns[0].id);
    let package = &amazon.returns[0].packages[0].id;
    let names: Vec<String> = receipts(&stage, &authorization).iter().map(|one| received(one).0).collect();
    assert_eq!(names, [format!("amz-ir-{package}"), format!("amz-ir-{package}-damaged")]);
    assert_eq!(stage.parked().await, []);
}
