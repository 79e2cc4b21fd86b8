//! What is made for one refund, and what parks it.

use amz_domain::{CancelReason, Currency, DocumentKey, PackageContent, PackageState};

use super::*;
use crate::link::{KitPart, ReceiptLink, ReturnLink, ReturnedLine, SentOrder};
use crate::orders::fixtures::{line, sales_order, settings};
use crate::refunds::fixtures::{cents, delivered, goods, package, refund, sent, units, usd};
use crate::settings::{Billing, CreditFrom};

fn bill(id: &str, units: u32, amount: i64) -> Document {
    let line = goods(1, units, cents(amount), Some(Decimal::ZERO));
    crate::refunds::fixtures::document(DocumentKind::Invoice, id, vec![line])
}

/// Facts that one test changes.
struct Case {
    sent: SentOrder,
    asked: Vec<PackageContent>,
    reason: Option<&'static str>,
    amazon: AmazonOrder,
    documents: Vec<Document>,
    links: Vec<Link>,
    settings: ServiceSettings,
    fulfilled: u32,
}

impl Case {
    /// Three units of line 1, delivered, billed on one invoice for 30.00; one is to be refunded.
    fn new() -> Self {
        Self {
            sent: sent(&[3, 2]),
            asked: vec![units(1, 1)],
            reason: Some("RETURN_RECEIVED"),
            amazon: delivered(vec![units(1, 3)], Vec::new()),
            documents: vec![bill("70", 3, 3000)],
            links: Vec::new(),
            settings: settings(),
            fulfilled: 3,
        }
    }

    fn plan(&self) -> Result<RefundStep, Reason> {
        let mut asked = refund("R1", self.asked.clone(), None);
        asked.request_reason = self.reason.map(str::to_owned);
        let mut amazon = self.amazon.clone();
        amazon.refunds.push(asked.clone());
        let mut order = sales_order(vec![line(1, "55", 3, cents(1000)), line(2, "56", 2, cents(500))]);
        order.lines[0].quantity_fulfilled = self.fulfilled.into();
        let id = "42".into();
        let books = Books {
            order: &id,
            sent: &self.sent,
            documents: &self.documents,
            billing: self.settings.refunds.billing,
        };
        plan(&RefundFacts {
            refund: &asked,
            link: None,
            amazon: &amazon,
            order: &order,
            books: &books,
            links: &self.links,
            settings: &self.settings,
            now: "2026-03-20T12:00:00Z".parse().unwrap(),
        })
    }

    fn code(&self) -> String {
        self.plan().unwrap_err().code
    }

    fn new_document(&self) -> NewDocument {
        match self.plan().unwrap() {
            RefundStep::Create { new, .. } => *new,
            RefundStep::NothingToPay(link) => panic!("nothing to pay: {link:?}"),
        }
    }

    fn total(&self) -> Decimal {
        match self.plan().unwrap() {
            RefundStep::Create { link, .. } | RefundStep::NothingToPay(link) => link.total.unwrap().amount,
        }
    }
}

fn credit(id: &str, from: &str, units: u32, amount: i64) -> Document {
    let mut credit = bill(id, units, amount);
    credit.key.kind = DocumentKind::CreditMemo;
    credit.created_from = Some(from.into());
    credit
}

