//! What Amazon hears, and what it must not hear.

use amz_domain::{RefundState, RefundTotal};

use super::*;
use crate::orders::fixtures::settings;
use crate::refunds::fixtures::{cents, document, goods, refund, units, usd};
use crate::refunds::plan::first_sight;

fn memo(total: i64) -> Document {
    let mut memo = document(DocumentKind::CreditMemo, "900", vec![goods(1, 1, cents(total), None)]);
    memo.amount_remaining = Some(cents(total));
    memo
}

fn pending() -> AmazonRefund {
    refund("R1", vec![units(1, 1)], Some(usd(1000)))
}

fn link(document: &Document, reported: Option<(RefundState, Money)>) -> RefundLink {
    let mut link = first_sight(&pending(), &settings(), "2026-03-20T12:00:00Z".parse().unwrap());
    link.document = Some(document.key.clone());
    link.total = Some(Money::new(document.total, document.currency));
    link.reported = reported;
    link
}

fn heard(progress: Result<Progress, Reason>) -> String {
    match progress {
        Ok(Progress::Nothing) => "nothing".to_owned(),
        Ok(Progress::Known { report, .. }) => format!("known {} {}", report.state, report.total.amount),
        Ok(Progress::Report { report, .. }) => {
            let paid: Vec<String> =
                report.payments.iter().map(|paid| format!("{} {}", paid.id, paid.amount.amount)).collect();
            format!("{} {} [{}]", report.state, report.total.amount, paid.join(", "))
        }
        Err(reason) => reason.code,
    }
}

#[test]
fn a_later_payment_is_told_with_the_cumulative_total_and_the_new_payment_alone() {
    let cases = [
        (None, 1000, "PENDING 0 []"),
        (None, 400, "PARTIAL 6.00 [creditMemo-900 6.00]"),
        (Some((RefundState::Pending, usd(0))), 1000, "nothing"),
        (Some((RefundState::Pending, usd(0))), 0, "SUCCESS 10.00 [creditMemo-900 10.00]"),
        (Some((RefundState::Partial, usd(600))), 400, "nothing"),
        (Some((RefundState::Partial, usd(600))), 100, "PARTIAL 9.00 [creditMemo-900-2 3.00]"),
        (Some((RefundState::Partial, usd(600))), 500, "refund_lowered_after_report"),
        (Some((RefundState::Success, usd(1000))), 0, "nothing"),
    ];
    for (reported, remaining, expected) in cases {
        let mut memo = memo(1000);
        memo.amount_remaining = Some(cents(remaining));
        let mut shown = pending();
        if let Some((state, total)) = &reported {
            (shown.state, shown.total) = (state.clone(), RefundTotal::Amount(*total));
            if *state != RefundState::Pending {
                shown.payments = vec!["creditMemo-900".to_owned()];
            }
        }
        let link = link(&memo, reported.clone());
        let progress = progress(&shown, &link, Some(&memo), usd(1000), Paid::AsApplied);
        assert_eq!(heard(progress), expected, "{reported:?}, {remaining} remaining");
    }
}

#[test]
fn a_report_that_is_not_noted_is_noted_before_anything_else_is_told() {
    let memo = memo(1000);
    let mut shown = pending();
    (shown.state, shown.total) = (RefundState::Partial, RefundTotal::Amount(usd(600)));
    shown.payments = vec!["creditMemo-900".to_owned()];
    for noted in [None, Some((RefundState::Pending, usd(0)))] {
        let link = link(&memo, noted);
        let known = progress(&shown, &link, Some(&memo), usd(1000), Paid::AtOnce).unwrap();
        let Progress::Known { link, .. } = known else { panic!("{known:?}") };
        assert_eq!(link.reported, Some((RefundState::Partial, usd(600))));
        let next = progress(&shown, &link, Some(&memo), usd(1000), Paid::AtOnce);
        assert_eq!(heard(next), "SUCCESS 10.00 [creditMemo-900-2 4.00]");
    }
}

#[test]
fn what_amazon_does_not_allow_is_not_sent() {
    let memo = memo(1000);
    for (state, expected) in [
        (RefundState::Rejected, "refund_state_forbids"),
        (RefundState::from("BEAMED"), "refund_state_forbids"),
        (RefundState::Failure, "SUCCESS 10.00 [creditMemo-900 10.00]"),
    ] {
        let shown = AmazonRefund { state: state.clone(), ..pending() };
        let progress = progress(&shown, &link(&memo, None), Some(&memo), usd(1000), Paid::AtOnce);
        assert_eq!(heard(progress), expected, "{state}");
    }
    let failed = AmazonRefund { state: RefundState::Failure, ..pending() };
    let waits = progress(&failed, &link(&memo, None), Some(&memo), usd(1000), Paid::AsApplied);
    assert_eq!(heard(waits), "nothing", "a failed refund cannot become pending again");
}

#[test]
fn payments_of_somebody_else_are_left_to_people() {
    let memo = memo(1000);
    let mut shown = pending();
    shown.state = RefundState::Partial;
    shown.payments = vec!["creditMemo-9001".to_owned()];
    let progress = progress(&shown, &link(&memo, None), Some(&memo), usd(1000), Paid::AtOnce);
    assert_eq!(heard(progress), "refund_paid_elsewhere");
}

#[test]
fn a_document_of_ours_that_came_out_otherwise_is_not_reported() {
    for (made, expected) in
        [(1001, "SUCCESS 10.01 [creditMemo-900 10.01]"), (1002, "refund_document_differs")]
    {
        let mut made_memo = memo(made);
        made_memo.external_id = Some("amz-cm-R1".to_owned());
        let mut link = link(&made_memo, None);
        link.total = Some(usd(1000));
        let progress = progress(&pending(), &link, Some(&made_memo), usd(made), Paid::AtOnce);
        assert_eq!(heard(progress), expected);
    }
}
