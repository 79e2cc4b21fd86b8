//! What items come to.

use super::*;

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
fn orders_that_are_read_later_replace_those_read_before() {
    let mut comparison = comparison(settings());
    comparison.set_orders(unsent(&[("1", "1", 2)]), vec![taken("2", Some(-1), &[("A", 1)])]);
    let compared = run(comparison, &[item("1", "A", 9)], &[known("A", 9)]);
    assert_eq!(moves(&compared), [("1", units(-3))]);
    assert_eq!(compared.look_again.len(), 1);
}
