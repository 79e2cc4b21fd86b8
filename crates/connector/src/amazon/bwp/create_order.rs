//! `createOrder`: hands an order over to Amazon.
//!
//! Source: Amazon pages `order-mutations-createorder`, `order-objects-lineiteminput`,
//! `order-objects-deliveryofferdetailsinput`, `manage-shopper-identity`.

use amz_domain::{DeliveryAddress, Money};
use amz_services::failure::PortError;
use amz_services::ports::amazon::{CreatedLine, CreatedOrder, Delivery, NewAmazonLine, NewAmazonOrder};
use cynic::MutationBuilder;
use serde::Deserialize;

use super::answer::Unreadable;
use super::call::Request;
use super::inputs::{
    AliasInput, AmountInput, LINE_ALIAS_TYPE, MoneyInput, OrderExecutionStateInput, TaxInput, TotalPriceInput,
};
use super::order::{Alias, alias_of};
use super::schema;

/// Name of the operation in audit, logs and errors.
pub(super) const OPERATION: &str = "createOrder";

// ---- what we send

#[derive(cynic::QueryVariables, Debug)]
pub(super) struct Variables {
    input: CreateOrderInput,
}

#[derive(cynic::InputObject, Debug)]
struct CreateOrderInput {
    aliases: Vec<AliasInput>,
    customer: CustomerInput,
    desired_execution_state: OrderExecutionStateInput,
    line_items: Vec<LineItemInput>,
    order_links: Vec<OrderLinkInput>,
    recipient: RecipientInput,
    #[cynic(skip_serializing_if = "Option::is_none")]
    shopper_identity: Option<IdentityTokenInput>,
    total_price: TotalPriceInput,
}

#[derive(cynic::InputObject, Debug)]
struct CustomerInput {
    contact: ContactInput,
}

#[derive(cynic::InputObject, Debug)]
struct ContactInput {
    email_data: EmailDataInput,
}

#[derive(cynic::InputObject, Debug)]
struct EmailDataInput {
    name: String,
    email: String,
}

#[derive(cynic::InputObject, Debug)]
struct RecipientInput {
    delivery_address: DeliveryAddressInput,
}

#[derive(cynic::InputObject, Debug)]
struct DeliveryAddressInput {
    name: String,
    street_address: String,
    #[cynic(skip_serializing_if = "Option::is_none")]
    extended_address: Option<String>,
    locality: String,
    region: String,
    postal_code: String,
    country_code: String,
    #[cynic(skip_serializing_if = "Option::is_none")]
    contact_number: Option<String>,
}

#[derive(cynic::InputObject, Debug)]
struct IdentityTokenInput {
    lwa_access_token: LWAAccessTokenInput,
}

#[derive(cynic::InputObject)]
struct LWAAccessTokenInput {
    value: String,
}

impl std::fmt::Debug for LWAAccessTokenInput {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[secret]")
    }
}

#[derive(cynic::InputObject, Debug)]
struct OrderLinkInput {
    destination_type: OrderLinkDestinationTypeInput,
    url: String,
}

#[derive(cynic::Enum, Debug, Clone, Copy)]
enum OrderLinkDestinationTypeInput {
    ExternalOrderManagement,
    ExternalOrderTracking,
}

#[derive(cynic::InputObject, Debug)]
struct LineItemInput {
    aliases: Vec<AliasInput>,
    amount: AmountInput,
    #[cynic(skip_serializing_if = "Option::is_none")]
    discounts: Option<DiscountAllocationInput>,
    product: PurchasedProductViewInput,
    selected_delivery_offer: DeliveryOfferInput,
    taxes: TaxInput,
}

#[derive(cynic::InputObject, Debug)]
struct DiscountAllocationInput {
    summary: DiscountSummaryInput,
}

#[derive(cynic::InputObject, Debug)]
struct DiscountSummaryInput {
    amount: MoneyInput,
}

#[derive(cynic::InputObject, Debug)]
struct PurchasedProductViewInput {
    identifier: ProductIdentifierInput,
    title: String,
    price: MoneyInput,
}

#[derive(cynic::InputObject, Debug)]
struct ProductIdentifierInput {
    sku: String,
}

#[derive(cynic::InputObject, Debug)]
struct DeliveryOfferInput {
    details: DeliveryOfferDetailsInput,
}

#[derive(cynic::InputObject, Debug)]
struct DeliveryOfferDetailsInput {
    delivery_provider: DeliveryProviderInput,
    delivery_terms: DeliveryTermsInput,
    #[cynic(skip_serializing_if = "Option::is_none")]
    delivery_preview_id: Option<cynic::Id>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    id: Option<cynic::Id>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    delivery_charge: Option<MoneyInput>,
}

#[derive(cynic::Enum, Debug, Clone, Copy)]
enum DeliveryProviderInput {
    Amazon,
    Merchant,
}

#[derive(cynic::InputObject, Debug)]
struct DeliveryTermsInput {
    is_prime_eligible: bool,
    #[cynic(skip_serializing_if = "Option::is_none")]
    delivery_speed: Option<String>,
}

