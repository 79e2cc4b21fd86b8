//! What staff do with orders and what follows from them, on the handle.
//!
//! Staff are not bound by some rules that hold over REST: they bill before goods left and credit before goods
//! came back. What they change moves `lastModifiedDate`, so that change feeds see it.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::books::Books;
use super::errors::Refusal;
use super::follow::settle;
use super::handle::{NetSuite, RecordError};
use super::number::{member, number};
use super::periods::{self, Month};
use super::records::changes::WriteOptions;
use super::records::document::sum_up;
use super::records::saves::Saved;
use super::records::types::Group;
use super::records::write::{create, update};
use super::transform::transform;

/// How an order is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillKind {
    /// An invoice: paid later, credited by a credit memo.
    Invoice,
    /// A cash sale: paid at once, credited by a cash refund.
    CashSale,
}

impl BillKind {
    /// REST type of the bill.
    pub fn record_type(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::CashSale => "cashSale",
        }
    }
}

/// What staff take of a line of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffLine {
    /// Line number in the source.
    pub line: u64,
    /// Units.
    pub quantity: Decimal,
    /// Amount before tax; NetSuite's own when absent.
    pub amount: Option<Decimal>,
    /// Tax; NetSuite's own when absent.
    pub tax: Option<Decimal>,
}

impl StaffLine {
    /// So many units of a line, at NetSuite's own prices.
    pub fn new(line: u64, quantity: impl Into<Decimal>) -> Self {
        Self { line, quantity: quantity.into(), amount: None, tax: None }
    }

    /// Sets the amount before tax.
    #[must_use]
    pub fn amount(self, amount: Decimal) -> Self {
        Self { amount: Some(amount), ..self }
    }

    /// Sets the tax.
    #[must_use]
    pub fn tax(self, tax: Decimal) -> Self {
        Self { tax: Some(tax), ..self }
    }
}

impl NetSuite {
    /// Makes `target` from a record as staff would, with the body a transform takes over REST: lines that it
    /// does not mention are taken in full. Returns the internal id.
    ///
    /// # Errors
    /// [`RecordError`] when a rule says no.
    pub fn transform_as_staff(
        &self,
        source: (&str, u64),
        target: &str,
        body: &Value,
    ) -> Result<u64, RecordError> {
        let now = self.core().clock.now();
        self.with_books(|books| by_staff(books, source, target, body, now))
    }

    /// Bills an order: the given lines only, or everything unbilled when there are none.
    ///
    /// # Errors
    /// [`RecordError`] when there is nothing to bill or a quantity is beyond it.
    pub fn bill(&self, order: u64, kind: BillKind, lines: &[StaffLine]) -> Result<u64, RecordError> {
        self.make(("salesOrder", order), kind.record_type(), lines, Map::new())
    }

    /// Marks an invoice as paid in full, so that no credit can be applied to it any more.
    ///
    /// # Errors
    /// [`RecordError`] when there is no such invoice.
    pub fn pay_invoice(&self, invoice: u64) -> Result<(), RecordError> {
        let open = self.record("invoice", invoice).map_or(Decimal::ZERO, |invoice| {
            let of = |name: &str| invoice.as_object().map_or(Decimal::ZERO, |fields| member(fields, name));
            of("amountPaid").saturating_add(of("amountRemaining"))
        });
        self.edit_document("invoice", invoice, &json!({"amountPaid": number(open)}))
    }

    /// Creates a return authorization from an order or a bill: the given lines only, or everything returnable
    /// when there are none. Returns the internal id.
    ///
    /// # Errors
    /// [`RecordError`] when there is nothing to return or a quantity is beyond it.
    pub fn authorize_return(
        &self,
        source: (&str, u64),
        lines: &[StaffLine],
        approved: bool,
    ) -> Result<u64, RecordError> {
        let letter = if approved { "B" } else { "A" };
        let body = Map::from_iter([("orderStatus".to_owned(), json!({"id": letter}))]);
        self.make(source, "returnAuthorization", lines, body)
    }

    /// Approves a return authorization.
    ///
    /// # Errors
    /// [`RecordError`] when there is none.
    pub fn approve_return(&self, authorization: u64) -> Result<(), RecordError> {
        self.edit_document("returnAuthorization", authorization, &json!({"orderStatus": {"id": "B"}}))
    }

    /// Cancels a return authorization.
    ///
    /// # Errors
    /// [`RecordError`] when there is none, or something of it was received or credited.
    pub fn cancel_return(&self, authorization: u64) -> Result<(), RecordError> {
        self.with_books(|books| {
            if books.made_from(authorization).any(|follower| !follower.voided) {
                return Err(Refusal::rule("A return with receipts or credits cannot be cancelled."));
            }
            Ok(())
        })?;
        self.edit_document("returnAuthorization", authorization, &json!({"status": {"id": "C"}}))
    }

    /// Receives goods of a return: the given lines only, or everything outstanding when there are none. Returns
    /// the internal id of the receipt.
    ///
    /// # Errors
    /// [`RecordError`] when the return is not approved or a quantity is beyond it.
    pub fn receive(&self, authorization: u64, lines: &[StaffLine]) -> Result<u64, RecordError> {
        self.make(("returnAuthorization", authorization), "itemReceipt", lines, Map::new())
    }

