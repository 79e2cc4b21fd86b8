//! What belongs to what between a sales order and the Amazon order that another connector made of it. Pure.

use std::collections::{BTreeMap, HashMap};

use amz_domain::fulfillment::FulfilledLine;
use amz_domain::{
    AmazonLine, AmazonLineId, AmazonOrder, DeliveryMarks, ExternalId, ItemFulfillmentId, ItemId, LineAlias,
    LineNumber, LineUniqueKey, Package, Quantity, SalesOrder, SalesOrderLine, Sku,
};

use crate::link::{AppliedPackage, Link, SentLine, TrackerLink};
use crate::orders;
use crate::ports::netsuite::MadeFulfillment;

/// What is known of both.
#[derive(Clone, Copy)]
pub(super) struct Facts<'facts> {
    /// The sales order.
    pub(super) order: &'facts SalesOrder,
    /// Amazon's order.
    pub(super) amazon: &'facts AmazonOrder,
    /// SKUs of the items on the sales order's goods lines.
    pub(super) skus: &'facts HashMap<ItemId, Sku>,
    /// Item fulfilments of the sales order, whoever made them.
    pub(super) fulfillments: &'facts [MadeFulfillment],
    /// Our alias of a line.
    pub(super) alias: &'facts (dyn Fn(&LineUniqueKey) -> LineAlias + Send + Sync),
}

/// The links: the order, packages that have their item fulfilment, and trackers.
///
/// # Errors
/// What cannot be told, for people.
pub(super) fn matched(facts: Facts<'_>) -> Result<Vec<Link>, String> {
    let lines = lines(facts)?;
    let packages = packages(facts, &lines)?;
    let sent = lines.iter().map(|(held, line)| SentLine {
        alias: held.alias.clone().unwrap_or_else(|| (facts.alias)(&line.unique_key)),
        amazon_line: held.id.clone(),
        line: line.line,
        sku: sku_of(held, facts.skus).or_else(|| facts.skus.get(&line.item).cloned()),
        quantity: held.quantity,
        delivery: None,
        closed: Quantity::ZERO,
        reduced: Quantity::ZERO,
        released: false,
        part: None,
        item: Some(line.item.clone()),
    });
    let chosen = lines.iter().map(|(_, line)| *line).collect();
    let sent =
        orders::taken_over(facts.order, facts.amazon, (Default::default(), true), sent.collect(), chosen);
    let mut links = vec![Link::Order(Box::new(sent))];
    for package in facts.amazon.packages.iter().filter(|package| package.has_left()) {
        if let Some(tracker) = &package.tracker {
            let link = TrackerLink { tracker: tracker.clone(), package: package.id.clone() };
            links.push(Link::Tracker(link));
        }
    }
    links.extend(packages.into_iter().map(|package| Link::Package(Box::new(package))));
    Ok(links)
}

/// The SKU of Amazon's line. Where Amazon shows none, one of the names that its shop gave the line may be it.
fn sku_of(held: &AmazonLine, skus: &HashMap<ItemId, Sku>) -> Option<Sku> {
    let named = || held.names.iter().find_map(|name| skus.values().find(|sku| sku.as_str() == name));
    held.sku.as_ref().or_else(named).cloned()
}

type Pairs<'facts> = Vec<(&'facts AmazonLine, &'facts SalesOrderLine)>;

