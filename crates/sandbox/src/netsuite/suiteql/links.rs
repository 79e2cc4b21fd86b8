//! Links between transactions, line by line, as `PreviousTransactionLineLink` and `NextTransactionLineLink`
//! have them.

use rust_decimal::Decimal;

use super::cell::Cell;
use crate::netsuite::books::{Books, Record, integer};
use crate::netsuite::number::member;
use crate::netsuite::records::types::Group;
use crate::netsuite::transform::quantities::{is_bill, is_credit, is_member};

pub(super) const COLUMNS: &[&str] = &[
    "previousdoc",
    "previousline",
    "previoustype",
    "previousdate",
    "nextdoc",
    "nextline",
    "nexttype",
    "nextdate",
    "linktype",
    "foreignamount",
];

/// One link between two lines; line 0 is the main line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'a> {
    previous: &'a Record,
    previous_line: u64,
    next: &'a Record,
    next_line: u64,
    word: &'static str,
    amount: Option<Decimal>,
}

impl<'a> Link<'a> {
    /// Every link of the account.
    pub(super) fn all(books: &'a Books) -> impl Iterator<Item = Self> {
        books.all(&Group::Transaction).flat_map(|next| Self::to(books, next))
    }

    /// Links whose later end is this transaction.
    pub(super) fn to(books: &'a Books, next: &'a Record) -> Vec<Self> {
        let mut links = Vec::new();
        if let Some(previous) = books.get(&Group::Transaction, next.source()) {
            let word = word(&previous.kind.name, &next.kind.name);
            for line in next.lines_of("item").iter().filter(|line| !is_member(line)) {
                links.push(Self {
                    previous,
                    previous_line: integer(line.fields.get("orderLine")),
                    next,
                    next_line: line.number(),
                    word,
                    amount: line.fields.get("amount").map(|_| member(&line.fields, "amount")),
                });
            }
        }
        let applied = next.applications().filter_map(|(document, amount)| {
            let previous = books.get(&Group::Transaction, document)?;
            let amount = Some(amount);
            Some(Self { previous, previous_line: 0, next, next_line: 0, word: "Payment", amount })
        });
        links.extend(applied);
        links
    }

    /// Links whose earlier end is this transaction.
    pub(super) fn from(books: &'a Books, previous: u64) -> Vec<Self> {
        let links = books.followers_of(previous).flat_map(|next| Self::to(books, next));
        links.filter(|link| link.previous.id == previous).collect()
    }

    pub(super) fn cell(&self, column: &str) -> Cell {
        let number = |id: u64| Cell::Number(Decimal::from(id));
        let day = |record: &Record| {
            record.text("tranDate").and_then(|day| day.parse().ok()).map_or(Cell::Null, Cell::Day)
        };
        match column {
            "previousdoc" => number(self.previous.id),
            "previousline" => number(self.previous_line),
            "previoustype" => Cell::Text(self.previous.kind.code.to_owned()),
            "previousdate" => day(self.previous),
            "nextdoc" => number(self.next.id),
            "nextline" => number(self.next_line),
            "nexttype" => Cell::Text(self.next.kind.code.to_owned()),
            "nextdate" => day(self.next),
            "linktype" => Cell::Text(self.word.to_owned()),
            "foreignamount" => self.amount.map_or(Cell::Null, Cell::Number),
            _ => Cell::Null,
        }
    }
}

/// How NetSuite calls the relation.
fn word(previous: &str, next: &str) -> &'static str {
    match (previous, next) {
        (_, "itemFulfillment" | "itemReceipt") => "ShipRcpt",
        ("salesOrder", bill) if is_bill(bill) => "OrdBill",
        ("returnAuthorization", credit) if is_credit(credit) => "OrdBill",
        _ => "SaleRet",
    }
}
