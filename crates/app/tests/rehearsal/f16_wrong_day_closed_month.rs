//! F-16: wrong day, closed month. The account is in Los Angeles.

use std::time::Duration;

use amz_sandbox::amazon::RefundState;
use amz_sandbox::netsuite::BillKind;
use chrono::{DateTime, Utc};

use crate::money::{DOCUMENTS, Sold, billed, dollars, staff, taxed};
use crate::orders::text;
use crate::stage::Stage;

/// Still 31 March in Los Angeles.
const LATE_EVENING: &str = "2026-04-01T05:30:00Z";

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn asked_late(settings: &[(&str, &str)]) -> (Stage, Sold, String) {
    let stage = Stage::with(settings).await;
    let (sold, _) = billed(&stage, taxed("SO-1", 3, "9.99", "2.66"), BillKind::Invoice).await;
    stage.advance_to(instant(LATE_EVENING));
    let refund = sold.request(&stage, 1, None);
    stage.netsuite().close_period(2026, 3).unwrap();
    stage.settle().await;
    (stage, sold, refund)
}

#[tokio::test]
async fn f16_a_closed_day_moves_to_the_first_open_day_and_both_are_kept() {
    let (stage, sold, refund) = asked_late(&[]).await;
    assert_eq!(stage.parked().await, []);
    let memos = stage.netsuite().documents("creditMemo");
    assert_eq!(memos.len(), 1);
    assert_eq!(text(&memos[0], "tranDate"), "2026-04-01");
    let memo = text(&memos[0], "memo");
    assert!(memo.contains("of 2026-03-31, posted on 2026-04-01"), "{memo}");
    let refund = sold.refund(&stage, &refund);
    assert_eq!(refund.state, RefundState::Success);
    assert_eq!(refund.created_at, instant(LATE_EVENING), "instants stay in UTC");
}

#[tokio::test]
async fn f16_months_that_are_closed_behind_each_other_are_all_passed_over() {
    let stage = Stage::new().await;
    let (sold, _) = billed(&stage, taxed("SO-1", 3, "9.99", "2.66"), BillKind::Invoice).await;
    stage.advance_to(instant(LATE_EVENING));
    sold.request(&stage, 1, None);
    for month in [3, 4] {
        stage.netsuite().close_period(2026, month).unwrap();
    }
    stage.settle().await;
    assert_eq!(text(&stage.netsuite().documents("creditMemo")[0], "tranDate"), "2026-05-01");
}

#[tokio::test]
async fn f16_a_closed_day_parks_when_the_merchant_wants_that() {
    let (stage, sold, refund) = asked_late(&[("POLICY__CLOSED_PERIOD", "park")]).await;
    assert_eq!(stage.parked_codes(sold.id).await, ["period_closed"]);
    assert!(stage.parked().await[0].reason.cause.contains("2026-03-31"));
    assert_eq!(stage.netsuite().count("creditMemo"), 0);
    assert_eq!(sold.refund(&stage, &refund).state, RefundState::Pending);

    stage.netsuite().open_period(2026, 3).unwrap();
    stage.advance(Duration::from_secs(24 * 3600));
    stage.retry(sold.id).await;
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
    let memos = stage.netsuite().documents("creditMemo");
    assert_eq!(memos.len(), 1);
    assert_eq!(text(&memos[0], "tranDate"), "2026-03-31", "the day of the event, whenever it is worked on");
    assert!(!text(&memos[0], "memo").contains("posted on"));
    assert_eq!(sold.refund(&stage, &refund).state, RefundState::Success);
}

/// Instants around the nights in which clocks change, and the day in Los Angeles.
const NIGHTS: [(&str, &str); 13] = [
    ("2026-03-08T07:59:59Z", "2026-03-07"),
    ("2026-03-08T08:00:00Z", "2026-03-08"),
    ("2026-03-08T09:59:59Z", "2026-03-08"),
    ("2026-03-08T10:00:00Z", "2026-03-08"),
    ("2026-03-09T06:59:59Z", "2026-03-08"),
    ("2026-03-09T07:00:00Z", "2026-03-09"),
    ("2026-11-01T06:59:59Z", "2026-10-31"),
    ("2026-11-01T07:00:00Z", "2026-11-01"),
    ("2026-11-01T08:30:00Z", "2026-11-01"),
    ("2026-11-01T09:30:00Z", "2026-11-01"),
    ("2026-11-02T07:59:59Z", "2026-11-01"),
    ("2026-11-02T08:00:00Z", "2026-11-02"),
    ("2026-11-02T09:00:00Z", "2026-11-02"),
];

#[tokio::test]
async fn f16_nights_in_which_clocks_change_lose_and_repeat_no_day() {
    let stage = Stage::new().await;
    let order = taxed("SO-1", 13, "10.00", "13.00");
    let (sold, _) = billed(&stage, order, BillKind::Invoice).await;
    let mut days = Vec::new();
    for (at, day) in NIGHTS {
        stage.advance_to(instant(at));
        assert_eq!(stage.now(), instant(at));
        days.push((format!("amz-cm-{}", sold.request(&stage, 1, Some(dollars("11.00")))), day.to_owned()));
    }
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
    let memos = stage.netsuite().documents("creditMemo");
    let mut posted: Vec<_> =
        memos.iter().map(|memo| (text(memo, "externalId"), text(memo, "tranDate"))).collect();
    posted.sort();
    days.sort();
    assert_eq!(posted, days);
}

#[tokio::test]
async fn f16_credits_of_the_hour_that_comes_twice_are_told_once_each() {
    let stage = Stage::with(&[DOCUMENTS]).await;
    let (sold, invoice) = billed(&stage, taxed("SO-1", 4, "10.00", "4.00"), BillKind::Invoice).await;
    for at in ["2026-11-01T08:30:00Z", "2026-11-01T09:30:00Z", "2026-11-01T09:31:00Z", "2026-11-01T10:30:00Z"]
    {
        stage.advance_to(instant(at));
        stage.netsuite().issue_credit_memo(("invoice", invoice), &[staff(1)]).unwrap();
        stage.settle().await;
    }
    let told = sold.refunds(&stage);
    assert_eq!(told.len(), 4);
    assert!(told.iter().all(|refund| refund.total == dollars("11.00") && refund.payments.len() == 1));
    assert_eq!(stage.amazon().doubled_payments(), []);
}
