//! F-15: mixed currencies.

use amz_sandbox::amazon::{Money, RefundState};
use amz_sandbox::netsuite::BillKind;
use serde_json::json;

use crate::money::{DOCUMENTS, amount, billed, taxed};
use crate::orders::{decimal, exact, line, text};
use crate::stage::Stage;

fn canadian(amount: &str) -> Money {
    Money { amount: amount.parse().unwrap(), currency_code: Some("CAD".to_owned()) }
}

/// An order in US dollars of an account that keeps its books in another currency.
fn foreign() -> serde_json::Value {
    let mut order = taxed("SO-1", 3, "9.99", "2.66");
    order["exchangeRate"] = exact(amount("1.3725"));
    order
}

#[tokio::test]
async fn f15_an_estimate_in_another_currency_parks_and_the_credit_memo_stays_in_the_bills() {
    let stage = Stage::with(&[DOCUMENTS]).await;
    let (sold, invoice) = billed(&stage, foreign(), BillKind::Invoice).await;
    let refund = sold.request(&stage, 2, Some(canadian("29.84")));
    stage.settle().await;
    assert_eq!(stage.parked_codes(sold.id).await, ["refund_currency_differs"]);
    assert_eq!((stage.netsuite().count("creditMemo"), stage.count("updateOrder")), (0, 0));

    stage.approve(sold.id, &format!("refund/{refund}")).await;
    stage.settle().await;
    assert_eq!(stage.parked().await, []);
    let memos = stage.netsuite().documents("creditMemo");
    assert_eq!(memos.len(), 1);
    assert_eq!(memos[0]["currency"]["refName"], json!("USD"));
    assert_eq!(decimal(&memos[0], "exchangeRate"), amount("1.3725"));
    assert_eq!(decimal(line(&memos[0], 0), "amount"), amount("19.98"));
    assert_eq!(decimal(line(&memos[0], 0), "tax1Amt"), amount("1.77"));
    assert_eq!(decimal(&memos[0], "total"), amount("21.75"));
    let memo = text(&memos[0], "memo");
    for words in ["29.84 CAD", "amounts in USD", "rate 1.3725", &format!("from invoice {invoice}")] {
        assert!(memo.contains(words), "{words:?} is not in {memo:?}");
    }
    let told = sold.refund(&stage, &refund);
    assert_eq!(told.state, RefundState::Success);
    assert_eq!(told.total, Money { amount: amount("21.75"), currency_code: Some("USD".to_owned()) });
    assert_eq!(told.payments[0].amount.currency_code.as_deref(), Some("USD"));
}

#[tokio::test]
async fn f15_an_estimate_without_a_currency_parks_for_good() {
    let stage = Stage::with(&[DOCUMENTS]).await;
    let (sold, _) = billed(&stage, foreign(), BillKind::Invoice).await;
    let bare = Money { amount: amount("10.88"), currency_code: None };
    let refund = sold.request(&stage, 1, Some(bare.clone()));
    stage.settle().await;
    for round in 0..2 {
        assert_eq!(stage.parked_codes(sold.id).await, ["refund_without_currency"], "round {round}");
        stage.approve(sold.id, &format!("refund/{refund}")).await;
        stage.settle().await;
        stage.repeat_event("REFUND_REQUESTED", &format!("again-{round}")).await;
        stage.settle().await;
    }
    assert_eq!(stage.netsuite().count("creditMemo"), 0);
    assert_eq!((stage.count("creditMemo.transform"), stage.count("updateOrder")), (0, 0));
    assert_eq!(sold.refund(&stage, &refund).total, bare);
}
