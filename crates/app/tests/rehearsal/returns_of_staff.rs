//! Returns that staff authorize in NetSuite, and what Amazon is told of them.

use std::time::Duration;

use amz_sandbox::amazon::{Order, ReturnState};
use amz_sandbox::{CallSelector, Fault, Vendor};
use rust_decimal::Decimal;
use serde_json::json;

use crate::goods::{
    arrive, authorization, authorizations, delivered, grade, new_return, packages, receipts, staff, stage,
    status,
};
use crate::orders::{order_of, text, units};
use crate::stage::Stage;

const LINES: [(u64, u32, &str); 2] = [(101, 4, "9.99"), (102, 2, "5.00")];

/// What staff make is seen by the change feed.
const FEED: (&str, &str) = ("SYNC__DOCUMENTS", "true");

/// A delivered order of which staff take two units of the first line back.
async fn authorized(stage: &Stage) -> (u64, Order, u64) {
    let (id, amazon) = delivered(stage, "SO-1", &LINES).await;
    stage.advance(Duration::from_secs(5));
    let made = stage.netsuite().authorize_return(("salesOrder", id), &[staff(1, 2)], true).unwrap();
    (id, amazon, made)
}

/// Our alias of what Amazon is told of an authorization.
fn alias(stage: &Stage, authorization: u64) -> String {
    format!("{}:{authorization}", stage.netsuite().settings().account)
}

/// Amazon has one return, staff's, and its id stands on the authorization.
fn assert_told(stage: &Stage, id: u64, made: u64) {
    let amazon = stage.amazon_order(id);
    assert_eq!(amazon.returns.len(), 1);
    let told = &amazon.returns[0];
    assert!(told.external);
    let aliases: Vec<_> = told.aliases.iter().map(|alias| (&*alias.alias_type, &*alias.alias_id)).collect();
    assert_eq!(aliases, [("OMS_RETURN_ID", &*alias(stage, made))]);
    let contents: Vec<_> = told.lines.iter().flat_map(|line| &line.contents).cloned().collect();
    assert_eq!(contents, [units(&amazon, 0, 2)]);
    let held = authorization(stage, id);
    assert_eq!(text(&held, "custbody_amz_return_id"), told.id);
    assert_eq!(text(&held, "custbody_amz_origin"), "netsuite");
    assert_eq!(text(&held, "externalId"), "", "the record stays staff's own");
}

#[tokio::test]
async fn amazon_is_told_of_a_return_of_staff_once() {
    let stage = stage(&[FEED]).await;
    let (id, _, made) = authorized(&stage).await;
    stage.settle().await;
    assert_told(&stage, id, made);
    assert_eq!(stage.amazon_order(id).returns[0].state, ReturnState::Created);
    assert_eq!(stage.count("updateOrder"), 1);
    // Amazon's event about it, our own mark on it, and a change of staff that means nothing to Amazon
    stage.repeat_event("RETURN_STARTED", "again").await;
    stage.advance(Duration::from_secs(5));
    stage
        .netsuite()
        .edit_document("returnAuthorization", made, &json!({"memo": "by the telephone"}))
        .unwrap();
    stage.settle().await;
    assert_told(&stage, id, made);
    assert_eq!((stage.count("updateOrder"), stage.parked().await), (1, Vec::new()));
}

#[tokio::test]
async fn a_lost_reply_of_the_telling_is_settled_by_lookup() {
    for lost in [Fault::LostAnswer, Fault::ServerErrorAfterCommit, Fault::MalformedJson, Fault::DropBefore] {
        let stage = stage(&[FEED]).await;
        let (id, _, made) = authorized(&stage).await;
        stage.fault(Vendor::Amazon, "updateOrder", CallSelector::Nth(1), lost.clone());
        stage.settle().await;
        assert_told(&stage, id, made);
        let calls = if lost == Fault::DropBefore { 2 } else { 1 };
        assert_eq!(stage.count("updateOrder"), calls, "{lost:?}");
        assert_eq!(stage.parked().await, [], "{lost:?}");
        assert_eq!(stage.backlog().await.unsettled, 0, "{lost:?}");
    }
}

#[tokio::test]
async fn amazon_learns_how_a_return_of_staff_ended() {
    for (received, state) in [(true, ReturnState::Completed), (false, ReturnState::Cancelled)] {
        let stage = stage(&[FEED]).await;
        let (id, _, made) = authorized(&stage).await;
        stage.settle().await;
        stage.advance(Duration::from_secs(5));
        if received {
            stage.netsuite().receive(made, &[]).unwrap();
        } else {
            stage.netsuite().cancel_return(made).unwrap();
        }
        stage.settle().await;
        assert_eq!(stage.amazon_order(id).returns[0].state, state);
        assert_told(&stage, id, made);
        assert_eq!((stage.count("updateOrder"), stage.parked().await), (2, Vec::new()));

        // it has ended: whatever staff write on it, Amazon hears no more of it
        stage.advance(Duration::from_secs(5));
        stage.netsuite().edit_document("returnAuthorization", made, &json!({"memo": "filed"})).unwrap();
        stage.settle().await;
        assert_eq!((stage.count("updateOrder"), stage.parked().await), (2, Vec::new()));
    }
}

