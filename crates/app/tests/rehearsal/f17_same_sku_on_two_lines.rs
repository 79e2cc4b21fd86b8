//! F-17: the same SKU on two lines.

use amz_sandbox::amazon::{CancellationReason, ItemCondition, Order};
use amz_sandbox::netsuite::BillKind;
use rust_decimal::Decimal;
use serde_json::json;

use crate::goods::{
    arrive, authorization, delivered, grade, lines, new_return, packages, receipts, stage, status,
};
use crate::orders::{decimal, fulfilled, line, order_of, pending, units};
use crate::stage::Stage;

/// Both lines are the same item, at different prices.
const LINES: [(u64, u32, &str); 2] = [(101, 2, "9.99"), (101, 2, "7.49")];

fn is_one_sku(amazon: &Order) -> bool {
    amazon.lines.len() == 2 && amazon.lines.iter().all(|line| line.sku.as_deref() == Some("SKU-101"))
}

#[tokio::test]
async fn f17_units_that_amazon_cancels_leave_their_own_line() {
    let stage = stage(&[]).await;
    let id = stage.enter_one(order_of("SO-1", &LINES));
    stage.settle().await;
    let amazon = stage.amazon_order(id);
    assert!(is_one_sku(&amazon));
    let before = stage.sales_order(id);
    // first one unit of line 2, then the other
    let cancelled = vec![units(&amazon, 1, 1)];
    let package = pending(&amazon).id.clone();
    stage.amazon().cancel_units(&amazon.id, &package, cancelled, CancellationReason::Unfulfillable).unwrap();
    stage.settle().await;
    let order = stage.sales_order(id);
    assert_eq!(line(&order, 0), line(&before, 0), "line 1 is as it was");
    assert_eq!(
        (decimal(line(&order, 1), "quantity"), &line(&order, 1)["isClosed"]),
        (Decimal::ONE, &json!(false))
    );

    let package = pending(&stage.amazon_order(id)).id.clone();
    let cancelled = vec![units(&amazon, 1, 1)];
    stage.amazon().cancel_units(&amazon.id, &package, cancelled, CancellationReason::Unfulfillable).unwrap();
    stage.settle().await;
    let order = stage.sales_order(id);
    assert_eq!(line(&order, 0), line(&before, 0), "line 1 is as it was");
    assert_eq!(line(&order, 1)["isClosed"], json!(true));

    stage.amazon().ship(&amazon.id, &pending(&stage.amazon_order(id)).id, "ups", "1Z-FIRST").unwrap();
    stage.settle().await;
    assert_eq!(fulfilled(&stage.fulfillments(id)[0]), [(1, Decimal::TWO)]);
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn f17_what_comes_back_of_a_line_is_authorized_on_that_line_and_refunded_at_its_price() {
    // this Amazon asks for a refund when the unit arrives
    let stage = Stage::new().await;
    let (id, amazon) = delivered(&stage, "SO-1", &LINES).await;
    assert!(is_one_sku(&amazon));
    stage.netsuite().bill(id, BillKind::Invoice, &[]).unwrap();
    for (returns, (order_line, price)) in [(2, "7.49"), (1, "9.99")].into_iter().enumerate() {
        let back = vec![units(&amazon, order_line - 1, 1)];
        let back_id = stage.amazon().start_return(&amazon.id, new_return(&back, Vec::new())).unwrap();
        arrive(&stage, &amazon.id, &back_id, &packages(&stage, &amazon.id, &back_id)[0]);
        grade(&stage, &amazon.id, &back_id, &back[0], ItemCondition::Sellable);
        stage.amazon().complete_return(&amazon.id, &back_id).unwrap();
        stage.settle().await;
        let all = crate::goods::authorizations(&stage, id);
        assert_eq!(all.len(), returns + 1);
        assert_eq!(lines(&all[returns], &amazon), [(order_line, Decimal::ONE)]);
        assert_eq!(receipts(&stage, &all[returns]).len(), 1);
        let credits = stage.netsuite().documents("creditMemo");
        assert_eq!(credits.len(), returns + 1);
        assert_eq!(lines(&credits[returns], &amazon), [(order_line, Decimal::ONE)]);
        assert_eq!(decimal(&credits[returns], "total"), price.parse().unwrap());
        let told = &stage.amazon_order(id).refunds[returns];
        assert_eq!((told.total.amount, told.payments.len()), (price.parse().unwrap(), 1));
    }
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn f17_one_return_of_both_lines_keeps_them_apart() {
    let stage = stage(&[]).await;
    let (id, amazon) = delivered(&stage, "SO-1", &LINES).await;
    let back = [units(&amazon, 0, 1), units(&amazon, 1, 2)];
    let back_id = stage.amazon().start_return(&amazon.id, new_return(&back, Vec::new())).unwrap();
    arrive(&stage, &amazon.id, &back_id, &packages(&stage, &amazon.id, &back_id)[0]);
    for units in &back {
        grade(&stage, &amazon.id, &back_id, units, ItemCondition::Sellable);
    }
    stage.amazon().complete_return(&amazon.id, &back_id).unwrap();
    stage.settle().await;
    let authorization = authorization(&stage, id);
    assert_eq!(lines(&authorization, &amazon), [(1, Decimal::ONE), (2, Decimal::TWO)]);
    assert_eq!(status(&authorization), "F");
    let receipts = receipts(&stage, &authorization);
    assert_eq!(receipts.len(), 1);
    assert_eq!(lines(&receipts[0], &amazon), [(1, Decimal::ONE), (2, Decimal::TWO)]);
    assert_eq!(stage.parked().await, []);
}
