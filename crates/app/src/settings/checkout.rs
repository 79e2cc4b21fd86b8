//! Keys and reader of the shop's checkout, which may have placed orders at Amazon already.

use std::collections::BTreeSet;

use amz_domain::{LocationId, SalesChannelId};
use amz_services::settings::CheckoutSettings;

use super::fault::{Fault, FaultCode};
use super::key::{Key, Kind};
use super::model::CheckoutOrders;
use super::reader::{Faulty, Reader, Scope};

const ID: Kind = Kind::InternalId;

/// How orders are recognised that Amazon fulfils already.
pub(super) const CHECKOUT: &[Key] = &[
    Key::optional(
        "connection.checkout.order_fields",
        Kind::List(&Kind::Member),
        "Body fields of sales orders that hold what the shop calls the order, as its Buy with Prime checkout told Amazon, \
         for example `otherRefNum`. Amazon is asked for them before such an order is sent.",
    ),
    Key::with_default(
        "connection.checkout.alias_types",
        Kind::List(&Kind::Word),
        "EXTERNAL_ID,EXTERNAL_DISPLAY_ID",
        "Types of the aliases that the checkout gives its orders at Amazon.",
    ),
    Key::optional(
        "connection.checkout.sales_channels",
        Kind::List(&ID),
        "Sales channels of the checkout: Amazon has every order of them already. One that Amazon does not know is held, \
         and a person is asked. Where these or `locations` are given, Amazon is not asked for other orders.",
    ),
    Key::optional(
        "connection.checkout.locations",
        Kind::List(&ID),
        "The same by the location of the order or of a line.",
    ),
    Key::optional(
        "connection.checkout.other_programmes",
        Kind::List(&ID),
        "Sales channels whose orders another of Amazon's programmes fulfils (FBA): they are left alone.",
    ),
];

/// Reads the table; `None` when nothing of it is given.
pub(super) fn checkout(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<Option<CheckoutOrders>, Faulty> {
    let order_fields = reader.find::<Vec<String>>(scope, "order_fields");
    let alias_types = reader.get::<Vec<String>>(scope, "alias_types");
    let sales_channels = reader.find::<Vec<String>>(scope, "sales_channels");
    let locations = reader.find::<Vec<String>>(scope, "locations");
    let other_programmes = reader.find::<Vec<String>>(scope, "other_programmes");
    let order_fields = order_fields?.unwrap_or_default();
    let channels = |ids: Option<Vec<String>>| -> BTreeSet<SalesChannelId> {
        ids.unwrap_or_default().into_iter().map(SalesChannelId::new).collect()
    };
    let settings = CheckoutSettings {
        alias_types: alias_types?,
        sales_channels: channels(sales_channels?),
        locations: locations?.unwrap_or_default().into_iter().map(LocationId::new).collect(),
        other_programmes: channels(other_programmes?),
    };
    if let Some(both) = settings.sales_channels.intersection(&settings.other_programmes).next() {
        let expected = "sales channels that are not in `sales_channels`";
        let fault = Fault::new(scope.path_of("other_programmes"), FaultCode::Conflicting, expected);
        return Err(reader.fault(fault.found(format!("{both}"))));
    }
    let is_given = !order_fields.is_empty()
        || !settings.sales_channels.is_empty()
        || !settings.locations.is_empty()
        || !settings.other_programmes.is_empty();
    Ok(is_given.then_some(CheckoutOrders { order_fields, settings }))
}
