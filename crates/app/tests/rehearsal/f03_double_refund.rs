//! F-3: double refund by race.

use std::time::Duration;

use amz_sandbox::amazon::RefundState;
use amz_sandbox::netsuite::BillKind;
use amz_sandbox::{CallSelector, Fault, Vendor};
use rust_decimal::Decimal;

use crate::money::{DOCUMENTS, Sold, amount, billed, dollars, sum, taxed};
use crate::orders::{decimal, line, text};
use crate::stage::Stage;

/// What the shopper paid: three units at 9.99 and their tax.
const PAID: &str = "32.63";

/// Answers that are lost although the call was carried out.
const LOST: [Fault; 3] = [Fault::LostAnswer, Fault::ServerErrorAfterCommit, Fault::MalformedJson];

async fn invoiced() -> (Stage, Sold, u64) {
    let stage = Stage::with(&[DOCUMENTS]).await;
    let (sold, invoice) = billed(&stage, taxed("SO-1", 3, "9.99", "2.66"), BillKind::Invoice).await;
    assert_eq!(decimal(&stage.netsuite().record("invoice", invoice).unwrap(), "total"), amount(PAID));
    (stage, sold, invoice)
}

/// One credit memo of all units, and nowhere more money than was paid.
fn assert_refunded_once(stage: &Stage, sold: &Sold, case: &str) {
    let memos = stage.netsuite().documents("creditMemo");
    assert_eq!(memos.len(), 1, "{case}");
    assert_eq!(sum(&memos, "total"), amount(PAID), "{case}");
    assert_eq!(decimal(line(&memos[0], 0), "quantity"), Decimal::from(3), "{case}");
    assert_eq!(stage.netsuite().count("cashRefund") + stage.netsuite().count("customerRefund"), 0, "{case}");
    assert_eq!(stage.amazon().doubled_payments(), [], "{case}");
    assert_eq!(sold.told(stage), amount(PAID), "{case}: {:#?}", sold.refunds(stage));
}

/// Amazon's refund was answered with the one credit memo.
fn assert_request_answered(stage: &Stage, sold: &Sold, refund: &str, case: &str) {
    assert_refunded_once(stage, sold, case);
    assert_eq!(sold.refunds(stage).len(), 1, "{case}");
    let refund = sold.refund(stage, refund);
    assert_eq!((refund.state, &refund.total), (RefundState::Success, &dollars(PAID)), "{case}");
    let ids: Vec<_> = refund.payments.iter().map(|payment| payment.id.clone().unwrap()).collect();
    let memo = text(&stage.netsuite().documents("creditMemo")[0], "id");
    assert_eq!(ids, [format!("creditMemo-{memo}")], "{case}");
}

/// News of the race, as they reach us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum News {
    /// Amazon's event.
    Request,
    /// The bundle's notice of staff's credit memo.
    Memo,
}

const ORDERS: [&[News]; 6] = [
    &[News::Request, News::Memo],
    &[News::Memo, News::Request],
    &[News::Request, News::Request, News::Memo, News::Memo],
    &[News::Memo, News::Memo, News::Request, News::Request],
    &[News::Request, News::Memo, News::Request, News::Memo],
    &[News::Memo, News::Request, News::Memo, News::Request],
];

#[tokio::test]
async fn f03_a_request_and_a_credit_memo_of_the_same_units_are_one_refund_whatever_comes_first() {
    for (order, together) in ORDERS.iter().flat_map(|order| [(order, false), (order, true)]) {
        let case = format!("{order:?}, together: {together}");
        let (stage, sold, invoice) = invoiced().await;
        stage.amazon().hold_events();
        let refund = sold.request(&stage, 3, Some(dollars(PAID)));
        let memo = stage.netsuite().issue_credit_memo(("invoice", invoice), &[]).unwrap();
        for (number, news) in order.iter().enumerate() {
            match news {
                News::Request => stage.repeat_event("REFUND_REQUESTED", &format!("request-{number}")).await,
                News::Memo => {
                    let key = format!("memo-{number}");
                    assert_eq!(stage.notify_of(&key, ("creditmemo", memo), "create").await, 200);
                }
            }
            if !together {
                stage.settle_notices().await;
            }
        }
        stage.amazon().release_events();
        stage.settle().await;
        assert_request_answered(&stage, &sold, &refund, &case);
        assert_eq!(stage.parked().await, [], "{case}");
    }
}

#[tokio::test]
async fn f03_a_request_for_units_that_staff_refunded_before_waits_for_a_person() {
    let (stage, sold, invoice) = invoiced().await;
    stage.netsuite().issue_credit_memo(("invoice", invoice), &[]).unwrap();
    stage.settle().await;
    assert_refunded_once(&stage, &sold, "told to Amazon");
    let refund = sold.request(&stage, 3, Some(dollars(PAID)));
    stage.settle().await;
    for round in 0..2 {
        stage.repeat_event("REFUND_REQUESTED", &format!("again-{round}")).await;
        stage.settle().await;
    }
    assert_refunded_once(&stage, &sold, "asked for once more");
    assert_eq!(sold.refund(&stage, &refund).state, RefundState::Pending);
    assert_eq!(stage.parked_codes(sold.id).await, ["refund_exceeds_paid"]);
}

