//! Stock on the handle: what staff see and do.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::Spot;
use super::seed::{provide_location, seed};
use crate::netsuite::books::{Books, Record, integer};
use crate::netsuite::customization::{CustomField, CustomFieldKind};
use crate::netsuite::errors::Refusal;
use crate::netsuite::handle::{NetSuite, RecordError};
use crate::netsuite::load;
use crate::netsuite::number::number;
use crate::netsuite::records::changes::WriteOptions;
use crate::netsuite::records::types::Group;
use crate::netsuite::records::write::create;

/// Figures of an item at a location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockLevel {
    /// Internal id of the item.
    pub item: u64,
    /// Internal id of the location.
    pub location: u64,
    /// Units on hand; `None` when the item was never stocked here.
    pub on_hand: Option<Decimal>,
    /// Units that open orders demand and that are on hand.
    pub committed: Decimal,
    /// Units that open orders demand beyond what is on hand.
    pub back_ordered: Decimal,
    /// Units on hand that no order demands.
    pub available: Decimal,
    /// Units ordered from suppliers.
    pub on_order: Decimal,
    /// Units on the way from other locations.
    pub in_transit: Decimal,
    /// Average cost of a unit.
    pub average_cost: Option<Decimal>,
    /// Units per bin, by the bin's internal id.
    pub bins: Vec<(u64, Decimal)>,
}

impl StockLevel {
    /// As the control interface shows it.
    pub(super) fn document(&self) -> Value {
        let bins = self.bins.iter().map(|(bin, units)| json!({"bin": bin, "on_hand": number(*units)}));
        json!({
            "item": self.item,
            "location": self.location,
            "on_hand": self.on_hand.map(number),
            "committed": number(self.committed),
            "back_ordered": number(self.back_ordered),
            "available": number(self.available),
            "on_order": number(self.on_order),
            "in_transit": number(self.in_transit),
            "average_cost": self.average_cost.map(number),
            "bins": bins.collect::<Vec<_>>(),
        })
    }
}

impl NetSuite {
    /// Adds `count` inventory items named `SKU-000001` and so on, with the name as `custitem_amz_sku` too, and
    /// stocks each one at a location. The location is created when it is missing. Returns the internal ids.
    ///
    /// # Errors
    /// [`RecordError`] when such an item is there already under another id.
    pub fn seed_items(
        &self,
        count: usize,
        location: u64,
        on_hand: impl Into<Decimal>,
    ) -> Result<Vec<u64>, RecordError> {
        let now = self.core().clock.now();
        let on_hand = on_hand.into();
        self.with_books(|books| seed(books, count, (location, on_hand), now))
    }

    /// Stocks an item: sets what is on hand. A missing location is created.
    ///
    /// # Errors
    /// [`RecordError`] when there is no such item.
    pub fn set_on_hand(
        &self,
        item: u64,
        location: u64,
        units: impl Into<Decimal>,
    ) -> Result<(), RecordError> {
        let units = units.into();
        self.change_level((item, location), |level| level.on_hand = Some(units))
    }

    /// Sets the average cost of an item at a location.
    ///
    /// # Errors
    /// [`RecordError`] when there is no such item.
    pub fn set_average_cost(
        &self,
        item: u64,
        location: u64,
        cost: Option<Decimal>,
    ) -> Result<(), RecordError> {
        self.change_level((item, location), |level| level.average_cost = cost)
    }

    /// Sets what is ordered from suppliers and what is on the way from other locations.
    ///
    /// # Errors
    /// [`RecordError`] when there is no such item.
    pub fn set_incoming(
        &self,
        item: u64,
        location: u64,
        on_order: impl Into<Decimal>,
        in_transit: impl Into<Decimal>,
    ) -> Result<(), RecordError> {
        let (on_order, in_transit) = (on_order.into(), in_transit.into());
        self.change_level((item, location), |level| {
            level.on_order = on_order;
            level.in_transit = in_transit;
        })
    }

