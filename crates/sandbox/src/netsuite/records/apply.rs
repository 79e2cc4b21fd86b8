//! Applying credits to invoices and customer refunds to credits.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::netsuite::books::{Books, Line, Record, integer};
use crate::netsuite::errors::{Place, Refusal};
use crate::netsuite::number::{member, number, total};
use crate::netsuite::records::types::Group;

/// What of an invoice is unpaid, or of a credit memo neither applied nor paid out. `except` is not counted.
pub(crate) fn open_amount(books: &Books, document: &Record, except: u64) -> Decimal {
    if document.voided {
        return Decimal::ZERO;
    }
    let own = match document.is("creditMemo") {
        true => total(document.applications().map(|(_, amount)| amount)),
        false => member(&document.fields, "amountPaid"),
    };
    let taken = total([own, taken_by_others(books, document.id, except)]);
    member(&document.fields, "total").saturating_sub(taken)
}

fn taken_by_others(books: &Books, document: u64, except: u64) -> Decimal {
    let others = books.followers_of(document).filter(|other| other.id != except && !other.voided);
    let applied = others.flat_map(Record::applications).filter(|(target, _)| *target == document);
    total(applied.map(|(_, amount)| amount))
}

/// Completes and checks the applications of a credit memo or customer refund.
///
/// # Errors
/// 400 when one points at the wrong record or takes more than is open.
pub(super) fn complete(books: &Books, record: &mut Record, day: &str) -> Result<(), Refusal> {
    let refund = record.is("customerRefund");
    let (wanted, owner) = if refund { ("creditMemo", "customer") } else { ("invoice", "entity") };
    let customer = record.text(owner);
    let mut budget = match refund {
        true => Decimal::MAX,
        false => member(&record.fields, "total").saturating_sub(taken_by_others(books, record.id, 0)),
    };
    let mut lines = record.lines.remove("apply").unwrap_or_default();
    lines.retain(|line| line.fields.get("apply") != Some(&Value::Bool(false)));
    for (index, line) in lines.iter_mut().enumerate() {
        let path = |column: &str| Place::Body(format!("apply.items[{index}].{column}"));
        let target = books.get(&Group::Transaction, integer(line.fields.get("doc")));
        let fits =
            |target: &&Record| target.is(wanted) && !target.voided && target.text("entity") == customer;
        let Some(target) = target.filter(fits) else {
            let detail = format!("Invalid apply line: the document is no open {wanted} of this customer.");
            return Err(Refusal::content(detail, format!("apply.items[{index}].doc")));
        };
        let open = open_amount(books, target, record.id);
        let amount = match line.fields.get("amount") {
            Some(given) if !given.is_null() => member(&line.fields, "amount"),
            _ => open.min(budget),
        };
        if amount <= Decimal::ZERO || amount > open || amount > budget {
            let open = open.min(budget);
            let detail = format!(
                "The amount to apply ({amount}) must be above zero and not exceed what is open ({open})."
            );
            return Err(Refusal::rule(detail).at(path("amount")));
        }
        budget = budget.saturating_sub(amount);
        complete_line(line, target, (amount, open), day);
        for name in ["currency", "exchangeRate"] {
            if let Some(value) = target.fields.get(name).filter(|_| refund) {
                record.fields.entry(name).or_insert_with(|| value.clone());
            }
        }
    }
    let applied = total(lines.iter().map(|line| member(&line.fields, "amount")));
    record.lines.insert("apply", lines);
    if refund {
        if applied.is_zero() {
            return Err(crate::netsuite::records::write::nothing_to_fulfill());
        }
        record.fields.insert("total".to_owned(), number(applied));
    }
    Ok(())
}

fn complete_line(line: &mut Line, target: &Record, (amount, open): (Decimal, Decimal), day: &str) {
    let columns = [
        ("line", json!(0)),
        ("apply", json!(true)),
        ("amount", number(amount)),
        ("total", number(member(&target.fields, "total"))),
        ("due", number(open)),
        ("refNum", json!(target.text("tranId").unwrap_or_default())),
        ("applyDate", json!(day)),
    ];
    line.fields.extend(columns.map(|(name, value)| (name.to_owned(), value)));
}

/// Checks the body of a customer refund.
///
/// # Errors
/// 400 when the customer or the account is missing.
pub(super) fn check_refund(books: &Books, refund: &Record) -> Result<(), Refusal> {
    if !refund.fields.contains_key("customer") {
        return Err(Refusal::content("Please enter value(s) for: Customer", "customer"));
    }
    let pays =
        ["account", "paymentOption", "paymentMethod"].iter().any(|name| refund.fields.contains_key(*name));
    if books.settings.refund_account_required && !pays {
        return Err(Refusal::rule("Please enter value(s) for: Account").at(Place::Body("account".to_owned())));
    }
    Ok(())
}
