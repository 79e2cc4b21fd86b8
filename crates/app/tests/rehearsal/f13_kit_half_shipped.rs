//! F-13: the kit that shipped by half.

use amz_sandbox::amazon::{CancellationReason, Order};
use amz_sandbox::netsuite::BillKind;
use amz_services::parking::Parked;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::goods::{arrive, authorizations, new_return, packages, stage};
use crate::orders::{decimal, fulfilled, line, order_of, pending, units};
use crate::stage::Stage;

const PARTS: [(&str, &str); 1] = [("MAPPING__KITS", "as_parts")];

/// Two kits of two P and one Q each, and a thing that is no kit. Amazon has them as lines P, Q and the thing.
async fn two_kits(stage: &Stage) -> (u64, Order) {
    for (id, name) in [(201, "P"), (202, "Q")] {
        stage.netsuite().put_item(&json!({"id": id, "itemId": name})).unwrap();
    }
    let members = json!([
        {"item": {"id": "201"}, "quantity": 2},
        {"item": {"id": "202"}, "quantity": 1},
    ]);
    let kit = json!({"id": 300, "itemId": "K", "itemType": "Kit", "member": {"items": members}});
    stage.netsuite().put_item(&kit).unwrap();
    let mut order = order_of("SO-1", &[(300, 2, "25.00"), (101, 1, "5.00")]);
    order["item"]["items"][0]["itemType"] = json!({"id": "Kit"});
    let id = stage.enter_one(order);
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    let lines: Vec<_> =
        amazon.lines.iter().map(|line| (line.sku.as_deref().unwrap(), line.quantity)).collect();
    assert_eq!(lines, [("P", Decimal::from(4)), ("Q", Decimal::TWO), ("SKU-101", Decimal::ONE)]);
    (id, amazon)
}

/// What is parked about a subject of an order.
async fn parked_about(stage: &Stage, id: u64, subject: &str) -> Option<Parked> {
    let all = stage.parked().await;
    all.into_iter().find(|parked| parked.key == Stage::lane(id) && parked.subject.starts_with(subject))
}

#[tokio::test]
async fn f13_one_kit_is_fulfilled_and_the_other_is_parked_with_its_loose_parts() {
    let stage = stage(&PARTS).await;
    let (id, amazon) = two_kits(&stage).await;
    let parts = vec![
        vec![units(&amazon, 0, 4), units(&amazon, 1, 1), units(&amazon, 2, 1)],
        vec![units(&amazon, 1, 1)],
    ];
    let parts = stage.amazon().split(&amazon.id, &pending(&amazon).id, parts).unwrap();
    stage.amazon().ship(&amazon.id, &parts[0], "ups", "1Z-HALF").unwrap();
    stage.amazon().cancel_package(&amazon.id, &parts[1], CancellationReason::Unfulfillable).unwrap();
    stage.settle().await;

    let fulfillments = stage.fulfillments(id);
    assert_eq!(fulfillments.len(), 1);
    assert_eq!(fulfilled(&fulfillments[0]), [(1, Decimal::ONE), (2, Decimal::ONE)]);
    let order = stage.sales_order(id);
    assert_eq!(line(&order, 0)["isClosed"], json!(false), "a person decides what becomes of the other kit");
    let parked = parked_about(&stage, id, "kit/").await.unwrap();
    assert_eq!((parked.subject.as_str(), parked.reason.code.as_str()), ("kit/1", "kit_incomplete"));
    let cause = &parked.reason.cause;
    for told in ["1 of 2 kits of line 1", "2 × P are at the shopper", "cancelled 1 × Q", "no further kit"] {
        assert!(cause.contains(told), "{told}: {cause}");
    }
    assert_eq!(stage.parked_codes(id).await, ["kit_incomplete"]);

    // the same again changes nothing, and a person who closes the line has dealt with it
    for event in ["PACKAGE_DELIVERY_IN_TRANSIT", "PACKAGE_DELIVERY_CANCELLED"] {
        stage.repeat_event(event, &format!("{event}-again")).await;
    }
    stage.settle().await;
    assert_eq!((stage.fulfillments(id), stage.count("cancelOrder")), (fulfillments, 0));
    stage.advance(std::time::Duration::from_secs(5));
    stage.netsuite().close_lines("salesOrder", id, &[1]).unwrap();
    stage.settle().await;
    assert_eq!((stage.parked().await, stage.count("cancelOrder")), (Vec::new(), 0));
}

