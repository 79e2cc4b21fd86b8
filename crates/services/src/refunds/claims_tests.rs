//! Credits by staff beside refunds of Amazon's, over both vendors in memory.

use amz_domain::{AmazonRefund, Document, DocumentKey, DocumentKind, RefundState, RefundTotal};

use crate::refunds::fixtures::{cents, delivered, document, goods, refund, sent, units, usd};
use crate::refunds::world::Stage;
use crate::settings::RefundPaymentPolicy;

fn key(text: &str) -> DocumentKey {
    DocumentKey::parse(text).unwrap()
}

/// Three units of line 1 at 10.00 with 0.90 tax, on invoice 70; these refunds were asked for.
fn stage(refunds: &[&str]) -> Stage {
    let refunds = refunds.iter().map(|id| refund(id, vec![units(1, 1)], None));
    let invoice = document(DocumentKind::Invoice, "70", vec![goods(1, 3, cents(3000), Some(cents(270)))]);
    Stage::new(sent(&[3]), delivered(vec![units(1, 3)], refunds.collect()), vec![invoice])
}

fn staff_credit(id: &str, units: u32) -> Document {
    let of = |amount: i64| cents(amount * i64::from(units));
    let mut credit = document(DocumentKind::CreditMemo, id, vec![goods(1, units, of(1000), Some(of(90)))]);
    credit.created_from = Some("70".into());
    credit
}

fn undecided(subject: &str) -> (String, String) {
    (subject.to_owned(), "refund_credit_undecided".to_owned())
}

#[tokio::test]
async fn f03_one_credit_by_staff_that_may_be_for_two_refunds_pays_nothing_until_a_person_says_so() {
    for told_of in [&[key("creditMemo-800")][..], &[]] {
        let stage = stage(&["R1", "R2"]);
        stage.world().documents.push(staff_credit("800", 2));
        for _ in 0..2 {
            stage.look(told_of, &[]).await;
        }
        let expected = ["document/creditMemo-800", "refund/R1", "refund/R2"].map(undecided);
        assert_eq!(stage.parked(), expected);
        assert_eq!((stage.credits(), stage.world().reports.len()), (1, 0));
        assert!(stage.is_settled());
    }
}

#[tokio::test]
async fn a_credit_that_is_approved_is_a_refund_of_its_own_beside_amazons() {
    let stage = stage(&["R1"]);
    stage.world().documents.push(staff_credit("800", 2));
    stage.look(&[], &[]).await;
    assert_eq!(stage.world().reports.len(), 0);
    stage.look(&[], &["document/creditMemo-800"]).await;
    stage.look(&[], &[]).await;
    assert_eq!(stage.parked(), []);
    assert_eq!(stage.world().state("R1"), RefundState::Success);
    assert_eq!(stage.refund("X-1234567:800").total, RefundTotal::Amount(usd(2180)));
    assert_eq!(stage.credits(), 2);
}

#[tokio::test]
async fn a_credit_that_names_its_refund_is_given_to_it_whatever_its_units() {
    let stage = stage(&["R1"]);
    stage.world().documents.push(staff_credit("800", 2));
    stage.look(&[], &[]).await;
    stage.world().documents.last_mut().unwrap().marks.amazon_refund = Some("R1".into());
    stage.look(&[key("creditMemo-800")], &[]).await;
    assert_eq!((stage.parked().len(), stage.credits()), (0, 1));
    assert_eq!(stage.refund("R1").total, RefundTotal::Amount(usd(2180)));
}

#[tokio::test]
async fn what_staff_settled_at_amazon_and_credit_in_netsuite_is_told_no_second_time() {
    let settled = |stage: &Stage| {
        let refund: &mut AmazonRefund = &mut stage.world().amazon.refunds[0];
        (refund.state, refund.total) = (RefundState::Success, RefundTotal::Amount(usd(1090)));
        refund.payments = vec!["console-1".to_owned()];
    };
    for seen_before in [false, true] {
        let stage = stage(&["R1"]);
        if seen_before {
            stage.world().settings.refunds.approval_over = Some(cents(1));
            stage.look(&[], &[]).await;
        }
        settled(&stage);
        stage.look(&[], &[]).await;
        stage.world().documents.push(staff_credit("800", 1));
        for _ in 0..2 {
            stage.look(&[key("creditMemo-800")], &[]).await;
        }
        assert_eq!((stage.parked().len(), stage.world().reports.len()), (0, 0), "{seen_before}");
        assert_eq!(stage.link("R1").document, Some(key("creditMemo-800")));
        assert!(stage.link("R1").is_ended);
    }
}

