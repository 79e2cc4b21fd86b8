//! A SQLite store with some of everything, filled through the ports.

use std::path::Path;

use amz_services::intent::{IntentChange, IntentKey, NewIntent};
use amz_services::inventory::{RunPhase, StockRun};
use amz_services::link::LinkKey;
use amz_services::notification::NotificationEnd;
use amz_services::ports::lanes::{ChangedRow, RoutedNotice};
use amz_services::ports::netsuite::FeedPosition;
use amz_services::ports::settings_history::{SettingChange, SettingsHistory, SettingsVersion};
use amz_services::ports::{
    CallLog, Inbox, Intake, Lanes, Ledger, NoticeFeed, Notifications, Reconciliations, StockRecords,
};
use amz_services::reconciliation::{Finding, FindingOutcome, Reconciliation, ReconciliationPhase};
use amz_services::work::{Ask, Claim, Lane, LaneKey};
use amz_store::conformance::operations::call;
use amz_store::conformance::reconciliations;
use amz_store::conformance::samples::{
    LEASE, at, create_order, look, money, notice, order, order_link, order_of, package_link, reason, request,
    shop, told, tracker, tracker_link,
};
use amz_store::conformance::stock::reading;
use amz_store::conformance::stock_runs::{drift, run};
use amz_store::sqlite::{SqliteInbox, SqlitePaths, SqliteSettings, SqliteState};
use amz_store::{Notices, State, Store, StoreOptions};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;

/// A store whose processes have stopped; one of them was killed in the middle of its work.
pub(crate) struct Filled {
    _folder: TempDir,
    pub(crate) paths: SqlitePaths,
    /// The highest fence that was ever given.
    pub(crate) fence: i64,
}

impl Filled {
    pub(crate) fn store(&self) -> Store {
        Store::Sqlite(self.paths.clone())
    }

    pub(crate) fn folder(&self) -> &Path {
        self._folder.path()
    }

    /// Changes a file behind the store's back.
    pub(crate) async fn change(&self, path: &Path, statement: &str) {
        let mut file: SqliteConnection =
            SqliteConnectOptions::new().filename(path).foreign_keys(false).connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut file).await.unwrap();
        file.close().await.unwrap();
    }
}

/// An empty database.
pub(crate) fn database() -> (Store, String) {
    let url = amz_temporary_postgres::new_database().unwrap();
    (Store::of(&StoreOptions::new(url.clone().into())).unwrap(), url)
}

/// A connection to a database.
pub(crate) async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

/// A number from a database.
pub(crate) async fn number(connection: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}

pub(crate) async fn filled() -> Filled {
    let folder = tempfile::tempdir().unwrap();
    let paths = SqlitePaths::from_stem(folder.path(), "test");
    let state = SqliteState::open(&paths.state).await.unwrap();
    notices(&paths, &state).await;
    let settings = SqliteSettings::new(&paths.settings);
    let version = SettingsVersion {
        connection: shop(),
        version: 0,
        document: [("policy.hold".to_owned(), "5m".into())].into(),
        changes: vec![SettingChange {
            key: "policy.hold".to_owned(),
            before: None,
            after: Some("5m".into()),
        }],
        by: "Zoë".to_owned(),
        at: at(0),
        note: "a \"note\"\nof\ttwo\\lines".to_owned(),
    };
    settings.append(version, 0).await.unwrap();
    worked(&state).await;
    stock(&state).await;
    reconciled(&state).await;
    let lease = killed(&state).await.lease;
    state.close().await;
    Filled { _folder: folder, paths, fence: lease.fence }
}

/// Three notices and a command; two of the notices were taken.
async fn notices(paths: &SqlitePaths, state: &SqliteState) {
    let inbox = SqliteInbox::open(&paths.inbox, "inbox").await.unwrap();
    let all = ["n1", "n2", "n3"].map(|key| notice(key, &format!("{{\"key\": \"{key}\\n\"}}")));
    inbox.receive(all.to_vec()).await.unwrap();
    let routed = |id: i64| RoutedNotice {
        connection: all[0].connection.clone(),
        id,
        requests: vec![told(request(order("1"), Ask::SalesOrder, 0), &format!("inbox/{id}"), "K")],
    };
    let cursor = inbox.cursor_name().await.unwrap();
    state.accept_notices(&cursor, vec![routed(1), routed(2)]).await.unwrap();
    inbox.close().await;
    let commands = SqliteInbox::open(&paths.commands, "commands").await.unwrap();
    commands.receive(vec![notice("c1", "{}")]).await.unwrap();
    commands.close().await;
}

async fn claimed(state: &SqliteState, key: LaneKey, ask: Ask) -> Claim {
    state.accept("test", 0, vec![request(key.clone(), ask, 0)]).await.unwrap();
    let mut claims = state.claim("worker", at(0), LEASE, 1).await.unwrap();
    assert_eq!(claims.len(), 1);
    assert_eq!(claims[0].lease.key, key);
    claims.remove(0)
}

