//! Reads NetSuite's side of a comparison of some items, in the order in which a sale in between leaves too few to sell
//! and never too many: levels first, then orders that wait, then orders that Amazon took.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use amz_domain::{FulfillmentSku, ItemId, Sku};
use chrono::{DateTime, TimeDelta, Utc};

use super::catalogue::products;
use super::comparison::Comparison;
use super::difference::Compared;
use super::doubt::{LOOK_BACK, UnsentUnits};
use super::matching::Matching;
use super::{Absence, KnownStock, StockItem, TakenOrder};
use crate::connection::Stock;
use crate::desk::{Desk, Stop};
use crate::failure::Failure;
use crate::parking::{Reason, Who};

/// Items whose waiting order lines are asked for by name; of more, all lines are read.
const FEW: usize = 900;

/// Keys and ids that one call to NetSuite names at most.
pub(super) const AT_ONCE: usize = 1_000;

/// Which items are compared.
pub(super) enum Scope {
    /// All.
    All,
    /// Those that SKUs stand for.
    Skus(Vec<Sku>),
    /// These.
    Items(Vec<ItemId>),
}

/// Items as NetSuite shows them, and what is needed to compare them.
pub(super) struct Gathered {
    scope: Scope,
    /// The items; of a comparison of all, those that more is to be done about.
    pub(super) items: Vec<StockItem>,
    /// Items that may claim the same as these.
    beside: Vec<StockItem>,
    pub(super) matching: Arc<Matching>,
    /// What is known of SKUs is taken from here where it is known here already.
    readings: Option<BTreeMap<Sku, KnownStock>>,
    /// SKUs that Amazon did not show just now. Only runs confirm that; until then nothing follows from what was known.
    missing: BTreeSet<Sku>,
}

/// Orders that Amazon's figure may not count yet.
#[derive(Debug, Default)]
pub(super) struct Orders {
    unsent: UnsentUnits,
    taken: Vec<TakenOrder>,
    /// Kits that wait and whose members cannot be told.
    pub(super) unreadable: Vec<(ItemId, Reason)>,
}

impl Gathered {
    /// Nothing read yet but the rule by which SKUs are matched.
    pub(super) async fn new(desk: &Desk<'_>, stock: &Stock, scope: Scope) -> Result<Self, Stop> {
        let products = products(stock, &scope, desk.connection.now()).await?;
        let matching = Arc::new(Matching::with(Arc::clone(&stock.settings), products));
        Ok(Self {
            scope,
            items: Vec::new(),
            beside: Vec::new(),
            matching,
            readings: None,
            missing: BTreeSet::new(),
        })
    }

    /// Reads some items and their levels.
    pub(super) async fn read(desk: &Desk<'_>, stock: &Stock, scope: Scope) -> Result<Self, Stop> {
        let mut gathered = Self::new(desk, stock, scope).await?;
        gathered.refresh(desk, stock).await?;
        Ok(gathered)
    }

    /// The same SKUs and readings, for some of the items only.
    pub(super) fn only(&self, items: Vec<ItemId>, readings: BTreeMap<Sku, KnownStock>) -> Self {
        let matching = Arc::clone(&self.matching);
        let scope = Scope::Items(items);
        let (items, beside, missing) = (Vec::new(), Vec::new(), self.missing.clone());
        Self { scope, items, beside, matching, readings: Some(readings), missing }
    }

    /// Takes SKUs for missing that Amazon did not show just now.
    pub(super) fn without(self, missing: impl IntoIterator<Item = Sku>) -> Self {
        Self { missing: missing.into_iter().collect(), ..self }
    }

    /// Reads the levels anew.
    pub(super) async fn refresh(&mut self, desk: &Desk<'_>, stock: &Stock) -> Result<(), Stop> {
        match &self.scope {
            Scope::All => {}
            Scope::Skus(skus) => {
                let asked: BTreeSet<&Sku> = skus.iter().collect();
                let found = closed(desk, stock, &self.matching, skus).await?;
                let is_asked =
                    |item: &StockItem| self.matching.skus_of(item).iter().any(|sku| asked.contains(sku));
                (self.items, self.beside) = found.into_iter().partition(is_asked);
            }
            Scope::Items(items) => self.items = find(stock, &[], items).await?,
        }
        Ok(())
    }

    /// A comparison by the same rule.
    pub(super) fn comparison(&self, stock: &Stock, orders: Orders) -> Comparison {
        let (settings, matching) = (Arc::clone(&stock.settings), Arc::clone(&self.matching));
        Comparison::with(settings, matching, orders.unsent, orders.taken)
    }

    /// The SKUs of items.
    pub(super) fn skus_of(&self, items: &[&StockItem]) -> Vec<Sku> {
        let skus: BTreeSet<Sku> = items.iter().flat_map(|item| self.matching.skus_of(item)).collect();
        skus.into_iter().collect()
    }

