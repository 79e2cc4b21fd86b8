//! Orders that Amazon took lately, or may have taken.

use amz_domain::{Generation, ItemId, Quantity, Sku};
use amz_services::intent::{IntentChange, IntentKey, NewIntent, Operation};
use amz_services::inventory::{TakenLine, TakenOrder};
use amz_services::link::{Link, SentLine, SentOrder};
use amz_services::work::Lease;

use super::Stores;
use super::samples::{at, claimed, create_order, look, money, order_link, shop};

fn with_lines(link: Link, generation: u32, lines: &[(Option<&str>, u32)]) -> Link {
    let Link::Order(sent) = link else { panic!("{link:?}") };
    let sample = sent.lines[0].clone();
    // one unit of each was cancelled since
    let line = |(sku, quantity): &(Option<&str>, u32)| SentLine {
        sku: sku.map(Sku::from),
        item: sku.map(|sku| ItemId::new(format!("item of {sku}"))),
        quantity: Quantity(*quantity + 1),
        closed: Quantity(1),
        ..sample.clone()
    };
    let lines = lines.iter().map(line).collect();
    Link::Order(Box::new(SentOrder { generation: Generation(generation), lines, ..*sent }))
}

fn wanted(sku: &str, units: u32) -> TakenLine {
    let item = Some(ItemId::new(format!("item of {sku}")));
    TakenLine { sku: Some(sku.into()), item, quantity: Quantity(units) }
}

async fn change(stores: &Stores, lease: &Lease, intent: &NewIntent, change: IntentChange, second: i64) {
    stores.ledger.change(lease, &intent.key, &change, at(second)).await.unwrap();
}

async fn took(stores: &Stores, id: &str, amazon_order: &str, lines: &[(Option<&str>, u32)], second: i64) {
    let claim = claimed(stores, id).await;
    let intent = create_order(id);
    stores.ledger.plan(&claim.lease, &intent, at(second - 2)).await.unwrap();
    change(stores, &claim.lease, &intent, IntentChange::Sent, second - 1).await;
    let links = vec![with_lines(order_link(amazon_order, money("1.00")), 0, lines)];
    change(stores, &claim.lease, &intent, IntentChange::Done { result: None, links }, second).await;
    stores.lanes.complete(&claim, &look(&claim), vec![]).await.unwrap();
}

pub async fn orders_that_amazon_took_lately_are_known_with_their_units(stores: &Stores) {
    took(stores, "1", "322-A", &[(Some("MUG"), 2)], 99).await;
    took(
        stores,
        "3",
        "322-C",
        &[(Some("TEE"), 4), (None, 7), (Some("PEN"), 0), (Some("MUG"), 1), (Some("TEE"), 1)],
        100,
    )
    .await;
    took(stores, "2", "322-B", &[(Some("CUP"), 1)], 120).await;
    let taken = |sales_order: &str, lines: &[(&str, u32)], second| TakenOrder {
        sales_order: sales_order.into(),
        sent_at: Some(at(second - 1)),
        taken_at: Some(at(second)),
        lines: lines.iter().map(|(sku, units)| wanted(sku, *units)).collect(),
    };
    let third = taken("3", &[("TEE", 4), ("MUG", 1), ("TEE", 1)], 100);
    let since = async |second| stores.stock.orders_taken_since(&shop(), at(second)).await.unwrap();
    assert_eq!(since(100).await, [taken("2", &[("CUP", 1)], 120), third]);
    assert_eq!(since(121).await, []);
    assert_eq!(stores.stock.orders_taken_since(&"other".into(), at(0)).await.unwrap(), []);
}

pub async fn of_an_order_that_was_sent_anew_the_newest_counts(stores: &Stores) {
    took(stores, "1", "322-A", &[(Some("MUG"), 2)], 10).await;
    let lease = claimed(stores, "1").await.lease;
    let anew = create_order("1 again");
    stores.ledger.plan(&lease, &anew, at(20)).await.unwrap();
    let links = vec![with_lines(order_link("322-0", money("1.00")), 1, &[(Some("CUP"), 3)])];
    change(stores, &lease, &anew, IntentChange::Done { result: None, links }, 30).await;
    let taken = TakenOrder {
        sales_order: "1".into(),
        sent_at: Some(at(9)),
        taken_at: Some(at(30)),
        lines: vec![wanted("CUP", 3)],
    };
    assert_eq!(stores.stock.orders_taken_since(&shop(), at(0)).await.unwrap(), [taken]);
}

pub async fn orders_that_amazon_may_have_taken_are_known_whatever_their_age(stores: &Stores) {
    for (id, last) in [("1", IntentChange::Sent), ("2", IntentChange::Unclear), ("3", IntentChange::NotSent)]
    {
        let lease = claimed(stores, id).await.lease;
        stores.ledger.plan(&lease, &create_order(id), at(1)).await.unwrap();
        change(stores, &lease, &create_order(id), IntentChange::Sent, 2).await;
        change(stores, &lease, &create_order(id), last, 3).await;
    }
    let lease = claimed(stores, "4").await.lease;
    stores.ledger.plan(&lease, &create_order("4"), at(1)).await.unwrap();
    let refused = IntentChange::Refused { code: "no".to_owned() };
    change(stores, &lease, &create_order("4"), refused, 2).await;
    let lease = claimed(stores, "5").await.lease;
    let update = NewIntent {
        key: IntentKey("update/5".to_owned()),
        operation: Operation::UpdateOrder,
        subject: "order 5".to_owned(),
    };
    stores.ledger.plan(&lease, &update, at(1)).await.unwrap();
    change(stores, &lease, &update, IntentChange::Sent, 2).await;
    let other = NewIntent { key: IntentKey("update/5b".to_owned()), ..update };
    stores.ledger.plan(&lease, &other, at(1)).await.unwrap();
    change(stores, &lease, &other, IntentChange::Done { result: None, links: vec![] }, 3).await;
    let perhaps =
        |id: &str| TakenOrder { sales_order: id.into(), sent_at: None, taken_at: None, lines: Vec::new() };
    assert_eq!(
        stores.stock.orders_taken_since(&shop(), at(1_000)).await.unwrap(),
        [perhaps("1"), perhaps("2")]
    );
    assert_eq!(stores.stock.orders_taken_since(&"other".into(), at(0)).await.unwrap(), []);
}
