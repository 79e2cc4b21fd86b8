//! `cancelOrder` of the pretend Amazon, what becomes of it, and packages that are cancelled.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod amazon_support;

use std::time::Duration;

use amazon_support::{Merchant, alias, mcf_line, merchant, merchant_with, order, order_of, refusal};
use amz_sandbox::amazon::{
    AmazonSettings, CancellationReason, CancellationState, Content, Habits, MilestoneCode, MoveError,
    PackageState, RequestedBy,
};
use serde_json::{Value, json};

const CANCELLED: &str = "PACKAGE_DELIVERY_CANCELLED";
const REFUND: &str = "REFUND_REQUESTED";

/// An order of three units of one line and one of another, released, in two packages of two units each.
async fn two_packages(merchant: &Merchant) -> (Value, [String; 2]) {
    let created =
        merchant.created(&order_of("A", vec![mcf_line("A:1", "S", 3), mcf_line("A:2", "T", 1)])).await;
    let package = created["packageInformation"]["details"][0]["id"].as_str().unwrap();
    let part = |line: usize, quantity: i64| content(&created, line, quantity);
    let parts = vec![vec![part(0, 2)], vec![part(0, 1), part(1, 1)]];
    let ids = merchant.amazon().split(created["id"].as_str().unwrap(), package, parts).unwrap();
    (created, [ids[0].clone(), ids[1].clone()])
}

fn content(order: &Value, line: usize, quantity: i64) -> Content {
    let line_id = order["lineItems"][line]["id"].as_str().unwrap().to_owned();
    Content { line_id, quantity: quantity.into() }
}

fn id(order: &Value) -> &str {
    order["id"].as_str().unwrap()
}

fn wish(alias_id: &str) -> Value {
    json!({
        "aliases": [alias("OMS_CANCEL_ID", alias_id)],
        "reason": "OUT_OF_STOCK",
        "additionalComments": "sold elsewhere",
    })
}

async fn asked(merchant: &Merchant, order_id: &Value) -> String {
    let answer = merchant.cancel(order_id, wish("C")).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["cancelOrder"]["cancellation"]["id"].as_str().unwrap().to_owned()
}

async fn never_by_itself() -> Merchant {
    let habits = Habits { cancellation_delay_s: None, ..Habits::default() };
    merchant_with(AmazonSettings { habits, ..AmazonSettings::default() }).await
}

fn quantities(amounts: &Value) -> Vec<&Value> {
    amounts.as_array().unwrap().iter().map(|entry| &entry["amount"]["value"]).collect()
}

#[tokio::test]
async fn a_cancellation_is_pending_at_first() {
    let merchant = merchant().await;
    let (created, _) = two_packages(&merchant).await;
    let answer = merchant.cancel(&created["id"], wish("C")).await;
    let mut cancellation = answer["data"]["cancelOrder"]["cancellation"].clone();
    let covered = cancellation["canceledFor"]["orderLineItems"].take();
    assert_eq!(quantities(&covered), [&json!(2), &json!(1), &json!(1)]);
    assert_eq!(cancellation["id"].take().as_str().unwrap().len(), 64);
    let expected = json!({
        "id": null,
        "aliases": [alias("OMS_CANCEL_ID", "C")],
        "state": "PENDING",
        "reason": "OUT_OF_STOCK",
        "additionalComments": "sold elsewhere",
        "requestedBy": "MERCHANT",
        "canceledFor": { "orderLineItems": null },
    });
    assert_eq!(cancellation, expected);
    let shown = merchant.shown(&created["id"]).await;
    assert_eq!(shown["packageInformation"]["summary"]["state"], "PENDING");
    assert_eq!(shown["cancellations"]["details"][0]["refundDetails"], json!([]));
    assert_eq!(merchant.event_types(), Vec::<String>::new());
}

#[tokio::test]
async fn a_cancellation_needs_no_input_at_all() {
    let merchant = merchant().await;
    let created = merchant.created(&order("A")).await;
    let query = "mutation($id: ID!) {
        cancelOrder(orderIdentifier: { orderId: $id }) { cancellation { state reason aliases { aliasId } } }
    }";
    let answer = merchant.query(query, json!({ "id": created["id"] })).await;
    let expected = json!({ "state": "PENDING", "reason": null, "aliases": [] });
    assert_eq!(answer["data"]["cancelOrder"]["cancellation"], expected, "{answer}");
}