#[test]
fn every_reason_to_park_has_its_code() {
    type Change = fn(&mut Case);
    let cases: Vec<(&str, Change)> = vec![
        ("refund_without_lines", |case| case.asked.clear()),
        ("refund_line_unknown", |case| case.asked[0].line = "A9".into()),
        ("refund_of_kit_part", |case| {
            case.sent.lines[0].part = Some(KitPart { item: "8".into(), per_kit: Quantity(2) });
        }),
        ("refund_exceeds_paid", |case| case.asked = vec![units(1, 4)]),
        ("refund_exceeds_paid", |case| {
            // staff gave 25.00 back for something else
            let mut goodwill = credit("80", "70", 1, 2500);
            goodwill.lines[0].kind = amz_domain::ItemKind::Service;
            case.documents.push(goodwill);
        }),
        ("order_not_billed_yet", |case| case.documents.clear()),
        ("order_not_billed_yet", |case| {
            case.documents = vec![bill("70", 1, 1000)];
            case.asked = vec![units(1, 2)];
        }),
        ("order_not_billed_yet", |case| case.settings.refunds.billing = Billing::CashSale),
        ("bill_line_unknown", |case| {
            case.documents[0].lines[0].amazon_line = None;
            case.documents[0].created_from = None;
        }),
        ("totals_mismatch", |case| case.documents[0].total = cents(1)),
        ("document_currencies_differ", |case| {
            let mut other = bill("71", 1, 1000);
            other.currency = Currency::try_from("CAD").unwrap();
            case.documents.push(other);
        }),
        ("refund_spans_bills", |case| {
            case.documents = vec![bill("70", 1, 1000), bill("71", 2, 2000)];
            case.asked = vec![units(1, 3)];
        }),
    ];
    for (code, change) in cases {
        let mut case = Case::new();
        change(&mut case);
        assert_eq!(case.code(), code);
    }
    assert!(Case::new().plan().is_ok());
}

#[test]
fn a_goodwill_credit_that_leaves_enough_parks_nothing() {
    let mut case = Case::new();
    let mut goodwill = credit("80", "70", 1, 500);
    goodwill.lines[0].kind = amz_domain::ItemKind::Service;
    case.documents.push(goodwill);
    assert_eq!(case.total(), cents(1000));
}

#[test]
fn the_bill_that_still_holds_the_units_is_credited() {
    let mut case = Case::new();
    case.documents = vec![bill("70", 1, 1000), bill("71", 2, 2000), credit("80", "70", 1, 1000)];
    let new = case.new_document();
    assert_eq!(new.source, DocumentSource::Document(DocumentKey::new(DocumentKind::Invoice, "71")));
    assert_eq!(new.apply_to.unwrap().document, "71".into());
}

#[test]
fn a_bills_line_without_amazons_id_is_found_by_the_line_that_it_was_made_from() {
    let mut case = Case::new();
    let line = &mut case.documents[0].lines[0];
    (line.amazon_line, line.line, line.source_line) = (None, LineNumber(17), Some(LineNumber(1)));
    case.documents[0].lines.push(goods(18, 1, Decimal::ZERO, None));
    case.documents[0].lines[1].amazon_line = None;
    case.documents[0].lines[1].source_line = Some(LineNumber(2));
    let new = case.new_document();
    assert_eq!(new.lines[0].source_line, LineNumber(17));
    assert_eq!(new.left_out, [LineNumber(18)]);
}

#[test]
fn an_invoice_that_is_paid_in_full_takes_no_credit() {
    let mut case = Case::new();
    assert!(case.new_document().apply_to.is_some());
    case.documents[0].status = "B".to_owned();
    assert_eq!(case.new_document().apply_to, None);
}

#[test]
fn a_voided_credit_and_a_voided_bill_do_not_count() {
    let mut case = Case::new();
    case.asked = vec![units(1, 3)];
    let mut voided_credit = credit("80", "70", 1, 1000);
    voided_credit.is_voided = true;
    let mut voided_bill = bill("69", 3, 9000);
    voided_bill.is_voided = true;
    case.documents.extend([voided_credit, voided_bill]);
    assert_eq!(case.total(), cents(3000));
}

#[test]
fn a_cancellation_takes_back_only_what_was_billed_beyond_what_ships() {
    // billed units, units to refund, what comes of it
    for (billed, asked, total) in [(1, 2, 0), (2, 2, 1000), (3, 2, 2000), (0, 2, 0)] {
        for reason in [Some("CANCELLED_ORDER"), None] {
            let mut case = Case::new();
            (case.reason, case.asked, case.fulfilled) = (reason, vec![units(1, asked)], 0);
            let cancelled = package("P-2", PackageState::Cancelled, vec![units(1, asked)]);
            let pending = package("P-3", PackageState::Pending, vec![units(1, 1)]);
            case.amazon.packages = vec![cancelled, pending];
            case.documents.clear();
            if billed > 0 {
                case.documents.push(bill("70", billed, i64::from(billed) * 1000));
            }
            assert_eq!(case.total(), cents(total), "{billed} billed, {reason:?}");
        }
    }
}

