//! The life of an intent.

use amz_services::failure::StoreError;
use amz_services::intent::{Intent, IntentChange, IntentKey, IntentState, NewIntent, Operation};
use amz_services::link::LinkKey;
use amz_services::look::{Look, LookOutcome};
use amz_services::work::{Ask, Lane, Lease};

use super::Stores;
use super::samples::{
    at, claim_all, claimed, create_order, look, mark, money, order, order_link, order_of, request, shop,
};

async fn change(stores: &Stores, lease: &Lease, change: IntentChange, at_s: i64) -> Intent {
    stores.ledger.change(lease, &create_order("1").key, &change, at(at_s)).await.unwrap();
    stores.ledger.plan(lease, &create_order("1"), at(999)).await.unwrap()
}

pub async fn an_intent_is_planned_once_and_found_as_it_stands(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    let planned = stores.ledger.plan(&lease, &create_order("1"), at(1)).await.unwrap();
    let expected = Intent {
        key: IntentKey("create-order/1".to_owned()),
        operation: Operation::CreateOrder,
        subject: "order 1".to_owned(),
        state: IntentState::Planned,
        sends: 0,
        lookups: 0,
        planned_at: at(1),
        sent_at: None,
        result: None,
    };
    assert_eq!(planned, expected);
    let other_words = NewIntent { subject: "another subject".to_owned(), ..create_order("1") };
    assert_eq!(stores.ledger.plan(&lease, &other_words, at(9)).await.unwrap(), expected);
}

pub async fn sends_and_look_ups_are_counted(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    stores.ledger.plan(&lease, &create_order("1"), at(1)).await.unwrap();
    let counts = |intent: &Intent| (intent.state, intent.sends, intent.lookups, intent.sent_at);
    let sent = change(stores, &lease, IntentChange::Sent, 2).await;
    assert_eq!(counts(&sent), (IntentState::Sent, 1, 0, Some(at(2))));
    let unclear = change(stores, &lease, IntentChange::Unclear, 3).await;
    assert_eq!(counts(&unclear), (IntentState::Unclear, 1, 0, Some(at(2))));
    change(stores, &lease, IntentChange::LookedUp, 4).await;
    let looked_up = change(stores, &lease, IntentChange::LookedUp, 5).await;
    assert_eq!(counts(&looked_up), (IntentState::Unclear, 1, 2, Some(at(2))));
    let again = change(stores, &lease, IntentChange::Sent, 6).await;
    assert_eq!(counts(&again), (IntentState::Sent, 2, 0, Some(at(6))));
    let after_a_crash = change(stores, &lease, IntentChange::LookedUp, 7).await;
    assert_eq!(counts(&after_a_crash), (IntentState::Unclear, 2, 1, Some(at(6))));
    let done =
        change(stores, &lease, IntentChange::Done { result: Some("322-A".to_owned()), links: vec![] }, 8);
    let done = done.await;
    assert_eq!(counts(&done), (IntentState::Done, 2, 1, Some(at(6))));
    assert_eq!(done.result.as_deref(), Some("322-A"));
    assert_eq!(done.planned_at, at(1));
}

pub async fn a_send_that_never_left_is_planned_again(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    stores.ledger.plan(&lease, &create_order("1"), at(1)).await.unwrap();
    change(stores, &lease, IntentChange::Sent, 2).await;
    let back = change(stores, &lease, IntentChange::NotSent, 3).await;
    assert_eq!((back.state, back.sends, back.sent_at), (IntentState::Planned, 0, None));
}

pub async fn a_done_intent_brings_its_links_in_the_same_commit(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    stores.ledger.plan(&lease, &create_order("1"), at(1)).await.unwrap();
    let link = order_link("322-A", money("19.90"));
    let links = vec![link.clone()];
    change(stores, &lease, IntentChange::Done { result: Some("322-A".to_owned()), links }, 2).await;
    assert_eq!(stores.ledger.links(&order("1")).await.unwrap(), [link]);
    let lane = stores.ledger.lane_of(&shop(), &LinkKey::Order("322-A".into())).await.unwrap();
    assert_eq!(lane, Some(Lane::SalesOrder("1".into())));
}

