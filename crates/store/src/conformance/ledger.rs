//! Links and parked items.

use amz_services::link::{Link, LinkKey};
use amz_services::parking::{Parked, Reason, Who};
use amz_services::work::{Ask, Lane};

use super::Stores;
use super::samples::{
    at, claim_all, claimed, mark, money, order, order_link, order_of, package_link, reason, request, shop,
    tracker, tracker_link,
};

pub async fn links_are_replaced_by_their_key(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    let first = [package_link("P1", None), order_link("322-A", money("1.00"))];
    stores.ledger.write_links(&lease, &first).await.unwrap();
    let known = [package_link("P1", Some(tracker("1Z"))), tracker_link("1Z", "P1")];
    stores.ledger.write_links(&lease, &known).await.unwrap();
    let [package, tracker] = known;
    let expected = [order_link("322-A", money("1.00")), package, tracker];
    assert_eq!(stores.ledger.links(&order("1")).await.unwrap(), expected);
    assert_eq!(stores.ledger.links(&order("2")).await.unwrap(), []);
}

pub async fn links_come_back_to_the_digit(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    for amount in ["0.10", "19.90", "12345678901234567.89"] {
        stores.ledger.write_links(&lease, &[order_link("322-A", money(amount))]).await.unwrap();
        let links = stores.ledger.links(&order("1")).await.unwrap();
        let [Link::Order(sent)] = links.as_slice() else { panic!("{links:?}") };
        assert_eq!(
            serde_json::to_string(&sent.total).unwrap(),
            serde_json::to_string(&money(amount)).unwrap()
        );
    }
}

pub async fn a_link_tells_its_lane(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    let links = [order_link("X", money("1.00")), package_link("X", None), tracker_link("1Z", "X")];
    stores.ledger.write_links(&lease, &links).await.unwrap();
    for link in &links {
        let lane = stores.ledger.lane_of(&shop(), &link.key()).await.unwrap();
        assert_eq!(lane, Some(Lane::SalesOrder("1".into())));
    }
    assert_eq!(stores.ledger.lane_of(&"other".into(), &links[0].key()).await.unwrap(), None);
    assert_eq!(stores.ledger.lane_of(&shop(), &LinkKey::Tracker(tracker("1Y"))).await.unwrap(), None);
}

pub async fn a_link_can_move_to_another_lane(stores: &Stores) {
    let first = claimed(stores, "1").await.lease;
    stores.ledger.write_links(&first, &[tracker_link("1Z", "P1")]).await.unwrap();
    let second = claimed(stores, "2").await.lease;
    stores.ledger.write_links(&second, &[tracker_link("1Z", "P2")]).await.unwrap();
    assert_eq!(stores.ledger.links(&order("1")).await.unwrap(), []);
    assert_eq!(stores.ledger.links(&order("2")).await.unwrap(), [tracker_link("1Z", "P2")]);
}

pub async fn parking_is_news_once_per_code(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    let park = async |subject: &str, code: &str| {
        stores.ledger.park(&lease, subject, &reason(code), at(1)).await.unwrap()
    };
    assert!(park("order", "address_incomplete").await);
    assert!(!park("order", "address_incomplete").await);
    assert!(park("package/P1", "address_incomplete").await);
    assert!(park("order", "over_limit").await);
    assert!(!park("order", "over_limit").await);
    assert_eq!(stores.ledger.parked(&order("1")).await.unwrap().len(), 2);
}

pub async fn a_renewed_reason_keeps_its_date_and_a_new_one_does_not(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    stores.ledger.park(&lease, "order", &reason("a"), at(1)).await.unwrap();
    let renewed = Reason::new("a", "two fields are missing", "fill in both", Who::Operator);
    stores.ledger.park(&lease, "order", &renewed, at(2)).await.unwrap();
    let parked = |reason: Reason, since_s: i64| Parked {
        key: order("1"),
        subject: "order".to_owned(),
        reason,
        since: at(since_s),
    };
    assert_eq!(stores.ledger.parked(&order("1")).await.unwrap(), [parked(renewed, 1)]);
    stores.ledger.park(&lease, "order", &reason("b"), at(3)).await.unwrap();
    assert_eq!(stores.ledger.parked(&order("1")).await.unwrap(), [parked(reason("b"), 3)]);
}

pub async fn unparking_is_news_once(stores: &Stores) {
    let lease = claimed(stores, "1").await.lease;
    assert!(!stores.ledger.unpark(&lease, "order", at(1)).await.unwrap());
    stores.ledger.park(&lease, "order", &reason("a"), at(1)).await.unwrap();
    assert!(!stores.ledger.unpark(&lease, "package/P1", at(1)).await.unwrap());
    assert!(stores.ledger.unpark(&lease, "order", at(1)).await.unwrap());
    assert!(!stores.ledger.unpark(&lease, "order", at(1)).await.unwrap());
    assert_eq!(stores.ledger.parked(&order("1")).await.unwrap(), []);
    assert!(stores.ledger.park(&lease, "order", &reason("a"), at(2)).await.unwrap(), "news again");
}

pub async fn parked_items_are_listed_by_connection_and_age(stores: &Stores) {
    mark(stores, ["shop", "other"].map(|name| request(order_of(name, "1"), Ask::SalesOrder, 0))).await;
    for claim in claim_all(stores, 0).await {
        let since_s = if claim.lease.key.connection == shop() { 5 } else { 9 };
        stores.ledger.park(&claim.lease, "order", &reason("a"), at(since_s)).await.unwrap();
    }
    let lanes = async |connection| {
        let parked = stores.operations.parked_items(connection).await.unwrap();
        parked.into_iter().map(|parked| parked.key).collect::<Vec<_>>()
    };
    assert_eq!(lanes(None).await, [order_of("shop", "1"), order_of("other", "1")]);
    assert_eq!(lanes(Some(shop())).await, [order_of("shop", "1")]);
    assert_eq!(lanes(Some("nobody".into())).await, []);
}
