use super::*;
use crate::netsuite::any_json::{any_value, places};
use crate::netsuite::settings::tests::settings;
use amz_domain::Currency;
use amz_domain::{CancelState, Channel, Quantity, SyncState, decimal};
use amz_services::failure::Failure;
use rust_decimal::Decimal;

const ORDER: &str = include_str!("../../fixtures/netsuite/sales_order.json");

fn read(document: &Value) -> Result<SalesOrder, FieldProblem> {
    sales_order(&"1207".into(), &Node::document(document), &settings())
}

fn fixture() -> Value {
    serde_json::from_str(ORDER).unwrap()
}

fn number(text: &str) -> Decimal {
    decimal::parse(text).unwrap()
}

#[test]
fn the_body_is_read_with_exact_amounts() {
    let order = read(&fixture()).unwrap();
    assert_eq!(order.number, "SO1207");
    assert_eq!(order.status, SalesOrderStatus::PendingFulfillment);
    assert_eq!(order.created_at.to_rfc3339(), "2026-02-28T17:04:00+00:00");
    assert_eq!(order.location, Some("7".into()));
    assert_eq!(order.ship_method, Some("42".into()));
    assert_eq!(order.currency, Currency::USD);
    assert_eq!(order.customer_name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(order.ship_to.country.as_deref(), Some("US"));
    assert_eq!(order.ship_to.attention, None);
    assert_eq!(order.total, number("65.86"));
    assert_eq!(order.discount_total, number("2.00"), "a discount is a positive amount");
    assert_eq!(order.marks.sync_state, Some(SyncState::Sent));
    assert!(!order.marks.hold);
}

#[test]
fn lines_are_read_in_every_form_that_is_seen() {
    let order = read(&fixture()).unwrap();
    let [mug, kit, discount] = &order.lines[..] else { panic!("{} lines", order.lines.len()) };
    assert_eq!((mug.line, mug.unique_key.as_str(), mug.item.as_str()), (LineNumber(1), "90311", "301"));
    assert_eq!(mug.rate.unwrap().to_string(), "19.90");
    assert_eq!((mug.quantity, mug.quantity_fulfilled), (number("3"), number("1")));
    assert!(mug.amazon_flag && !mug.is_closed);
    assert_eq!(mug.amazon_line, Some("amzn-line-1".into()));

    assert_eq!((&kit.kind, kit.item.as_str(), kit.item_name.as_deref()), (&ItemKind::Kit, "305", None));
    assert_eq!((kit.rate.unwrap().to_string(), kit.quantity), ("0.10".to_owned(), number("2")));
    assert!(kit.is_closed && !kit.amazon_flag);
    assert_eq!((kit.tax, mug.tax), (Some(number("0.01")), None));
    assert_eq!((&kit.offer, &kit.preview), (&Some("offer-1".into()), &Some("preview-1".into())));

    assert_eq!(discount.unique_key.as_str(), "6", "without a unique key the line number stands in");
    assert_eq!(discount.rate, None, "a percentage is no price");
    assert_eq!(discount.amount.to_string(), "-12345678901234567.89");
}

#[test]
fn a_line_without_item_type_has_an_unknown_kind() {
    let mut document = fixture();
    document["item"]["items"][0].as_object_mut().unwrap().remove("itemType");
    assert_eq!(read(&document).unwrap().lines[0].kind, ItemKind::Unknown(String::new()));
}

#[test]
fn a_field_that_cannot_be_read_is_named_without_its_value() {
    let cases = [
        ("/createdDate", json!("2026-02-30T17:04:00Z"), "createdDate: "),
        ("/createdDate", Value::Null, "createdDate: "),
        ("/total", json!("a lot"), "total: "),
        ("/status", json!({"links": []}), "status: "),
        ("/currency", json!({"id": "9", "refName": "Doubloon"}), "currency: "),
        ("/item", json!({"links": []}), "item: "),
        ("/item/items/0/quantity", json!({"x": 1}), "item.items[0].quantity: "),
        ("/item/items/1/line", json!(-1), "item.items[1].line: "),
        ("/item/items/0/item", Value::Null, "item.items[0].item: "),
        ("/item/items/0/rate", json!("10%"), "item.items[0].rate: "),
        ("/shippingAddress/city", json!(["Ada Lovelace"]), "shippingAddress.city: "),
    ];
    for (place, value, message) in cases {
        let mut document = fixture();
        *document.pointer_mut(place).unwrap() = value;
        let error = read(&document).unwrap_err().into_port_error("salesOrder.get");
        assert_eq!(error.failure, Failure::BadRecord);
        assert_eq!(error.code, "netsuite_field_unreadable");
        assert!(error.message.starts_with(message), "{place}: {}", error.message);
        assert!(!error.message.contains("Ada"), "{}", error.message);
    }
}

#[test]
fn the_currency_comes_from_settings_name_or_base() {
    let mut settings = settings();
    settings.currencies.insert("5".to_owned(), Currency::try_from("CAD").unwrap());
    let read = |value: Value| currency(&Node::document(&value), &settings).ok().map(String::from);
    assert_eq!(read(json!({"id": "5", "refName": "Dollars of the North"})).as_deref(), Some("CAD"));
    assert_eq!(read(json!({"id": "2", "refName": "EUR"})).as_deref(), Some("EUR"));
    assert_eq!(read(json!({"id": "1", "refName": "USA"})).as_deref(), Some("USD"));
    assert_eq!(read(json!("CAD")).as_deref(), Some("CAD"));
    assert_eq!(read(Value::Null).as_deref(), Some("USD"));
    assert_eq!(read(json!({"id": "3", "refName": "Euro"})), None);
}

#[test]
fn a_patch_names_every_line_by_its_key() {
    let patch = SalesOrderPatch {
        amazon_order: Some("322-1".into()),
        channel: Some(Channel::MultiChannel),
        sync_state: Some(SyncState::Sent),
        sync_message: Some(String::new()),
        amazon_lines: vec![(LineNumber(4), "b".into()), (LineNumber(1), "a".into())],
        close: vec![LineNumber(4)],
        ..SalesOrderPatch::default()
    };
    assert_eq!(
        Value::Object(patch_body(&patch, &FieldNames::default())),
        json!({
            "custbody_amz_order_id": "322-1",
            "custbody_amz_channel": "MCF",
            "custbody_amz_sync_state": "sent",
            "custbody_amz_sync_message": null,
            "item": {"items": [
                {"line": 1, "custcol_amz_line_id": "a"},
                {"line": 4, "custcol_amz_line_id": "b", "isClosed": true},
            ]},
        })
    );
    assert!(patch_body(&SalesOrderPatch::default(), &FieldNames::default()).is_empty());
}

#[test]
fn a_patch_tells_what_became_of_a_cancellation_and_what_goes_on_without_amazon() {
    let patch = SalesOrderPatch {
        cancel_state: Some(CancelState::PartlyAccepted),
        close: vec![LineNumber(4)],
        reduce: vec![(LineNumber(1), Quantity(2))],
        release: vec![LineNumber(6), LineNumber(1)],
        ..SalesOrderPatch::default()
    };
    assert_eq!(
        Value::Object(patch_body(&patch, &FieldNames::default())),
        json!({
            "custbody_amz_cancel_state": "partly accepted",
            "item": {"items": [
                {"line": 1, "quantity": 2, "custcol_amz_fulfill": false},
                {"line": 4, "isClosed": true},
                {"line": 6, "custcol_amz_fulfill": false},
            ]},
        })
    );
}

#[test]
fn a_cancellation_that_staff_ask_for_is_read_with_its_reason() {
    let mut document = fixture();
    assert_eq!(read(&document).unwrap().marks.cancel_state, None);
    document["custbody_amz_cancel_state"] = json!({"id": "1", "refName": "requested"});
    document["custbody_amz_cancel_reason"] = json!("ordered twice");
    let marks = read(&document).unwrap().marks;
    assert_eq!(marks.cancel_state, Some(CancelState::Requested));
    assert_eq!(marks.cancel_reason.as_deref(), Some("ordered twice"));
}

proptest::proptest! {
    #[test]
    fn any_json_in_any_field_is_read_or_named(index in 0usize..60, value in any_value()) {
        let mut document = fixture();
        let places = places(&document);
        let place = &places[index % places.len()];
        *document.pointer_mut(place).unwrap() = value;
        let _ = read(&document);
    }
}