#[tokio::test]
async fn the_alias_of_a_cancellation_is_used_once_even_after_it_was_settled() {
    let merchant = never_by_itself().await;
    let created = merchant.created(&order("A")).await;
    let cancellation = asked(&merchant, &created["id"]).await;
    let taken = ("ConflictError", "AliasValueAlreadyExists");
    assert_eq!(refusal(&merchant.cancel(&created["id"], wish("C")).await), taken);
    merchant.amazon().settle_cancellation(id(&created), &cancellation).unwrap();
    assert_eq!(refusal(&merchant.cancel(&created["id"], wish("C")).await), taken);
    assert_eq!(merchant.amazon().order(id(&created)).unwrap().cancellations.len(), 1);
}

#[tokio::test]
async fn an_order_with_a_package_beyond_pending_is_not_cancelled() {
    let merchant = merchant().await;
    let (created, [first, _]) = two_packages(&merchant).await;
    merchant.amazon().ship(id(&created), &first, "ups", "1Z1").unwrap();
    let answer = merchant.cancel(&created["id"], wish("C")).await;
    assert_eq!(refusal(&answer), ("ValidationError", "OrderNotCancellable"));
    assert_eq!(answer["data"]["cancelOrder"], Value::Null);
    let mut own = mcf_line("B:1", "S", 1);
    own["selectedDeliveryOffer"] = json!({ "summary": { "deliveryProvider": "MERCHANT" } });
    let without_packages = merchant.created(&order_of("B", vec![own])).await;
    let answer = merchant.cancel(&without_packages["id"], wish("C")).await;
    assert_eq!(refusal(&answer), ("ValidationError", "OrderNotCancellable"));
    assert_eq!(refusal(&merchant.cancel(&json!("322-NONE"), wish("C")).await).0, "ResourceNotFoundError");
    let many: Vec<Value> = (0..6).map(|n| alias("T", &n.to_string())).collect();
    let third = merchant.created(&order("D")).await;
    let answer = merchant.cancel(&third["id"], json!({ "aliases": many })).await;
    assert_eq!(refusal(&answer), ("ValidationError", "AliasLimitExceeded"));
    let unknown_word = merchant.cancel(&third["id"], json!({ "reason": "BORED" })).await;
    assert_eq!(refusal(&unknown_word).0, "ValidationError");
    assert!(merchant.amazon().orders().iter().all(|order| order.cancellations.is_empty()));
}

#[tokio::test]
async fn time_settles_a_cancellation() {
    let merchant = merchant().await;
    let (created, packages) = two_packages(&merchant).await;
    asked(&merchant, &created["id"]).await;
    let clock = &merchant.running.sandbox.clock;
    clock.advance(Duration::from_secs(59));
    assert_eq!(merchant.event_types(), Vec::<String>::new());
    clock.advance(Duration::from_secs(1));
    assert_eq!(merchant.event_types(), [CANCELLED, REFUND, CANCELLED, REFUND]);
    let shown = merchant.shown(&created["id"]).await;
    let cancellation = &shown["cancellations"]["details"][0];
    assert_eq!(cancellation["state"], "SUCCESS");
    assert_eq!(cancellation["updatedAt"], "2026-03-02T09:01:00.000Z");
    assert_eq!(cancellation["refundDetails"], shown["refunds"]["details"]);
    let details = shown["packageInformation"]["details"].as_array().unwrap();
    for (package, id) in details.iter().zip(packages) {
        assert_eq!(package["id"], json!(id));
        assert_eq!(
            (&package["state"], &package["reason"]),
            (&json!("CANCELLED"), &json!("CUSTOMER_REQUESTED"))
        );
    }
    let reasons: Vec<_> = shown["refunds"]["details"].as_array().unwrap().iter().collect();
    assert!(reasons.iter().all(|refund| refund["refundRequestReason"] == "CANCELLED_ORDER"));
}

#[tokio::test]
async fn what_time_settles_is_sent_without_anybody_looking() {
    let receiver = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = receiver.local_addr().unwrap();
    let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    let take = move |axum::Json(event): axum::Json<Value>| {
        let arrived = arrived.clone();
        async move { drop(arrived.send(event["eventDescriptor"].as_str().unwrap().to_owned())) }
    };
    let router = axum::Router::new().route("/", axum::routing::post(take));
    tokio::spawn(async move { axum::serve(receiver, router).await });
    let merchant = merchant().await;
    let created = merchant.created(&order("A")).await;
    asked(&merchant, &created["id"]).await;
    merchant.amazon().subscribe(
        serde_json::from_value(json!({ "id": "s", "url": format!("http://{address}/") })).unwrap(),
    );
    merchant.running.sandbox.clock.advance(Duration::from_secs(60));
    assert_eq!(arrivals.recv().await.unwrap(), CANCELLED);
    assert_eq!(arrivals.recv().await.unwrap(), REFUND);
}

