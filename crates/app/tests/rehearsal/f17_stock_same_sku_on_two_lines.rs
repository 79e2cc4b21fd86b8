//! F-17: the same SKU on two lines, and what waits of it.

use std::time::Duration;

use rust_decimal::Decimal;

use crate::f12_stock_counted_once::stuck;
use crate::orders::order_of;
use crate::stage::Stage;

/// Both lines are the same item, at different prices.
const LINES: [(u64, u32, &str); 2] = [(101, 2, "9.99"), (101, 3, "7.49")];

#[tokio::test]
async fn f17_both_lines_of_an_order_count_as_unsent() {
    let stage = Stage::with_stock(&[]).await;
    stage.stock(101, 20, 30);
    stage.enter_one(stuck("SO-1", &LINES));
    stage.settle().await;
    stage.full_run("run").await;
    let drift = stage.drifts("run").await.remove(0);
    let told = drift.arithmetic;
    assert_eq!([told.unsent, told.in_doubt, told.demand], [5, 0, 5].map(Decimal::from));
    assert_eq!((stage.level(101), stage.adjusted()), ((20, 15), vec![(101, -10)]));
}

#[tokio::test]
async fn f17_both_lines_of_an_order_that_amazon_just_took_are_in_doubt() {
    let stage = Stage::with_stock(&[("INVENTORY__RESERVATION_LAG", "10m")]).await;
    stage.stock(101, 20, 20);
    stage.enter_one(order_of("SO-1", &LINES));
    // the order goes to Amazon; whatever else waits has time
    stage.feed().await;
    stage.work().await;
    assert_eq!(stage.amazon().orders().len(), 1);
    stage.netsuite().set_on_hand(101, 7, 40).unwrap();
    stage.ask_for_run("run", false, &[]).await;
    stage.intake().await;
    for _ in 0..3 {
        stage.advance(Duration::from_millis(1));
        stage.work().await;
    }
    let drift = stage.drifts("run").await.remove(0);
    let told = drift.arithmetic;
    assert_eq!([told.unsent, told.in_doubt, told.demand], [0, 5, 5].map(Decimal::from));
    assert_eq!(stage.adjusted(), [(101, -25)], "the low end of what may be right: nothing is oversold");
    stage.settle().await;
    // once Amazon counts the order for sure
    assert_eq!((stage.level(101), stage.adjusted()), ((20, 15), vec![(101, -25), (101, 5)]));
}
