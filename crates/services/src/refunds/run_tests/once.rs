//! Every refund has one document and one report, whatever answers are lost.

use super::*;

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
        world.kept.links.clear();
        world.amazon.refunds[0] = refund("R1", vec![units(1, 1)], Some(usd(1090)));
        for intent in world.kept.intents.values_mut() {
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
        for link in &mut world.kept.links {
            if let Link::Refund(link) = link {
                (link.reported, link.is_ended) = (None, false);
            }
        }
        for intent in world.kept.intents.values_mut() {
            intent.state = IntentState::Sent;
        }
    }
    stage.look(&[], &[]).await;
    assert_eq!(stage.world().reports.len(), 1);
    let settled = |operation| {
        let world = stage.world();
        world
            .kept
            .intents
            .values()
            .any(|intent| intent.operation == operation && intent.state == IntentState::Done)
    };
    assert!(stage.link("R1").is_ended && settled(Operation::ReportRefund));
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
async fn a_document_remembers_its_refund_when_we_do_not() {
    let stage = one_refund();
    stage.world().documents.push(staff_credit("800", 1));
    let changed = [key("creditMemo-800")];
    stage.look(&changed, &[]).await;
    {
        let mut world = stage.world();
        world.kept.links.clear();
        world.kept.intents.clear();
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
        world.kept.links.clear();
        world.kept.intents.clear();
    }
    stage.look(&changed, &[]).await;
    assert_eq!(stage.world().reports.len(), 1);
    assert_eq!(stage.link("X-1234567:800").origin, Origin::NetSuite);
}
