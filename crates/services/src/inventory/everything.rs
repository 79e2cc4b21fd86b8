//! Compares all items with what a run has read, page by page.
//!
//! Items are compared while their pages come, and only those that more is to be done about are kept. Orders are read
//! before the first page and after the last one. Where both say the same of an item, nothing was ordered or sent of it
//! while its levels were read, and it does not matter which came first. Where they do not, its levels are read once more
//! and the orders after them, and it is compared anew: a sale in between leaves too few to sell and never too many.

use std::collections::BTreeSet;

use amz_domain::{ItemId, Sku};

use super::difference::Compared;
use super::gathering::{Gathered, Orders, Scope, find};
use super::reading::{KNOWN_AT_ONCE, named};
use super::run_record::{Road, StockRun};
use super::{Comparison, StockItem, StockTracking};
use crate::connection::Stock;
use crate::desk::{Desk, Stop};
use crate::ports::stock::StockPriority;

/// Compares all items. SKUs that NetSuite has in stock and Amazon did not show are asked for by name first.
pub(super) async fn compare_all(
    desk: &mut Desk<'_>,
    stock: &Stock,
    run: &StockRun,
) -> Result<(Gathered, Compared), Stop> {
    let mut gathered = Gathered::new(desk, stock, Scope::All).await?;
    let before = Orders::read(desk, stock, run.started_at, &[]).await?;
    let mut everything = Everything {
        comparison: gathered.comparison(stock, before.copy()),
        parked: desk.parked_after("item/").into_iter().map(ItemId::new).collect(),
        kept: Vec::new(),
    };
    everything.pages(desk, stock, &gathered).await?;
    let (mut items, mut skus) = Orders::read(desk, stock, run.started_at, &[]).await?.differing(&before);
    let mut unconfirmed = BTreeSet::new();
    for (item, of_item) in everything.comparison.unconfirmed() {
        items.insert(item.clone());
        unconfirmed.extend(of_item.iter().cloned());
    }
    if !unconfirmed.is_empty() {
        confirm(desk, stock, run, &unconfirmed.iter().cloned().collect::<Vec<_>>()).await?;
        skus.extend(unconfirmed);
    }
    everything.again(desk, stock, &gathered, run, items, skus).await?;
    let mut after = None;
    loop {
        let page = stock.records.known_page(&desk.connection.name, after, KNOWN_AT_ONCE).await?;
        page.iter().for_each(|known| everything.comparison.unmatched(known));
        match page.last() {
            Some(last) => after = Some(last.sku.clone()),
            None => break,
        }
    }
    gathered.items = everything.kept;
    let compared = Compared { unreadable_kits: before.unreadable, ..everything.comparison.finish() };
    Ok((gathered, compared))
}

/// Asks by name for SKUs of items with stock that Amazon did not show.
pub(super) async fn confirm(
    desk: &mut Desk<'_>,
    stock: &Stock,
    run: &StockRun,
    skus: &[Sku],
) -> Result<(), Stop> {
    if run.road == Some(Road::Crawl) {
        // the crawl listed everything, and not these
        stock.records.note_absent(desk.lease, skus, run.started_at).await?;
    }
    desk.note(format!("{} SKUs that NetSuite has and Amazon did not list are asked for by name", skus.len()));
    let asked_at = desk.connection.now();
    let missing = named(desk, stock, skus.to_vec(), StockPriority::Run).await?;
    if !missing.is_empty() {
        stock.records.note_absent(desk.lease, &missing, asked_at).await?;
    }
    Ok(())
}

/// A comparison of all items under way.
struct Everything {
    comparison: Comparison,
    /// Items that a person was told of: when they are in step again, that is said too.
    parked: BTreeSet<ItemId>,
    /// Items that more is to be done about.
    kept: Vec<StockItem>,
}

impl Everything {
    /// Compares all items that matter: those with stock or demand, those whose fields show something, and those that
    /// Amazon has.
    async fn pages(&mut self, desk: &Desk<'_>, stock: &Stock, gathered: &Gathered) -> Result<(), Stop> {
        let mut aliased: BTreeSet<ItemId> = gathered.matching.aliased_items().into_iter().collect();
        let mut after: Option<ItemId> = None;
        loop {
            let page = stock.items.page(after.take()).await?;
            after = page.items.last().map(|item| item.id.clone());
            for (item, known) in gathered.with_known(desk, stock, &page.items).await? {
                aliased.remove(&item.id);
                let levels = &item.levels;
                let has_stock =
                    !levels.on_hand.is_zero() || !levels.demand().is_zero() || item.shown.is_some();
                if has_stock || !known.is_empty() {
                    self.comparison.item(item, &known);
                    self.keep(item);
                }
            }
            if !page.more || after.is_none() {
                break;
            }
        }
        // they may have no key, and then no page has them
        let aliased: Vec<ItemId> = aliased.into_iter().collect();
        let items = find(stock, &[], &aliased).await?;
        for (item, known) in gathered.with_known(desk, stock, &items).await? {
            self.comparison.item(item, &known);
            self.keep(item);
        }
        Ok(())
    }

    /// Compares items anew: their levels are read first, and the orders after them.
    async fn again(
        &mut self,
        desk: &Desk<'_>,
        stock: &Stock,
        gathered: &Gathered,
        run: &StockRun,
        mut items: BTreeSet<ItemId>,
        skus: BTreeSet<Sku>,
    ) -> Result<(), Stop> {
        let (keys, named) = gathered.matching.keys_of(&skus.into_iter().collect::<Vec<_>>());
        items.extend(named);
        if keys.is_empty() && items.is_empty() {
            return Ok(());
        }
        let items = find(stock, &keys, &items.into_iter().collect::<Vec<_>>()).await?;
        Orders::read(desk, stock, run.started_at, &[]).await?.replace_in(&mut self.comparison);
        let ids: BTreeSet<&ItemId> = items.iter().map(|item| &item.id).collect();
        self.kept.retain(|item| !ids.contains(&item.id));
        for (item, known) in gathered.with_known(desk, stock, &items).await? {
            self.comparison.item_again(item, &known);
            self.keep(item);
        }
        Ok(())
    }

    fn keep(&mut self, item: &StockItem) {
        let is_told_apart = item.tracking != StockTracking::None;
        if is_told_apart || self.comparison.is_open(&item.id) || self.parked.contains(&item.id) {
            self.kept.push(item.clone());
        }
    }
}
