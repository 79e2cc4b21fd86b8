//! Stock while vendors fail.

use amz_sandbox::{CallSelector, Fault, Vendor};
use amz_services::inventory::RunPhase;

use crate::orders::order_of;
use crate::stage::Stage;
use crate::stock_stage::sku;

#[tokio::test]
async fn stock_is_adjusted_once_although_the_answer_was_lost() {
    let stage = Stage::with_stock(&[]).await;
    stage.stock(101, 10, 7);
    stage.fault(Vendor::NetSuite, "inventoryAdjustment.create", CallSelector::Nth(1), Fault::LostAnswer);
    let run = stage.full_run("run").await;
    assert_eq!(run.phase, RunPhase::Done);
    assert_eq!((stage.on_hand(101), stage.adjusted()), (10, vec![(101, 3)]));
    assert_eq!(stage.stock_parked().await, []);
}

#[tokio::test]
async fn stock_is_adjusted_although_the_request_never_arrived() {
    let stage = Stage::with_stock(&[]).await;
    stage.stock(101, 10, 7);
    stage.fault(Vendor::NetSuite, "inventoryAdjustment.create", CallSelector::Nth(1), Fault::DropBefore);
    let run = stage.full_run("run").await;
    assert_eq!(run.phase, RunPhase::Done);
    assert_eq!((stage.on_hand(101), stage.adjusted()), (10, vec![(101, 3)]));
    assert_eq!(stage.stock_parked().await, []);
}

#[tokio::test]
async fn stock_waits_for_its_credentials_and_orders_do_not() {
    let stage = Stage::with_stock(&[]).await;
    stage.stock(101, 10, 10);
    stage.amazon().set_stock(&sku(101), 9).unwrap();
    stage.settle().await;
    assert_eq!(stage.adjusted(), [(101, -1)]);

    let granted = stage.amazon().settings().sp_api.refresh_token.clone();
    stage.amazon().revoke_sp_api_refresh_token();
    stage.amazon().revoke_sp_api_tokens();
    stage.amazon().set_stock(&sku(101), 20).unwrap();
    stage.ask_for_run("run", false, &[]).await;
    let id = stage.enter_one(order_of("SO-1", &[(900, 1, "5.00")]));
    stage.go_on_for_a_while().await;
    assert_eq!(stage.amazon_orders(id), 1, "orders go on");
    let parked = stage.stock_parked().await;
    assert!(
        !parked.is_empty() && parked.iter().all(|(_, code)| code == "stock_credentials_refused"),
        "{parked:?}"
    );
    assert_eq!(stage.adjusted(), [(101, -1)]);
    let later = stage.enter_one(order_of("SO-2", &[(900, 1, "5.00")]));
    stage.go_on_for_a_while().await;
    assert_eq!(stage.amazon_orders(later), 1, "orders go on all the while");

    stage.amazon().set_sp_api_refresh_token(&granted);
    stage.settle().await;
    assert_eq!(stage.stock_parked().await, [], "it goes on by itself");
    assert_eq!((stage.on_hand(101), stage.adjusted()), (20, vec![(101, -1), (101, 11)]));
    assert_eq!(stage.run("run").await.phase, RunPhase::Done);
}

#[tokio::test]
async fn stock_is_right_in_the_end_of_a_day_on_which_everything_fails() {
    let stage = Stage::with_stock(&[]).await;
    for item in 101..=110 {
        stage.stock(item, 10, 7);
    }
    stage.vendors.sandbox.faults.add_all(amz_sandbox::Faults::heavy(11));
    stage.ask_for_run("run", false, &[]).await;
    for item in 101..=104 {
        stage.amazon().receive(&sku(item), 2).unwrap();
    }
    stage.settle_under_faults().await;
    stage.clear_faults();
    stage.full_run("last").await;
    for item in 101..=110 {
        let expected = if item <= 104 { 12 } else { 10 };
        let of_item = stage.adjusted().into_iter().filter(|(of, _)| *of == item);
        assert_eq!((stage.on_hand(item), of_item.map(|(_, units)| units).sum()), (expected, expected - 7));
    }
    assert_eq!(stage.stock_parked().await, []);
}
