use proptest::prelude::*;

use super::super::fixtures::{reading, settings, units};
use super::*;
use amz_domain::{Figure, Quantity, StockFigures};

fn buffer(kept: i64) -> Buffer {
    Buffer { units: units(kept), share: Decimal::ZERO }
}

fn share(per_cent: i64) -> Buffer {
    Buffer { units: Decimal::ZERO, share: Decimal::new(per_cent, 2) }
}

fn certain(demand: i64, figure: i64, unsent: i64, kept: Buffer) -> Aim {
    let steering = steer(units(demand), units(figure), units(unsent), Decimal::ZERO, kept);
    assert!(steering.is_certain());
    steering.low
}

#[test]
fn f12_ten_at_amazon_two_unsent_one_kept_leave_seven_to_sell() {
    let aim = certain(5, 10, 2, buffer(1));
    assert_eq!(aim, Aim { buffer: units(1), available: units(7), target: units(12) });
}

#[test]
fn stock_stands_as_demand_and_figure_say() {
    // demand, figure, unsent, buffer -> kept, available, target
    let table = [
        ((0, 0, 0, 0), (0, 0, 0)),
        ((0, 10, 0, 0), (0, 10, 10)),
        ((3, 7, 0, 0), (0, 7, 10)),
        ((3, 10, 3, 0), (0, 7, 10)),
        // a buffer takes what is left to sell and not more
        ((3, 2, 0, 5), (2, 0, 3)),
        ((0, 2, 0, 5), (2, 0, 0)),
        // oversold units show as back orders
        ((8, 5, 8, 0), (0, 0, 5)),
        ((8, 5, 8, 2), (0, 0, 5)),
        // sold elsewhere too: nothing stands there, and nothing less
        ((0, 5, 8, 0), (0, 0, 0)),
        // a buffer below nothing keeps nothing back
        ((0, 4, 0, -3), (0, 4, 4)),
    ];
    for ((demand, figure, unsent, kept), (buffered, available, target)) in table {
        let aim = certain(demand, figure, unsent, buffer(kept));
        let expected = Aim { buffer: units(buffered), available: units(available), target: units(target) };
        assert_eq!(aim, expected, "demand {demand}, figure {figure}, unsent {unsent}, buffer {kept}");
    }
}

#[test]
fn of_two_buffers_the_larger_counts_and_a_share_is_rounded_up() {
    assert_eq!(certain(0, 11, 0, share(10)).available, units(9));
    assert_eq!(certain(0, 10, 0, share(10)).available, units(9));
    assert_eq!(certain(0, 1, 0, share(10)).available, units(0));
    assert_eq!(certain(0, 10, 0, share(250)).available, units(0));
    let both = Buffer { units: units(3), share: Decimal::new(10, 2) };
    assert_eq!(certain(0, 20, 0, both).buffer, units(3));
    assert_eq!(certain(0, 50, 0, both).buffer, units(5));
}

#[test]
fn stock_inside_the_band_stays_and_stock_outside_moves_to_the_low_end() {
    let steering = steer(units(3), units(10), Decimal::ZERO, units(3), buffer(0));
    assert_eq!((steering.low.target, steering.high.target), (units(10), units(13)));
    for inside in [10, 11, 13] {
        assert_eq!(steering.step_from(units(inside)), None, "{inside}");
    }
    assert_eq!(steering.step_from(units(8)), Some(Step { aim: steering.low, units: units(2) }));
    assert_eq!(steering.step_from(units(17)), Some(Step { aim: steering.low, units: units(-7) }));
}

#[test]
fn a_field_moves_into_the_band_and_an_empty_one_is_always_written() {
    let steering = steer(units(3), units(10), Decimal::ZERO, units(3), buffer(0));
    assert_eq!(steering.step_from_shown(Some(units(8))), None);
    assert_eq!(steering.step_from_shown(Some(units(5))).unwrap().units, units(2));
    assert_eq!(steering.step_from_shown(Some(units(11))).unwrap().units, units(-4));
    assert_eq!(steering.step_from_shown(None).unwrap().aim.available, units(7));
    let nothing = steer(Decimal::ZERO, Decimal::ZERO, Decimal::ZERO, Decimal::ZERO, buffer(0));
    assert_eq!(nothing.step_from_shown(None).unwrap().units, Decimal::ZERO);
    assert_eq!(nothing.step_from_shown(Some(Decimal::ZERO)), None);
}

