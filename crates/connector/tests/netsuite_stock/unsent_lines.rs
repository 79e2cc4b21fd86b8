//! Units of orders that Amazon does not have yet.

use amz_connector::netsuite::AmazonLineRules;
use amz_sandbox::{CallSelector, Fault};
use amz_services::failure::Failure;
use amz_services::ports::StockItems;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::netsuite_support::{World, order, token_based};
use crate::setup::{item, put, stock, units};

fn flagged(changes: impl FnOnce(&mut Value)) -> Value {
    let mut order = order();
    order["item"]["items"][0]["custcol_amz_fulfill"] = json!(true);
    changes(&mut order);
    order
}

async fn unsent(world: &World) -> Vec<(String, String, Decimal)> {
    let lines = world.netsuite.unsent(&[]).await.unwrap();
    let line = |line: amz_services::ports::stock::UnsentLine| {
        (line.sales_order.as_str().to_owned(), line.item.as_str().to_owned(), line.quantity)
    };
    lines.into_iter().map(line).collect()
}

async fn world_of_orders(rules: AmazonLineRules, page_size: u32) -> (World, [u64; 2]) {
    let world = World::with(token_based(), |settings| {
        stock(settings).amazon_lines = rules;
        settings.page_size = page_size;
        settings.go_live = Some("2026-03-01T00:00:00Z".parse().unwrap());
    });
    let world = world.await;
    let goods = |name: &str| put(&world, json!({"itemId": name, "itemType": "InvtPart"}));
    let ids = [goods("MUG"), goods("PLATE")];
    put(&world, json!({"itemId": "ENGRAVING", "itemType": "Service"}));
    (world, ids)
}

#[tokio::test]
async fn open_flagged_lines_of_approved_orders_that_amazon_does_not_have_are_unsent() {
    let rules = AmazonLineRules { line_flag: true, ..AmazonLineRules::default() };
    let (world, [mug, _]) = world_of_orders(rules, 1).await;
    let line = |order: &mut Value, name: &str, value: Value| order["item"]["items"][0][name] = value;
    let orders = world.load(vec![
        flagged(|_| ()),
        flagged(|order| line(order, "quantityFulfilled", json!(1))),
        flagged(|order| line(order, "isClosed", json!(true))),
        flagged(|order| line(order, "custcol_amz_line_id", json!("L1"))),
        flagged(|order| line(order, "custcol_amz_fulfill", json!(false))),
        flagged(|order| order["status"] = json!({"id": "A"})),
        flagged(|order| order["createdDate"] = json!("2026-02-27T17:00:00Z")),
        flagged(|order| order["custbody_amz_order_id"] = json!("322-1")),
    ]);
    let of = |order: u64, quantity: &str| (order.to_string(), mug.to_string(), units(quantity));
    let expected = [of(orders[0], "3"), of(orders[1], "2"), of(orders[7], "3")];
    assert_eq!(unsent(&world).await, expected, "an order that Amazon has may have got a new line");
    assert_eq!(world.count("suiteql"), 3, "one line per page");
}

#[tokio::test]
async fn lines_that_a_timed_out_query_hides_are_not_taken_for_none() {
    let rules = AmazonLineRules { line_flag: true, ..AmazonLineRules::default() };
    let (world, _) = world_of_orders(rules, 1000).await;
    assert_eq!(unsent(&world).await, []);
    assert_eq!(world.count("suiteql"), 2, "no lines are counted to be sure");
    world.load(vec![flagged(|_| ())]);
    // the lines do not come, then neither does their number
    for empty in [1, 2] {
        world.fault("suiteql", CallSelector::First(empty), Fault::EmptyAnswer);
        let error = world.netsuite.unsent(&[]).await.unwrap_err();
        assert_eq!((error.failure, error.code.as_str()), (Failure::Unavailable, "empty_answer"));
        world.sandbox().faults.clear();
    }
    assert_eq!(unsent(&world).await.len(), 1);
}

#[tokio::test]
async fn lines_are_amazons_by_their_location_or_else_by_the_orders() {
    let rules = AmazonLineRules { location: Some("7".into()), ..AmazonLineRules::default() };
    let (world, [mug, plate]) = world_of_orders(rules, 1000).await;
    let elsewhere = |order: &mut Value| order["location"] = json!({"id": "8"});
    let orders = world.load(vec![
        // the second line stands elsewhere, the service is no goods
        flagged(|order| order["item"]["items"][1]["location"] = json!({"id": "8"})),
        flagged(elsewhere),
        flagged(|order| {
            elsewhere(order);
            order["item"]["items"][1]["location"] = json!({"id": "7"});
        }),
    ]);
    let expected = [
        (orders[0].to_string(), mug.to_string(), units("3")),
        (orders[2].to_string(), plate.to_string(), units("2")),
    ];
    assert_eq!(unsent(&world).await, expected);
}

#[tokio::test]
async fn lines_are_amazons_by_the_orders_sales_channel() {
    let rules = AmazonLineRules { sales_channels: ["3".into()].into(), ..AmazonLineRules::default() };
    let (world, [_, plate]) = world_of_orders(rules, 1000).await;
    let orders = world.load(vec![
        flagged(|order| order["salesChannel"] = json!({"id": "3"})),
        flagged(|order| order["salesChannel"] = json!({"id": "4"})),
        flagged(|_| ()),
    ]);
    let found: Vec<String> = unsent(&world).await.into_iter().map(|(order, ..)| order).collect();
    assert_eq!(found, [orders[0].to_string(), orders[0].to_string()], "both goods lines");
    let of_one = world.netsuite.unsent(&[item(plate)]).await.unwrap();
    let of_one: Vec<&str> = of_one.iter().map(|line| line.item.as_str()).collect();
    assert_eq!(of_one, [plate.to_string()]);
}

#[tokio::test]
async fn without_a_rule_no_line_is_amazons_and_nothing_is_asked() {
    let (world, _) = world_of_orders(AmazonLineRules::default(), 1000).await;
    world.load(vec![flagged(|_| ())]);
    assert_eq!(unsent(&world).await, []);
    assert_eq!(world.count("suiteql"), 0);
}
