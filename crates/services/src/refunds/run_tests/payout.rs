//! Customer refunds that pay credit memos out.

use super::*;

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
    assert_eq!((world.reports.len(), world.kept.parked.len()), (1, 0));
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