#[test]
fn a_parcel_that_left_and_came_to_nothing_is_refunded_whatever_the_word_for_it() {
    for reason in [Some("CANCELLED_ORDER"), Some("NOT_DELIVERED"), None] {
        let mut case = Case::new();
        (case.reason, case.asked) = (reason, vec![units(1, 3)]);
        case.amazon.packages[0].state = PackageState::Cancelled;
        case.amazon.packages[0].reason = Some(CancelReason::Undeliverable);
        assert_eq!(case.total(), cents(3000), "{reason:?}");
    }
}

#[test]
fn a_credit_comes_from_the_return_authorization_of_exactly_the_same_units() {
    let mut case = Case::new();
    assert_eq!(case.settings.refunds.credit_from, CreditFrom::ReturnAuthorization, "unless told otherwise");
    let mut authorization = bill("60", 1, 1000);
    authorization.key.kind = DocumentKind::ReturnAuthorization;
    authorization.lines[0].line = LineNumber(5);
    case.documents.push(authorization);
    let returned = |quantity, receipts| {
        Link::Return(Box::new(ReturnLink {
            id: "RET-1".into(),
            origin: Origin::Amazon,
            authorization: "60".into(),
            state: amz_domain::ReturnState::Created,
            lines: vec![ReturnedLine {
                amazon_line: "A1".into(),
                order_line: LineNumber(1),
                authorization_line: LineNumber(5),
                quantity: Quantity(quantity),
            }],
            receipts,
            delivery_state: None,
            memo: None,
            is_ended: false,
        }))
    };
    let receipt = ReceiptLink {
        external_id: ExternalId::of_return(&"RET-1".into()),
        package: None,
        document: DocumentKey::new(DocumentKind::ItemReceipt, "61").id,
        units: Vec::new(),
    };
    let from = |case: &Case| match case.new_document().source {
        DocumentSource::Document(key) => key.to_string(),
        other => panic!("{other:?}"),
    };
    case.links = vec![returned(1, vec![receipt.clone()])];
    assert_eq!(from(&case), "returnAuthorization-60");
    assert_eq!(case.new_document().lines[0].source_line, LineNumber(5));
    assert_eq!(case.new_document().apply_to.unwrap().document, "70".into());
    for (units, receipts) in [(2, vec![receipt.clone()]), (1, Vec::new())] {
        case.links = vec![returned(units, receipts)];
        assert_eq!(from(&case), "invoice-70");
    }
    // received by the warehouse's hand
    case.documents[1].lines[0].quantity_received = Decimal::ONE;
    assert_eq!(from(&case), "returnAuthorization-60");
    case.links = vec![returned(1, vec![receipt])];
    case.documents.push(credit("80", "60", 1, 1000));
    assert_eq!(from(&case), "invoice-70", "it was credited already");
}

#[test]
fn shipping_comes_back_with_the_last_billed_unit_of_all_lines() {
    let mut case = Case::new();
    case.settings.refunds.shipping = ShippingRefund::WithLastUnit;
    let bill = &mut case.documents[0];
    bill.lines.push(goods(2, 2, cents(1000), Some(Decimal::ZERO)));
    (bill.shipping_cost, bill.handling_cost, bill.total) = (cents(400), cents(99), cents(4499));
    case.amazon.packages[0].contents.push(units(2, 2));
    case.asked = vec![units(1, 3)];
    assert_eq!(case.new_document().shipping, Some(Decimal::ZERO));
    case.asked.push(units(2, 2));
    let taken = case.new_document();
    assert_eq!((taken.shipping, taken.handling), (Some(cents(400)), Some(cents(99))));
    assert_eq!(case.total(), cents(4499));
    let mut earlier = credit("80", "70", 0, 0);
    earlier.lines.clear();
    (earlier.shipping_cost, earlier.total) = (cents(100), cents(100));
    case.documents.push(earlier);
    assert_eq!(case.new_document().shipping, Some(cents(300)), "what staff gave back is not given twice");
    case.settings.refunds.shipping = ShippingRefund::Never;
    assert_eq!(case.total(), cents(4000));
}

