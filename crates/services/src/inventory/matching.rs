//! Which item a SKU stands for, and which SKUs of an item count. Pure.
//!
//! SKUs, keys and ids are compared byte for byte: trimming or folding case would be a guess.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use amz_domain::{FulfillmentSku, ItemId, Sku};

use super::{KnownStock, StockItem};
use crate::settings::{Alias, Buffer, Counting, InventorySettings, MatchBy};

/// What Amazon's own SKUs for units that it found begin with.
const FOUND_BY_AMAZON: &str = "Amazon.Found.";

/// The rule and the alias table by which SKUs and items are matched.
#[derive(Debug, Clone)]
pub struct Matching {
    settings: Arc<InventorySettings>,
    /// Positions in the alias table.
    by_sku: HashMap<Sku, usize>,
    by_item: HashMap<ItemId, Vec<usize>>,
    products: Arc<Products>,
}

/// The merchant's own ids of products in Amazon's catalogue.
#[derive(Debug, Default)]
pub(super) struct Products {
    ids: HashMap<Sku, String>,
    skus: HashMap<String, Vec<Sku>>,
}

impl Products {
    pub(super) fn new(ids: HashMap<Sku, String>) -> Self {
        let mut skus: HashMap<String, Vec<Sku>> = HashMap::new();
        for (sku, id) in &ids {
            skus.entry(id.clone()).or_default().push(sku.clone());
        }
        skus.values_mut().for_each(|skus| skus.sort());
        Self { ids, skus }
    }

    /// True when a product of the SKU has an id.
    pub(super) fn has(&self, sku: &Sku) -> bool {
        self.ids.contains_key(sku)
    }
}

impl Matching {
    /// Makes it. `catalog` holds the merchant's own ids of products by SKU; without it the catalogue's rule matches
    /// nothing.
    pub fn new(settings: Arc<InventorySettings>, catalog: Option<HashMap<Sku, String>>) -> Self {
        Self::with(settings, Arc::new(Products::new(catalog.unwrap_or_default())))
    }

    /// Makes it of products that others use too.
    pub(super) fn with(settings: Arc<InventorySettings>, products: Arc<Products>) -> Self {
        let mut by_sku = HashMap::new();
        let mut by_item: HashMap<ItemId, Vec<usize>> = HashMap::new();
        for (position, alias) in settings.aliases.iter().enumerate() {
            by_sku.insert(alias.sku.clone(), position);
            if let Some(item) = &alias.item {
                by_item.entry(item.clone()).or_default().push(position);
            }
        }
        Self { settings, by_sku, by_item, products }
    }

    /// What the merchant says of a SKU.
    pub fn alias(&self, sku: &Sku) -> Option<&Alias> {
        self.by_sku.get(sku).and_then(|position| self.settings.aliases.get(*position))
    }

    /// The keys and the internal ids by which NetSuite must be asked for the items of SKUs.
    pub fn keys_of(&self, skus: &[Sku]) -> (Vec<String>, Vec<ItemId>) {
        let (mut keys, mut items) = (BTreeSet::new(), BTreeSet::new());
        for sku in skus {
            match self.alias(sku).and_then(|alias| alias.item.as_ref()) {
                Some(item) => {
                    items.insert(item.clone());
                }
                None => keys.extend(self.key_of(sku).map(str::to_owned)),
            }
        }
        (keys.into_iter().collect(), items.into_iter().collect())
    }

    /// The key of the item that the rule matches a SKU with.
    fn key_of<'this>(&'this self, sku: &'this Sku) -> Option<&'this str> {
        let key = match self.settings.match_by {
            MatchBy::ItemField | MatchBy::Upc | MatchBy::ExternalId => sku.as_str(),
            MatchBy::Catalog => self.products.ids.get(sku)?,
        };
        (!key.is_empty() && !is_found_by_amazon(sku)).then_some(key)
    }

