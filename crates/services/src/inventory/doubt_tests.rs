use amz_domain::Quantity;

use super::super::fixtures::{at, taken, units};
use super::*;

const LAG: Duration = Duration::from_secs(600);

fn unsent(orders: &[(&str, i64)]) -> Vec<(SalesOrderId, Decimal)> {
    orders.iter().map(|(order, quantity)| (SalesOrderId::from(*order), units(*quantity))).collect()
}

/// What orders want of an item with SKU `A`, read at noon.
fn of_a(orders: &[(&str, i64)], orders_taken: Vec<TakenOrder>) -> Wanted {
    let sku = Sku::from("A");
    let reads = [SkuRead { sku: &sku, read_at: at(0), changed_at: None }];
    wanted(&"1".into(), &unsent(orders), &TakenUnits::new(orders_taken), &reads, LAG)
}

/// The same, when a figure last moved at a minute.
fn moved_at(minute: i64, orders: &[(&str, i64)], orders_taken: Vec<TakenOrder>) -> Wanted {
    let sku = Sku::from("A");
    let reads = [SkuRead { sku: &sku, read_at: at(0), changed_at: Some(at(minute)) }];
    wanted(&"1".into(), &unsent(orders), &TakenUnits::new(orders_taken), &reads, LAG)
}

#[test]
fn an_order_taken_after_the_figures_last_moved_is_surely_not_counted_for_two_hours() {
    // moved, taken -> not counted, in doubt, looked at again
    for (moved, minute, not_counted, in_doubt, again) in [
        (-40, -30, 2, 0, Some(10)),
        (-200, -120, 2, 0, Some(10)),
        (-200, -121, 0, 0, None),
        (-40, 3, 2, 0, Some(13)),
        (-30, -30, 0, 0, None),
        (-1, -3, 0, 2, Some(7)),
        (-1, -30, 0, 0, None),
    ] {
        let wanted = moved_at(moved, &[], vec![taken("1", Some(minute), &[("A", 2)])]);
        assert_eq!(wanted.not_counted, units(not_counted), "{moved} {minute}");
        assert_eq!(wanted.in_doubt, units(in_doubt), "{moved} {minute}");
        assert_eq!(wanted.look_again, again.map(at), "{moved} {minute}");
    }
}

#[test]
fn nobody_knows_when_amazon_took_an_order_that_was_found_there() {
    let mut found = taken("1", Some(-3), &[("A", 2)]);
    found.sent_at = None;
    let wanted = moved_at(-40, &[], vec![found.clone()]);
    assert_eq!((wanted.not_counted, wanted.in_doubt), (units(0), units(2)));
    // sent in the seconds in which the figures moved
    found.sent_at = Some(at(-40) + TimeDelta::seconds(5));
    let wanted = moved_at(-40, &[], vec![found.clone()]);
    assert_eq!((wanted.not_counted, wanted.in_doubt), (units(0), units(2)));
    // sent before the figures moved, and its answer came after that
    found.sent_at = Some(at(-41));
    let wanted = moved_at(-40, &[], vec![found]);
    assert_eq!((wanted.not_counted, wanted.in_doubt), (units(0), units(2)));
}

#[test]
fn what_is_unsent_and_surely_not_counted_counts_once_and_without_doubt() {
    let wanted = moved_at(-40, &[("1", 3)], vec![taken("1", Some(-30), &[("A", 2)])]);
    assert_eq!((wanted.unsent, wanted.not_counted, wanted.in_doubt), (units(1), units(2), units(0)));
}

#[test]
fn units_that_amazon_took_are_found_by_their_item_whatever_their_sku() {
    let mut order = taken("1", Some(-2), &[("OTHER", 2)]);
    assert_eq!(of_a(&[], vec![order.clone()]).in_doubt, units(0));
    order.lines[0].item = Some("1".into());
    assert_eq!(of_a(&[], vec![order.clone()]).in_doubt, units(2));
    // the SKU is another item's business then
    order.lines[0].sku = Some("A".into());
    order.lines[0].item = Some("2".into());
    assert_eq!(of_a(&[], vec![order]).in_doubt, units(0));
}

#[test]
fn without_a_lag_what_does_not_clear_up_is_looked_at_again_after_a_minute() {
    let sku = Sku::from("A");
    let reads = [SkuRead { sku: &sku, read_at: at(0), changed_at: None }];
    let unclear = TakenUnits::new(vec![taken("1", None, &[])]);
    let wanted = wanted(&"1".into(), &unsent(&[("1", 2)]), &unclear, &reads, Duration::ZERO);
    assert_eq!(wanted.look_again, Some(at(1)));
}

#[test]
fn a_short_lag_shortens_the_wait_and_a_second_always_passes() {
    let waits = [0, 1, 2_000, 59_000, 60_000, 600_000]
        .map(|milliseconds| shortest_wait(Duration::from_millis(milliseconds)).num_milliseconds());
    assert_eq!(waits, [60_000, 1_000, 2_000, 59_000, 60_000, 60_000]);
}

