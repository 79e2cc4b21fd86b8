//! Pretend NetSuite: its items, and the documents that move their stock.

use amz_domain::ItemId;
use rust_decimal::Decimal;

use super::{Fate, Stage, World, failed};
use crate::failure::{Failure, PortError};
use crate::inventory::{StockItem, StockItemKind};
use crate::ports::documents::CLOSED_PERIOD;
use crate::ports::stock::{MockStockItems, MockStockWrites, NewStockDocument, StockItemsPage, UnsentLine};

impl World {
    /// A sales order wants units of an item, and is not yet sent to Amazon.
    fn order(&mut self, item: ItemId, units: i64) {
        let quantity = Decimal::from(units);
        self.items.get_mut(&item).unwrap().levels.committed += quantity;
        let kind = StockItemKind::Inventory;
        self.unsent.push(UnsentLine { sales_order: "42".into(), item, kind, quantity });
    }
}

impl Stage {
    pub(super) fn items(&self) -> MockStockItems {
        let mut mock = MockStockItems::new();
        let stage = self.clone();
        mock.expect_page().returning(move |after| {
            let mut world = stage.world();
            world.page_reads += 1;
            let reads = world.page_reads;
            if let Some((_, item, units)) = world.sale.take_if(|(page, ..)| *page == reads) {
                world.order(item, units);
            }
            let per_page = world.items_per_page;
            let beyond =
                world.items.values().filter(|item| after.as_ref().is_none_or(|after| item.id > *after));
            let mut items: Vec<StockItem> = beyond.take(per_page + 1).cloned().collect();
            let more = items.len() > per_page;
            items.truncate(per_page);
            Ok(StockItemsPage { items, more })
        });
        let stage = self.clone();
        mock.expect_find().returning(move |keys, items| {
            assert!(keys.len() + items.len() <= 1_000, "too many at once");
            let mut world = stage.world();
            world.finds += 1;
            if let Some(failure) = world.items_fail {
                return Err(failed(failure));
            }
            let wanted = |item: &&StockItem| {
                items.contains(&item.id) || item.key.as_ref().is_some_and(|key| keys.contains(key))
            };
            Ok(world.items.values().filter(wanted).cloned().collect())
        });
        let stage = self.clone();
        mock.expect_unsent().returning(move |_| {
            let mut world = stage.world();
            world.unsent_reads += 1;
            Ok(world.unsent.clone())
        });
        mock
    }

    pub(super) fn writes(&self) -> MockStockWrites {
        let mut mock = MockStockWrites::new();
        let stage = self.clone();
        mock.expect_adjust().returning(move |document| stage.make(document, false));
        let stage = self.clone();
        mock.expect_transfer().returning(move |document, _| stage.make(document, true));
        let stage = self.clone();
        mock.expect_find().returning(move |external_id| {
            let world = stage.world();
            let at = world.documents.iter().position(|document| document.external_id == *external_id);
            Ok(at.map(|at| format!("{}", 700 + at)))
        });
        let stage = self.clone();
        mock.expect_show().returning(move |shown| {
            let mut world = stage.world();
            let item = world.items.get_mut(&shown.item).unwrap();
            (item.shown, item.shown_at) = (Some(shown.available), Some(shown.read_at));
            world.shown.push(shown.clone());
            Ok(())
        });
        mock
    }

    /// NetSuite makes the documents that it was still at work on.
    pub(in crate::inventory) fn late_documents_arrive(&self) {
        let mut world = self.world();
        for document in std::mem::take(&mut world.late) {
            for line in &document.lines {
                world.items.get_mut(&line.item).unwrap().levels.on_hand += line.units;
            }
            world.documents.push(document);
        }
    }

    /// NetSuite makes a document, unless something is in its way.
    fn make(&self, document: &NewStockDocument, is_transfer: bool) -> Result<String, PortError> {
        let mut world = self.world();
        if world.is_dead {
            return Err(failed(Failure::NotSent));
        }
        let fate = if world.fates.is_empty() { None } else { Some(world.fates.remove(0)) };
        if fate == Some(Fate::DiesBefore) {
            world.is_dead = true;
            return Err(failed(Failure::NotSent));
        }
        world.sends += 1;
        if fate == Some(Fate::NeverArrives) {
            return Err(failed(Failure::Unclear));
        }
        if fate == Some(Fate::ArrivesLate) {
            world.late.push(document.clone());
            return Err(failed(Failure::Unclear));
        }
        assert!(!document.lines.is_empty() && document.lines.len() <= 1_000);
        if world.documents.iter().any(|made| made.external_id == document.external_id) {
            return Err(PortError::new("adjust", Failure::Conflict, "RCRD_DUP", "the external id is taken"));
        }
        if world.open_from.is_some_and(|day| document.date < day) {
            return Err(PortError::new("adjust", Failure::Refused, CLOSED_PERIOD, "the period is closed"));
        }
        if let Some(line) = document.lines.iter().find(|line| world.refused.contains(&line.item)) {
            let message = format!("item {} may not be adjusted", line.item);
            return Err(PortError::new("adjust", Failure::Refused, "INVALID_ITEM", message));
        }
        for line in &document.lines {
            let levels = &mut world.items.get_mut(&line.item).unwrap().levels;
            levels.on_hand += line.units;
            if is_transfer {
                levels.in_unsellable_bin = levels.in_unsellable_bin.map(|units| units - line.units);
            }
        }
        world.documents.push(document.clone());
        if let Some((item, mut moves)) = world.meddler.take() {
            if !moves.is_empty() {
                world.items.get_mut(&item).unwrap().levels.on_hand += Decimal::from(moves.remove(0));
            }
            world.meddler = Some((item, moves));
        }
        let id = format!("{}", 699 + world.documents.len());
        match fate {
            Some(Fate::AnswerLost) => Err(failed(Failure::Unclear)),
            Some(Fate::DiesAfter) => {
                world.is_dead = true;
                Ok(id)
            }
            _ => Ok(id),
        }
    }
}
