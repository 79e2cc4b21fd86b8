//! `createOrder`: what Amazon checks before it accepts an order, and the order that comes of it.
//!
//! Source: Buy with Prime, `order-mutations-createorder`, `order-objects-lineiteminput`,
//! `order-objects-deliveryofferdetailsinput`, `buy-with-prime-api-constraints`. Error codes that Amazon
//! does not publish are ours; clients branch on the class.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::AmazonSettings;
use super::errors::Refusal;
use super::json::{decimal, given, items, text, without_nulls};
use super::order::{Alias, Content, ExecutionState, Line, Order};
use super::state::State;
use super::stock::ShortUnits;

/// Aliases and links that one order may carry.
pub(crate) const MOST_ALIASES: usize = 5;
const MOST_LINKS: usize = 5;
const MOST_LINES: usize = 40;
/// Prime lines, and likewise all others, in one order.
const MOST_LINES_OF_A_KIND: usize = 20;
/// Territories and military addresses that are refused although their country code is US.
const REFUSED_REGIONS: [&str; 11] = ["AS", "MH", "FM", "GU", "MP", "PR", "PW", "VI", "AA", "AE", "AP"];

impl State {
    /// Carries out `createOrder`.
    pub(crate) fn create_order(
        &mut self,
        settings: &AmazonSettings,
        input: &Json,
        now: DateTime<Utc>,
    ) -> Result<String, Refusal> {
        let aliases = aliases(&input["aliases"])?;
        within(aliases.len(), MOST_ALIASES, "AliasLimitExceeded", "aliases of an order")?;
        links(&input["orderLinks"])?;
        customer(&input["customer"])?;
        let lines = items(&input["lineItems"]);
        if lines.is_empty() {
            return Err(Refusal::invalid("MissingLineItems", "An order needs at least one line item."));
        }
        within(lines.len(), MOST_LINES, "LineItemLimitExceeded", "line items of an order")?;
        let mut checked = Vec::new();
        for (position, line) in lines.iter().enumerate() {
            let line = check_line(settings, input, line).map_err(|refusal| refusal.with("line", position))?;
            checked.push(line);
        }
        let prime = checked.iter().filter(|line| line.prime).count();
        within(prime, MOST_LINES_OF_A_KIND, "PrimeLineItemLimitExceeded", "Prime line items of an order")?;
        let other = checked.len() - prime;
        within(other, MOST_LINES_OF_A_KIND, "LineItemLimitExceeded", "other line items of an order")?;
        if checked.iter().any(|line| line.by_amazon) {
            destination(&input["recipient"]["deliveryAddress"])?;
        }
        // Last, because a client takes this refusal to mean that the order exists already.
        let line_aliases = checked.iter().flat_map(|line| &line.aliases);
        self.aliases_are_free(aliases.iter().chain(line_aliases))?;
        if self.habits.short_units == ShortUnits::Refuse {
            self.stock.refuse_short(&checked)?;
        }

        let execution = match input["desiredExecutionState"].as_str() {
            Some("STARTED") => ExecutionState::Started,
            _ => ExecutionState::NotStarted,
        };
        Ok(self.accept(input, aliases, checked, execution, now))
    }

    /// Makes an order of checked lines, with one pending package for those that Amazon fulfils. Returns its id.
    pub(crate) fn accept(
        &mut self,
        input: &Json,
        aliases: Vec<Alias>,
        checked: Vec<Line>,
        execution: ExecutionState,
        now: DateTime<Utc>,
    ) -> String {
        let order_id = self.order_id();
        let lines: Vec<Line> = checked
            .into_iter()
            .map(|checked| Line { id: self.line_id(), created_at: now, ..checked })
            .collect();
        let contents: Vec<Content> = lines
            .iter()
            .filter(|line| line.by_amazon)
            .map(|line| Content { line_id: line.id.clone(), quantity: line.quantity })
            .collect();
        let packages = if contents.is_empty() { Vec::new() } else { vec![self.pending_package(contents)] };
        let mut kept = without_nulls(input);
        if let Json::Object(kept) = &mut kept {
            // Kept elsewhere, or a shopper's secret that is never shown again.
            for field in ["aliases", "lineItems", "shopperIdentity", "desiredExecutionState"] {
                kept.remove(field);
            }
        }
        let order = Order {
            id: order_id.clone(),
            aliases,
            execution,
            lines,
            packages,
            cancellations: Vec::new(),
            returns: Vec::new(),
            refunds: Vec::new(),
            created_at: now,
            updated_at: now,
            input: kept,
        };
        self.stock.reserve(&order.lines, self.habits.reservation_delay_s, now);
        self.keep(order);
        order_id
    }
}

