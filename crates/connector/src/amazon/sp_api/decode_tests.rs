//! What is read from answers, whole and broken ones.

use proptest::prelude::*;
use serde_json::json;

use super::*;

macro_rules! fixture {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../../fixtures/amazon/sp_api/", $name)))
            .unwrap()
    };
}

fn read_at() -> DateTime<Utc> {
    "2026-11-01T12:00:00Z".parse().unwrap()
}

fn one(summary: &Value) -> Option<StockReading> {
    let document = json!({ "payload": { "inventorySummaries": [summary] } });
    page(&document, read_at()).unwrap().readings.pop()
}

fn fulfillable(value: &Value) -> Option<Quantity> {
    // the second figure keeps the details from being empty
    let details = json!({ "fulfillableQuantity": value, "inboundShippedQuantity": 1 });
    one(&json!({ "sellerSku": "A", "inventoryDetails": details })).unwrap().figures.unwrap().fulfillable
}

#[test]
fn a_full_summary_gives_every_figure_and_a_sparse_one_none() {
    let page = page(&fixture!("page_full_and_sparse.json"), read_at()).unwrap();
    let quantity = |units| Some(Quantity(units));
    let figures = StockFigures {
        fulfillable: quantity(90),
        pending_customer_order: quantity(7),
        pending_transshipment: quantity(4),
        processing: quantity(1),
        inbound_working: quantity(1),
        inbound_shipped: quantity(20),
        inbound_receiving: quantity(3),
        researching: quantity(2),
        unfulfillable: quantity(5),
        total: quantity(131),
    };
    let full = StockReading {
        sku: "TEAPOT GREEN".into(),
        fulfillment_sku: Some("X00TEAPOT1".into()),
        condition: Some("NewItem".into()),
        figures: Some(figures),
        changed_at: Some("2026-10-30T07:14:55Z".parse().unwrap()),
        read_at: read_at(),
    };
    let sparse = StockReading {
        sku: "TEAPOT-LID".into(),
        fulfillment_sku: None,
        condition: None,
        figures: None,
        changed_at: None,
        read_at: read_at(),
    };
    assert_eq!(page.readings, [full, sparse]);
    assert_eq!(page.next_token.as_deref(), Some("made+up/token=="));
}

#[test]
fn an_empty_token_null_and_nothing_all_mean_the_last_page() {
    for document in [fixture!("page_empty_list.json"), fixture!("page_last_with_empty_token.json")] {
        assert_eq!(page(&document, read_at()).unwrap().next_token, None);
    }
    let last = page(&fixture!("page_last_with_empty_token.json"), read_at()).unwrap();
    let reading = &last.readings[0];
    assert_eq!(reading.sku.as_str(), "SAUCER, SMALL");
    assert_eq!((&reading.fulfillment_sku, &reading.condition), (&None, &None));
    assert_eq!(reading.figures.as_ref().unwrap().fulfillable, Some(Quantity(14)));
}

#[test]
fn the_next_token_is_found_inside_the_payload_too() {
    let document = json!({ "payload": { "inventorySummaries": [], "pagination": { "nextToken": "t" } } });
    assert_eq!(page(&document, read_at()).unwrap().next_token.as_deref(), Some("t"));
}

#[test]
fn details_without_a_figure_are_unknown_whatever_the_total_says() {
    let kinds = [json!({}), json!(null), json!({ "fulfillableQuantity": null }), json!({ "other": 4 })];
    for details in kinds {
        let summary = json!({ "sellerSku": "A", "totalQuantity": 0, "inventoryDetails": details });
        assert_eq!(one(&summary).unwrap().figures, None, "{details}");
    }
}

#[test]
fn figures_come_as_numbers_or_text_and_nonsense_is_unknown() {
    for (value, expected) in [
        (json!(7), Some(7)),
        (json!("7"), Some(7)),
        (json!(7.0), Some(7)),
        (json!(-3), Some(0)),
        (json!(0), Some(0)),
        (json!(7.5), None),
        (json!(5_000_000_000_u64), None),
        (json!("many"), None),
        (json!(true), None),
        (json!(null), None),
    ] {
        assert_eq!(fulfillable(&value), expected.map(Quantity), "{value}");
    }
}

#[test]
fn a_time_that_cannot_be_read_does_not_fail_the_page() {
    for time in [json!(""), json!("yesterday"), json!(null), json!(5)] {
        let summary = json!({ "sellerSku": "A", "lastUpdatedTime": time });
        assert_eq!(one(&summary).unwrap().changed_at, None, "{time}");
    }
}

#[test]
fn stock_without_a_sku_is_skipped_and_skus_are_kept_byte_for_byte() {
    assert_eq!(one(&json!({ "fnSku": "X1" })), None);
    assert_eq!(one(&json!({ "sellerSku": "" })), None);
    assert_eq!(one(&json!({ "sellerSku": " a B " })).unwrap().sku.as_str(), " a B ");
}

#[test]
fn a_list_or_an_end_that_cannot_be_read_makes_the_page_unreadable() {
    for document in [
        json!({}),
        json!([]),
        json!({ "payload": null }),
        json!({ "payload": {} }),
        json!({ "payload": { "inventorySummaries": null } }),
        json!({ "payload": { "inventorySummaries": [] }, "pagination": { "nextToken": 5 } }),
        json!({ "payload": { "inventorySummaries": [] }, "errors": [{ "code": "InternalFailure" }] }),
    ] {
        assert!(page(&document, read_at()).is_err(), "{document}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whole_numbers_are_read_exactly(units in 0_u32.., as_text: bool) {
        let value = if as_text { json!(units.to_string()) } else { json!(units) };
        prop_assert_eq!(fulfillable(&value), Some(Quantity(units)));
    }
}
