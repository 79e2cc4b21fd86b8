use amz_domain::refunds::RefundTotal;
use amz_domain::returns::{GradedUnits, ItemCondition, ReturnLine};
use amz_domain::{
    AmazonOrderId, CancellationState, Currency, ExecutionState, Money, OrderAlias, PackageState, RefundState,
    ReturnState, TrackerKey,
};

use super::*;
use crate::amazon::bwp::inputs::ForeignAlias;

fn read(json: &str) -> Result<Option<AmazonOrder>, Unreadable> {
    amazon_order(serde_json::from_str(json).unwrap())
}

#[test]
fn reasons_of_returns_are_asked_for_where_amazon_knows_them() {
    let query = |reasons: bool| {
        let request = request(&AmazonOrderId::from("322"), reasons).unwrap();
        request.body["query"].as_str().unwrap().to_owned()
    };
    assert!(query(true).contains(RETURN_REASON_FIELD));
    assert!(!query(false).contains(RETURN_REASON_FIELD));
    let refused = |message: &str| PortError::new(OPERATION, Failure::Refused, "ValidationError", message);
    let unknown = r#"Unknown field "returnReasonTerm" on type "ReturnLineItem"."#;
    assert!(knows_no_return_reasons(&refused(unknown)));
    assert!(!knows_no_return_reasons(&refused("Unknown field")));
}

#[test]
fn the_query_is_what_amazon_documents() {
    let by_id = request(&AmazonOrderId::from("322-ABC1-AAAAAA"), false).unwrap();
    let by_alias = request(&OrderAlias::from("1234567:42"), false).unwrap();
    assert_eq!(by_id.body["variables"].to_string(), r#"{"orderIdentifier":{"orderId":"322-ABC1-AAAAAA"}}"#);
    assert_eq!(
        by_alias.body["variables"]["orderIdentifier"]["alias"],
        serde_json::json!({ "aliasId": "1234567:42", "aliasType": "OMS_ORDER_ID" })
    );
    assert_eq!(by_id.body["query"], by_alias.body["query"]);
    insta::assert_snapshot!(by_id.body["query"].as_str().unwrap());
}

#[test]
fn a_full_order_is_read() {
    let order = read(include_str!("../../../../fixtures/amazon/order.json")).unwrap().unwrap();
    assert_eq!(order.id.as_str(), "322-ABC1-AAAAAA");
    assert_eq!(order.alias, Some("1234567_SB1:42".into()));
    assert_eq!(order.execution, Some(ExecutionState::Started));
    assert_eq!(order.recipient.unwrap().postal_code, "98101");
    let quantities: Vec<u32> = order.lines.iter().map(|line| line.quantity.0).collect();
    assert_eq!(quantities, [1, 2, 3], "given as 1, as 2.0 and as text");
    assert_eq!(order.lines[1].alias, Some("42:1002".into()));
    let [shipped, pending, odd] = order.packages.as_slice() else { panic!("three packages") };
    assert_eq!(shipped.tracker, Some(TrackerKey { carrier: "ups".into(), number: "1Z999".into() }));
    assert_eq!(shipped.contents[0].quantity, Quantity(1));
    assert_eq!((&pending.tracker, pending.contents.len()), (&None, 2));
    assert_eq!(odd.state, PackageState::Unknown("TELEPORTED".into()));
    assert_eq!(odd.reason.as_ref().map(|reason| reason.as_str()), Some("BEAMED_UP"));
}

#[test]
fn what_amazon_leaves_out_or_gives_as_null_does_not_stop_reading() {
    let sparse = read(r#"{"order":{"id":"322"}}"#).unwrap().unwrap();
    let nulls = read(
        r#"{"order":{"id":"322","aliases":null,"metadata":null,"recipient":{"deliveryAddress":null},
            "lineItems":[null],"packageInformation":{"details":null},
            "cancellations":null,"returns":{"details":null},"refunds":{"details":[null]},"novel":{"field":[1]}}}"#,
    );
    assert_eq!(nulls.unwrap().unwrap(), sparse);
    assert!(sparse.lines.is_empty() && sparse.packages.is_empty());
    assert_eq!(read("{}"), Ok(None));
    assert_eq!(read(r#"{"order":null}"#), Ok(None));
}

#[test]
fn what_others_call_a_line_and_the_pages_of_an_order_are_read() {
    let order = read(
        r#"{"order":{"id":"322",
            "orderLinks":[{"url":"https://shop.example/orders/7"},null,{"url":null},{"url":" "},{}],
            "lineItems":[
                {"id":"a","amount":{"value":1},"aliases":[null,{"aliasType":"EXTERNAL_ITEM_ID","aliasId":"7-1"},
                    {"aliasType":"OMS_LINE_ID","aliasId":"42:1001"},{"aliasId":"bare"},{"aliasType":"SKU"}]},
                {"id":"b","amount":{"value":1}}]}}"#,
    );
    let order = order.unwrap().unwrap();
    assert_eq!(order.links, ["https://shop.example/orders/7"]);
    assert_eq!(order.lines[0].names, ["7-1", "bare"], "ours is no name of others");
    assert_eq!(order.lines[0].alias, Some("42:1001".into()));
    assert_eq!(order.lines[1].names, [""; 0]);
}

