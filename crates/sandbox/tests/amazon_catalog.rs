//! Products and their quantities over HTTP.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod amazon_support;

use amazon_support::{Merchant, merchant, refusal};
use amz_sandbox::amazon::SkuFault;
use serde_json::{Value, json};

const PRODUCT: &str = "fragment Everything on Product {
  id externalId { value } sku { value } amazonSku { value marketplaceId } title offerPrime
  inventoryItem { inventoryItemId buyableQuantity { unit amount } } buyability { status }
}";

async fn product(merchant: &Merchant, identifier: Value) -> Value {
    let query = format!(
        "query($of: ProductIdentifierInput!) {{ product(identifier: $of) {{ ...Everything }} }} {PRODUCT}"
    );
    merchant.query(&query, json!({ "of": identifier })).await
}

async fn products(merchant: &Merchant, arguments: Value) -> Value {
    let query = format!(
        "query($first: Int, $after: String, $filter: ProductsInputFilter) {{
           products(first: $first, after: $after, filter: $filter) {{
             pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
             edges {{ cursor node {{ __typename id ... on Product {{ ...Everything }} }} }}
           }}
         }} {PRODUCT}"
    );
    let answer = merchant.query(&query, arguments).await;
    match answer.get("errors") {
        Some(_) => answer,
        None => answer["data"]["products"].clone(),
    }
}

async fn inventory_item(merchant: &Merchant, id: &str) -> Value {
    let query = format!(
        "query($id: String!) {{ inventoryItem(inventoryItemId: $id) {{
           inventoryItemId buyableQuantity {{ unit amount }} product {{ ...Everything }}
         }} }} {PRODUCT}"
    );
    merchant.query(&query, json!({ "id": id })).await
}

