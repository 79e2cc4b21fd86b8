//! Refunds from look to look, over both vendors in memory.

use amz_domain::{DocumentKind, PackageState, RefundAlias, RefundState, RefundTotal};
use rust_decimal::Decimal;

use super::*;
use crate::intent::{IntentState, Operation};
use crate::refunds::fixtures::{cents, delivered, document, goods, package, refund, sent, units, usd};
use crate::refunds::world::Stage;
use crate::settings::{ClosedPeriod, RefundPaymentPolicy, ShippingRefund};

/// Three units of line 1, billed at 10.00 each with 0.90 tax, on invoice 70.
fn invoice() -> Document {
    document(DocumentKind::Invoice, "70", vec![goods(1, 3, cents(3000), Some(cents(270)))])
}

fn one_refund() -> Stage {
    let asked = refund("R1", vec![units(1, 1)], Some(usd(1090)));
    Stage::new(sent(&[3]), delivered(vec![units(1, 3)], vec![asked]), vec![invoice()])
}

fn key(text: &str) -> DocumentKey {
    DocumentKey::parse(text).unwrap()
}

/// Staff credit units of line 1.
fn staff_credit(id: &str, units: u32) -> Document {
    let units = i64::from(units);
    let line = goods(1, units as u32, cents(1000 * units), Some(cents(90 * units)));
    let mut credit = document(DocumentKind::CreditMemo, id, vec![line]);
    credit.created_from = Some("70".into());
    credit.amount_remaining = Some(credit.total);
    credit
}

#[tokio::test]
async fn a_refund_becomes_a_credit_memo_and_amazon_hears_of_it_once() {
    let stage = one_refund();
    stage.look(&[], &[]).await;
    {
        let world = stage.world();
        let new = &world.created[0];
        assert_eq!((new.kind, new.external_id.as_str()), (DocumentKind::CreditMemo, "amz-cm-R1"));
        assert_eq!(new.lines[0].amount, Some(cents(1000)));
        assert_eq!(new.lines[0].tax, Some(cents(90)));
        assert_eq!(new.shipping, Some(Decimal::ZERO));
        assert_eq!(new.marks.origin, Some(Origin::Amazon));
        let memo = new.memo.as_deref().unwrap();
        assert!(memo.contains("RETURN_RECEIVED") && memo.contains("10.90 USD") && memo.contains("rate 1"));
        assert_eq!(world.reports.len(), 1);
        assert_eq!(world.reports[0].state, RefundState::Success);
        assert_eq!(world.reports[0].total, usd(1090));
        assert_eq!(world.reports[0].payments[0].id, "creditMemo-901");
    }
    assert!(stage.link("R1").is_ended && stage.is_settled());
    let reads = stage.world().reads;
    stage.look(&[], &[]).await;
    let world = stage.world();
    assert_eq!((world.created.len(), world.reports.len()), (1, 1));
    assert_eq!(world.reads, reads, "nothing is read for refunds that have ended");
}

#[tokio::test]
async fn f03_a_document_whose_answer_was_lost_is_found_and_not_made_again() {
    let stage = one_refund();
    stage.world().lose_document = true;
    stage.look(&[], &[]).await;
    stage.look(&[], &[]).await;
    assert_eq!(stage.credits(), 1);
    assert_eq!(stage.world().reports.len(), 1);
    assert!(stage.is_settled() && stage.link("R1").is_ended);
}

#[tokio::test]
async fn f03_a_crash_after_the_document_was_sent_ends_in_one_document() {
    let stage = one_refund();
    stage.look(&[], &[]).await;
    {
        // as if the process had died before the answers were noted
        let mut world = stage.world();
        world.links.clear();
        world.amazon.refunds[0] = refund("R1", vec![units(1, 1)], Some(usd(1090)));
        for intent in world.intents.values_mut() {
            intent.state = IntentState::Sent;
        }
    }
    stage.look(&[], &[]).await;
    assert_eq!(stage.credits(), 1);
    assert_eq!(stage.world().state("R1"), RefundState::Success);
    assert!(stage.is_settled() && stage.link("R1").is_ended);
}

