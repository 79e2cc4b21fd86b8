//! `createOrder`, `updateOrder` and `order` of the pretend Amazon.

mod amazon_support;

use std::collections::BTreeSet;

use amazon_support::{
    alias, mcf_line, merchant, merchant_with, number, order, order_of, prime_line, refusal,
};
use amz_sandbox::amazon::{AmazonSettings, DeliveryPreview};
use serde_json::{Value, json};

#[tokio::test]
async fn an_order_starts_with_one_pending_package_over_all_amazon_lines() {
    let merchant = merchant().await;
    let mut own = mcf_line("A:3", "SKU-3", 1);
    own["selectedDeliveryOffer"] = json!({ "summary": { "deliveryProvider": "MERCHANT" } });
    let lines = vec![mcf_line("A:1", "SKU-1", 2), mcf_line("A:2", "SKU-2", 1), own];
    let created = merchant.created(&order_of("A", lines)).await;
    assert_eq!(created["metadata"]["executionState"], "STARTED");
    assert_eq!(created["packageInformation"]["summary"]["state"], "PENDING");
    let packages = created["packageInformation"]["details"].as_array().unwrap();
    let covered = packages[0]["packageInformationDetailsFor"]["orderLineItemAmounts"].as_array().unwrap();
    let ids: Vec<_> = covered.iter().map(|amount| &amount["lineItem"]["id"]).collect();
    assert_eq!(
        (packages.len(), ids),
        (1, vec![&created["lineItems"][0]["id"], &created["lineItems"][1]["id"]])
    );
    assert_eq!(created["lineItems"][2]["packageInformation"], Value::Null);
    let by_alias = merchant.look_up(json!({ "alias": alias("OMS_ORDER_ID", "A") })).await;
    assert_eq!(by_alias["data"]["order"], created);
}