#[test]
fn an_alias_of_somebody_else_is_asked_for_under_its_own_type() {
    let request = request(ForeignAlias("EXTERNAL_ID", "#1001"), false).unwrap();
    let asked = &request.body["variables"]["orderIdentifier"];
    assert_eq!(*asked, serde_json::json!({"alias": {"aliasId": "#1001", "aliasType": "EXTERNAL_ID"}}));
}

#[test]
fn an_address_shown_in_part_counts_as_not_shown() {
    let order = read(r#"{"order":{"id":"322","recipient":{"deliveryAddress":{"postalCode":"98101"}}}}"#);
    assert_eq!(order.unwrap().unwrap().recipient, None);
}

#[test]
fn an_order_without_what_identifies_it_is_unreadable() {
    for json in [
        r#"{"order":{"aliases":[]}}"#,
        r#"{"order":{"id":"322","lineItems":[{"amount":{"value":1}}]}}"#,
        r#"{"order":{"id":"322","lineItems":[{"id":"a"}]}}"#,
        r#"{"order":{"id":"322","lineItems":[{"id":"a","amount":{"value":1.5}}]}}"#,
        r#"{"order":{"id":"322","lineItems":[{"id":"a","amount":{"value":-1}}]}}"#,
        r#"{"order":{"id":"322","packageInformation":{"details":[{"id":"p"}]}}}"#,
        r#"{"order":{"id":"322","cancellations":{"details":[{"id":"c"}]}}}"#,
        r#"{"order":{"id":"322","returns":{"details":[{"state":"CREATED"}]}}}"#,
        r#"{"order":{"id":"322","refunds":{"details":[{"id":"r"}]}}}"#,
        r#"{"order":{"id":"322","refunds":{"details":[{"id":"r","state":"PENDING","refundFor":
            {"orderLineItems":[{"lineItem":{"id":"a"},"amount":{"value":0.5}}]}}]}}}"#,
    ] {
        assert!(read(json).is_err(), "{json}");
    }
}

fn after_sales() -> AmazonOrder {
    read(include_str!("../../../../fixtures/amazon/order_after_sales.json")).unwrap().unwrap()
}

fn units(line: &str, quantity: u32) -> PackageContent {
    PackageContent { line: line.into(), quantity: Quantity(quantity) }
}

#[test]
fn cancellations_are_read_with_their_refunds() {
    let [ours, theirs] = <[_; 2]>::try_from(after_sales().cancellations).unwrap();
    assert_eq!((&ours.alias, &ours.state), (&Some("1234567_SB1:42".into()), &CancellationState::Rejected));
    assert_eq!(ours.requested_by.as_deref(), Some("MERCHANT"));
    assert_eq!(ours.created_at, Some("2026-03-01T08:00:00.592403284Z".parse().unwrap()));
    assert_eq!((&theirs.alias, &theirs.state), (&None, &CancellationState::Unknown("ABANDONED".into())));
    assert_eq!(theirs.refunds, ["refund-1".into()]);
}