#[tokio::test]
async fn a_report_whose_answer_was_lost_adds_no_second_payment() {
    for shows_payments in [true, false] {
        let stage = one_refund();
        stage.world().lose_report = true;
        stage.look(&[], &[]).await;
        if !shows_payments {
            stage.world().amazon.refunds[0].payments.clear();
        }
        stage.look(&[], &[]).await;
        assert_eq!(stage.world().reports.len(), 1);
        assert!(stage.is_settled() && stage.link("R1").is_ended, "{shows_payments}");
    }
}

#[tokio::test]
async fn a_crash_between_report_and_note_adds_no_second_payment() {
    let stage = one_refund();
    stage.look(&[], &[]).await;
    {
        let mut world = stage.world();
        for link in &mut world.links {
            if let Link::Refund(link) = link {
                (link.reported, link.is_ended) = (None, false);
            }
        }
        for intent in world.intents.values_mut() {
            intent.state = IntentState::Sent;
        }
    }
    stage.look(&[], &[]).await;
    assert_eq!(stage.world().reports.len(), 1);
    let settled = |operation| {
        let world = stage.world();
        world
            .intents
            .values()
            .any(|intent| intent.operation == operation && intent.state == IntentState::Done)
    };
    assert!(stage.link("R1").is_ended && settled(Operation::ReportRefund));
}

#[tokio::test]
async fn f14_three_refunds_in_one_look_come_to_the_bill_to_the_cent() {
    let mut bill = document(DocumentKind::Invoice, "70", vec![goods(1, 3, cents(2997), None)]);
    bill.discount_total = cents(500);
    bill.tax_total = cents(222);
    bill.shipping_cost = cents(499);
    bill.total = cents(2719 + 499);
    let refunds = ["R1", "R2", "R3"].map(|id| refund(id, vec![units(1, 1)], None));
    let stage = Stage::new(sent(&[3]), delivered(vec![units(1, 3)], refunds.to_vec()), vec![bill]);
    stage.world().settings.refunds.shipping = ShippingRefund::WithLastUnit;
    stage.look(&[], &[]).await;
    let world = stage.world();
    let totals: Vec<Decimal> = world.reports.iter().map(|report| report.total.amount).collect();
    assert_eq!(totals, [cents(906), cents(907), cents(906 + 499)]);
    assert_eq!(world.created[2].shipping, Some(cents(499)));
    assert_eq!(totals.iter().sum::<Decimal>(), cents(2719 + 499));
}

#[tokio::test]
async fn f14_a_difference_beyond_tolerance_parks_until_a_person_approves() {
    let asked = refund("R1", vec![units(1, 1)], Some(usd(1500)));
    let stage = Stage::new(sent(&[3]), delivered(vec![units(1, 3)], vec![asked]), vec![invoice()]);
    stage.look(&[], &[]).await;
    assert_eq!(stage.parked(), [("refund/R1".to_owned(), "refund_differs_from_estimate".to_owned())]);
    {
        let world = stage.world();
        let cause = &world.parked["refund/R1"].cause;
        assert!(cause.contains("10.90") && cause.contains("15.00"), "{cause}");
        assert_eq!((world.created.len(), world.reports.len()), (0, 0));
    }
    stage.look(&[], &["refund/R1"]).await;
    assert_eq!(stage.parked(), []);
    assert_eq!(stage.world().reports[0].total, usd(1090));
    assert_eq!(stage.link("R1").estimate, Some(usd(1500)));
    assert!(stage.link("R1").approved);
}

#[tokio::test]
async fn a_refund_over_the_limit_waits_for_approval() {
    let stage = one_refund();
    stage.world().settings.refunds.approval_over = Some(cents(1000));
    stage.look(&[], &[]).await;
    assert_eq!(stage.parked()[0].1, "refund_needs_approval");
    stage.look(&[], &["refund/R1"]).await;
    assert_eq!((stage.parked().len(), stage.credits()), (0, 1));
}

#[tokio::test]
async fn an_approval_is_kept_when_a_document_cannot_be_read_in_that_look() {
    let stage = one_refund();
    stage.world().settings.refunds.approval_over = Some(cents(1000));
    stage.look(&[], &[]).await;
    stage.world().unreadable = Some(key("invoice-70"));
    stage.look(&[], &["refund/R1"]).await;
    assert!(stage.link("R1").approved);
    stage.world().unreadable = None;
    stage.look(&[], &[]).await;
    assert_eq!((stage.parked().len(), stage.credits()), (0, 1));
}

