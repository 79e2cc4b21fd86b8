//! What must be true of an account that is quiet, worked out from the vendors' own state.

use std::collections::{BTreeMap, BTreeSet};

use amz_services::work::Lane;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::draw::{Good, History, KIT, Kind};
use super::play::Play;
use super::scene::{KIT_ITEM, LOCATION};
use crate::orders::{decimal, text};

/// What is not as it must be.
pub(crate) async fn broken(play: &Play<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    let ours = ours(play, &mut wrong);
    let unsent = unsent(play);
    for good in &play.history.goods {
        let moved = ours.get(&good.item).copied().unwrap_or_default();
        let on_hand = play.on_hand(good.item);
        if good.is_kept_in_step(play.history.habits.absent_is_zero) {
            let unsent = unsent.get(&good.item).copied().unwrap_or_default();
            let (wanted, how) = wanted(play, good, unsent);
            if on_hand != wanted {
                wrong.push(format!("{} {:?}: {on_hand} on hand, not {wanted} = {how}", good.item, good.kind));
            }
        } else if !moved.is_zero() {
            wrong.push(format!("{} {:?} was adjusted by {moved}", good.item, good.kind));
        }
        // what leaves before an item is stocked is never counted
        let Some(opening) = good.on_hand else { continue };
        let others = others(play, good, opening);
        if on_hand != others + moved {
            wrong.push(format!(
                "{}: {on_hand} on hand, yet others left {others} and we moved {moved}",
                good.item
            ));
        }
    }
    if let Some(moved) = ours.get(&KIT_ITEM) {
        wrong.push(format!("the kit was adjusted by {moved}"));
    }
    wrong.extend(parked(play).await);
    wrong
}

/// What is off although Amazon told of every change: no full run is needed to find it.
///
/// Buffers follow from orders that Amazon is not told of yet, so they are only known when there are none.
pub(crate) fn drifted(play: &Play<'_>) -> Vec<String> {
    let habits = &play.history.habits;
    let unsent = unsent(play);
    let mut wrong = Vec::new();
    for good in &play.history.goods {
        let is_steered = good.is_kept_in_step(false) && !play.moved_by_staff.contains(&good.item);
        if !is_steered {
            continue;
        }
        let on_hand = play.on_hand(good.item);
        let unsent = unsent.get(&good.item).copied().unwrap_or_default();
        let (most, how) = wanted(play, &Good { buffer: Some(0), ..good.clone() }, unsent);
        let is_exact = match good.buffer {
            Some(units) => units == 0,
            None => habits.buffer_units == 0 && habits.buffer_percent == 0,
        };
        if on_hand > most || (is_exact && on_hand < most) {
            wrong.push(format!(
                "{} {:?} drifted: {on_hand} on hand, not {most} = {how}",
                good.item, good.kind
            ));
        }
    }
    wrong
}

/// Units by which we moved items, and whether each adjustment is there once.
fn ours(play: &Play<'_>, wrong: &mut Vec<String>) -> BTreeMap<u64, Decimal> {
    let mut names = BTreeSet::new();
    let mut moved: BTreeMap<u64, Decimal> = BTreeMap::new();
    let mut by_staff = 0;
    for adjustment in play.stage.netsuite().inventory_adjustments() {
        let name = text(&adjustment, "externalId");
        if !name.starts_with("amz-ia-") {
            by_staff += 1;
            continue;
        }
        if !names.insert(name.clone()) {
            wrong.push(format!("{name} is there twice"));
        }
        for line in rows(&adjustment, "inventory") {
            *moved.entry(number(&line, "item")).or_default() += decimal(&line, "adjustQtyBy");
        }
    }
    if by_staff != play.counted.len() {
        wrong.push(format!("{by_staff} adjustments are not ours, and staff made {}", play.counted.len()));
    }
    moved
}

fn rows(record: &Value, sublist: &str) -> Vec<Value> {
    record[sublist]["items"].as_array().cloned().unwrap_or_default()
}

fn number(record: &Value, field: &str) -> u64 {
    text(record, field).parse().unwrap_or_default()
}

