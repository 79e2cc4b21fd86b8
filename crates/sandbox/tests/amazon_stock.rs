//! Stock that orders, packages and returns move, as a seller sees it over HTTP.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod amazon_support;

use std::time::Duration;

use amazon_support::seller::{Seller, seller};
use amazon_support::{mcf_line, order_of, refusal};
use amz_sandbox::amazon::{
    CancellationReason, Content, Habits, ItemCondition, MoveError, NewReturn, NewReturnLine, OrderedUnits,
    ReturnPackageState, ShortUnits, StockEventScript, StockFigures,
};
use serde_json::{Value, json};

const PREFIX: &str = "businessProduct/bp-00000000-0000-4000-8000-000000000001/item-quantities/";

/// An order of one line for `quantity` units of a SKU; its id and its package's id.
async fn ordered(seller: &Seller, alias: &str, sku: &str, quantity: u32) -> (String, String) {
    let line = mcf_line(&format!("{alias}:1"), sku, quantity);
    let created = seller.merchant.created(&order_of(alias, vec![line])).await;
    let package = created["packageInformation"]["details"][0]["id"].as_str().unwrap();
    (created["id"].as_str().unwrap().to_owned(), package.to_owned())
}

fn contents(seller: &Seller, order: &str, quantity: i64) -> Content {
    let line_id = seller.amazon().order(order).unwrap().lines[0].id.clone();
    Content { line_id, quantity: quantity.into() }
}

/// Fulfillable and pending units as the Selling Partner API shows them.
async fn shown(seller: &Seller, sku: &str) -> (Value, Value) {
    let summary = seller.named(sku).await.unwrap();
    let details = &summary["inventoryDetails"];
    let pending = &details["reservedQuantity"]["pendingCustomerOrderQuantity"];
    (details["fulfillableQuantity"].clone(), pending.clone())
}

fn units(fulfillable: i64, pending: i64) -> (Value, Value) {
    (json!(fulfillable), json!(pending))
}

fn stock_events(seller: &Seller) -> Vec<Value> {
    let events = seller.amazon().events().into_iter();
    events.filter(|event| event.event_type == "INVENTORY_CHANGED").map(|event| event.body).collect()
}

#[tokio::test]
async fn an_order_holds_units_until_its_package_leaves() {
    let seller = seller().await;
    seller.amazon().set_stock("MUG", 10).unwrap();
    let (order, package) = ordered(&seller, "A", "MUG", 3).await;
    assert_eq!(shown(&seller, "MUG").await, units(7, 3));
    let part = |quantity| vec![contents(&seller, &order, quantity)];
    let parts = seller.amazon().split(&order, &package, vec![part(1), part(2)]).unwrap();
    assert_eq!(shown(&seller, "MUG").await, units(7, 3));
    seller.amazon().ship(&order, &parts[0], "ups", "1Z1").unwrap();
    assert_eq!(shown(&seller, "MUG").await, units(7, 2));
    seller.amazon().cancel_package(&order, &parts[1], CancellationReason::Unfulfillable).unwrap();
    assert_eq!(shown(&seller, "MUG").await, units(9, 0));
    seller.amazon().cancel_package(&order, &parts[0], CancellationReason::Undeliverable).unwrap();
    assert_eq!(shown(&seller, "MUG").await, units(9, 0), "what left has left");
    assert_eq!(seller.amazon().stock("MUG").unwrap().figures.in_house(), 9);
}

#[tokio::test]
async fn some_units_and_whole_orders_can_be_cancelled() {
    let seller = seller().await;
    seller.amazon().set_stock("MUG", 10).unwrap();
    let (order, package) = ordered(&seller, "A", "MUG", 5).await;
    let two = vec![contents(&seller, &order, 2)];
    seller.amazon().cancel_units(&order, &package, two, CancellationReason::CustomerRequested).unwrap();
    assert_eq!(shown(&seller, "MUG").await, units(7, 3));
    let (other, _) = ordered(&seller, "B", "MUG", 4).await;
    assert_eq!(shown(&seller, "MUG").await, units(3, 7));
    seller.merchant.cancel(&json!(other), json!({})).await;
    assert_eq!(shown(&seller, "MUG").await, units(3, 7), "asked for is not done");
    seller.merchant.running.sandbox.clock.advance(Duration::from_secs(60));
    assert_eq!(shown(&seller, "MUG").await, units(7, 3));
}