#[tokio::test]
async fn what_has_left_in_the_meantime_stays() {
    let merchant = never_by_itself().await;
    let (created, [first, second]) = two_packages(&merchant).await;
    let cancellation = asked(&merchant, &created["id"]).await;
    merchant.running.sandbox.clock.advance(Duration::from_secs(86_400));
    let amazon = merchant.amazon();
    amazon.ship(id(&created), &first, "ups", "1Z1").unwrap();
    let settled = amazon.settle_cancellation(id(&created), &cancellation);
    assert_eq!(settled, Ok(CancellationState::Success));
    assert_eq!(merchant.event_types(), ["PACKAGE_DELIVERY_IN_TRANSIT", CANCELLED, REFUND]);
    let order = amazon.order(id(&created)).unwrap();
    let state_of = |id: &str| order.packages.iter().find(|package| package.id == id).unwrap().state;
    assert_eq!((state_of(&first), state_of(&second)), (PackageState::InTransit, PackageState::Cancelled));
    assert_eq!(order.cancellations[0].contents, order.packages[1].contents);
    assert_eq!(order.refunds[0].contents, order.packages[1].contents);
    assert_eq!(
        amazon.settle_cancellation(id(&created), &cancellation),
        Err(MoveError::Settled(cancellation.clone()))
    );
    assert_eq!(
        amazon.reject_cancellation(id(&created), &cancellation),
        Err(MoveError::Settled(cancellation))
    );
    let unknown = amazon.settle_cancellation(id(&created), "none");
    assert_eq!(unknown, Err(MoveError::UnknownCancellation("none".into())));
}

#[tokio::test]
async fn a_cancellation_that_comes_too_late_for_everything_is_rejected() {
    let merchant = never_by_itself().await;
    let (created, packages) = two_packages(&merchant).await;
    let cancellation = asked(&merchant, &created["id"]).await;
    for package in &packages {
        merchant.amazon().ship_without_tracking(id(&created), package).unwrap();
    }
    let settled = merchant.amazon().settle_cancellation(id(&created), &cancellation);
    assert_eq!(settled, Ok(CancellationState::Rejected));
    let shown = merchant.shown(&created["id"]).await;
    assert_eq!(shown["cancellations"]["details"][0]["state"], "REJECTED");
    assert_eq!(shown["refunds"], Value::Null);
}

#[tokio::test]
async fn a_cancellation_can_be_rejected_outright() {
    let merchant = merchant().await;
    let created = merchant.created(&order("A")).await;
    let cancellation = asked(&merchant, &created["id"]).await;
    merchant.amazon().reject_cancellation(id(&created), &cancellation).unwrap();
    merchant.running.sandbox.clock.advance(Duration::from_secs(600));
    let shown = merchant.shown(&created["id"]).await;
    assert_eq!(shown["cancellations"]["details"][0]["state"], "REJECTED");
    assert_eq!(shown["packageInformation"]["summary"]["state"], "PENDING");
    assert_eq!(merchant.event_types(), Vec::<String>::new());
}

#[tokio::test]
async fn the_shopper_cancels_at_amazon() {
    let merchant = never_by_itself().await;
    let created = merchant.created(&order("A")).await;
    let amazon = merchant.amazon();
    let wish = amazon.request_cancellation(id(&created), RequestedBy::Shopper, Some("ORDERED_BY_MISTAKE"));
    amazon.settle_cancellation(id(&created), &wish.unwrap()).unwrap();
    let shown = merchant.shown(&created["id"]).await;
    let cancellation = &shown["cancellations"]["details"][0];
    assert_eq!(
        (&cancellation["requestedBy"], &cancellation["state"]),
        (&json!("SHOPPER"), &json!("SUCCESS"))
    );
    let late = amazon.request_cancellation(id(&created), RequestedBy::Shopper, None);
    assert_eq!(late, Err(MoveError::NotCancellable(id(&created).into())));
}