#[tokio::test]
async fn a_return_that_waits_for_approval_or_ends_before_it_is_told_is_never_told() {
    let stage = stage(&[FEED]).await;
    let (id, _) = delivered(&stage, "SO-1", &LINES).await;
    stage.advance(Duration::from_secs(5));
    let made = stage.netsuite().authorize_return(("salesOrder", id), &[staff(1, 2)], false).unwrap();
    stage.settle().await;
    assert_eq!((stage.count("updateOrder"), stage.parked().await), (0, Vec::new()));
    stage.advance(Duration::from_secs(5));
    stage.netsuite().cancel_return(made).unwrap();
    stage.settle().await;
    assert_eq!((stage.count("updateOrder"), stage.amazon_order(id).returns.len()), (0, 0));

    let second = stage.netsuite().authorize_return(("salesOrder", id), &[staff(1, 2)], false).unwrap();
    stage.settle().await;
    stage.advance(Duration::from_secs(5));
    stage.netsuite().approve_return(second).unwrap();
    stage.settle().await;
    let told = &stage.amazon_order(id).returns;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].aliases[0].alias_id, alias(&stage, second));
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn a_return_of_staff_joins_the_one_that_amazon_has_open_for_the_same_units() {
    let stage = stage(&[FEED]).await;
    let (id, amazon) = delivered(&stage, "SO-1", &LINES).await;
    // the shopper asked Amazon and rang up staff as well
    stage.amazon().hold_events();
    let back =
        stage.amazon().start_return(&amazon.id, new_return(&[units(&amazon, 0, 2)], Vec::new())).unwrap();
    stage.advance(Duration::from_secs(5));
    let made = stage.netsuite().authorize_return(("salesOrder", id), &[staff(1, 2)], true).unwrap();
    stage.settle().await;
    stage.amazon().release_events();
    stage.settle().await;
    assert_eq!(authorizations(&stage, id).len(), 1, "no second authorization");
    assert_eq!(
        (stage.amazon_order(id).returns.len(), stage.count("updateOrder")),
        (1, 0),
        "no second return"
    );
    let held = authorization(&stage, id);
    assert_eq!(text(&held, "id"), made.to_string());
    assert_eq!(text(&held, "custbody_amz_return_id"), back);
    assert_eq!(text(&held, "custbody_amz_origin"), "amazon");

    // from now on it is received as Amazon's
    arrive(&stage, &amazon.id, &back, &packages(&stage, &amazon.id, &back)[0]);
    let condition = amz_sandbox::amazon::ItemCondition::Sellable;
    grade(&stage, &amazon.id, &back, &units(&amazon, 0, 2), condition);
    stage.amazon().complete_return(&amazon.id, &back).unwrap();
    stage.settle().await;
    let held = authorization(&stage, id);
    assert_eq!((receipts(&stage, &held).len(), status(&held).as_str()), (1, "F"));
    assert_eq!((stage.count("updateOrder"), stage.parked().await), (0, Vec::new()));
}

#[tokio::test]
async fn a_return_of_staff_for_other_units_than_amazons_is_told_as_its_own() {
    let stage = stage(&[FEED]).await;
    let (id, amazon) = delivered(&stage, "SO-1", &LINES).await;
    stage.amazon().start_return(&amazon.id, new_return(&[units(&amazon, 0, 1)], Vec::new())).unwrap();
    stage.settle().await;
    stage.advance(Duration::from_secs(5));
    let made = stage.netsuite().authorize_return(("salesOrder", id), &[staff(1, 2)], true).unwrap();
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    assert_eq!((amazon.returns.len(), authorizations(&stage, id).len()), (2, 2));
    let told: Vec<_> = amazon.returns.iter().filter(|known| known.external).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].aliases[0].alias_id, alias(&stage, made));
    assert_eq!((stage.count("updateOrder"), stage.parked().await), (1, Vec::new()));
}

#[tokio::test]
async fn a_change_after_amazon_was_told_is_parked_until_it_is_taken_back() {
    let stage = stage(&[FEED]).await;
    let (id, _, made) = authorized(&stage).await;
    stage.settle().await;
    for (quantity, codes) in [(3, vec!["return_changed_after_telling".to_owned()]), (2, Vec::new())] {
        stage.advance(Duration::from_secs(5));
        let change = json!({"item": {"items": [{"line": 1, "quantity": quantity}]}});
        stage.netsuite().edit_document("returnAuthorization", made, &change).unwrap();
        stage.settle().await;
        assert_eq!(stage.parked_codes(id).await, codes, "{quantity} units");
    }
    assert_told(&stage, id, made);
    assert_eq!(stage.count("updateOrder"), 1);
}

#[tokio::test]
async fn a_return_of_staff_on_an_order_that_amazon_does_not_have_is_left_alone() {
    let stage = stage(&[FEED]).await;
    let mut own = order_of("SO-2", &[(101, 2, "9.99")]);
    own["item"]["items"][0]["location"] = json!({"id": "8", "refName": "Damaged goods"});
    let id = stage.enter_one(own);
    stage.settle().await;
    let shipped = json!({"shipStatus": {"id": "C"}});
    stage.netsuite().transform_as_staff(("salesOrder", id), "itemFulfillment", &shipped).unwrap();
    stage.settle().await;
    stage.advance(Duration::from_secs(5));
    let made = stage.netsuite().authorize_return(("salesOrder", id), &[], true).unwrap();
    let mark = stage.mark();
    stage.settle().await;
    let mut calls = stage.calls_since(mark);
    calls.retain(|call| !call.ends_with(".changed"));
    assert!(calls.len() <= 2 && calls.iter().all(|call| !call.contains("rder.patch")), "{calls:?}");
    let held = stage.netsuite().record("returnAuthorization", made).unwrap();
    assert_eq!(
        (text(&held, "custbody_amz_return_id"), text(&held, "custbody_amz_origin")),
        Default::default()
    );
    assert_eq!((stage.amazon().orders().len(), stage.parked().await), (0, Vec::new()));
    assert_eq!(crate::orders::decimal(crate::orders::line(&held, 0), "quantity"), Decimal::TWO);
}
