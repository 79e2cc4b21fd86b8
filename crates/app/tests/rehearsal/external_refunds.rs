//! Refunds that staff issue in NetSuite, end to end.

use std::time::Duration;

use amz_sandbox::amazon::RefundState;
use amz_sandbox::netsuite::BillKind;

use crate::money::{DOCUMENTS, Sold, billed, dollars, staff, taxed};
use crate::orders::text;
use crate::stage::Stage;

async fn sold(kind: BillKind) -> (Stage, Sold, u64) {
    let stage = Stage::with(&[DOCUMENTS]).await;
    let (sold, bill) = billed(&stage, taxed("SO-1", 3, "10.00", "3.00"), kind).await;
    (stage, sold, bill)
}

/// Amazon has one refund made outside it, of two units, paid by a document that bears its name.
fn assert_told(stage: &Stage, sold: &Sold, kind: &str, document: u64) {
    let refunds = sold.refunds(stage);
    assert_eq!(refunds.len(), 1);
    let refund = &refunds[0];
    assert!(refund.external);
    assert_eq!((refund.state, &refund.total), (RefundState::Success, &dollars("22.00")));
    assert_eq!(refund.contents, [sold.units(2)]);
    let aliases: Vec<_> = refund.aliases.iter().map(|alias| alias.alias_id.as_str()).collect();
    assert_eq!(aliases, [stage.alias(document)]);
    let paid: Vec<_> = refund.payments.iter().map(|payment| payment.id.as_deref().unwrap()).collect();
    assert_eq!(paid, [format!("{kind}-{document}")]);
    let shown = stage.netsuite().record(kind, document).unwrap();
    assert_eq!(text(&shown, "custbody_amz_refund_id"), refund.id);
    assert_eq!(text(&shown, "custbody_amz_order_id"), sold.amazon.id);
    assert_eq!(text(&shown, "custbody_amz_origin"), "netsuite");
    assert_eq!(text(&shown, "externalId"), "", "it stays staff's");
}

#[tokio::test]
async fn a_credit_memo_that_staff_issue_is_told_to_amazon_once() {
    let (stage, sold, invoice) = sold(BillKind::Invoice).await;
    let memo = stage.netsuite().issue_credit_memo(("invoice", invoice), &[staff(2)]).unwrap();
    stage.settle().await;
    assert_told(&stage, &sold, "creditMemo", memo);
    stage.advance(Duration::from_secs(60));
    let words = serde_json::json!({"memo": "the shopper rang"});
    stage.netsuite().edit_document("creditMemo", memo, &words).unwrap();
    stage.settle().await;
    assert_told(&stage, &sold, "creditMemo", memo);
    assert_eq!((stage.count("updateOrder"), stage.netsuite().count("creditMemo")), (1, 1));
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn a_cash_refund_that_staff_issue_is_told_to_amazon_once() {
    let (stage, sold, sale) = sold(BillKind::CashSale).await;
    let refund = stage.netsuite().issue_cash_refund(("cashSale", sale), &[staff(2)]).unwrap();
    stage.settle().await;
    assert_told(&stage, &sold, "cashRefund", refund);
    assert_eq!((stage.count("updateOrder"), stage.netsuite().count("cashRefund")), (1, 1));
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn a_credit_of_a_return_that_staff_authorized_is_told_with_its_units() {
    let (stage, sold, invoice) = sold(BillKind::Invoice).await;
    let netsuite = stage.netsuite();
    let authorization = netsuite.authorize_return(("invoice", invoice), &[staff(2)], true).unwrap();
    netsuite.receive(authorization, &[]).unwrap();
    let memo = netsuite.issue_credit_memo(("returnAuthorization", authorization), &[]).unwrap();
    stage.settle().await;
    assert_told(&stage, &sold, "creditMemo", memo);
    assert_eq!(stage.amazon_order(sold.id).returns.len(), 1);
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn a_credit_memo_that_is_voided_before_amazon_was_told_is_not_told() {
    let (stage, sold, invoice) = sold(BillKind::Invoice).await;
    let memo = stage.netsuite().issue_credit_memo(("invoice", invoice), &[staff(2)]).unwrap();
    stage.netsuite().void("creditMemo", memo).unwrap();
    stage.settle().await;
    assert_eq!((sold.refunds(&stage).len(), stage.count("updateOrder")), (0, 0));
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn a_credit_memo_that_is_voided_after_amazon_was_told_parks() {
    let (stage, sold, invoice) = sold(BillKind::Invoice).await;
    let memo = stage.netsuite().issue_credit_memo(("invoice", invoice), &[staff(2)]).unwrap();
    stage.settle().await;
    stage.advance(Duration::from_secs(60));
    stage.netsuite().void("creditMemo", memo).unwrap();
    stage.settle().await;
    assert_eq!(stage.parked_codes(sold.id).await, ["refund_document_voided"]);
    assert_eq!(sold.refunds(&stage)[0].total, dollars("22.00"), "what was told cannot be taken back");
    assert_eq!(stage.count("updateOrder"), 1);
}