#[tokio::test]
async fn f13_a_kit_whose_parts_leave_one_after_the_other_is_fulfilled_by_the_last_of_them() {
    let stage = stage(&PARTS).await;
    let (id, amazon) = two_kits(&stage).await;
    let parts = vec![
        vec![units(&amazon, 0, 4)],
        vec![units(&amazon, 1, 1), units(&amazon, 2, 1)],
        vec![units(&amazon, 1, 1)],
    ];
    let parts = stage.amazon().split(&amazon.id, &pending(&amazon).id, parts).unwrap();
    let kits = |stage: &Stage| -> Vec<Decimal> {
        let all = stage.fulfillments(id);
        let of_kit = |one: &Value| fulfilled(one).into_iter().find(|(number, _)| *number == 1);
        all.iter().filter_map(of_kit).map(|(_, kits)| kits).collect()
    };
    let expected = [vec![], vec![Decimal::ONE], vec![Decimal::ONE, Decimal::ONE]];
    for (step, (package, expected)) in parts.iter().zip(expected).enumerate() {
        stage.amazon().ship(&amazon.id, package, "ups", &format!("1Z-PART-{step}")).unwrap();
        stage.settle().await;
        assert_eq!(kits(&stage), expected, "after package {step}");
        let parked = parked_about(&stage, id, "kit/").await;
        assert_eq!(parked.is_some(), step < 2, "after package {step}: {parked:?}");
        assert!(parked.is_none_or(|parked| parked.reason.cause.contains("more can become whole")));
    }
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn f13_one_part_that_comes_back_is_neither_taken_back_nor_credited_as_a_kit() {
    // this Amazon asks for a refund when the part arrives
    let stage = Stage::with(&PARTS).await;
    let (id, amazon) = two_kits(&stage).await;
    stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", "1Z-KITS").unwrap();
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
    stage.netsuite().bill(id, BillKind::Invoice, &[]).unwrap();
    let new = new_return(&[units(&amazon, 1, 1)], Vec::new());
    let back = stage.amazon().start_return(&amazon.id, new).unwrap();
    arrive(&stage, &amazon.id, &back, &packages(&stage, &amazon.id, &back)[0]);
    stage.settle().await;
    let mut codes = stage.parked_codes(id).await;
    codes.sort();
    assert_eq!(codes, ["refund_of_kit_part", "return_of_kit_part"]);
    let parked = parked_about(&stage, id, &format!("return/{back}")).await.unwrap();
    assert!(parked.reason.cause.contains("one part of the kit on line 1"), "{parked:?}");
    assert_eq!(authorizations(&stage, id), Vec::<Value>::new());
    assert_eq!((stage.netsuite().count("creditMemo"), stage.netsuite().count("cashRefund")), (0, 0));
    assert_eq!(stage.count("updateOrder"), 0, "nothing is reported that did not happen");

    // the other line is no kit: its return and its refund go on all the same
    let new = new_return(&[units(&amazon, 2, 1)], Vec::new());
    let other = stage.amazon().start_return(&amazon.id, new).unwrap();
    arrive(&stage, &amazon.id, &other, &packages(&stage, &amazon.id, &other)[0]);
    stage.settle().await;
    assert_eq!(authorizations(&stage, id).len(), 1);
    let credits = stage.netsuite().documents("creditMemo");
    assert_eq!(credits.len(), 1);
    assert_eq!(crate::goods::lines(&credits[0], &amazon), [(3, Decimal::ONE)]);
    assert_eq!(decimal(&credits[0], "total"), Decimal::from(5));
}
