//! Prices of a transaction made from another: shares of what the source charges.

use rust_decimal::{Decimal, RoundingStrategy};

use super::quantities::{credited, is_credit, taken};
use crate::netsuite::books::{Books, Line, Record, integer};
use crate::netsuite::number::{member, number, total};

/// Rounds to what the currency of a record can express.
pub(crate) fn rounded(record: &Record, amount: Decimal) -> Decimal {
    let currency = record.fields.get("currency").and_then(|currency| currency.get("refName"));
    let digits = match currency.and_then(serde_json::Value::as_str) {
        Some("JPY" | "KRW") => 0,
        _ => 2,
    };
    amount.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
}

/// `whole × part ÷ of`, exactly.
fn share(whole: Decimal, part: Decimal, of: Decimal) -> Decimal {
    if part == of {
        return whole;
    }
    whole.checked_mul(part).and_then(|product| product.checked_div(of)).unwrap_or_default()
}

fn sum(record: &Record, column: &str) -> Decimal {
    total(record.lines_of("item").iter().map(|line| member(&line.fields, column)))
}

fn has_line_tax(record: &Record) -> bool {
    record.lines_of("item").iter().any(|line| line.fields.get("tax1Amt").is_some_and(|tax| !tax.is_null()))
}

/// Amount of a line before tax, its share of a discount on the whole document taken off.
pub(crate) fn net(record: &Record, line: &Line) -> Decimal {
    let amount = member(&line.fields, "amount");
    let discount = member(&record.fields, "discountTotal").abs();
    amount.saturating_sub(rounded(record, share(discount, amount, sum(record, "amount"))))
}

/// Sets amounts and tax of the lines, discount and charges, where the body gave none.
pub(crate) fn fill(books: &Books, source: &Record, target: &mut Record) {
    let credit = is_credit(&target.kind.name);
    let mut whole = true;
    let lines = target.lines.get("item").cloned().unwrap_or_default();
    let mut priced = Vec::with_capacity(lines.len());
    for mut line in lines {
        if let Some(origin) = origin(source, &line) {
            price_line(books, (source, origin), (target, &mut line), credit);
        }
        priced.push(line);
    }
    for origin in source.lines_of("item") {
        let now = priced.iter().filter(|line| integer(line.fields.get("orderLine")) == origin.number());
        let now = total(now.map(|line| member(&line.fields, "quantity")));
        let before = siblings_took(books, source, origin, target);
        whole &= now.saturating_add(before) >= member(&origin.fields, "quantity");
    }
    target.lines.insert("item", priced);
    let beside = member(&source.fields, "taxTotal").saturating_sub(sum(source, "tax1Amt")).max(Decimal::ZERO);
    if credit {
        if !has_line_tax(source) && !has_line_tax(target) {
            let all = total(source.lines_of("item").iter().map(|line| net(source, line)));
            target.tax_beside_lines = rounded(target, share(beside, sum(target, "amount"), all));
        }
        return;
    }
    let siblings = || {
        let siblings = books.made_from(source.id).filter(|sibling| !sibling.voided);
        siblings.filter(|sibling| super::alike(&sibling.kind.name, &target.kind.name))
    };
    let (part, of) = (sum(target, "amount"), sum(source, "amount"));
    let portion = |value: Decimal, before: Decimal| match whole {
        true => value.saturating_sub(before),
        false => rounded(source, share(value, part, of)),
    };
    let discount = member(&source.fields, "discountTotal");
    let discount =
        portion(discount, total(siblings().map(|sibling| member(&sibling.fields, "discountTotal"))));
    let beside = portion(beside, total(siblings().map(|sibling| sibling.tax_beside_lines)));
    let mut charges = Vec::new();
    if !target.is("returnAuthorization") {
        for name in ["shippingCost", "handlingCost"] {
            // Freight goes on the first bill.
            let before = total(siblings().map(|sibling| member(&sibling.fields, name)));
            charges.push((name, member(&source.fields, name).saturating_sub(before)));
        }
    }
    charges.push(("discountTotal", discount));
    for (name, value) in charges.into_iter().filter(|(_, value)| !value.is_zero()) {
        target.fields.insert(name.to_owned(), number(value));
    }
    target.tax_beside_lines = beside;
}

fn origin<'a>(source: &'a Record, line: &Line) -> Option<&'a Line> {
    let wanted = integer(line.fields.get("orderLine"));
    source.lines_of("item").iter().find(|origin| origin.number() == wanted)
}

fn siblings_took(books: &Books, source: &Record, origin: &Line, target: &Record) -> Decimal {
    let before =
        if super::quantities::is_bill(&target.kind.name) { origin.billed_before } else { Decimal::ZERO };
    before.saturating_add(taken_alike(books, source, origin, target).quantity)
}

fn taken_alike(books: &Books, source: &Record, origin: &Line, target: &Record) -> super::quantities::Taken {
    let wanted: fn(&str) -> bool = match super::quantities::is_bill(&target.kind.name) {
        true => super::quantities::is_bill,
        false => |name| name == "returnAuthorization",
    };
    taken(books, (source.id, origin.number()), wanted, target.id)
}

fn price_line(
    books: &Books,
    (source, origin): (&Record, &Line),
    (target, line): (&Record, &mut Line),
    credit: bool,
) {
    let quantity = member(&line.fields, "quantity");
    let of = member(&origin.fields, "quantity");
    let charged = if credit { net(source, origin) } else { member(&origin.fields, "amount") };
    let tax = origin.fields.get("tax1Amt").map(|_| member(&origin.fields, "tax1Amt"));
    if line.fields.contains_key("amount") {
        let amount = member(&line.fields, "amount");
        if let Some(rate) = amount.checked_div(quantity).filter(|_| line.fields.contains_key("rate")) {
            line.fields.insert("rate".to_owned(), number(rate.round_dp(8).normalize()));
        }
        if let Some(tax) = tax {
            let tax = rounded(target, share(tax, amount, charged));
            line.fields.entry("tax1Amt").or_insert_with(|| number(tax));
        }
        return;
    }
    let before = match credit {
        true => credited(books, (source.id, origin.number()), target.id),
        false => taken_alike(books, source, origin, target),
    };
    let due = |whole: Decimal, before_amount: Decimal| {
        let rest = whole.saturating_sub(before_amount);
        let part = share(whole, quantity, of);
        let part = if quantity == of { part } else { rounded(target, part) };
        match credit {
            // Never more than is left, so that shares rounded up do not add up to more than the whole.
            true if rest.is_sign_positive() => part.min(rest),
            true => part,
            false if !before.quantity.is_zero() && before.quantity.saturating_add(quantity) == of => rest,
            false => part,
        }
    };
    if origin.fields.contains_key("amount") {
        line.fields.insert("amount".to_owned(), number(due(charged, before.amount)));
    }
    if let Some(tax) = tax {
        let tax = due(tax, before.tax);
        line.fields.entry("tax1Amt").or_insert_with(|| number(tax));
    }
}
