use amz_domain::refunds::RefundTotal;
use amz_domain::{
    AmazonOrder, AmazonOrderId, CancellationReason, PackageContent, Quantity, RefundState, ReturnState,
};
use amz_services::failure::Failure;
use amz_services::ports::amazon::{
    NewCancellation, NewExternalReturn, RefundPayment, RefundReport, ReportedRefund,
};
use amz_services::ports::{AmazonCancellations, AmazonOrders, AmazonRefunds, AmazonReturns};

use crate::setup::{Rehearsal, dollars, order};

async fn created() -> (Rehearsal, AmazonOrderId) {
    let rehearsal = Rehearsal::start().await;
    let created = rehearsal.client.create(&order()).await.unwrap();
    (rehearsal, created.id)
}

async fn shown(rehearsal: &Rehearsal, order: &AmazonOrderId) -> AmazonOrder {
    AmazonOrders::read(&rehearsal.client, order).await.unwrap().unwrap()
}

async fn units(rehearsal: &Rehearsal, order: &AmazonOrderId) -> PackageContent {
    PackageContent { line: shown(rehearsal, order).await.lines[1].id.clone(), quantity: Quantity(2) }
}

#[tokio::test]
async fn a_cancellation_is_taken_and_shows_on_the_order_under_our_alias() {
    let (rehearsal, id) = created().await;
    let new = NewCancellation {
        alias: "1234567_SB1:42".into(),
        reason: CancellationReason::OutOfStock,
        comment: Some("no mugs left".to_owned()),
    };
    rehearsal.client.request(&id, &new).await.unwrap();
    let order = shown(&rehearsal, &id).await;
    let [cancellation] = order.cancellations.as_slice() else { panic!("one cancellation") };
    assert_eq!(cancellation.alias, Some(new.alias));
    assert_eq!(cancellation.reason.as_deref(), Some("OUT_OF_STOCK"));
    let unknown = NewCancellation { alias: "1234567_SB1:43".into(), ..new_without_comment() };
    let error = rehearsal.client.request(&"322-NONE".into(), &unknown).await.unwrap_err();
    assert_eq!((error.operation, error.failure), ("cancelOrder", Failure::Refused));
}

fn new_without_comment() -> NewCancellation {
    let reason = CancellationReason::Other;
    NewCancellation { alias: "1234567_SB1:42".into(), reason, comment: None }
}

#[tokio::test]
async fn a_return_made_outside_is_told_once_and_ended_by_its_id() {
    let (rehearsal, id) = created().await;
    let lines = vec![units(&rehearsal, &id).await];
    let new = NewExternalReturn { alias: "1234567_SB1:900".into(), lines: lines.clone() };
    rehearsal.client.tell(&id, &new).await.unwrap();
    let again = rehearsal.client.tell(&id, &new).await.unwrap_err();
    assert_eq!(again.failure, Failure::Conflict, "{again}");
    let told = shown(&rehearsal, &id).await.returns.remove(0);
    assert_eq!((&told.alias, &told.state), (&Some(new.alias), &ReturnState::Created));
    assert_eq!((&told.lines[0].line, told.lines[0].quantity), (&lines[0].line, lines[0].quantity));
    for _ in 0..2 {
        rehearsal.client.conclude(&id, &told.id, &ReturnState::Cancelled).await.unwrap();
    }
    let [ended] = <[_; 1]>::try_from(shown(&rehearsal, &id).await.returns).unwrap();
    assert_eq!(ended.state, ReturnState::Cancelled);
}

#[tokio::test]
async fn a_refund_made_outside_is_reported_with_total_units_and_payment() {
    let (rehearsal, id) = created().await;
    let lines = vec![units(&rehearsal, &id).await];
    let alias = amz_domain::RefundAlias::from("1234567_SB1:901");
    let reason = "OTHERS".to_owned();
    let report = RefundReport {
        refund: ReportedRefund::External { alias: alias.clone(), lines: lines.clone(), reason },
        state: RefundState::Partial,
        total: dollars("5.10"),
        payments: vec![RefundPayment {
            id: "creditMemo-901".to_owned(),
            amount: dollars("5.10"),
            method: "NetSuite credit memo 901".to_owned(),
        }],
        status_reason: None,
    };
    rehearsal.client.report(&id, &report).await.unwrap();
    let refund = shown(&rehearsal, &id).await.refunds.remove(0);
    assert_eq!((refund.alias, refund.state), (Some(alias), RefundState::Partial));
    assert_eq!((refund.total, refund.lines), (RefundTotal::Amount(dollars("5.10")), lines));
    assert_eq!(refund.payments, ["creditMemo-901"]);

    let rest = RefundReport {
        refund: ReportedRefund::Known(refund.id),
        state: RefundState::Success,
        total: dollars("8.10"),
        payments: Vec::new(),
        status_reason: None,
    };
    rehearsal.client.report(&id, &rest).await.unwrap();
    let back = RefundReport { state: RefundState::Pending, ..rest };
    let error = rehearsal.client.report(&id, &back).await.unwrap_err();
    assert_eq!((error.operation, error.failure), ("updateOrder.refunds", Failure::Refused), "{error}");
    let [refund] = <[_; 1]>::try_from(shown(&rehearsal, &id).await.refunds).unwrap();
    assert_eq!(refund.total, RefundTotal::Amount(dollars("8.10")));
}
