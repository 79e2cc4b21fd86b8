//! How much of a line is left for a transaction that follows from it.

use rust_decimal::Decimal;
use serde_json::Value;

use crate::netsuite::books::{Approval, Books, Line, Record, integer};
use crate::netsuite::number::member;
use crate::netsuite::status::{line_is_closed, line_is_goods};

/// What transactions took of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Units.
    pub(crate) quantity: Decimal,
    /// Amount before tax.
    pub(crate) amount: Decimal,
    /// Tax.
    pub(crate) tax: Decimal,
}

impl Taken {
    fn add(&mut self, other: Self) {
        self.quantity = self.quantity.saturating_add(other.quantity);
        self.amount = self.amount.saturating_add(other.amount);
        self.tax = self.tax.saturating_add(other.tax);
    }
}

/// Whether a type charges the customer.
pub(crate) fn is_bill(name: &str) -> bool {
    matches!(name, "invoice" | "cashSale")
}

/// Whether a type takes a charge back.
pub(crate) fn is_credit(name: &str) -> bool {
    matches!(name, "creditMemo" | "cashRefund")
}

/// Whether the line is the part of a kit, which its kit's line stands for.
pub(crate) fn is_member(line: &Line) -> bool {
    line.fields.contains_key("kitMemberOf")
}

/// What transactions of the wanted types, made from `source`, took of its line `number`. `except` is left out.
pub(crate) fn taken(
    books: &Books,
    (source, number): (u64, u64),
    wanted: fn(&str) -> bool,
    except: u64,
) -> Taken {
    let mut sum = Taken::default();
    let followers = books.made_from(source).filter(|follower| {
        wanted(&follower.kind.name)
            && follower.id != except
            && !follower.voided
            && follower.approval != Approval::Cancelled
    });
    for follower in followers {
        let lines = follower.lines_of("item").iter();
        for line in lines.filter(|line| !is_member(line) && integer(line.fields.get("orderLine")) == number) {
            // Of a closed line of a return nothing more comes back.
            let gone = follower.is("returnAuthorization") && line_is_closed(line);
            sum.add(Taken {
                quantity: member(&line.fields, if gone { "quantityReceived" } else { "quantity" }),
                amount: member(&line.fields, "amount"),
                tax: member(&line.fields, "tax1Amt"),
            });
        }
    }
    sum
}

/// What credits took of a line of a bill or a return: those made from it, and those made from its returns.
pub(crate) fn credited(books: &Books, (source, number): (u64, u64), except: u64) -> Taken {
    let mut sum = taken(books, (source, number), is_credit, except);
    for authorization in books.made_from(source).filter(|follower| follower.is("returnAuthorization")) {
        let lines = authorization.lines_of("item").iter();
        for line in lines.filter(|line| integer(line.fields.get("orderLine")) == number) {
            sum.add(taken(books, (authorization.id, line.number()), is_credit, except));
        }
    }
    sum
}

/// Units that returns took of an order's line, by way of its bills too.
fn returned(books: &Books, (source, number): (u64, u64), except: u64) -> Decimal {
    let mut sum = taken(books, (source, number), |name| name == "returnAuthorization", except);
    for bill in books.made_from(source).filter(|follower| is_bill(&follower.kind.name)) {
        for line in
            bill.lines_of("item").iter().filter(|line| integer(line.fields.get("orderLine")) == number)
        {
            sum.add(taken(books, (bill.id, line.number()), |name| name == "returnAuthorization", except));
        }
    }
    sum.quantity
}

/// How much of a line of `source` a new `target` may take. `in_advance`: bills do not wait for goods to leave,
/// credits not for goods to come back. `except` is a transaction to be left out of the count.
pub(crate) fn left(
    books: &Books,
    source: &Record,
    line: &Line,
    (target, in_advance, except): (&str, bool, u64),
) -> Decimal {
    let at = (source.id, line.number());
    let quantity = member(&line.fields, "quantity");
    let (goods, closed) = (line_is_goods(books, line), line_is_closed(line));
    let of = |wanted: fn(&str) -> bool| taken(books, at, wanted, except).quantity;
    let left = match (source.kind.name.as_str(), target) {
        (_, "itemFulfillment" | "itemReceipt") if closed || !goods => Decimal::ZERO,
        ("salesOrder", "itemFulfillment") => {
            quantity - line.fulfilled_before - of(|name| name == "itemFulfillment")
        }
        ("salesOrder", "returnAuthorization") => {
            let gone = if goods { member(&line.fields, "quantityFulfilled") } else { quantity };
            gone - returned(books, at, except)
        }
        ("salesOrder", "invoice" | "cashSale") => {
            let due = match (goods && !in_advance) || closed {
                true => member(&line.fields, "quantityFulfilled"),
                false => quantity,
            };
            due - line.billed_before - of(is_bill)
        }
        ("invoice" | "cashSale", "returnAuthorization") => {
            quantity - of(|name| name == "returnAuthorization")
        }
        ("invoice" | "cashSale", _) => quantity - credited(books, at, except).quantity,
        ("returnAuthorization", "itemReceipt") => quantity - of(|name| name == "itemReceipt"),
        ("returnAuthorization", _) => {
            let due = match (goods && !in_advance) || closed {
                true => of(|name| name == "itemReceipt"),
                false => quantity,
            };
            due - of(is_credit)
        }
        _ => Decimal::ZERO,
    };
    left.max(Decimal::ZERO)
}

/// Whether the body leaves the line out.
pub(crate) fn is_left_out(line: &Line) -> bool {
    line.fields.get("itemReceive") == Some(&Value::Bool(false))
}