#[tokio::test]
async fn f15_amounts_without_a_currency_are_rejected_and_approval_does_not_help() {
    let stage = one_refund();
    stage.world().amazon.refunds[0].total = RefundTotal::WithoutCurrency(cents(1090));
    for approved in [&[][..], &["refund/R1"][..]] {
        stage.look(&[], approved).await;
        assert_eq!(stage.parked()[0].1, "refund_without_currency");
    }
    assert_eq!(stage.credits(), 0);
}

#[tokio::test]
async fn f15_an_estimate_in_another_currency_parks_and_the_document_keeps_the_bills() {
    let stage = one_refund();
    let canadian = amz_domain::Currency::try_from("CAD").unwrap();
    stage.world().amazon.refunds[0].total = RefundTotal::Amount(Money::new(cents(1500), canadian));
    stage.world().documents[0].exchange_rate = Some(Decimal::new(73, 2));
    stage.look(&[], &[]).await;
    assert_eq!(stage.parked()[0].1, "refund_currency_differs");
    stage.look(&[], &["refund/R1"]).await;
    let world = stage.world();
    assert_eq!(world.reports[0].total, usd(1090));
    let memo = world.created[0].memo.as_deref().unwrap();
    assert!(
        memo.contains("amounts in USD, rate 0.73 from invoice 70") && memo.contains("15.00 CAD"),
        "{memo}"
    );
}

#[tokio::test]
async fn f16_the_day_is_the_accounts_and_a_closed_month_moves_it_to_the_first_open_day() {
    let stage = one_refund();
    {
        let mut world = stage.world();
        world.amazon.refunds[0].created_at = Some("2026-04-01T05:30:00Z".parse().unwrap());
        world.now = "2026-04-02T05:30:00Z".parse().unwrap();
        world.open_from = Some("2026-04-01".parse().unwrap());
        world.settings.refunds.closed_period = ClosedPeriod::Park;
    }
    stage.look(&[], &[]).await;
    assert_eq!(stage.parked(), [("refund/R1".to_owned(), "period_closed".to_owned())]);
    assert!(stage.world().parked["refund/R1"].cause.contains("2026-03-31"));
    stage.world().settings.refunds.closed_period = ClosedPeriod::FirstOpenDay;
    stage.look(&[], &[]).await;
    let link = stage.link("R1");
    assert_eq!(link.wanted_on, Some("2026-03-31".parse().unwrap()));
    assert_eq!(link.posted_on, Some("2026-04-01".parse().unwrap()));
    let world = stage.world();
    let memo = world.created[0].memo.as_deref().unwrap();
    assert!(memo.contains("2026-03-31") && memo.contains("2026-04-01"), "{memo}");
    assert_eq!(world.parked.len(), 0);
}

#[tokio::test]
async fn a_month_that_is_locked_for_credits_though_it_is_open_is_passed_over() {
    for (locked_before, posted_on) in [("2026-04-01", Some("2026-04-01")), ("2030-01-01", None)] {
        let stage = one_refund();
        {
            let mut world = stage.world();
            world.open_from = Some("2026-02-01".parse().unwrap());
            world.locked_before = Some(locked_before.parse().unwrap());
        }
        stage.look(&[], &[]).await;
        let posted_on: Option<chrono::NaiveDate> = posted_on.map(|day| day.parse().unwrap());
        assert_eq!(stage.link("R1").posted_on, posted_on);
        let codes: Vec<String> = stage.parked().into_iter().map(|(_, code)| code).collect();
        assert_eq!(codes, if posted_on.is_some() { vec![] } else { vec!["period_closed"] });
    }
}

#[tokio::test]
async fn what_netsuite_made_counts_within_a_cent_and_beyond_it_nothing_is_reported() {
    let stage = one_refund();
    stage.world().extra_tax = cents(1);
    stage.look(&[], &[]).await;
    assert_eq!(stage.world().reports[0].total, usd(1091));

    let stage = one_refund();
    stage.world().extra_tax = cents(2);
    stage.look(&[], &[]).await;
    assert_eq!(stage.parked()[0].1, "refund_document_differs");
    assert_eq!((stage.credits(), stage.world().reports.len()), (1, 0));
    // staff correct it
    let made = {
        let mut world = stage.world();
        let made = world.documents.last_mut().unwrap();
        made.lines[0].tax = Some(cents(90));
        (made.tax_total, made.total) = (cents(90), cents(1090));
        made.key.clone()
    };
    stage.look(&[made], &[]).await;
    assert_eq!((stage.parked().len(), stage.credits(), stage.world().reports.len()), (0, 1, 1));
}