#[tokio::test]
async fn lines_name_their_item_in_four_ways_and_other_lines_move_nothing() {
    let seller = seller().await;
    let change = |item: &mut amz_sandbox::amazon::StockedItem| {
        (item.product_sku, item.external_id) = (Some("MUG".into()), Some("42".into()));
        item.figures.fulfillable = 10;
    };
    seller.amazon().change_stock("AMZ-MUG", change).unwrap();
    let product_id = seller.amazon().stock("AMZ-MUG").unwrap().product_id;
    let names = [
        json!({ "sku": "MUG" }),
        json!({ "amazonSku": { "value": "AMZ-MUG" } }),
        json!({ "externalId": "42" }),
        json!({ "productId": product_id }),
    ];
    for (number, name) in names.into_iter().enumerate() {
        let mut line = mcf_line(&format!("{number}:1"), "MUG", 1);
        line["product"]["identifier"] = name;
        seller.merchant.created(&order_of(&number.to_string(), vec![line])).await;
    }
    assert_eq!(shown(&seller, "AMZ-MUG").await, units(6, 4));
    let mut by_merchant = mcf_line("M:1", "MUG", 1);
    by_merchant["selectedDeliveryOffer"]["details"] = json!({ "deliveryProvider": "MERCHANT" });
    seller.merchant.created(&order_of("M", vec![by_merchant])).await;
    ordered(&seller, "N", "never stocked", 9).await;
    assert_eq!(shown(&seller, "AMZ-MUG").await, units(6, 4));
}

#[tokio::test]
async fn a_sku_that_was_never_stocked_is_ordered_and_shipped_without_end_or_event() {
    let seller = seller().await;
    let (order, package) = ordered(&seller, "A", "SKU-1", 1000).await;
    seller.amazon().set_stock("SKU-1", 5).unwrap();
    seller.amazon().ship(&order, &package, "ups", "1Z1").unwrap();
    assert_eq!(shown(&seller, "SKU-1").await, units(5, 0), "the order is older than the stock");
    assert!(stock_events(&seller).is_empty());
}

#[tokio::test]
async fn the_figure_may_lag_behind_the_order() {
    let seller = seller().await;
    seller.amazon().set_stock("MUG", 10).unwrap();
    seller.amazon().set_habits(Habits { reservation_delay_s: Some(120), ..Habits::default() });
    let (first, package) = ordered(&seller, "A", "MUG", 3).await;
    let (second, cancelled) = ordered(&seller, "B", "MUG", 2).await;
    ordered(&seller, "C", "MUG", 4).await;
    assert_eq!(shown(&seller, "MUG").await, units(10, 0));
    assert_eq!(seller.amazon().ordered_units("MUG"), OrderedUnits { held: 0, lagging: 9, short: 0 });
    seller.amazon().ship(&first, &package, "ups", "1Z1").unwrap();
    seller.amazon().cancel_package(&second, &cancelled, CancellationReason::CustomerRequested).unwrap();
    assert_eq!(shown(&seller, "MUG").await, units(7, 0));
    assert_eq!(seller.amazon().sell_elsewhere("MUG", 4), Err(MoveError::OutOfStock("MUG".into())));
    seller.merchant.running.sandbox.clock.advance(Duration::from_secs(119));
    assert_eq!(shown(&seller, "MUG").await, units(7, 0));
    seller.merchant.running.sandbox.clock.advance(Duration::from_secs(1));
    assert_eq!(shown(&seller, "MUG").await, units(3, 4));
    assert_eq!(stock_events(&seller).len(), 2, "one for the package that left, one for the lag");
}