fn skus(page: &Value) -> Vec<&str> {
    let edges = page["edges"].as_array().unwrap();
    edges.iter().map(|edge| edge["node"]["amazonSku"]["value"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_product_is_found_by_each_of_its_names() {
    let merchant = merchant().await;
    merchant
        .amazon()
        .change_stock("AMZ-MUG", |item| {
            item.product_sku = Some("MUG".into());
            item.external_id = Some("42".into());
            item.title = "Mug".into();
            item.figures.fulfillable = 3;
        })
        .unwrap();
    let item = merchant.amazon().stock("AMZ-MUG").unwrap();
    let expected = json!({
        "id": item.product_id,
        "externalId": { "value": "42" },
        "sku": { "value": "MUG" },
        "amazonSku": { "value": "AMZ-MUG", "marketplaceId": "ATVPDKIKX0DER" },
        "title": "Mug",
        "offerPrime": true,
        "inventoryItem": {
            "inventoryItemId": item.inventory_item_id, "buyableQuantity": { "unit": "UNIT", "amount": 3 },
        },
        "buyability": { "status": "BUYABLE" },
    });
    let names = [
        json!({ "productId": item.product_id }),
        json!({ "sku": "MUG" }),
        json!({ "amazonSku": { "value": "AMZ-MUG" } }),
        json!({ "externalId": "42" }),
    ];
    for name in names {
        assert_eq!(
            product(&merchant, name.clone()).await,
            json!({ "data": { "product": expected } }),
            "{name}"
        );
    }
    let unknown = product(&merchant, json!({ "sku": "CUP" })).await;
    assert_eq!(refusal(&unknown).0, "ResourceNotFoundError");
    let twice = product(&merchant, json!({ "sku": "MUG", "externalId": "42" })).await;
    assert_eq!(refusal(&twice).0, "ValidationError");

    merchant.amazon().change_stock("AMZ-MUG", |item| item.product_sku = Some("CUP".into())).unwrap();
    assert_eq!(product(&merchant, json!({ "sku": "CUP" })).await["data"]["product"]["sku"]["value"], "CUP");
    assert_eq!(merchant.amazon().remove_stock("AMZ-MUG").unwrap().product_id, item.product_id);
    let gone = product(&merchant, json!({ "externalId": "42" })).await;
    assert_eq!(refusal(&gone).0, "ResourceNotFoundError");
}

#[tokio::test]
async fn products_come_in_pages_of_twenty_at_most() {
    let merchant = merchant().await;
    merchant.amazon().seed_stock(45);
    let first = products(&merchant, json!({})).await;
    assert_eq!(skus(&first).len(), 20);
    assert_eq!(first["edges"][0]["node"]["__typename"], "Product");
    let info = &first["pageInfo"];
    assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(true), &json!(false)));
    assert_eq!(
        (&info["startCursor"], &info["endCursor"]),
        (&first["edges"][0]["cursor"], &first["edges"][19]["cursor"])
    );
    assert!(info["endCursor"].as_str().unwrap().starts_with("catalogid#"));
    let second = products(&merchant, json!({ "after": info["endCursor"] })).await;
    let third = products(&merchant, json!({ "after": second["pageInfo"]["endCursor"], "first": 20 })).await;
    assert_eq!(third["pageInfo"]["hasNextPage"], json!(false));
    let all = [skus(&first), skus(&second), skus(&third)].concat();
    assert_eq!(all, (1..=45).map(|number| format!("SEED-{number:08}")).collect::<Vec<_>>());

    let none = products(&merchant, json!({ "first": 0 })).await;
    assert_eq!((skus(&none).len(), &none["pageInfo"]["hasNextPage"]), (0, &json!(true)));
    for wrong in [json!({ "first": 21 }), json!({ "first": -1 }), json!({ "after": "elsewhere" })] {
        assert_eq!(refusal(&products(&merchant, wrong).await).0, "ValidationError");
    }
}

#[tokio::test]
async fn products_can_be_filtered_by_one_name() {
    let merchant = merchant().await;
    merchant.amazon().seed_stock(3);
    merchant.amazon().change_stock("SEED-00000002", |item| item.external_id = Some("a b".into())).unwrap();
    for filter in ["sku==SEED-00000002", "amazonSku.value=='SEED-00000002'", "externalId==\"a b\""] {
        assert_eq!(
            skus(&products(&merchant, json!({ "filter": filter })).await),
            ["SEED-00000002"],
            "{filter}"
        );
    }
    let unreadable = products(&merchant, json!({ "filter": "title=like=mug" })).await;
    assert_eq!(refusal(&unreadable), ("ValidationError", "InvalidFilter"));
}

#[tokio::test]
async fn an_inventory_item_shows_what_can_be_bought_and_its_product() {
    let merchant = merchant().await;
    merchant.amazon().set_stock("MUG", 7).unwrap();
    let id = merchant.amazon().stock("MUG").unwrap().inventory_item_id;
    assert!(id.len() <= 14);
    let answer = inventory_item(&merchant, &id).await;
    let item = &answer["data"]["inventoryItem"];
    assert_eq!(item["buyableQuantity"], json!({ "unit": "UNIT", "amount": 7 }));
    assert_eq!(
        (&item["inventoryItemId"], &item["product"]["amazonSku"]["value"]),
        (&json!(id), &json!("MUG"))
    );
    assert_eq!(refusal(&inventory_item(&merchant, "inv-9").await).0, "ResourceNotFoundError");
    assert_eq!(refusal(&inventory_item(&merchant, "inv-12345678901").await).0, "ValidationError");
}

#[tokio::test]
async fn a_sku_at_fault_leaves_a_null_quantity_beside_the_error() {
    let merchant = merchant().await;
    merchant.amazon().set_stock("MUG", 7).unwrap();
    let id = merchant.amazon().stock("MUG").unwrap().inventory_item_id;
    for (fault, code) in [
        (SkuFault::Invalid, "InvalidAmazonSkuConfiguration"),
        (SkuFault::Missing, "MissingAmazonSkuConfiguration"),
    ] {
        merchant.amazon().change_stock("MUG", |item| item.sku_fault = Some(fault)).unwrap();
        let answer = inventory_item(&merchant, &id).await;
        assert_eq!(refusal(&answer), ("ValidationError", code));
        assert_eq!(answer["errors"][0]["path"][1], "buyableQuantity");
        let item = &answer["data"]["inventoryItem"];
        assert_eq!((&item["inventoryItemId"], &item["buyableQuantity"]), (&json!(id), &Value::Null));
        assert_eq!(item["product"]["amazonSku"].is_null(), fault == SkuFault::Missing);
    }
}

#[tokio::test]
async fn fields_of_products_are_not_had_from_a_bare_node() {
    let merchant = merchant().await;
    let answer = merchant.query("{ products { edges { node { id sku { value } } } } }", json!({})).await;
    assert_eq!(refusal(&answer).0, "ValidationError");
}
