//! Comparisons of items with what is known of their SKUs.

mod laws;
mod matching;
mod steering;

use std::collections::BTreeSet;

use amz_domain::{Quantity, SalesOrderId, StockFigures};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::super::fixtures::{
    alias, at, comparison, item, kinds, known, known_in, missing, reading, settings, taken, units,
};
use super::super::{StockItemKind, StockTracking};
use super::*;
use crate::ports::stock::{StockBins, UnsentLine};
use crate::settings::{Alias, Buffer, Counting, Kits, MatchBy, StockWriting, WhenAbsent};

/// What items come to, each compared with what is known of its SKUs, and the rest of what is known as unmatched.
fn compared(settings: InventorySettings, items: &[StockItem], stock: &[KnownStock]) -> Compared {
    run(comparison(settings), items, stock)
}

fn run(mut comparison: Comparison, items: &[StockItem], stock: &[KnownStock]) -> Compared {
    for item in items {
        let skus = comparison.skus_of(item);
        let known: Vec<KnownStock> =
            stock.iter().filter(|known| skus.contains(&known.sku)).cloned().collect();
        comparison.item(item, &known);
    }
    stock.iter().for_each(|known| comparison.unmatched(known));
    comparison.finish()
}

fn unsent(lines: &[(&str, &str, i64)]) -> UnsentUnits {
    let lines: Vec<UnsentLine> = lines
        .iter()
        .map(|(order, item, quantity)| UnsentLine {
            sales_order: SalesOrderId::from(*order),
            item: ItemId::from(*item),
            kind: StockItemKind::Inventory,
            quantity: units(*quantity),
        })
        .collect();
    UnsentUnits::new(&lines, Kits::AsSold, &HashMap::new())
}

fn moves(compared: &Compared) -> Vec<(&str, Decimal)> {
    compared.differences.iter().map(|found| (found.item.as_str(), found.units)).collect()
}

fn one_mismatch(compared: &Compared) -> Mismatch {
    assert!(compared.differences.is_empty(), "{compared:?}");
    assert_eq!(compared.in_step, 0);
    let [(mismatch, _)] = kinds(&compared.mismatches)[..] else {
        panic!("{:?}", compared.mismatches);
    };
    mismatch
}

/// One sale of an item, in minutes after noon, and the units sold.
#[derive(Debug, Clone, Copy)]
struct Sale {
    ordered: i64,
    sent: i64,
    accepted: i64,
    reserved: i64,
    marked: i64,
    shipped: i64,
    units: i64,
}

fn sale() -> impl Strategy<Value = Sale> {
    (0i64..40, 0i64..20, 0i64..3, 0i64..=10, 0i64..=10, 0i64..60, 1i64..5).prop_map(
        |(ordered, wait, answer, reservation, mark, ship, units)| {
            let sent = ordered + wait;
            let accepted = sent + answer;
            // Amazon may count the order before its answer arrives
            let reserved = (accepted + reservation).min(sent + reservation.max(answer));
            let shipped = accepted.max(reserved) + ship;
            Sale { ordered, sent, accepted, reserved, marked: accepted + mark, shipped, units }
        },
    )
}