#[tokio::test]
async fn short_units_wait_for_stock_and_cannot_leave_before() {
    let seller = seller().await;
    seller.amazon().set_stock("MUG", 2).unwrap();
    let (first, package) = ordered(&seller, "A", "MUG", 5).await;
    let (second, _) = ordered(&seller, "B", "MUG", 2).await;
    assert_eq!(shown(&seller, "MUG").await, units(0, 2));
    assert_eq!(seller.amazon().ordered_units("MUG"), OrderedUnits { held: 2, lagging: 0, short: 5 });
    let early = seller.amazon().ship(&first, &package, "ups", "1Z1");
    assert_eq!(early, Err(MoveError::OutOfStock("MUG".into())));
    seller.amazon().receive("MUG", 4).unwrap();
    assert_eq!(shown(&seller, "MUG").await, units(0, 6), "the older order first");
    seller.amazon().ship(&first, &package, "ups", "1Z1").unwrap();
    assert_eq!(seller.amazon().ordered_units("MUG"), OrderedUnits { held: 1, lagging: 0, short: 1 });
    let rest = vec![contents(&seller, &second, 1)];
    let package = seller.amazon().order(&second).unwrap().packages[0].id.clone();
    seller.amazon().cancel_units(&second, &package, rest, CancellationReason::Unfulfillable).unwrap();
    assert_eq!(shown(&seller, "MUG").await, units(0, 1), "what was not there is cancelled first");
}

#[tokio::test]
async fn short_units_may_stay_unreserved_or_be_refused() {
    let seller = seller().await;
    seller.amazon().set_stock("MUG", 2).unwrap();
    seller.amazon().set_habits(Habits { short_units: ShortUnits::StayUnreserved, ..Habits::default() });
    let (order, package) = ordered(&seller, "A", "MUG", 5).await;
    seller.amazon().receive("MUG", 4).unwrap();
    assert_eq!(shown(&seller, "MUG").await, units(4, 2));
    seller.amazon().ship(&order, &package, "ups", "1Z1").unwrap();
    assert_eq!(shown(&seller, "MUG").await, units(1, 0));
    seller.amazon().set_habits(Habits { short_units: ShortUnits::Refuse, ..Habits::default() });
    let lines = vec![mcf_line("B:1", "MUG", 1), mcf_line("B:2", "MUG", 1)];
    let refused = seller.merchant.create(&order_of("B", lines)).await;
    assert_eq!(refusal(&refused), ("ValidationError", "ItemAmountUnavailable"));
    assert_eq!(shown(&seller, "MUG").await, units(1, 0));
    ordered(&seller, "B", "MUG", 1).await;
    assert_eq!(shown(&seller, "MUG").await, units(0, 1));
}

#[tokio::test]
async fn a_returned_unit_comes_in_as_it_is_graded() {
    let seller = seller().await;
    seller.amazon().set_stock("MUG", 4).unwrap();
    let (order, package) = ordered(&seller, "A", "MUG", 4).await;
    seller.amazon().ship(&order, &package, "ups", "1Z1").unwrap();
    seller.amazon().deliver(&order, &package).unwrap();
    let Content { line_id, quantity } = contents(&seller, &order, 4);
    let new = NewReturn { lines: vec![NewReturnLine { line_id, quantity, reason: None }], packages: None };
    let returned = seller.amazon().start_return(&order, new).unwrap();
    let package = seller.amazon().order(&order).unwrap().returns[0].packages[0].id.clone();
    for state in [ReturnPackageState::InTransit, ReturnPackageState::Delivered] {
        seller.amazon().move_return_package(&order, &returned, &package, state).unwrap();
    }
    assert_eq!(shown(&seller, "MUG").await, units(0, 0));
    for condition in [
        ItemCondition::Sellable,
        ItemCondition::Damaged,
        ItemCondition::Defective,
        ItemCondition::FulfillmentExpired,
    ] {
        seller.amazon().grade_units(&order, &returned, &contents(&seller, &order, 1), condition).unwrap();
    }
    let figures = seller.amazon().stock("MUG").unwrap().figures;
    let expected =
        StockFigures { fulfillable: 1, customer_damaged: 1, defective: 1, expired: 1, ..Default::default() };
    assert_eq!(figures, expected);
}

