//! Merging, appending and replacing the lines of a sublist.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

use super::changes::LineChanges;
use super::types::Group;
use crate::netsuite::books::{Books, Fields, Line, Record, integer};
use crate::netsuite::errors::Refusal;
use crate::netsuite::number::{member, number};

/// Brings the lines of one sublist into `record`.
///
/// A keyed sublist merges lines whose key matches and adds the others; one without key appends. With
/// `replace`, lines that are not mentioned go.
///
/// # Errors
/// 400 when lines are missing that must be there or a line may not be added.
pub(super) fn apply(
    books: &mut Books,
    record: &mut Record,
    changes: &LineChanges,
    replace: bool,
) -> Result<(), Refusal> {
    let name = changes.sublist.name;
    let mut kept = record.lines.remove(name).unwrap_or_default();
    match changes.sublist.key {
        None => append(books, &mut kept, changes, replace)?,
        Some(key) => merge_by(books, record, &mut kept, (changes, key, replace))?,
    }
    if kept.is_empty() && changes.sublist.mandatory {
        return Err(Refusal::rule("You must enter at least one line item for this transaction."));
    }
    record.lines.insert(name, kept);
    Ok(())
}

fn append(books: &Books, kept: &mut Vec<Line>, changes: &LineChanges, replace: bool) -> Result<(), Refusal> {
    if replace {
        kept.clear();
    }
    for (index, given) in changes.lines.iter().enumerate() {
        if changes.sublist.name == "package" {
            check_package(books, given, index)?;
        }
        kept.push(Line { fields: without_nulls(given.clone()), ..Line::default() });
    }
    Ok(())
}

fn merge_by(
    books: &mut Books,
    record: &Record,
    kept: &mut Vec<Line>,
    (changes, key, replace): (&LineChanges, &str, bool),
) -> Result<(), Refusal> {
    let key_of = |line: &Line| integer(line.fields.get(key));
    let mut mentioned = Vec::new();
    for (index, given) in changes.lines.iter().enumerate() {
        let wanted = integer(given.get(key));
        let at = kept.iter().position(|line| wanted != 0 && key_of(line) == wanted);
        if let Some(line) = at.and_then(|at| kept.get_mut(at)) {
            mentioned.push(key_of(line));
            merge(line, given);
        } else {
            let line = match changes.sublist.name {
                "inventory" => stock_line(books, kept, given),
                "apply" => Line { fields: without_nulls(given.clone()), ..Line::default() },
                _ => added(books, record, kept, given, index)?,
            };
            mentioned.push(key_of(&line));
            kept.push(line);
        }
    }
    if replace {
        let gone = |line: &Line| !mentioned.contains(&key_of(line));
        let moved = |line: &Line| {
            let columns = ["quantityPicked", "quantityReceived", "quantityBilled"];
            columns.iter().any(|column| !member(&line.fields, column).is_zero())
        };
        if kept.iter().any(|line| gone(line) && moved(line)) {
            return Err(Refusal::rule("You cannot remove a line that has been fulfilled."));
        }
        kept.retain(|line| !gone(line));
    }
    Ok(())
}

/// Number for the next line. NetSuite's numbers have gaps, so nobody can take them for positions.
pub(crate) fn next_line_number(lines: &[Line]) -> u64 {
    match lines.iter().map(Line::number).max().unwrap_or_default() {
        highest if highest % 4 == 2 => highest.saturating_add(3),
        highest => highest.saturating_add(1),
    }
}

/// Sets `amount` from rate and quantity unless the amount itself was given.
pub(crate) fn price(fields: &mut Fields, amount_given: bool) {
    if !amount_given && fields.get("rate").is_some_and(|rate| !rate.is_null()) {
        let amount = member(fields, "rate").saturating_mul(member(fields, "quantity"));
        fields.insert("amount".to_owned(), number(amount));
    }
}

fn merge(line: &mut Line, given: &Fields) {
    if given.contains_key("quantityBilled") {
        // Bills that are here stay counted; the rest was billed elsewhere.
        let here = member(&line.fields, "quantityBilled").saturating_sub(line.billed_before);
        line.billed_before = member(given, "quantityBilled").saturating_sub(here);
    }
    let fields = &mut line.fields;
    let before = member(fields, "amount");
    for (name, value) in given {
        if value.is_null() {
            fields.remove(name);
        } else if name != "line" {
            fields.insert(name.clone(), value.clone());
        }
    }
    if given.contains_key("rate") || given.contains_key("quantity") {
        price(fields, given.contains_key("amount"));
        if !given.contains_key("tax1Amt") {
            tax(fields, before);
        }
    }
}

/// Works out a line's tax anew: it follows the amount, at the line's rate of tax.
fn tax(fields: &mut Fields, amount_before: Decimal) {
    let Some(tax) = fields.get("tax1Amt").map(|_| member(fields, "tax1Amt")) else { return };
    let now = member(fields, "amount").saturating_mul(tax).checked_div(amount_before);
    if let Some(now) = now {
        let now = now.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        fields.insert("tax1Amt".to_owned(), number(now));
    }
}

/// A line of a document that moves stock.
fn stock_line(books: &mut Books, kept: &[Line], given: &Fields) -> Line {
    let mut fields = without_nulls(given.clone());
    let taken = kept.iter().any(|line| line.number() == integer(given.get("line")));
    if taken || integer(given.get("line")) == 0 {
        fields.insert("line".to_owned(), json!(next_line_number(kept)));
    }
    fields.insert("lineUniqueKey".to_owned(), json!(books.next_unique_key()));
    Line { fields, ..Line::default() }
}

fn added(
    books: &mut Books,
    record: &Record,
    kept: &[Line],
    given: &Fields,
    index: usize,
) -> Result<Line, Refusal> {
    if record.is("itemFulfillment") || record.is("itemReceipt") {
        return Err(Refusal::rule("Lines cannot be added to an item fulfillment or receipt."));
    }
    if !given.contains_key("item") {
        return Err(Refusal::content("Please enter value(s) for: Item", format!("item.items[{index}].item")));
    }
    let mut fields = without_nulls(given.clone());
    fields.entry("quantity").or_insert_with(|| json!(1));
    price(&mut fields, given.contains_key("amount"));
    let taken = kept.iter().any(|line| line.number() == integer(given.get("line")));
    if taken || integer(given.get("line")) == 0 {
        fields.insert("line".to_owned(), json!(next_line_number(kept)));
    }
    if record.kind.group == Group::Transaction {
        fields.insert("lineUniqueKey".to_owned(), json!(books.next_unique_key()));
    }
    Ok(Line { fields, ..Line::default() })
}

pub(super) fn without_nulls(fields: Fields) -> Fields {
    fields.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

/// Package lines without a weight are refused by most accounts.
pub(crate) fn check_package(books: &Books, given: &Fields, index: usize) -> Result<(), Refusal> {
    let weighed = given.get("packageWeight").is_some_and(|weight| *weight != Value::Null);
    if weighed || !books.settings.package_weight_required {
        return Ok(());
    }
    Err(Refusal::rule("Please enter value(s) for: Package Weight")
        .at(crate::netsuite::errors::Place::Body(format!("package.items[{index}].packageWeight"))))
}
