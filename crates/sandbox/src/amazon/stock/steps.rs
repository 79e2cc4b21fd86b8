//! The handle to stock: each change of what is fulfillable raises `INVENTORY_CHANGED`.

use chrono::{DateTime, Utc};

use super::{OrderedUnits, ShortUnits, Stock, StockEventScript, StockFigures, StockedItem};
use crate::amazon::packages::Moved;
use crate::amazon::state::State;
use crate::amazon::{Amazon, MoveError};

impl State {
    fn move_units(
        &mut self,
        sku: &str,
        now: DateTime<Utc>,
        change: impl FnOnce(&mut StockFigures) -> Result<(), MoveError>,
    ) -> Moved {
        let mut item = self.stock.item(sku).cloned().ok_or_else(|| MoveError::UnknownSku(sku.to_owned()))?;
        change(&mut item.figures)?;
        self.put_item(item, now)?;
        Ok(((), Vec::new()))
    }

    fn put_item(&mut self, item: StockedItem, now: DateTime<Utc>) -> Result<(), MoveError> {
        // Units that an order holds, or is about to, cannot go another way.
        let ordered = self.stock.ordered_units(&item.sku);
        let taken = item.figures.has_negative()
            || item.figures.pending_customer_order < ordered.held
            || item.figures.fulfillable < ordered.lagging;
        if taken {
            return Err(MoveError::OutOfStock(item.sku));
        }
        let sku = item.sku.clone();
        self.stock.put(item, now);
        if self.habits.short_units == ShortUnits::WaitForStock {
            self.stock.serve_short(&sku, now);
        }
        Ok(())
    }
}

/// Stock.
impl Amazon {
    /// One SKU, as Amazon shows it.
    pub fn stock(&self, sku: &str) -> Option<StockedItem> {
        self.state().stock.item(sku).cloned()
    }

    /// All stocked SKUs, by SKU.
    pub fn stocked(&self) -> Vec<StockedItem> {
        self.state().stock.items_after(None).cloned().collect()
    }

    /// Units of a SKU in orders that have not left.
    pub fn ordered_units(&self, sku: &str) -> OrderedUnits {
        self.state().stock.ordered_units(sku)
    }

    /// Stocks a SKU, or sets how many of its units are fulfillable. The first stocking raises no event.
    ///
    /// # Errors
    /// [`MoveError::OutOfStock`] when that is below zero, or below what orders are about to hold.
    pub fn set_stock(&self, sku: &str, fulfillable: i64) -> Result<(), MoveError> {
        self.change_stock(sku, |item| item.figures.fulfillable = fulfillable)
    }

    /// Stocks a SKU, or changes anything about it but its SKU: names, figures, what is wrong with it.
    ///
    /// # Errors
    /// [`MoveError::OutOfStock`] when a figure falls below zero or below what orders hold.
    pub fn change_stock(&self, sku: &str, change: impl FnOnce(&mut StockedItem)) -> Result<(), MoveError> {
        self.moved(|state, now| {
            let mut item = state.stock.item_or_new(sku, now);
            change(&mut item);
            item.sku = sku.to_owned();
            Ok((state.put_item(item, now)?, Vec::new()))
        })
    }

    /// Takes a SKU out of stock and catalogue, units and all, as a deleted listing would be. Nothing is
    /// raised: nobody is told of it.
    ///
    /// # Errors
    /// [`MoveError::UnknownSku`].
    pub fn remove_stock(&self, sku: &str) -> Result<StockedItem, MoveError> {
        let gone = self.state().stock.remove(sku);
        gone.ok_or_else(|| MoveError::UnknownSku(sku.to_owned()))
    }

    /// Stocks SKUs `SEED-00000001` up to `count`, with 0 to 99 fulfillable units each: the number's last
    /// two digits. Those that are there already stay as they are. No events.
    pub fn seed_stock(&self, count: usize) {
        let now = self.core.clock.now();
        self.state().stock.seed(count, now);
    }

    /// Units arrive: out of what is inbound as far as it goes, into fulfillable.
    ///
    /// # Errors
    /// [`MoveError::UnknownSku`]; [`MoveError::OutOfStock`] for units below zero.
    pub fn receive(&self, sku: &str, units: i64) -> Result<(), MoveError> {
        self.moved(|state, now| {
            state.move_units(sku, now, |figures| {
                let mut due = positive(sku, units)?;
                for inbound in [
                    &mut figures.inbound_receiving,
                    &mut figures.inbound_shipped,
                    &mut figures.inbound_working,
                ] {
                    let arrived = due.min(*inbound);
                    *inbound -= arrived;
                    due -= arrived;
                }
                figures.fulfillable += units;
                Ok(())
            })
        })
    }

    /// Fulfillable units are damaged in the warehouse.
    ///
    /// # Errors
    /// [`MoveError`] when the SKU is not stocked or has not as many that are free.
    pub fn damage(&self, sku: &str, units: i64) -> Result<(), MoveError> {
        self.moved(|state, now| {
            state.move_units(sku, now, |figures| {
                figures.fulfillable -= positive(sku, units)?;
                figures.warehouse_damaged += units;
                Ok(())
            })
        })
    }

    /// Fulfillable units are sold and shipped in Amazon's own shop.
    ///
    /// # Errors
    /// [`MoveError`] when the SKU is not stocked or has not as many that are free.
    pub fn sell_elsewhere(&self, sku: &str, units: i64) -> Result<(), MoveError> {
        self.moved(|state, now| {
            state.move_units(sku, now, |figures| {
                figures.fulfillable -= positive(sku, units)?;
                Ok(())
            })
        })
    }

    /// Fulfillable units go missing: Amazon looks for them.
    ///
    /// # Errors
    /// [`MoveError`] when the SKU is not stocked or has not as many that are free.
    pub fn misplace(&self, sku: &str, units: i64) -> Result<(), MoveError> {
        self.moved(|state, now| {
            state.move_units(sku, now, |figures| {
                figures.fulfillable -= positive(sku, units)?;
                figures.researching += units;
                Ok(())
            })
        })
    }

    /// Units turn up: out of those that are looked for as far as they go, into fulfillable.
    ///
    /// # Errors
    /// [`MoveError::UnknownSku`]; [`MoveError::OutOfStock`] for units below zero.
    pub fn find_units(&self, sku: &str, units: i64) -> Result<(), MoveError> {
        self.moved(|state, now| {
            state.move_units(sku, now, |figures| {
                let found = positive(sku, units)?.min(figures.researching);
                figures.researching -= found;
                figures.fulfillable += units;
                Ok(())
            })
        })
    }

    /// What happens to the next `INVENTORY_CHANGED` events.
    pub fn stock_events(&self) -> StockEventScript {
        self.state().stock.events
    }

    /// Loses, doubles or delays `INVENTORY_CHANGED` events from now on.
    pub fn set_stock_events(&self, script: StockEventScript) {
        let Stock { events, .. } = &mut self.state().stock;
        *events = script;
        self.outbox.work.notify_one();
    }
}

fn positive(sku: &str, units: i64) -> Result<i64, MoveError> {
    if units < 0 { Err(MoveError::OutOfStock(sku.to_owned())) } else { Ok(units) }
}
