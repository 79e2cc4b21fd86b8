//! Amounts, currencies, approvals and the posting day.

use super::*;

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
        let cause = &world.kept.parked["refund/R1"].reason.cause;
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
    assert!(stage.world().kept.parked["refund/R1"].reason.cause.contains("2026-03-31"));
    stage.world().settings.refunds.closed_period = ClosedPeriod::FirstOpenDay;
    stage.look(&[], &[]).await;
    let link = stage.link("R1");
    assert_eq!(link.wanted_on, Some("2026-03-31".parse().unwrap()));
    assert_eq!(link.posted_on, Some("2026-04-01".parse().unwrap()));
    let world = stage.world();
    let memo = world.created[0].memo.as_deref().unwrap();
    assert!(memo.contains("2026-03-31") && memo.contains("2026-04-01"), "{memo}");
    assert_eq!(world.kept.parked.len(), 0);
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
async fn where_taxes_can_be_written_the_credit_gets_the_planned_ones_before_amazon_is_told() {
    for throttled in [false, true] {
        let stage = one_refund();
        stage.world().extra_tax = cents(2);
        stage.world().writes_taxes = true;
        stage.world().throttle_taxes = throttled;
        if throttled {
            // the document stays, and the next look goes on with its taxes
            stage.look_that_stops().await;
            assert_eq!((stage.credits(), stage.world().reports.len()), (1, 0));
        }
        stage.look(&[], &[]).await;
        assert_eq!((stage.parked().len(), stage.credits()), (0, 1));
        assert_eq!(stage.world().documents.last().unwrap().lines[0].tax, Some(cents(90)));
        assert_eq!(stage.world().reports[0].total, usd(1090));
    }
}

#[tokio::test]
async fn taxes_of_a_credit_that_amazon_was_told_of_are_left_alone() {
    let stage = one_refund();
    stage.world().writes_taxes = true;
    stage.look(&[], &[]).await;
    // Amazon was told; what staff change afterwards is theirs
    let made = {
        let mut world = stage.world();
        let made = world.documents.last_mut().unwrap();
        made.lines[0].tax = Some(cents(50));
        (made.tax_total, made.total) = (cents(50), cents(1050));
        made.key.clone()
    };
    stage.look(&[made], &[]).await;
    assert_eq!(stage.world().documents.last().unwrap().lines[0].tax, Some(cents(50)));
}
