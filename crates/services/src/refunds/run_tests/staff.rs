//! What staff credit, issue or reject themselves.

use super::*;

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
