//! Compares what Amazon said with what NetSuite shows, item by item. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use amz_domain::{ItemId, Sku};

use super::claims::{Claims, Conflict};
use super::doubt::{TakenUnits, UnsentUnits};
use super::finding::{Finding, Judge};
use super::matching::{Candidate, Counted, Matching, is_found_by_amazon};
use super::{KnownStock, Mismatch, ReportRow, StockItem, TakenOrder};
use crate::settings::InventorySettings;

pub use super::difference::{Compared, Difference};

/// A comparison under way. Items may come in any order and over many pages.
///
/// All SKUs that share their physical stock must be looked at in one comparison, or sharing is not seen.
#[derive(Debug)]
pub struct Comparison {
    settings: Arc<InventorySettings>,
    matching: Arc<Matching>,
    unsent: UnsentUnits,
    taken: TakenUnits,
    claims: Claims,
    /// What is to be said of items; an item in step, of which nothing is to be said, is not in it.
    findings: BTreeMap<ItemId, Finding>,
    /// Items seen, of those that the alias table names.
    aliased: BTreeSet<ItemId>,
    /// Items that were looked at for what they claim alone.
    beside: BTreeSet<ItemId>,
    unmatched: Vec<ReportRow>,
    in_step: u64,
    compared: u64,
    /// How many SKUs stand for an item of which something can be sold.
    sellable: HashMap<ItemId, u64>,
}

impl Comparison {
    /// A comparison with nothing compared yet. `catalog` holds the merchant's own ids of Amazon's products by SKU.
    pub fn new(
        settings: Arc<InventorySettings>,
        unsent: UnsentUnits,
        taken: Vec<TakenOrder>,
        catalog: Option<HashMap<Sku, String>>,
    ) -> Self {
        let matching = Arc::new(Matching::new(settings.clone(), catalog));
        Self::with(settings, matching, unsent, taken)
    }

    /// A comparison with nothing compared yet, by a rule that others use too.
    pub(super) fn with(
        settings: Arc<InventorySettings>,
        matching: Arc<Matching>,
        unsent: UnsentUnits,
        taken: Vec<TakenOrder>,
    ) -> Self {
        Self {
            matching,
            settings,
            unsent,
            taken: TakenUnits::new(taken),
            claims: Claims::default(),
            findings: BTreeMap::new(),
            aliased: BTreeSet::new(),
            beside: BTreeSet::new(),
            unmatched: Vec::new(),
            in_step: 0,
            compared: 0,
            sellable: HashMap::new(),
        }
    }

    /// Replaces what is known of orders. Levels of the items that are compared next must have been read before these, so
    /// that a sale in between leaves too few to sell and never too many.
    pub fn set_orders(&mut self, unsent: UnsentUnits, taken: Vec<TakenOrder>) {
        self.unsent = unsent;
        self.taken = TakenUnits::new(taken);
    }

    /// The keys and the internal ids by which NetSuite must be asked for the items of SKUs.
    pub fn keys_of(&self, skus: &[Sku]) -> (Vec<String>, Vec<ItemId>) {
        self.matching.keys_of(skus)
    }

    /// The items that the alias table names: a full run must ask for them by id, since they may have no key.
    pub fn aliased_items(&self) -> Vec<ItemId> {
        self.matching.aliased_items()
    }

    /// The SKUs that stand for an item; what is known of them is needed to compare it.
    pub fn skus_of(&self, item: &StockItem) -> Vec<Sku> {
        self.matching.skus_of(item)
    }

    /// Compares an item with what is known of [its SKUs](Self::skus_of). An item that comes twice counts once.
    pub fn item(&mut self, item: &StockItem, known: &[KnownStock]) {
        self.look_at(item, known, Occasion::First);
    }

    /// Compares an item anew: what was said of it before is forgotten.
    pub fn item_again(&mut self, item: &StockItem, known: &[KnownStock]) {
        let finding = self.findings.remove(&item.id);
        let holds = |sku: &Sku| self.claims.holds(sku, &item.id);
        if finding.is_some() || self.matching.skus_of(item).iter().any(holds) {
            // an item that claims a SKU and of which nothing was to be said is in step
            let was_in_step = finding.is_none_or(|finding| finding.is_in_step);
            self.in_step = self.in_step.saturating_sub(u64::from(was_in_step));
            self.compared = self.compared.saturating_sub(1);
        }
        self.look_at(item, known, Occasion::Again);
    }

    /// Looks at an item for what it claims alone: others may claim the same. Nothing else is said of it.
    pub fn beside(&mut self, item: &StockItem, known: &[KnownStock]) {
        self.look_at(item, known, Occasion::Beside);
    }

    /// True for an item that differs, or one of whose SKUs must be asked for before that can be told.
    pub fn is_open(&self, item: &ItemId) -> bool {
        let finding = self.findings.get(item);
        finding.is_some_and(|finding| finding.difference.is_some() || !finding.unconfirmed.is_empty())
    }

    /// Items some of whose SKUs must be asked for by name, and these SKUs.
    pub fn unconfirmed(&self) -> impl Iterator<Item = (&ItemId, &[Sku])> {
        let unconfirmed = self.findings.iter().filter(|(_, finding)| !finding.unconfirmed.is_empty());
        unconfirmed.map(|(item, finding)| (item, finding.unconfirmed.as_slice()))
    }