#[tokio::test]
async fn the_warehouse_moves_units_and_loses_none() {
    let seller = seller().await;
    let amazon = seller.amazon();
    amazon.set_stock("MUG", 10).unwrap();
    amazon.change_stock("MUG", |item| item.figures.inbound_shipped = 3).unwrap();
    amazon.receive("MUG", 5).unwrap();
    amazon.damage("MUG", 2).unwrap();
    amazon.misplace("MUG", 4).unwrap();
    amazon.find_units("MUG", 1).unwrap();
    let figures = amazon.stock("MUG").unwrap().figures;
    let expected =
        StockFigures { fulfillable: 10, warehouse_damaged: 2, researching: 3, ..Default::default() };
    assert_eq!((figures, figures.in_house()), (expected, 15));
    amazon.sell_elsewhere("MUG", 10).unwrap();
    let empty = Err(MoveError::OutOfStock("MUG".into()));
    assert_eq!(amazon.sell_elsewhere("MUG", 1), empty);
    assert_eq!(amazon.damage("MUG", -1), empty);
    assert_eq!(amazon.receive("CUP", 1), Err(MoveError::UnknownSku("CUP".into())));
    assert_eq!(amazon.stock("MUG").unwrap().figures.in_house(), 5);
}

#[tokio::test]
async fn each_change_of_what_is_fulfillable_is_an_event_that_names_the_item() {
    let seller = seller().await;
    let amazon = seller.amazon();
    amazon.set_stock("MUG", 10).unwrap();
    assert!(stock_events(&seller).is_empty(), "stocking a SKU is no change");
    let (order, package) = ordered(&seller, "A", "MUG", 3).await;
    amazon.ship(&order, &package, "ups", "1Z1").unwrap();
    amazon.set_stock("MUG", 7).unwrap();
    amazon.change_stock("MUG", |item| item.figures.inbound_shipped = 3).unwrap();
    assert_eq!(stock_events(&seller).len(), 1, "held units that leave were not fulfillable");
    amazon.receive("MUG", 1).unwrap();
    let events = stock_events(&seller);
    let id = amazon.stock("MUG").unwrap().inventory_item_id;
    assert_eq!(events.len(), 2);
    assert_eq!(events[1]["resources"], json!([format!("{PREFIX}{id}")]));
    assert_eq!(
        (&events[1]["eventDescriptor"], &events[1]["data"]),
        (&json!("INVENTORY_CHANGED"), &json!({}))
    );
}

#[tokio::test]
async fn events_of_stock_can_be_lost_doubled_and_late() {
    let seller = seller().await;
    let amazon = seller.amazon();
    amazon.set_stock("MUG", 10).unwrap();
    amazon.set_stock_events(StockEventScript { lose: 1, double: 1, delay_s: 0 });
    amazon.receive("MUG", 1).unwrap();
    assert_eq!(stock_events(&seller).len(), 0);
    amazon.receive("MUG", 1).unwrap();
    let doubled = stock_events(&seller);
    assert_eq!(doubled.len(), 2);
    assert_ne!(doubled[0]["idempotencyKey"], doubled[1]["idempotencyKey"]);
    amazon.receive("MUG", 1).unwrap();
    assert_eq!(stock_events(&seller).len(), 3);
    amazon.set_stock_events(StockEventScript { delay_s: 30, ..Default::default() });
    amazon.receive("MUG", 1).unwrap();
    assert_eq!(stock_events(&seller).len(), 3);
    seller.merchant.running.sandbox.clock.advance(Duration::from_secs(30));
    assert_eq!(stock_events(&seller).len(), 4);
}