    /// The items that the alias table names.
    pub fn aliased_items(&self) -> Vec<ItemId> {
        self.by_item.keys().cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// True for an item that the alias table names.
    pub(super) fn is_aliased(&self, item: &ItemId) -> bool {
        self.by_item.contains_key(item)
    }

    /// The SKUs that stand for an item: those that the alias table gives it, and those that the rule does.
    pub fn skus_of(&self, item: &StockItem) -> Vec<Sku> {
        let aliased = self.by_item.get(&item.id).into_iter().flatten();
        let mut skus: Vec<Sku> =
            aliased.filter_map(|position| Some(self.settings.aliases.get(*position)?.sku.clone())).collect();
        let key = item.key.as_deref().filter(|key| !key.is_empty());
        let by_rule: Vec<Sku> = match (key, self.settings.match_by) {
            (None, _) => Vec::new(),
            (Some(key), MatchBy::Catalog) => self.products.skus.get(key).cloned().unwrap_or_default(),
            (Some(key), _) => vec![Sku::from(key)],
        };
        let goes_by_rule = |sku: &Sku| self.alias(sku).is_none_or(|alias| alias.item.is_none());
        skus.extend(by_rule.into_iter().filter(|sku| goes_by_rule(sku) && !is_found_by_amazon(sku)));
        skus.sort();
        skus.dedup();
        skus
    }

    /// True for a SKU that shall not count.
    pub fn is_ignored(&self, sku: &Sku) -> bool {
        self.counting(sku) == Some(Counting::Ignore)
    }

    fn counting(&self, sku: &Sku) -> Option<Counting> {
        self.alias(sku).and_then(|alias| alias.counting)
    }

    /// Which of an item's SKUs count.
    pub(super) fn counted<'sku>(&self, candidates: &[Candidate<'sku>]) -> Counted<'sku> {
        let told = |counting| move |sku: &&Candidate<'_>| self.counting(sku.sku) == Some(counting);
        let counting: Vec<&Candidate<'_>> =
            candidates.iter().filter(|candidate| !candidate.is_ignored).collect();
        let primary: Vec<&'sku Sku> =
            counting.iter().copied().filter(told(Counting::Primary)).map(|candidate| candidate.sku).collect();
        let summed = counting.iter().copied().filter(told(Counting::Sum)).count();
        match primary.as_slice() {
            [] => {}
            [primary] if summed == 0 => return Counted::These(vec![primary]),
            _ => return Counted::Several,
        }
        // a SKU that Amazon never showed is nobody's business beside one that it did
        let any_read = counting.iter().any(|candidate| candidate.was_read);
        let left: Vec<&Candidate<'_>> =
            counting.iter().copied().filter(|candidate| candidate.was_read || !any_read).collect();
        if any_read && left.len() > 1 {
            if left.iter().any(|candidate| self.counting(candidate.sku) != Some(Counting::Sum)) {
                return Counted::Several;
            }
            let pools = left.iter().filter_map(|candidate| candidate.fulfillment_sku);
            let known = left.iter().filter(|candidate| candidate.fulfillment_sku.is_some()).count();
            if pools.collect::<BTreeSet<_>>().len() < known {
                return Counted::Shared;
            }
        }
        Counted::These(left.into_iter().map(|candidate| candidate.sku).collect())
    }

    /// Units of an item kept back: what its SKUs' aliases say, else what the settings say of every item.
    pub(super) fn buffer_of(&self, skus: &[Sku]) -> Buffer {
        let own = skus.iter().filter_map(|sku| self.alias(sku).and_then(|alias| alias.buffer));
        own.reduce(|one, other| Buffer {
            units: one.units.max(other.units),
            share: one.share.max(other.share),
        })
        .unwrap_or(self.settings.buffer)
    }
}

/// True for a SKU that Amazon made for units that it found.
pub(super) fn is_found_by_amazon(sku: &Sku) -> bool {
    sku.as_str().starts_with(FOUND_BY_AMAZON)
}

/// A SKU of an item.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'sku> {
    /// The SKU.
    pub(super) sku: &'sku Sku,
    /// True when Amazon ever showed it.
    pub(super) was_read: bool,
    /// True when the merchant said that it does not count.
    pub(super) is_ignored: bool,
    /// Which physical stock it stands for.
    pub(super) fulfillment_sku: Option<&'sku FulfillmentSku>,
}

impl<'sku> Candidate<'sku> {
    /// A SKU and what is known of it.
    pub(super) fn new(sku: &'sku Sku, known: Option<&'sku KnownStock>, matching: &Matching) -> Self {
        let reading = known.and_then(|known| known.reading.as_ref());
        Self {
            sku,
            was_read: reading.is_some(),
            is_ignored: matching.is_ignored(sku),
            fulfillment_sku: reading.and_then(|reading| reading.fulfillment_sku.as_ref()),
        }
    }
}

/// Which SKUs of an item count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Counted<'sku> {
    /// These, added up; none when all are to be ignored.
    These(Vec<&'sku Sku>),
    /// Nobody said how several count.
    Several,
    /// They shall be added up, and share their units.
    Shared,
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
