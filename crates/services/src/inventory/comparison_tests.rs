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

fn with_aliases(aliases: Vec<Alias>) -> InventorySettings {
    InventorySettings { aliases, ..settings() }
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

#[test]
fn f12_stock_moves_to_twelve_so_that_seven_can_be_sold_and_the_arithmetic_is_kept() {
    let settings =
        InventorySettings { buffer: Buffer { units: units(1), share: Decimal::ZERO }, ..settings() };
    let mut sold = item("1", "A", 9);
    sold.levels.committed = units(5);
    let comparison = Comparison::new(
        Arc::new(settings),
        unsent(&[("20", "1", 2)]),
        vec![taken("10", Some(-60), &[("A", 3)])],
        None,
    );
    let compared = run(comparison, &[sold], &[known("A", 10)]);
    let [found] = &compared.differences[..] else { panic!("{compared:?}") };
    assert_eq!((found.units, found.value), (units(3), Some(Decimal::new(750, 2))));
    assert_eq!(found.arithmetic.available, units(7));
    assert_eq!(found.arithmetic.read_at, at(0));
    assert_eq!(found.arithmetic.line(), "Amazon 10 - unsent 2 - buffer 1 + ordered 5 = 12; was 9");
    assert!(!found.drops_to_zero && compared.look_again.is_empty());
    assert_eq!((compared.compared, compared.in_step), (1, 0));
}

#[test]
fn stock_that_is_right_is_left_alone() {
    let compared = compared(settings(), &[item("1", "A", 4), item("2", "B", 0)], &[known("A", 4)]);
    assert_eq!((compared.in_step, compared.compared), (1, 1));
    assert_eq!(compared.differences, []);
    assert_eq!(compared.mismatches, []);
}

#[test]
fn an_order_taken_just_now_costs_no_adjustment_and_is_looked_at_again() {
    for on_hand in [10, 7] {
        let mut sold = item("1", "A", on_hand);
        sold.levels.committed = units(on_hand - 7);
        let orders = vec![taken("1", Some(-3), &[("A", 3)])];
        let comparison = Comparison::new(Arc::new(settings()), UnsentUnits::default(), orders, None);
        let compared = run(comparison, &[sold], &[known("A", 10)]);
        assert_eq!((compared.differences, compared.in_step), (vec![], 1), "{on_hand}");
        assert_eq!(compared.look_again, [("A".into(), at(7))]);
    }
}

#[test]
fn something_sellable_that_drops_to_nothing_is_marked() {
    let mut back_ordered = item("2", "B", 3);
    back_ordered.levels.committed = units(3);
    let items = [item("1", "A", 5), back_ordered, item("3", "C", 5)];
    let compared = compared(settings(), &items, &[known("A", 0), known("B", 1), known("C", 1)]);
    let drops: Vec<bool> = compared.differences.iter().map(|found| found.drops_to_zero).collect();
    assert_eq!(moves(&compared), [("1", units(-5)), ("2", units(1)), ("3", units(-4))]);
    assert_eq!(drops, [true, false, false]);
}

#[test]
fn what_has_no_stock_of_its_own_is_reported_and_not_written() {
    let with = |kind, tracking| StockItem { kind, tracking, ..item("1", "A", 1) };
    let table = [
        (with(StockItemKind::Kit, StockTracking::None), Mismatch::Kit),
        (with(StockItemKind::Other("Service".into()), StockTracking::None), Mismatch::NotStocked),
        (with(StockItemKind::Inventory, StockTracking::Lot), Mismatch::Lot),
        (with(StockItemKind::Assembly, StockTracking::Serial), Mismatch::Serial),
        (StockItem { is_inactive: true, ..item("1", "A", 1) }, Mismatch::Inactive),
    ];
    for (item, mismatch) in table {
        assert_eq!(one_mismatch(&compared(settings(), &[item], &[known("A", 9)])), mismatch);
    }
}

#[test]
fn skus_without_an_item_are_reported_unless_they_are_to_be_ignored() {
    let aliases = vec![
        alias("B", Some("99"), None),
        alias("C", None, Some(Counting::Ignore)),
        alias("F", Some("1"), None),
    ];
    let found = "Amazon.Found.B00X";
    let gone = missing(known("D", 3), 2);
    let never = KnownStock { sku: "E".into(), reading: None, absence: None };
    let mut no_key = item("1", "", 0);
    no_key.key = None;
    let stock = [known("A", 9), known("B", 9), known("C", 9), known(found, 1), gone, never, known("F", 0)];
    let compared = compared(with_aliases(aliases), &[no_key], &stock);
    let expected = [
        (Mismatch::Unmapped, vec![]),
        (Mismatch::AliasWithoutItem, vec!["99"]),
        (Mismatch::FoundByAmazon, vec![]),
    ];
    assert_eq!(kinds(&compared.mismatches), expected);
    assert_eq!(compared.in_step, 1);
}

#[test]
fn an_item_with_the_same_key_on_a_later_page_withdraws_the_earlier_difference() {
    let items = [item("1", "A", 1), item("5", "B", 4), item("9", "A", 9), item("12", "A", 0)];
    let compared = compared(settings(), &items, &[known("A", 9), known("B", 3)]);
    assert_eq!(moves(&compared), [("5", units(-1))]);
    assert_eq!(kinds(&compared.mismatches), [(Mismatch::Ambiguous, vec!["1", "12", "9"])]);
    assert_eq!((compared.in_step, compared.compared), (0, 4));
}

#[test]
fn an_item_out_of_use_makes_no_sku_ambiguous() {
    let old = StockItem { is_inactive: true, ..item("1", "A", 0) };
    let compared = compared(settings(), &[old, item("2", "A", 1)], &[known("A", 3)]);
    assert_eq!(moves(&compared), [("2", units(2))]);
    assert!(compared.mismatches.is_empty());
}

#[test]
fn an_item_that_comes_twice_counts_once() {
    let twice = [item("1", "A", 1), item("1", "A", 1), item("2", "B", 2), item("2", "B", 2)];
    let compared = compared(settings(), &twice, &[known("A", 3), known("B", 2)]);
    assert_eq!(moves(&compared), [("1", units(2))]);
    assert_eq!((compared.in_step, compared.compared), (1, 2));
    assert!(compared.mismatches.is_empty());
}

#[test]
fn several_skus_of_one_item_add_up_only_when_told() {
    let told = |counting| {
        let aliases = vec![alias("A", Some("1"), counting), alias("B", Some("1"), counting)];
        with_aliases(aliases)
    };
    let stock = [known("A", 3), known("B", 4)];
    let items = [item("1", "A", 1)];
    assert_eq!(one_mismatch(&compared(told(None), &items, &stock)), Mismatch::SeveralSkus);
    assert_eq!(moves(&compared(told(Some(Counting::Sum)), &items, &stock)), [("1", units(6))]);
    let shared = [known_in("X", "A", 3), known_in("X", "B", 3)];
    let summed = compared(told(Some(Counting::Sum)), &items, &shared);
    assert_eq!(one_mismatch(&summed), Mismatch::SharedUnits);
}

#[test]
fn items_that_share_units_are_left_alone_unless_only_one_counts() {
    let items = [item("1", "A", 3), item("2", "B", 1)];
    let stock = [known_in("X", "A", 3), known_in("X", "B", 3)];
    let untold = compared(settings(), &items, &stock);
    assert_eq!((moves(&untold), untold.in_step), (vec![], 0));
    assert_eq!(kinds(&untold.mismatches), [(Mismatch::SharedUnits, vec!["1", "2"])]);
    let only_b = vec![alias("A", None, Some(Counting::Ignore)), alias("B", None, Some(Counting::Primary))];
    let told = compared(with_aliases(only_b), &items, &stock);
    assert_eq!(moves(&told), [("2", units(2))]);
    assert_eq!(told.mismatches, []);
}

#[test]
fn an_absent_sku_is_asked_for_by_name_and_then_follows_the_settings() {
    let items = [item("1", "A", 5)];
    let zero = InventorySettings { absent: WhenAbsent::Zero, ..settings() };
    let once = compared(zero.clone(), &items, &[missing(known("A", 5), 1)]);
    assert_eq!(once.unconfirmed, ["A".into()]);
    assert_eq!(one_mismatch(&once), Mismatch::Unconfirmed);

    let twice = [missing(known("A", 5), 2)];
    assert_eq!(one_mismatch(&compared(settings(), &items, &twice)), Mismatch::Absent);
    let zeroed = compared(zero, &items, &twice);
    assert_eq!(moves(&zeroed), [("1", units(-5))]);
    assert_eq!(zeroed.unconfirmed, []);
    assert!(zeroed.differences[0].drops_to_zero);
    assert_eq!(zeroed.differences[0].arithmetic.amazon[0].units, Decimal::ZERO);
}

#[test]
fn an_item_that_amazon_never_showed_is_asked_for_only_when_it_has_stock() {
    let compared = compared(settings(), &[item("1", "A", 0), item("2", "B", 2)], &[]);
    assert_eq!(compared.unconfirmed, ["B".into()]);
    assert_eq!((compared.compared, compared.in_step), (1, 0));
}

#[test]
fn an_unknown_figure_moves_nothing() {
    let mut without = known("A", 0);
    without.reading.as_mut().unwrap().figures = None;
    let mut other = known("A", 0);
    let figures = StockFigures { total: Some(Quantity(0)), ..StockFigures::default() };
    other.reading.as_mut().unwrap().figures = Some(figures);
    for unknown in [without, other] {
        assert_eq!(one_mismatch(&compared(settings(), &[item("1", "A", 5)], &[unknown])), Mismatch::Unknown);
    }
}

#[test]
fn a_bin_transfer_gives_what_the_unsellable_bin_holds_and_reports_the_rest() {
    let bins = StockBins { sellable: "1".into(), unsellable: "2".into() };
    let settings = InventorySettings { write: StockWriting::BinTransfer(bins), ..settings() };
    let held = |id, key, on_hand, held: Option<i64>| {
        let mut item = item(id, key, on_hand);
        item.levels.in_unsellable_bin = held.map(units);
        item
    };
    let items = [held("1", "A", 2, Some(3)), held("2", "B", 2, None), held("3", "C", 9, Some(0))];
    let compared = compared(settings, &items, &[known("A", 9), known("B", 9), known("C", 4)]);
    assert_eq!(moves(&compared), [("1", units(3)), ("3", units(-5))]);
    let short = [(Mismatch::BinShort, vec!["1"]), (Mismatch::BinShort, vec!["2"])];
    assert_eq!(kinds(&compared.mismatches), short);
    assert_eq!(compared.in_step, 0);
}

#[test]
fn fields_show_what_can_be_sold_of_kits_too_and_stock_is_not_looked_at() {
    let settings = InventorySettings { write: StockWriting::Fields, ..settings() };
    let shows = |id, key, kind, shown: Option<i64>| StockItem {
        kind,
        shown: shown.map(units),
        tracking: StockTracking::Lot,
        ..item(id, key, 77)
    };
    let items = [
        shows("1", "A", StockItemKind::Kit, Some(3)),
        shows("2", "B", StockItemKind::Inventory, Some(4)),
        shows("3", "C", StockItemKind::Inventory, None),
        shows("4", "D", StockItemKind::Inventory, None),
    ];
    let compared = compared(settings, &items, &[known("A", 0), known("B", 4), known("C", 0)]);
    assert_eq!(moves(&compared), [("1", units(-3)), ("3", units(0))]);
    let drops: Vec<bool> = compared.differences.iter().map(|found| found.drops_to_zero).collect();
    assert_eq!(drops, [true, false]);
    assert_eq!((compared.in_step, compared.mismatches), (1, vec![]));
}

#[test]
fn the_catalogue_finds_the_skus_of_an_item() {
    let settings = InventorySettings { match_by: MatchBy::Catalog, ..settings() };
    let catalog = HashMap::from([(Sku::from("A"), "p1".to_owned())]);
    let comparison = Comparison::new(Arc::new(settings), UnsentUnits::default(), Vec::new(), Some(catalog));
    let compared = run(comparison, &[item("1", "p1", 1)], &[known("A", 3), known("B", 3)]);
    assert_eq!(moves(&compared), [("1", units(2))]);
    assert_eq!(kinds(&compared.mismatches), [(Mismatch::Unmapped, vec![])]);
}

#[test]
fn orders_that_are_read_later_replace_those_read_before() {
    let mut comparison = comparison(settings());
    comparison.set_orders(unsent(&[("1", "1", 2)]), vec![taken("2", Some(-1), &[("A", 1)])]);
    let compared = run(comparison, &[item("1", "A", 9)], &[known("A", 9)]);
    assert_eq!(moves(&compared), [("1", units(-3))]);
    assert_eq!(compared.look_again.len(), 1);
}

#[test]
fn an_item_that_is_compared_anew_counts_once_and_by_what_was_said_last() {
    let mut comparison = comparison(settings());
    comparison.item(&item("1", "A", 1), &[known("A", 3)]);
    comparison.item(&item("2", "B", 3), &[known("B", 3)]);
    comparison.item_again(&item("1", "A", 3), &[known("A", 3)]);
    comparison.item_again(&item("2", "B", 1), &[known("B", 3)]);
    assert!(!comparison.is_open(&"1".into()) && comparison.is_open(&"2".into()));
    let compared = comparison.finish();
    assert_eq!((compared.in_step, compared.compared), (1, 2));
    assert_eq!(moves(&compared), [("2", units(2))]);
}

#[test]
fn an_item_beside_takes_part_in_conflicts_and_in_nothing_else() {
    let mut comparison = comparison(settings());
    comparison.item(&item("1", "A", 1), &[known("A", 3)]);
    comparison.beside(&item("2", "A", 1), &[known("A", 3)]);
    comparison.item(&item("3", "B", 3), &[known("B", 3)]);
    comparison.beside(&item("4", "C", 1), &[known("C", 3)]);
    let compared = comparison.finish();
    assert_eq!(kinds(&compared.mismatches), [(Mismatch::Ambiguous, vec!["1", "2"])]);
    assert_eq!((compared.in_step, compared.compared, moves(&compared).len()), (1, 2, 0));
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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn normal_sales_cost_no_adjustment_at_any_moment(
        sales in prop::collection::vec(sale(), 1..5), spare in 0i64..5, kept in 0i64..4,
        read_at in 0i64..140, since in 0i64..60,
    ) {
        let now = read_at + since;
        let sum = |counts: &dyn Fn(&Sale) -> bool| -> i64 {
            sales.iter().filter(|sale| counts(sale)).map(|sale| sale.units).sum()
        };
        let stocked = sum(&|_| true) + spare + kept;
        let mut sold = item("1", "A", stocked - kept - sum(&|sale| sale.shipped <= now));
        sold.levels.committed = units(sum(&|sale| sale.ordered <= now && now < sale.shipped));
        let figure = stocked - sum(&|sale| sale.reserved <= read_at);
        let mut stock = known("A", 0);
        stock.reading = Some(reading("A", u32::try_from(figure).unwrap(), read_at));

        let mut waiting = Vec::new();
        let mut orders = Vec::new();
        for (number, sale) in sales.iter().enumerate() {
            let order = number.to_string();
            if sale.ordered <= now && now < sale.marked {
                waiting.push((order.clone(), sale.units));
            }
            let lines = [("A", u32::try_from(sale.units).unwrap())];
            if sale.sent <= now && now < sale.accepted {
                orders.push(taken(&order, None, &[]));
            } else if sale.accepted <= now && sale.accepted >= read_at - 10 {
                orders.push(taken(&order, Some(sale.accepted), &lines));
            }
        }
        let waiting: Vec<(&str, &str, i64)> =
            waiting.iter().map(|(order, quantity)| (order.as_str(), "1", *quantity)).collect();
        let settings = InventorySettings {
            buffer: Buffer { units: units(kept), share: Decimal::ZERO },
            ..settings()
        };
        let comparison = Comparison::new(Arc::new(settings), unsent(&waiting), orders, None);
        let compared = run(comparison, &[sold], &[stock]);
        prop_assert_eq!(&compared.differences, &[]);
        prop_assert_eq!(compared.mismatches, []);
    }

    #[test]
    fn the_order_of_items_does_not_matter_and_nothing_is_invented(
        (items, shuffled) in prop::collection::vec(any_item(), 0..8)
            .prop_map(numbered)
            .prop_flat_map(|items| (Just(items.clone()), Just(items).prop_shuffle())),
        stock in prop::collection::vec(any_known(), 0..6).prop_map(by_sku),
        counting in prop::collection::vec(any_counting(), 4),
        zero in any::<bool>(),
    ) {
        let skus = ["A", "B", "C", "D"];
        let aliases = skus.iter().zip(counting).map(|(sku, (item, counting))| alias(sku, item, counting));
        let settings = InventorySettings {
            aliases: aliases.collect(),
            absent: if zero { WhenAbsent::Zero } else { WhenAbsent::Keep },
            ..settings()
        };
        let one = compared(settings.clone(), &items, &stock);
        prop_assert_eq!(&one, &compared(settings, &shuffled, &stock));

        let reported: BTreeSet<&str> = kinds(&one.mismatches).into_iter().flat_map(|(_, items)| items).collect();
        prop_assert_eq!(one.compared >= one.in_step + one.differences.len() as u64, true);
        for found in &one.differences {
            prop_assert!(!reported.contains(found.item.as_str()), "written and reported");
            let figure: Decimal = found.arithmetic.amazon.iter().map(|amazon| amazon.units).sum();
            prop_assert!(found.arithmetic.target <= figure + found.arithmetic.demand);
            for amazon in &found.arithmetic.amazon {
                let of_sku = stock.iter().find(|known| known.sku == amazon.sku).unwrap();
                let absent = of_sku.absence.map_or(0, |absence| absence.times);
                prop_assert!(absent == 0 || (zero && absent > 1), "absence moved stock before its time");
            }
        }
    }
}

fn any_counting() -> impl Strategy<Value = (Option<&'static str>, Option<Counting>)> {
    let counting = [None, None, Some(Counting::Sum), Some(Counting::Primary), Some(Counting::Ignore)];
    (prop::sample::select(vec![None, None, Some("1"), Some("2")]), prop::sample::select(counting.to_vec()))
}

fn any_item() -> impl Strategy<Value = StockItem> {
    let key = prop::sample::select(vec!["A", "B", "C", "D", "E", ""]);
    let kinds = vec![StockItemKind::Inventory, StockItemKind::Inventory, StockItemKind::Kit];
    (key, prop::sample::select(kinds), 0i64..9, 0i64..4, 0u8..5).prop_map(
        |(key, kind, on_hand, demand, active)| {
            let mut item = StockItem { kind, is_inactive: active == 0, ..item("", key, on_hand) };
            item.levels.committed = units(demand);
            item
        },
    )
}

/// Items with ids of their own.
fn numbered(mut items: Vec<StockItem>) -> Vec<StockItem> {
    for (number, item) in items.iter_mut().enumerate() {
        item.id = ItemId::new(number.to_string());
    }
    items
}

fn any_known() -> impl Strategy<Value = KnownStock> {
    let skus = prop::sample::select(vec!["A", "B", "C", "D", "E", "F"]);
    let pools = prop::sample::select(vec!["X", "Y", "Z", "U", "V", "W"]);
    (skus, pools, 0u32..9, 0u32..4).prop_map(|(sku, pool, figure, times)| {
        let known = known_in(pool, sku, figure);
        if times == 0 || times == 3 { known } else { missing(known, times) }
    })
}

/// Each SKU once.
fn by_sku(mut stock: Vec<KnownStock>) -> Vec<KnownStock> {
    stock.sort_by(|one, other| one.sku.cmp(&other.sku));
    stock.dedup_by(|one, other| one.sku == other.sku);
    stock
}
