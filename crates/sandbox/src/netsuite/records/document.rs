//! Rules of what follows from a sales order: bills, returns, receipts, credits.

use rust_decimal::Decimal;
use serde_json::json;

use crate::netsuite::books::{Books, Line, Record, integer};
use crate::netsuite::errors::Refusal;
use crate::netsuite::kits::list_members;
use crate::netsuite::number::{member, number, total};
use crate::netsuite::records::changes::WriteOptions;
use crate::netsuite::records::types::Group;
use crate::netsuite::records::write::nothing_to_fulfill;
use crate::netsuite::transform::in_advance;
use crate::netsuite::transform::quantities::{credited, is_bill, is_credit, is_left_out, is_member, left};

/// Completes and checks a document before it is saved.
///
/// # Errors
/// 400 when a rule is broken.
pub(super) fn complete(
    books: &mut Books,
    document: &mut Record,
    options: &WriteOptions,
) -> Result<(), Refusal> {
    if !document.fields.contains_key("entity") {
        return Err(Refusal::content("Please enter value(s) for: Customer", "entity"));
    }
    let lines = document.lines.entry("item").or_default();
    lines.retain(|line| !is_left_out(line));
    for line in lines.iter_mut() {
        let item = books.get(&Group::Item, integer(line.fields.get("item")));
        let code = item.map_or("InvtPart", |item| item.kind.code);
        line.fields.insert("itemType".to_owned(), json!({"id": code}));
    }
    if document.lines_of("item").iter().all(|line| member(&line.fields, "quantity") <= Decimal::ZERO) {
        return Err(nothing_to_fulfill());
    }
    check_quantities(books, document, options.staff)?;
    if document.is("itemReceipt") {
        list_members(books, document);
        return Ok(());
    }
    if is_credit(&document.kind.name) {
        check_credit(books, document)?;
    }
    sum_up(document);
    Ok(())
}

/// Works out the totals anew.
pub(crate) fn sum_up(document: &mut Record) {
    let sum = |column: &str| total(document.lines_of("item").iter().map(|line| member(&line.fields, column)));
    let (subtotal, tax) = (sum("amount"), sum("tax1Amt").saturating_add(document.tax_beside_lines));
    let charges = total(["shippingCost", "handlingCost"].map(|name| member(&document.fields, name)));
    let discount = member(&document.fields, "discountTotal").abs();
    let all = total([subtotal, tax, charges]).saturating_sub(discount);
    for (name, value) in [("subtotal", subtotal), ("taxTotal", tax), ("total", all)] {
        document.fields.insert(name.to_owned(), number(value));
    }
}

/// Refuses quantities beyond what the source has left. Lines that did not grow are taken as they are.
fn check_quantities(books: &Books, document: &Record, staff: bool) -> Result<(), Refusal> {
    let before = books.get(&Group::Transaction, document.id);
    for line in document.lines_of("item").iter().filter(|line| !is_member(line)) {
        let quantity = member(&line.fields, "quantity");
        let moved = member(&line.fields, "quantityReceived").max(member(&line.fields, "quantityBilled"));
        if quantity < moved {
            let detail = format!(
                "The quantity {quantity} is less than the quantity already received or refunded ({moved})."
            );
            return Err(Refusal::rule(detail));
        }
        let saved = before.into_iter().flat_map(|before| before.lines_of("item"));
        let mut saved = saved.filter(|saved| saved.number() == line.number());
        if saved.next().is_some_and(|saved| quantity <= member(&saved.fields, "quantity")) {
            continue;
        }
        let Some((source, origin)) = source_line(books, document, line) else { continue };
        let advance = in_advance(books, &document.kind.name, staff);
        let open = left(books, source, origin, (&document.kind.name, advance, document.id));
        if quantity > open {
            let detail = format!(
                "The quantity ({quantity}) exceeds the quantity remaining ({open}) on order line {}.",
                origin.number()
            );
            return Err(Refusal::rule(detail));
        }
    }
    Ok(())
}

fn source_line<'b>(books: &'b Books, document: &Record, line: &Line) -> Option<(&'b Record, &'b Line)> {
    let source = books.get(&Group::Transaction, document.source())?;
    let wanted = integer(line.fields.get("orderLine"));
    let origin = source.lines_of("item").iter().find(|origin| wanted != 0 && origin.number() == wanted)?;
    Some((source, origin))
}

/// Refuses to give back more than was charged.
fn check_credit(books: &Books, credit: &Record) -> Result<(), Refusal> {
    for (index, line) in credit.lines_of("item").iter().enumerate() {
        let Some((source, origin)) = source_line(books, credit, line) else { continue };
        let before = credited(books, (source.id, origin.number()), credit.id);
        // how a discount on the whole bill is shared is the writer's business; the bill as a whole is the limit
        let charged = member(&origin.fields, "amount");
        let tax = origin.fields.contains_key("tax1Amt").then(|| member(&origin.fields, "tax1Amt"));
        let limits = [("amount", Some(charged), before.amount), ("tax1Amt", tax, before.tax)];
        for (column, whole, before) in limits {
            let (given, Some(whole)) = (member(&line.fields, column), whole) else { continue };
            let open = whole.saturating_sub(before);
            if given > open.max(Decimal::ZERO) && whole > Decimal::ZERO {
                let detail = format!(
                    "The amount ({given}) exceeds the amount that can still be credited ({open}) on line {}.",
                    origin.number()
                );
                let path = format!("item.items[{index}].{column}");
                return Err(Refusal::rule(detail).at(crate::netsuite::errors::Place::Body(path)));
            }
        }
    }
    let Some(source) = books.get(&Group::Transaction, credit.source()) else { return Ok(()) };
    if !is_bill(&source.kind.name) {
        return Ok(());
    }
    let sums = |record: &Record| {
        let of_lines = record
            .lines_of("item")
            .iter()
            .map(|line| member(&line.fields, "amount").saturating_add(member(&line.fields, "tax1Amt")));
        let freight = ["shippingCost", "handlingCost"].map(|name| member(&record.fields, name));
        total(of_lines.chain(freight))
    };
    let earlier = books.made_from(source.id);
    let earlier =
        earlier.filter(|other| is_credit(&other.kind.name) && other.id != credit.id && !other.voided);
    let open = member(&source.fields, "total").saturating_sub(total(earlier.map(sums)));
    let given = sums(credit);
    if given > open && source.fields.contains_key("total") {
        return Err(Refusal::rule(format!(
            "The total ({given}) exceeds what can still be credited ({open})."
        )));
    }
    for name in ["shippingCost", "handlingCost"] {
        let others = books
            .made_from(source.id)
            .filter(|other| is_credit(&other.kind.name) && other.id != credit.id && !other.voided);
        let before = total(others.map(|other| member(&other.fields, name)));
        let (given, open) =
            (member(&credit.fields, name), member(&source.fields, name).saturating_sub(before));
        if given > open {
            let detail = format!("The {name} ({given}) exceeds what can still be credited ({open}).");
            return Err(Refusal::rule(detail).at(crate::netsuite::errors::Place::Body(name.to_owned())));
        }
    }
    Ok(())
}
