use amz_domain::document::AppliedAmount;
use amz_domain::{Currency, DocumentMarks, ItemKind, LineNumber, Origin, Quantity};
use amz_services::ports::documents::{Application, NewDocumentLine};
use rust_decimal::Decimal;
use serde_json::json;

use super::*;
use crate::netsuite::FieldNames;
use crate::netsuite::any_json::{any_value, places};
use crate::netsuite::reading::FieldProblem;
use crate::netsuite::settings::tests::settings;

macro_rules! fixture {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../../fixtures/netsuite/", $name, ".json")))
            .unwrap()
    };
}

fn read(kind: DocumentKind, record: &Value) -> Result<Document, FieldProblem> {
    document(kind, &Node::document(record), &settings())
}

fn exact(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn new(kind: DocumentKind, source: DocumentSource) -> NewDocument {
    NewDocument {
        kind,
        source,
        external_id: ExternalId::of_refund(&"refund-1".into()),
        date: Some("2026-03-01".parse().unwrap()),
        memo: Some("Amazon refund refund-1".to_owned()),
        lines: vec![NewDocumentLine {
            source_line: LineNumber(1),
            quantity: Quantity(2),
            amount: Some(exact("39.80")),
            tax: Some(exact("3.17")),
            reason: Some("TOO_SMALL".to_owned()),
            restock: None,
        }],
        left_out: vec![LineNumber(4)],
        location: Some("7".into()),
        approved: true,
        shipping: Some(Decimal::ZERO),
        handling: Some(Decimal::ZERO),
        account: None,
        apply_to: None,
        marks: DocumentMarks {
            amazon_refund: Some("refund-1".into()),
            origin: Some(Origin::Amazon),
            ..DocumentMarks::default()
        },
    }
}

fn body(new: &NewDocument) -> Value {
    Value::Object(new_body(new, &FieldNames::default()))
}

#[test]
fn a_credit_memo_is_read_with_amounts_applications_and_marks() {
    let credit = read(DocumentKind::CreditMemo, &fixture!("credit_memo")).unwrap();
    assert_eq!(credit.key, DocumentKey::new(DocumentKind::CreditMemo, "900"));
    assert_eq!((credit.status.as_str(), credit.is_voided), ("A", false));
    assert_eq!((credit.created_from, credit.customer), (Some("800".into()), Some("511".into())));
    assert_eq!(credit.date, Some("2026-03-06".parse().unwrap()));
    assert_eq!((credit.currency, credit.exchange_rate), (Currency::USD, Some(exact("1.0"))));
    let [mug, discount] = credit.lines.as_slice() else { panic!("two lines") };
    assert_eq!((mug.line, mug.source_line), (LineNumber(2), Some(LineNumber(1))));
    assert_eq!((mug.amount, mug.tax), (exact("39.80"), Some(exact("3.17"))));
    assert_eq!(mug.amazon_line, Some("amzn-line-1".into()));
    assert_eq!((&discount.kind, discount.amount, discount.rate), (&ItemKind::Discount, exact("-3.98"), None));
    assert_eq!((credit.shipping_cost, credit.discount_total), (exact("4.99"), exact("2.00")));
    assert_eq!((credit.total, credit.amount_remaining), (exact("41.98"), Some(exact("1.98"))));
    let applied = AppliedAmount { document: "700".into(), amount: exact("40.00") };
    assert_eq!(credit.applied, [applied], "what is only offered is not applied");
    assert_eq!(credit.marks.amazon_refund, Some("refund-1".into()));
    assert_eq!(credit.marks.origin, Some(Origin::Amazon));
}

#[test]
fn a_document_with_amounts_below_zero_is_turned_around_as_a_whole() {
    let positive = fixture!("credit_memo");
    let mut negative = positive.clone();
    for pointer in [
        "/total",
        "/taxTotal",
        "/shippingCost",
        "/amountRemaining",
        "/item/items/0/amount",
        "/item/items/0/tax1Amt",
        "/item/items/0/quantity",
        "/item/items/1/amount",
    ] {
        let value = negative.pointer_mut(pointer).unwrap();
        let turned = -amz_domain::decimal::from_json(value).unwrap();
        *value = Value::Number(amz_domain::decimal::json_number(turned).unwrap());
    }
    assert_eq!(read(DocumentKind::CreditMemo, &negative), read(DocumentKind::CreditMemo, &positive));
}

#[test]
fn a_return_authorization_says_what_was_received() {
    let document = read(DocumentKind::ReturnAuthorization, &fixture!("return_authorization")).unwrap();
    assert_eq!((document.status.as_str(), document.total), ("D", Decimal::ZERO));
    let [open, closed] = document.lines.as_slice() else { panic!("two lines") };
    assert_eq!((open.quantity, open.quantity_received, open.is_closed), (exact("3"), exact("1"), false));
    assert_eq!((closed.source_line, closed.is_closed), (Some(LineNumber(4)), true));
    assert_eq!(document.marks.delivery_state.as_deref(), Some("IN_TRANSIT"));
}

#[test]
fn a_receipt_has_the_lines_that_came_back_without_members_of_kits() {
    let receipt = read(DocumentKind::ItemReceipt, &fixture!("item_receipt")).unwrap();
    let lines: Vec<_> =
        receipt.lines.iter().map(|line| (line.source_line.unwrap().0, line.quantity)).collect();
    assert_eq!(lines, [(1, exact("2")), (4, exact("1"))]);
    assert_eq!((receipt.status.as_str(), receipt.total), ("", Decimal::ZERO));
}

#[test]
fn a_customer_refund_has_no_lines_and_may_be_voided_by_status_or_flag() {
    let refund = json!({
        "id": "950", "customer": {"id": "511", "refName": "Ada Lovelace"}, "total": 41.98,
        "status": {"id": "R"}, "tranDate": "2026-03-07",
        "apply": {"links": [], "totalResults": 5000, "hasMore": true,
            "items": [{"doc": {"id": "900"}, "line": 0, "apply": true, "amount": 41.98}]},
    });
    let read = |record: &Value| read(DocumentKind::CustomerRefund, record).unwrap();
    let paid = read(&refund);
    assert_eq!((paid.customer.clone(), paid.lines.len()), (Some("511".into()), 0));
    assert_eq!(paid.applied.len(), 1, "the list need not be whole");
    assert!(!paid.is_voided);
    let with = |name: &str, value: Value| {
        let mut record = refund.clone();
        record[name] = value;
        read(&record)
    };
    assert!(with("status", json!("CustRfnd:V")).is_voided);
    assert!(with("voided", json!("T")).is_voided);
}

#[test]
fn a_document_without_what_counts_is_no_document() {
    let credit = fixture!("credit_memo");
    for (name, value) in [
        ("id", json!(null)),
        ("total", json!(null)),
        ("total", json!("a lot")),
        ("tranDate", json!("3/6/2026")),
        ("item", json!({"links": []})),
        ("currency", json!({"id": "9", "refName": "Galleons"})),
    ] {
        let mut broken = credit.clone();
        broken[name] = value;
        assert!(read(DocumentKind::CreditMemo, &broken).is_err(), "{name}");
    }
}

#[test]
fn a_credit_takes_its_lines_and_turns_all_others_to_nothing() {
    let bill = DocumentKey::new(DocumentKind::Invoice, "700");
    let mut credit = new(DocumentKind::CreditMemo, DocumentSource::Document(bill));
    credit.apply_to = Some(Application { document: "700".into(), amount: None });
    let body = body(&credit);
    assert_eq!(body["item"]["items"][0]["amount"].to_string(), "39.80");
    assert_eq!(body["item"]["items"][0]["tax1Amt"].to_string(), "3.17");
    assert_eq!(body["shippingCost"].to_string(), "0", "a transform would take all of it");
    let line = json!({
        "orderLine": 1, "quantity": 2, "location": {"id": "7"},
        "custcol_amz_return_reason": "TOO_SMALL",
        "amount": body["item"]["items"][0]["amount"], "tax1Amt": body["item"]["items"][0]["tax1Amt"],
    });
    assert_eq!(
        body,
        json!({
            "externalId": "amz-cm-refund-1",
            "tranDate": "2026-03-01",
            "memo": "Amazon refund refund-1",
            "location": {"id": "7"},
            "shippingCost": body["shippingCost"],
            "handlingCost": body["handlingCost"],
            "apply": {"items": [{"doc": {"id": "700"}, "apply": true}]},
            "custbody_amz_refund_id": "refund-1",
            "custbody_amz_origin": "amazon",
            "item": {"items": [line, {"orderLine": 4, "quantity": 0}]},
        })
    );
}

#[test]
fn a_return_authorization_is_approved_or_left_to_staff() {
    let mut authorization = new(DocumentKind::ReturnAuthorization, DocumentSource::SalesOrder("42".into()));
    assert_eq!(body(&authorization)["orderStatus"], json!({"id": "B"}));
    authorization.approved = false;
    assert_eq!(body(&authorization)["orderStatus"], json!({"id": "A"}));
    let credit = new(DocumentKind::CreditMemo, DocumentSource::SalesOrder("42".into()));
    assert_eq!(body(&credit).get("orderStatus"), None);
}

#[test]
fn a_receipt_says_of_every_line_whether_it_came_back() {
    let authorization = DocumentKey::new(DocumentKind::ReturnAuthorization, "800");
    let mut receipt = new(DocumentKind::ItemReceipt, DocumentSource::Document(authorization));
    receipt.lines[0].amount = None;
    receipt.lines[0].tax = None;
    receipt.lines[0].reason = None;
    receipt.shipping = None;
    assert_eq!(
        body(&receipt)["item"]["items"],
        json!([
            {"orderLine": 1, "quantity": 2, "itemReceive": true, "location": {"id": "7"}},
            {"orderLine": 4, "itemReceive": false},
        ])
    );
}

#[test]
fn a_customer_refund_names_customer_account_and_credit_and_has_no_lines() {
    let mut refund = new(DocumentKind::CustomerRefund, DocumentSource::Customer("511".into()));
    refund.lines.clear();
    refund.left_out.clear();
    refund.location = None;
    refund.shipping = None;
    refund.account = Some("121".into());
    refund.apply_to = Some(Application { document: "900".into(), amount: Some(exact("41.98")) });
    let body = body(&refund);
    assert_eq!((&body["customer"], &body["account"]), (&json!({"id": "511"}), &json!({"id": "121"})));
    assert_eq!(body["apply"]["items"][0]["amount"].to_string(), "41.98");
    for absent in ["item", "location", "shippingCost", "orderStatus"] {
        assert_eq!(body.get(absent), None, "{absent}");
    }
}

#[test]
fn a_patch_names_only_what_changes() {
    let body = |patch: &DocumentPatch| Value::Object(patch_body(patch, &FieldNames::default()));
    assert_eq!(body(&DocumentPatch::default()), json!({}));
    let patch = DocumentPatch {
        memo: None,
        close: vec![LineNumber(2), LineNumber(5)],
        marks: DocumentMarks {
            delivery_state: Some("DELIVERED".to_owned()),
            message: Some(String::new()),
            ..DocumentMarks::default()
        },
    };
    assert_eq!(
        body(&patch),
        json!({
            "custbody_amz_delivery_state": "DELIVERED",
            "custbody_amz_sync_message": null,
            "item": {"items": [{"line": 2, "isClosed": true}, {"line": 5, "isClosed": true}]},
        })
    );
}

#[test]
fn every_kind_has_a_record_type_and_a_code_of_its_own() {
    for kind in DocumentKind::ALL {
        let record = record_type(kind);
        assert_eq!(record.operations.transform, format!("{}.transform", record.path));
        assert_eq!(DocumentKind::parse(record.path), Some(kind));
    }
    for (code, kind) in [("CustRfnd", DocumentKind::CustomerRefund), ("ItemRcpt", DocumentKind::ItemReceipt)]
    {
        assert_eq!(record_types::kind_of(code), Some(kind));
    }
}

proptest::proptest! {
    #[test]
    fn any_json_in_any_field_is_read_or_named(index in 0usize..60, value in any_value()) {
        let mut record = fixture!("credit_memo");
        let places = places(&record);
        *record.pointer_mut(&places[index % places.len()]).unwrap() = value;
        for kind in DocumentKind::ALL {
            let _ = read(kind, &record);
        }
    }
}