/// Which line of the sales order each of Amazon's lines is.
fn lines(facts: Facts<'_>) -> Result<Pairs<'_>, String> {
    let Facts { order, amazon, skus, .. } = facts;
    let mut pairs: Pairs<'_> = Vec::new();
    let goods: Vec<&SalesOrderLine> = order.lines.iter().filter(|line| line.kind.is_goods()).collect();
    let by_name = |held: &AmazonLine| {
        let alias = held.alias.as_ref();
        let by_alias = goods.iter().find(|line| alias == Some(&(facts.alias)(&line.unique_key)));
        // the field may be the other connector's by setting: then it holds what that one calls the line
        let is_held = |id: &AmazonLineId| *id == held.id || held.names.iter().any(|name| name == id.as_str());
        by_alias.or_else(|| goods.iter().find(|line| line.amazon_line.as_ref().is_some_and(is_held))).copied()
    };
    for held in &amazon.lines {
        if let Some(line) = by_name(held) {
            if let Some((other, _)) = pairs.iter().find(|(_, known)| known.line == line.line) {
                return Err(format!(
                    "Amazon's lines {} and {} both are line {}",
                    other.id, held.id, line.line
                ));
            }
            pairs.push((held, line));
        }
    }
    let free: Vec<&SalesOrderLine> =
        goods.into_iter().filter(|line| !pairs.iter().any(|(_, known)| known.line == line.line)).collect();
    let nameless: Vec<&AmazonLine> =
        amazon.lines.iter().filter(|held| !pairs.iter().any(|(known, _)| known.id == held.id)).collect();
    for held in &nameless {
        let sku = sku_of(held, skus);
        // Amazon's pages do not say how an order shows its products: without SKUs units must do, and then no line may
        // be left over on either side
        if sku.is_none() && free.len() != nameless.len() {
            return Err(format!(
                "Amazon's line {} shows neither a name nor a SKU, and not all lines of the sales order are Amazon's",
                held.id
            ));
        }
        let looks_like = |line: &&&SalesOrderLine| {
            sku.as_ref().is_none_or(|sku| skus.get(&line.item) == Some(sku))
                && line.quantity == held.quantity.to_decimal()
        };
        let what = match &sku {
            Some(sku) => format!("{} units of {sku}", held.quantity),
            None => format!("{} units", held.quantity),
        };
        let mut alike = free.iter().filter(looks_like);
        let twins = nameless
            .iter()
            .filter(|other| sku_of(other, skus) == sku && other.quantity == held.quantity)
            .count();
        match (alike.next(), alike.next(), twins) {
            (Some(line), None, 1) => pairs.push((held, line)),
            (None, ..) => {
                return Err(format!("Amazon's line {} ({what}) is no line of the sales order", held.id));
            }
            _ => {
                return Err(format!("Amazon's line {} ({what}) may be any of several lines", held.id));
            }
        }
    }
    if pairs.is_empty() {
        return Err(format!("Amazon order {} shows no lines", amazon.id));
    }
    Ok(pairs)
}

/// Units per line of the sales order.
type Units = BTreeMap<LineNumber, Quantity>;

/// Which item fulfilment each package has that left.
fn packages(facts: Facts<'_>, lines: &Pairs<'_>) -> Result<Vec<AppliedPackage>, String> {
    let number = |id: &AmazonLineId| lines.iter().find(|(held, _)| held.id == *id).map(|(_, line)| line.line);
    let mut left: Vec<(&Package, Units)> = Vec::new();
    for package in facts.amazon.packages.iter().filter(|package| package.has_left()) {
        let mut units = Units::new();
        for part in &package.contents {
            let line = number(&part.line).ok_or_else(|| {
                format!("package {} holds the line {}, which the order does not have", package.id, part.line)
            })?;
            let sum = units.entry(line).or_default();
            *sum = sum.plus(part.quantity);
        }
        left.push((package, units));
    }
    let of_amazon = |made: &Units| made.keys().any(|line| lines.iter().any(|(_, own)| own.line == *line));
    let made: Vec<(&MadeFulfillment, Units)> = facts
        .fulfillments
        .iter()
        .map(|made| (made, units(&made.lines)))
        .filter(|(_, units)| of_amazon(units))
        .collect();
    let mut found: Vec<(&Package, &Units, &MadeFulfillment)> = Vec::new();
    for (package, units) in &left {
        let mut named = made.iter().filter(|(made, _)| names(made, package));
        match (named.next(), named.next()) {
            (Some((made, _)), None) => found.push((package, units, made)),
            (None, _) => {}
            (Some(_), Some(_)) => {
                return Err(format!("package {} is on several item fulfilments", package.id));
            }
        }
    }
    for (made, whole) in &made {
        let packed = found.iter().filter(|(_, _, known)| known.id == made.id);
        let packed: Vec<&Units> = packed.map(|(_, units, _)| *units).collect();
        if !packed.is_empty() && sum(&packed) != *whole {
            return Err(format!("item fulfilment {} holds other units than its packages", made.id));
        }
    }
    let free: Vec<&(&MadeFulfillment, Units)> =
        made.iter().filter(|(made, _)| !found.iter().any(|(_, _, known)| known.id == made.id)).collect();
    let unnamed: Vec<&(&Package, Units)> = left
        .iter()
        .filter(|(package, _)| !found.iter().any(|(known, _, _)| known.id == package.id))
        .collect();
    for (made, whole) in free.iter().copied() {
        let mut alike = unnamed.iter().filter(|(_, units)| units == whole);
        let twins = free.iter().filter(|(_, other)| other == whole).count();
        match (alike.next(), alike.next(), twins) {
            (Some((package, units)), None, 1) => found.push((package, units, made)),
            (None, ..) => return Err(format!("item fulfilment {} fits no package that left", made.id)),
            _ => return Err(format!("item fulfilment {} may be any of several packages", made.id)),
        }
    }
    Ok(found.into_iter().map(|(package, units, made)| applied(package, units, made)).collect())
}

/// True when an item fulfilment names a package: by our external id, or by its tracking number.
fn names(made: &MadeFulfillment, package: &Package) -> bool {
    made.external_id.as_ref() == Some(&ExternalId::of_fulfillment(&package.id))
        || package.tracker.as_ref().is_some_and(|tracker| made.tracking_numbers.contains(&tracker.number))
}

fn units(lines: &[FulfilledLine]) -> Units {
    let mut units = Units::new();
    for line in lines.iter().filter(|line| !line.quantity.is_zero()) {
        let sum = units.entry(line.order_line).or_default();
        *sum = sum.plus(line.quantity);
    }
    units
}

fn sum(parts: &[&Units]) -> Units {
    let mut whole = Units::new();
    for (line, quantity) in parts.iter().flat_map(|part| part.iter()) {
        let sum = whole.entry(*line).or_default();
        *sum = sum.plus(*quantity);
    }
    whole
}

/// The link of a package whose item fulfilment another connector made. What our own fields on it say is not known, so
/// the next look writes them.
fn applied(package: &Package, units: &Units, made: &MadeFulfillment) -> AppliedPackage {
    let shown = package.tracker.clone().filter(|key| made.tracking_numbers.contains(&key.number));
    let fulfillment: ItemFulfillmentId = made.id.clone();
    AppliedPackage {
        package: package.id.clone(),
        fulfillment,
        tracker: shown,
        marks: DeliveryMarks::default(),
        lines: units
            .iter()
            .map(|(line, quantity)| FulfilledLine { order_line: *line, quantity: *quantity })
            .collect(),
    }
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
