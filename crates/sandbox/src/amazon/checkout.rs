//! Orders that a shopper places at the checkout of the shop, without the merchant's `createOrder`.
//!
//! The shop's connector brings such an order into the merchant's books by itself, so that whoever sends orders to Amazon
//! meets it there: Amazon fulfils it already.
//!
//! Source: Buy with Prime, `create-a-buy-with-prime-order`, `order_confirmed`, `order-objects-orderlink`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Amazon;
use super::create::{MOST_ALIASES, links, within};
use super::errors::Refusal;
use super::events::Happening;
use super::json::number;
use super::order::{Alias, ExecutionState, Line};
use super::state::State;

/// A link of an order to one of its pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLink {
    /// `EXTERNAL_ORDER_MANAGEMENT`, `EXTERNAL_ORDER_TRACKING`, `BWP_STOREFRONT` or `AMAZON_STOREFRONT`.
    pub destination_type: String,
    /// Where the page is.
    pub url: String,
    /// Words for the link.
    #[serde(default)]
    pub display_message: Option<String>,
}

/// One line of an order from the checkout.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CheckoutLine {
    /// Merchant SKU; also the Amazon SKU unless `amazon_sku` says otherwise.
    pub sku: String,
    /// SKU under which Amazon stocks it.
    #[serde(default)]
    pub amazon_sku: Option<String>,
    /// Id of the shop's product.
    #[serde(default)]
    pub external_id: Option<String>,
    /// Whole units.
    pub quantity: u32,
    /// Price of one unit in US dollars; 10 when absent.
    #[serde(default = "usual_price", with = "super::json::digits")]
    pub price: Decimal,
    /// Names that the shop gave the line, for example of type `EXTERNAL_ITEM_ID`.
    #[serde(default)]
    pub aliases: Vec<Alias>,
    /// The merchant ships it, not Amazon.
    #[serde(default)]
    pub by_merchant: bool,
}

impl CheckoutLine {
    /// So many units of a SKU that Amazon ships.
    pub fn new(sku: impl Into<String>, quantity: u32) -> Self {
        Self {
            sku: sku.into(),
            amazon_sku: None,
            external_id: None,
            quantity,
            price: usual_price(),
            aliases: Vec::new(),
            by_merchant: false,
        }
    }

    /// Adds a name that the shop gave the line.
    #[must_use]
    pub fn alias(mut self, alias_type: &str, alias_id: &str) -> Self {
        self.aliases.push(Alias { alias_type: alias_type.to_owned(), alias_id: alias_id.to_owned() });
        self
    }
}

/// An order that a shopper places.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CheckoutOrder {
    /// Names that the shop gave the order, for example of type `EXTERNAL_ID` and `EXTERNAL_DISPLAY_ID`; at most five.
    pub aliases: Vec<Alias>,
    /// Pages of the order; at most five.
    pub order_links: Vec<OrderLink>,
    /// At least one.
    pub lines: Vec<CheckoutLine>,
    /// `ORDER_CONFIRMED` comes with empty data, whatever the webhook settings say.
    pub thin_event: bool,
}

impl CheckoutOrder {
    /// An order of these lines, without names and links.
    pub fn of(lines: Vec<CheckoutLine>) -> Self {
        Self { lines, ..Self::default() }
    }

    /// Adds a name that the shop gave the order.
    #[must_use]
    pub fn alias(mut self, alias_type: &str, alias_id: &str) -> Self {
        self.aliases.push(Alias { alias_type: alias_type.to_owned(), alias_id: alias_id.to_owned() });
        self
    }

    /// Adds a page of the order.
    #[must_use]
    pub fn link(mut self, destination_type: &str, url: &str) -> Self {
        self.order_links.push(OrderLink {
            destination_type: destination_type.to_owned(),
            url: url.to_owned(),
            display_message: None,
        });
        self
    }
}

/// Why a shopper's order was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CheckoutError(String);

impl From<Refusal> for CheckoutError {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.message)
    }
}

