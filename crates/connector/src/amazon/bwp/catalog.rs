//! Products of the catalogue, however they are reached.
//!
//! Source: Amazon page `catalog-objects-product`. For how answers are read see [`super::order`].

use amz_domain::InventoryItemId;
use amz_services::failure::PortError;
use amz_services::ports::AmazonCatalog;
use amz_services::ports::stock::{CatalogPage, CatalogProduct};
use async_trait::async_trait;
use serde::Deserialize;

use super::{BuyWithPrime, inventory_item, products, schema, unreadable};

/// What names a product.
#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Product {
    external_id: Option<TextValue>,
    sku: Option<TextValue>,
    amazon_sku: Option<AmazonSku>,
    inventory_item: Option<InventoryItemReference>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TextValue {
    value: Option<String>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AmazonSku {
    value: Option<String>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "InventoryItem", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct InventoryItemReference {
    inventory_item_id: Option<String>,
}

#[async_trait]
impl AmazonCatalog for BuyWithPrime {
    async fn product_of(&self, item: &InventoryItemId) -> Result<Option<CatalogProduct>, PortError> {
        let product = self.0.run(&inventory_item::request(item)?, inventory_item::product).await?;
        // the product is that of the item that was asked for, whether it says so or not
        Ok(product.map(|product| CatalogProduct { inventory_item: Some(item.clone()), ..product }))
    }

    async fn products(&self, after: Option<String>) -> Result<CatalogPage, PortError> {
        let page = self.0.run(&products::request(after.clone())?, products::page).await?;
        // a page that leads to itself would be read for ever
        page.filter(|page| page.after.is_none() || page.after != after)
            .ok_or_else(|| unreadable(products::OPERATION))
    }
}

/// A product. Its Amazon SKU counts; where it shows none, the merchant's own SKU is the same.
pub(super) fn catalog_product(product: Product) -> CatalogProduct {
    let Product { external_id, sku, amazon_sku, inventory_item } = product;
    let sku = amazon_sku.and_then(|sku| filled(sku.value)).or_else(|| filled(sku?.value));
    CatalogProduct {
        inventory_item: inventory_item.and_then(|item| filled(item.inventory_item_id)).map(Into::into),
        sku: sku.map(Into::into),
        external_id: external_id.and_then(|id| filled(id.value)),
    }
}

/// SKUs are compared byte for byte, so nothing is cut off them.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(product: Value) -> CatalogProduct {
        catalog_product(serde_json::from_value(product).unwrap())
    }

    #[test]
    fn the_sku_is_amazons_and_else_the_merchants() {
        let skus = |amazon: Value, own: Value| read(json!({"amazonSku": amazon, "sku": own})).sku;
        let (amazon, own) = (json!({"value": "AMZ-MUG"}), json!({"value": "MUG"}));
        assert_eq!(skus(amazon.clone(), own.clone()), Some("AMZ-MUG".into()));
        for none in [json!(null), json!({}), json!({"value": null}), json!({"value": " "})] {
            assert_eq!(skus(none.clone(), own.clone()), Some("MUG".into()), "{none}");
            assert_eq!(skus(none.clone(), none.clone()), None, "{none}");
        }
    }

    #[test]
    fn what_a_product_does_not_show_is_none() {
        let nothing = CatalogProduct { inventory_item: None, sku: None, external_id: None };
        assert_eq!(read(json!({})), nothing);
        let product = read(json!({
            "externalId": {"value": "301"},
            "inventoryItem": {"inventoryItemId": "inv-1"},
            "title": "Blue mug",
        }));
        assert_eq!(
            (product.external_id.as_deref(), product.inventory_item),
            (Some("301"), Some("inv-1".into()))
        );
    }
}
