//! Kits that go to Amazon as their parts: one Amazon line per part, all of them of one sales order line. Pure.

use std::collections::HashMap;

use amz_domain::allocation::allocate;
use amz_domain::{
    AmazonOrder, Generation, ItemId, ItemKind, LineAlias, Quantity, SalesOrder, SalesOrderLine, Sku,
};
use rust_decimal::{Decimal, RoundingStrategy};

use super::amounts::LineAmounts;
use crate::link::{KitPart, SentLine, SentOrder};
use crate::parking::{Reason, Who};
use crate::ports::netsuite::KitMember;
use crate::settings::Kits;
use crate::shares::too_large;

/// What is known of the items on an order's lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Goods<'facts> {
    /// SKUs of the items, parts of kits included.
    pub(super) skus: &'facts HashMap<ItemId, Sku>,
    /// What the kits consist of.
    pub(super) kits: &'facts HashMap<ItemId, Vec<KitMember>>,
    /// What Amazon has from us: a kit that was sent stays as it was sent, whatever the setting says now.
    pub(super) sent: Option<&'facts SentOrder>,
}

/// What one Amazon line is: a goods line as it is sold, or one part of a kit line, with its amounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// The part, of a kit that goes as its parts.
    pub(super) part: Option<KitPart>,
    /// Units and amounts of this Amazon line.
    pub(super) amounts: LineAmounts,
}

impl Piece {
    /// The item that Amazon ships.
    pub(super) fn item<'piece>(&'piece self, line: &'piece SalesOrderLine) -> &'piece ItemId {
        self.part.as_ref().map_or(&line.item, |part| &part.item)
    }

    /// Our alias of this Amazon line.
    pub(super) fn alias(
        &self,
        order: &SalesOrder,
        line: &SalesOrderLine,
        generation: Generation,
    ) -> LineAlias {
        match &self.part {
            None => LineAlias::of(&order.id, &line.unique_key, generation),
            Some(part) => LineAlias::of_part(&order.id, &line.unique_key, &part.item, generation),
        }
    }
}

/// The Amazon lines of a goods line.
///
/// # Errors
/// A reason to park: a kit of which no parts are known, or figures out of all proportion.
pub(super) fn pieces(
    line: &SalesOrderLine,
    amounts: &LineAmounts,
    goods: Goods<'_>,
    kits: Kits,
    digits: u32,
) -> Result<Vec<Piece>, Reason> {
    if !goes_as_parts(line, goods.sent, kits) {
        return Ok(vec![Piece { part: None, amounts: amounts.clone() }]);
    }
    let mut parts = sent_parts(line, goods.sent);
    if parts.is_empty() {
        parts = parts_of(goods.kits.get(&line.item).map(Vec::as_slice).unwrap_or_default());
    }
    if parts.is_empty() {
        return Err(without_parts(line));
    }
    shared(amounts, parts, digits)
}

/// True for a line that goes to Amazon as its parts, or went so.
fn goes_as_parts(line: &SalesOrderLine, sent: Option<&SentOrder>, kits: Kits) -> bool {
    match sent.and_then(|sent| sent.lines.iter().find(|held| held.line == line.line)) {
        Some(held) => held.part.is_some(),
        None => line.kind == ItemKind::Kit && kits == Kits::AsParts,
    }
}

fn sent_parts(line: &SalesOrderLine, sent: Option<&SentOrder>) -> Vec<KitPart> {
    let held = sent.into_iter().flat_map(|sent| &sent.lines).filter(|held| held.line == line.line);
    held.filter_map(|held| held.part.clone()).collect()
}

/// The parts that a kit's members come to: an item that is listed twice is one part.
fn parts_of(members: &[KitMember]) -> Vec<KitPart> {
    let mut parts: Vec<KitPart> = Vec::new();
    for KitMember { item, quantity } in members.iter().filter(|member| !member.quantity.is_zero()) {
        match parts.iter_mut().find(|part| part.item == *item) {
            Some(known) => known.per_kit = known.per_kit.plus(*quantity),
            None => parts.push(KitPart { item: item.clone(), per_kit: *quantity }),
        }
    }
    parts
}