#[tokio::test]
async fn units_that_were_cancelled_and_never_billed_move_no_money() {
    let mut asked = refund("R1", vec![units(1, 2)], Some(usd(2180)));
    asked.request_reason = Some("CANCELLED_ORDER".to_owned());
    let mut amazon = delivered(vec![units(1, 1)], vec![asked]);
    amazon.packages.push(package("P-2", PackageState::Cancelled, vec![units(1, 2)]));
    let bill = document(DocumentKind::Invoice, "70", vec![goods(1, 1, cents(1000), Some(cents(90)))]);
    let stage = Stage::new(sent(&[3]), amazon, vec![bill]);
    stage.world().lose_report = true;
    stage.look(&[], &[]).await;
    stage.look(&[], &[]).await;
    let world = stage.world();
    assert_eq!((world.created.len(), world.reports.len()), (0, 1));
    assert_eq!(world.reports[0].total, usd(0));
    assert!(world.reports[0].payments.is_empty());
    drop(world);
    assert!(stage.link("R1").is_ended && stage.is_settled() && stage.parked().is_empty());
}

#[tokio::test]
async fn cancelled_units_that_were_billed_ahead_are_taken_back() {
    let mut asked = refund("R1", vec![units(1, 2)], Some(usd(2180)));
    asked.request_reason = None;
    let mut amazon = delivered(Vec::new(), vec![asked]);
    amazon.packages.push(package("P-2", PackageState::Cancelled, vec![units(1, 2)]));
    amazon.packages.push(package("P-3", PackageState::Pending, vec![units(1, 1)]));
    let mut sale = invoice();
    sale.key = key("cashSale-70");
    let stage = Stage::new(sent(&[3]), amazon, vec![sale]);
    stage.look(&[], &[]).await;
    let world = stage.world();
    assert_eq!(world.created[0].kind, DocumentKind::CashRefund);
    assert_eq!(world.reports[0].total, usd(2180));
}

#[tokio::test]
async fn shipped_units_wait_for_their_bill_and_go_on_by_themselves() {
    let stage = one_refund();
    stage.world().documents.clear();
    stage.look(&[], &[]).await;
    assert_eq!(stage.parked()[0].1, "order_not_billed_yet");
    let link = stage.link("R1");
    assert!(!link.is_ended && link.origin == Origin::Amazon, "it waits for the sales order");
    stage.world().documents.push(invoice());
    stage.look(&[], &[]).await;
    assert_eq!((stage.parked().len(), stage.world().reports.len()), (0, 1));
}

#[tokio::test]
async fn f03_a_credit_that_staff_made_for_the_same_units_is_attached() {
    for approved in [&[][..], &["refund/R1"][..]] {
        let stage = one_refund();
        stage.world().documents.push(staff_credit("800", 1));
        stage.look(&[key("creditMemo-800")], approved).await;
        stage.look(&[key("creditMemo-800")], &[]).await;
        assert_eq!(stage.credits(), 1);
        let world = stage.world();
        assert_eq!(world.reports.len(), 1);
        assert_eq!(world.reports[0].refund, crate::ports::amazon::ReportedRefund::Known("R1".into()));
        assert_eq!(world.reports[0].total, usd(1090));
        let marks = &world.documents.last().unwrap().marks;
        assert_eq!(marks.amazon_refund, Some("R1".into()));
        assert_eq!(marks.origin, Some(Origin::NetSuite));
    }
}

#[tokio::test]
async fn f03_a_credit_that_amazon_shows_already_is_not_attached_to_another_refund() {
    let stage = one_refund();
    let credit = staff_credit("800", 1);
    let mut told = refund("R-TOLD", vec![units(1, 1)], Some(usd(1090)));
    told.alias = Some(RefundAlias::of("1234567", &credit.key.id));
    told.state = RefundState::Success;
    {
        let mut world = stage.world();
        world.documents.push(credit);
        world.amazon.refunds.push(told);
    }
    stage.look(&[], &[]).await;
    assert_ne!(stage.link("R1").document, Some(key("creditMemo-800")));
    assert_eq!(stage.credits(), 2, "the refund gets a document of its own");
}

