//! The stock that the pretend Amazon keeps: one set of figures per SKU, and the units that orders hold.
//!
//! Nothing appears or vanishes by itself. An order moves units from fulfillable to held; a cancellation
//! moves them back; a package that leaves takes them away; a returned unit comes in as sellable or not.
//! SKUs that were never stocked are outside of all this: their orders behave as if stock were endless.

pub(crate) mod control;
mod item;
mod reservation;
mod steps;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Bound;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use item::{SkuFault, StockFigures, StockedItem};
pub use reservation::{OrderedUnits, ShortUnits};

use self::reservation::Reservations;
use super::events::Happening;
use super::json::text;

/// A name other than its SKU by which an item is found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Name {
    ProductSku(String),
    ExternalId(String),
    Product(String),
    InventoryItem(String),
}

/// What happens to the next `INVENTORY_CHANGED` events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StockEventScript {
    /// So many events are never made. Counted before those that are doubled.
    pub lose: u32,
    /// So many events are made twice, each with keys of its own.
    pub double: u32,
    /// Seconds by the sandbox clock between a change and its event.
    pub delay_s: u32,
}

/// All stocked SKUs, in order of their SKU.
#[derive(Debug, Default)]
pub(crate) struct Stock {
    items: BTreeMap<String, StockedItem>,
    names: HashMap<Name, String>,
    /// How many items were ever made.
    count: u64,
    reservations: Reservations,
    /// Changes whose event was not looked at yet.
    changed: Vec<Happening>,
    /// Events that wait for their time.
    delayed: VecDeque<(DateTime<Utc>, Happening)>,
    pub(crate) events: StockEventScript,
}

impl Stock {
    pub(crate) fn item(&self, sku: &str) -> Option<&StockedItem> {
        self.items.get(sku)
    }

    /// Items in order of their SKU, those behind `after` only.
    pub(crate) fn items_after(&self, after: Option<&str>) -> impl Iterator<Item = &StockedItem> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.items.range::<str, _>((start, Bound::Unbounded)).map(|(_, item)| item)
    }

    /// The item of a product, named by one of the four identifiers.
    pub(crate) fn named_item(&self, identifier: &Json) -> Option<&StockedItem> {
        if let Some(sku) = text(&identifier["amazonSku"], "value") {
            return self.item(sku);
        }
        if let Some(sku) = text(identifier, "sku") {
            return self.by_product_sku(sku).or_else(|| self.item(sku));
        }
        if let Some(id) = text(identifier, "externalId") {
            return self.by_external_id(id);
        }
        self.by_product_id(text(identifier, "productId")?)
    }

    fn by_product_sku(&self, sku: &str) -> Option<&StockedItem> {
        self.named(Name::ProductSku(sku.to_owned()))
    }

    fn by_external_id(&self, id: &str) -> Option<&StockedItem> {
        self.named(Name::ExternalId(id.to_owned()))
    }

    pub(crate) fn by_product_id(&self, id: &str) -> Option<&StockedItem> {
        self.named(Name::Product(id.to_owned()))
    }

    pub(crate) fn by_inventory_item(&self, id: &str) -> Option<&StockedItem> {
        self.named(Name::InventoryItem(id.to_owned()))
    }

    fn named(&self, name: Name) -> Option<&StockedItem> {
        self.names.get(&name).and_then(|sku| self.items.get(sku))
    }

    /// Makes an item without units, or finds the one there is.
    fn item_or_new(&mut self, sku: &str, now: DateTime<Utc>) -> StockedItem {
        if let Some(known) = self.items.get(sku) {
            return known.clone();
        }
        self.count += 1;
        StockedItem::new(sku, self.count, now)
    }

    /// Puts an item in place of the one with its SKU. A change of units there is dated and becomes an
    /// event; a new item is neither.
    fn put(&mut self, mut item: StockedItem, now: DateTime<Utc>) {
        let event = Happening::stock(&item.inventory_item_id);
        if let Some(known) = self.items.get(&item.sku) {
            if known.figures.dated() != item.figures.dated() {
                item.last_updated = now;
            }
            if known.figures.fulfillable != item.figures.fulfillable {
                self.changed.push(event);
            }
            for name in names(known) {
                self.names.remove(&name);
            }
        }
        for name in names(&item) {
            self.names.insert(name, item.sku.clone());
        }
        self.items.insert(item.sku.clone(), item);
    }

    fn remove(&mut self, sku: &str) -> Option<StockedItem> {
        let gone = self.items.remove(sku)?;
        for name in names(&gone) {
            self.names.remove(&name);
        }
        Some(gone)
    }

    /// Moves units of one SKU. Nothing happens to a SKU that is not stocked.
    fn change(&mut self, sku: &str, now: DateTime<Utc>, change: impl FnOnce(&mut StockFigures)) {
        let Some(item) = self.items.get_mut(sku) else { return };
        let before = item.figures;
        change(&mut item.figures);
        if before.dated() != item.figures.dated() {
            item.last_updated = now;
        }
        if before.fulfillable != item.figures.fulfillable {
            self.changed.push(Happening::stock(&item.inventory_item_id));
        }
    }

    /// Whether time will settle anything.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.delayed.is_empty() || self.reservations.is_lagging()
    }

    /// The events that are due, according to the script.
    pub(crate) fn take_events(&mut self, now: DateTime<Utc>) -> Vec<Happening> {
        for happening in std::mem::take(&mut self.changed) {
            if self.events.lose > 0 {
                self.events.lose -= 1;
                continue;
            }
            let due = now + TimeDelta::seconds(self.events.delay_s.into());
            if self.events.double > 0 {
                self.events.double -= 1;
                self.delayed.push_back((due, happening.clone()));
            }
            self.delayed.push_back((due, happening));
        }
        let is_due = |(due, _): &(DateTime<Utc>, Happening)| *due <= now;
        let (due, later) = std::mem::take(&mut self.delayed).into_iter().partition(is_due);
        self.delayed = later;
        let due: VecDeque<(DateTime<Utc>, Happening)> = due;
        due.into_iter().map(|(_, happening)| happening).collect()
    }

    /// Makes `count` SKUs `SEED-00000001` and so on, each with some units, without any event.
    fn seed(&mut self, count: usize, now: DateTime<Utc>) {
        self.names.reserve(4 * count);
        for number in 1..=count {
            let sku = format!("SEED-{number:08}");
            if !self.items.contains_key(&sku) {
                let mut item = self.item_or_new(&sku, now);
                item.figures.fulfillable = i64::try_from(number % 100).unwrap_or_default();
                self.put(item, now);
            }
        }
    }
}

fn names(item: &StockedItem) -> impl Iterator<Item = Name> {
    let StockedItem { product_sku, external_id, product_id, inventory_item_id, .. } = item;
    [
        product_sku.clone().map(Name::ProductSku),
        external_id.clone().map(Name::ExternalId),
        Some(Name::Product(product_id.clone())),
        Some(Name::InventoryItem(inventory_item_id.clone())),
    ]
    .into_iter()
    .flatten()
}
