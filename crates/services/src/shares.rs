//! How the figures of a whole transaction fall on its goods lines, to the last cent. Pure.
//!
//! One rule for sales orders and bills, so that what Amazon is told, what is billed and what is refunded agree.

use amz_domain::allocation::allocate;
use rust_decimal::Decimal;

use crate::parking::{Reason, Who};

/// Figures of a transaction, in its currency.
pub(crate) struct Charges<'name> {
    /// What it is, for people: `sales order`, `invoice 12`.
    pub(crate) name: &'name str,
    /// Digits after the decimal point that can be paid.
    pub(crate) digits: u32,
    /// Its goods lines, in order.
    pub(crate) goods: Vec<GoodsCharge>,
    /// Amounts of its other lines that count in the total; discounts are negative.
    pub(crate) others: Vec<Decimal>,
    /// Discount on the whole of it, positive.
    pub(crate) discount_total: Decimal,
    /// Shipping charge.
    pub(crate) shipping_cost: Decimal,
    /// Handling charge.
    pub(crate) handling_cost: Decimal,
    /// Sum of tax.
    pub(crate) tax_total: Decimal,
    /// What it comes to.
    pub(crate) total: Decimal,
}

/// Figures of one goods line.
pub(crate) struct GoodsCharge {
    /// Amount before tax.
    pub(crate) amount: Decimal,
    /// Tax, where the account shows it per line.
    pub(crate) tax: Option<Decimal>,
}

/// What falls on one goods line besides its own amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Share {
    /// Its share of discounts, positive.
    pub(crate) discount: Decimal,
    /// Its own tax and its share of what is not on lines.
    pub(crate) tax: Decimal,
    /// Its share of shipping and handling.
    pub(crate) delivery: Decimal,
}

/// Works out the share of every goods line, so that all goods and other charges add up to the total.
///
/// Discounts and taxes that are not on lines are shared in proportion to line amounts, charges for shipping and
/// handling likewise over the goods; the rule is [`allocate`]'s.
///
/// # Errors
/// A reason to park: figures that do not add up, or are too large to be worked with.
pub(crate) fn shares(charges: &Charges<'_>) -> Result<Vec<Share>, Reason> {
    let Charges {
        name,
        digits,
        goods,
        others,
        discount_total,
        shipping_cost,
        handling_cost,
        tax_total,
        total,
    } = charges;
    let (others, discounts): (Vec<Decimal>, Vec<Decimal>) =
        others.iter().partition(|amount| **amount >= Decimal::ZERO);
    let goods_amounts: Vec<Decimal> = goods.iter().map(|line| line.amount).collect();
    let own_tax: Vec<Decimal> = goods.iter().filter_map(|line| line.tax).collect();

    let sum = |parts: &[Decimal]| sum(name, parts);
    let other_charges = sum(&others)?;
    let discount = sum(&[*discount_total, -sum(&discounts)?])?;
    let delivery = sum(&[*shipping_cost, *handling_cost])?;
    let net = sum(&[sum(&goods_amounts)?, other_charges])?;
    let made = sum(&[net, -discount, delivery, *tax_total])?;
    if made != *total {
        return Err(Reason::new(
            "totals_mismatch",
            format!(
                "lines {net} − discounts {discount} + shipping and handling {delivery} + tax {tax_total} make \
                 {made}, but the {name} total is {total}"
            ),
            format!("correct the amounts on the {name}, then retry"),
            Who::Merchant,
        ));
    }

    let mut with_charges = goods_amounts.clone();
    with_charges.push(other_charges);
    let discount_shares = allocate(discount, &with_charges, *digits);
    let tax_shares = allocate(sum(&[*tax_total, -sum(&own_tax)?])?, &with_charges, *digits);
    let delivery_shares = allocate(delivery, &goods_amounts, *digits);
    let shares = goods.iter().zip(discount_shares).zip(tax_shares).zip(delivery_shares);
    let shares = shares.map(|(((line, discount), tax), delivery)| Share {
        discount,
        tax: line.tax.unwrap_or_default() + tax,
        delivery,
    });
    Ok(shares.collect())
}

/// The exact sum.
fn sum(name: &str, parts: &[Decimal]) -> Result<Decimal, Reason> {
    let sum = parts.iter().try_fold(Decimal::ZERO, |sum, part| sum.checked_add(*part));
    sum.filter(|sum| sum.abs() < LARGEST_AMOUNT).ok_or_else(|| too_large(name))
}

/// The reason of an amount that is a mistake.
pub(crate) fn too_large(name: &str) -> Reason {
    Reason::new(
        "amount_too_large",
        format!("an amount of the {name} is too large to be worked with exactly"),
        format!("correct the amounts on the {name}"),
        Who::Merchant,
    )
}

/// 10^14. Amounts from here on are a mistake; below it the product of two of them still fits a decimal.
pub(crate) const LARGEST_AMOUNT: Decimal = Decimal::from_parts(0x107A_4000, 0x5AF3, 0, false, 0);