    /// SKUs of the items, of several, that nothing was ever heard of.
    pub(super) async fn never_read(&self, desk: &Desk<'_>, stock: &Stock) -> Result<Vec<Sku>, Stop> {
        let of_several = |item: &&StockItem| self.matching.skus_of(item).len() > 1;
        let skus = self.skus_of(&self.items.iter().filter(of_several).collect::<Vec<_>>());
        let known = self.known(desk, stock, skus.iter().cloned().collect()).await?;
        Ok(skus.into_iter().filter(|sku| !known.contains_key(sku)).collect())
    }

    /// Compares the items with what is known of their SKUs. Orders that wait and orders that Amazon took are read now.
    pub(super) async fn compare(
        &self,
        desk: &Desk<'_>,
        stock: &Stock,
        oldest: DateTime<Utc>,
    ) -> Result<Compared, Stop> {
        // with few items the cost does not grow with what waits for all the others
        let few = self.items.len() + self.beside.len() <= FEW;
        let items = self.items.iter().chain(&self.beside).filter(|_| few).map(|item| item.id.clone());
        let orders = Orders::read(desk, stock, oldest, &items.collect::<Vec<_>>()).await?;
        let unreadable_kits = orders.unreadable.clone();
        let mut comparison = self.comparison(stock, orders);
        for items in self.items.chunks(AT_ONCE) {
            for (item, known) in self.with_known(desk, stock, items).await? {
                comparison.item(item, &known);
            }
        }
        for items in self.beside.chunks(AT_ONCE) {
            for (item, known) in self.with_known(desk, stock, items).await? {
                comparison.beside(item, &known);
            }
        }
        if let Scope::Skus(skus) = &self.scope {
            let known = self.known(desk, stock, skus.iter().cloned().collect()).await?;
            known.values().for_each(|known| comparison.unmatched(known));
        }
        Ok(Compared { unreadable_kits, ..comparison.finish() })
    }

    /// Items, each with what is known of its SKUs.
    pub(super) async fn with_known<'items>(
        &self,
        desk: &Desk<'_>,
        stock: &Stock,
        items: &'items [StockItem],
    ) -> Result<Vec<(&'items StockItem, Vec<KnownStock>)>, Stop> {
        let skus: Vec<Vec<Sku>> = items.iter().map(|item| self.matching.skus_of(item)).collect();
        let known = self.known(desk, stock, skus.iter().flatten().cloned().collect()).await?;
        let of = |skus: Vec<Sku>| skus.iter().filter_map(|sku| known.get(sku).cloned()).collect();
        Ok(items.iter().zip(skus.into_iter().map(of)).collect())
    }

    /// What is known of SKUs.
    pub(super) async fn known(
        &self,
        desk: &Desk<'_>,
        stock: &Stock,
        skus: BTreeSet<Sku>,
    ) -> Result<BTreeMap<Sku, KnownStock>, Stop> {
        if let Some(readings) = &self.readings {
            let known = skus.into_iter().filter_map(|sku| Some((sku.clone(), readings.get(&sku)?.clone())));
            return Ok(known.collect());
        }
        let skus: Vec<Sku> = skus.into_iter().collect();
        let mut all = BTreeMap::new();
        for skus in skus.chunks(AT_ONCE) {
            let known = stock.records.known(&desk.connection.name, skus).await?;
            all.extend(known.into_iter().map(|known| (known.sku.clone(), known)));
        }
        let now = desk.connection.now();
        for (_, known) in all.iter_mut().filter(|(sku, _)| self.missing.contains(sku)) {
            known.absence.get_or_insert(Absence { since: now, last: now, times: 0 });
        }
        Ok(all)
    }

    /// The earliest instant at which Amazon was asked for what is known of the items, a day ago at the earliest: what was
    /// asked for longer ago is no measure for what was sold since.
    pub(super) async fn oldest(&self, desk: &Desk<'_>, stock: &Stock) -> Result<DateTime<Utc>, Stop> {
        let now = desk.connection.now();
        let mut oldest = now;
        for items in self.items.chunks(AT_ONCE) {
            let skus = self.skus_of(&items.iter().collect::<Vec<_>>());
            let known = self.known(desk, stock, skus.into_iter().collect()).await?;
            let read = |known: &KnownStock| match (known.absence, &known.reading) {
                (Some(absence), _) => Some(absence.last),
                (None, reading) => reading.as_ref().map(|reading| reading.read_at),
            };
            oldest = known.values().filter_map(read).fold(oldest, DateTime::min);
        }
        Ok(oldest.max(now.checked_sub_signed(TimeDelta::days(1)).unwrap_or(now)))
    }
}