    /// Issues a credit memo from an invoice or a return authorization: the given lines only, or everything
    /// creditable when there are none. Returns the internal id.
    ///
    /// # Errors
    /// [`RecordError`] when a quantity or amount is beyond what was charged.
    pub fn issue_credit_memo(&self, source: (&str, u64), lines: &[StaffLine]) -> Result<u64, RecordError> {
        self.make(source, "creditMemo", lines, Map::new())
    }

    /// Issues a cash refund from a cash sale or a return authorization, as [`NetSuite::issue_credit_memo`].
    ///
    /// # Errors
    /// As [`NetSuite::issue_credit_memo`].
    pub fn issue_cash_refund(&self, source: (&str, u64), lines: &[StaffLine]) -> Result<u64, RecordError> {
        self.make(source, "cashRefund", lines, Map::new())
    }

    /// Pays out a credit memo: the amount given, or all that is open. Returns the internal id.
    ///
    /// # Errors
    /// [`RecordError`] when there is no such credit or the amount is beyond what is open.
    pub fn refund_customer(&self, credit_memo: u64, amount: Option<Decimal>) -> Result<u64, RecordError> {
        let now = self.core().clock.now();
        self.with_books(|books| {
            let credit = books.find(&books.record_type("creditMemo")?, &credit_memo.to_string())?;
            let mut refund = Map::new();
            for (name, from) in
                [("customer", "entity"), ("currency", "currency"), ("exchangeRate", "exchangeRate")]
            {
                if let Some(value) = credit.fields.get(from) {
                    refund.insert(name.to_owned(), value.clone());
                }
            }
            refund.insert("account".to_owned(), json!({"id": "1"}));
            let mut line = json!({"doc": {"id": credit_memo.to_string()}, "apply": true});
            if let Some(amount) = amount {
                line["amount"] = number(amount);
            }
            refund.insert("apply".to_owned(), json!({"items": [line]}));
            let kind = books.record_type("customerRefund")?;
            create(books, kind, &Value::Object(refund), &staff(), now)
        })
    }

    /// Changes any transaction as staff would: a merge like PATCH, which also takes properties that are
    /// read-only over REST.
    ///
    /// # Errors
    /// [`RecordError`] when there is no such record or a rule says no.
    pub fn edit_document(&self, record_type: &str, id: u64, patch: &Value) -> Result<(), RecordError> {
        let now = self.core().clock.now();
        self.with_books(|books| {
            let kind = books.record_type(record_type)?;
            update(books, &kind, &id.to_string(), patch, &staff(), now).map(|_| ())
        })
    }

    /// Closes lines of a sales order or return authorization; all of them when none are given.
    ///
    /// # Errors
    /// [`RecordError`] when there is no such record.
    pub fn close_lines(&self, record_type: &str, id: u64, lines: &[u64]) -> Result<(), RecordError> {
        let all = self.with_books(|books| {
            let record = books.find(&books.record_type(record_type)?, &id.to_string())?;
            Ok(record.lines_of("item").iter().map(super::books::Line::number).collect::<Vec<_>>())
        })?;
        let closed = all.into_iter().filter(|line| lines.is_empty() || lines.contains(line));
        let closed: Vec<Value> = closed.map(|line| json!({"line": line, "isClosed": true})).collect();
        self.edit_document(record_type, id, &json!({"item": {"items": closed}}))
    }

    /// Sets the fields by which staff ask for a cancellation: `custbody_amz_cancel_state` and, when given,
    /// `custbody_amz_cancel_reason`.
    ///
    /// # Errors
    /// [`RecordError`] when there is no such order.
    pub fn set_cancel_state(&self, order: u64, state: &str, reason: Option<&str>) -> Result<(), RecordError> {
        let mut patch = json!({"custbody_amz_cancel_state": state});
        if let Some(reason) = reason {
            patch["custbody_amz_cancel_reason"] = json!(reason);
        }
        self.edit_document("salesOrder", order, &patch)
    }

    /// Voids a bill, credit or refund: its amounts become zero and what it took is free again.
    ///
    /// # Errors
    /// [`RecordError`] when there is none, it cannot be voided, or others depend on it.
    pub fn void(&self, record_type: &str, id: u64) -> Result<(), RecordError> {
        let now = self.core().clock.now();
        self.with_books(|books| void(books, record_type, id, now))
    }

    /// Closes a month for posting.
    ///
    /// # Errors
    /// [`RecordError`] when there is no such month.
    pub fn close_period(&self, year: i32, month: u32) -> Result<(), RecordError> {
        self.with_books(|books| {
            books.closed_months.insert(known_month(year, month)?);
            Ok(())
        })
    }

    /// Opens a month again.
    ///
    /// # Errors
    /// [`RecordError`] when there is no such month.
    pub fn open_period(&self, year: i32, month: u32) -> Result<(), RecordError> {
        self.with_books(|books| {
            books.closed_months.remove(&known_month(year, month)?);
            Ok(())
        })
    }