impl Amazon {
    /// Places an order as a shopper does in the shop: Prime, released at once, shipped by Amazon. Sends
    /// `ORDER_CONFIRMED` and returns Amazon's order id.
    ///
    /// # Errors
    /// [`CheckoutError`] when it has no line, too many names or links, or a name that is taken.
    pub fn place_checkout_order(&self, order: &CheckoutOrder) -> Result<String, CheckoutError> {
        let now = self.core.clock.now();
        let mut state = self.state();
        let id = state.place(order, &self.settings.sp_api.marketplace_id, now)?;
        let confirmed =
            Happening { filled: Some(!order.thin_event), ..Happening::order("ORDER_CONFIRMED", &id) };
        self.outbox.emit(&confirmed, state.order(&id), now);
        self.emit_stock_events(&mut state, now);
        Ok(id)
    }
}

impl State {
    fn place(
        &mut self,
        order: &CheckoutOrder,
        marketplace_id: &str,
        now: DateTime<Utc>,
    ) -> Result<String, Refusal> {
        let CheckoutOrder { aliases, order_links, lines, thin_event: _ } = order;
        if lines.is_empty() || lines.iter().any(|line| line.quantity == 0) {
            return Err(Refusal::invalid("MissingLineItems", "An order needs at least one line item."));
        }
        within(aliases.len(), MOST_ALIASES, "AliasLimitExceeded", "aliases of an order")?;
        self.aliases_are_free(aliases.iter().chain(lines.iter().flat_map(|line| &line.aliases)))?;
        let shown: Vec<Json> = order_links
            .iter()
            .map(|OrderLink { destination_type, url, display_message }| {
                json!({ "destinationType": destination_type, "url": url, "displayMessage": display_message })
            })
            .collect();
        let total: Decimal = lines.iter().map(|line| line.price * Decimal::from(line.quantity)).sum();
        let input = json!({
            "customer": { "contact": { "emailData": { "name": "Sam Shopper", "email": "sam@shopper.example" } } },
            "recipient": { "deliveryAddress": {
                "name": "Sam Shopper",
                "streetAddress": "12 Elm Street",
                "locality": "Portland",
                "region": "OR",
                "postalCode": "97201",
                "countryCode": "US",
                "contactNumber": "555-0142",
            } },
            "orderLinks": shown,
            "totalPrice": { "value": dollars(total) },
        });
        links(&input["orderLinks"])?;
        let lines = lines.iter().map(|line| checkout_line(line, marketplace_id)).collect();
        Ok(self.accept(&input, aliases.clone(), lines, ExecutionState::Started, now))
    }
}

fn usual_price() -> Decimal {
    Decimal::TEN
}

fn dollars(amount: Decimal) -> Json {
    json!({ "amount": number(amount), "currencyCode": "USD" })
}

/// The line as the shop's checkout would have sent it; its id and time are filled in later.
fn checkout_line(line: &CheckoutLine, marketplace_id: &str) -> Line {
    let CheckoutLine { sku, amazon_sku, external_id, quantity, price, aliases, by_merchant } = line;
    let amazon_sku = amazon_sku.as_ref().unwrap_or(sku);
    let identifier = json!({
        "sku": sku,
        "amazonSku": { "value": amazon_sku, "marketplaceId": marketplace_id },
        "externalId": external_id,
    });
    let provider = if *by_merchant { "MERCHANT" } else { "AMAZON" };
    let input = json!({
        "product": {
            "identifier": identifier,
            "title": format!("Thing {sku}"),
            "price": dollars(*price),
        },
        "selectedDeliveryOffer": { "details": {
            "deliveryProvider": provider,
            "deliveryTerms": { "isPrimeEligible": !by_merchant, "deliverySpeed": "STANDARD" },
        } },
    });
    Line {
        id: String::new(),
        aliases: aliases.clone(),
        quantity: Decimal::from(*quantity),
        sku: Some(sku.clone()),
        by_amazon: !by_merchant,
        prime: !by_merchant,
        created_at: DateTime::UNIX_EPOCH,
        input,
    }
}
