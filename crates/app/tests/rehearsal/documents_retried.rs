//! Work about a document that was given up is taken up again by a retry.

use amz_sandbox::netsuite::{BillKind, StaffLine};
use amz_sandbox::{CallSelector, Fault, Vendor};
use rust_decimal::Decimal;

use crate::orders::{order, pending};
use crate::stage::Stage;

#[tokio::test]
async fn a_refund_of_staff_that_amazon_could_not_be_told_of_is_told_after_a_retry() {
    let changes = [("SYNC__DOCUMENTS", "true"), ("POLICY__RETRY_LIMIT", "2")];
    let stage = Stage::with(&changes).await;
    let id = stage.enter_one(order("SO-1"));
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    stage.amazon().ship(&amazon.id, &pending(&amazon).id, "ups", "1Z-RETRY").unwrap();
    stage.settle().await;
    let bill = stage.netsuite().bill(id, BillKind::Invoice, &[]).unwrap();
    stage.settle().await;

    stage.fault(Vendor::Amazon, "*", CallSelector::Every(1), Fault::ServerError);
    stage.netsuite().issue_credit_memo(("invoice", bill), &[StaffLine::new(1, Decimal::ONE)]).unwrap();
    stage.settle_under_faults().await;
    let codes = stage.parked_codes(id).await;
    assert!(codes.contains(&"tries_used_up".to_owned()), "{codes:?}");
    assert!(stage.amazon_order(id).refunds.is_empty());

    stage.clear_faults();
    stage.retry(id).await;
    stage.settle().await;
    assert_eq!(stage.amazon_order(id).refunds.len(), 1);
    assert_eq!(stage.parked().await, []);
}
