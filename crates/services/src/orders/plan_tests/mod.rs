//! Plans of use case 1, on plain data.

mod adoption;
mod cancelled;
mod first;
mod sent;

use std::time::Duration;

use amz_domain::{
    AmazonLine, AmazonOrder, Channel, Generation, ItemKind, LineNumber, OrderAlias, SalesOrderStatus,
};
use rust_decimal::Decimal;

use super::*;
use crate::orders::adopt::adopt;
use crate::orders::fixtures::{line, sales_order, settings};
use crate::ports::amazon::{CreatedLine, Delivery};

fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn skus() -> HashMap<ItemId, Sku> {
    HashMap::from([("A".into(), "SKU-A".into()), ("B".into(), "SKU-B".into())])
}

fn decide(order: &SalesOrder, sent: Option<&SentOrder>, settings: &ServiceSettings) -> OrderPlan {
    let kits = kits();
    plan(OrderFacts { order, skus: &skus(), kits: &kits, sent, cancellation: None, settings, now: now() })
}

fn kits() -> HashMap<ItemId, Vec<KitMember>> {
    HashMap::new()
}

fn dollars(amount: i64) -> Decimal {
    Decimal::new(amount, 2)
}

fn two_lines() -> SalesOrder {
    sales_order(vec![line(1, "A", 2, dollars(1000)), line(3, "B", 1, dollars(500))])
}

fn created(order: &SalesOrder, settings: &ServiceSettings) -> (Creation, SentOrder) {
    let OrderPlan::Create(creation) = decide(order, None, settings) else { panic!("the order is created") };
    let lines: Vec<CreatedLine> = (creation.order.lines.iter().zip(1..))
        .map(|(line, number)| CreatedLine {
            alias: line.alias.clone(),
            id: format!("amazon-{number}").into(),
        })
        .collect();
    let sent = creation.sent("A-1".into(), &lines).unwrap();
    (*creation, sent)
}

fn parked(plan: OrderPlan) -> String {
    match plan {
        OrderPlan::Park(reason) => reason.code,
        other => panic!("expected a parked order, got {other:?}"),
    }
}

fn apply(order: &mut SalesOrder, patch: &SalesOrderPatch) {
    order.apply_for_test(patch);
}

trait ApplyForTest {
    fn apply_for_test(&mut self, patch: &SalesOrderPatch);
}

impl ApplyForTest for SalesOrder {
    fn apply_for_test(&mut self, patch: &SalesOrderPatch) {
        crate::orders::reflect(self, patch);
    }
}

/// A sent order that says so, after an edit.
fn marked(edit: fn(&mut SalesOrder)) -> (SalesOrder, SentOrder) {
    let mut order = two_lines();
    let (_, sent) = created(&order, &settings());
    while let OrderPlan::Mark(patch) = decide(&order, Some(&sent), &settings()) {
        apply(&mut order, &patch);
    }
    edit(&mut order);
    (order, sent)
}
