//! F-14: the missing cent.

use amz_sandbox::amazon::RefundState;
use amz_sandbox::netsuite::BillKind;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::money::{Sold, amount, billed, dollars, id_of, sum, taxed};
use crate::orders::{decimal, exact, line, text};
use crate::stage::Stage;

/// Three units at 9.99, 2.50 off the order, and 8.875 % tax on what is left of 27.47.
fn discounted() -> Value {
    let mut order = taxed("SO-1", 3, "9.99", "2.44");
    order["discountTotal"] = json!(2.5);
    order["total"] = exact(amount("29.91"));
    order
}

/// The three credits, one after the other, as (net, tax) to the cent.
const PIECES: [(&str, &str); 3] = [("9.16", "0.81"), ("9.15", "0.82"), ("9.16", "0.81")];

/// Amazon asks for one unit; its own figure is near ours.
async fn refund_one_unit(stage: &Stage, sold: &Sold) -> String {
    let refund = sold.request(stage, 1, Some(dollars("9.98")));
    stage.settle().await;
    refund
}

async fn refunded_one_by_one(kind: BillKind, credit: &str, settings: &[(&str, &str)]) {
    let stage = Stage::with(settings).await;
    let (sold, bill) = billed(&stage, discounted(), kind).await;
    let bill = stage.netsuite().record(kind.record_type(), bill).unwrap();
    assert_eq!(decimal(&bill, "total"), amount("29.91"));
    for (index, (net, tax)) in PIECES.iter().enumerate() {
        let refund = refund_one_unit(&stage, &sold).await;
        assert_eq!(stage.parked().await, []);
        let credits = stage.netsuite().documents(credit);
        assert_eq!(credits.len(), index + 1);
        let piece = line(&credits[index], 0);
        assert_eq!((decimal(piece, "amount"), decimal(piece, "tax1Amt")), (amount(net), amount(tax)));
        let total = amount(net) + amount(tax);
        assert_eq!(decimal(&credits[index], "total"), total);
        let told = sold.refund(&stage, &refund);
        assert_eq!((told.state, told.total.amount), (RefundState::Success, total));
    }
    let credits = stage.netsuite().documents(credit);
    assert_eq!(sum(&credits, "subtotal"), amount("27.47"), "net");
    assert_eq!(sum(&credits, "taxTotal"), amount("2.44"), "tax");
    assert_eq!(sum(&credits, "total"), decimal(&bill, "total"));
    assert_eq!(sold.told(&stage), decimal(&bill, "total"));
    assert_eq!(stage.amazon().doubled_payments(), []);

    // there is nothing left of it
    let one_more = refund_one_unit(&stage, &sold).await;
    assert_eq!(stage.netsuite().count(credit), 3);
    assert_eq!(stage.parked_codes(sold.id).await, ["refund_exceeds_paid"]);
    assert_eq!(sold.refund(&stage, &one_more).state, RefundState::Pending);
}

#[tokio::test]
async fn f14_three_refunds_of_one_unit_each_come_to_the_invoice_to_the_cent() {
    refunded_one_by_one(BillKind::Invoice, "creditMemo", &[]).await;
}

#[tokio::test]
async fn f14_three_refunds_of_one_unit_each_come_to_the_cash_sale_to_the_cent() {
    refunded_one_by_one(BillKind::CashSale, "cashRefund", &[("MAPPING__REFUND_ACCOUNT", "121")]).await;
}

#[tokio::test]
async fn f14_three_refunds_in_one_look_come_to_the_invoice_to_the_cent() {
    let stage = Stage::new().await;
    let (sold, _) = billed(&stage, discounted(), BillKind::Invoice).await;
    for _ in PIECES {
        sold.request(&stage, 1, Some(dollars("9.98")));
    }
    stage.settle().await;
    let credits = stage.netsuite().documents("creditMemo");
    let pieces: Vec<_> = credits
        .iter()
        .map(|credit| (decimal(line(credit, 0), "amount"), decimal(line(credit, 0), "tax1Amt")))
        .collect();
    assert_eq!(pieces, PIECES.map(|(net, tax)| (amount(net), amount(tax))));
    assert_eq!(sold.told(&stage), amount("29.91"));
}

#[tokio::test]
async fn f14_one_unit_and_then_two_come_to_the_invoice_to_the_cent() {
    let stage = Stage::new().await;
    let (sold, _) = billed(&stage, discounted(), BillKind::Invoice).await;
    refund_one_unit(&stage, &sold).await;
    sold.request(&stage, 2, Some(dollars("19.94")));
    stage.settle().await;
    let credits = stage.netsuite().documents("creditMemo");
    assert_eq!(decimal(&credits[0], "total"), amount("9.97"));
    assert_eq!(decimal(&credits[1], "total"), amount("19.94"));
}

#[tokio::test]
async fn f14_tax_that_stands_beside_the_lines_is_split_without_loss() {
    let stage = Stage::new().await;
    let mut order = discounted();
    order["item"]["items"][0].as_object_mut().unwrap().remove("tax1Amt");
    let (sold, _) = billed(&stage, order, BillKind::Invoice).await;
    for _ in PIECES {
        refund_one_unit(&stage, &sold).await;
        assert_eq!(stage.parked().await, []);
    }
    let credits = stage.netsuite().documents("creditMemo");
    assert_eq!((sum(&credits, "subtotal"), sum(&credits, "total")), (amount("27.47"), amount("29.91")));
    assert_eq!(sold.told(&stage), amount("29.91"));
}

#[tokio::test]
async fn f14_a_difference_beyond_tolerance_parks_until_a_person_approves() {
    let stage = Stage::with(&[("POLICY__REFUND_TOLERANCE", "0.05")]).await;
    let (sold, invoice) = billed(&stage, discounted(), BillKind::Invoice).await;
    let within = sold.request(&stage, 1, Some(dollars("10.02")));
    stage.settle().await;
    assert_eq!(sold.refund(&stage, &within).state, RefundState::Success, "five cents are allowed");

    let beyond = sold.request(&stage, 1, Some(dollars("10.03")));
    stage.settle().await;
    assert_eq!(stage.parked_codes(sold.id).await, ["refund_differs_from_estimate"]);
    assert_eq!(stage.netsuite().count("creditMemo"), 1);
    assert_eq!(sold.refund(&stage, &beyond).state, RefundState::Pending);
    // another refund of the order does not wait for it
    let next = sold.request(&stage, 1, Some(dollars("9.97")));
    stage.settle().await;
    assert_eq!(sold.refund(&stage, &next).state, RefundState::Success);

    stage.approve(sold.id, &format!("refund/{beyond}")).await;
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
    assert_eq!(sold.refund(&stage, &beyond).state, RefundState::Success);
    let credits = stage.netsuite().documents("creditMemo");
    assert_eq!(credits.len(), 3);
    assert_eq!(sum(&credits, "total"), amount("29.91"));
    assert_eq!(sold.told(&stage), amount("29.91"));
    let own: Vec<_> = credits.iter().map(|credit| text(credit, "createdFrom")).collect();
    assert_eq!(own, vec![invoice.to_string(); 3]);
    assert!(credits.iter().all(|credit| id_of(credit) > invoice && decimal(credit, "total") > Decimal::ZERO));
}
