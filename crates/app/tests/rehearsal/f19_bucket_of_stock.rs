//! F-19 for Amazon's stock: a burst of events costs few calls, and holds up nobody.

use std::time::Duration;

use amz_sandbox::amazon::Pace;
use amz_services::inventory::RunPhase;

use crate::orders::order_of;
use crate::stage::Stage;
use crate::stock_stage::sku;
use crate::wire::WireCall;

const STOCK: &str = "getInventorySummaries";

/// A stage with so many SKUs in step, whose Amazon enforces a pace by real time: slow enough that calls do not bunch by a
/// whole turn because the machine is busy.
async fn paced(skus: u64) -> Stage {
    let changes = [("AMAZON__SP_API__CALLS_PER_SECOND", "8"), ("INVENTORY__ROAD", "crawl")];
    let stage = Stage::with_stock_at(&changes, |vendors| {
        let habits = &mut vendors.amazon.sp_api.habits;
        (habits.pace, habits.rate_per_s, habits.burst) = (Pace::RealTime, 8, 2);
    })
    .await;
    for item in 1..=skus {
        stage.stock(item, 10, 10);
    }
    stage
}

fn stock_calls(stage: &Stage, mark: u64) -> Vec<WireCall> {
    let wire = stage.wire().into_iter();
    wire.filter(|call| call.number > mark && call.operation == STOCK).collect()
}

/// Lets Amazon's stock of SKUs change at once; all events arrive.
async fn burst(stage: &Stage, items: std::ops::RangeInclusive<u64>) {
    stage.amazon().hold_events();
    for item in items {
        stage.amazon().set_stock(&sku(item), 9).unwrap();
    }
    stage.amazon().release_events();
    stage.amazon().events_settled().await;
}

#[tokio::test]
async fn f19_five_hundred_events_cost_ten_calls_and_hold_no_order_up() {
    let stage = paced(500).await;
    let mark = stage.mark();
    burst(&stage, 1..=500).await;
    stage.intake().await;
    // all stock is due before the orders come
    stage.advance(Duration::from_secs(5));
    let orders =
        stage.enter((0..4).map(|number| order_of(&format!("SO-{number}"), &[(900, 1, "5.00")])).collect());
    stage.feed().await;
    stage.work().await;
    let calls = stock_calls(&stage, mark);
    let last = calls.last().unwrap().number;
    let taken = stage.wire().into_iter().filter(|call| call.operation == "createOrder");
    assert!(taken.clone().count() == orders.len() && taken.clone().all(|call| call.number < last));
    stage.settle().await;
    let calls = stock_calls(&stage, mark);
    assert_eq!(calls.len(), 10);
    assert!(calls.iter().all(|call| call.status == Some(200)), "no call came too early");
    assert!((1..=500).all(|item| stage.on_hand(item) == 9));
    assert_eq!(stage.ours().len(), 1, "one document for all");
    assert_eq!(stage.stock_parked().await, []);
}

#[tokio::test]
async fn f19_events_during_a_crawl_go_first_and_the_crawl_completes() {
    let stage = paced(40).await;
    let mut habits = stage.amazon().sp_api_habits();
    habits.page_size = 2;
    stage.amazon().set_sp_api_habits(habits);
    let mark = stage.mark();
    stage.ask_for_run("run", false, &[]).await;
    burst(&stage, 1..=1).await;
    stage.intake().await;
    stage.advance(Duration::from_secs(5));
    stage.work().await;
    let calls = stock_calls(&stage, mark);
    let named = calls.iter().position(|call| call.path.contains("sellerSkus")).unwrap();
    assert!(named + 1 < calls.len(), "the event did not wait for the end of the crawl");
    assert!(calls.iter().all(|call| call.status == Some(200)));
    stage.settle().await;
    let run = stage.run("run").await;
    assert_eq!((run.phase, run.read_skus, run.pages), (RunPhase::Done, 40, 20));
    assert_eq!(stage.adjusted(), [(1, -1)]);
}
