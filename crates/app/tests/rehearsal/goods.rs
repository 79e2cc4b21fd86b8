//! Goods that left and come back: what test cases about cancellations and returns do at Amazon, and what they find in
//! NetSuite.

use std::time::Duration;

use amz_sandbox::amazon::{
    Content, Habits, ItemCondition, NewReturn, NewReturnLine, NewReturnPackage, Order, ReturnPackageState,
    ReturnReason, ReturnRefund,
};
use amz_sandbox::netsuite::StaffLine;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::orders::{decimal, order_of, pending, text};
use crate::stage::Stage;

/// Where sellable goods are received, and all others.
pub(crate) const LOCATIONS: [(&str, &str); 2] =
    [("MAPPING__RETURN_LOCATION", "7"), ("MAPPING__DAMAGED_LOCATION", "8")];

/// An Amazon that asks for no refunds by itself.
pub(crate) fn without_refunds() -> Habits {
    Habits {
        refund_with_cancelled_package: false,
        refund_with_return_package: ReturnRefund::Never,
        ..Habits::default()
    }
}

/// A stage whose Amazon asks for no refunds by itself, and whose merchant has a location for damaged goods.
pub(crate) async fn stage(changes: &[(&str, &str)]) -> Stage {
    let stage = Stage::built(changes, |vendors| vendors.amazon.habits = without_refunds()).await;
    stage.netsuite().put_record("location", &json!({"id": 8, "name": "Damaged goods"})).unwrap();
    stage
}

/// An order with lines of (item, units, price) that Amazon delivered in one package.
pub(crate) async fn delivered(stage: &Stage, number: &str, lines: &[(u64, u32, &str)]) -> (u64, Order) {
    let id = stage.enter_one(order_of(number, lines));
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    let package = pending(&amazon).id.clone();
    stage.amazon().ship(&amazon.id, &package, "ups", &format!("1Z-{number}")).unwrap();
    stage.amazon().deliver(&amazon.id, &package).unwrap();
    stage.settle().await;
    (id, stage.amazon_order(id))
}

/// A return of some units, in these packages; in one without a number when there are none.
pub(crate) fn new_return(units: &[Content], packages: Vec<NewReturnPackage>) -> NewReturn {
    let line = |content: &Content| NewReturnLine {
        line_id: content.line_id.clone(),
        quantity: content.quantity,
        reason: Some(ReturnReason {
            code: "TOO_SMALL".to_owned(),
            description: Some("It is too small".to_owned()),
        }),
    };
    NewReturn {
        lines: units.iter().map(line).collect(),
        packages: Some(packages).filter(|packages| !packages.is_empty()),
    }
}

/// A package that brings some units back.
pub(crate) fn package_of(contents: Vec<Content>) -> NewReturnPackage {
    NewReturnPackage { contents, ..NewReturnPackage::default() }
}

/// The ids of a return's packages.
pub(crate) fn packages(stage: &Stage, order: &str, return_id: &str) -> Vec<String> {
    let order = stage.amazon().order(order).unwrap();
    let found = order.returns.iter().find(|known| known.id == return_id).unwrap();
    found.packages.iter().map(|package| package.id.clone()).collect()
}

/// A return package arrives at Amazon's.
pub(crate) fn arrive(stage: &Stage, order: &str, return_id: &str, package: &str) {
    for state in [ReturnPackageState::InTransit, ReturnPackageState::Delivered] {
        stage.amazon().move_return_package(order, return_id, package, state).unwrap();
    }
}

/// Amazon looks at returned units.
pub(crate) fn grade(stage: &Stage, order: &str, return_id: &str, units: &Content, condition: ItemCondition) {
    stage.amazon().grade_units(order, return_id, units, condition).unwrap();
}

/// The documents of a type that follow from another one, oldest first.
pub(crate) fn documents_from(stage: &Stage, kind: &str, source: u64) -> Vec<Value> {
    let mut all = stage.netsuite().documents(kind);
    all.retain(|document| text(document, "createdFrom") == source.to_string());
    all
}

/// The return authorizations of an order, oldest first.
pub(crate) fn authorizations(stage: &Stage, order: u64) -> Vec<Value> {
    documents_from(stage, "returnAuthorization", order)
}

/// The only return authorization of an order.
pub(crate) fn authorization(stage: &Stage, order: u64) -> Value {
    let mut all = authorizations(stage, order);
    assert_eq!(all.len(), 1, "return authorizations of {order}");
    all.remove(0)
}

/// The receipts of a return authorization, oldest first.
pub(crate) fn receipts(stage: &Stage, authorization: &Value) -> Vec<Value> {
    documents_from(stage, "itemReceipt", id_of(authorization))
}

/// A record's internal id.
pub(crate) fn id_of(record: &Value) -> u64 {
    text(record, "id").parse().unwrap()
}

/// What a document holds: the position of Amazon's line, counted from 1, and units, without lines that are left out.
/// Documents count their own lines as they like.
pub(crate) fn lines(document: &Value, amazon: &Order) -> Vec<(usize, Decimal)> {
    let all = document["item"]["items"].as_array().cloned().unwrap_or_default();
    let held = all.iter().filter(|line| line["itemReceive"] != json!(false));
    let held = held.map(|line| {
        let position =
            amazon.lines.iter().position(|known| known.id == text(line, "custcol_amz_line_id")).unwrap();
        (position + 1, decimal(line, "quantity"))
    });
    held.filter(|(_, units)| !units.is_zero()).collect()
}

/// What a receipt took in where: external id, location, and the units on it.
pub(crate) fn received(receipt: &Value) -> (String, String, Decimal) {
    let all = receipt["item"]["items"].as_array().cloned().unwrap_or_default();
    let held: Vec<&Value> = all.iter().filter(|line| line["itemReceive"] != json!(false)).collect();
    let units = held.iter().map(|line| decimal(line, "quantity")).sum();
    (text(receipt, "externalId"), held.first().map_or(String::new(), |line| text(line, "location")), units)
}

/// The letter of a document's status.
pub(crate) fn status(document: &Value) -> String {
    text(document, "status")
}

/// Units of a line, as staff pick them.
pub(crate) fn staff(line: u64, units: u32) -> StaffLine {
    StaffLine::new(line, units)
}

/// Takes in all that happened and looks once at what is due then; time moves a few seconds only.
pub(crate) async fn round(stage: &Stage) {
    stage.amazon().events_settled().await;
    stage.feed().await;
    stage.intake().await;
    stage.advance(Duration::from_secs(2));
    stage.work().await;
}

/// Takes the notices that have arrived and looks once at what is due a few seconds later.
pub(crate) async fn intake_and_work(stage: &Stage) {
    stage.amazon().events_settled().await;
    stage.intake().await;
    stage.advance(Duration::from_secs(2));
    stage.work().await;
}
