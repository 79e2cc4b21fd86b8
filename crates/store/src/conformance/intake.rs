//! Notices and changed rows becoming work.

use amz_domain::ConnectionName;
use amz_services::ports::inbox::Notice;
use amz_services::ports::lanes::{ChangedRow, RoutedNotice};
use amz_services::ports::netsuite::FeedPosition;
use amz_services::work::Ask;

use super::Stores;
use super::samples::{at, claim_all, claim_one, look, notice, order, order_of, request, shop, told};

fn row(modified: &str, id: &str) -> FeedPosition {
    FeedPosition { modified: modified.to_owned(), id: id.into() }
}

/// Rows that ask for their sales order's lane.
fn changed(connection: &ConnectionName, rows: &[FeedPosition]) -> Vec<ChangedRow> {
    let row = |position: &FeedPosition| ChangedRow {
        position: position.clone(),
        request: request(order_of(connection.as_str(), &position.id), Ask::SalesOrder, 0),
        echo: None,
    };
    rows.iter().map(row).collect()
}

async fn accept(stores: &Stores, rows: &[FeedPosition]) -> usize {
    stores.intake.accept_changes(&shop(), "sales-orders", changed(&shop(), rows), None).await.unwrap()
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
    stores.intake.accept_changes(&shop(), "sales-orders", vec![], forget_before).await.unwrap();
    assert_eq!(accept(stores, &[old, new]).await, 1);
}

pub async fn feeds_of_two_connections_are_apart(stores: &Stores) {
    let rows = [row("2026-01-01T10:00:00", "1")];
    accept(stores, &rows).await;
    let other = ConnectionName::from("other");
    assert_eq!(stores.intake.watermark(&other, "sales-orders").await.unwrap(), None);
    assert_eq!(
        stores.intake.accept_changes(&other, "sales-orders", changed(&other, &rows), None).await.unwrap(),
        1
    );
    let lanes: Vec<_> = claim_all(stores, 0).await.into_iter().map(|claim| claim.lease.key).collect();
    assert_eq!(lanes, [order_of("other", "1"), order("1")]);
}

pub async fn an_early_look_does_not_serve_a_changed_row(stores: &Stores) {
    let row = row("2026-01-01T10:00:00", "1");
    let due_later = request(order("1"), Ask::SalesOrder, 5);
    let rows = vec![ChangedRow { position: row, request: due_later, echo: None }];
    stores.intake.accept_changes(&shop(), "sales-orders", rows, None).await.unwrap();
    stores.intake.accept("inbox", 1, vec![request(order("1"), Ask::AmazonOrder, 1)]).await.unwrap();
    let claims = claim_all(stores, 1).await;
    let mut early = super::samples::look(&claims[0]);
    early.started_at = at(1);
    stores.lanes.complete(&claims[0], &early, vec![]).await.unwrap();
    assert_eq!(stores.lanes.next_due().await.unwrap(), Some(at(5)));
    let claims = claim_all(stores, 5).await;
    assert_eq!(claims[0].asks, [Ask::SalesOrder]);
    let mut late = super::samples::look(&claims[0]);
    late.started_at = at(5);
    stores.lanes.complete(&claims[0], &late, vec![]).await.unwrap();
    assert_eq!(stores.lanes.next_due().await.unwrap(), None);
}

/// What of the inbox nobody has taken, under the name of its cursor.
async fn untaken(stores: &Stores) -> (String, Vec<Notice>) {
    let feed = stores.feed.cursor_name().await.unwrap();
    let cursor = stores.intake.cursor(&feed).await.unwrap();
    let notices = stores.feed.after(cursor, 10).await.unwrap();
    (feed, notices)
}

/// Notices whose body names the order they are about.
fn routed(notices: &[Notice]) -> Vec<RoutedNotice> {
    let route = |Notice { id, notice }: &Notice| {
        let request = request(order(&notice.body), Ask::AmazonOrder, 0);
        RoutedNotice {
            connection: notice.connection.clone(),
            id: *id,
            requests: vec![told(request, &format!("inbox/{id}"), &notice.kind)],
        }
    };
    notices.iter().map(route).collect()
}

pub async fn a_notice_makes_work_once_however_often_it_is_taken(stores: &Stores) {
    stores.inbox.receive(vec![notice("a", "1"), notice("b", "2")]).await.unwrap();
    let (feed, first) = untaken(stores).await;
    assert_eq!(first.len(), 2);
    stores.intake.accept_notices(&feed, routed(&first)).await.unwrap();
    assert_eq!(untaken(stores).await.1, []);
    for claim in claim_all(stores, 0).await {
        stores.lanes.complete(&claim, &look(&claim), vec![]).await.unwrap();
    }
    stores.inbox.receive(vec![notice("b", "2"), notice("c", "3")]).await.unwrap();
    let (_, second) = untaken(stores).await;
    let both = routed(&[first, second].concat());
    stores.intake.accept_notices(&feed, both.clone()).await.unwrap();
    assert_eq!(claim_one(stores, 0).await.lease.key, order("3"));
    stores.intake.accept_notices(&feed, both).await.unwrap();
    stores.intake.accept_notices(&feed, vec![]).await.unwrap();
    assert_eq!(claim_all(stores, 0).await, []);
}

pub async fn notices_of_one_lane_are_one_claim_that_names_them_in_their_order(stores: &Stores) {
    let notices = ["a", "b", "c"].map(|key| notice(key, if key == "b" { "2" } else { "1" }));
    stores.inbox.receive(notices.to_vec()).await.unwrap();
    let (feed, taken) = untaken(stores).await;
    stores.intake.accept_notices(&feed, routed(&taken)).await.unwrap();
    let names: Vec<_> = taken.iter().map(|notice| format!("inbox/{}", notice.id)).collect();
    let claims = claim_all(stores, 0).await;
    let found: Vec<_> = claims.iter().map(|claim| (claim.lease.key.clone(), claim.notices.clone())).collect();
    let of_one = vec![names[0].clone(), names[2].clone()];
    assert_eq!(found, [(order("1"), of_one), (order("2"), vec![names[1].clone()])]);
}