#[test]
fn a_refund_that_somebody_else_paid_in_part_is_left_to_people() {
    let mut asked = refund("R1", vec![units(1, 1)], Some(usd(1000)));
    asked.payments = vec!["shop-1".to_owned()];
    assert_eq!(paid_elsewhere(&asked).code, "refund_paid_elsewhere");
}

#[test]
fn nothing_is_not_paid_back_while_a_bill_of_the_other_kind_stands() {
    let mut case = one_unit_cancelled();
    case.reason = Some("CANCELLED_ORDER");
    case.documents[0] = bill("70", 3, 3000);
    case.documents[0].key.kind = DocumentKind::CashSale;
    assert_eq!(case.total(), cents(1000));
    case.settings.refunds.billing = Billing::Invoice;
    assert_eq!(case.code(), "bill_of_other_kind");
    case.documents[0].is_voided = true;
    assert_eq!(case.total(), Decimal::ZERO);
}

/// Two of three units were delivered and billed, one was cancelled before it shipped.
fn one_unit_cancelled() -> Case {
    let mut case = Case::new();
    case.fulfilled = 2;
    case.documents = vec![bill("70", 2, 2000)];
    case.amazon = delivered(vec![units(1, 2)], Vec::new());
    case.amazon.packages.push(package("P-2", PackageState::Cancelled, vec![units(1, 1)]));
    case
}

#[test]
fn a_refund_of_cancelled_units_takes_no_shipped_ones_whatever_the_word_for_it() {
    for (reason, total) in [
        (None, 0),
        (Some("OTHERS"), 0),
        (Some("NOT_DELIVERED"), 0),
        (Some("CANCELLED_ORDER"), 0),
        (Some("RETURN_RECEIVED"), 1000),
        (Some("LOST_IN_TRANSIT"), 1000),
    ] {
        let mut case = one_unit_cancelled();
        case.reason = reason;
        assert_eq!(case.total(), cents(total), "{reason:?}");
        let mut earlier = refund("R0", vec![units(1, 1)], None);
        earlier.request_reason = Some("CANCELLED_ORDER".to_owned());
        case.amazon.refunds.push(earlier);
        let other = if reason == Some("CANCELLED_ORDER") { 0 } else { 1000 };
        assert_eq!(case.total(), cents(other), "{reason:?} after the refund of the cancelled unit");
    }
    let mut case = one_unit_cancelled();
    case.reason = Some("NOT_DELIVERED");
    case.amazon.packages[0].state = PackageState::InTransit;
    assert_eq!(case.total(), cents(1000), "a parcel that is on its way");
}

#[test]
fn cancelled_units_that_may_have_been_credited_by_hand_wait_for_a_person() {
    let mut case = Case::new();
    case.sent = sent(&[5]);
    (case.asked, case.reason) = (vec![units(1, 2)], Some("CANCELLED_ORDER"));
    case.documents = vec![bill("70", 5, 5000)];
    case.amazon.packages.push(package("P-2", PackageState::Cancelled, vec![units(1, 2)]));
    assert_eq!(case.total(), cents(2000));
    case.documents.push(credit("80", "70", 2, 2000));
    assert_eq!(case.code(), "refund_credited_by_hand");
    // a credit from a return authorization is for goods that came back
    let mut authorization = bill("60", 2, 2000);
    authorization.key.kind = DocumentKind::ReturnAuthorization;
    case.documents.push(authorization);
    case.documents[1].created_from = Some("60".into());
    assert_eq!(case.total(), cents(2000));
    // nothing was sent, so whatever was credited was credited for these
    case.documents[1].created_from = Some("70".into());
    case.amazon.packages.remove(0);
    (case.sent, case.documents[0]) = (sent(&[2]), bill("70", 2, 2000));
    assert_eq!(case.total(), Decimal::ZERO);
}