/// An order that went through: links, a write that is done, a message that is settled, an echo.
async fn worked(state: &SqliteState) {
    let claim = state.claim("worker", at(0), LEASE, 1).await.unwrap().remove(0);
    let lease = &claim.lease;
    state.plan(lease, &create_order("1"), at(1)).await.unwrap();
    for change in [
        IntentChange::Sent,
        IntentChange::Done {
            result: Some("322-A".to_owned()),
            links: vec![order_link("322-A", money("19.90"))],
        },
    ] {
        state.change(lease, &create_order("1").key, &change, at(2)).await.unwrap();
    }
    let links = [package_link("P1", Some(tracker("1Z"))), tracker_link("1Z", "P1")];
    state.write_links(lease, &links).await.unwrap();
    assert!(state.lane_of(&shop(), &LinkKey::Tracker(tracker("1Z"))).await.unwrap().is_some());
    state.park(lease, "order", &reason("over"), at(3)).await.unwrap();
    state.unpark(lease, "order", at(4)).await.unwrap();
    for message in state.due_notifications(at(9), 9).await.unwrap() {
        state.settle_notification(&message.id, NotificationEnd::Delivered, at(9)).await.unwrap();
    }
    state.record(&call(Some(lease.key.lane.clone()), 1)).await.unwrap();
    state.record(&call(None, 2)).await.unwrap();
    state.set_open(lease, true, at(5)).await.unwrap();
    state.complete(&claim, &look(&claim), vec![]).await.unwrap();
    let row = ChangedRow {
        position: FeedPosition { modified: "2027-01-01".to_owned(), id: "1".into() },
        request: request(order("1"), Ask::SalesOrder, 5),
        echo: Some("our own".to_owned()),
    };
    state.accept_changes(&shop(), "orders", vec![row], None).await.unwrap();
    state.pause(&"other".into(), at(60), "netsuite_down").await.unwrap();
    state.set_weights(&[(shop(), 3)]).await.unwrap();
}

/// Twelve runs of stock that are over: two more than are kept for ever.
async fn stock(state: &SqliteState) {
    let key = LaneKey { connection: shop(), lane: Lane::StockLevels };
    let claim = claimed(state, key, Ask::StockOf("MUG".into())).await;
    let lease = &claim.lease;
    state.keep_readings(lease, &[reading("MUG", 7, 1), reading("ä \"q\" / 'é'", 0, 2)]).await.unwrap();
    state.look_again(lease, &[("MUG".into(), Some(at(90)))]).await.unwrap();
    for number in 0..12 {
        let id = format!("r{number:02}");
        let over = StockRun { phase: RunPhase::Done, ended_at: Some(at(number + 5)), ..run(&id, number) };
        state.write_run(lease, &over).await.unwrap();
        state
            .write_report(lease, &id.as_str().into(), &[drift("9", "1"), drift("8", "0.25")], true)
            .await
            .unwrap();
    }
    state.complete(&claim, &look(&claim), vec![]).await.unwrap();
}

/// Twelve reconciliations that have ended.
async fn reconciled(state: &SqliteState) {
    let key = LaneKey { connection: shop(), lane: Lane::Reconciliation };
    let claim = claimed(state, key, Ask::Reconcile("r".into())).await;
    for number in 0..12 {
        let run = reconciliations::run(&format!("r{number:02}"), number);
        state.begin(&claim.lease, &run).await.unwrap();
        let ended =
            Reconciliation { phase: ReconciliationPhase::Done, ended_at: Some(at(number + 5)), ..run };
        state.advance(&claim.lease, &ended, &["1".into()]).await.unwrap();
    }
    state.complete(&claim, &look(&claim), vec![]).await.unwrap();
    let lane = claimed(state, order("1"), Ask::SalesOrder).await;
    let outcome = FindingOutcome::Unchanged;
    let finding = Finding { lane: order("1").lane, outcome, causes: vec![], amazon_order: None, at: at(9) };
    state.note(&lane.lease, &"r00".into(), &finding).await.unwrap();
    state.complete(&lane, &look(&lane), vec![]).await.unwrap();
}

/// A parked order that is looked at, with a write whose answer was lost, when the process is killed.
async fn killed(state: &SqliteState) -> Claim {
    let waiting = request(order_of("other", "7"), Ask::AmazonOrder, 999);
    state.accept("test", 0, vec![waiting]).await.unwrap();
    let claim = claimed(state, order("2"), Ask::SalesOrder).await;
    let intent = NewIntent { key: IntentKey("create-order/2".to_owned()), ..create_order("2") };
    state.plan(&claim.lease, &intent, at(1)).await.unwrap();
    for change in [IntentChange::Sent, IntentChange::Unclear] {
        state.change(&claim.lease, &intent.key, &change, at(2)).await.unwrap();
    }
    state.park(&claim.lease, "order", &reason("answer_lost"), at(3)).await.unwrap();
    claim
}