#[tokio::test]
async fn amounts_come_back_with_the_digits_they_were_sent_with() {
    let merchant = merchant().await;
    let mut input = order("A");
    input["totalPrice"]["value"]["amount"] = number("12345678901234567.89");
    input["lineItems"][0]["product"]["price"]["amount"] = number("0.10");
    let created = merchant.created(&input).await;
    let found = merchant.look_up(json!({ "orderId": created["id"] })).await["data"]["order"].clone();
    for order in [&created, &found] {
        assert_eq!(order["totalPrice"]["value"]["amount"].to_string(), "12345678901234567.89");
        assert_eq!(order["lineItems"][0]["product"]["price"]["amount"].to_string(), "0.10");
    }
    let literal =
        "mutation { updateOrder(orderIdentifier: { alias: { aliasType: \"OMS_ORDER_ID\", aliasId: \"A\" } },
        input: { totalPrice: { value: { amount: 19.90, currencyCode: \"USD\" } } })
        { order { totalPrice { value { amount } } } } }";
    let answer = merchant.query(literal, json!({})).await;
    let amount = &answer["data"]["updateOrder"]["order"]["totalPrice"]["value"]["amount"];
    assert_eq!(amount.to_string(), "19.90", "{answer}");
}

#[tokio::test]
async fn an_alias_of_an_order_or_a_line_is_used_once_in_the_store() {
    let merchant = merchant().await;
    merchant.created(&order("A")).await;
    let again = merchant.create(&order("A")).await;
    assert_eq!(refusal(&again), ("ConflictError", "AliasValueAlreadyExists"));
    assert_eq!(again["data"]["createOrder"], Value::Null);
    assert_eq!(again["errors"][0]["path"], json!(["createOrder"]));
    let same_line = order_of("B", vec![mcf_line("A:1", "SKU-1", 1)]);
    assert_eq!(refusal(&merchant.create(&same_line).await).0, "ConflictError");
    assert_eq!(merchant.amazon().orders_with_alias("OMS_ORDER_ID", "A"), 1);
}

#[tokio::test]
async fn incomplete_or_impossible_orders_are_refused() {
    let merchant = merchant().await;
    let changed = |path: &str, value: Value| {
        let mut input = order("A");
        *input.pointer_mut(path).unwrap() = value;
        input
    };
    let line = "/lineItems/0";
    let address = "/recipient/deliveryAddress";
    let cases = [
        (changed(&format!("{line}/product"), Value::Null), "MissingProduct"),
        (changed(&format!("{line}/product/title"), json!("")), "MissingProduct"),
        (changed(&format!("{line}/product/price"), Value::Null), "MissingProduct"),
        (changed(&format!("{line}/product/identifier"), json!({})), "MissingProduct"),
        (
            changed(&format!("{line}/product/identifier"), json!({ "sku": "S", "productId": "P" })),
            "InvalidProductIdentifier",
        ),
        (
            changed(&format!("{line}/product/identifier/sku"), json!("S".repeat(256))),
            "InvalidProductIdentifier",
        ),
        (changed(&format!("{line}/amount/value"), json!(0)), "InvalidAmount"),
        (changed(&format!("{line}/amount/value"), number("1.5")), "InvalidAmount"),
        (changed(&format!("{line}/selectedDeliveryOffer/details"), Value::Null), "InvalidDeliveryOffer"),
        (
            changed(
                &format!("{line}/selectedDeliveryOffer/details/deliveryTerms/deliverySpeed"),
                json!("WARP"),
            ),
            "InvalidDeliverySpeed",
        ),
        (changed("/lineItems", json!([])), "MissingLineItems"),
        (changed(&format!("{address}/locality"), Value::Null), "InvalidAddress"),
        (changed("/recipient", Value::Null), "InvalidAddress"),
        (changed(&format!("{address}/countryCode"), json!("CA")), "InvalidDestination"),
        (changed(&format!("{address}/region"), json!("PR")), "InvalidDestination"),
        (changed("/customer/contact/emailData/email", json!("nobody")), "InvalidEmail"),
        (changed("/orderLinks/0/url", json!("not a url")), "InvalidOrderLink"),
    ];
    for (input, code) in cases {
        assert_eq!(refusal(&merchant.create(&input).await), ("ValidationError", code));
    }
    assert!(merchant.amazon().orders().is_empty());
}

#[tokio::test]
async fn limits_on_lines_aliases_and_links_hold() {
    let merchant = merchant().await;
    let mcf = |count: u32| (0..count).map(|n| mcf_line(&format!("L:{n}"), "SKU-1", 1)).collect::<Vec<_>>();
    let prime = |count: u32| (0..count).map(|n| prime_line(&format!("P:{n}"), "SKU-1"));
    let with_identity = |lines: Vec<Value>| {
        let mut input = order_of("A", lines);
        input["shopperIdentity"] = json!({ "lwaAccessToken": { "value": "token" } });
        input
    };
    let mut six_aliases = order("A");
    six_aliases["aliases"] = (0..6).map(|n| alias("T", &n.to_string())).collect();
    let mut six_links = order("A");
    let link = six_links["orderLinks"][0].clone();
    six_links["orderLinks"] = json!(vec![link; 6]);
    let cases = [
        (order_of("A", mcf(21)), "LineItemLimitExceeded"),
        (with_identity(prime(21).collect()), "PrimeLineItemLimitExceeded"),
        (with_identity(mcf(20).into_iter().chain(prime(21)).collect()), "LineItemLimitExceeded"),
        (six_aliases, "AliasLimitExceeded"),
        (six_links, "OrderLinkLimitExceeded"),
    ];
    for (input, code) in cases {
        assert_eq!(refusal(&merchant.create(&input).await), ("ValidationError", code));
    }
    merchant.created(&with_identity(mcf(20).into_iter().chain(prime(20)).collect())).await;
}

#[tokio::test]
async fn a_prime_line_needs_a_preview_that_it_agrees_with_and_an_identity() {
    let preview = DeliveryPreview {
        id: "preview-1".into(),
        offer_id: "offer-1".into(),
        sku: "SKU-1".into(),
        postal_code: "62701".into(),
    };
    let merchant = merchant_with(AmazonSettings { previews: vec![preview], ..Default::default() }).await;
    let mut input = order_of("A", vec![prime_line("A:1", "SKU-1")]);
    assert_eq!(refusal(&merchant.create(&input).await).1, "MissingShopperIdentity");
    input["shopperIdentity"] = json!({ "lwaAccessToken": { "value": "token" } });
    let mut without = input.clone();
    without["lineItems"][0]["selectedDeliveryOffer"]["details"]["deliveryPreviewId"] = Value::Null;
    assert_eq!(refusal(&merchant.create(&without).await).1, "MissingDeliveryPreview");
    let mut elsewhere = input.clone();
    elsewhere["recipient"]["deliveryAddress"]["postalCode"] = json!("10001");
    assert_eq!(refusal(&merchant.create(&elsewhere).await).1, "AddressMismatch");
    let other = order_of("B", vec![prime_line("B:1", "SKU-2")]);
    let other = json!({ "shopperIdentity": input["shopperIdentity"] }).as_object().unwrap().iter().fold(
        other,
        |mut order, (name, value)| {
            order[name] = value.clone();
            order
        },
    );
    assert_eq!(refusal(&merchant.create(&other).await).1, "DeliveryPreviewMismatch");
    let created = merchant.created(&input).await;
    let terms = &created["lineItems"][0]["deliveryOffer"]["details"]["deliveryTerms"];
    assert_eq!(terms["isPrimeEligible"], true);
}

#[tokio::test]
async fn an_unknown_sku_is_refused_when_the_catalogue_is_known() {
    let known_skus = Some(BTreeSet::from(["SKU-1".to_owned()]));
    let merchant = merchant_with(AmazonSettings { known_skus, ..Default::default() }).await;
    merchant.created(&order("A")).await;
    let unknown = order_of("B", vec![mcf_line("B:1", "SKU-9", 1)]);
    assert_eq!(refusal(&merchant.create(&unknown).await).1, "InvalidAmazonSkuConfiguration");
}

#[tokio::test]
async fn an_unknown_order_is_null_with_an_error() {
    let merchant = merchant().await;
    for identifier in [json!({ "orderId": "none" }), json!({ "alias": alias("OMS_ORDER_ID", "none") })] {
        let answer = merchant.look_up(identifier).await;
        assert_eq!(answer["data"], json!({ "order": null }));
        assert_eq!(refusal(&answer).0, "ResourceNotFoundError");
    }
    let both = json!({ "orderId": "none", "alias": alias("OMS_ORDER_ID", "none") });
    assert_eq!(refusal(&merchant.look_up(both).await).0, "ValidationError");
}

#[tokio::test]
async fn updates_append_aliases_release_the_order_and_replace_totals() {
    let merchant = merchant().await;
    let mut input = order("A");
    input.as_object_mut().unwrap().remove("desiredExecutionState");
    let created = merchant.created(&input).await;
    assert_eq!(created["metadata"]["executionState"], "NOT_STARTED");
    let change = json!({
        "aliases": [alias("OMS_ORDER_ID", "A"), alias("SHOP", "1001")],
        "desiredExecutionState": "STARTED",
        "totalPrice": { "value": { "amount": number("41.00"), "currencyCode": "USD" } },
        "taxes": { "summary": { "collectableTaxAmount": { "amount": number("1.20"), "currencyCode": "USD" } } },
        "orderLinks": [{ "destinationType": "EXTERNAL_ORDER_TRACKING", "url": "https://erp.example/2" }],
        "lineItems": [{
            "lineItemId": { "lineItemId": created["lineItems"][0]["id"] },
            "aliases": [alias("SHOP_LINE", "1001-1")],
        }],
    });
    let answer = merchant.update(&created["id"], change).await;
    let updated = &answer["data"]["updateOrder"]["order"];
    assert_eq!(updated["metadata"]["executionState"], "STARTED", "{answer}");
    assert_eq!(updated["aliases"], json!([alias("OMS_ORDER_ID", "A"), alias("SHOP", "1001")]));
    assert_eq!(updated["totalPrice"]["value"]["amount"].to_string(), "41.00");
    assert_eq!(updated["taxes"]["summary"]["collectableTaxAmount"]["amount"].to_string(), "1.20");
    assert_eq!(updated["orderLinks"].as_array().unwrap().len(), 2);
    assert_eq!(updated["lineItems"][0]["aliases"].as_array().unwrap().len(), 2);
    let by_new_alias = merchant.look_up(json!({ "alias": alias("SHOP", "1001") })).await;
    assert_eq!(by_new_alias["data"]["order"]["id"], created["id"]);
}

#[tokio::test]
async fn updates_that_would_take_something_back_are_refused_as_a_whole() {
    let merchant = merchant().await;
    let created = merchant.created(&order("A")).await;
    merchant.created(&order("B")).await;
    let cases = [
        (json!({ "aliases": [alias("NEW", "1"), alias("OMS_ORDER_ID", "C")] }), "AliasUpdateNotSupported"),
        (json!({ "aliases": [alias("OTHER", "B"), alias("OMS_LINE_ID", "B:1")] }), "AliasValueAlreadyExists"),
        (json!({ "desiredExecutionState": "NOT_STARTED" }), "InvalidExecutionStateTransition"),
        (json!({ "lineItems": [{ "lineItemId": { "lineItemId": "none" } }] }), "ItemDoesNotExist"),
        (
            json!({ "aliases": (0..5).map(|n| alias(&format!("T{n}"), "1")).collect::<Vec<_>>() }),
            "AliasLimitExceeded",
        ),
    ];
    for (change, code) in cases {
        let answer = merchant.update(&created["id"], change).await;
        assert_eq!(refusal(&answer).1, code, "{answer}");
    }
    let unchanged = merchant.look_up(json!({ "orderId": created["id"] })).await;
    assert_eq!(unchanged["data"]["order"], created);
}
