//! Orders that were sold and billed: what test cases about refunds do at both vendors, and what they find there.

use std::time::Duration;

use amz_sandbox::amazon::{Content, Money, NewRefund, Order, Refund};
use amz_sandbox::netsuite::{BillKind, StaffLine};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::orders::{decimal, exact, order_of, pending, text, units};
use crate::stage::Stage;

/// The change feed of documents is on.
pub(crate) const DOCUMENTS: (&str, &str) = ("SYNC__DOCUMENTS", "true");

/// An order that Amazon delivered.
pub(crate) struct Sold {
    /// The sales order.
    pub(crate) id: u64,
    /// Amazon's order as it was when it had arrived.
    pub(crate) amazon: Order,
}

/// An amount, written as text.
pub(crate) fn amount(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// An amount of dollars.
pub(crate) fn dollars(amount: &str) -> Money {
    Money { amount: amount.parse().unwrap(), currency_code: Some("USD".to_owned()) }
}

/// An order of one line of item 101 at a price, with the line's tax.
pub(crate) fn taxed(number: &str, units: u32, price: &str, tax: &str) -> Value {
    let mut order = order_of(number, &[(101, units, price)]);
    let (tax, total) = (amount(tax), decimal(&order, "total"));
    order["item"]["items"][0]["tax1Amt"] = exact(tax);
    order["taxTotal"] = exact(tax);
    order["total"] = exact(total + tax);
    order
}

/// Lets Amazon have an order, ship and deliver it.
pub(crate) async fn delivered(stage: &Stage, order: Value) -> Sold {
    let id = stage.enter_one(order);
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    let package = pending(&amazon).id.clone();
    stage.amazon().ship(&amazon.id, &package, "ups", &format!("1Z-SOLD-{id}")).unwrap();
    stage.amazon().deliver(&amazon.id, &package).unwrap();
    stage.settle().await;
    Sold { id, amazon: stage.amazon_order(id) }
}

/// Lets Amazon have an order, ship and deliver it, and staff bill it; the bill comes second.
pub(crate) async fn billed(stage: &Stage, order: Value, kind: BillKind) -> (Sold, u64) {
    let sold = delivered(stage, order).await;
    stage.advance(Duration::from_secs(5));
    let bill = stage.netsuite().bill(sold.id, kind, &[]).unwrap();
    stage.settle().await;
    (sold, bill)
}

impl Sold {
    /// So many units of the first line, as Amazon counts them.
    pub(crate) fn units(&self, count: u32) -> Content {
        units(&self.amazon, 0, count)
    }

    /// Amazon asks for a refund of units of the first line; returns its id.
    pub(crate) fn request(&self, stage: &Stage, count: u32, estimate: Option<Money>) -> String {
        let lines = vec![self.units(count)];
        let reason = Some("ITEM_MISSING".to_owned());
        stage.amazon().request_refund(&self.amazon.id, NewRefund { lines, reason, estimate }).unwrap()
    }

    /// A refund as Amazon has it.
    pub(crate) fn refund(&self, stage: &Stage, id: &str) -> Refund {
        self.refunds(stage).into_iter().find(|refund| refund.id == id).unwrap()
    }

    /// All refunds as Amazon has them.
    pub(crate) fn refunds(&self, stage: &Stage) -> Vec<Refund> {
        stage.amazon_order(self.id).refunds
    }

    /// What Amazon was told that was paid, over all refunds.
    pub(crate) fn told(&self, stage: &Stage) -> Decimal {
        let refunds = self.refunds(stage);
        refunds.iter().flat_map(|refund| &refund.payments).map(|payment| payment.amount.amount).sum()
    }
}

impl Stage {
    /// A person approves what a parked subject of an order waits for.
    pub(crate) async fn approve(&self, order: u64, subject: &str) {
        let key = Self::lane(order);
        let (store, now) = (&self.settings.store, self.now());
        amz_app::operator::approve(store, &key.connection, key.lane, subject.to_owned(), now).await.unwrap();
    }

    /// How often an order's timeline says these words.
    pub(crate) async fn says(&self, order: u64, words: &str) -> usize {
        let entries = self.sync().state.timeline(&Self::lane(order)).await.unwrap();
        entries.iter().map(|entry| entry.text.matches(words).count()).sum()
    }
}

/// The internal id of a record.
pub(crate) fn id_of(record: &Value) -> u64 {
    text(record, "id").parse().unwrap()
}

/// The sum of an amount over records.
pub(crate) fn sum(records: &[Value], field: &str) -> Decimal {
    records.iter().map(|record| decimal(record, field)).sum()
}

/// Units of the first line, at NetSuite's own prices.
pub(crate) fn staff(count: u32) -> StaffLine {
    StaffLine::new(1, count)
}