#[tokio::test]
async fn a_refund_issued_in_netsuite_is_told_once_even_when_the_answer_is_lost() {
    for lost in [false, true] {
        let stage = Stage::new(
            sent(&[3]),
            delivered(vec![units(1, 3)], Vec::new()),
            vec![invoice(), staff_credit("800", 1)],
        );
        stage.world().lose_report = lost;
        for _ in 0..2 {
            stage.look(&[key("creditMemo-800")], &[]).await;
        }
        let told = stage.link("X-1234567:800");
        assert_eq!((told.origin, told.is_ended), (Origin::NetSuite, true));
        assert_eq!(stage.refund("X-1234567:800").payments, ["creditMemo-800"]);
        let world = stage.world();
        assert_eq!(world.reports.len(), 1, "{lost}");
        assert_eq!(world.reports[0].total, usd(1090));
        assert_eq!(world.documents[1].marks.amazon_refund, Some("X-1234567:800".into()));
    }
}

#[tokio::test]
async fn a_told_refund_that_grows_is_reported_with_the_difference_and_one_that_shrinks_parks() {
    let stage = Stage::new(
        sent(&[3]),
        delivered(vec![units(1, 3)], Vec::new()),
        vec![invoice(), staff_credit("800", 1)],
    );
    let changed = [key("creditMemo-800")];
    stage.look(&changed, &[]).await;
    let marks = stage.world().documents[1].marks.clone();
    stage.world().documents[1] = Document { marks: marks.clone(), ..staff_credit("800", 2) };
    stage.look(&changed, &[]).await;
    {
        let world = stage.world();
        let report = &world.reports[1];
        assert_eq!((report.total, report.payments[0].amount), (usd(2180), usd(1090)));
        assert_eq!(report.payments[0].id, "creditMemo-800-2");
    }
    stage.world().documents[1] = Document { marks: marks.clone(), ..staff_credit("800", 1) };
    stage.look(&changed, &[]).await;
    assert_eq!(
        stage.parked(),
        [("refund/X-1234567:800".to_owned(), "refund_lowered_after_report".to_owned())]
    );
    stage.world().documents[1] = Document { marks: marks.clone(), is_voided: true, ..staff_credit("800", 2) };
    stage.look(&changed, &[]).await;
    assert_eq!(stage.parked()[0].1, "refund_document_voided");
    stage.world().documents[1] = Document { marks, ..staff_credit("800", 2) };
    stage.look(&changed, &[]).await;
    assert_eq!((stage.parked().len(), stage.world().reports.len()), (0, 2));
}

#[tokio::test]
async fn f04_our_own_document_is_an_echo_and_a_voided_one_parks() {
    let stage = one_refund();
    stage.look(&[], &[]).await;
    let made = stage.link("R1").document.unwrap();
    let reads = stage.world().reads;
    let leavings = stage.look(std::slice::from_ref(&made), &[]).await;
    assert!(leavings.lines.contains(&format!("{made}: own echo, ignored")), "{:?}", leavings.lines);
    assert_eq!(stage.world().reports.len(), 1);
    assert_eq!(stage.world().reads - reads, 1, "the document itself");
    stage.world().documents.last_mut().unwrap().is_voided = true;
    stage.look(&[made], &[]).await;
    assert_eq!(stage.parked(), [("refund/R1".to_owned(), "refund_document_voided".to_owned())]);
}