#[tokio::test]
async fn f03_a_lost_answer_of_a_report_is_settled_by_a_look() {
    for (lost, blind) in LOST.into_iter().flat_map(|lost| [(lost.clone(), 0), (lost, 3)]) {
        let case = format!("{lost:?}, {blind} looks fail");
        let (stage, sold, _) = invoiced().await;
        stage.fault(Vendor::Amazon, "updateOrder", CallSelector::Nth(1), lost);
        let refund = sold.request(&stage, 3, None);
        stage.feed().await;
        stage.amazon().events_settled().await;
        stage.intake().await;
        stage.advance(Duration::from_secs(2));
        if blind > 0 {
            // the look reads the order once before it reports
            for call in 2..2 + blind {
                stage.fault(Vendor::Amazon, "order", CallSelector::Nth(call), Fault::ServerError);
            }
        }
        stage.work().await;
        stage.repeat_event("REFUND_REQUESTED", "again").await;
        stage.settle().await;
        assert_request_answered(&stage, &sold, &refund, &case);
        assert_eq!(stage.count("updateOrder"), 1, "{case}");
        assert_eq!(stage.parked().await, [], "{case}");
    }
}

#[tokio::test]
async fn f03_a_lost_answer_of_a_credit_memo_is_settled_by_its_external_id() {
    for lost in LOST {
        let case = format!("{lost:?}");
        let (stage, sold, _) = invoiced().await;
        stage.fault(Vendor::NetSuite, "invoice.transform.creditMemo", CallSelector::Nth(1), lost);
        stage.fault(Vendor::NetSuite, "creditMemo.get", CallSelector::First(2), Fault::ServerError);
        let refund = sold.request(&stage, 3, None);
        stage.settle_under_faults().await;
        stage.repeat_event("REFUND_REQUESTED", "again").await;
        stage.settle().await;
        assert_request_answered(&stage, &sold, &refund, &case);
        assert_eq!(stage.count("creditMemo.transform"), 1, "{case}");
        let memo = &stage.netsuite().documents("creditMemo")[0];
        assert_eq!(text(memo, "externalId"), format!("amz-cm-{refund}"), "{case}");
        assert_eq!(stage.parked().await, [], "{case}");
    }
}

#[tokio::test]
async fn f03_staff_who_credit_while_our_own_credit_memo_got_lost_are_not_doubled() {
    for lost in [Fault::DropBefore, Fault::ServerError] {
        let case = format!("{lost:?}");
        let (stage, sold, invoice) = invoiced().await;
        stage.fault(Vendor::NetSuite, "invoice.transform.creditMemo", CallSelector::Nth(1), lost);
        let refund = sold.request(&stage, 3, None);
        stage.amazon().events_settled().await;
        stage.intake().await;
        stage.advance(Duration::from_secs(2));
        stage.work().await;
        assert_eq!(stage.count("creditMemo.transform"), 1, "{case}");
        assert_eq!(stage.netsuite().count("creditMemo"), 0, "{case}");
        stage.netsuite().issue_credit_memo(("invoice", invoice), &[]).unwrap();
        stage.settle().await;
        assert_request_answered(&stage, &sold, &refund, &case);
        assert_eq!(stage.parked().await, [], "{case}");
    }
}

#[tokio::test]
async fn f03_a_request_that_comes_while_telling_of_a_refund_is_unclear_is_not_answered_with_its_credit_memo()
{
    for lost in LOST {
        let case = format!("{lost:?}");
        let (stage, sold, invoice) = invoiced().await;
        stage.fault(Vendor::Amazon, "updateOrder", CallSelector::Nth(1), lost);
        stage.netsuite().issue_credit_memo(("invoice", invoice), &[]).unwrap();
        stage.feed().await;
        // the look reads the order once, tells, and cannot read it again
        stage.fault(Vendor::Amazon, "order", CallSelector::Nth(2), Fault::ServerError);
        stage.fault(Vendor::Amazon, "order", CallSelector::Nth(3), Fault::ServerError);
        stage.work().await;
        assert_eq!((stage.count("updateOrder"), sold.refunds(&stage).len()), (1, 1), "{case}");
        let refund = sold.request(&stage, 3, Some(dollars(PAID)));
        stage.settle().await;
        assert_refunded_once(&stage, &sold, &case);
        assert_eq!(sold.refund(&stage, &refund).state, RefundState::Pending, "{case}");
        assert_eq!(stage.parked_codes(sold.id).await, ["refund_exceeds_paid"], "{case}");
    }
}

#[tokio::test]
async fn f03_a_refund_that_amazon_never_heard_of_is_told_as_the_answer_to_its_request() {
    for lost in [Fault::DropBefore, Fault::ServerError] {
        let case = format!("{lost:?}");
        let (stage, sold, invoice) = invoiced().await;
        stage.fault(Vendor::Amazon, "updateOrder", CallSelector::Nth(1), lost);
        stage.netsuite().issue_credit_memo(("invoice", invoice), &[]).unwrap();
        stage.feed().await;
        stage.work().await;
        assert_eq!((stage.count("updateOrder"), sold.refunds(&stage).len()), (1, 0), "{case}");
        let refund = sold.request(&stage, 3, Some(dollars(PAID)));
        stage.settle().await;
        assert_request_answered(&stage, &sold, &refund, &case);
        assert_eq!(stage.parked().await, [], "{case}");
    }
}
