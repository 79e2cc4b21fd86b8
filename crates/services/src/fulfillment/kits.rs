//! Kits that went to Amazon as their parts: how many of them are whole, and which package made them so. Pure.
//!
//! NetSuite counts kits, Amazon counts parts. A kit counts as fulfilled once all its parts have left; the package
//! that brings the last of them carries it on its item fulfilment.

use std::collections::HashMap;

use amz_domain::fulfillment::FulfilledLine;
use amz_domain::{
    AmazonLineId, AmazonOrder, LineNumber, Package, PackageId, PackageState, Quantity, SalesOrder,
};

use crate::link::{AppliedPackage, KitPart, SentLine, SentOrder};
use crate::parking::{Reason, Who};

/// A line of a kit that was sent as its parts.
struct KitLine<'sent> {
    line: LineNumber,
    parts: Vec<(&'sent SentLine, &'sent KitPart)>,
}

/// Units per Amazon line.
type Units<'order> = HashMap<&'order AmazonLineId, Quantity>;

fn kit_lines(sent: &SentOrder) -> Vec<KitLine<'_>> {
    let mut kits: Vec<KitLine<'_>> = Vec::new();
    for line in &sent.lines {
        let Some(part) = &line.part else { continue };
        match kits.iter_mut().find(|kit| kit.line == line.line) {
            Some(kit) => kit.parts.push((line, part)),
            None => kits.push(KitLine { line: line.line, parts: vec![(line, part)] }),
        }
    }
    kits
}

fn units<'order>(packages: impl IntoIterator<Item = &'order Package>) -> Units<'order> {
    let mut units = Units::new();
    for content in packages.into_iter().flat_map(|package| &package.contents) {
        let sum = units.entry(&content.line).or_default();
        *sum = sum.plus(content.quantity);
    }
    units
}

impl KitLine<'_> {
    /// How many whole kits some units of each part make.
    fn whole(&self, units: impl Fn(&SentLine) -> Quantity) -> Quantity {
        let kits = self.parts.iter().map(|(line, part)| units(line).0 / part.per_kit.0.max(1));
        Quantity(kits.min().unwrap_or_default())
    }

    fn whole_of(&self, shipped: &Units<'_>) -> Quantity {
        self.whole(|line| shipped.get(&line.amazon_line).copied().unwrap_or_default())
    }

    fn is_in(&self, package: &Package) -> bool {
        let holds = |line: &AmazonLineId| self.parts.iter().any(|(part, _)| part.amazon_line == *line);
        package.contents.iter().any(|content| !content.quantity.is_zero() && holds(&content.line))
    }

    /// Kits on the item fulfilments of these packages.
    fn on<'applied>(&self, applied: impl Iterator<Item = &'applied AppliedPackage>) -> Quantity {
        let lines = applied.flat_map(|applied| &applied.lines).filter(|line| line.order_line == self.line);
        lines.map(|line| line.quantity).sum()
    }
}

/// The whole kits of an order, per package.
#[derive(Debug, Default)]
pub(super) struct WholeKits {
    /// Kits that the item fulfilment of each package shall carry; for packages without one only.
    per_package: HashMap<PackageId, Vec<FulfilledLine>>,
}

impl WholeKits {
    /// Counts the whole kits.
    ///
    /// Packages with an item fulfilment come first, and what stands on theirs is settled. The others come in the order
    /// of their ids, because Amazon's list may change its order; each carries the kits that its parts make whole,
    /// beyond those that are on an item fulfilment already. So a later look never changes an earlier fulfilment, and
    /// all of them together carry as many kits as there are whole ones.
    pub(super) fn count(amazon: &AmazonOrder, sent: &SentOrder, applied: &[AppliedPackage]) -> Self {
        let mut whole = Self::default();
        let kits = kit_lines(sent);
        if kits.is_empty() {
            return whole;
        }
        let (settled, mut new): (Vec<&Package>, Vec<&Package>) = (amazon.packages.iter())
            .filter(|package| package.has_left() || is_applied(package, applied))
            .partition(|package| is_applied(package, applied));
        new.sort_by(|a, b| a.id.cmp(&b.id));
        for kit in &kits {
            let mut shipped = units(settled.iter().copied());
            let mut counted = kit.on(applied.iter().filter(|held| is_of(held, amazon)));
            for package in new.iter().filter(|package| kit.is_in(package)) {
                for content in &package.contents {
                    let sum = shipped.entry(&content.line).or_default();
                    *sum = sum.plus(content.quantity);
                }
                let made = kit.whole_of(&shipped).minus(counted);
                if !made.is_zero() {
                    counted = counted.plus(made);
                    let lines = whole.per_package.entry(package.id.clone()).or_default();
                    lines.push(FulfilledLine { order_line: kit.line, quantity: made });
                }
            }
        }
        whole
    }