// ---- what we read

/// The mutation and what comes back of it.
#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "Mutation", variables = "Variables", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct CreateOrder {
    #[arguments(input: $input)]
    create_order: Option<CreateOrderResponse>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CreateOrderResponse {
    order: Option<Order>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Order {
    id: Option<cynic::Id>,
    line_items: Option<Vec<Option<LineItem>>>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LineItem {
    id: Option<cynic::Id>,
    aliases: Option<Vec<Option<Alias>>>,
}

// ---- mapping

/// The request that creates an order.
///
/// # Errors
/// When the order asks for something that cannot be said to Amazon.
pub(super) fn request(order: &NewAmazonOrder) -> Result<Request, PortError> {
    let input = CreateOrderInput {
        aliases: vec![AliasInput::of_order(&order.alias)],
        customer: CustomerInput {
            contact: ContactInput {
                email_data: EmailDataInput {
                    name: order.contact.name.clone(),
                    email: order.contact.email.clone(),
                },
            },
        },
        desired_execution_state: OrderExecutionStateInput::of(OPERATION, &order.execution)?,
        line_items: order.lines.iter().map(line_item_input).collect(),
        order_links: vec![OrderLinkInput {
            destination_type: OrderLinkDestinationTypeInput::ExternalOrderManagement,
            url: order.page.clone(),
        }],
        recipient: RecipientInput { delivery_address: delivery_address_input(&order.recipient) },
        shopper_identity: order.shopper_identity.as_ref().map(|identity| IdentityTokenInput {
            lwa_access_token: LWAAccessTokenInput { value: identity.0.clone() },
        }),
        total_price: order.total.into(),
    };
    // a complete answer with errors beside it still proves that the order is there
    Ok(Request::write(OPERATION, &CreateOrder::build(Variables { input }))?.accepting_partial_answers())
}

fn line_item_input(line: &NewAmazonLine) -> LineItemInput {
    LineItemInput {
        aliases: vec![AliasInput::of_line(&line.alias)],
        amount: line.quantity.into(),
        discounts: unless_zero(line.discount)
            .map(|amount| DiscountAllocationInput { summary: DiscountSummaryInput { amount } }),
        product: PurchasedProductViewInput {
            identifier: ProductIdentifierInput { sku: line.sku.as_str().to_owned() },
            title: line.title.clone(),
            price: line.unit_price.into(),
        },
        selected_delivery_offer: DeliveryOfferInput { details: delivery_offer_details_input(line) },
        taxes: line.tax.into(),
    }
}

fn delivery_offer_details_input(line: &NewAmazonLine) -> DeliveryOfferDetailsInput {
    let (is_prime_eligible, delivery_speed, preview, offer) = match &line.delivery {
        // the speed is part of the offer that the shopper chose
        Delivery::Prime { preview, offer } => (true, None, Some(preview), Some(offer)),
        Delivery::MultiChannel { speed } => (false, Some(speed.clone()), None, None),
    };
    DeliveryOfferDetailsInput {
        delivery_provider: DeliveryProviderInput::Amazon,
        delivery_terms: DeliveryTermsInput { is_prime_eligible, delivery_speed },
        delivery_preview_id: preview.map(|id| cynic::Id::new(id.as_str())),
        id: offer.map(|id| cynic::Id::new(id.as_str())),
        delivery_charge: unless_zero(line.delivery_charge),
    }
}

fn delivery_address_input(address: &DeliveryAddress) -> DeliveryAddressInput {
    DeliveryAddressInput {
        name: address.name.clone(),
        street_address: address.street.clone(),
        extended_address: address.extended.clone(),
        locality: address.locality.clone(),
        region: address.region.clone(),
        postal_code: address.postal_code.clone(),
        country_code: address.country.clone(),
        contact_number: address.phone.clone(),
    }
}

fn unless_zero(money: Money) -> Option<MoneyInput> {
    (!money.amount.is_zero()).then(|| money.into())
}

/// What Amazon made of the order. Every line needs its id and our alias: lines are keyed by nothing else.
pub(super) fn created_order(data: CreateOrder) -> Result<Option<CreatedOrder>, Unreadable> {
    let order =
        data.create_order.and_then(|response| response.order).ok_or(Unreadable("createOrder.order"))?;
    let lines = order.line_items.unwrap_or_default().into_iter().flatten().map(|line| {
        Ok(CreatedLine {
            alias: alias_of(line.aliases, LINE_ALIAS_TYPE)
                .ok_or(Unreadable("createOrder.order.lineItems.aliases"))?
                .into(),
            id: line.id.ok_or(Unreadable("createOrder.order.lineItems.id"))?.into_inner().into(),
        })
    });
    let lines = lines.collect::<Result<Vec<_>, Unreadable>>()?;
    let id = order.id.ok_or(Unreadable("createOrder.order.id"))?.into_inner().into();
    Ok(Some(CreatedOrder { id, lines }))
}

#[cfg(test)]
mod tests;
