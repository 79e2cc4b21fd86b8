//! How stock is written: adjustments, bins, fields, and what NetSuite does not take.

use amz_sandbox::netsuite::Cue;
use amz_services::inventory::{Mismatch, RowState, RunPhase};
use serde_json::json;

use crate::f12_stock_counted_once::stuck;
use crate::orders::{decimal, text};
use crate::stage::Stage;
use crate::stock_stage::{LOCATION, sku};

const BINS: [(u64, &str); 2] = [(71, "SELLABLE"), (72, "UNSELLABLE")];

#[tokio::test]
async fn stock_in_bins_moves_between_them_and_stays_in_the_house() {
    let changes = [
        ("INVENTORY__WRITE", "bin_transfer"),
        ("INVENTORY__SELLABLE_BIN", "71"),
        ("INVENTORY__UNSELLABLE_BIN", "72"),
    ];
    let stage = Stage::with_stock(&changes).await;
    for item in [101, 102] {
        stage.stock(item, 10, 0);
    }
    for (id, name) in BINS {
        let bin = json!({"id": id, "binNumber": name, "location": {"id": LOCATION.to_string()}});
        stage.netsuite().put_record("bin", &bin).unwrap();
    }
    // four more can be sold than stand where they can be sold; of the other item three fewer, and none is spare
    for (item, bin, units) in [(101, 71, 6), (101, 72, 9), (102, 71, 13), (102, 72, 0)] {
        stage.netsuite().set_in_bin(item, bin, units).unwrap();
    }
    let run = stage.full_run("run").await;
    assert_eq!((run.phase, run.summary.written), (RunPhase::Done, 2));
    let bins = |item| {
        let level = stage.netsuite().stock_level(item, LOCATION).unwrap();
        level.bins.iter().map(|(bin, units)| (*bin, units.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(bins(101), [(71, "10".to_owned()), (72, "5".to_owned())]);
    assert_eq!(bins(102), [(71, "10".to_owned()), (72, "3".to_owned())]);
    assert_eq!((stage.on_hand(101), stage.on_hand(102)), (15, 13), "stock as a whole stays");
    let transfers = stage.netsuite().bin_transfers();
    assert_eq!((transfers.len(), stage.ours().len()), (1, 0));
    assert!(text(&transfers[0], "externalId").starts_with("amz-ia-stage-run-"), "{transfers:?}");

    // an event moves it too, and a run after it finds all in step
    stage.amazon().damage(&sku(101), 2).unwrap();
    stage.settle().await;
    assert_eq!(bins(101), [(71, "8".to_owned()), (72, "7".to_owned())]);
    assert_eq!(stage.full_run("again").await.summary.off, 0);
    assert_eq!(stage.stock_parked().await, []);
}

#[tokio::test]
async fn stock_in_fields_leaves_netsuites_own_stock_alone() {
    let stage = Stage::with_stock(&[("INVENTORY__WRITE", "fields"), ("INVENTORY__BUFFER_UNITS", "1")]).await;
    stage.stock(101, 10, 3);
    stage.enter_one(stuck("UNSENT", &[(101, 2, "5.00")]));
    stage.settle().await;
    stage.full_run("run").await;
    let item = stage.netsuite().record("inventoryItem", 101).unwrap();
    assert_eq!(decimal(&item, "custitem_amz_available").to_string(), "7");
    assert!(text(&item, "custitem_amz_stock_at").starts_with("2026-03-02T"), "{item}");
    assert_eq!((stage.on_hand(101), stage.ours().len()), (3, 0));

    stage.amazon().receive(&sku(101), 5).unwrap();
    stage.settle().await;
    let item = stage.netsuite().record("inventoryItem", 101).unwrap();
    assert_eq!(decimal(&item, "custitem_amz_available").to_string(), "12");
    let mark = stage.mark();
    stage.full_run("again").await;
    assert!(
        !stage.calls_since(mark).contains(&"inventoryItem.patch".to_owned()),
        "what is right is not written"
    );
}

#[tokio::test]
async fn stock_of_kits_is_never_adjusted_and_that_of_their_members_is() {
    let stage = Stage::with_stock(&[("MAPPING__KITS", "as_parts")]).await;
    stage.stock(201, 10, 20);
    stage.stock(202, 10, 20);
    let members = json!([{"item": {"id": "201"}, "quantity": 2}, {"item": {"id": "202"}, "quantity": 1}]);
    let kit = json!({"id": 300, "itemId": "SKU-300", "itemType": "Kit", "custitem_amz_sku": "SKU-300",
                     "member": {"items": members}});
    stage.netsuite().put_item(&kit).unwrap();
    stage.amazon().set_stock(&sku(300), 4).unwrap();
    let mut order = stuck("UNSENT", &[(300, 2, "50.00")]);
    order["item"]["items"][0]["itemType"] = json!({"id": "Kit"});
    stage.enter_one(order);
    stage.settle().await;
    let run = stage.full_run("run").await;
    assert_eq!(run.phase, RunPhase::Done);
    assert_eq!(stage.adjusted(), [(201, -10), (202, -10)]);
    let told = stage.drifts("run").await;
    let unsent: Vec<String> = told.iter().map(|drift| drift.arithmetic.unsent.to_string()).collect();
    assert_eq!(unsent, ["4", "2"], "the members wait for the kits' order");
    assert_eq!((stage.level(201), stage.level(202)), ((10, 6), (10, 8)));
    assert_eq!(stage.mismatches("run").await, [(Mismatch::Kit, sku(300))]);
}

#[tokio::test]
async fn stock_of_items_with_lots_waits_for_a_person() {
    let stage = Stage::with_stock(&[]).await;
    stage.stock(101, 10, 7);
    let lot = json!({"id": 102, "itemId": sku(102), "custitem_amz_sku": sku(102), "isLotItem": true});
    stage.netsuite().put_item(&lot).unwrap();
    stage.netsuite().set_on_hand(102, LOCATION, 7).unwrap();
    stage.amazon().set_stock(&sku(102), 10).unwrap();
    stage.full_run("run").await;
    assert_eq!(stage.adjusted(), [(101, 3)]);
    let parked = vec![("item/102".to_owned(), "lot_numbered".to_owned())];
    assert_eq!(stage.stock_parked().await, parked);
    assert_eq!(stage.mismatches("run").await, [(Mismatch::Lot, sku(102))]);
    // a person adjusts it by hand
    stage.netsuite().set_on_hand(102, LOCATION, 10).unwrap();
    stage.full_run("again").await;
    assert_eq!(stage.stock_parked().await, []);
}

#[tokio::test]
async fn stock_is_posted_on_the_first_open_day_when_the_month_is_closed() {
    let stage = Stage::with_stock(&[]).await;
    stage.stock(101, 10, 7);
    stage.netsuite().close_period(2026, 3).unwrap();
    let run = stage.full_run("run").await;
    assert_eq!((run.phase, stage.on_hand(101)), (RunPhase::Done, 10));
    let ours = stage.ours();
    assert_eq!((ours.len(), text(&ours[0], "tranDate")), (1, "2026-04-01".to_owned()));
    assert_eq!(stage.stock_parked().await, []);
}

#[tokio::test]
async fn stock_of_one_line_that_netsuite_refuses_does_not_hold_the_others_up() {
    let stage = Stage::with_stock(&[]).await;
    for item in 101..=108 {
        stage.stock(item, 10, 7);
    }
    // while the document is on its way, staff make one of the items a lot numbered one
    let lot = json!({"id": 105, "itemId": sku(105), "custitem_amz_sku": sku(105), "isLotItem": true});
    stage.netsuite().before_next("inventoryAdjustment.create", move |netsuite| {
        netsuite.put_item(&lot).unwrap();
    });
    let run = stage.full_run("run").await;
    assert_eq!((run.phase, run.summary.written), (RunPhase::Done, 7));
    let mut adjusted = stage.adjusted();
    adjusted.sort_unstable();
    let others = (101..=108).filter(|item| *item != 105);
    assert_eq!(adjusted, others.map(|item| (item, 3)).collect::<Vec<_>>(), "each once");
    let parked = stage.stock_parked().await;
    assert_eq!((parked.len(), parked[0].0.as_str()), (1, "item/105"), "{parked:?}");
    let states: Vec<RowState> = stage.drifts("run").await.iter().map(|drift| drift.state).collect();
    assert_eq!(states.iter().filter(|state| **state == RowState::Parked).count(), 1);
}

#[tokio::test]
async fn stock_that_staff_count_while_it_is_written_is_corrected_once() {
    let stage = Stage::with_stock(&[]).await;
    stage.stock(101, 10, 7);
    stage.netsuite().before_next("inventoryAdjustment.create", |netsuite| {
        netsuite.adjust_stock(101, LOCATION, 2).unwrap();
    });
    stage.full_run("run").await;
    assert_eq!((stage.on_hand(101), stage.adjusted()), (10, vec![(101, 3), (101, -2)]));
    assert_eq!(stage.stock_parked().await, []);
}

#[tokio::test]
async fn stock_that_somebody_moves_again_and_again_is_left_to_a_person() {
    let stage = Stage::with_stock(&[]).await;
    stage.stock(101, 10, 7);
    for nth in [1, 2] {
        stage.netsuite().before(Cue::next("inventoryAdjustment.create").nth(nth), |netsuite| {
            netsuite.adjust_stock(101, LOCATION, 2).unwrap();
        });
    }
    stage.full_run("run").await;
    assert_eq!(stage.adjusted(), [(101, 3), (101, -2)], "corrected once, not for ever");
    let parked = vec![("item/101".to_owned(), "stock_does_not_settle".to_owned())];
    assert_eq!(stage.stock_parked().await, parked);
    stage.full_run("again").await;
    assert_eq!((stage.on_hand(101), stage.stock_parked().await), (10, vec![]));
}

#[tokio::test]
async fn stock_that_is_sold_while_it_is_written_ends_right() {
    let stage = Stage::with_stock(&[]).await;
    stage.stock(101, 10, 7);
    stage.netsuite().before_next("inventoryAdjustment.create", |netsuite| {
        netsuite.sell(101, LOCATION, 4, true).unwrap();
    });
    stage.ask_for_run("run", false, &[]).await;
    stage.intake().await;
    for _ in 0..3 {
        stage.work().await;
        stage.advance(std::time::Duration::from_millis(1));
    }
    assert_eq!(stage.run("run").await.phase, RunPhase::Done);
    assert_eq!((stage.level(101), stage.adjusted()), ((10, 6), vec![(101, 3)]), "a sale is no difference");
    assert_eq!(stage.stock_parked().await, []);
}

#[tokio::test]
async fn stock_that_was_sold_between_reading_and_writing_is_never_oversold() {
    let stage = Stage::with_stock(&[]).await;
    stage.stock(101, 10, 7);
    // right after the levels were read, and before the orders are
    stage.netsuite().before(Cue::next("suiteql").holding("l.isclosed"), |netsuite| {
        netsuite.sell(101, LOCATION, 4, true).unwrap();
    });
    stage.full_run("run").await;
    let (on_hand, available) = stage.level(101);
    assert_eq!((on_hand, available), (10, 6), "{:?}", stage.adjusted());
}

#[tokio::test]
async fn stock_is_only_planned_when_nothing_shall_be_written() {
    let stage = Stage::with_stock(&[]).await;
    stage.stock(101, 10, 7);
    stage.stock(102, 10, 7);
    stage.ask_for_run("plan", true, &[]).await;
    stage.settle().await;
    assert_eq!((stage.run("plan").await.phase, stage.drifts("plan").await.len()), (RunPhase::Done, 2));
    assert!(stage.drifts("plan").await.iter().all(|drift| drift.state == RowState::Planned));
    stage.ask_for_run("one", false, &["SKU-102"]).await;
    stage.settle().await;
    assert_eq!(stage.adjusted(), [(102, 3)], "and a run of some SKUs is about these only");
}
