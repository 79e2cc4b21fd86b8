//! `order`: reads an order by Amazon's id, by our alias or by one of somebody else.
//!
//! Source: Amazon pages `order-queries-order`, `sandbox-objects-order`, `sandbox-objects-lineitem`,
//! `order-objects-packageinformationdetails`.
//!
//! The query text comes from cynic. Reading does not: cynic wants every selected field in the answer, while
//! servers leave out what is null. So the same types are read by serde with a default for each field
//! (`no_deserialize`), and the mapping decides what an order cannot be without.

mod cancellations;
mod packages;
mod refunds;
mod returns;

use amz_domain::{AmazonLine, AmazonOrder, DeliveryAddress, PackageContent, Quantity};
use amz_services::failure::{Failure, PortError};
use chrono::{DateTime, Utc};
use cynic::OperationBuilder;
use serde::Deserialize;

use super::answer::Unreadable;
use super::call::Request;
use super::inputs::{LINE_ALIAS_TYPE, ORDER_ALIAS_TYPE, OrderIdentifierInput};
use super::scalars::{Exact, InstantText};
use super::schema;
use cancellations::{Cancellations, cancellation};
use packages::{PackageInformation, package};
use refunds::{Refunds, refund};
use returns::{RETURN_REASONS, Returns, amazon_return};

/// Name of the operation in audit, logs and errors.
pub(super) const OPERATION: &str = "order";

/// The field that holds the reason of a return. It is newer than the rest of what is selected here; where it does not
/// exist, naming it fails the whole query.
const RETURN_REASON_FIELD: &str = "returnReasonTerm";

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
    order_links: Option<Vec<Option<OrderLink>>>,
    recipient: Option<Recipient>,
    line_items: Option<Vec<Option<LineItem>>>,
    package_information: Option<PackageInformation>,
    cancellations: Option<Cancellations>,
    returns: Option<Returns>,
    refunds: Option<Refunds>,
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
struct OrderLink {
    url: Option<String>,
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

/// Units of one order line, wherever Amazon speaks of some.
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

/// True when Amazon turned the query down because it does not know the reason of a return.
pub(super) fn knows_no_return_reasons(error: &PortError) -> bool {
    error.message.contains(RETURN_REASON_FIELD)
}

/// The request that reads an order, with the reasons of its returns or without.
pub(super) fn request(
    order: impl Into<OrderIdentifierInput>,
    return_reasons: bool,
) -> Result<Request, PortError> {
    let mut query = OperationBuilder::<OrderQuery, Variables>::query()
        .with_variables(Variables { order_identifier: order.into() });
    if return_reasons {
        query.enable_feature(RETURN_REASONS);
    }
    let built = query.build().map_err(|error| PortError {
        source: Some(error.into()),
        ..PortError::new(OPERATION, Failure::Refused, "not_sendable", "the query cannot be written")
    })?;
    Request::read(OPERATION, &built)
}

/// The order that was read; `None` when Amazon knows none.
pub(super) fn amazon_order(data: OrderQuery) -> Result<Option<AmazonOrder>, Unreadable> {
    let Some(order) = data.order else { return Ok(None) };
    let lines = order.line_items.unwrap_or_default().into_iter().flatten().map(amazon_line);
    let packages = order.package_information.and_then(|list| list.details).unwrap_or_default();
    let cancellations = order.cancellations.and_then(|list| list.details).unwrap_or_default();
    let returns = order.returns.and_then(|list| list.details).unwrap_or_default();
    let refunds = order.refunds.and_then(|list| list.details).unwrap_or_default();
    let links = order.order_links.unwrap_or_default().into_iter().flatten();
    Ok(Some(AmazonOrder {
        id: order.id.ok_or(Unreadable("order.id"))?.into_inner().into(),
        alias: alias_of(order.aliases, ORDER_ALIAS_TYPE).map(Into::into),
        execution: order.metadata.and_then(|metadata| metadata.execution_state).map(Into::into),
        recipient: order.recipient.and_then(|recipient| recipient.delivery_address).and_then(address),
        lines: lines.collect::<Result<_, _>>()?,
        packages: packages.into_iter().flatten().map(package).collect::<Result<_, _>>()?,
        cancellations: cancellations.into_iter().flatten().map(cancellation).collect::<Result<_, _>>()?,
        returns: returns.into_iter().flatten().map(amazon_return).collect::<Result<_, _>>()?,
        refunds: refunds.into_iter().flatten().map(refund).collect::<Result<_, _>>()?,
        links: links.filter_map(|link| filled(link.url)).collect(),
    }))
}

/// The alias of one type among all aliases of a thing.
pub(super) fn alias_of(aliases: Option<Vec<Option<Alias>>>, alias_type: &str) -> Option<String> {
    let mut aliases = aliases.unwrap_or_default().into_iter().flatten();
    let alias = aliases.find(|alias| alias.alias_type.as_deref() == Some(alias_type))?;
    alias.alias_id.map(cynic::Id::into_inner)
}

/// What others call a thing: its aliases of all types but ours.
fn names_of_others(aliases: Option<&[Option<Alias>]>, ours: &str) -> Vec<String> {
    let others = aliases.unwrap_or_default().iter().flatten();
    let others = others.filter(|alias| alias.alias_type.as_deref() != Some(ours));
    others.filter_map(|alias| filled(alias.alias_id.as_ref().map(|id| id.inner().to_owned()))).collect()
}

fn amazon_line(line: LineItem) -> Result<AmazonLine, Unreadable> {
    Ok(AmazonLine {
        names: names_of_others(line.aliases.as_deref(), LINE_ALIAS_TYPE),
        id: line.id.ok_or(Unreadable("order.lineItems.id"))?.into_inner().into(),
        alias: alias_of(line.aliases, LINE_ALIAS_TYPE).map(Into::into),
        sku: None,
        quantity: quantity(line.amount, "order.lineItems.amount")?,
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

/// Units of one order line, which must be told.
fn content(content: OrderLineItemAmount) -> Result<PackageContent, Unreadable> {
    let line = content.line_item.and_then(|line| line.id);
    Ok(PackageContent {
        line: line.ok_or(Unreadable("orderLineItemAmounts.lineItem.id"))?.into_inner().into(),
        quantity: quantity(content.amount, "orderLineItemAmounts.amount")?,
    })
}

fn quantity(amount: Option<Amount>, field: &'static str) -> Result<Quantity, Unreadable> {
    let value = amount.and_then(|amount| amount.value).ok_or(Unreadable(field))?;
    Quantity::try_from(value.0).map_err(|_| Unreadable(field))
}

/// An instant that cannot be read is not known.
fn instant(text: Option<InstantText>) -> Option<DateTime<Utc>> {
    text?.0.parse().ok()
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests;
