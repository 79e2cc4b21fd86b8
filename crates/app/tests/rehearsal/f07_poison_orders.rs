//! F-7: poison orders.

use std::time::Duration;

use serde_json::{Value, json};

use crate::orders::{order, order_of, text};
use crate::stage::Stage;

/// The year has a digit too many: no instant that NetSuite could mean.
const IMPOSSIBLE: &str = "+12026-03-02T09:00:00Z";

/// A stage whose items have their SKU in a field of their own: 101 has one, 999 has none.
async fn stage_with_items() -> Stage {
    let stage = Stage::with(&[("MAPPING__ITEM_SKU_FIELD", "custitem_amz_sku")]).await;
    let known = json!({"id": 101, "itemId": "SKU-101", "custitem_amz_sku": "AMZ-101"});
    stage.netsuite().put_item(&known).unwrap();
    stage.netsuite().put_item(&json!({"id": 999, "itemId": "SKU-999"})).unwrap();
    stage
}

/// A hundred orders; number 3 has an impossible date, number 7 an item without SKU.
fn hundred_orders() -> Vec<Value> {
    let one = |number: u32| match number {
        3 => {
            let mut order = order("SO-3");
            order["createdDate"] = IMPOSSIBLE.into();
            order
        }
        7 => order_of("SO-7", &[(999, 1, "5.00")]),
        _ => order(&format!("SO-{number}")),
    };
    (1..=100).map(one).collect()
}

#[tokio::test]
async fn f07_poison_orders_park_alone() {
    let stage = stage_with_items().await;
    let ids = stage.enter(hundred_orders());
    let (bad_date, no_sku) = (ids[2], ids[6]);
    assert!(text(&stage.sales_order(bad_date), "createdDate").contains("12026"), "the sandbox shows it");
    stage.settle().await;

    let finished: Vec<u64> = ids.iter().copied().filter(|id| stage.amazon_orders(*id) == 1).collect();
    assert_eq!(finished.len(), 98);
    assert_eq!(stage.amazon().orders().len(), 98);
    for id in &finished {
        assert_eq!(text(&stage.sales_order(*id), "custbody_amz_order_id"), stage.amazon_order(*id).id);
    }
    let parked = stage.parked().await;
    assert_eq!(parked.len(), 2);
    let of = |id| parked.iter().find(|parked| parked.key == Stage::lane(id)).expect("parked");
    let (date, sku) = (of(bad_date), of(no_sku));
    assert_eq!(date.reason.code, "netsuite_field_unreadable");
    assert!(date.reason.cause.contains("createdDate"), "{}", date.reason.cause);
    assert_eq!(sku.reason.code, "sku_unmapped");
    assert!(sku.reason.cause.contains("item 999 on line 1"), "{}", sku.reason.cause);
    for parked in [date, sku] {
        assert!(!parked.reason.hint.is_empty());
    }
    let told = stage.sales_order(no_sku);
    assert_eq!(text(&told, "custbody_amz_sync_state"), "parked");
    assert!(text(&told, "custbody_amz_sync_message").starts_with("sku_unmapped"));

    // the next runs leave them alone
    for _ in 0..3 {
        stage.advance(Duration::from_secs(600));
        let mark = stage.mark();
        assert_eq!((stage.feed().await, stage.intake().await, stage.work().await), (0, 0, 0));
        assert_eq!(stage.calls_since(mark), ["salesOrder.changed"]);
    }

    // an item with a SKU, and somebody who says so
    let mended = json!({"id": 999, "itemId": "SKU-999", "custitem_amz_sku": "AMZ-999"});
    stage.netsuite().put_item(&mended).unwrap();
    stage.retry(no_sku).await;
    stage.settle().await;
    assert_eq!(stage.amazon_order(no_sku).lines[0].sku.as_deref(), Some("AMZ-999"));
    assert_eq!(stage.parked_codes(no_sku).await, Vec::<String>::new());
    assert_eq!(text(&stage.sales_order(no_sku), "custbody_amz_sync_state"), "sent");

    // an order that is entered properly needs nobody to say so
    let mut mended = order("SO-3");
    mended["id"] = bad_date.to_string().into();
    stage.enter_one(mended);
    stage.settle().await;
    assert_eq!(stage.amazon_orders(bad_date), 1);
    assert_eq!(stage.parked().await, []);
    assert_eq!(stage.amazon().orders().len(), 100);
}

#[tokio::test]
async fn f07_an_order_over_amazons_limits_is_parked_with_the_numbers() {
    let stage = Stage::new().await;
    let lines: Vec<(u64, u32, &str)> = (0..21).map(|line| (200 + line, 1, "1.00")).collect();
    let id = stage.enter_one(order_of("SO-1", &lines));
    stage.settle().await;
    let parked = stage.parked().await;
    assert_eq!(parked[0].reason.code, "too_many_lines");
    assert!(parked[0].reason.cause.contains("21"), "{}", parked[0].reason.cause);
    assert_eq!((stage.amazon_orders(id), stage.count("createOrder")), (0, 0));
}