/// Reads aliases and refuses those that are empty or name a type twice.
pub(crate) fn aliases(input: &Json) -> Result<Vec<Alias>, Refusal> {
    let mut read: Vec<Alias> = Vec::new();
    for alias in items(input) {
        let (Some(alias_type), Some(alias_id)) = (text(alias, "aliasType"), identifier(&alias["aliasId"]))
        else {
            return Err(Refusal::invalid("InvalidAlias", "An alias needs a type and an id."));
        };
        let alias = Alias { alias_type: alias_type.to_owned(), alias_id };
        if read.contains(&alias) {
            return Err(Refusal::invalid("DuplicateAliasId", "The same alias is given twice."));
        }
        read.push(alias);
    }
    Ok(read)
}

/// Text of an `ID`, which may be written as a string or as a whole number.
pub(crate) fn identifier(input: &Json) -> Option<String> {
    match input {
        Json::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

pub(crate) fn links(input: &Json) -> Result<(), Refusal> {
    let links = items(input);
    within(links.len(), MOST_LINKS, "OrderLinkLimitExceeded", "links of an order")?;
    let readable =
        links.iter().all(|link| text(link, "url").is_some_and(|address| url::Url::parse(address).is_ok()));
    if readable { Ok(()) } else { Err(Refusal::invalid("InvalidOrderLink", "An order link needs a URL.")) }
}

pub(crate) fn within(found: usize, most: usize, code: &'static str, what: &str) -> Result<(), Refusal> {
    if found <= most {
        return Ok(());
    }
    Err(Refusal::invalid(code, format!("At most {most} {what} are allowed, found {found}."))
        .with("limit", most))
}

fn customer(input: &Json) -> Result<(), Refusal> {
    match text(&input["contact"]["emailData"], "email") {
        Some(email) if !email.contains('@') => {
            Err(Refusal::invalid("InvalidEmail", "The customer's e-mail address is malformed."))
        }
        _ => Ok(()),
    }
}

fn destination(address: &Json) -> Result<(), Refusal> {
    let needed = ["name", "streetAddress", "locality", "region", "postalCode", "countryCode"];
    let missing: Vec<&str> = needed.into_iter().filter(|field| text(address, field).is_none()).collect();
    if !missing.is_empty() {
        return Err(Refusal::invalid("InvalidAddress", "The delivery address is incomplete.")
            .with("missing", Json::from(missing)));
    }
    let country = text(address, "countryCode").unwrap_or_default();
    let region = text(address, "region").unwrap_or_default();
    if country != "US" || REFUSED_REGIONS.contains(&region.to_ascii_uppercase().as_str()) {
        return Err(Refusal::invalid("InvalidDestination", "Amazon does not deliver to this destination.")
            .with("countryCode", country)
            .with("region", region));
    }
    Ok(())
}

/// Reads one line; its id and time are filled in later.
fn check_line(settings: &AmazonSettings, order: &Json, line: &Json) -> Result<Line, Refusal> {
    let aliases = aliases(&line["aliases"])?;
    within(aliases.len(), MOST_ALIASES, "AliasLimitExceeded", "aliases of a line item")?;
    let quantity = decimal(&line["amount"]["value"])
        .filter(|quantity| *quantity > Decimal::ZERO && quantity.fract().is_zero())
        .ok_or_else(|| Refusal::invalid("InvalidAmount", "The amount must be a whole number above zero."))?;
    let choice = &line["selectedDeliveryOffer"];
    let offer = match given(choice, &["details", "summary"]).as_slice() {
        [one] => &choice[*one],
        _ => {
            let message = "A delivery offer needs exactly one of details and summary.";
            return Err(Refusal::invalid("InvalidDeliveryOffer", message));
        }
    };
    let by_amazon = offer["deliveryProvider"] == "AMAZON";
    let terms = &offer["deliveryTerms"];
    let prime = by_amazon && terms["isPrimeEligible"] == true;
    let product = &line["product"];
    if by_amazon || product["identifier"].is_object() {
        product_is_complete(product)?;
    }
    let sku = text(&product["identifier"], "sku").map(str::to_owned);
    if let (true, Some(known), Some(sku)) = (by_amazon, &settings.known_skus, &sku)
        && !known.contains(sku)
    {
        return Err(Refusal::invalid("InvalidAmazonSkuConfiguration", "No product with this SKU.")
            .with("sku", sku.as_str()));
    }
    if let Some(speed) = text(terms, "deliverySpeed")
        && !["STANDARD", "EXPEDITED", "PRIORITY"].contains(&speed)
    {
        return Err(Refusal::invalid("InvalidDeliverySpeed", "Unknown delivery speed."));
    }
    if prime {
        prime_line_is_covered(settings, order, offer, sku.as_deref())?;
    }
    Ok(Line {
        id: String::new(),
        aliases,
        quantity,
        sku,
        by_amazon,
        prime,
        created_at: DateTime::UNIX_EPOCH,
        input: without_nulls(line),
    })
}

fn product_is_complete(product: &Json) -> Result<(), Refusal> {
    let missing =
        |what| Refusal::invalid("MissingProduct", format!("A line that Amazon fulfils needs {what}."));
    text(product, "title").ok_or_else(|| missing("a product title"))?;
    let price = decimal(&product["price"]["amount"]).ok_or_else(|| missing("a product price"))?;
    if price < Decimal::ZERO {
        return Err(Refusal::invalid("InvalidPrice", "A price cannot be below zero."));
    }
    let identifier = &product["identifier"];
    match given(identifier, &["productId", "sku", "amazonSku", "externalId"]).as_slice() {
        [] => return Err(missing("a product identifier")),
        [_] => {}
        _ => {
            let message = "A product is named by exactly one identifier.";
            return Err(Refusal::invalid("InvalidProductIdentifier", message));
        }
    }
    let length = |field: &str| identifier[field].as_str().map(|text| text.chars().count());
    if length("sku").is_some_and(|length| length == 0 || length > 255)
        || length("externalId").is_some_and(|length| length == 0 || length > 512)
    {
        return Err(Refusal::invalid("InvalidProductIdentifier", "The identifier is empty or too long."));
    }
    Ok(())
}

/// A Prime line needs the shopper's identity and an offer from a preview that it agrees with.
fn prime_line_is_covered(
    settings: &AmazonSettings,
    order: &Json,
    offer: &Json,
    sku: Option<&str>,
) -> Result<(), Refusal> {
    let (Some(preview_id), Some(offer_id)) = (text(offer, "deliveryPreviewId"), text(offer, "id")) else {
        let message = "A Prime line item needs deliveryPreviewId and the offer's id.";
        return Err(Refusal::invalid("MissingDeliveryPreview", message));
    };
    if given(&order["shopperIdentity"], &["apayCheckoutSessionId", "lwaAccessToken"]).len() != 1 {
        let message = "A Prime line item needs the shopper's identity.";
        return Err(Refusal::invalid("MissingShopperIdentity", message));
    }
    let Some(preview) = settings.previews.iter().find(|preview| preview.id == preview_id) else {
        return Ok(());
    };
    if preview.offer_id != offer_id || sku != Some(preview.sku.as_str()) {
        let message = "The line item differs from its delivery preview.";
        return Err(Refusal::invalid("DeliveryPreviewMismatch", message));
    }
    if text(&order["recipient"]["deliveryAddress"], "postalCode") != Some(preview.postal_code.as_str()) {
        return Err(Refusal::invalid("AddressMismatch", "The address differs from the delivery preview."));
    }
    Ok(())
}
