//! Notices and changed rows becoming work.

use amz_services::ports::netsuite::FeedPosition;
use amz_services::work::Ask;

use super::Stores;
use super::samples::{at, claim_all, order, order_of, request, shop};

fn row(modified: &str, id: &str) -> FeedPosition {
    FeedPosition { modified: modified.to_owned(), id: id.into() }
}

async fn accept(stores: &Stores, rows: &[FeedPosition]) -> usize {
    stores.intake.accept_changes(&shop(), "sales-orders", rows, None, at(0)).await.unwrap()
}

pub async fn the_cursor_starts_at_zero_and_moves_with_the_lanes(stores: &Stores) {
    assert_eq!(stores.intake.cursor("inbox").await.unwrap(), 0);
    stores.intake.accept("inbox", 17, vec![request(order("1"), Ask::SalesOrder, 0)]).await.unwrap();
    assert_eq!(stores.intake.cursor("inbox").await.unwrap(), 17);
    assert_eq!(claim_all(stores, 0).await.len(), 1);
    stores.intake.accept("inbox", 19, vec![]).await.unwrap();
    assert_eq!(stores.intake.cursor("inbox").await.unwrap(), 19);
}

pub async fn the_cursor_never_moves_back(stores: &Stores) {
    stores.intake.accept("inbox", 17, vec![]).await.unwrap();
    stores.intake.accept("inbox", 5, vec![]).await.unwrap();
    assert_eq!(stores.intake.cursor("inbox").await.unwrap(), 17);
}

pub async fn feeds_have_their_own_cursors(stores: &Stores) {
    stores.intake.accept("inbox", 17, vec![]).await.unwrap();
    assert_eq!(stores.intake.cursor("commands").await.unwrap(), 0);
}

pub async fn a_changed_row_makes_work_once_per_version(stores: &Stores) {
    let [first, second] = [row("2026-01-01T10:00:00", "1"), row("2026-01-01T10:00:00", "2")];
    assert_eq!(accept(stores, &[first.clone(), second.clone(), second.clone()]).await, 2);
    let claims = claim_all(stores, 0).await;
    let taken: Vec<_> = claims.iter().map(|claim| (claim.lease.key.clone(), claim.asks.clone())).collect();
    assert_eq!(taken, [(order("1"), vec![Ask::SalesOrder]), (order("2"), vec![Ask::SalesOrder])]);
    for claim in &claims {
        stores.lanes.complete(claim, &super::samples::look(claim), vec![]).await.unwrap();
    }
    assert_eq!(accept(stores, &[first, second, row("2026-01-01T10:00:05", "2")]).await, 1);
    let claims = claim_all(stores, 0).await;
    assert_eq!(claims.iter().map(|claim| claim.lease.key.clone()).collect::<Vec<_>>(), [order("2")]);
}

pub async fn the_watermark_is_the_furthest_row_and_never_moves_back(stores: &Stores) {
    assert_eq!(stores.intake.watermark(&shop(), "sales-orders").await.unwrap(), None);
    accept(stores, &[row("2026-01-01T10:00:00", "9"), row("2026-01-01T10:00:00", "10")]).await;
    let furthest = Some(row("2026-01-01T10:00:00", "10"));
    assert_eq!(stores.intake.watermark(&shop(), "sales-orders").await.unwrap(), furthest);
    accept(stores, &[row("2026-01-01T09:59:59", "700")]).await;
    accept(stores, &[]).await;
    assert_eq!(stores.intake.watermark(&shop(), "sales-orders").await.unwrap(), furthest);
}

pub async fn forgotten_versions_make_work_again(stores: &Stores) {
    let [old, new] = [row("2026-01-01T10:00:00", "1"), row("2026-01-02T10:00:00", "2")];
    accept(stores, &[old.clone(), new.clone()]).await;
    let forget_before = Some("2026-01-02T10:00:00".to_owned());
    stores.intake.accept_changes(&shop(), "sales-orders", &[], forget_before, at(0)).await.unwrap();
    assert_eq!(accept(stores, &[old, new]).await, 1);
}

pub async fn feeds_of_two_connections_are_apart(stores: &Stores) {
    let rows = [row("2026-01-01T10:00:00", "1")];
    accept(stores, &rows).await;
    let other = "other".into();
    assert_eq!(stores.intake.watermark(&other, "sales-orders").await.unwrap(), None);
    assert_eq!(stores.intake.accept_changes(&other, "sales-orders", &rows, None, at(0)).await.unwrap(), 1);
    let lanes: Vec<_> = claim_all(stores, 0).await.into_iter().map(|claim| claim.lease.key).collect();
    assert_eq!(lanes, [order_of("other", "1"), order("1")]);
}