    /// Creates a bin at a location, which is created when it is missing. Returns the internal id.
    ///
    /// # Errors
    /// [`RecordError`] when the name does not fit.
    pub fn put_bin(&self, location: u64, name: &str) -> Result<u64, RecordError> {
        let now = self.core().clock.now();
        self.with_books(|books| {
            provide_location(books, location, now)?;
            let body = json!({"binNumber": name, "location": {"id": location.to_string()}});
            load::record(books, "bin", &body, now)
        })
    }

    /// Sets how many units of an item a bin holds; what is on hand moves by the difference.
    ///
    /// # Errors
    /// [`RecordError`] when there is no such item or bin.
    pub fn set_in_bin(&self, item: u64, bin: u64, units: impl Into<Decimal>) -> Result<(), RecordError> {
        let units = units.into();
        let location = self.with_books(|books| {
            let known = books.get(&Group::Bin, bin).map(|bin| integer(bin.fields.get("location")));
            known.ok_or_else(|| Refusal::absent(format!("There is no bin {bin}.")))
        })?;
        self.change_level((item, location), |level| {
            let before = level.bins.insert(bin, units).unwrap_or_default();
            let on_hand = level.on_hand.unwrap_or_default();
            level.on_hand = Some(on_hand.saturating_sub(before).saturating_add(units));
        })
    }

    /// Figures of an item at a location; `None` when it was never stocked nor ordered there.
    pub fn stock_level(&self, item: u64, location: u64) -> Option<StockLevel> {
        self.with_books_read(|books| figures(books, (item, location)))
    }

    /// Figures of every item at a location, by item.
    pub fn stock_levels(&self, location: u64) -> Vec<StockLevel> {
        self.with_books_read(|books| {
            let spots = books.stock.from((0, 0)).map(|(spot, _)| spot).filter(|spot| spot.1 == location);
            spots.filter_map(|spot| figures(books, spot)).collect()
        })
    }

    /// Every inventory adjustment, by id, as an expanded GET shows it.
    pub fn inventory_adjustments(&self) -> Vec<Value> {
        self.documents("inventoryAdjustment")
    }

    /// Every bin transfer, by id, as an expanded GET shows it.
    pub fn bin_transfers(&self) -> Vec<Value> {
        self.documents("binTransfer")
    }

    /// Posts an adjustment as staff do after a count. Returns its internal id.
    ///
    /// # Errors
    /// [`RecordError`] when a rule says no.
    pub fn adjust_stock(&self, item: u64, location: u64, by: impl Into<Decimal>) -> Result<u64, RecordError> {
        let now = self.core().clock.now();
        let line = json!({"item": {"id": item.to_string()}, "adjustQtyBy": number(by.into())});
        let body = json!({
            "account": {"id": "1"},
            "subsidiary": {"id": "1"},
            "adjLocation": {"id": location.to_string()},
            "memo": "Count",
            "inventory": {"items": [line]},
        });
        self.with_books(|books| {
            provide_location(books, location, now)?;
            let kind = books.record_type("inventoryAdjustment")?;
            let options = WriteOptions { staff: true, ..WriteOptions::default() };
            create(books, kind, &body, &options, now)
        })
    }

    /// Takes in an approved order for so many units of an item at a location; lines are for Amazon when
    /// `for_amazon` says so. Returns its internal id.
    ///
    /// # Errors
    /// [`RecordError`] when there is no such item.
    pub fn sell(
        &self,
        item: u64,
        location: u64,
        units: impl Into<Decimal>,
        for_amazon: bool,
    ) -> Result<u64, RecordError> {
        let now = self.core().clock.now();
        let line = json!({
            "item": {"id": item.to_string()},
            "quantity": number(units.into()),
            "rate": 1,
            "custcol_amz_fulfill": for_amazon,
        });
        let order = json!({"location": {"id": location.to_string()}, "item": {"items": [line]}});
        self.with_books(|books| {
            known_item(books, item)?;
            load::sales_order(books, &order, now)
        })
    }

