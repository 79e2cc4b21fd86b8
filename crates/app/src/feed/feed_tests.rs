use std::collections::VecDeque;
use std::sync::Mutex;

use amz_domain::{DocumentKey, DocumentKind, Origin};
use amz_services::link::{DocumentLink, Link};
use amz_services::ports::documents::{ChangedDocument, ChangedDocumentsPage};
use amz_services::ports::netsuite::ChangedPage;
use amz_services::ports::{ChangedDocuments, ChangedSalesOrders, Lanes, Ledger};
use amz_services::work::{Ask, Lane};
use amz_store::memory::MemoryStore;
use async_trait::async_trait;

use super::*;

fn behind_text(modified: &str) -> String {
    let position = FeedPosition { modified: modified.to_owned(), id: "7".into() };
    behind(&position, chrono_tz::America::Los_Angeles).modified
}

#[test]
fn each_pass_reaches_back_and_an_hour_more_while_clocks_go_back() {
    assert_eq!(behind_text("2026-03-01T12:00:00"), "2026-03-01T11:55:00");
    assert_eq!(behind_text("2026-11-01T01:59:00"), "2026-11-01T00:54:00");
    assert_eq!(behind_text("2026-11-01T02:00:00"), "2026-11-01T01:55:00");
    assert_eq!(behind_text("not a time"), "not a time");
}

/// Answers what it was given, one page per question, and writes down where each question began.
#[derive(Default)]
struct Pages {
    documents: Mutex<VecDeque<Result<ChangedDocumentsPage, PortError>>>,
    asked: Mutex<Vec<Option<FeedPosition>>>,
}

#[async_trait]
impl ChangedDocuments for Pages {
    async fn page(&self, after: Option<FeedPosition>) -> Result<ChangedDocumentsPage, PortError> {
        self.asked.lock().unwrap().push(after);
        let page = self.documents.lock().unwrap().pop_front();
        page.unwrap_or(Ok(ChangedDocumentsPage { rows: Vec::new(), more: false }))
    }
}

#[async_trait]
impl ChangedSalesOrders for Pages {
    async fn page(&self, after: Option<FeedPosition>) -> Result<ChangedPage, PortError> {
        let ChangedDocumentsPage { rows, more } = ChangedDocuments::page(self, after).await?;
        Ok(ChangedPage { rows: rows.into_iter().map(|row| row.position).collect(), more })
    }
}

fn row(id: &str, modified: &str, kind: DocumentKind, is_new: bool) -> ChangedDocument {
    ChangedDocument {
        position: FeedPosition { modified: modified.to_owned(), id: id.into() },
        document: DocumentKey::new(kind, id),
        is_new,
    }
}

fn feed(store: &Arc<MemoryStore>, source: Source) -> ChangeFeed {
    ChangeFeed {
        connection: "main".into(),
        source,
        intake: store.clone(),
        clock: Arc::new(|| DateTime::UNIX_EPOCH),
        wake: Arc::default(),
        timezone: chrono_tz::America::Los_Angeles,
        jitter: Arc::new(|| 0),
    }
}

fn sales_orders(changed: Arc<Pages>) -> Source {
    Source::SalesOrders { changed, echoes: None }
}

async fn due(store: &MemoryStore) -> Vec<(Lane, Vec<Ask>)> {
    let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(2);
    let claims = store.claim("probe", now, Duration::from_secs(1), 10).await.unwrap();
    claims.into_iter().map(|claim| (claim.lease.key.lane, claim.asks)).collect()
}

/// Lets the order's lane know a document.
async fn link(store: &MemoryStore, order: &str, document: DocumentKey) {
    let key = LaneKey { connection: "main".into(), lane: Lane::SalesOrder(order.into()) };
    let request = LaneRequest { key, ask: Ask::SalesOrder, due_at: DateTime::UNIX_EPOCH, notice: None };
    store.accept("inbox", 1, vec![request]).await.unwrap();
    let claims = store.claim("test", DateTime::UNIX_EPOCH, Duration::from_secs(1), 1).await.unwrap();
    let link = Link::Document(DocumentLink { document, origin: Origin::Amazon });
    store.write_links(&claims[0].lease, &[link]).await.unwrap();
    let look = amz_services::look::Look {
        started_at: DateTime::UNIX_EPOCH,
        ended_at: DateTime::UNIX_EPOCH,
        asks: Vec::new(),
        notices: Vec::new(),
        echoes: Vec::new(),
        lines: Vec::new(),
        outcome: amz_services::look::LookOutcome::Settled,
    };
    store.complete(&claims[0], &look, Vec::new()).await.unwrap();
}

