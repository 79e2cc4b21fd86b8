//! What an order costs, per line, to the last cent.

use amz_domain::{LineNumber, Quantity, SalesOrder, SalesOrderLine};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::parking::{Reason, Who};
use crate::shares::{Charges, GoodsCharge, LARGEST_AMOUNT, shares};

/// Amounts of one goods line, in the order's currency.
///
/// `unit_price × quantity − discount` is the line's share of what the goods cost;
/// adding `tax` and `delivery_charge` gives its share of the order total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineAmounts {
    /// The line.
    pub line: LineNumber,
    /// Units.
    pub quantity: Quantity,
    /// Price of one unit.
    pub unit_price: Decimal,
    /// Discount on the whole line: its own and its share of order discounts.
    pub discount: Decimal,
    /// Tax on the whole line: its own, or its share of the order's.
    pub tax: Decimal,
    /// Its share of shipping and handling charges.
    pub delivery_charge: Decimal,
}

impl LineAmounts {
    /// The line's share of the order total.
    pub fn total(&self) -> Decimal {
        self.unit_price * self.quantity.to_decimal() - self.discount + self.tax + self.delivery_charge
    }
}

/// Works out what some goods lines cost, so that all goods and other charges add up to the order total.
///
/// Order discounts, taxes that are not on lines, and charges for shipping and handling are shared in proportion to
/// line amounts. Lines that are not chosen keep their shares, and are not looked at otherwise.
///
/// # Errors
/// A reason to park: a chosen line with a quantity that is not whole or a negative amount, or figures that do
/// not add up.
pub fn amounts(order: &SalesOrder, chosen: &[&SalesOrderLine]) -> Result<Vec<LineAmounts>, Reason> {
    let digits = order.currency.minor_digits();
    let goods: Vec<&SalesOrderLine> = order.lines.iter().filter(|line| line.kind.is_goods()).collect();
    let others = order.lines.iter().filter(|line| line.kind.has_amount_of_its_own());
    let shares = shares(&Charges {
        name: "order",
        digits,
        goods: goods.iter().map(|line| GoodsCharge { amount: line.amount, tax: line.tax }).collect(),
        others: others.map(|line| line.amount).collect(),
        discount_total: order.discount_total,
        shipping_cost: order.shipping_cost,
        handling_cost: order.handling_cost,
        tax_total: order.tax_total,
        total: order.total,
    })?;

    let mut lines = Vec::with_capacity(chosen.len());
    for (line, share) in goods.into_iter().zip(shares) {
        if !chosen.iter().any(|chosen| chosen.line == line.line) {
            continue;
        }
        let (quantity, unit_price, own_discount) = price(line, digits)?;
        lines.push(LineAmounts {
            line: line.line,
            quantity,
            unit_price,
            discount: own_discount + share.discount,
            tax: share.tax,
            delivery_charge: share.delivery,
        });
    }
    Ok(lines)
}

