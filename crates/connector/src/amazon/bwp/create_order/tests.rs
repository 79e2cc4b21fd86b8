use amz_domain::{Currency, ExecutionState, Quantity};
use amz_services::ports::amazon::{Contact, ShopperIdentity};

use super::*;

fn dollars(amount: &str) -> Money {
    Money::new(amount.parse().unwrap(), Currency::USD)
}

fn line(number: u32, delivery: Delivery) -> NewAmazonLine {
    NewAmazonLine {
        alias: format!("42:{number}").as_str().into(),
        sku: "MUG-BLUE".into(),
        title: "Blue mug".into(),
        quantity: Quantity(2),
        unit_price: dollars("19.90"),
        discount: dollars("0.10"),
        tax: dollars("12345678901234567.89"),
        delivery_charge: dollars("0.00"),
        delivery,
    }
}

fn order(lines: Vec<NewAmazonLine>, shopper_identity: Option<ShopperIdentity>) -> NewAmazonOrder {
    NewAmazonOrder {
        alias: "1234567_SB1:42".into(),
        contact: Contact { name: "Ada Lovelace".into(), email: "ada@example.com".into() },
        recipient: DeliveryAddress {
            name: "Ada Lovelace".into(),
            street: "12 Engine Street".into(),
            extended: None,
            locality: "Seattle".into(),
            region: "WA".into(),
            postal_code: "98101".into(),
            country: "US".into(),
            phone: Some("+1 206 555 0100".into()),
        },
        execution: ExecutionState::Started,
        lines,
        total: dollars("39.70"),
        page: "https://1234567-sb1.app.netsuite.com/app/accounting/transactions/salesord.nl?id=42".into(),
        shopper_identity,
    }
}

fn body(order: &NewAmazonOrder) -> serde_json::Value {
    request(order).unwrap().body
}

#[test]
fn a_multi_channel_order_is_written_as_amazon_documents() {
    let body = body(&order(vec![line(1, Delivery::MultiChannel { speed: "STANDARD".into() })], None));
    insta::assert_snapshot!("create_order_query", body["query"].as_str().unwrap());
    let expected = include_str!("../../../../fixtures/amazon/create_order_variables.json");
    assert_eq!(body["variables"], serde_json::from_str::<serde_json::Value>(expected).unwrap());
}

#[test]
fn a_prime_line_carries_its_preview_and_offer_and_the_order_the_identity() {
    let prime = Delivery::Prime { preview: "preview-1".into(), offer: "offer-1".into() };
    let identity = ShopperIdentity("shopper-token".into());
    let body = body(&order(vec![line(1, prime)], Some(identity)));
    let input = &body["variables"]["input"];
    assert_eq!(input["shopperIdentity"]["lwaAccessToken"]["value"], "shopper-token");
    assert_eq!(
        input["lineItems"][0]["selectedDeliveryOffer"]["details"],
        serde_json::json!({
            "deliveryProvider": "AMAZON",
            "deliveryTerms": { "isPrimeEligible": true },
            "deliveryPreviewId": "preview-1",
            "id": "offer-1",
        })
    );
}

#[test]
fn no_discount_and_no_charge_are_left_out_and_others_written() {
    let speed = || Delivery::MultiChannel { speed: "STANDARD".into() };
    let plain = NewAmazonLine { discount: dollars("0"), ..line(1, speed()) };
    let charged = NewAmazonLine { delivery_charge: dollars("4.99"), ..line(2, speed()) };
    let body = body(&order(vec![plain, charged], None));
    let lines = &body["variables"]["input"]["lineItems"];
    assert_eq!(lines[0].get("discounts"), None);
    assert_eq!(lines[1]["discounts"]["summary"]["amount"]["amount"].to_string(), "0.10");
    let details = |line: usize| &lines[line]["selectedDeliveryOffer"]["details"];
    assert_eq!(details(0).get("deliveryCharge"), None);
    assert_eq!(details(1)["deliveryCharge"]["amount"].to_string(), "4.99");
}

#[test]
fn debug_output_of_a_request_shows_no_identity() {
    let identity = LWAAccessTokenInput { value: "shopper-token".into() };
    assert!(!format!("{identity:?}").contains("shopper-token"));
}

#[test]
fn ids_come_back_by_our_aliases_whatever_their_order() {
    let json = include_str!("../../../../fixtures/amazon/create_order.json");
    let created = created_order(serde_json::from_str(json).unwrap()).unwrap().unwrap();
    assert_eq!(created.id.as_str(), "322-ABC1-AAAAAA");
    let lines: Vec<_> = created.lines.iter().map(|line| (line.alias.as_str(), line.id.as_str())).collect();
    assert_eq!(lines, [("42:1002", "line-b"), ("42:1001", "line-a")]);
}

#[test]
fn an_answer_without_ids_or_aliases_is_unreadable() {
    for json in [
        "{}",
        r#"{"createOrder":null}"#,
        r#"{"createOrder":{"order":{"lineItems":[]}}}"#,
        r#"{"createOrder":{"order":{"id":"322","lineItems":[{"id":"line-a","aliases":null}]}}}"#,
        r#"{"createOrder":{"order":{"id":"322","lineItems":[{"aliases":[{"aliasId":"42:1","aliasType":"OMS_LINE_ID"}]}]}}}"#,
    ] {
        assert!(created_order(serde_json::from_str(json).unwrap()).is_err(), "{json}");
    }
}
