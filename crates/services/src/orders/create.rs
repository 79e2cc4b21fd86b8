//! A sales order as Amazon shall create it.

use amz_domain::{
    Channel, DeliveryOfferId, DeliveryPreviewId, ExecutionState, Generation, ItemId, LineNumber, Money,
    OrderAlias, SalesOrder, SalesOrderLine, Sku,
};
use rust_decimal::Decimal;

use super::address::{contact, digest, recipient};
use super::amounts::{LineAmounts, amounts};
use super::kits::{Goods, Piece, pieces};
use crate::link::{KitPart, SentLine, SentOrder};
use crate::parking::{Reason, Who};
use crate::ports::amazon::{CreatedLine, Delivery, NewAmazonLine, NewAmazonOrder, ShopperIdentity};
use crate::settings::ServiceSettings;

/// Most lines of one kind, Prime or not, that Amazon takes in one order.
const MOST_LINES_PER_KIND: usize = 20;

/// An Amazon order to create, with what we need to remember once it exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    /// What Amazon gets.
    pub order: NewAmazonOrder,
    /// How often the sales order was sent before.
    pub generation: Generation,
    /// Programme of its lines.
    pub channel: Channel,
    /// Order tax.
    pub tax: Money,
    /// NetSuite's line of each Amazon line, in the same order.
    pub lines: Vec<LineNumber>,
    /// Of each Amazon line, in the same order, the part of a kit that it is.
    pub parts: Vec<Option<KitPart>>,
    /// The item of each Amazon line, in the same order.
    pub items: Vec<ItemId>,
}

/// Builds the Amazon order for some goods lines of a sales order.
///
/// # Errors
/// The first reason to park.
pub(super) fn creation(
    order: &SalesOrder,
    chosen: &[&SalesOrderLine],
    goods: Goods<'_>,
    settings: &ServiceSettings,
    execution: ExecutionState,
    generation: Generation,
) -> Result<Creation, Reason> {
    let recipient = recipient(order)?;
    let contact = contact(order, &recipient)?;
    let amounts = amounts(order, chosen)?;
    let money = |amount: Decimal| Money::new(amount, order.currency);

    let (mut lines, mut numbers, mut parts) = (Vec::new(), Vec::new(), Vec::new());
    let mut items = Vec::new();
    for whole in &amounts {
        let Some(source) = chosen.iter().find(|line| line.line == whole.line) else { continue };
        for piece in pieces(source, whole, goods, settings.kits, order.currency.minor_digits())? {
            let sku = sku(source, &piece, goods)?;
            let alias = piece.alias(order, source, generation);
            let LineAmounts { line, quantity, unit_price, discount, tax, delivery_charge } = piece.amounts;
            lines.push(NewAmazonLine {
                alias,
                title: title(source, piece.part.is_some().then_some(&sku)),
                sku,
                quantity,
                unit_price: money(unit_price),
                discount: money(discount),
                tax: money(tax),
                delivery_charge: money(delivery_charge),
                delivery: delivery(order, source, settings)?,
            });
            numbers.push(line);
            items.push(piece.item(source).clone());
            parts.push(piece.part);
        }
    }
    within_limits(&lines)?;
    Ok(Creation {
        generation,
        parts,
        items,
        channel: channel(order, chosen.iter().copied()),
        tax: money(amounts.iter().map(|whole| whole.tax).sum()),
        lines: numbers,
        order: NewAmazonOrder {
            alias: OrderAlias::of(&settings.account, &order.id, generation),
            contact,
            recipient,
            execution,
            lines,
            total: money(amounts.iter().map(|whole| whole.total()).sum()),
            page: format!("{}/app/accounting/transactions/salesord.nl?id={}", settings.pages, order.id),
            shopper_identity: order.marks.shopper_identity.clone().map(ShopperIdentity),
        },
    })
}

fn sku(line: &SalesOrderLine, piece: &Piece, goods: Goods<'_>) -> Result<Sku, Reason> {
    let item = piece.item(line);
    goods.skus.get(item).cloned().ok_or_else(|| {
        let what = if piece.part.is_some() { "part" } else { "item" };
        Reason::new(
            "sku_unmapped",
            format!("the {what} {item} on line {} has no SKU in the configured item field", line.line),
            "fill the item field named by the setting mapping.item_sku_field, then retry",
            Who::Merchant,
        )
    })
}

