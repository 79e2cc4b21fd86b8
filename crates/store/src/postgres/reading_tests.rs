//! What an event reads, counted by the server: as much in a full database as in an empty one, whatever the statistics say.

use amz_domain::TrackerKey;
use amz_services::audit::{CallOutcome, CallRecord, Vendor};
use amz_services::intent::{IntentChange, IntentKey, NewIntent, Operation};
use amz_services::link::{Link, TrackerLink};
use amz_services::look::{Look, LookOutcome};
use amz_services::ports::inbox::{Inbox, NewNotice, NoticeFeed, NoticeSource, Receipt};
use amz_services::ports::lanes::RoutedNotice;
use amz_services::ports::ledger::{Ledger, OwnWrites};
use amz_services::ports::{CallLog, Intake, Lanes};
use amz_services::work::{Ask, Claim, Lane, LaneKey, LaneRequest, NoticeReference};
use amz_temporary_postgres::{Durability, TemporaryPostgres};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::Executor;

use super::notices::PostgresNotices;
use super::{LeaseTime, PostgresDatabase, PostgresState, StoreOptions};

/// Rows of all tables and entries of all indexes that the events of one measurement may read more in a full database: the
/// backlog that a page and a claim look ahead into, and what was deleted and is not cleaned up yet.
const LEEWAY: i64 = 2_000;

/// Events of one measurement.
const EVENTS: usize = 20;

/// What other events left, and 5,000 more of the same and of another merchant that wait.
const FILL: &str = "
    insert into notices (connection, feed, source, notice_key, kind, body, body_digest, received_at)
    select shop, 'inbox', 'netsuite', 'old-' || n, 'salesOrder.edit', '{}', '', n
    from generate_series(1, 10000) as n, unnest(array['shop', 'other']) as shop;
    insert into notices_waiting (connection, feed, id)
    select connection, feed, id from notices where notice_key like 'old-%' and received_at > 5000;
    insert into lanes (connection, lane, due_at, last_sequence, urgency)
    select shop, 'order/w' || n, n, 1, 1 from generate_series(1, 5000) as n, unnest(array['shop', 'other']) as shop;
    insert into requests (connection, lane, sequence, ask, due_at, urgency)
    select connection, lane, 1, '\"SalesOrder\"', due_at, 1 from lanes where lane like 'order/w%';
    insert into lane_notices (connection, lane, notice, kind, received_at)
    select shop, 'order/h' || n, 'inbox/h' || n, 'salesOrder.edit', n
    from generate_series(1, 10000) as n, unnest(array['shop', 'other']) as shop;
    insert into looks (connection, lane, fence, started_at, ended_at, asks, lines, outcome)
    select connection, lane, 1, received_at, received_at, '[]', '[]', 'settled'
    from lane_notices where lane like 'order/h%';
    insert into calls (connection, lane, vendor, operation, method, path, attempt, started_at, duration_ms, outcome, job)
    select connection, lane, 'amazon', 'o', 'POST', '/', 1, received_at, 1, 'success', 1
    from lane_notices where lane like 'order/h%';
    insert into intents (connection, intent, lane, operation, subject, state, sends, lookups, planned_at, settled_at)
    select connection, 'i-' || lane, lane, 'createOrder', 's', 'done', 1, 0, received_at, received_at
    from lane_notices where lane like 'order/h%';
    insert into links (connection, kind, amazon_id, lane, link)
    select connection, 'order', 'z-' || lane, lane, '{}' from lane_notices where lane like 'order/h%';";

/// A server of its own: what is deleted is cleaned up when no transaction of the server may still see it.
struct House {
    _server: TemporaryPostgres,
    database: PostgresDatabase,
    notices: PostgresNotices,
    state: PostgresState,
}

impl House {
    /// Everything goes through one connection, whose counts the server can be asked for.
    async fn new() -> Self {
        let server = TemporaryPostgres::start(Durability::Off).unwrap();
        let url = server.new_database("reading").unwrap();
        let options = StoreOptions { max_connections: 1, ..StoreOptions::new(url.into()) };
        let database = PostgresDatabase::connect_lazily(&options).unwrap();
        let notices = PostgresNotices::open(database.clone(), "inbox").await.unwrap();
        let state = PostgresState::open(database.clone(), LeaseTime::Caller).await.unwrap();
        Self { _server: server, database, notices, state }
    }