#[test]
fn a_figure_is_known_only_when_all_that_is_added_is_known() {
    let mut settings = settings();
    let mut reading = reading("A", 10, 0);
    assert_eq!(figure_of(&reading, &settings), Some(units(10)));
    settings.add = vec![Figure::Processing, Figure::PendingTransshipment];
    assert_eq!(figure_of(&reading, &settings), None);
    reading.figures = Some(StockFigures {
        fulfillable: Some(Quantity(10)),
        processing: Some(Quantity(2)),
        pending_transshipment: Some(Quantity(0)),
        ..StockFigures::default()
    });
    assert_eq!(figure_of(&reading, &settings), Some(units(12)));
    settings.figure = Figure::Total;
    assert_eq!(figure_of(&reading, &settings), None);
    reading.figures = None;
    assert_eq!(figure_of(&reading, &settings), None);
}

fn record(demand: i64, figure: i64, unsent: i64, in_doubt: i64, kept: i64, on_hand: i64) -> Arithmetic {
    let amazon = vec![SkuUnits { sku: "A".into(), units: units(figure) }];
    let inputs = Inputs {
        amazon,
        unsent: units(unsent),
        in_doubt: units(in_doubt),
        read_at: super::super::fixtures::at(0),
    };
    let steering = steer(units(demand), inputs.figure(), inputs.unsent, inputs.in_doubt, buffer(kept));
    let levels = StockLevels { on_hand: units(on_hand), committed: units(demand), ..StockLevels::default() };
    let aim = steering.step_from(levels.on_hand).unwrap().aim;
    inputs.record(&levels, aim)
}

#[test]
fn the_arithmetic_is_told_on_one_line_and_adds_up() {
    let table = [
        (record(5, 10, 2, 0, 1, 9), "Amazon 10 - unsent 2 - buffer 1 + ordered 5 = 12; was 9"),
        (record(3, 10, 0, 3, 1, 5), "Amazon 10 - in doubt 3 - unsent 0 - buffer 1 + ordered 3 = 9; was 5"),
        (record(3, 10, 0, 3, 1, 20), "Amazon 10 - in doubt 3 - unsent 0 - buffer 1 + ordered 3 = 9; was 20"),
        (record(0, 5, 8, 0, 0, 4), "Amazon 5 - unsent 8 - buffer 0 + ordered 0 = -3, at least 0; was 4"),
    ];
    for (record, line) in table {
        assert_eq!(record.line(), line);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn units_are_never_invented(
        demand in 0i64..200, figure in 0i64..200, unsent in 0i64..200, in_doubt in 0i64..200,
        kept in 0i64..50, per_cent in 0i64..=100,
    ) {
        let kept = Buffer { units: units(kept), share: Decimal::new(per_cent, 2) };
        let steering = steer(units(demand), units(figure), units(unsent), units(in_doubt), kept);
        for aim in [steering.low, steering.high] {
            prop_assert!(aim.target <= units(figure + demand));
            prop_assert!(aim.available <= units(figure - unsent).max(Decimal::ZERO));
            prop_assert!(aim.available >= Decimal::ZERO && aim.target >= Decimal::ZERO);
            prop_assert!(aim.buffer >= Decimal::ZERO);
        }
        prop_assert!(steering.low.target <= steering.high.target);
        prop_assert!(steering.low.available <= steering.high.available);
    }

    #[test]
    fn more_at_amazon_never_means_less_to_sell(
        demand in 0i64..100, tenths in 0i64..1_000, more in 0i64..500, unsent in 0i64..100,
        in_doubt in 0i64..50, kept in 0i64..50, per_cent in 0i64..=100,
    ) {
        let kept = Buffer { units: units(kept), share: Decimal::new(per_cent, 2) };
        let at = |tenths| {
            steer(units(demand), Decimal::new(tenths, 1), units(unsent), units(in_doubt), kept)
        };
        let (less, more) = (at(tenths), at(tenths + more));
        prop_assert!(less.low.target <= more.low.target && less.high.target <= more.high.target);
        prop_assert!(less.low.available <= more.low.available);
    }

    #[test]
    fn a_buffer_never_takes_what_orders_at_amazon_need(
        figure in 0i64..100, unsent in 0i64..100, sent in 0i64..100, kept in 0i64..200,
        per_cent in 0i64..=100,
    ) {
        let kept = Buffer { units: units(kept), share: Decimal::new(per_cent, 2) };
        let aim = steer(units(unsent + sent), units(figure), units(unsent), Decimal::ZERO, kept).low;
        prop_assert!(aim.target >= units(sent));
    }

    #[test]
    fn after_the_step_there_is_no_other(
        on_hand in -50i64..200, demand in 0i64..100, figure in 0i64..100, unsent in 0i64..100,
        in_doubt in 0i64..50, kept in 0i64..20,
    ) {
        let steering = steer(units(demand), units(figure), units(unsent), units(in_doubt), buffer(kept));
        if let Some(step) = steering.step_from(units(on_hand)) {
            prop_assert!(!step.units.is_zero());
            prop_assert_eq!(steering.step_from(units(on_hand) + step.units), None);
        }
    }
}
