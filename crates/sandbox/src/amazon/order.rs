//! Orders as the pretend Amazon keeps them, and as it shows them.
//!
//! Source: Buy with Prime, `order-queries-order`, `sandbox-objects-order`, `sandbox-objects-lineitem`,
//! `order-objects-packageinformationdetails`.

use chrono::{DateTime, SecondsFormat, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::cancellation::Cancellation;
use super::json::number;
use super::refund::Refund;
use super::returns::Return;
use super::tracking::Tracker;

/// An instant as Amazon writes it.
pub(crate) fn instant(at: DateTime<Utc>) -> Json {
    Json::String(at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// A merchant's own name for something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Alias {
    /// Free text, for example `OMS_ORDER_ID`.
    pub alias_type: String,
    /// The name itself.
    pub alias_id: String,
}

impl Alias {
    pub(crate) fn document(&self) -> Json {
        json!({ "aliasType": self.alias_type, "aliasId": self.alias_id })
    }
}

/// Whether Amazon may start to pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionState {
    /// On hold.
    NotStarted,
    /// Released; there is no way back.
    Started,
}

/// Where a package is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PackageState {
    /// Not shipped; may still split or be cancelled.
    Pending,
    /// With the carrier.
    InTransit,
    /// At the shopper's.
    Delivered,
    /// Will not arrive.
    Cancelled,
}

/// Why a package was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CancellationReason {
    /// Before shipping, because the shopper or the merchant asked.
    CustomerRequested,
    /// Before shipping, because Amazon could not fulfil.
    Unfulfillable,
    /// On the way, because the carrier could not deliver.
    Undeliverable,
}

/// A quantity of one order line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Amazon's line id.
    pub line_id: String,
    /// Units.
    #[serde(with = "super::json::digits")]
    pub quantity: Decimal,
}

/// One order line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Given by Amazon.
    pub id: String,
    /// Given by the merchant.
    pub aliases: Vec<Alias>,
    /// Units ordered.
    #[serde(with = "super::json::digits")]
    pub quantity: Decimal,
    /// Merchant SKU, if the product was named by one.
    pub sku: Option<String>,
    /// False for lines that the merchant ships.
    pub by_amazon: bool,
    /// True for a Prime line, false for an MCF line.
    pub prime: bool,
    /// `createdAt` of the line.
    pub created_at: DateTime<Utc>,
    /// What else `createOrder` said, in Amazon's input form.
    pub input: Json,
}

impl Line {
    /// The line with its part of the packages, as `LineItem`.
    fn document(&self, order: &Order) -> Json {
        let input = |field: &str| self.input.get(field).cloned().unwrap_or(Json::Null);
        let offer = &self.input["selectedDeliveryOffer"];
        let offer = if offer["details"].is_object() { &offer["details"] } else { &offer["summary"] };
        let packages = order.packages.iter().filter(|package| package.holds(&self.id));
        json!({
            "id": self.id,
            "aliases": aliases(&self.aliases),
            "amount": { "value": number(self.quantity), "unit": "ONE" },
            "createdAt": instant(self.created_at),
            "deliveryOffer": { "details": {
                "id": offer["id"],
                "deliveryPreviewId": offer["deliveryPreviewId"],
                "deliveryProvider": offer["deliveryProvider"],
                "deliveryTerms": offer["deliveryTerms"],
                "discounts": offer["discounts"],
                "price": offer["deliveryCharge"],
                "recipient": order.recipient_document(),
            } },
            "discounts": input("discounts"),
            "packageInformation": order.package_information(packages.collect()),
            "payments": input("payments"),
            "product": product(&self.input["product"]),
            "taxes": input("taxes"),
        })
    }

    /// The line without anything that would lead back to its order.
    pub(crate) fn reference(&self) -> Json {
        let input = |field: &str| self.input.get(field).cloned().unwrap_or(Json::Null);
        json!({
            "id": self.id,
            "aliases": aliases(&self.aliases),
            "amount": { "value": number(self.quantity), "unit": "ONE" },
            "createdAt": instant(self.created_at),
            "discounts": input("discounts"),
            "product": product(&self.input["product"]),
            "taxes": input("taxes"),
        })
    }
}

/// A group of items that travels together, as far as Amazon knows at the time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Package {
    /// Stable from shipment on; a pending package that splits gets new ones.
    pub id: String,
    /// Given by the merchant.
    pub aliases: Vec<Alias>,
    /// Where it is in its life.
    pub state: PackageState,
    /// Only when cancelled.
    pub reason: Option<CancellationReason>,
    /// What is in it.
    pub contents: Vec<Content>,
    /// Where the parcel is, once the carrier has a number for it.
    pub tracker: Option<Tracker>,
}

impl Package {
    fn holds(&self, line_id: &str) -> bool {
        self.contents.iter().any(|content| content.line_id == line_id)
    }

    fn document(&self, order: &Order) -> Json {
        json!({
            "id": self.id,
            "aliases": aliases(&self.aliases),
            "state": self.state,
            "reason": self.reason,
            "packageInformationDetailsFor": { "orderLineItemAmounts": order.amounts(&self.contents) },
            "packageTracker": self.tracker.as_ref().map(Tracker::document),
        })
    }
}