#[tokio::test]
async fn a_credit_anew_takes_the_place_of_one_that_was_voided_after_amazon_was_told() {
    let stage = stage(&["R1"]);
    stage.look(&[], &[]).await;
    let made = stage.link("R1").document.unwrap();
    stage.world().documents.last_mut().unwrap().is_voided = true;
    stage.look(&[made], &[]).await;
    assert_eq!(stage.parked(), [("refund/R1".to_owned(), "refund_document_voided".to_owned())]);
    stage.world().documents.push(staff_credit("800", 1));
    stage.look(&[key("creditMemo-800")], &[]).await;
    assert_eq!((stage.parked().len(), stage.world().reports.len()), (0, 1));
    assert_eq!(stage.link("R1").document, Some(key("creditMemo-800")));
    assert!(stage.link("R1").is_ended);
}

#[tokio::test]
async fn a_credit_of_no_units_is_shown_and_not_dropped() {
    let stage = stage(&[]);
    let mut freight = document(DocumentKind::CreditMemo, "800", Vec::new());
    (freight.shipping_cost, freight.total) = (cents(499), cents(499));
    stage.world().documents.push(freight);
    stage.look(&[key("creditMemo-800")], &[]).await;
    let expected = ("document/creditMemo-800".to_owned(), "refund_without_units".to_owned());
    assert_eq!(stage.parked(), [expected]);
    assert!(stage.world().kept.parked["document/creditMemo-800"].reason.cause.contains("4.99 USD"));
    stage.look(&[], &["document/creditMemo-800"]).await;
    assert_eq!((stage.parked().len(), stage.world().reports.len()), (0, 0));
}

#[tokio::test]
async fn a_credit_that_amazon_heard_of_is_missed_when_it_is_deleted() {
    let stage = stage(&[]);
    stage.world().documents.push(staff_credit("800", 1));
    let changed = [key("creditMemo-800")];
    stage.look(&changed, &[]).await;
    stage.world().documents.pop();
    stage.look(&changed, &[]).await;
    let expected = ("refund/X-1234567:800".to_owned(), "refund_document_missing".to_owned());
    assert_eq!(stage.parked(), [expected]);
}

#[tokio::test]
async fn a_credit_that_was_voided_while_nobody_knew_whether_it_was_told_is_settled_first() {
    let stage = stage(&[]);
    stage.world().documents.push(staff_credit("800", 1));
    let changed = [key("creditMemo-800")];
    stage.look(&changed, &[]).await;
    {
        // as if the process had died before the answer was noted
        let mut world = stage.world();
        world.kept.links.clear();
        for intent in world.kept.intents.values_mut() {
            intent.state = crate::intent::IntentState::Unclear;
        }
        world.documents.last_mut().unwrap().marks = Default::default();
        world.documents.last_mut().unwrap().is_voided = true;
    }
    stage.look(&changed, &[]).await;
    let expected = ("refund/X-1234567:800".to_owned(), "refund_document_voided".to_owned());
    assert_eq!(stage.parked(), [expected]);
    assert_eq!(stage.world().reports.len(), 1);
}

#[tokio::test]
async fn a_credit_of_staffs_that_is_paid_later_is_told_as_it_is_paid() {
    let stage = stage(&[]);
    stage.world().settings.refunds.payment = RefundPaymentPolicy::Later;
    stage.world().documents.push(staff_credit("800", 1));
    for remaining in [1090, 500, 500, 0] {
        stage.world().documents.last_mut().unwrap().amount_remaining = Some(cents(remaining));
        stage.world().lose_report = remaining > 0;
        stage.look(&[key("creditMemo-800")], &[]).await;
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
    drop(world);
    assert!(stage.is_settled() && stage.parked().is_empty());
    assert!(stage.link("X-1234567:800").is_ended);
}