/// Units, unit price and own discount of a goods line, so that price × units − discount is its amount.
///
/// The unit price is the line's rate where that does not fall short of the amount; otherwise the amount per
/// unit, rounded up to the smallest payable unit.
fn price(line: &SalesOrderLine, digits: u32) -> Result<(Quantity, Decimal, Decimal), Reason> {
    let quantity =
        Quantity::try_from(line.quantity).ok().filter(|quantity| !quantity.is_zero()).ok_or_else(|| {
            Reason::new(
                "quantity_not_whole",
                format!("line {} asks for {} units; Amazon ships whole units only", line.line, line.quantity),
                "correct the quantity of the line, or let another warehouse ship it",
                Who::Merchant,
            )
        })?;
    if line.amount.is_sign_negative() && !line.amount.is_zero() {
        return Err(Reason::new(
            "negative_line_amount",
            format!("goods line {} has the negative amount {}", line.line, line.amount),
            "enter discounts as discount lines or as the order's discount",
            Who::Merchant,
        ));
    }
    let units = quantity.to_decimal();
    let covers = |rate: &Decimal| {
        rate.checked_mul(units).is_some_and(|gross| gross >= line.amount && gross < LARGEST_AMOUNT)
    };
    let unit_price = line
        .rate
        .map(|rate| rate.normalize())
        .filter(|rate| rate.scale() <= digits && covers(rate))
        .unwrap_or_else(|| {
            (line.amount / units).round_dp_with_strategy(digits, RoundingStrategy::ToPositiveInfinity)
        });
    Ok((quantity, unit_price, unit_price * units - line.amount))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::fixtures::{line, sales_order};
    use amz_domain::ItemKind;
    use proptest::prelude::*;

    fn all_amounts(order: &SalesOrder) -> Result<Vec<LineAmounts>, Reason> {
        amounts(order, &order.lines.iter().collect::<Vec<_>>())
    }

    fn cents(value: i64) -> Decimal {
        Decimal::new(value, 2)
    }

    #[test]
    fn an_order_discount_and_tax_are_shared_to_the_cent() {
        let mut order = sales_order(vec![line(1, "A", 3, cents(999)), line(2, "B", 1, cents(1000))]);
        order.discount_total = cents(500);
        order.tax_total = cents(311);
        order.shipping_cost = cents(499);
        order.total = cents(2997 + 1000 - 500 + 311 + 499);
        let amounts = all_amounts(&order).unwrap();
        assert_eq!(amounts.iter().map(LineAmounts::total).sum::<Decimal>(), order.total);
        assert_eq!(amounts[0].unit_price, cents(999));
    }

    #[test]
    fn figures_that_do_not_add_up_are_not_sent() {
        let mut order = sales_order(vec![line(1, "A", 1, cents(1000))]);
        order.total = cents(1001);
        let reason = all_amounts(&order).unwrap_err();
        assert_eq!(reason.code, "totals_mismatch");
        assert!(reason.cause.contains("10.01"));
    }

    #[test]
    fn a_rate_that_falls_short_of_the_amount_is_rounded_up_and_discounted() {
        let mut order = sales_order(vec![line(1, "A", 3, Decimal::new(33333, 4))]);
        order.lines[0].amount = cents(1000);
        order.total = cents(1000);
        let amounts = all_amounts(&order).unwrap();
        assert_eq!((amounts[0].unit_price, amounts[0].discount), (cents(334), cents(2)));
    }

    #[test]
    fn half_a_unit_parks_the_order() {
        let mut order = sales_order(vec![line(1, "A", 1, cents(1000))]);
        order.lines[0].quantity = Decimal::new(5, 1);
        assert_eq!(all_amounts(&order).unwrap_err().code, "quantity_not_whole");
    }

    #[test]
    fn a_line_of_another_warehouse_keeps_its_share_and_is_not_judged() {
        let mut order = sales_order(vec![line(1, "A", 1, cents(1000)), line(2, "B", 1, cents(1000))]);
        order.lines[1].quantity = Decimal::new(15, 1);
        order.discount_total = cents(100);
        order.total = cents(1900);
        let chosen = [&order.lines[0]];
        let amounts = amounts(&order, &chosen).unwrap();
        assert_eq!(amounts.iter().map(LineAmounts::total).collect::<Vec<_>>(), [cents(950)]);
    }

    #[test]
    fn subtotals_and_group_lines_repeat_amounts_and_do_not_count() {
        let mut order = sales_order(vec![line(1, "A", 2, cents(1000)), line(2, "S", 1, cents(2000))]);
        for kind in [ItemKind::Subtotal, ItemKind::Description, ItemKind::Group, ItemKind::EndGroup] {
            order.lines[1].kind = kind;
            order.total = cents(2000);
            assert_eq!(all_amounts(&order).unwrap().len(), 1);
        }
    }

    #[test]
    fn amounts_beyond_all_reason_park_instead_of_overflowing() {
        let mut order = sales_order(vec![line(1, "A", 2, cents(1000))]);
        order.lines[0].rate = Some(Decimal::MAX);
        assert_eq!(all_amounts(&order).unwrap()[0].unit_price, cents(1000), "the rate is of no use");
        assert_eq!(LARGEST_AMOUNT.to_string(), "100000000000000");
        order.lines[0].amount = Decimal::MAX;
        order.shipping_cost = Decimal::MAX;
        assert_eq!(all_amounts(&order).unwrap_err().code, "amount_too_large");
    }

    proptest! {
        #[test]
        fn shares_always_add_up_to_the_order_total(
            goods in prop::collection::vec((1u32..9, 0i64..50_000), 1..12),
            discount in 0i64..1_000, tax in 0i64..5_000, shipping in 0i64..3_000,
        ) {
            let lines: Vec<_> =
                goods.iter().zip(1..).map(|((units, rate), number)| line(number, "A", *units, cents(*rate))).collect();
            let mut order = sales_order(lines);
            order.discount_total = cents(discount);
            order.tax_total = cents(tax);
            order.shipping_cost = cents(shipping);
            order.total += cents(tax + shipping - discount);
            let amounts = all_amounts(&order).unwrap();
            prop_assert_eq!(amounts.iter().map(LineAmounts::total).sum::<Decimal>(), order.total);
        }
    }
}