#[tokio::test]
async fn stock_is_reached_over_http() {
    let seller = seller().await;
    let control = seller.merchant.running.control_url();
    let send = async |method: reqwest::Method, path: &str, body: Value| {
        let request = seller.merchant.http.request(method, format!("{control}/amazon/{path}"));
        let answer = request.json(&body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap_or(Value::Null))
    };
    let (put, post) = (reqwest::Method::PUT, reqwest::Method::POST);
    let (get, delete) = (reqwest::Method::GET, reqwest::Method::DELETE);
    let stocked = json!({ "figures": { "fulfillable": 5, "inbound_shipped": 2 }, "external_id": "42" });
    assert_eq!(send(put.clone(), "stock/MUG%20BLUE", stocked).await.0, 200);
    let (_, item) = send(put.clone(), "stock/MUG%20BLUE", json!({ "figures": { "researching": 1 } })).await;
    assert_eq!((&item["external_id"], &item["figures"]["fulfillable"]), (&json!("42"), &json!(5)));
    assert_eq!(send(put.clone(), "stock/MUG", json!({ "figure": {} })).await.0, 422);
    assert_eq!(
        send(put.clone(), "stock/MUG%20BLUE", json!({ "figures": { "fulfillable": -1 } })).await.0,
        409
    );
    for (step, fulfillable) in
        [("receive", 7), ("damage", 5), ("sell-elsewhere", 3), ("misplace", 1), ("find", 3)]
    {
        let (_, item) = send(post.clone(), &format!("stock/MUG%20BLUE/{step}"), json!({ "units": 2 })).await;
        assert_eq!(item["figures"]["fulfillable"], fulfillable, "{step}");
    }
    assert_eq!(send(post.clone(), "stock/MUG%20BLUE/eat", json!({ "units": 2 })).await.0, 404);
    let (_, shown) = send(get.clone(), "stock/MUG%20BLUE", Value::Null).await;
    assert_eq!(shown["ordered"], json!({ "held": 0, "lagging": 0, "short": 0 }));
    assert_eq!(send(get.clone(), "stock/CUP", Value::Null).await.0, 404);
    assert_eq!(send(post.clone(), "stock-seed", json!({ "count": 3 })).await.0, 204);
    assert_eq!(send(get.clone(), "stock", Value::Null).await.1.as_array().unwrap().len(), 4);
    assert_eq!(send(delete.clone(), "stock/MUG%20BLUE", Value::Null).await.0, 200);
    assert_eq!(send(put.clone(), "stock-events", json!({ "lose": 2 })).await.0, 204);
    assert_eq!(seller.amazon().stock_events().lose, 2);

    assert_eq!(send(put, "sp-api/habits", json!({ "page_size": 2 })).await.0, 204);
    let (_, habits) = send(get, "sp-api/habits", Value::Null).await;
    assert_eq!((&habits["page_size"], &habits["rate_per_s"]), (&json!(2), &json!(2)));
    let all = amazon_support::seller::ALL;
    let fault = json!({ "page": 1, "status": 500, "times": 1 });
    assert_eq!(send(post.clone(), "sp-api/page-faults", fault.clone()).await.0, 204);
    assert_eq!([seller.ask(all).await.0, seller.ask(all).await.0], [500, 200]);
    send(post.clone(), "sp-api/page-faults", fault).await;
    assert_eq!(send(delete.clone(), "sp-api/page-faults", Value::Null).await.0, 204);
    assert_eq!(seller.ask(all).await.0, 200);
    for (path, body, status) in [
        ("sp-api/access", json!({ "denied": true }), 403),
        ("sp-api/access", json!({ "denied": false }), 200),
        ("sp-api/tokens/expire", Value::Null, 403),
        ("sp-api/tokens/revoke", Value::Null, 403),
    ] {
        assert_eq!(send(post.clone(), path, body).await.0, 204, "{path}");
        assert_eq!(seller.ask(all).await.0, status, "{path}");
    }
    let token = async || seller.request_token(&amazon_support::seller::REFRESH).await.status().as_u16();
    assert_eq!(send(delete, "sp-api/refresh-token", Value::Null).await.0, 204);
    assert_eq!(token().await, 400);
    let again = json!({ "refresh_token": "Atzr|sandbox-refresh-token" });
    assert_eq!(send(post.clone(), "sp-api/refresh-token", again).await.0, 204);
    assert_eq!(token().await, 200);
    assert_eq!(send(post, "sp-api/secret", json!({ "client_secret": "new" })).await.0, 204);
    assert_eq!(token().await, 401);
}
