//! `order`: reads an order by Amazon's id or by our alias.
//!
//! Source: Amazon pages `order-queries-order`, `sandbox-objects-order`, `sandbox-objects-lineitem`,
//! `order-objects-packageinformationdetails`.
//!
//! The query text comes from cynic. Reading does not: cynic wants every selected field in the answer, while
//! servers leave out what is null. So the same types are read by serde with a default for each field
//! (`no_deserialize`), and the mapping decides what an order cannot be without.

use amz_domain::{AmazonLine, AmazonOrder, DeliveryAddress, Package, PackageContent, Quantity, TrackerKey};
use amz_services::failure::PortError;
use cynic::QueryBuilder;
use serde::Deserialize;

use super::answer::Unreadable;
use super::call::Request;
use super::inputs::{LINE_ALIAS_TYPE, ORDER_ALIAS_TYPE, OrderIdentifierInput};
use super::scalars::Exact;
use super::schema;

/// Name of the operation in audit, logs and errors.
pub(super) const OPERATION: &str = "order";

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct Variables {
    order_identifier: OrderIdentifierInput,
}

/// The query and what comes back of it.
#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "Query", variables = "Variables", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct OrderQuery {
    #[arguments(orderIdentifier: $order_identifier)]
    order: Option<Order>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Order {
    id: Option<cynic::Id>,
    aliases: Option<Vec<Option<Alias>>>,
    metadata: Option<OrderMetadata>,
    recipient: Option<Recipient>,
    line_items: Option<Vec<Option<LineItem>>>,
    package_information: Option<PackageInformation>,
}