#[test]
fn orders_taken_within_the_lag_or_after_the_reading_are_in_doubt() {
    for (minute, in_doubt) in [(-11, 0), (-10, 0), (-9, 2), (0, 2), (30, 2)] {
        let wanted = of_a(&[], vec![taken("1", Some(minute), &[("A", 2), ("B", 7)])]);
        assert_eq!(wanted.in_doubt, units(in_doubt), "taken {minute} minutes after the reading");
        assert_eq!(wanted.look_again, (in_doubt > 0).then(|| at(minute + 10)), "{minute}");
        assert_eq!(wanted.unsent, Decimal::ZERO);
    }
}

#[test]
fn doubt_lasts_until_the_last_order_is_counted() {
    let orders = vec![taken("1", Some(-2), &[("A", 2)]), taken("2", Some(-7), &[("A", 3), ("A", 1)])];
    let wanted = of_a(&[], orders);
    assert_eq!((wanted.in_doubt, wanted.look_again), (units(6), Some(at(8))));
}

#[test]
fn a_line_that_is_unsent_and_taken_counts_once_as_in_doubt() {
    let orders = || vec![taken("1", Some(-2), &[("A", 2)])];
    let wanted = of_a(&[("1", 2), ("2", 4)], orders());
    assert_eq!((wanted.unsent, wanted.in_doubt), (units(4), units(2)));
    // one more unit was added to the order since
    let wanted = of_a(&[("1", 3)], orders());
    assert_eq!((wanted.unsent, wanted.in_doubt), (units(1), units(2)));
    // part of it has left already
    let wanted = of_a(&[("1", 1)], orders());
    assert_eq!((wanted.unsent, wanted.in_doubt), (units(0), units(2)));
}

#[test]
fn a_line_that_is_unsent_though_taken_long_ago_stays_in_doubt() {
    let wanted = of_a(&[("1", 2)], vec![taken("1", Some(-60), &[("A", 5)])]);
    assert_eq!((wanted.unsent, wanted.in_doubt), (units(0), units(2)));
    assert_eq!(wanted.look_again, Some(at(10)));
}

#[test]
fn an_order_that_amazon_took_or_not_is_in_doubt_with_its_unsent_units() {
    let wanted = of_a(&[("1", 2), ("2", 4)], vec![taken("1", None, &[]), taken("3", None, &[])]);
    assert_eq!((wanted.unsent, wanted.in_doubt), (units(4), units(2)));
    assert_eq!(wanted.look_again, Some(at(10)));
    assert_eq!(of_a(&[("2", 4)], vec![taken("1", None, &[])]).look_again, None);
}

#[test]
fn each_sku_of_an_item_is_in_doubt_by_its_own_reading() {
    let (a, b) = (Sku::from("A"), Sku::from("B"));
    let read = |sku, minute| SkuRead { sku, read_at: at(minute), changed_at: None };
    let reads = [read(&a, 0), read(&b, 30)];
    let orders = vec![taken("1", Some(5), &[("A", 2), ("B", 3)])];
    let wanted = wanted(&"1".into(), &[], &TakenUnits::new(orders), &reads, LAG);
    assert_eq!(wanted.in_doubt, units(2));
}

fn line(order: &str, item: &str, kind: StockItemKind, quantity: i64) -> UnsentLine {
    UnsentLine { sales_order: order.into(), item: item.into(), kind, quantity: units(quantity) }
}

#[test]
fn unsent_kits_are_units_of_their_members_when_they_go_as_parts_and_their_own_as_sold() {
    let lines = [
        line("1", "50", StockItemKind::Kit, 2),
        line("1", "1", StockItemKind::Inventory, 1),
        line("2", "1", StockItemKind::Inventory, 5),
        line("2", "2", StockItemKind::Inventory, -3),
    ];
    let members = vec![
        KitMember { item: "1".into(), quantity: Quantity(2) },
        KitMember { item: "2".into(), quantity: Quantity(1) },
    ];
    let members = HashMap::from([(ItemId::from("50"), members)]);
    assert_eq!(UnsentUnits::kits_among(&lines, Kits::AsParts), ["50".into()]);
    let as_parts = UnsentUnits::new(&lines, Kits::AsParts, &members);
    assert_eq!(as_parts.of(&"1".into()), unsent(&[("1", 5), ("2", 5)]));
    assert_eq!(as_parts.of(&"2".into()), unsent(&[("1", 2)]));
    assert!(as_parts.of(&"50".into()).is_empty());

    assert!(UnsentUnits::kits_among(&lines, Kits::AsSold).is_empty());
    let as_sold = UnsentUnits::new(&lines, Kits::AsSold, &members);
    assert_eq!(as_sold.of(&"50".into()), unsent(&[("1", 2)]));
    assert_eq!(as_sold.of(&"1".into()), unsent(&[("1", 1), ("2", 5)]));
    assert!(as_sold.of(&"2".into()).is_empty());
}