#[tokio::test]
async fn some_units_of_a_pending_package_are_cancelled() {
    let merchant = merchant().await;
    let created =
        merchant.created(&order_of("A", vec![mcf_line("A:1", "S", 3), mcf_line("A:2", "T", 1)])).await;
    let package = created["packageInformation"]["details"][0]["id"].as_str().unwrap();
    let amazon = merchant.amazon();
    let units = vec![content(&created, 0, 2), content(&created, 1, 1)];
    let reason = CancellationReason::Unfulfillable;
    let cancelled = amazon.cancel_units(id(&created), package, units.clone(), reason).unwrap();
    assert_eq!(merchant.event_types(), [CANCELLED, REFUND]);
    let order = amazon.order(id(&created)).unwrap();
    assert_eq!(order.packages.len(), 2);
    let [gone, rest] = order.packages.as_slice() else { panic!("two packages") };
    assert_eq!((&gone.id, gone.state, gone.reason), (&cancelled, PackageState::Cancelled, Some(reason)));
    assert_eq!(gone.contents, units);
    assert_eq!((rest.state, &rest.contents), (PackageState::Pending, &vec![content(&created, 0, 1)]));
    assert!(![&gone.id, &rest.id].contains(&&package.to_owned()));
    assert_eq!(order.refunds[0].contents, units);

    let rest_id = rest.id.clone();
    let too_many = amazon.cancel_units(id(&created), &rest_id, vec![content(&created, 0, 2)], reason);
    assert_eq!(too_many, Err(MoveError::Contents));
    let other_line = amazon.cancel_units(id(&created), &rest_id, vec![content(&created, 1, 1)], reason);
    assert_eq!(other_line, Err(MoveError::Contents));
    assert_eq!(amazon.cancel_units(id(&created), &rest_id, vec![], reason), Err(MoveError::Contents));
    let whole = amazon.cancel_units(id(&created), &rest_id, vec![content(&created, 0, 1)], reason);
    assert_eq!(whole, Ok(rest_id));
}

#[tokio::test]
async fn units_on_their_way_are_cancelled_only_as_a_whole_package() {
    let merchant = merchant().await;
    let (created, [first, second]) = two_packages(&merchant).await;
    let amazon = merchant.amazon();
    amazon.ship(id(&created), &first, "ups", "1Z1").unwrap();
    let some = vec![content(&created, 0, 1)];
    let undeliverable = CancellationReason::Undeliverable;
    assert!(amazon.cancel_units(id(&created), &first, some.clone(), undeliverable).is_err());
    assert!(amazon.cancel_units(id(&created), &second, some, undeliverable).is_err());
    assert_eq!(amazon.order(id(&created)).unwrap().packages.len(), 2);
    let all = vec![content(&created, 0, 2)];
    assert_eq!(amazon.cancel_units(id(&created), &first, all, undeliverable), Ok(first));
    assert_eq!(
        amazon.order(id(&created)).unwrap().refunds[0].request_reason.as_deref(),
        Some("NOT_DELIVERED")
    );
}

#[tokio::test]
async fn a_cancelled_package_brings_a_refund_request_only_if_that_is_the_habit() {
    let merchant = merchant().await;
    let (created, [first, second]) = two_packages(&merchant).await;
    let amazon = merchant.amazon();
    amazon.ship(id(&created), &first, "ups", "1Z1").unwrap();
    amazon.milestone("1Z1", MilestoneCode::Undeliverable, None, None).unwrap();
    let milestone = "PACKAGE_TRACKER_MILESTONE_CHANGED";
    assert_eq!(merchant.event_types(), ["PACKAGE_DELIVERY_IN_TRANSIT", milestone, CANCELLED, REFUND]);
    let refund = amazon.order(id(&created)).unwrap().refunds[0].clone();
    let event = amazon.events().pop().unwrap();
    let resource = event.body["resources"][0].as_str().unwrap().to_owned();
    assert!(resource.ends_with(&format!("/order/{}/refund/{}", id(&created), refund.id)), "{resource}");
    amazon.set_habits(Habits { refund_with_cancelled_package: false, ..amazon.habits() });
    amazon.cancel_package(id(&created), &second, CancellationReason::Unfulfillable).unwrap();
    assert_eq!(merchant.event_types().last().unwrap(), CANCELLED);
    assert_eq!(amazon.order(id(&created)).unwrap().refunds.len(), 1);
}
