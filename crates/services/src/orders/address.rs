//! Where an order goes. Nothing is ever invented: what is missing parks the order.

use amz_domain::{DeliveryAddress, SalesOrder};
use sha2::{Digest, Sha256};

use crate::parking::{Reason, Who};
use crate::ports::amazon::Contact;

/// The order's address, complete.
///
/// # Errors
/// A reason to park that names every missing part.
pub(super) fn recipient(order: &SalesOrder) -> Result<DeliveryAddress, Reason> {
    let to = &order.ship_to;
    let mut missing = Vec::new();
    let mut required = |part: &Option<String>, name: &'static str| {
        let text = filled(part);
        if text.is_none() {
            missing.push(name);
        }
        text.unwrap_or_default()
    };
    let either_name = filled(&to.addressee).or_else(|| filled(&to.attention));
    let name = required(&either_name, "addressee");
    let street = required(&to.line_one, "street");
    let locality = required(&to.city, "city");
    let region = required(&to.state, "state");
    let postal_code = required(&to.postal_code, "postal code");
    let country = required(&to.country, "country");
    if !missing.is_empty() {
        return Err(Reason::new(
            "address_incomplete",
            format!("the shipping address has no {}", missing.join(", no ")),
            "complete the shipping address on the sales order; it is sent as soon as it is saved",
            Who::Merchant,
        ));
    }
    let attention =
        filled(&to.attention).filter(|attention| *attention != name).map(|person| format!("Attn: {person}"));
    let extended: Vec<String> =
        [attention, filled(&to.line_two), filled(&to.line_three)].into_iter().flatten().collect();
    Ok(DeliveryAddress {
        name,
        street,
        extended: (!extended.is_empty()).then(|| extended.join(", ")),
        locality,
        region,
        postal_code,
        country,
        phone: filled(&to.phone),
    })
}

/// Whom Amazon may write to.
///
/// # Errors
/// A reason to park when the order has no e-mail address.
pub(super) fn contact(order: &SalesOrder, recipient: &DeliveryAddress) -> Result<Contact, Reason> {
    let email = filled(&order.email).ok_or_else(|| {
        Reason::new(
            "contact_incomplete",
            "the sales order has no e-mail address",
            "enter the shopper's e-mail address on the sales order; Amazon requires a contact",
            Who::Merchant,
        )
    })?;
    Ok(Contact { name: filled(&order.customer_name).unwrap_or_else(|| recipient.name.clone()), email })
}

/// SHA-256 of an address, so that a change is seen without keeping the address.
pub(super) fn digest(address: &DeliveryAddress) -> String {
    let DeliveryAddress { name, street, extended, locality, region, postal_code, country, phone } = address;
    let optional = [extended.as_deref().unwrap_or(""), phone.as_deref().unwrap_or("")];
    let parts = [name, street, locality, region, postal_code, country].map(String::as_str);
    let mut hash = Sha256::new();
    for part in parts.into_iter().chain(optional) {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// True when two addresses lead to the same door: what Amazon may have tidied up does not count.
pub(super) fn same_destination(one: &DeliveryAddress, other: &DeliveryAddress) -> bool {
    let plain = |text: &str| {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    let short = |code: &str| plain(code).chars().take(5).collect::<String>();
    plain(&one.street) == plain(&other.street)
        && plain(&one.name) == plain(&other.name)
        && plain(&one.country) == plain(&other.country)
        && short(&one.postal_code) == short(&other.postal_code)
}

fn filled(text: &Option<String>) -> Option<String> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}
