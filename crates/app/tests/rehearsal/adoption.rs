//! Orders that another connector sent to Amazon before we came.

use amz_sandbox::amazon::{CheckoutLine, CheckoutOrder};
use amz_sandbox::netsuite::{CustomField, CustomFieldKind, Parcel, Shipment, ShippedUnits};
use amz_services::reconciliation::ReconciliationScope;
use rust_decimal::Decimal;
use serde_json::json;

use crate::orders::{fulfilled, order_of, pending, text, units};
use crate::stage::Stage;

/// Where the other connector wrote Amazon's id.
const FIELD: &str = "custbody_other_amazon_id";

async fn stage(changes: &[(&str, &str)]) -> Stage {
    let changes = [&[("ADOPTION__ORDER_ID_FIELDS", FIELD)], changes].concat();
    let stage = Stage::with(&changes).await;
    stage.netsuite().declare_field(CustomField::new(FIELD, CustomFieldKind::Text));
    stage
}

/// An order of two lines that another connector sent; returns the sales order and Amazon's order.
fn sent_by_another(stage: &Stage, number: &str) -> (u64, String) {
    let lines = vec![CheckoutLine::new("SKU-101", 2), CheckoutLine::new("SKU-102", 1)];
    let amazon = stage.amazon().place_checkout_order(&CheckoutOrder::of(lines)).unwrap();
    let mut order = order_of(number, &[(101, 2, "19.90"), (102, 1, "5.00")]);
    order[FIELD] = json!(amazon);
    (stage.enter_one(order), amazon)
}

fn others() -> ReconciliationScope {
    ReconciliationScope::SentByOthers
}

/// Calls that change something.
fn writes(calls: &[String]) -> Vec<&String> {
    let verbs = [".patch", ".transform", ".create", "createOrder", "updateOrder", "cancelOrder"];
    calls.iter().filter(|call| verbs.iter().any(|verb| call.ends_with(verb))).collect()
}

#[tokio::test]
async fn an_order_of_another_connector_is_adopted_and_the_next_shipment_is_fulfilled_once() {
    let stage = stage(&[]).await;
    let (id, amazon) = sent_by_another(&stage, "SO-1");
    // the first parcel left and was fulfilled by the other connector
    let order = stage.amazon().order(&amazon).unwrap();
    let parts = vec![vec![units(&order, 0, 2)], vec![units(&order, 1, 1)]];
    let packages = stage.amazon().split(&amazon, &pending(&order).id, parts).unwrap();
    stage.amazon().ship(&amazon, &packages[0], "ups", "1ZFIRST").unwrap();
    let shipment = Shipment {
        lines: vec![ShippedUnits { line: 1, quantity: Decimal::TWO }],
        parcels: vec![Parcel::new("1ZFIRST")],
        ..Shipment::default()
    };
    stage.netsuite().ship(id, &shipment).unwrap();
    stage.settle().await;
    assert_eq!(stage.amazon().orders().len(), 1, "it is never sent again");

    let mark = stage.mark();
    let plan = stage.reconcile("o1", others(), true).await;
    assert_eq!(plan.outcomes, [("to_repair", 1)].into(), "{plan:?}");
    let adopted = stage.reconcile("o2", others(), false).await;
    assert_eq!(adopted.outcomes, [("adopted", 1)].into(), "{adopted:?}");
    assert_eq!(adopted.findings[0].amazon_order, Some(amazon.as_str().into()));
    assert_eq!(writes(&stage.calls_since(mark)), Vec::<&String>::new(), "nothing is sent");

    stage.amazon().ship(&amazon, &packages[1], "ups", "1ZSECOND").unwrap();
    stage.settle().await;
    let fulfillments = stage.fulfillments(id);
    assert_eq!(fulfillments.len(), 2);
    assert_eq!(fulfilled(&fulfillments[1]), [(2, Decimal::ONE)]);
    stage.amazon().deliver(&amazon, &packages[0]).unwrap();
    stage.settle().await;
    assert_eq!(text(&stage.fulfillments(id)[0], "custbody_amz_delivery_state"), "DELIVERED");
    assert_eq!(stage.fulfillments(id).len(), 2, "the earlier one is not doubled");
    assert_eq!(stage.amazon().orders().len(), 1);
    assert_eq!(stage.parked().await, []);
    assert_eq!(stage.reconcile("o3", others(), false).await.outcomes, [("unchanged", 1)].into());
}

#[tokio::test]
async fn what_cannot_be_told_is_linked_to_nothing_and_held() {
    let stage = stage(&[]).await;
    let lines = vec![CheckoutLine::new("SKU-101", 1), CheckoutLine::new("SKU-101", 1)];
    let amazon = stage.amazon().place_checkout_order(&CheckoutOrder::of(lines)).unwrap();
    let mut order = order_of("SO-1", &[(101, 1, "5.00"), (101, 1, "5.00")]);
    order[FIELD] = json!(amazon);
    let id = stage.enter_one(order);
    let found = stage.reconcile("o1", others(), false).await;
    assert_eq!(found.outcomes, [("undecided", 1)].into(), "{found:?}");
    assert_eq!(stage.parked_codes(id).await, ["adoption_undecided"]);
    stage.retry(id).await;
    stage.settle().await;
    assert_eq!(stage.amazon().orders().len(), 1);
    assert_eq!(stage.parked_codes(id).await, ["adoption_undecided"]);
}

#[tokio::test]
async fn an_order_may_be_named_by_an_alias_of_the_other_connector() {
    let stage = stage(&[("ADOPTION__ALIAS_TYPE", "EXTERNAL_ID")]).await;
    let order = CheckoutOrder::of(vec![CheckoutLine::new("SKU-101", 2)]).alias("EXTERNAL_ID", "5551001");
    stage.amazon().place_checkout_order(&order).unwrap();
    let mut order = order_of("SO-1", &[(101, 2, "19.90")]);
    order[FIELD] = json!("5551001");
    stage.enter_one(order);
    let found = stage.reconcile("o1", others(), false).await;
    assert_eq!(found.outcomes, [("adopted", 1)].into(), "{found:?}");
}