    fn look_at(&mut self, item: &StockItem, known: &[KnownStock], occasion: Occasion) {
        if self.matching.is_aliased(&item.id) {
            self.aliased.insert(item.id.clone());
        }
        let skus = self.matching.skus_of(item);
        let of = |sku: &Sku| known.iter().find(|known| known.sku == *sku);
        let candidates: Vec<Candidate<'_>> =
            skus.iter().map(|sku| Candidate::new(sku, of(sku), &self.matching)).collect();
        let was_read = candidates.iter().any(|candidate| candidate.was_read && !candidate.is_ignored);
        let is_ignored = candidates.iter().all(|candidate| candidate.is_ignored);
        if is_ignored || !(was_read || self.judge().has_stock(item)) {
            return;
        }
        if item.is_inactive {
            let read = candidates.iter().filter(|candidate| candidate.was_read && !candidate.is_ignored);
            let read = read.filter(|_| occasion != Occasion::Beside);
            read.for_each(|candidate| self.claims.claim_inactive(candidate.sku, &item.id));
            return;
        }
        let counted = self.matching.counted(&candidates);
        let counts = |sku: &Sku| matches!(&counted, Counted::These(these) if these.contains(&sku));
        let claimed: Vec<&Candidate<'_>> = candidates
            .iter()
            .filter(|candidate| !candidate.is_ignored && (candidate.was_read || counts(candidate.sku)))
            .collect();
        let came_before = claimed.iter().any(|candidate| self.claims.holds(candidate.sku, &item.id));
        if came_before && occasion != Occasion::Again {
            return;
        }
        for candidate in claimed {
            self.claims.claim(candidate.sku, &item.id);
            if let Some(pool) = candidate.fulfillment_sku.filter(|_| counts(candidate.sku)) {
                self.claims.draw(pool, candidate.sku, &item.id);
            }
        }
        if occasion == Occasion::Beside {
            self.beside.insert(item.id.clone());
            return;
        }
        self.compared += 1;
        self.sellable.remove(&item.id);
        if let Counted::These(these) = &counted
            && self.judge().is_sellable(item)
        {
            self.sellable.insert(item.id.clone(), these.len().max(1) as u64);
        }
        let finding = self.judge().finding(item, &skus, counted, known);
        self.in_step += u64::from(finding.is_in_step);
        if !finding.is_silent() {
            self.findings.insert(item.id.clone(), finding);
        }
    }

    fn judge(&self) -> Judge<'_> {
        Judge { settings: &self.settings, matching: &self.matching, unsent: &self.unsent, taken: &self.taken }
    }

    /// Reports a SKU that no item stands for. Call it when all items were compared; a SKU that has an item is skipped.
    pub fn unmatched(&mut self, known: &KnownStock) {
        let sku = &known.sku;
        let is_shown = known.reading.is_some() && known.absence.is_none();
        if !is_shown || self.claims.is_claimed(sku) || self.matching.is_ignored(sku) {
            return;
        }
        let named = self.matching.alias(sku).and_then(|alias| alias.item.clone());
        let (mismatch, items, detail) = match named {
            Some(item) if !self.aliased.contains(&item) => {
                let detail = format!("the alias table says item {item}, and NetSuite has no such item");
                (Mismatch::AliasWithoutItem, vec![item], detail)
            }
            // its item was looked at, and something else is said of it
            Some(_) => return,
            None if is_found_by_amazon(sku) => {
                (Mismatch::FoundByAmazon, Vec::new(), "Amazon made the SKU for units it found".to_owned())
            }
            None => (Mismatch::Unmapped, Vec::new(), "no item has the SKU".to_owned()),
        };
        self.unmatched.push(ReportRow::Mismatch { mismatch, sku: Some(sku.clone()), items, detail });
    }

    /// What it came to.
    pub fn finish(mut self) -> Compared {
        let conflicts = self.claims.conflicts();
        let disputed: BTreeSet<&ItemId> = conflicts
            .iter()
            .filter(|conflict| conflict.withdraws())
            .flat_map(|conflict| &conflict.items)
            .filter(|item| !self.beside.contains(*item))
            .collect();
        for item in disputed {
            // an item that claims a SKU and of which nothing was to be said is in step
            let was_in_step = self.findings.remove(item).is_none_or(|finding| finding.is_in_step);
            self.in_step = self.in_step.saturating_sub(u64::from(was_in_step));
        }
        let mut compared = Compared {
            in_step: self.in_step,
            compared: self.compared,
            sellable_skus: self.sellable.values().sum(),
            ..Compared::default()
        };
        compared.mismatches = self.unmatched;
        compared.mismatches.extend(conflicts.iter().map(Conflict::row));
        for finding in self.findings.into_values() {
            compared.differences.extend(finding.difference);
            compared.mismatches.extend(finding.row);
            compared.look_again.extend(finding.look_again);
            compared.unconfirmed.extend(finding.unconfirmed);
        }
        compared.mismatches.sort_by(|one, other| place(one).cmp(&place(other)));
        compared
    }
}

/// Why an item is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    First,
    Again,
    Beside,
}

/// Where a mismatch stands in a report: by kind, SKU and items.
fn place(row: &ReportRow) -> Option<(Mismatch, Option<&Sku>, &[ItemId])> {
    match row {
        ReportRow::Mismatch { mismatch, sku, items, .. } => Some((*mismatch, sku.as_ref(), items)),
        ReportRow::Drift { .. } => None,
    }
}

#[cfg(test)]
#[path = "comparison_tests/mod.rs"]
mod tests;