/// What a line is called; a part is called after its kit and by its own SKU, since its name is not known.
fn title(line: &SalesOrderLine, part: Option<&Sku>) -> String {
    let named =
        [&line.description, &line.item_name].into_iter().flatten().find(|text| !text.trim().is_empty());
    let title = named.map_or_else(|| line.item.to_string(), |text| text.trim().to_owned());
    part.map_or(title.clone(), |sku| format!("{title} ({sku})"))
}

/// Prime when the shopper saw a preview, chose an offer and is known; Multi-Channel Fulfillment otherwise.
fn delivery(
    order: &SalesOrder,
    line: &SalesOrderLine,
    settings: &ServiceSettings,
) -> Result<Delivery, Reason> {
    if let (Some(preview), Some(offer), Some(_)) = (&line.preview, &line.offer, &order.marks.shopper_identity)
    {
        return Ok(Delivery::Prime { preview: preview.clone(), offer: offer.clone() });
    }
    let mapped = match &order.ship_method {
        Some(method) => settings.ship_speed.get(method),
        None => settings.default_ship_speed.as_ref(),
    };
    let speed = mapped.cloned().ok_or_else(|| match &order.ship_method {
        Some(method) => Reason::new(
            "ship_method_unmapped",
            format!("the shipping item {method} is not mapped to a delivery speed"),
            "add it to the setting mapping.ship_speed, or choose another shipping item on the order",
            Who::Operator,
        ),
        None => Reason::new(
            "ship_method_missing",
            "the order has no shipping item, and no default delivery speed is set",
            "choose a shipping item on the order, or set mapping.default_ship_speed",
            Who::Operator,
        ),
    })?;
    Ok(Delivery::MultiChannel { speed })
}

/// The preview and offer of a Prime line; `None` for any other line.
fn prime_offer<'order>(
    order: &SalesOrder,
    line: &'order SalesOrderLine,
) -> Option<(&'order DeliveryPreviewId, &'order DeliveryOfferId)> {
    order.marks.shopper_identity.as_ref()?;
    Some((line.preview.as_ref()?, line.offer.as_ref()?))
}

/// The programme of some lines of an order.
pub(super) fn channel<'order>(
    order: &SalesOrder,
    lines: impl IntoIterator<Item = &'order SalesOrderLine>,
) -> Channel {
    let prime: Vec<bool> = lines.into_iter().map(|line| prime_offer(order, line).is_some()).collect();
    match (prime.contains(&true), prime.contains(&false)) {
        (true, false) => Channel::BuyWithPrime,
        (true, true) => Channel::Mixed,
        (false, _) => Channel::MultiChannel,
    }
}

/// Amazon's limit counts "items"; whether lines or units is not documented, so lines are counted here and
/// Amazon's own refusal covers the other reading.
fn within_limits(lines: &[NewAmazonLine]) -> Result<(), Reason> {
    let prime = lines.iter().filter(|line| matches!(line.delivery, Delivery::Prime { .. })).count();
    let other = lines.len() - prime;
    if prime <= MOST_LINES_PER_KIND && other <= MOST_LINES_PER_KIND {
        return Ok(());
    }
    Err(Reason::new(
        "too_many_lines",
        format!("{prime} Prime lines and {other} others; Amazon takes at most {MOST_LINES_PER_KIND} of each"),
        "split the order in NetSuite",
        Who::Merchant,
    ))
}

impl Creation {
    /// What to remember of the order once Amazon has it. `None` when Amazon did not name every line.
    pub(super) fn sent(&self, id: amz_domain::AmazonOrderId, created: &[CreatedLine]) -> Option<SentOrder> {
        let sources = self.lines.iter().zip(self.parts.iter().zip(&self.items));
        let lines = self.order.lines.iter().zip(sources).map(|(new, (number, (part, item)))| {
            let amazon_line = created.iter().find(|line| line.alias == new.alias)?.id.clone();
            Some(SentLine {
                alias: new.alias.clone(),
                amazon_line,
                line: *number,
                sku: Some(new.sku.clone()),
                quantity: new.quantity,
                delivery: Some(new.delivery.word().to_owned()),
                closed: amz_domain::Quantity::ZERO,
                reduced: amz_domain::Quantity::ZERO,
                released: false,
                part: part.clone(),
                item: Some(item.clone()),
            })
        });
        Some(SentOrder {
            amazon_order: id,
            generation: self.generation,
            is_foreign: false,
            channel: self.channel.clone(),
            execution: self.order.execution.clone(),
            total: Some(self.order.total),
            tax: Some(self.tax),
            recipient_digest: Some(digest(&self.order.recipient)),
            lines: lines.collect::<Option<_>>()?,
        })
    }
}