#[test]
fn returns_are_read_with_their_parcels_and_what_was_found_in_them() {
    let [by_amazon, ours, draft] = <[_; 3]>::try_from(after_sales().returns).unwrap();
    let graded = |condition, units| GradedUnits { condition, quantity: Quantity(units) };
    let line = |line: &str, units, graded| ReturnLine {
        line: line.into(),
        quantity: Quantity(units),
        reason: None,
        graded,
        is_graded_with_others: line != "line-b",
    };
    assert_eq!(
        by_amazon.lines,
        [
            line(
                "line-b",
                2,
                vec![graded(ItemCondition::Sellable, 1), graded(ItemCondition::Unknown("STICKY".into()), 1)]
            ),
            line("line-a", 1, vec![]),
            line("line-c", 3, vec![]),
        ],
        "what is graded of an entry with several order lines belongs to none of them for sure"
    );
    let [delivered, created] = by_amazon.packages.as_slice() else { panic!("two parcels") };
    assert_eq!(delivered.contents, [units("line-b", 2)]);
    assert_eq!(delivered.tracker, Some(TrackerKey { carrier: "usps".into(), number: "9400".into() }));
    assert_eq!(delivered.reason.as_deref(), Some("CARRRIER_REJECTED"));
    assert_eq!((&created.contents, &created.tracker), (&vec![], &None));
    assert_eq!((&ours.alias, &ours.state), (&Some("1234567_SB1:900".into()), &ReturnState::Cancelled));
    assert_eq!((&draft.state, draft.lines.len()), (&ReturnState::Draft, 0));
}

#[test]
fn what_is_graded_of_several_lines_at_once_is_known_when_all_units_are_in_one_condition() {
    let graded = |grades: &str| {
        let order = read(&format!(
            r#"{{"order":{{"id":"322","returns":{{"details":[{{"id":"r","state":"CREATED","returnLineItems":[{{
                "returnFor":{{"orderLineItemAmounts":[{{"lineItem":{{"id":"a"}},"amount":{{"value":1}}}},
                    {{"lineItem":{{"id":"b"}},"amount":{{"value":2}}}}]}},
                "grading":{{"summary":{{"unitWiseCondition":[{grades}]}}}}}}]}}]}}}}}}"#
        ));
        let lines = order.unwrap().unwrap().returns.remove(0).lines;
        lines.iter().map(|line| (line.graded_units().0, line.is_graded_with_others)).collect::<Vec<_>>()
    };
    let units = |units: u32| format!(r#"{{"condition":"DAMAGED","amount":{{"value":{units}}}}}"#);
    assert_eq!(graded(&units(3)), [(1, false), (2, false)]);
    assert_eq!(graded(&units(2)), [(0, true), (0, true)]);
    assert_eq!(graded(""), [(0, false), (0, false)]);
}

#[test]
fn the_reason_of_a_return_is_read_where_it_is_shown() {
    let order = read(
        r#"{"order":{"id":"322","returns":{"details":[{"id":"r","state":"CREATED","returnLineItems":[
            {"returnFor":{"orderLineItemAmounts":[{"lineItem":{"id":"a"},"amount":{"value":1}}]},
            "returnReasonTerm":{"reasonCode":"TOO_SMALL"}}]}]}}}"#,
    );
    let order = order.unwrap().unwrap();
    assert_eq!(order.returns[0].lines[0].reason.as_deref(), Some("TOO_SMALL"));
}

#[test]
fn refunds_are_read_with_total_units_and_payments() {
    let [estimated, reported, bare] = <[_; 3]>::try_from(after_sales().refunds).unwrap();
    assert_eq!(estimated.total, RefundTotal::WithoutCurrency("12.340".parse().unwrap()));
    assert_eq!(estimated.lines, [units("line-a", 1), units("line-b", 2)], "in the older form too");
    let total = Money::new("28.1".parse().unwrap(), Currency::USD);
    assert_eq!(
        (reported.total.clone(), &reported.state),
        (RefundTotal::Amount(total), &RefundState::Partial)
    );
    assert_eq!(reported.alias, Some("1234567_SB1:901".into()));
    assert_eq!(reported.payments, ["creditMemo-901"]);
    assert_eq!(reported.request_reason.as_deref(), Some("RETURN_RECEIVED"));
    assert_eq!((&bare.total, &bare.created_at), (&RefundTotal::Absent, &None));
    assert!(bare.lines.is_empty(), "units that are told for some lines only are not told");
}

#[test]
fn a_return_that_is_agreed_must_say_what_comes_back() {
    let with = |state: &str| {
        read(&format!(
            r#"{{"order":{{"id":"322","returns":{{"details":[
                {{"id":"r","state":"{state}","returnLineItems":[{{"returnFor":null}}]}}]}}}}}}"#
        ))
    };
    assert!(with("CREATED").is_err());
    assert!(with("DRAFT").unwrap().unwrap().returns[0].lines.is_empty());
}
