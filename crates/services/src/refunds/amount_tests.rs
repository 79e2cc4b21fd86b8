//! Shares of a line, to the cent.

use amz_domain::DocumentKind;
use proptest::prelude::*;

use super::*;
use crate::refunds::books::Books;
use crate::refunds::fixtures::{cents, document, goods, sent};
use crate::settings::Billing;

const LINE: LineNumber = LineNumber(1);

fn standing(units: u32, net: i64, tax: i64) -> LineStanding {
    LineStanding { billed: units.into(), net: cents(net), tax: cents(tax), ..LineStanding::default() }
}

fn after(standing: &LineStanding, units: Quantity, part: Part) -> LineStanding {
    LineStanding {
        refunded: standing.refunded + units.to_decimal(),
        refunded_net: standing.refunded_net + part.net,
        refunded_tax: standing.refunded_tax + part.tax,
        ..*standing
    }
}

#[test]
fn f14_three_units_refunded_one_by_one_come_to_the_bill_to_the_cent() {
    // 3 × 9.99, an order discount of 5.00, 8.875 % tax on 24.97 is 2.22
    let mut bill = document(DocumentKind::Invoice, "70", vec![goods(1, 3, cents(2997), None)]);
    bill.discount_total = cents(500);
    bill.tax_total = cents(222);
    bill.total = cents(2719);
    let (order, sent, bills) = ("42".into(), sent(&[3]), [bill]);
    let books = Books { order: &order, sent: &sent, documents: &bills, billing: Billing::Detect };
    let mut line = books.standing(None).unwrap().lines[&LINE];
    let mut parts = Vec::new();
    for _ in 0..3 {
        let one = part(LINE, &line, Quantity(1), 2).unwrap();
        line = after(&line, Quantity(1), one);
        parts.push((one.net, one.tax));
    }
    let expected = [(cents(832), cents(74)), (cents(833), cents(74)), (cents(832), cents(74))];
    assert_eq!(parts, expected);
    assert_eq!(parts.iter().map(|(net, tax)| net + tax).sum::<Decimal>(), cents(2719));
}

#[test]
fn half_a_cent_is_rounded_up_and_the_last_unit_takes_what_is_left() {
    let mut line = standing(2, 101, 5);
    let first = part(LINE, &line, Quantity(1), 2).unwrap();
    assert_eq!((first.net, first.tax), (cents(51), cents(3)));
    line = after(&line, Quantity(1), first);
    let last = part(LINE, &line, Quantity(1), 2).unwrap();
    assert_eq!((last.net, last.tax), (cents(50), cents(2)));
}

#[test]
fn a_currency_without_cents_is_shared_in_whole_units() {
    let line = LineStanding {
        billed: Decimal::from(3),
        net: Decimal::from(1000),
        tax: Decimal::from(100),
        ..LineStanding::default()
    };
    let first = part(LINE, &line, Quantity(1), 0).unwrap();
    assert_eq!((first.net, first.tax), (Decimal::from(333), Decimal::from(33)));
}

#[test]
fn the_last_unit_takes_up_the_rounding_of_a_credit_that_staff_made() {
    let line = LineStanding {
        refunded: Decimal::TWO,
        refunded_net: cents(668),
        refunded_tax: cents(66),
        ..standing(3, 1000, 100)
    };
    let last = part(LINE, &line, Quantity(1), 2).unwrap();
    assert_eq!((last.net, last.tax), (cents(332), cents(34)));
}

#[test]
fn what_staff_kept_back_on_purpose_is_not_paid_out_with_the_last_unit() {
    let line = LineStanding { refunded: Decimal::ONE, refunded_net: cents(100), ..standing(2, 1000, 0) };
    assert_eq!(part(LINE, &line, Quantity(1), 2).unwrap().net, cents(500));
}

#[test]
fn more_than_what_is_left_parks_with_the_figures() {
    let generous = LineStanding { refunded: Decimal::ONE, refunded_net: cents(800), ..standing(2, 1000, 0) };
    let reason = part(LINE, &generous, Quantity(1), 2).unwrap_err();
    assert_eq!(reason.code, "refund_exceeds_paid");
    assert!(reason.cause.contains("5.00") && reason.cause.contains("2.00"), "{}", reason.cause);
    let reason = part(LINE, &standing(2, 1000, 0), Quantity(3), 2).unwrap_err();
    assert_eq!(reason.code, "refund_exceeds_paid");
}

proptest! {
    #[test]
    fn pieces_add_up_to_the_bill_and_never_exceed_it(
        net in 0i64..1_000_000, tax in 0i64..100_000, pieces in prop::collection::vec(1u32..5, 1..12),
    ) {
        let mut line = standing(pieces.iter().sum(), net, tax);
        for piece in pieces {
            let part = part(LINE, &line, Quantity(piece), 2).unwrap();
            prop_assert!(part.net >= Decimal::ZERO && part.tax >= Decimal::ZERO);
            line = after(&line, Quantity(piece), part);
            prop_assert!(line.refunded_net + line.refunded_tax <= line.net + line.tax);
        }
        prop_assert_eq!((line.refunded_net, line.refunded_tax), (cents(net), cents(tax)));
    }

    #[test]
    fn refunds_of_several_partial_bills_add_up_to_them(
        bills in prop::collection::vec((1u32..5, 1i64..9_000, 0i64..400, 0i64..300), 1..5),
        order_of_refunds in prop::collection::vec(any::<bool>(), 64),
    ) {
        let documents: Vec<_> = bills.iter().zip(70..).map(|((units, price, tax, discount), id)| {
            let amount = cents(*price) * Decimal::from(*units);
            let other = cents(777);
            let lines = vec![goods(1, *units, amount, None), goods(2, 1, other, None)];
            let mut bill = document(DocumentKind::Invoice, &id.to_string(), lines);
            bill.discount_total = cents(*discount).min(amount);
            bill.tax_total = cents(*tax);
            bill.total = amount + other - bill.discount_total + bill.tax_total;
            bill
        }).collect();
        let (order, sent) = ("42".into(), sent(&[99, 99]));
        let books = Books { order: &order, sent: &sent, documents: &documents, billing: Billing::Detect };
        let standing = books.standing(None).unwrap();
        let mut lines = standing.lines.clone();
        let mut refunded = Decimal::ZERO;
        let mut pick = order_of_refunds.into_iter();
        while let Some((number, line)) = {
            let first = pick.next().unwrap_or(true);
            let mut open = lines.iter().filter(|(_, line)| line.refunded < line.billed);
            (if first { open.next() } else { open.next_back() }).map(|(number, line)| (*number, *line))
        } {
            let part = part(number, &line, Quantity(1), 2).unwrap();
            refunded += part.gross();
            lines.insert(number, after(&line, Quantity(1), part));
        }
        prop_assert_eq!(refunded, standing.billed);
    }
}