impl Orders {
    /// Reads which orders wait, and then which Amazon took. `oldest` is the earliest instant at which Amazon was asked.
    pub(super) async fn read(
        desk: &Desk<'_>,
        stock: &Stock,
        oldest: DateTime<Utc>,
        items: &[ItemId],
    ) -> Result<Self, Stop> {
        let connection = desk.connection;
        let kits = connection.settings.kits;
        let lines = stock.items.unsent(items).await?;
        let (mut members, mut unreadable) = (HashMap::new(), Vec::new());
        for kit in UnsentUnits::kits_among(&lines, kits) {
            // one bad record must not stop the stock of all the others
            match connection.items.kit_members(&kit).await {
                Ok(parts) if !parts.is_empty() => {
                    members.insert(kit, parts);
                }
                Ok(_) => unreadable.push((kit.clone(), kit_unreadable(&kit, "it has none"))),
                Err(error) if error.failure == Failure::BadRecord => {
                    unreadable.push((kit.clone(), kit_unreadable(&kit, &error.message)));
                }
                Err(error) => return Err(error.into()),
            }
        }
        let unsent = UnsentUnits::new(&lines, kits, &members);
        let lag = TimeDelta::from_std(stock.settings.reservation_lag).unwrap_or_default();
        let since = oldest.checked_sub_signed(lag.max(LOOK_BACK)).unwrap_or(oldest);
        let taken = stock.records.orders_taken_since(&connection.name, since).await?;
        Ok(Self { unsent, taken, unreadable })
    }

    /// Items and SKUs of which these say something else than `before`.
    pub(super) fn differing(&self, before: &Self) -> (BTreeSet<ItemId>, BTreeSet<Sku>) {
        let mut items = self.unsent.differing(&before.unsent);
        let mut skus = BTreeSet::new();
        let new = self.taken.iter().filter(|order| !before.taken.contains(order));
        let gone = before.taken.iter().filter(|order| !self.taken.contains(order));
        for order in new.chain(gone) {
            skus.extend(order.lines.iter().filter_map(|line| line.sku.clone()));
            items.extend(order.lines.iter().filter_map(|line| line.item.clone()));
            // of an order that Amazon may have taken only the units that wait are known
            items.extend(self.unsent.of_order(&order.sales_order).cloned());
        }
        (items, skus)
    }

    /// Has a comparison go by these.
    pub(super) fn replace_in(self, comparison: &mut Comparison) {
        comparison.set_orders(self.unsent, self.taken);
    }

    /// A copy, to compare with what is read later.
    pub(super) fn copy(&self) -> Self {
        let unreadable = self.unreadable.clone();
        Self { unsent: self.unsent.clone(), taken: self.taken.clone(), unreadable }
    }
}

fn kit_unreadable(kit: &ItemId, problem: &str) -> Reason {
    Reason::new(
        "stock_kit_unreadable",
        format!(
            "orders for kit {kit} wait, and its members cannot be told: {problem}; they count for no stock"
        ),
        "correct the kit's members in NetSuite; the next look counts them",
        Who::Merchant,
    )
}

/// The items that SKUs stand for, and all others that may claim the same SKUs or the same units: without them a conflict
/// would not be seen.
async fn closed(
    desk: &Desk<'_>,
    stock: &Stock,
    matching: &Matching,
    skus: &[Sku],
) -> Result<Vec<StockItem>, Stop> {
    let name = &desk.connection.name;
    let mut found: BTreeMap<ItemId, StockItem> = BTreeMap::new();
    let mut seen: BTreeSet<Sku> = BTreeSet::new();
    let (mut asked_keys, mut asked_pools) = (BTreeSet::new(), BTreeSet::new());
    let mut new: Vec<Sku> = skus.to_vec();
    while !new.is_empty() {
        seen.extend(new.iter().cloned());
        let mut pools: Vec<FulfillmentSku> = Vec::new();
        for new in new.chunks(AT_ONCE) {
            let known = stock.records.known(name, new).await?;
            let of = known.into_iter().filter_map(|known| known.reading?.fulfillment_sku);
            pools.extend(of.filter(|pool| asked_pools.insert(pool.clone())));
        }
        if !pools.is_empty() {
            let sharing = stock.records.sharing(name, &pools).await?;
            new.extend(sharing.into_iter().map(|known| known.sku).filter(|sku| seen.insert(sku.clone())));
        }
        let (mut keys, mut items) = matching.keys_of(&new);
        keys.retain(|key| asked_keys.insert(key.clone()));
        items.retain(|item| !found.contains_key(item));
        new.clear();
        for item in find(stock, &keys, &items).await? {
            new.extend(matching.skus_of(&item).into_iter().filter(|sku| seen.insert(sku.clone())));
            found.insert(item.id.clone(), item);
        }
    }
    Ok(found.into_values().collect())
}

/// Finds items by key and by id, as many at once as NetSuite takes.
pub(super) async fn find(stock: &Stock, keys: &[String], items: &[ItemId]) -> Result<Vec<StockItem>, Stop> {
    let mut found = BTreeMap::new();
    let mut keep = |items: Vec<StockItem>| {
        for item in items {
            found.insert(item.id.clone(), item);
        }
    };
    if keys.len() + items.len() <= AT_ONCE {
        if !(keys.is_empty() && items.is_empty()) {
            keep(stock.items.find(keys, items).await?);
        }
    } else {
        for keys in keys.chunks(AT_ONCE) {
            keep(stock.items.find(keys, &[]).await?);
        }
        for items in items.chunks(AT_ONCE) {
            keep(stock.items.find(&[], items).await?);
        }
    }
    Ok(found.into_values().collect())
}
