//! Refunds that Amazon asks for, end to end.

use std::time::Duration;

use amz_sandbox::amazon::{CancellationReason, ItemCondition, RefundState};
use amz_sandbox::netsuite::BillKind;
use amz_sandbox::{CallSelector, Fault, Vendor};
use rust_decimal::Decimal;

use crate::goods;
use crate::money::{DOCUMENTS, Sold, amount, billed, delivered, dollars, id_of, staff, sum, taxed};
use crate::orders::{decimal, line, order_of, pending, text, units};
use crate::stage::Stage;

/// Three units at 10.00, a tenth of it tax.
fn three_units() -> serde_json::Value {
    taxed("SO-1", 3, "10.00", "3.00")
}

/// An invoiced order on a stage that hears of documents; paid in full or open.
async fn invoiced(settings: &[(&str, &str)], paid: bool) -> (Stage, Sold, u64) {
    let stage = Stage::with(&[&[DOCUMENTS], settings].concat()).await;
    let (sold, invoice) = billed(&stage, three_units(), BillKind::Invoice).await;
    if paid {
        stage.netsuite().pay_invoice(invoice).unwrap();
        stage.settle().await;
    }
    (stage, sold, invoice)
}

#[tokio::test]
async fn a_cancelled_order_that_was_never_billed_is_reported_with_nothing_paid() {
    let stage = Stage::with(&[DOCUMENTS]).await;
    let id = stage.enter_one(order_of("SO-1", &[(101, 3, "9.99")]));
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    let package = pending(&amazon).id.clone();
    stage.amazon().cancel_package(&amazon.id, &package, CancellationReason::CustomerRequested).unwrap();
    stage.settle().await;
    let refunds = stage.amazon_order(id).refunds;
    assert_eq!(refunds.len(), 1);
    assert_eq!((refunds[0].state, &refunds[0].total), (RefundState::Success, &dollars("0")));
    assert_eq!(refunds[0].payments, []);
    assert_eq!(stage.netsuite().count("creditMemo") + stage.netsuite().count("cashRefund"), 0);
    assert_eq!(text(&stage.sales_order(id), "status"), "H");
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn a_refund_waits_for_the_bill_and_then_goes_on_by_itself() {
    let stage = Stage::new().await;
    let sold = delivered(&stage, three_units()).await;
    let refund = sold.request(&stage, 2, None);
    stage.settle().await;
    assert_eq!(stage.parked_codes(sold.id).await, ["order_not_billed_yet"]);
    assert_eq!(sold.refund(&stage, &refund).state, RefundState::Pending);
    stage.advance(Duration::from_secs(3600));
    stage.netsuite().bill(sold.id, BillKind::Invoice, &[]).unwrap();
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
    let told = sold.refund(&stage, &refund);
    assert_eq!((told.state, &told.total), (RefundState::Success, &dollars("22.00")));
    assert_eq!(sum(&stage.netsuite().documents("creditMemo"), "total"), amount("22.00"));
}

#[tokio::test]
async fn a_refund_above_the_limit_waits_for_a_person() {
    let (stage, sold, _) = invoiced(&[("POLICY__REFUND_APPROVAL_OVER", "11")], false).await;
    let small = sold.request(&stage, 1, None);
    let large = sold.request(&stage, 2, None);
    stage.settle().await;
    assert_eq!(sold.refund(&stage, &small).state, RefundState::Success, "it is not above 11.00");
    assert_eq!(stage.parked_codes(sold.id).await, ["refund_needs_approval"]);
    assert_eq!(stage.netsuite().count("creditMemo"), 1);
    // an approval of something else approves nothing
    stage.approve(sold.id, &format!("refund/{small}")).await;
    stage.settle().await;
    assert_eq!(stage.netsuite().count("creditMemo"), 1);

    stage.approve(sold.id, &format!("refund/{large}")).await;
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
    assert_eq!(sold.refund(&stage, &large).total, dollars("22.00"));
    assert_eq!(sold.refund(&stage, &large).state, RefundState::Success);
}

#[tokio::test]
async fn a_credit_memo_of_a_paid_invoice_is_paid_out_before_amazon_hears_of_it() {
    let settings = [("POLICY__REFUND_PAYMENT", "customer_refund"), ("MAPPING__REFUND_ACCOUNT", "121")];
    let (stage, sold, _) = invoiced(&settings, true).await;
    let refund = sold.request(&stage, 2, None);
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
    let (memos, payouts) =
        (stage.netsuite().documents("creditMemo"), stage.netsuite().documents("customerRefund"));
    assert_eq!((memos.len(), payouts.len()), (1, 1));
    assert_eq!(decimal(&payouts[0], "total"), amount("22.00"));
    assert_eq!(text(&payouts[0], "account"), "121");
    assert_eq!(decimal(&memos[0], "amountRemaining"), Decimal::ZERO);
    let told = sold.refund(&stage, &refund);
    assert_eq!((told.state, &told.total, told.payments.len()), (RefundState::Success, &dollars("22.00"), 1));
    let written: Vec<_> = stage.wire().into_iter().map(|call| call.operation).collect();
    let position = |name: &str| written.iter().position(|operation| operation == name).unwrap();
    assert!(position("creditMemo.transform") < position("customerRefund.create"));
    assert!(position("customerRefund.create") < position("updateOrder"));
}

#[tokio::test]
async fn a_credit_memo_of_an_open_invoice_lowers_it_and_is_not_paid_out() {
    let settings = [("POLICY__REFUND_PAYMENT", "customer_refund"), ("MAPPING__REFUND_ACCOUNT", "121")];
    let (stage, sold, invoice) = invoiced(&settings, false).await;
    let refund = sold.request(&stage, 2, None);
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
    assert_eq!(stage.netsuite().count("customerRefund"), 0);
    let invoice = stage.netsuite().record("invoice", invoice).unwrap();
    assert_eq!(decimal(&invoice, "amountRemaining"), amount("11.00"));
    assert_eq!(sold.refund(&stage, &refund).state, RefundState::Success);
}

#[tokio::test]
async fn a_refund_that_is_paid_later_is_reported_as_it_is_paid() {
    let (stage, sold, _) = invoiced(&[("POLICY__REFUND_PAYMENT", "later")], true).await;
    let refund = sold.request(&stage, 2, None);
    stage.settle().await;
    let told = sold.refund(&stage, &refund);
    assert_eq!((told.state, told.payments.len()), (RefundState::Pending, 0));
    assert_eq!(told.total, dollars("0"), "nothing is refunded so far");
    let memo = id_of(&stage.netsuite().documents("creditMemo")[0]);
    stage.advance(Duration::from_secs(86_400));
    stage.netsuite().refund_customer(memo, Some(amount("5.50"))).unwrap();
    stage.settle().await;
    let told = sold.refund(&stage, &refund);
    assert_eq!((told.state, &told.total), (RefundState::Partial, &dollars("5.50")));

    stage.advance(Duration::from_secs(86_400));
    stage.netsuite().refund_customer(memo, None).unwrap();
    stage.settle().await;
    let told = sold.refund(&stage, &refund);
    assert_eq!((told.state, &told.total), (RefundState::Success, &dollars("22.00")));
    let paid: Vec<_> = told.payments.iter().map(|payment| payment.amount.amount).collect();
    assert_eq!(paid, [amount("5.50"), amount("16.50")]);
    assert_eq!(stage.amazon().doubled_payments(), []);
    assert_eq!(stage.netsuite().count("creditMemo"), 1);
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn a_credit_memo_that_is_voided_after_amazon_was_told_parks() {
    let (stage, sold, _) = invoiced(&[], true).await;
    let refund = sold.request(&stage, 2, None);
    stage.settle().await;
    let memo = id_of(&stage.netsuite().documents("creditMemo")[0]);
    stage.advance(Duration::from_secs(60));
    stage.netsuite().void("creditMemo", memo).unwrap();
    stage.settle().await;
    assert_eq!(stage.parked_codes(sold.id).await, ["refund_document_voided"]);
    assert!(stage.parked().await[0].reason.cause.contains("22.00 USD"));
    assert_eq!((stage.count("creditMemo.transform"), stage.count("updateOrder")), (1, 1));
    assert_eq!(sold.refund(&stage, &refund).state, RefundState::Success);
}

#[tokio::test]
async fn units_of_a_partial_invoice_are_refunded_and_the_others_wait() {
    let stage = Stage::new().await;
    let sold = delivered(&stage, three_units()).await;
    let first = stage.netsuite().bill(sold.id, BillKind::Invoice, &[staff(2)]).unwrap();
    stage.settle().await;
    let two = sold.request(&stage, 2, None);
    stage.settle().await;
    let one = sold.request(&stage, 1, None);
    stage.settle().await;
    assert_eq!(sold.refund(&stage, &two).state, RefundState::Success);
    assert_eq!(stage.parked_codes(sold.id).await, ["order_not_billed_yet"]);
    stage.advance(Duration::from_secs(60));
    let second = stage.netsuite().bill(sold.id, BillKind::Invoice, &[]).unwrap();
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
    assert_eq!(sold.refund(&stage, &one).total, dollars("11.00"));
    let memos = stage.netsuite().documents("creditMemo");
    let from: Vec<_> = memos.iter().map(|memo| text(memo, "createdFrom")).collect();
    assert_eq!(from, [first.to_string(), second.to_string()]);
    assert_eq!(decimal(line(&memos[0], 0), "quantity"), Decimal::TWO);
}

#[tokio::test]
async fn a_refund_that_no_single_bill_holds_parks_and_touches_nothing() {
    let stage = Stage::new().await;
    let sold = delivered(&stage, three_units()).await;
    for units in [2, 1] {
        stage.netsuite().bill(sold.id, BillKind::Invoice, &[staff(units)]).unwrap();
    }
    stage.settle().await;
    let refund = sold.request(&stage, 3, None);
    stage.settle().await;
    assert_eq!(stage.parked_codes(sold.id).await, ["refund_spans_bills"]);
    assert_eq!(stage.netsuite().count("creditMemo"), 0);
    assert_eq!(sold.refund(&stage, &refund).state, RefundState::Pending);
}

#[tokio::test]
async fn a_refund_waits_until_it_is_known_what_was_received() {
    let stage = goods::stage(&goods::LOCATIONS).await;
    let (sold, _) = billed(&stage, three_units(), BillKind::Invoice).await;
    let back = units(&sold.amazon, 0, 1);
    let wanted = goods::new_return(std::slice::from_ref(&back), Vec::new());
    let back_id = stage.amazon().start_return(&sold.amazon.id, wanted).unwrap();
    stage.settle().await;
    // nobody knows whether the receipt was made
    let receipt = "returnAuthorization.transform.itemReceipt";
    stage.fault(Vendor::NetSuite, receipt, CallSelector::Nth(1), Fault::ServerError);
    let package = goods::packages(&stage, &sold.amazon.id, &back_id).remove(0);
    goods::arrive(&stage, &sold.amazon.id, &back_id, &package);
    goods::grade(&stage, &sold.amazon.id, &back_id, &back, ItemCondition::Sellable);
    let refund = sold.request(&stage, 1, None);
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
    let memos = stage.netsuite().documents("creditMemo");
    let authorization = text(&goods::authorizations(&stage, sold.id)[0], "id");
    assert_eq!(memos.iter().map(|memo| text(memo, "createdFrom")).collect::<Vec<_>>(), [authorization]);
    assert_eq!(sold.refund(&stage, &refund).state, RefundState::Success);
}
