//! Merging, appending and replacing the lines of a sublist.

use serde_json::{Value, json};

use super::changes::LineChanges;
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
    if changes.sublist.key.is_none() {
        if replace {
            kept.clear();
        }
        for (index, given) in changes.lines.iter().enumerate() {
            check_package(books, given, index)?;
            kept.push(Line { fields: without_nulls(given.clone()), ..Line::default() });
        }
    } else {
        let mut mentioned = Vec::new();
        for (index, given) in changes.lines.iter().enumerate() {
            let key = integer(given.get("line"));
            let at = kept.iter().position(|line| key != 0 && line.number() == key);
            if let Some(line) = at.and_then(|at| kept.get_mut(at)) {
                mentioned.push(line.number());
                merge(&mut line.fields, given);
            } else {
                let line = added(books, record, &kept, given, index)?;
                mentioned.push(line.number());
                kept.push(line);
            }
        }
        if replace {
            let gone = |line: &Line| !mentioned.contains(&line.number());
            if kept.iter().any(|line| gone(line) && !member(&line.fields, "quantityPicked").is_zero()) {
                return Err(Refusal::rule("You cannot remove a line that has been fulfilled."));
            }
            kept.retain(|line| !gone(line));
        }
    }
    if kept.is_empty() && changes.sublist.mandatory {
        return Err(Refusal::rule("You must enter at least one line item for this transaction."));
    }
    record.lines.insert(name, kept);
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

fn merge(fields: &mut Fields, given: &Fields) {
    for (name, value) in given {
        if value.is_null() {
            fields.remove(name);
        } else if name != "line" {
            fields.insert(name.clone(), value.clone());
        }
    }
    if given.contains_key("rate") || given.contains_key("quantity") {
        price(fields, given.contains_key("amount"));
    }
}

fn added(
    books: &mut Books,
    record: &Record,
    kept: &[Line],
    given: &Fields,
    index: usize,
) -> Result<Line, Refusal> {
    if record.is("itemFulfillment") {
        return Err(Refusal::rule("Lines cannot be added to an item fulfillment."));
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
    fields.insert("lineUniqueKey".to_owned(), json!(books.next_unique_key()));
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
