//! Units that were not billed, or not yet.

use super::*;

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
