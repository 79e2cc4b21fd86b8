//! What staff's documents say to Amazon.

use amz_domain::{DocumentKind, ItemKind, LineNumber};

use super::*;
use crate::link::{KitPart, SentOrder};
use crate::refunds::fixtures::{cents, document, goods, sent, units, usd};
use crate::settings::Billing;

fn told_of(sent: &SentOrder, documents: &[Document], of: &Document) -> Result<Option<Told>, Reason> {
    let order = "42".into();
    told(&Books { order: &order, sent, documents, billing: Billing::Detect }, of)
}

/// One unit of Amazon's line 1 and two of another warehouse's line 2, with shipping.
fn mixed() -> Document {
    let mut foreign = goods(2, 2, cents(2000), Some(cents(180)));
    foreign.amazon_line = None;
    let ours = goods(1, 1, cents(1000), Some(cents(90)));
    let mut credit = document(DocumentKind::CreditMemo, "800", vec![ours, foreign]);
    credit.shipping_cost = cents(499);
    credit.total += cents(499);
    credit
}

#[test]
fn lines_of_another_warehouse_and_their_shipping_stay_out() {
    let told = told_of(&sent(&[3]), &[], &mixed()).unwrap().unwrap();
    assert_eq!((told.total, told.units), (usd(1090), vec![units(1, 1)]));
}

#[test]
fn a_document_of_amazons_lines_alone_counts_with_its_shipping() {
    let told = told_of(&sent(&[3, 2]), &[], &mixed()).unwrap().unwrap();
    assert_eq!(told.total, usd(1090 + 2180 + 499));
    assert_eq!(told.units, [units(1, 1), units(2, 2)]);
}

#[test]
fn a_document_about_none_of_amazons_lines_says_nothing() {
    let mut goodwill = goods(1, 1, cents(500), None);
    goodwill.kind = ItemKind::Service;
    let credit = document(DocumentKind::CreditMemo, "800", vec![goodwill]);
    assert_eq!(told_of(&sent(&[3]), &[], &credit), Ok(None));
    let foreign = document(DocumentKind::CreditMemo, "800", vec![goods(7, 1, cents(500), None)]);
    assert_eq!(told_of(&sent(&[3]), &[], &foreign), Ok(None));
}

#[test]
fn a_credit_is_followed_through_its_return_authorization_to_the_order() {
    let strip = |mut document: Document, line: u32, source: u32, from: &str| {
        let goods = &mut document.lines[0];
        (goods.amazon_line, goods.line, goods.source_line) =
            (None, LineNumber(line), Some(LineNumber(source)));
        document.created_from = Some(from.into());
        document
    };
    let one = |kind, id| document(kind, id, vec![goods(1, 1, cents(1000), None)]);
    let authorization = strip(one(DocumentKind::ReturnAuthorization, "60"), 5, 1, "42");
    let credit = strip(one(DocumentKind::CreditMemo, "800"), 9, 5, "60");
    let told = told_of(&sent(&[3]), &[authorization], &credit).unwrap().unwrap();
    assert_eq!(told.units, [units(1, 1)]);
    assert_eq!(told_of(&sent(&[3]), &[], &credit), Ok(None), "without it nothing is guessed");
}

#[test]
fn f13_a_kit_that_amazon_has_as_parts_is_told_as_all_of_its_parts() {
    let mut sent = sent(&[4, 2]);
    for (line, per_kit) in sent.lines.iter_mut().zip([2, 1]) {
        line.line = LineNumber(1);
        line.part = Some(KitPart { item: "8".into(), per_kit: Quantity(per_kit) });
    }
    let credit = document(DocumentKind::CreditMemo, "800", vec![goods(1, 2, cents(5000), None)]);
    let told = told_of(&sent, &[], &credit).unwrap().unwrap();
    assert_eq!(told.units, [units(1, 4), units(2, 2)]);
    assert_eq!(told.lines.len(), 1);
}

#[test]
fn a_refund_is_for_a_document_only_when_all_units_agree() {
    let told = told_of(&sent(&[3, 2]), &[], &mixed()).unwrap().unwrap();
    let asks = |lines| is_for(&crate::refunds::fixtures::refund("R1", lines, None), &told);
    assert!(asks(vec![units(2, 1), units(1, 1), units(2, 1)]));
    assert!(!asks(vec![units(1, 1)]));
    assert!(!asks(vec![units(1, 1), units(2, 1)]));
    assert!(!asks(Vec::new()));
}

#[test]
fn what_staff_credit_beyond_what_was_billed_is_not_told() {
    let bill = document(DocumentKind::Invoice, "70", vec![goods(1, 2, cents(2000), None)]);
    let (order, sent) = ("42".into(), sent(&[3]));
    for (units, amount, fits) in [(2, 2000, true), (2, 2004, true), (2, 2005, false), (3, 2000, false)] {
        let line = goods(1, units, cents(amount), None);
        let documents = [bill.clone(), document(DocumentKind::CreditMemo, "800", vec![line])];
        let books = Books { order: &order, sent: &sent, documents: &documents, billing: Billing::Detect };
        let told = told(&books, &documents[1]).unwrap().unwrap();
        assert_eq!(within_paid(&books, &told).is_ok(), fits, "{units} units for {amount}");
    }
}
