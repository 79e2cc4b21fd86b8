//! F-6: events out of order.

use std::collections::BTreeMap;

use amz_sandbox::amazon::{MilestoneCode, Place};
use chrono::TimeDelta;
use serde_json::Value;

use crate::orders::{order, package_lines, pending, text};
use crate::stage::Stage;

const FIELDS: [&str; 8] = [
    "shipStatus",
    "custbody_amz_delivery_state",
    "custbody_amz_milestone",
    "custbody_amz_milestone_at",
    "custbody_amz_milestone_place",
    "custbody_amz_delivery_attempts",
    "custbody_amz_delivered_at",
    "custbody_amz_carrier",
];

/// All orders in which `count` things can come.
pub(crate) fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(count - 1);
    let longer = shorter.iter().flat_map(|order| {
        (0..count).map(|position| {
            let mut longer = order.clone();
            longer.insert(position, count - 1);
            longer
        })
    });
    longer.collect()
}

/// What a fulfilment says, without what differs from order to order.
fn end(stage: &Stage, id: u64) -> BTreeMap<&'static str, String> {
    let fulfillments = stage.fulfillments(id);
    assert_eq!(fulfillments.len(), 1, "fulfilments of {id}");
    let mut end: BTreeMap<_, _> =
        FIELDS.iter().map(|field| (*field, text(&fulfillments[0], field))).collect();
    end.insert("packages", package_lines(&fulfillments[0]).len().to_string());
    end.insert("order", text(&stage.sales_order(id), "status"));
    end
}

/// How far a delivery state is; nothing at all comes first.
fn rank(fulfillments: &[Value]) -> (usize, String) {
    let Some(one) = fulfillments.first() else { return (0, String::new()) };
    let states = ["", "IN_TRANSIT", "DELIVERED"];
    let state = text(one, "custbody_amz_delivery_state");
    let rank = states.iter().position(|known| *known == state).expect("a known state");
    (rank + 1, text(one, "custbody_amz_milestone_at"))
}

/// Parcels that left, passed a milestone and arrived, and of which no event has been told yet.
/// Returns each order with the bodies of its events: IN_TRANSIT, the milestone, the arrival's, DELIVERED.
async fn untold(count: usize) -> (Stage, Vec<(u64, Vec<Value>)>) {
    let stage = Stage::new().await;
    let ids = stage.enter((0..count).map(|number| order(&format!("SO-{number}"))).collect());
    stage.settle().await;
    stage.amazon().hold_events();
    let mut all = Vec::new();
    for id in ids {
        let amazon = stage.amazon_order(id);
        let tracking = format!("1Z-{id}");
        stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", &tracking).unwrap();
        let place = Some(Place::new("Louisville", "KY"));
        let earlier = Some(stage.now() - TimeDelta::hours(3));
        stage.amazon().deliver(&amazon.id, &amazon.packages[0].id).unwrap();
        // the carrier hands in a scan that is older than the delivery
        stage.amazon().milestone(&tracking, MilestoneCode::DeliveryAttempted, place, earlier).unwrap();
        let told = stage.amazon().take_pending_events();
        all.push((id, told.into_iter().map(|event| event.body).collect()));
    }
    (stage, all)
}

#[tokio::test]
async fn f06_every_permutation_of_events_ends_the_same() {
    let orders_of_arrival = permutations(4);
    let (stage, orders) = untold(orders_of_arrival.len()).await;
    let mut ranks = vec![(0, String::new()); orders.len()];
    // each event comes twice, the second time under an id of its own, and each is worked on alone
    for step in 0..8 {
        for ((_, events), arrival) in orders.iter().zip(&orders_of_arrival) {
            let mut body = events[arrival[step / 2]].clone();
            if step % 2 == 1 {
                body["eventId"] = format!("{}-again", text(&body, "eventId")).into();
                body["idempotencyKey"] = body["eventId"].clone();
            }
            assert_eq!(stage.post_event(&body).await, 200);
        }
        stage.settle_notices().await;
        for ((id, _), before) in orders.iter().zip(&mut ranks) {
            let now = rank(&stage.fulfillments(*id));
            assert!(now >= *before, "order {id} moved back from {before:?} to {now:?}");
            *before = now;
        }
    }
    stage.settle().await;
    let ends: Vec<_> = orders.iter().map(|(id, _)| end(&stage, *id)).collect();
    for (one, arrival) in ends.iter().zip(&orders_of_arrival) {
        assert_eq!(*one, ends[0], "{arrival:?}");
    }
    assert_eq!(ends[0]["custbody_amz_delivery_state"], "DELIVERED");
    assert_eq!(ends[0]["custbody_amz_milestone"], "DELIVERED");
    assert_eq!(ends[0]["custbody_amz_delivery_attempts"], "1");
    assert_eq!(ends[0]["shipStatus"], "C");
    assert_eq!(stage.netsuite().fulfillments().len(), orders.len());
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn f06_a_scan_that_surfaces_after_the_delivery_changes_nothing_but_the_attempts() {
    let stage = Stage::new().await;
    let id = stage.enter_one(order("SO-1"));
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", "1Z-LATE").unwrap();
    stage.settle().await;
    stage.advance(std::time::Duration::from_secs(86_400));
    stage.amazon().deliver(&amazon.id, &amazon.packages[0].id).unwrap();
    stage.settle().await;
    let before = end(&stage, id);
    let earlier = Some(stage.now() - TimeDelta::hours(5));
    for code in [MilestoneCode::InTransit, MilestoneCode::OutForDelivery] {
        stage.amazon().milestone("1Z-LATE", code, None, earlier).unwrap();
        stage.settle().await;
        assert_eq!(end(&stage, id), before, "{code:?}");
    }
}

#[tokio::test]
async fn f06_shuffled_and_doubled_events_end_as_the_parcels_did() {
    let stage = Stage::built(&[], |vendors| {
        vendors.amazon.webhooks.duplicate_permille = 400;
        vendors.amazon.webhooks.reorder_window = 16;
    })
    .await;
    let ids = stage.enter((0..12).map(|number| order(&format!("SO-{number}"))).collect());
    stage.settle().await;
    for id in &ids {
        let amazon = stage.amazon_order(*id);
        let tracking = format!("1Z-{id}");
        stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", &tracking).unwrap();
        stage.amazon().milestone(&tracking, MilestoneCode::InTransit, None, None).unwrap();
        if id % 2 == 0 {
            stage.amazon().deliver(&amazon.id, &amazon.packages[0].id).unwrap();
        }
    }
    stage.settle().await;
    for id in ids {
        let state = end(&stage, id)["custbody_amz_delivery_state"].clone();
        assert_eq!(state, if id % 2 == 0 { "DELIVERED" } else { "IN_TRANSIT" }, "order {id}");
    }
}