    /// Rows and index entries read so far.
    async fn read(&self) -> i64 {
        self.database.pool.execute("select pg_stat_force_next_flush()").await.unwrap();
        sqlx::query_scalar(
            "select cast((select sum(seq_tup_read) from pg_stat_user_tables)
                + (select sum(idx_tup_read) from pg_stat_user_indexes) as bigint)",
        )
        .fetch_one(&self.database.pool)
        .await
        .unwrap()
    }

    /// What events read from their arrival, each twice, until they are done.
    async fn events(&self, first: usize) -> i64 {
        let before = self.read().await;
        for event in first..first + EVENTS {
            self.event(event).await;
        }
        self.read().await - before
    }

    async fn event(&self, event: usize) {
        let notice = notice(event);
        let receipts = self.notices.receive(vec![notice.clone(), notice.clone()]).await.unwrap();
        assert_eq!(receipts, [Receipt::Stored, Receipt::Duplicate]);
        assert_eq!(self.notices.receive(vec![notice]).await.unwrap(), [Receipt::Duplicate]);
        let waiting = self.notices.after(0, 2).await.unwrap();
        let routed = waiting.iter().map(|waiting| RoutedNotice {
            connection: waiting.notice.connection.clone(),
            id: waiting.id,
            requests: vec![LaneRequest {
                key: LaneKey { connection: waiting.notice.connection.clone(), lane: lane(waiting.id) },
                ask: Ask::SalesOrder,
                due_at: now(),
                notice: Some(NoticeReference {
                    id: format!("inbox/{}", waiting.id),
                    kind: waiting.notice.kind.clone(),
                    received_at: now(),
                }),
            }],
        });
        self.state.accept_notices("inbox", routed.collect()).await.unwrap();
        assert!(self.state.next_due().await.unwrap().is_some());
        let lease = TimeDelta::minutes(1).to_std().unwrap();
        let claim = self.state.claim("worker", now(), lease, 1).await.unwrap().remove(0);
        self.look(&claim).await;
    }

    /// What every look asks and writes.
    async fn look(&self, claim: &Claim) {
        let key = &claim.lease.key;
        let lease = TimeDelta::minutes(1).to_std().unwrap();
        self.state.links(key).await.unwrap();
        self.state.unsettled(key).await.unwrap();
        self.state.parked(key).await.unwrap();
        self.state.renew(&claim.lease, now(), lease).await.unwrap();
        self.write(claim).await;
        let look = Look {
            started_at: now(),
            ended_at: now(),
            asks: claim.asks.clone(),
            notices: claim.notices.clone(),
            lines: Vec::new(),
            echoes: Vec::new(),
            outcome: LookOutcome::Settled,
        };
        self.state.complete(claim, &look, Vec::new()).await.unwrap();
    }

    /// A write, and what is asked of it when the vendor tells of it.
    async fn write(&self, claim: &Claim) {
        let key = &claim.lease.key;
        let link = Link::Tracker(TrackerLink {
            tracker: TrackerKey { carrier: "UPS".into(), number: key.lane.to_string().into() },
            package: "p".into(),
        });
        let intent = NewIntent {
            key: IntentKey(format!("create-order/{}", key.lane)),
            operation: Operation::CreateOrder,
            subject: "order".to_owned(),
        };
        let done = IntentChange::Done { result: None, links: vec![link.clone()] };
        self.state.plan(&claim.lease, &intent, now()).await.unwrap();
        self.state.change(&claim.lease, &intent.key, &IntentChange::Sent, now()).await.unwrap();
        self.state.record(&call(key)).await.unwrap();
        self.state.change(&claim.lease, &intent.key, &done, now()).await.unwrap();
        let own = self.state.own_writes(key, Operation::CreateOrder, now()).await.unwrap();
        assert_eq!(own.len(), 1);
        let lane = self.state.lane_of(&key.connection, &link.key()).await.unwrap();
        assert_eq!(lane.as_ref(), Some(&key.lane));
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn lane(number: i64) -> Lane {
    Lane::SalesOrder(number.to_string().into())
}

fn notice(event: usize) -> NewNotice {
    NewNotice {
        connection: "shop".into(),
        source: NoticeSource::NetSuite,
        key: format!("new-{event}"),
        kind: "salesOrder.edit".to_owned(),
        body: "{}".to_owned(),
        received_at: now(),
    }
}

fn call(key: &LaneKey) -> CallRecord {
    CallRecord {
        connection: key.connection.clone(),
        lane: Some(key.lane.clone()),
        job: Some(1),
        intent: None,
        vendor: Vendor::NetSuite,
        operation: "getSalesOrder".to_owned(),
        method: "GET".to_owned(),
        path: "/".to_owned(),
        attempt: 1,
        started_at: now(),
        duration_ms: 1,
        status: Some(200),
        outcome: CallOutcome::Success,
        code: None,
        request: None,
        response: None,
    }
}

#[tokio::test]
async fn an_event_reads_no_more_however_much_waits_and_was() {
    let house = House::new().await;
    let empty = house.events(0).await;
    house.database.pool.execute(sqlx::raw_sql(FILL)).await.unwrap();
    let with_statistics_of_empty_tables = house.events(EVENTS).await;
    house.database.pool.execute("analyze").await.unwrap();
    let full = house.events(2 * EVENTS).await;
    assert!(
        with_statistics_of_empty_tables.max(full) < empty + LEEWAY,
        "{empty} in an empty database, {with_statistics_of_empty_tables} when it has just become full, {full} in a full one"
    );
}