#[tokio::test]
async fn a_credit_memo_is_paid_out_by_a_customer_refund_before_amazon_hears_of_it() {
    let stage = one_refund();
    {
        let mut world = stage.world();
        world.settings.refunds.payment = RefundPaymentPolicy::CustomerRefund;
        world.documents[0].status = "B".to_owned();
    }
    stage.look(&[], &[]).await;
    assert_eq!(stage.parked()[0].1, "refund_account_missing");
    assert_eq!(stage.world().reports.len(), 0);
    stage.world().settings.refunds.account = Some("121".into());
    stage.world().lose_document = true;
    stage.look(&[], &[]).await;
    stage.look(&[], &[]).await;
    let world = stage.world();
    let payouts: Vec<_> =
        world.created.iter().filter(|new| new.kind == DocumentKind::CustomerRefund).collect();
    assert_eq!(payouts.len(), 1);
    assert_eq!(payouts[0].external_id.as_str(), "amz-cr-R1");
    assert_eq!(payouts[0].apply_to.as_ref().unwrap().amount, Some(cents(1090)));
    assert_eq!((world.reports.len(), world.parked.len()), (1, 0));
    drop(world);
    assert!(stage.is_settled() && stage.link("R1").payout.is_some());
}

#[tokio::test]
async fn what_waited_for_a_payment_by_others_is_paid_out_before_amazon_hears_of_it() {
    for remaining in [1090, 500] {
        let stage = one_refund();
        {
            let mut world = stage.world();
            world.settings.refunds.payment = RefundPaymentPolicy::Later;
            world.settings.refunds.account = Some("121".into());
            world.documents[0].status = "B".to_owned();
        }
        stage.look(&[], &[]).await;
        stage.world().documents.last_mut().unwrap().amount_remaining = Some(cents(remaining));
        stage.look(&[], &[]).await;
        assert!(stage.link("R1").reported.is_some());
        stage.world().settings.refunds.payment = RefundPaymentPolicy::CustomerRefund;
        stage.look(&[], &[]).await;
        let world = stage.world();
        let payout = world.created.iter().find(|new| new.kind == DocumentKind::CustomerRefund).unwrap();
        assert_eq!(payout.apply_to.as_ref().unwrap().amount, Some(cents(remaining)));
        assert_eq!(world.state("R1"), RefundState::Success);
    }
}

#[tokio::test]
async fn a_memo_that_is_paid_later_is_reported_as_it_is_paid() {
    let stage = one_refund();
    {
        let mut world = stage.world();
        world.settings.refunds.payment = RefundPaymentPolicy::Later;
        world.documents[0].status = "B".to_owned();
    }
    stage.look(&[], &[]).await;
    for remaining in [1090, 500, 500, 0] {
        stage.world().documents.last_mut().unwrap().amount_remaining = Some(cents(remaining));
        stage.world().lose_report = remaining == 500;
        stage.look(&[], &[]).await;
    }
    let world = stage.world();
    let reports: Vec<_> = world
        .reports
        .iter()
        .map(|report| (report.state.as_str(), report.total, report.payments.first().map(|paid| paid.amount)))
        .collect();
    let expected = [
        ("PENDING", usd(0), None),
        ("PARTIAL", usd(590), Some(usd(590))),
        ("SUCCESS", usd(1090), Some(usd(500))),
    ];
    assert_eq!(reports, expected);
    assert_eq!(world.amazon.refunds[0].payments, ["creditMemo-901", "creditMemo-901-2"]);
    drop(world);
    assert!(stage.is_settled());
}

#[tokio::test]
async fn a_refund_that_was_settled_without_us_is_no_longer_parked() {
    let stage = one_refund();
    stage.world().documents.clear();
    stage.look(&[], &[]).await;
    assert_eq!(stage.parked().len(), 1);
    stage.world().amazon.refunds[0].state = RefundState::Rejected;
    stage.look(&[], &[]).await;
    assert_eq!((stage.parked().len(), stage.world().reports.len()), (0, 0));
    assert!(stage.link("R1").is_ended);
}

#[tokio::test]
async fn a_credit_by_hand_takes_the_place_of_a_document_that_was_voided() {
    let stage = one_refund();
    stage.world().extra_tax = cents(50);
    stage.look(&[], &[]).await;
    let made = stage.link("R1").document.unwrap();
    stage.world().documents.last_mut().unwrap().is_voided = true;
    stage.look(std::slice::from_ref(&made), &[]).await;
    assert_eq!(stage.parked()[0].1, "refund_document_voided");
    stage.world().documents.push(staff_credit("800", 1));
    stage.look(&[key("creditMemo-800")], &[]).await;
    assert_eq!((stage.parked().len(), stage.world().reports.len()), (0, 1));
    assert_eq!(stage.link("R1").document, Some(key("creditMemo-800")));
}