/// Shares a kit line's amounts over its parts, by units, since no prices of parts are known.
///
/// The unit price of a part is its share of the gross amount per unit, rounded up to the smallest payable unit;
/// what that is too much goes off as discount. So unit price × units − discount adds up to the kit line's to the
/// cent, and so do tax and delivery charge.
fn shared(kit: &LineAmounts, parts: Vec<KitPart>, digits: u32) -> Result<Vec<Piece>, Reason> {
    let units = parts.iter().map(|part| kit.quantity.0.checked_mul(part.per_kit.0).map(Quantity));
    let units: Vec<Quantity> = units.collect::<Option<_>>().ok_or_else(|| too_large("sales order"))?;
    let weights: Vec<Decimal> = units.iter().map(|units| units.to_decimal()).collect();
    let gross = allocate(kit.unit_price * kit.quantity.to_decimal(), &weights, digits);
    // by gross amount, so that rounding never makes a discount larger than what it is given on
    let discount = allocate(kit.discount, &gross, digits);
    let tax = allocate(kit.tax, &weights, digits);
    let delivery_charge = allocate(kit.delivery_charge, &weights, digits);
    let pieces = parts.into_iter().zip(units).enumerate().map(|(position, (part, quantity))| {
        let unit_price = (gross[position] / weights[position])
            .round_dp_with_strategy(digits, RoundingStrategy::ToPositiveInfinity);
        let too_much = unit_price * weights[position] - gross[position];
        let amounts = LineAmounts {
            line: kit.line,
            quantity,
            unit_price,
            discount: discount[position] + too_much,
            tax: tax[position],
            delivery_charge: delivery_charge[position],
        };
        Piece { part: Some(part), amounts }
    });
    Ok(pieces.collect())
}

fn without_parts(line: &SalesOrderLine) -> Reason {
    Reason::new(
        "kit_without_parts",
        format!(
            "line {} is the kit {}, kits go to Amazon as their parts, and NetSuite shows no parts of it",
            line.line, line.item
        ),
        "add the members to the kit item, or let another warehouse ship the line, then retry",
        Who::Merchant,
    )
}

/// The kits whose members a plan for these lines needs.
pub(super) fn kits_needed(lines: &[&SalesOrderLine], sent: Option<&SentOrder>, kits: Kits) -> Vec<ItemId> {
    let as_parts = lines.iter().filter(|line| line.kind == ItemKind::Kit && goes_as_parts(line, sent, kits));
    sorted(as_parts.map(|line| line.item.clone()).collect())
}

/// The items whose SKUs a plan for these lines needs.
pub(super) fn items_needed(
    lines: &[&SalesOrderLine],
    sent: Option<&SentOrder>,
    kits: Kits,
    known: &HashMap<ItemId, Vec<KitMember>>,
) -> Vec<ItemId> {
    let mut items = Vec::new();
    for line in lines {
        if !goes_as_parts(line, sent, kits) {
            items.push(line.item.clone());
            continue;
        }
        items.extend(sent_parts(line, sent).into_iter().map(|part| part.item));
        items.extend(known.get(&line.item).into_iter().flatten().map(|member| member.item.clone()));
    }
    sorted(items)
}

fn sorted(mut items: Vec<ItemId>) -> Vec<ItemId> {
    items.sort();
    items.dedup();
    items
}

/// The kits whose members must be known before an order that Amazon holds can be taken over: those that Amazon
/// does not hold as they are sold.
pub(super) fn kits_held_as_parts(
    order: &SalesOrder,
    found: &AmazonOrder,
    generation: Generation,
) -> Vec<ItemId> {
    let as_sold = |line: &SalesOrderLine| {
        let alias = LineAlias::of(&order.id, &line.unique_key, generation);
        found.lines.iter().any(|held| held.alias.as_ref() == Some(&alias))
    };
    let kits = order.lines.iter().filter(|line| line.kind == ItemKind::Kit && !as_sold(line));
    sorted(kits.map(|line| line.item.clone()).collect())
}

/// The line, and the part of it, that an alias of ours names.
pub(super) fn named<'order>(
    order: &'order SalesOrder,
    alias: &LineAlias,
    generation: Generation,
    kits: &HashMap<ItemId, Vec<KitMember>>,
) -> Option<(&'order SalesOrderLine, Option<KitPart>)> {
    order.lines.iter().find_map(|line| {
        if LineAlias::of(&order.id, &line.unique_key, generation) == *alias {
            return Some((line, None));
        }
        let parts = parts_of(kits.get(&line.item).filter(|_| line.kind == ItemKind::Kit)?);
        let named = |part: &KitPart| {
            LineAlias::of_part(&order.id, &line.unique_key, &part.item, generation) == *alias
        };
        Some((line, Some(parts.into_iter().find(named)?)))
    })
}

/// True when what a line is, or what its kit consists of, is not what Amazon has of it.
pub(super) fn is_other_item(now: &SalesOrderLine, line: &SentLine, goods: Goods<'_>) -> bool {
    let item = match &line.part {
        None => &now.item,
        Some(_) if now.kind != ItemKind::Kit => return true,
        Some(part) => {
            let members = goods.kits.get(&now.item).map(|members| parts_of(members));
            let differ = |members: &Vec<KitPart>| {
                !members.contains(part) || members.len() != sent_parts(now, goods.sent).len()
            };
            if members.as_ref().is_some_and(differ) {
                return true;
            }
            &part.item
        }
    };
    let sku_now = goods.skus.get(item);
    sku_now.is_some() && line.sku.is_some() && sku_now != line.sku.as_ref()
}

#[cfg(test)]
#[path = "kits_tests.rs"]
mod tests;