/// One order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Order {
    /// Given by Amazon.
    pub id: String,
    /// Given by the merchant; at most five, append-only.
    pub aliases: Vec<Alias>,
    /// Whether Amazon may start to pack.
    pub execution: ExecutionState,
    /// In the order in which they were sent.
    pub lines: Vec<Line>,
    /// In the order in which they came to be.
    pub packages: Vec<Package>,
    /// Wishes to cancel it, oldest first.
    pub cancellations: Vec<Cancellation>,
    /// Oldest first.
    pub returns: Vec<Return>,
    /// Oldest first.
    pub refunds: Vec<Refund>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// What else `createOrder` and `updateOrder` said, in Amazon's input form.
    pub input: Json,
}

impl Order {
    /// Whether the order carries this alias.
    pub fn has_alias(&self, alias_type: &str, alias_id: &str) -> bool {
        self.aliases.iter().any(|alias| alias.alias_type == alias_type && alias.alias_id == alias_id)
    }

    /// The order as `Order` of the GraphQL schema.
    pub fn document(&self) -> Json {
        let input = |field: &str| self.input.get(field).cloned().unwrap_or(Json::Null);
        let email = &self.input["customer"]["contact"]["emailData"];
        json!({
            "id": self.id,
            "aliases": aliases(&self.aliases),
            "cancellations": listed(self.cancellations.iter().map(|known| known.document_with_refunds(self))),
            "customer": { "contact": {
                "id": format!("contact-{}", self.id),
                "name": email["name"],
                "email": email["email"],
            } },
            "discounts": input("discounts"),
            "lineItems": self.lines.iter().map(|line| line.document(self)).collect::<Vec<_>>(),
            "metadata": {
                "createdAt": instant(self.created_at),
                "updatedAt": instant(self.updated_at),
                "executionState": self.execution,
            },
            "orderLinks": input("orderLinks"),
            "packageInformation": self.package_information(self.packages.iter().collect()),
            "payments": input("payments"),
            "recipient": self.recipient_document(),
            "refunds": self.refunds_document(),
            "returns": listed(self.returns.iter().map(|known| known.document(self))),
            "taxes": input("taxes"),
            "totalPrice": input("totalPrice"),
        })
    }

    /// Quantities per line, in Amazon's form.
    pub(crate) fn amounts(&self, contents: &[Content]) -> Vec<Json> {
        let amount = |Content { line_id, quantity }: &Content| {
            let line = self.lines.iter().find(|line| line.id == *line_id);
            json!({
                "lineItem": line.map_or(Json::Null, Line::reference),
                "amount": { "value": number(*quantity), "unit": "ONE" },
            })
        };
        contents.iter().map(amount).collect()
    }

    fn recipient_document(&self) -> Json {
        let address = &self.input["recipient"]["deliveryAddress"];
        if !address.is_object() {
            return json!({ "deliveryAddress": null });
        }
        let mut shown = address.clone();
        shown["id"] = json!(format!("address-{}", self.id));
        shown["phoneNumber"] = address["contactNumber"].clone();
        json!({ "deliveryAddress": shown })
    }

    /// `packageInformation` over the given packages: null for lines that Amazon does not ship.
    fn package_information(&self, packages: Vec<&Package>) -> Json {
        let states: Vec<PackageState> = packages.iter().map(|package| package.state).collect();
        let Some(summary) = summary_state(&states) else { return Json::Null };
        json!({
            "summary": { "state": summary },
            "details": packages.iter().map(|package| package.document(self)).collect::<Vec<_>>(),
        })
    }
}

/// Pending while anything is; otherwise in transit while anything is; otherwise delivered if anything
/// arrived; cancelled if nothing did. `None` without packages.
fn summary_state(states: &[PackageState]) -> Option<PackageState> {
    use PackageState::{Cancelled, Delivered, InTransit, Pending};
    [Pending, InTransit, Delivered, Cancelled].into_iter().find(|state| states.contains(state))
}

/// A list in its wrapper; null when there is nothing.
fn listed(documents: impl Iterator<Item = Json>) -> Json {
    let documents: Vec<Json> = documents.collect();
    if documents.is_empty() { Json::Null } else { json!({ "details": documents }) }
}

fn aliases(aliases: &[Alias]) -> Vec<Json> {
    aliases.iter().map(Alias::document).collect()
}

/// `PurchasedProductView` from its input.
fn product(input: &Json) -> Json {
    if !input.is_object() {
        return Json::Null;
    }
    let identifier = &input["identifier"];
    let wrapped = |field: &str| identifier[field].as_str().map(|value| json!({ "value": value }));
    json!({
        "productId": identifier["productId"],
        "sku": wrapped("sku"),
        "amazonSku": identifier["amazonSku"],
        "externalId": wrapped("externalId"),
        "title": input["title"],
        "price": input["price"],
    })
}

#[cfg(test)]
mod tests {
    use super::PackageState::{Cancelled, Delivered, InTransit, Pending};
    use super::*;

    #[test]
    fn the_summary_follows_the_package_that_is_least_far() {
        assert_eq!(summary_state(&[Delivered, Pending]), Some(Pending));
        assert_eq!(summary_state(&[Delivered, InTransit, Cancelled]), Some(InTransit));
        assert_eq!(summary_state(&[Cancelled, Delivered]), Some(Delivered));
        assert_eq!(summary_state(&[Cancelled, Cancelled]), Some(Cancelled));
        assert_eq!(summary_state(&[]), None);
    }
}