#[tokio::test]
async fn changed_documents_go_to_their_orders_lane_or_to_one_of_their_own() {
    let store = Arc::new(MemoryStore::new());
    link(&store, "42", DocumentKey::new(DocumentKind::CreditMemo, "900")).await;
    let pages = Arc::new(Pages::default());
    let (first, second) = ("2026-03-02T10:00:00", "2026-03-02T10:00:05");
    pages.documents.lock().unwrap().extend([
        Ok(ChangedDocumentsPage {
            rows: vec![row("900", first, DocumentKind::CreditMemo, false)],
            more: true,
        }),
        Ok(ChangedDocumentsPage {
            rows: vec![row("901", second, DocumentKind::ReturnAuthorization, true)],
            more: false,
        }),
    ]);
    let feed = feed(&store, Source::Documents { changed: pages.clone(), ledger: store.clone() });
    assert_eq!(feed.pass().await.unwrap(), 2);
    let known = DocumentKey::new(DocumentKind::CreditMemo, "900");
    let unknown = DocumentKey::new(DocumentKind::ReturnAuthorization, "901");
    let expected = [
        // money goes first
        (Lane::SalesOrder("42".into()), vec![Ask::Document { document: known, is_new: false }]),
        (Lane::Document(unknown.clone()), vec![Ask::Document { document: unknown, is_new: true }]),
    ];
    assert_eq!(due(&store).await, expected);
    feed.pass().await.unwrap();
    let began: Vec<_> = pages.asked.lock().unwrap().iter().flatten().cloned().collect();
    let began: Vec<_> = began.iter().map(|position| position.modified.as_str()).collect();
    assert_eq!(began, [first, "2026-03-02T09:55:05"], "the next pass reaches back behind the watermark");
}

#[tokio::test]
async fn feeds_of_one_connection_keep_their_own_watermarks() {
    let store = Arc::new(MemoryStore::new());
    let pages = Arc::new(Pages::default());
    let changed = row("7", "2026-03-02T10:00:00", DocumentKind::CashRefund, true);
    let page = ChangedDocumentsPage { rows: vec![changed], more: false };
    pages.documents.lock().unwrap().extend([Ok(page.clone()), Ok(page)]);
    let documents = Source::Documents { changed: pages.clone(), ledger: store.clone() };
    assert_eq!(feed(&store, documents).pass().await.unwrap(), 1);
    assert_eq!(feed(&store, sales_orders(pages.clone())).pass().await.unwrap(), 1);
    assert_eq!(*pages.asked.lock().unwrap(), [None, None]);
}

/// Gives both feeds of a connection their turns for some minutes; says how often each asked.
async fn asked_within(minutes: u64, orders: Arc<Pages>, documents: Arc<Pages>) -> (usize, usize) {
    let store = Arc::new(MemoryStore::new());
    let feeds = vec![
        feed(&store, sales_orders(orders.clone())),
        feed(&store, Source::Documents { changed: documents.clone(), ledger: store.clone() }),
    ];
    let start = Instant::now();
    let end = start + Duration::from_secs(minutes * 60);
    let mut turns = Turn::of(feeds, start);
    let mut now = start;
    while now <= end {
        now = round(&mut turns, Duration::from_secs(60), &|| now).await.unwrap();
    }
    let asked = |pages: &Pages| pages.asked.lock().unwrap().len();
    (asked(&orders), asked(&documents))
}

fn failing(failure: Failure, times: usize) -> Arc<Pages> {
    let pages = Pages::default();
    let failed = || PortError::new("changedDocuments", failure, "test", "out of order");
    pages.documents.lock().unwrap().extend((0..times).map(|_| Err(failed())));
    Arc::new(pages)
}

#[tokio::test]
async fn a_feed_that_fails_slows_down_itself_alone() {
    let failing = failing(Failure::Unavailable, 100);
    assert_eq!(asked_within(7, Arc::default(), failing).await, (8, 4), "again after 1, 2 and 4 minutes");
}

#[tokio::test]
async fn a_feed_that_is_turned_away_holds_back_those_after_it_alone() {
    assert_eq!(asked_within(0, failing(Failure::Credentials, 1), Arc::default()).await, (1, 0));
    assert_eq!(asked_within(2, failing(Failure::Credentials, 1), Arc::default()).await, (3, 2));
    assert_eq!(asked_within(5, Arc::default(), failing(Failure::Credentials, 100)).await, (6, 4));
}