/// An alias as Amazon shows it.
#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Alias {
    alias_id: Option<cynic::Id>,
    alias_type: Option<String>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OrderMetadata {
    execution_state: Option<String>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Recipient {
    delivery_address: Option<ShippingAddress>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ShippingAddress {
    name: Option<String>,
    street_address: Option<String>,
    extended_address: Option<String>,
    locality: Option<String>,
    region: Option<String>,
    postal_code: Option<String>,
    country_code: Option<String>,
    phone_number: Option<String>,
}

// `product` is not asked for: Amazon's pages do not show what the output type holds, and one wrong name fails
// the whole query. Lines are known by our alias anyway.
#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LineItem {
    id: Option<cynic::Id>,
    aliases: Option<Vec<Option<Alias>>>,
    amount: Option<Amount>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Amount {
    value: Option<Exact>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PackageInformation {
    details: Option<Vec<Option<PackageInformationDetails>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PackageInformationDetails {
    id: Option<cynic::Id>,
    state: Option<String>,
    reason: Option<String>,
    package_information_details_for: Option<PackageInformationDetailsFor>,
    package_tracker: Option<PackageTracker>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PackageInformationDetailsFor {
    order_line_item_amounts: Option<Vec<Option<OrderLineItemAmount>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OrderLineItemAmount {
    line_item: Option<LineItemReference>,
    amount: Option<Amount>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "LineItem", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LineItemReference {
    id: Option<cynic::Id>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PackageTracker {
    package_tracker_identifier: Option<PackageTrackerIdentifier>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PackageTrackerIdentifier {
    tracking_number: Option<String>,
    carrier_code: Option<String>,
}

/// The request that reads an order.
pub(super) fn request(order: impl Into<OrderIdentifierInput>) -> Result<Request, PortError> {
    Request::read(OPERATION, &OrderQuery::build(Variables { order_identifier: order.into() }))
}

/// The order that was read; `None` when Amazon knows none.
pub(super) fn amazon_order(data: OrderQuery) -> Result<Option<AmazonOrder>, Unreadable> {
    let Some(order) = data.order else { return Ok(None) };
    let lines = order.line_items.unwrap_or_default().into_iter().flatten().map(amazon_line);
    let packages = order.package_information.and_then(|information| information.details);
    let packages = packages.unwrap_or_default().into_iter().flatten().map(package);
    Ok(Some(AmazonOrder {
        id: order.id.ok_or(Unreadable("order.id"))?.into_inner().into(),
        alias: alias_of(order.aliases, ORDER_ALIAS_TYPE).map(Into::into),
        execution: order.metadata.and_then(|metadata| metadata.execution_state).map(Into::into),
        recipient: order.recipient.and_then(|recipient| recipient.delivery_address).and_then(address),
        lines: lines.collect::<Result<_, _>>()?,
        packages: packages.collect::<Result<_, _>>()?,
    }))
}

/// The alias of one type among all aliases of a thing.
pub(super) fn alias_of(aliases: Option<Vec<Option<Alias>>>, alias_type: &str) -> Option<String> {
    let mut aliases = aliases.unwrap_or_default().into_iter().flatten();
    let alias = aliases.find(|alias| alias.alias_type.as_deref() == Some(alias_type))?;
    alias.alias_id.map(cynic::Id::into_inner)
}

fn amazon_line(line: LineItem) -> Result<AmazonLine, Unreadable> {
    Ok(AmazonLine {
        id: line.id.ok_or(Unreadable("order.lineItems.id"))?.into_inner().into(),
        alias: alias_of(line.aliases, LINE_ALIAS_TYPE).map(Into::into),
        sku: None,
        quantity: quantity(line.amount, "order.lineItems.amount")?,
    })
}

fn package(package: PackageInformationDetails) -> Result<Package, Unreadable> {
    let contents =
        package.package_information_details_for.and_then(|contents| contents.order_line_item_amounts);
    let contents = contents.unwrap_or_default().into_iter().flatten().map(|content| {
        let line = content.line_item.and_then(|line| line.id);
        Ok(PackageContent {
            line: line.ok_or(Unreadable("orderLineItemAmounts.lineItem.id"))?.into_inner().into(),
            quantity: quantity(content.amount, "orderLineItemAmounts.amount")?,
        })
    });
    Ok(Package {
        id: package.id.ok_or(Unreadable("packageInformation.details.id"))?.into_inner().into(),
        state: package.state.ok_or(Unreadable("packageInformation.details.state"))?.into(),
        reason: package.reason.map(Into::into),
        contents: contents.collect::<Result<_, _>>()?,
        tracker: package
            .package_tracker
            .and_then(|tracker| tracker.package_tracker_identifier)
            .and_then(tracker_key),
    })
}

/// A number without a carrier, or the other way round, names nothing yet.
fn tracker_key(identifier: PackageTrackerIdentifier) -> Option<TrackerKey> {
    Some(TrackerKey {
        carrier: filled(identifier.carrier_code)?.into(),
        number: filled(identifier.tracking_number)?.into(),
    })
}

/// An address that Amazon shows only in part cannot be compared with ours, so it counts as not shown.
fn address(address: ShippingAddress) -> Option<DeliveryAddress> {
    Some(DeliveryAddress {
        name: filled(address.name)?,
        street: filled(address.street_address)?,
        extended: filled(address.extended_address),
        locality: filled(address.locality)?,
        region: address.region.unwrap_or_default(),
        postal_code: filled(address.postal_code)?,
        country: filled(address.country_code)?,
        phone: filled(address.phone_number),
    })
}

fn quantity(amount: Option<Amount>, field: &'static str) -> Result<Quantity, Unreadable> {
    let value = amount.and_then(|amount| amount.value).ok_or(Unreadable(field))?;
    Quantity::try_from(value.0).map_err(|_| Unreadable(field))
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use amz_domain::{AmazonOrderId, ExecutionState, OrderAlias, PackageState};

    use super::*;

    fn read(json: &str) -> Result<Option<AmazonOrder>, Unreadable> {
        amazon_order(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn the_query_is_what_amazon_documents() {
        let by_id = request(&AmazonOrderId::from("322-ABC1-AAAAAA")).unwrap();
        let by_alias = request(&OrderAlias::from("1234567:42")).unwrap();
        assert_eq!(
            by_id.body["variables"].to_string(),
            r#"{"orderIdentifier":{"orderId":"322-ABC1-AAAAAA"}}"#
        );
        assert_eq!(
            by_alias.body["variables"]["orderIdentifier"]["alias"],
            serde_json::json!({ "aliasId": "1234567:42", "aliasType": "OMS_ORDER_ID" })
        );
        assert_eq!(by_id.body["query"], by_alias.body["query"]);
        insta::assert_snapshot!(by_id.body["query"].as_str().unwrap());
    }

    #[test]
    fn a_full_order_is_read() {
        let order = read(include_str!("../../../fixtures/amazon/order.json")).unwrap().unwrap();
        assert_eq!(order.id.as_str(), "322-ABC1-AAAAAA");
        assert_eq!(order.alias, Some("1234567_SB1:42".into()));
        assert_eq!(order.execution, Some(ExecutionState::Started));
        assert_eq!(order.recipient.unwrap().postal_code, "98101");
        let quantities: Vec<u32> = order.lines.iter().map(|line| line.quantity.0).collect();
        assert_eq!(quantities, [1, 2, 3], "given as 1, as 2.0 and as text");
        assert_eq!(order.lines[1].alias, Some("42:1002".into()));
        let [shipped, pending, odd] = order.packages.as_slice() else { panic!("three packages") };
        assert_eq!(shipped.tracker, Some(TrackerKey { carrier: "ups".into(), number: "1Z999".into() }));
        assert_eq!(shipped.contents[0].quantity, Quantity(1));
        assert_eq!((&pending.tracker, pending.contents.len()), (&None, 2));
        assert_eq!(odd.state, PackageState::Unknown("TELEPORTED".into()));
        assert_eq!(odd.reason.as_ref().map(|reason| reason.as_str()), Some("BEAMED_UP"));
    }

    #[test]
    fn what_amazon_leaves_out_or_gives_as_null_does_not_stop_reading() {
        let sparse = read(r#"{"order":{"id":"322"}}"#).unwrap().unwrap();
        let nulls = read(
            r#"{"order":{"id":"322","aliases":null,"metadata":null,"recipient":{"deliveryAddress":null},
                "lineItems":[null],"packageInformation":{"details":null},"novel":{"field":[1]}}}"#,
        );
        assert_eq!(nulls.unwrap().unwrap(), sparse);
        assert!(sparse.lines.is_empty() && sparse.packages.is_empty());
        assert_eq!(read("{}"), Ok(None));
        assert_eq!(read(r#"{"order":null}"#), Ok(None));
    }

    #[test]
    fn an_address_shown_in_part_counts_as_not_shown() {
        let order = read(r#"{"order":{"id":"322","recipient":{"deliveryAddress":{"postalCode":"98101"}}}}"#);
        assert_eq!(order.unwrap().unwrap().recipient, None);
    }

    #[test]
    fn an_order_without_what_identifies_it_is_unreadable() {
        for json in [
            r#"{"order":{"aliases":[]}}"#,
            r#"{"order":{"id":"322","lineItems":[{"amount":{"value":1}}]}}"#,
            r#"{"order":{"id":"322","lineItems":[{"id":"a"}]}}"#,
            r#"{"order":{"id":"322","lineItems":[{"id":"a","amount":{"value":1.5}}]}}"#,
            r#"{"order":{"id":"322","lineItems":[{"id":"a","amount":{"value":-1}}]}}"#,
            r#"{"order":{"id":"322","packageInformation":{"details":[{"id":"p"}]}}}"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
