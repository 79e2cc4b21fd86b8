//! The catalogue: a product for each stocked SKU, and its quantity.
//!
//! Source: Buy with Prime, `catalog-queries-product`, `catalog-queries-products`,
//! `catalog-queries-inventoryitem`, `catalog-objects-product`. The pages leave the filter's selectors
//! open; those here are the product's own names.

use serde_json::{Value as Json, json};

use super::errors::{Class, Refusal};
use super::json::given;
use super::state::State;
use super::stock::{SkuFault, StockedItem};

/// Products on one page.
const MOST_PRODUCTS: u64 = 20;
const LONGEST_CURSOR: usize = 65_535;
const LONGEST_INVENTORY_ITEM_ID: usize = 14;
const CURSOR_PREFIX: &str = "catalogid#";

impl State {
    /// Carries out `product`.
    pub(crate) fn product(&self, identifier: &Json, marketplace_id: &str) -> Result<Json, Refusal> {
        if given(identifier, &["productId", "sku", "amazonSku", "externalId"]).len() != 1 {
            let message = "A product is named by exactly one identifier.";
            return Err(Refusal::invalid("InvalidProductIdentifier", message));
        }
        match self.stock.named_item(identifier) {
            Some(item) => Ok(product(item, marketplace_id)),
            None => Err(Refusal::new(Class::NotFound, "Product not found.")),
        }
    }

    /// Carries out `products`.
    pub(crate) fn products(&self, arguments: &Json, marketplace_id: &str) -> Result<Json, Refusal> {
        let first = match &arguments["first"] {
            Json::Null => MOST_PRODUCTS,
            wanted => wanted.as_u64().filter(|wanted| *wanted <= MOST_PRODUCTS).ok_or_else(|| {
                Refusal::invalid("InvalidPageSize", format!("first is between 0 and {MOST_PRODUCTS}."))
            })?,
        };
        let after = match arguments["after"].as_str() {
            Some(cursor) => Some(self.behind(cursor)?),
            None => None,
        };
        let filter = arguments["filter"].as_str().map(Filter::read).transpose()?;
        let wanted = |item: &&StockedItem| filter.as_ref().is_none_or(|filter| filter.fits(item));
        let mut items = self.stock.items_after(after.as_deref()).filter(wanted);
        let page: Vec<&StockedItem> =
            items.by_ref().take(usize::try_from(first).unwrap_or_default()).collect();
        let has_next = items.next().is_some();
        let cursors: Vec<String> = page.iter().map(|item| cursor(item)).collect();
        let edges: Vec<Json> = page
            .iter()
            .zip(&cursors)
            .map(|(item, cursor)| json!({ "cursor": cursor, "node": product(item, marketplace_id) }))
            .collect();
        Ok(json!({
            "pageInfo": {
                "hasNextPage": has_next,
                "hasPreviousPage": after.is_some(),
                "startCursor": cursors.first(),
                "endCursor": cursors.last(),
            },
            "edges": edges,
        }))
    }

    /// The SKU that a cursor stands for.
    fn behind(&self, cursor: &str) -> Result<String, Refusal> {
        let known = || self.stock.by_product_id(cursor.strip_prefix(CURSOR_PREFIX)?);
        match known().filter(|_| cursor.len() <= LONGEST_CURSOR) {
            Some(item) => Ok(item.sku.clone()),
            None => Err(Refusal::invalid("InvalidCursor", "The cursor is not one of this list.")),
        }
    }

    /// Carries out `inventoryItem`.
    pub(crate) fn inventory_item(&self, id: &str, marketplace_id: &str) -> Result<Json, Refusal> {
        if id.is_empty() || id.chars().count() > LONGEST_INVENTORY_ITEM_ID {
            let message = "An inventory item id has 1 to 14 characters.";
            return Err(Refusal::invalid("InvalidInventoryItemId", message));
        }
        match self.stock.by_inventory_item(id) {
            Some(item) => {
                let mut document = inventory_item(item);
                document["product"] = product(item, marketplace_id);
                Ok(document)
            }
            None => Err(Refusal::new(Class::NotFound, "Inventory item not found.")),
        }
    }
}

fn cursor(item: &StockedItem) -> String {
    format!("{CURSOR_PREFIX}{}", item.product_id)
}

/// A product, with its inventory item but without the way back from there.
fn product(item: &StockedItem, marketplace_id: &str) -> Json {
    let StockedItem { sku, product_sku, external_id, product_id, title, sku_fault, figures, .. } = item;
    let wrapped = |value: &Option<String>| value.as_ref().map(|value| json!({ "value": value }));
    let amazon_sku = match sku_fault {
        Some(SkuFault::Missing) => Json::Null,
        Some(SkuFault::Invalid) | None => json!({ "value": sku, "marketplaceId": marketplace_id }),
    };
    let buyable = figures.fulfillable > 0 && sku_fault.is_none();
    json!({
        "__typename": "Product",
        "id": product_id,
        "externalId": wrapped(external_id),
        "sku": wrapped(product_sku),
        "amazonSku": amazon_sku,
        "title": title,
        "offerPrime": true,
        "inventoryItem": inventory_item(item),
        "buyability": { "status": if buyable { "BUYABLE" } else { "NOT_BUYABLE" } },
    })
}

/// The quantity under `amount`, not `value` as elsewhere; null, with an error, when the SKU is at fault.
fn inventory_item(item: &StockedItem) -> Json {
    let id = &item.inventory_item_id;
    let refusal =
        |code, message| Refusal::invalid(code, message).with("inventoryItemId", id.as_str()).in_place();
    let quantity = match item.sku_fault {
        None => json!({ "unit": "UNIT", "amount": item.figures.fulfillable }),
        Some(SkuFault::Invalid) => {
            refusal("InvalidAmazonSkuConfiguration", "The product's Amazon SKU cannot be used.")
        }
        Some(SkuFault::Missing) => refusal("MissingAmazonSkuConfiguration", "The product has no Amazon SKU."),
    };
    json!({ "inventoryItemId": id, "buyableQuantity": quantity })
}

/// `selector==value`, the simplest sentence of RSQL.
struct Filter {
    selector: Selector,
    value: String,
}

#[derive(Clone, Copy)]
enum Selector {
    Sku,
    AmazonSku,
    ExternalId,
}

impl Filter {
    fn read(written: &str) -> Result<Self, Refusal> {
        let read = || {
            let (selector, value) = written.split_once("==")?;
            let selector = selector.trim();
            let selector = match selector.strip_suffix(".value").unwrap_or(selector) {
                "sku" => Selector::Sku,
                "amazonSku" => Selector::AmazonSku,
                "externalId" => Selector::ExternalId,
                _ => return None,
            };
            let value = value.trim();
            let unquoted = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
            let value = unquoted('"').or_else(|| unquoted('\'')).unwrap_or(value);
            Some(Self { selector, value: value.to_owned() })
        };
        read().ok_or_else(|| Refusal::invalid("InvalidFilter", "The filter cannot be read."))
    }

    fn fits(&self, item: &StockedItem) -> bool {
        let found = match self.selector {
            Selector::Sku => item.product_sku.as_ref(),
            Selector::AmazonSku => Some(&item.sku).filter(|_| item.sku_fault != Some(SkuFault::Missing)),
            Selector::ExternalId => item.external_id.as_ref(),
        };
        found == Some(&self.value)
    }
}