/// Units by item in open lines for Amazon of orders that Amazon does not have.
fn unsent(play: &Play<'_>) -> BTreeMap<u64, Decimal> {
    let mut unsent: BTreeMap<u64, Decimal> = BTreeMap::new();
    for id in &play.orders {
        if play.stage.amazon_orders(*id) > 0 {
            continue;
        }
        let order = play.stage.sales_order(*id);
        for line in rows(&order, "item").iter().filter(|line| line["isClosed"] != json!(true)) {
            let fulfilled = line["quantityFulfilled"]
                .as_f64()
                .map_or(Decimal::ZERO, |_| decimal(line, "quantityFulfilled"));
            let open = decimal(line, "quantity") - fulfilled;
            for (item, each) in parts(play.history, number(line, "item")) {
                *unsent.entry(item).or_default() += open * Decimal::from(each);
            }
        }
    }
    unsent
}

/// The items of one unit: of the kit its members.
fn parts(history: &History, item: u64) -> Vec<(u64, u32)> {
    if item != KIT_ITEM {
        return vec![(item, 1)];
    }
    history
        .kit
        .iter()
        .filter(|(position, _)| *position != KIT)
        .map(|(position, each)| (history.goods[*position].item, *each))
        .collect()
}

/// Units that must be on hand, and how that comes about.
fn wanted(play: &Play<'_>, good: &Good, unsent: Decimal) -> (Decimal, String) {
    let habits = &play.history.habits;
    let figure: i64 = good
        .counting()
        .iter()
        .map(|(sku, _)| {
            let figures = play.stage.amazon().stock(sku).unwrap().figures;
            figures.fulfillable + if habits.adds_transshipment { figures.pending_transshipment } else { 0 }
        })
        .sum();
    let level = play.stage.netsuite().stock_level(good.item, LOCATION);
    let demand = level.map_or(Decimal::ZERO, |level| level.committed + level.back_ordered);
    let sellable = Decimal::from(figure) - unsent;
    let (units, percent) = match good.buffer {
        Some(units) => (units, 0),
        None => (habits.buffer_units, habits.buffer_percent),
    };
    let at_hand = sellable.max(Decimal::ZERO);
    let share = (at_hand * Decimal::new(percent, 2)).ceil();
    let kept = Decimal::from(units).max(share).min(at_hand);
    let wanted = (sellable - kept + demand).max(Decimal::ZERO);
    (wanted, format!("{figure} at Amazon - {unsent} unsent - {kept} kept back + {demand} wanted"))
}

/// Units that would be on hand without our adjustments.
fn others(play: &Play<'_>, good: &Good, opening: i64) -> Decimal {
    let netsuite = play.stage.netsuite();
    let counted: i64 = play.counted.iter().filter(|(item, _)| *item == good.item).map(|(_, by)| by).sum();
    let of_item = |document: &Value, location: &dyn Fn(&Value) -> bool| -> Decimal {
        let lines = rows(document, "item");
        let held = lines.iter().filter(|line| line["itemReceive"] != json!(false));
        held.filter(|line| number(line, "item") == good.item && location(line))
            .map(|line| decimal(line, "quantity"))
            .sum()
    };
    let mut units = Decimal::from(opening + counted);
    for fulfillment in netsuite.fulfillments() {
        if text(&fulfillment, "shipStatus") == "C" {
            units -= of_item(&fulfillment, &|_| true);
        }
    }
    for receipt in netsuite.documents("itemReceipt") {
        units += of_item(&receipt, &|line| number(line, "location") == LOCATION);
    }
    units
}

/// What waits for a person although nobody need look at it.
async fn parked(play: &Play<'_>) -> Vec<String> {
    let lots: BTreeSet<String> = play
        .history
        .goods
        .iter()
        .filter(|good| good.kind == Kind::Lot)
        .map(|good| format!("item/{}", good.item))
        .collect();
    let all = play.stage.parked().await;
    all.into_iter()
        .filter(|parked| matches!(parked.key.lane, Lane::StockLevels | Lane::StockReading))
        .filter(|parked| !(parked.reason.code == "lot_numbered" && lots.contains(&parked.subject)))
        .map(|parked| format!("parked {}: {} {}", parked.subject, parked.reason.code, parked.reason.cause))
        .collect()
}
