//! What an order costs, per line, to the last cent.

use amz_domain::allocation::allocate;
use amz_domain::{Quantity, SalesOrder, SalesOrderLine};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::parking::{Reason, Who};

/// Amounts of the whole order and of its goods lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderAmounts {
    /// One entry per goods line of the order, in its order.
    pub lines: Vec<LineAmounts>,
}

/// Amounts of one goods line, in the order's currency.
///
/// `unit_price × quantity − discount` is the line's share of what the goods cost;
/// adding `tax` and `delivery_charge` gives its share of the order total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineAmounts {
    /// Position among the order's lines.
    pub index: usize,
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

/// Works out what each goods line costs, so that goods and other charges add up to the order total.
///
/// Order discounts and taxes that are not on lines are shared in proportion to line amounts, charges for
/// shipping and handling likewise over the goods; the rule is [`allocate`]'s.
///
/// # Errors
/// A reason to park: a quantity that is not whole, a negative goods line, or figures that do not add up.
pub fn amounts(order: &SalesOrder) -> Result<OrderAmounts, Reason> {
    let digits = order.currency.minor_digits();
    let goods: Vec<(usize, &SalesOrderLine)> =
        order.lines.iter().enumerate().filter(|(_, line)| line.kind.is_goods()).collect();
    let others = order.lines.iter().filter(|line| !line.kind.is_goods()).map(|line| line.amount);
    let (charges, discounts): (Vec<Decimal>, Vec<Decimal>) =
        others.partition(|amount| !amount.is_sign_negative());
    let other_charges: Decimal = charges.iter().sum();
    let discount = order.discount_total - discounts.iter().sum::<Decimal>();
    let delivery = order.shipping_cost + order.handling_cost;

    let net: Decimal = goods.iter().map(|(_, line)| line.amount).sum::<Decimal>() + other_charges;
    let sum = net - discount + delivery + order.tax_total;
    if sum != order.total {
        return Err(Reason::new(
            "totals_mismatch",
            format!(
                "lines {net} − discounts {discount} + shipping and handling {delivery} + tax {} make {sum}, \
                 but the order total is {}",
                order.tax_total, order.total
            ),
            "correct the amounts on the sales order, then retry",
            Who::Merchant,
        ));
    }

    let goods_amounts: Vec<Decimal> = goods.iter().map(|(_, line)| line.amount).collect();
    let mut with_charges = goods_amounts.clone();
    with_charges.push(other_charges);
    let discount_shares = allocate(discount, &with_charges, digits);
    let own_tax: Decimal = goods.iter().filter_map(|(_, line)| line.tax).sum();
    let tax_shares = allocate(order.tax_total - own_tax, &with_charges, digits);
    let delivery_shares = allocate(delivery, &goods_amounts, digits);

    let mut lines = Vec::with_capacity(goods.len());
    for (position, (index, line)) in goods.into_iter().enumerate() {
        let (quantity, unit_price, own_discount) = price(line, digits)?;
        lines.push(LineAmounts {
            index,
            quantity,
            unit_price,
            discount: own_discount + discount_shares[position],
            tax: line.tax.unwrap_or_default() + tax_shares[position],
            delivery_charge: delivery_shares[position],
        });
    }
    Ok(OrderAmounts { lines })
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
    let unit_price = line
        .rate
        .map(|rate| rate.normalize())
        .filter(|rate| rate.scale() <= digits && *rate * units >= line.amount)
        .unwrap_or_else(|| {
            (line.amount / units).round_dp_with_strategy(digits, RoundingStrategy::ToPositiveInfinity)
        });
    Ok((quantity, unit_price, unit_price * units - line.amount))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::fixtures::{line, sales_order};
    use proptest::prelude::*;

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
        let amounts = amounts(&order).unwrap();
        assert_eq!(amounts.lines.iter().map(LineAmounts::total).sum::<Decimal>(), order.total);
        assert_eq!(amounts.lines[0].unit_price, cents(999));
    }

    #[test]
    fn figures_that_do_not_add_up_are_not_sent() {
        let mut order = sales_order(vec![line(1, "A", 1, cents(1000))]);
        order.total = cents(1001);
        let reason = amounts(&order).unwrap_err();
        assert_eq!(reason.code, "totals_mismatch");
        assert!(reason.cause.contains("10.01"));
    }

    #[test]
    fn a_rate_that_falls_short_of_the_amount_is_rounded_up_and_discounted() {
        let mut order = sales_order(vec![line(1, "A", 3, Decimal::new(33333, 4))]);
        order.lines[0].amount = cents(1000);
        order.total = cents(1000);
        let amounts = amounts(&order).unwrap();
        assert_eq!((amounts.lines[0].unit_price, amounts.lines[0].discount), (cents(334), cents(2)));
    }

    #[test]
    fn half_a_unit_parks_the_order() {
        let mut order = sales_order(vec![line(1, "A", 1, cents(1000))]);
        order.lines[0].quantity = Decimal::new(5, 1);
        assert_eq!(amounts(&order).unwrap_err().code, "quantity_not_whole");
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
            let amounts = amounts(&order).unwrap();
            prop_assert_eq!(amounts.lines.iter().map(LineAmounts::total).sum::<Decimal>(), order.total);
        }
    }
}