    /// Kits that the item fulfilment of a package shall carry.
    pub(super) fn of(&self, package: &Package) -> &[FulfilledLine] {
        self.per_package.get(&package.id).map(Vec::as_slice).unwrap_or_default()
    }

    /// True for a package of parts that make no kit whole: it gets no item fulfilment.
    pub(super) fn is_loose(&self, package: &Package, sent: &SentOrder) -> bool {
        let mut contents = package.contents.iter().filter(|content| !content.quantity.is_zero()).peekable();
        contents.peek().is_some()
            && self.of(package).is_empty()
            && contents.all(|content| is_part(&content.line, sent))
    }
}

fn is_part(line: &AmazonLineId, sent: &SentOrder) -> bool {
    sent.lines.iter().any(|held| held.amazon_line == *line && held.part.is_some())
}

fn is_applied(package: &Package, applied: &[AppliedPackage]) -> bool {
    applied.iter().any(|applied| applied.package == package.id)
}

fn is_of(applied: &AppliedPackage, amazon: &AmazonOrder) -> bool {
    amazon.packages.iter().any(|package| package.id == applied.package)
}

/// Kits per line that NetSuite may still take: no more than ordered, and no more than Amazon shipped whole. What is
/// fulfilled and on no item fulfilment that we know of counts as shipped already: it is an earlier try whose answer
/// was lost, or a person's doing.
pub(super) fn open_kits(
    amazon: &AmazonOrder,
    sent: &SentOrder,
    applied: &[AppliedPackage],
    order: &SalesOrder,
) -> Vec<(LineNumber, Quantity)> {
    let shipped = units(amazon.packages.iter().filter(|package| package.has_left()));
    let open = kit_lines(sent).into_iter().filter_map(|kit| {
        let line = order.lines.iter().find(|line| line.line == kit.line && !line.is_closed)?;
        let fulfilled = Quantity::try_from(line.quantity_fulfilled).unwrap_or_default();
        let unknown = fulfilled.minus(kit.on(applied.iter()));
        let known = kit.on(applied.iter().filter(|held| is_of(held, amazon)));
        let ordered = Quantity::try_from(line.quantity).unwrap_or_default();
        let whole = kit.whole_of(&shipped).minus(known).minus(unknown);
        Some((kit.line, whole.min(ordered.minus(fulfilled))))
    });
    open.collect()
}

/// What a person must know of a kit line: `None` when it needs nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KitStanding {
    /// The kit's line.
    pub line: LineNumber,
    /// Parts that are under way without a whole kit, or will never be.
    pub incomplete: Option<Reason>,
}

/// True when Amazon cancelled parts of a kit, so that a person must deal with the line.
pub(super) fn needs_person(amazon: &AmazonOrder, sent: &SentOrder) -> bool {
    let cancelled = cancelled(amazon);
    kit_lines(sent).iter().any(|kit| !kit.missing(&cancelled).is_empty())
}

/// Units that Amazon cancelled before they left.
fn cancelled(amazon: &AmazonOrder) -> Units<'_> {
    let packages = amazon.packages.iter();
    units(packages.filter(|package| package.state == PackageState::Cancelled && !package.is_undeliverable()))
}

