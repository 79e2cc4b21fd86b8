//! Which items stand for which SKUs and for which physical stock, over all pages of a comparison. Pure.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasher;

use amz_domain::{FulfillmentSku, ItemId, Sku};

use super::{Mismatch, ReportRow};

/// An index of SKUs and of physical stock. It holds one entry per SKU that Amazon has and an item stands for, and of a
/// catalogue of any size little more: names stand in it once, and are found by their hashes.
#[derive(Debug, Default)]
pub(super) struct Claims {
    hasher: RandomState,
    /// The first item of each SKU.
    first: Vec<(Sku, ItemId)>,
    /// Where a SKU stands in `first`, by its hash.
    by_sku: HashMap<u64, usize>,
    /// SKUs whose hash is another one's.
    collided: BTreeMap<Sku, ItemId>,
    more_items: BTreeMap<Sku, BTreeSet<ItemId>>,
    inactive: BTreeMap<Sku, BTreeSet<ItemId>>,
    /// Where the first that draws on physical stock stands in `first`, by the hash of the stock's name. Were two names to
    /// share a hash, their items would be reported as sharing units, and left alone.
    by_pool: HashMap<u64, usize>,
    more_skus: BTreeMap<FulfillmentSku, BTreeSet<(Sku, ItemId)>>,
}

/// Something that several items claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conflict {
    /// Why none of the items can be kept in step.
    pub(super) mismatch: Mismatch,
    /// The SKUs it is about, by name.
    pub(super) skus: BTreeSet<Sku>,
    /// The items, by id.
    pub(super) items: BTreeSet<ItemId>,
}

impl Conflict {
    /// True when nothing of the items may be written. Items out of use are not written anyway.
    pub(super) fn withdraws(&self) -> bool {
        self.mismatch != Mismatch::Inactive
    }

    /// The conflict as a row of a report.
    pub(super) fn row(&self) -> ReportRow {
        let skus: Vec<&str> = self.skus.iter().map(Sku::as_str).collect();
        let why = match self.mismatch {
            Mismatch::Ambiguous => "several items have the key of the SKU",
            Mismatch::SharedUnits => {
                "different items draw on the same units at Amazon: make one SKU primary and have the others ignored"
            }
            _ => "the item is out of use",
        };
        ReportRow::Mismatch {
            mismatch: self.mismatch,
            sku: self.skus.first().cloned(),
            items: self.items.iter().cloned().collect(),
            detail: format!("{}: {why}", skus.join(", ")),
        }
    }
}

impl Claims {
    /// True when an item claimed a SKU before.
    pub(super) fn holds(&self, sku: &Sku, item: &ItemId) -> bool {
        self.first_of(sku) == Some(item) || self.more_items.get(sku).is_some_and(|items| items.contains(item))
    }

    /// True when any item stands for a SKU, one that is out of use included.
    pub(super) fn is_claimed(&self, sku: &Sku) -> bool {
        self.first_of(sku).is_some() || self.inactive.contains_key(sku)
    }

    /// The item that claimed a SKU first.
    fn first_of(&self, sku: &Sku) -> Option<&ItemId> {
        let found = self.place_of(sku).map(|place| &self.first[place].1);
        found.or_else(|| self.collided.get(sku))
    }

    fn place_of(&self, sku: &Sku) -> Option<usize> {
        let place = self.by_sku.get(&self.hasher.hash_one(sku)).copied();
        place.filter(|place| self.first.get(*place).is_some_and(|(found, _)| found == sku))
    }

    /// An item stands for a SKU.
    pub(super) fn claim(&mut self, sku: &Sku, item: &ItemId) {
        match self.first_of(sku) {
            Some(first) if first == item => {}
            Some(_) => {
                self.more_items.entry(sku.clone()).or_default().insert(item.clone());
            }
            None => {
                let hash = self.hasher.hash_one(sku);
                if self.by_sku.contains_key(&hash) {
                    self.collided.insert(sku.clone(), item.clone());
                } else {
                    self.by_sku.insert(hash, self.first.len());
                    self.first.push((sku.clone(), item.clone()));
                }
            }
        }
    }

    /// An item that is out of use stands for a SKU.
    pub(super) fn claim_inactive(&mut self, sku: &Sku, item: &ItemId) {
        self.inactive.entry(sku.clone()).or_default().insert(item.clone());
    }

    /// An item is kept in step with physical stock, by a SKU of it.
    pub(super) fn draw(&mut self, pool: &FulfillmentSku, sku: &Sku, item: &ItemId) {
        let hash = self.hasher.hash_one(pool);
        let own = self.place_of(sku).filter(|place| self.first[*place].1 == *item);
        match (self.by_pool.get(&hash), own) {
            (Some(first), own) if Some(*first) == own => {}
            (None, Some(own)) => {
                self.by_pool.insert(hash, own);
            }
            _ => {
                self.more_skus.entry(pool.clone()).or_default().insert((sku.clone(), item.clone()));
            }
        }
    }

    /// What several items claim, and SKUs that only items out of use stand for. An item out of use sells nothing, so it
    /// makes no SKU ambiguous.
    pub(super) fn conflicts(&self) -> Vec<Conflict> {
        let ambiguous = self.more_items.iter().map(|(sku, more)| Conflict {
            mismatch: Mismatch::Ambiguous,
            skus: BTreeSet::from([sku.clone()]),
            items: more.iter().chain(self.first_of(sku)).cloned().collect(),
        });
        let shared = self.more_skus.iter().filter_map(|(pool, more)| {
            let first =
                self.by_pool.get(&self.hasher.hash_one(pool)).and_then(|place| self.first.get(*place));
            let draws: Vec<&(Sku, ItemId)> = more.iter().chain(first).collect();
            let skus: BTreeSet<Sku> = draws.iter().map(|(sku, _)| sku.clone()).collect();
            let items: BTreeSet<ItemId> = draws.iter().map(|(_, item)| item.clone()).collect();
            // several items of one SKU are ambiguous, which is said already
            let is_shared = skus.len() > 1 && items.len() > 1;
            is_shared.then_some(Conflict { mismatch: Mismatch::SharedUnits, skus, items })
        });
        let inactive = self.inactive.iter().filter(|(sku, _)| self.first_of(sku).is_none());
        let inactive = inactive.map(|(sku, items)| Conflict {
            mismatch: Mismatch::Inactive,
            skus: BTreeSet::from([sku.clone()]),
            items: items.clone(),
        });
        ambiguous.chain(shared).chain(inactive).collect()
    }
}
