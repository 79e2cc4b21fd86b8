//! `inventoryItem`: the product of what is stocked under one SKU.
//!
//! Source: Amazon pages `catalog-queries-inventoryitem`, `inventory_changed`. The quantity is asked for only because
//! Amazon says with it whether the product's Amazon SKU is missing or wrong (`MissingAmazonSkuConfiguration`,
//! `InvalidAmazonSkuConfiguration`).

use amz_domain::InventoryItemId;
use amz_services::failure::PortError;
use amz_services::ports::stock::CatalogProduct;
use cynic::QueryBuilder;
use serde::Deserialize;

use super::answer::Unreadable;
use super::call::Request;
use super::catalog::{Product, catalog_product};
use super::schema;

/// Name of the operation in audit, logs and errors.
const OPERATION: &str = "inventoryItem";

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct Variables {
    inventory_item_id: String,
}

/// The query and what comes back of it.
#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "Query", variables = "Variables", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct InventoryItemQuery {
    #[arguments(inventoryItemId: $inventory_item_id)]
    inventory_item: Option<InventoryItem>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct InventoryItem {
    #[allow(dead_code, reason = "selected for the errors that stand beside it")]
    buyable_quantity: Option<BuyableQuantity>,
    product: Option<Product>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct BuyableQuantity {
    #[allow(dead_code, reason = "selected because GraphQL has no empty selection")]
    unit: Option<String>,
}

/// The request that reads the product of a stocked item.
pub(super) fn request(item: &InventoryItemId) -> Result<Request, PortError> {
    let variables = Variables { inventory_item_id: item.as_str().to_owned() };
    Request::read(OPERATION, &InventoryItemQuery::build(variables))
}

/// The product that was read; `None` when Amazon knows no such item, or shows no product of it.
pub(super) fn product(data: InventoryItemQuery) -> Result<Option<CatalogProduct>, Unreadable> {
    Ok(data.inventory_item.and_then(|item| item.product).map(catalog_product))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(data: Value) -> Option<CatalogProduct> {
        product(serde_json::from_value(data).unwrap()).unwrap()
    }

    #[test]
    fn the_query_is_what_amazon_documents() {
        let request = request(&"inv-1".into()).unwrap();
        assert_eq!(request.body["variables"], json!({"inventoryItemId": "inv-1"}));
        insta::assert_snapshot!(request.body["query"].as_str().unwrap());
    }

    #[test]
    fn a_stocked_item_names_its_product() {
        let product = read(json!({"inventoryItem": {
            "buyableQuantity": {"unit": "COUNT"},
            "product": {"externalId": {"value": "301"}, "amazonSku": {"value": "AMZ-MUG"}},
        }}));
        assert_eq!(product.unwrap().sku, Some("AMZ-MUG".into()));
    }

    #[test]
    fn an_item_that_amazon_does_not_know_or_show_has_no_product() {
        for data in [json!({}), json!({"inventoryItem": null}), json!({"inventoryItem": {"product": null}})] {
            assert_eq!(read(data.clone()), None, "{data}");
        }
    }
}