    /// Adds a custom field to the account, or changes the kind of one.
    pub fn declare_field(&self, field: CustomField) {
        self.change_settings(|settings| {
            settings.custom_fields.retain(|known| known.script_id != field.script_id);
            settings.custom_fields.push(field);
        });
    }

    /// Makes or ends the habit of shipping only what is committed.
    pub fn enforce_commitment(&self, enforced: bool) {
        self.change_settings(|settings| settings.enforce_commitment = enforced);
    }

    /// Makes or ends the habit of refusing adjustments that take what is on hand below zero.
    pub fn refuse_negative_stock(&self, refused: bool) {
        self.change_settings(|settings| settings.refuse_negative_stock = refused);
    }

    fn change_level(&self, spot: Spot, change: impl FnOnce(&mut super::Level)) -> Result<(), RecordError> {
        let now = self.core().clock.now();
        self.with_books(|books| {
            known_item(books, spot.0)?;
            provide_location(books, spot.1, now)?;
            change(books.stock.edit(spot, now));
            Ok(())
        })
    }
}

fn known_item(books: &Books, item: u64) -> Result<(), Refusal> {
    match books.get(&Group::Item, item) {
        Some(_) => Ok(()),
        None => Err(Refusal::absent(format!("There is no item {item}."))),
    }
}

fn figures(books: &Books, spot: Spot) -> Option<StockLevel> {
    let level = books.stock.level(spot)?;
    let standing = books.stock.standing(spot);
    Some(StockLevel {
        item: spot.0,
        location: spot.1,
        on_hand: standing.on_hand,
        committed: standing.committed,
        back_ordered: standing.back_ordered,
        available: standing.available,
        on_order: level.on_order,
        in_transit: level.in_transit,
        average_cost: level.average_cost,
        bins: level.bins.iter().map(|(bin, units)| (*bin, *units)).collect(),
    })
}

/// `locations` of an item as an expanded GET shows it; `None` when it was never stocked.
pub(crate) fn locations_of(books: &Books, item: &Record) -> Option<Value> {
    let shown: Vec<Value> = books
        .stock
        .of(item.id)
        .map(|(spot, level)| {
            let standing = books.stock.standing(spot);
            let mut shown = Map::new();
            shown.insert("locationId".to_owned(), json!(spot.1.to_string()));
            shown.insert("location".to_owned(), books.reference(&Group::Location, spot.1));
            if let Some(on_hand) = standing.on_hand {
                shown.insert("quantityOnHand".to_owned(), number(on_hand));
                shown.insert("quantityAvailable".to_owned(), number(standing.available));
            }
            shown.insert("quantityCommitted".to_owned(), number(standing.committed));
            shown.insert("quantityBackOrdered".to_owned(), number(standing.back_ordered));
            shown.insert("quantityOnOrder".to_owned(), number(level.on_order));
            shown.insert("quantityInTransit".to_owned(), number(level.in_transit));
            Value::Object(shown)
        })
        .collect();
    (!shown.is_empty()).then(|| json!({"items": shown}))
}

/// Declares the custom item fields that a record brings along.
pub(crate) fn declare_item_fields(books: &mut Books, item: &Value) {
    for (name, value) in item.as_object().into_iter().flatten() {
        let known = books.settings.custom_fields.iter().any(|field| field.script_id == *name);
        if known || !name.starts_with("custitem_") {
            continue;
        }
        let kind = match value {
            Value::Bool(_) => CustomFieldKind::Boolean,
            Value::Number(_) => CustomFieldKind::Number,
            Value::Object(_) => CustomFieldKind::Reference,
            _ => CustomFieldKind::Text,
        };
        books.settings.custom_fields.push(CustomField::new(name.clone(), kind));
    }
}