    /// Every transaction of a type, by id, as an expanded GET shows it.
    pub fn documents(&self, record_type: &str) -> Vec<Value> {
        self.with_books_read(|books| {
            books.transactions(record_type).map(|record| self.show(books, record)).collect()
        })
    }

    /// Lines of an item receipt, by line of the return, whose units did not go back into stock.
    pub fn lines_kept_out_of_stock(&self, receipt: u64) -> Vec<u64> {
        self.with_books_read(|books| {
            let receipt = books.get(&Group::Transaction, receipt);
            let lines = receipt.into_iter().flat_map(|receipt| receipt.lines_of("item"));
            let kept_out = lines.filter(|line| line.kept_out);
            kept_out.map(|line| super::books::integer(line.fields.get("orderLine"))).collect()
        })
    }

    /// How many transactions of a type there are.
    pub fn count(&self, record_type: &str) -> usize {
        self.with_books_read(|books| books.transactions(record_type).count())
    }

    /// Every transaction that follows from an order, directly or by way of another, by id.
    pub fn documents_of(&self, order: u64) -> Vec<Value> {
        self.with_books_read(|books| {
            let mut found = std::collections::BTreeSet::new();
            let mut open = vec![order];
            while let Some(id) = open.pop() {
                open.extend(books.followers_of(id).map(|next| next.id).filter(|next| found.insert(*next)));
            }
            let records = found.iter().filter_map(|id| books.get(&Group::Transaction, *id));
            records.map(|record| self.show(books, record)).collect()
        })
    }

    /// Makes `target` from the lines given, the other ones left out.
    pub(super) fn make(
        &self,
        source: (&str, u64),
        target: &str,
        lines: &[StaffLine],
        mut body: Map<String, Value>,
    ) -> Result<u64, RecordError> {
        let now = self.core().clock.now();
        self.with_books(|books| {
            if !lines.is_empty() {
                let record = books.find(&books.record_type(source.0)?, &source.1.to_string())?;
                let all = record.lines_of("item").iter().map(super::books::Line::number);
                let others = all.filter(|line| lines.iter().all(|chosen| chosen.line != *line));
                let others = others.map(|line| json!({"orderLine": line, "itemReceive": false}));
                let items: Vec<Value> = lines.iter().map(chosen).chain(others).collect();
                body.insert("item".to_owned(), json!({"items": items}));
            }
            by_staff(books, source, target, &Value::Object(body), now)
        })
    }
}

fn staff() -> WriteOptions {
    WriteOptions { strict_names: true, staff: true, ..WriteOptions::default() }
}

fn by_staff(
    books: &mut Books,
    (source, id): (&str, u64),
    target: &str,
    body: &Value,
    now: DateTime<Utc>,
) -> Result<u64, Refusal> {
    transform(books, (source, &id.to_string(), target), body, &staff(), now)
}

fn chosen(line: &StaffLine) -> Value {
    let mut chosen = Map::new();
    chosen.insert("orderLine".to_owned(), json!(line.line));
    chosen.insert("quantity".to_owned(), number(line.quantity));
    for (name, value) in [("amount", line.amount), ("tax1Amt", line.tax)] {
        if let Some(value) = value {
            chosen.insert(name.to_owned(), number(value));
        }
    }
    Value::Object(chosen)
}

fn known_month(year: i32, month: u32) -> Result<Month, Refusal> {
    Month::new(year, month).ok_or_else(|| Refusal::request(format!("There is no month {year}-{month}.")))
}

fn void(books: &mut Books, record_type: &str, id: u64, now: DateTime<Utc>) -> Result<(), Refusal> {
    let kind = books.record_type(record_type)?;
    let mut record = books.find(&kind, &id.to_string())?.clone();
    if !matches!(record_type, "invoice" | "cashSale" | "creditMemo" | "cashRefund" | "customerRefund") {
        return Err(Refusal::rule(format!("A {record_type} cannot be voided.")));
    }
    let depends = books.followers_of(id).any(|follower| !follower.voided);
    if depends {
        return Err(Refusal::rule("This transaction cannot be voided because others are linked to it."));
    }
    let saved = record.clone();
    record.voided = true;
    record.tax_beside_lines = Decimal::ZERO;
    let zero = || number(Decimal::ZERO);
    for line in record.lines.entry("item").or_default() {
        for name in ["rate", "amount", "tax1Amt"] {
            if let Some(value) = line.fields.get_mut(name) {
                *value = zero();
            }
        }
    }
    for name in ["shippingCost", "handlingCost", "discountTotal", "amountPaid", "total"] {
        if let Some(value) = record.fields.get_mut(name) {
            *value = zero();
        }
    }
    record.lines.insert("apply", Vec::new());
    if record_type != "customerRefund" {
        sum_up(&mut record);
    }
    periods::check(books, Some(&saved), &record)?;
    record.modified = chrono::SubsecRound::trunc_subsecs(now, 0);
    books.saved.extend(Saved::of(Some(&saved), &record));
    let id = books.save(record)?;
    settle(books, id, &saved.previous(), now);
    Ok(())
}