impl KitLine<'_> {
    /// True when some units of the parts are whole kits and nothing besides.
    fn makes_whole_kits(&self, units: &Units<'_>) -> bool {
        let whole = self.whole_of(units);
        self.parts.iter().all(|(line, part)| {
            units.get(&line.amazon_line).copied().unwrap_or_default().0
                == whole.0.saturating_mul(part.per_kit.0)
        })
    }

    /// Cancelled units per part.
    fn missing<'kit>(&'kit self, cancelled: &Units<'_>) -> Vec<(&'kit SentLine, Quantity)> {
        let missing = self
            .parts
            .iter()
            .map(|(line, _)| (*line, cancelled.get(&line.amazon_line).copied().unwrap_or_default()));
        missing.filter(|(_, units)| !units.is_zero()).collect()
    }
}

/// How the kit lines of an order stand.
///
/// A line that a person dealt with, closed or fulfilled, needs nobody any more.
pub(super) fn standings(
    amazon: &AmazonOrder,
    sent: &SentOrder,
    order: Option<&SalesOrder>,
) -> Vec<KitStanding> {
    let shipped = units(amazon.packages.iter().filter(|package| package.has_left()));
    let cancelled = cancelled(amazon);
    let standing = |kit: &KitLine<'_>| {
        let whole = kit.whole_of(&shipped);
        let loose: Vec<(&SentLine, Quantity)> = (kit.parts.iter())
            .map(|(line, part)| {
                let units = shipped.get(&line.amazon_line).copied().unwrap_or_default();
                (*line, Quantity(units.0.saturating_sub(whole.0.saturating_mul(part.per_kit.0))))
            })
            .filter(|(_, units)| !units.is_zero())
            .collect();
        let missing = kit.missing(&cancelled);
        let is_coherent = loose.is_empty() && (missing.is_empty() || kit.makes_whole_kits(&cancelled));
        if is_coherent || is_dealt_with(kit.line, order) {
            return None;
        }
        let possible = kit
            .whole(|line| line.quantity.minus(cancelled.get(&line.amazon_line).copied().unwrap_or_default()));
        Some(incomplete(kit, whole, possible, &loose, &missing))
    };
    let kits = kit_lines(sent);
    kits.iter().map(|kit| KitStanding { line: kit.line, incomplete: standing(kit) }).collect()
}

fn is_dealt_with(number: LineNumber, order: Option<&SalesOrder>) -> bool {
    order.is_some_and(|order| {
        let line = order.lines.iter().find(|line| line.line == number);
        line.is_none_or(|line| line.is_closed || line.quantity_fulfilled >= line.quantity)
    })
}

fn incomplete(
    kit: &KitLine<'_>,
    whole: Quantity,
    possible: Quantity,
    loose: &[(&SentLine, Quantity)],
    missing: &[(&SentLine, Quantity)],
) -> Reason {
    let line = kit.line;
    let ordered = kit.whole(|line| line.quantity);
    let mut cause = format!("{whole} of {ordered} kits of line {line} left whole");
    if !loose.is_empty() {
        cause += &format!("; {} are at the shopper or under way without a whole kit", listed(loose));
    }
    if !missing.is_empty() {
        cause += &format!("; Amazon cancelled {}", listed(missing));
    }
    let hint = if possible > whole {
        cause += &format!("; {} more can become whole", possible.minus(whole));
        "wait for the parts that are still to come: kits are fulfilled by themselves once they are whole"
    } else if missing.is_empty() {
        "compare the packages with the kit item: Amazon shipped more parts than the ordered kits hold"
    } else {
        cause += ", so no further kit can become whole";
        "agree with the shopper: ship the missing parts otherwise and fulfil the kit, or take the loose parts back; \
         then fulfil or close what is left of the line"
    };
    Reason::new("kit_incomplete", cause, hint, Who::Merchant)
}

fn listed(parts: &[(&SentLine, Quantity)]) -> String {
    let named = parts.iter().map(|(line, units)| {
        let item = line.part.as_ref().map(|part| part.item.to_string()).unwrap_or_default();
        let name = line.sku.as_ref().map_or(item, ToString::to_string);
        format!("{units} × {name}")
    });
    named.collect::<Vec<_>>().join(", ")
}