#[tokio::test]
async fn a_document_remembers_its_refund_when_we_do_not() {
    let stage = one_refund();
    stage.world().documents.push(staff_credit("800", 1));
    let changed = [key("creditMemo-800")];
    stage.look(&changed, &[]).await;
    {
        let mut world = stage.world();
        world.links.clear();
        world.intents.clear();
    }
    stage.look(&changed, &[]).await;
    assert_eq!(stage.world().reports.len(), 1);
    assert!(stage.link("R1").is_ended);

    let stage = Stage::new(
        sent(&[3]),
        delivered(vec![units(1, 3)], Vec::new()),
        vec![invoice(), staff_credit("800", 1)],
    );
    stage.look(&changed, &[]).await;
    {
        let mut world = stage.world();
        world.links.clear();
        world.intents.clear();
    }
    stage.look(&changed, &[]).await;
    assert_eq!(stage.world().reports.len(), 1);
    assert_eq!(stage.link("X-1234567:800").origin, Origin::NetSuite);
}

#[tokio::test]
async fn a_customer_refund_by_staff_tells_of_its_credit_memo_once() {
    let mut payout = document(DocumentKind::CustomerRefund, "810", Vec::new());
    payout.created_from = None;
    payout.applied =
        vec![amz_domain::document::AppliedAmount { document: "800".into(), amount: cents(1090) }];
    let documents = vec![invoice(), staff_credit("800", 1), payout];
    let stage = Stage::new(sent(&[3]), delivered(vec![units(1, 3)], Vec::new()), documents);
    stage.look(&[key("customerRefund-810"), key("creditMemo-800")], &[]).await;
    stage.look(&[key("customerRefund-810")], &[]).await;
    assert_eq!(stage.world().reports.len(), 1);
    assert_eq!(stage.parked(), []);
}

#[tokio::test]
async fn a_credit_memo_that_staff_made_is_never_paid_out_by_us() {
    let stage = one_refund();
    {
        let mut world = stage.world();
        world.settings.refunds.payment = RefundPaymentPolicy::CustomerRefund;
        world.settings.refunds.account = Some("121".into());
        world.documents.push(staff_credit("800", 1));
    }
    stage.look(&[], &[]).await;
    assert_eq!(stage.world().state("R1"), RefundState::Pending);
    stage.world().documents.last_mut().unwrap().amount_remaining = Some(Decimal::ZERO);
    stage.look(&[], &[]).await;
    assert_eq!(stage.world().state("R1"), RefundState::Success);
    assert_eq!(stage.world().created.len(), 0);
}

#[tokio::test]
async fn a_refund_that_a_person_rejects_is_told_so_and_nothing_is_paid() {
    for is_lost in [false, true] {
        let stage = one_refund();
        stage.world().settings.refunds.approval_over = Some(cents(1000));
        stage.look(&[], &[]).await;
        assert_eq!(stage.parked().len(), 1);
        stage.world().lose_report = is_lost;
        let rejected = [("refund/R1".to_owned(), RefundRejection::ReturnWindowExpired)];
        for _ in 0..2 {
            stage.look_rejecting(&[], &[], &rejected).await;
        }
        assert_eq!((stage.parked().len(), stage.credits()), (0, 0));
        assert!(stage.link("R1").is_ended && stage.is_settled());
        let world = stage.world();
        assert_eq!(world.reports.len(), 1);
        let report = &world.reports[0];
        assert_eq!((report.state.as_str(), report.total, report.payments.len()), ("REJECTED", usd(0), 0));
        assert_eq!(report.status_reason.as_deref(), Some("RETURN_WINDOW_EXPIRED"));
    }
}

#[tokio::test]
async fn a_refund_with_a_document_is_not_rejected() {
    let stage = one_refund();
    stage.world().lose_document = true;
    stage.world().settings.refunds.payment = RefundPaymentPolicy::Later;
    stage.world().documents[0].status = "B".to_owned();
    stage.look(&[], &[]).await;
    let rejected = [("refund/R1".to_owned(), RefundRejection::Others)];
    stage.look_rejecting(&[], &[], &rejected).await;
    assert_eq!(stage.credits(), 1);
    assert!(stage.world().reports.iter().all(|report| report.state != RefundState::Rejected));
}