pub async fn a_refused_intent_keeps_its_code(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    stores.ledger.plan(&lease, &create_order("1"), at(1)).await.unwrap();
    change(stores, &lease, IntentChange::Sent, 2).await;
    let refused = change(stores, &lease, IntentChange::Refused { code: "INVALID_SKU".to_owned() }, 3).await;
    assert_eq!((refused.state, refused.result.as_deref()), (IntentState::Refused, Some("INVALID_SKU")));
}

pub async fn an_intent_that_was_never_planned_cannot_change(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    let answer = stores.ledger.change(&lease, &create_order("1").key, &IntentChange::Sent, at(1)).await;
    assert!(matches!(answer, Err(StoreError::Corrupt { what: "intent", .. })), "{answer:?}");
}

pub async fn an_intent_of_another_lane_is_not_handed_out(stores: &Stores) {
    let first = claimed(stores, "1").await.lease;
    stores.ledger.plan(&first, &create_order("1"), at(1)).await.unwrap();
    let second = claimed(stores, "2").await.lease;
    let answer = stores.ledger.plan(&second, &create_order("1"), at(1)).await;
    assert!(matches!(answer, Err(StoreError::Corrupt { what: "intent", .. })), "{answer:?}");
    let answer = stores.ledger.change(&second, &create_order("1").key, &IntentChange::Sent, at(1)).await;
    assert!(matches!(answer, Err(StoreError::Corrupt { what: "intent", .. })), "{answer:?}");
}

pub async fn a_look_that_went_through_settles_repeatable_writes_and_no_others(stores: &Stores) {
    let state_after = async |id: &str, operation: Operation, outcome: LookOutcome| {
        let claim = claimed(stores, id).await;
        let intent = NewIntent {
            key: IntentKey(format!("{}/{id}", operation.as_str())),
            operation,
            subject: format!("order {id}"),
        };
        stores.ledger.plan(&claim.lease, &intent, at(1)).await.unwrap();
        stores.ledger.change(&claim.lease, &intent.key, &IntentChange::Unclear, at(2)).await.unwrap();
        stores.lanes.complete(&claim, &Look { outcome, ..look(&claim) }, vec![]).await.unwrap();
        let again = claimed(stores, id).await;
        let found = stores.ledger.plan(&again.lease, &intent, at(3)).await.unwrap().state;
        stores.lanes.complete(&again, &look(&again), vec![]).await.unwrap();
        found
    };
    let settled = LookOutcome::Settled;
    assert_eq!(state_after("1", Operation::MarkSalesOrder, settled).await, IntentState::Done);
    assert_eq!(state_after("2", Operation::MarkSalesOrder, LookOutcome::Parked).await, IntentState::Done);
    assert_eq!(state_after("4", Operation::MarkSalesOrder, LookOutcome::Failed).await, IntentState::Unclear);
    assert_eq!(state_after("3", Operation::CreateOrder, settled).await, IntentState::Unclear);
}

pub async fn writes_whose_outcome_is_not_known_are_listed_by_lane(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    let unsettled = async |id: &str| -> Vec<String> {
        let found = stores.ledger.unsettled(&order(id)).await.unwrap();
        found.into_iter().map(|intent| intent.key.0).collect()
    };
    stores.ledger.plan(&lease, &create_order("1"), at(1)).await.unwrap();
    assert!(unsettled("1").await.is_empty(), "nothing was sent yet");
    change(stores, &lease, IntentChange::Sent, 2).await;
    assert_eq!(unsettled("1").await, ["create-order/1"]);
    change(stores, &lease, IntentChange::Unclear, 3).await;
    assert_eq!(unsettled("1").await, ["create-order/1"]);
    assert!(unsettled("2").await.is_empty());
    change(stores, &lease, IntentChange::Done { result: None, links: vec![] }, 4).await;
    assert!(unsettled("1").await.is_empty());
}

pub async fn intents_of_two_connections_are_apart(stores: &Stores) {
    mark(stores, ["shop", "other"].map(|name| request(order_of(name, "1"), Ask::SalesOrder, 0))).await;
    let claims = claim_all(stores, 0).await;
    assert_eq!(claims.len(), 2);
    stores.ledger.plan(&claims[0].lease, &create_order("1"), at(1)).await.unwrap();
    let key = create_order("1").key;
    stores.ledger.change(&claims[0].lease, &key, &IntentChange::Sent, at(2)).await.unwrap();
    let other = stores.ledger.plan(&claims[1].lease, &create_order("1"), at(3)).await.unwrap();
    assert_eq!(other.state, IntentState::Planned);
}
