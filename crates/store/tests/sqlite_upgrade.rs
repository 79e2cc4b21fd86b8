//! A state file of the release before opens with what it holds, and all that is new works on it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use amz_domain::DocumentKey;
use amz_domain::DocumentKind::{CreditMemo, ReturnAuthorization};
use amz_services::intent::{IntentState, Operation};
use amz_services::ports::{Lanes, Ledger, Operations, OwnWrites, Reconciliations};
use amz_services::work::{Ask, Claim};
use amz_store::conformance::samples::{LEASE, at, create_order, look, money, order, order_link, shop};
use amz_store::sqlite::{SqliteState, SqliteStateReader};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

static ALL: Migrator = sqlx::migrate!("migrations/sqlite/state");
/// The last migration of the release before.
const BEFORE: i64 = 4;

/// Every ask that the release before could leave waiting, with the rank that it must get.
fn asks() -> Vec<Ask> {
    let document = |kind, is_new| Ask::Document { document: DocumentKey::new(kind, "900"), is_new };
    vec![
        Ask::SalesOrder,
        Ask::CancelWished,
        Ask::AmazonOrder,
        Ask::Tracker(amz_store::conformance::samples::tracker("1Z")),
        Ask::ReturnMoved,
        Ask::RefundRequested("R-1".into()),
        Ask::ReturnStarted("T-1".into()),
        Ask::RefundCompleted("R-1".into()),
        document(CreditMemo, true),
        document(ReturnAuthorization, false),
        Ask::Approved { subject: "refund/R-1".to_owned() },
        Ask::StockChanged("I-1".into()),
        Ask::StockOf("MUG".into()),
        Ask::StockOfItem("9".into()),
        Ask::StockDue,
        Ask::CompareStock("r".into()),
    ]
}

/// A file as the release before leaves it behind: a lane per ask, one link of a sent order and one of another
/// connection, a done and an unclear write, a call and a look.
async fn left_behind(path: &Path) {
    let before: Vec<_> =
        ALL.migrations.iter().filter(|migration| migration.version <= BEFORE).cloned().collect();
    assert_eq!(before.len(), 4);
    let migrator = Migrator { migrations: before.into(), ..Migrator::DEFAULT };
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).foreign_keys(true);
    let mut file = options.connect().await.unwrap();
    migrator.run_direct(None, &mut file, false).await.unwrap();
    let due_at = at(0).timestamp_micros();
    for (number, ask) in asks().into_iter().enumerate() {
        let (lane, ask) = (format!("order/{number:02}"), serde_json::to_string(&ask).unwrap());
        execute(
            &mut file,
            &format!(
                "insert into lanes (connection, lane, due_at, last_sequence) values ('shop', '{lane}', {due_at}, 1);
                 insert into requests (connection, lane, sequence, ask, due_at)
                 values ('shop', '{lane}', 1, '{ask}', {due_at});"
            ),
        )
        .await;
    }
    let link = serde_json::to_string(&order_link("322-A", money("19.90"))).unwrap();
    let links = [("shop", "order", "322-A", "order/00"), ("shop", "order", "322-B", "order/00")];
    let others = [
        ("shop", "package", "P-1", "order/01"),
        ("other", "order", "322-C", "order/77"),
        ("other", "order", "322-D", "order/78"),
    ];
    for (connection, kind, id, lane) in links.into_iter().chain(others) {
        execute(
            &mut file,
            &format!(
                "insert into links (connection, kind, amazon_id, lane, link)
                 values ('{connection}', '{kind}', '{id}', '{lane}', '{link}');"
            ),
        )
        .await;
    }
    execute(
        &mut file,
        &format!(
            "update fences set value = 1;
             insert into intents (connection, intent, lane, operation, subject, state, sends, lookups, planned_at, sent_at)
             values ('shop', 'create-order/1', 'order/00', 'createOrder', 'order 1', 'done', 1, 0, {due_at}, {due_at}),
                    ('shop', 'mark/1', 'order/00', 'markSalesOrder', 'order 1', 'unclear', 1, 0, {due_at}, {due_at}),
                    ('shop', 'mark/0', 'order/00', 'markSalesOrder', 'order 1', 'done', 1, 0, {due_at}, {due_at});
             insert into calls (connection, lane, vendor, operation, method, path, attempt, started_at, duration_ms, outcome)
             values ('shop', 'order/00', 'amazon', 'createOrder', 'POST', '/graphql', 1, {due_at}, 5, 'success');
             insert into looks (connection, lane, fence, started_at, ended_at, asks, lines, outcome)
             values ('shop', 'order/00', 1, {due_at}, {due_at}, '[\"SalesOrder\"]', '[]', 'settled'),
                    ('other', 'order/77', 1, {due_at}, {due_at}, '[\"SalesOrder\"]', '[]', 'settled');"
        ),
    )
    .await;
    file.close().await.unwrap();
}

async fn execute(file: &mut SqliteConnection, statements: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned())).execute(file).await.unwrap();
}

fn ids(claims: &[Claim]) -> Vec<String> {
    claims.iter().map(|claim| claim.lease.key.lane.to_string()).collect()
}

#[tokio::test]
async fn a_file_of_the_release_before_goes_on_with_its_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    left_behind(&path).await;
    let early = SqliteStateReader::new(&path);
    assert_eq!(early.calls(at(0), 9).await.unwrap().len(), 1, "read before its owner was started anew");
    drop(early);

    let state = SqliteState::open(&path).await.unwrap();
    let claims = state.claim("worker", at(0), LEASE, 100).await.unwrap();
    let mut expected: Vec<_> = asks().into_iter().enumerate().collect();
    expected.sort_by_key(|(number, ask)| (ask.urgency(), *number));
    let expected: Vec<_> = expected.iter().map(|(number, _)| format!("order/{number:02}")).collect();
    assert_eq!(ids(&claims), expected, "as urgent as what they ask for");
    assert!(claims.iter().all(|claim| claim.notices.is_empty() && claim.asks.len() == 1));

    let open = state.open_orders(&shop(), None, 9).await.unwrap();
    assert_eq!(open, ["00".into()], "what was sent is open until its next look");
    let others = state.open_orders(&"other".into(), None, 9).await.unwrap();
    assert_eq!(others, ["77".into()], "nobody looked at the other one for so long that its looks are gone");
    let first = claims.iter().find(|claim| claim.asks == [Ask::SalesOrder]).unwrap();
    state.set_open(&first.lease, false, at(0)).await.unwrap();
    assert_eq!(state.open_orders(&shop(), None, 9).await.unwrap(), []);

    let known = state.plan(&first.lease, &create_order("1"), at(9)).await.unwrap();
    assert_eq!(known.state, IntentState::Done);
    let windows = state.own_writes(&order("00"), Operation::MarkSalesOrder, at(-9)).await.unwrap();
    assert_eq!(windows.len(), 1, "when the done one was settled is not known, so it is not taken for ours");
    assert_eq!((windows[0].sent_at, windows[0].settled_at), (at(0), None));
    state.complete(first, &look(first), vec![]).await.unwrap();

    let calls = state.calls(at(0), 9).await.unwrap();
    assert_eq!((calls.len(), calls[0].job, &calls[0].intent), (1, None, &None));
    assert_eq!(SqliteStateReader::new(&path).calls(at(0), 9).await.unwrap(), calls);
    let timeline = state.timeline(&order("00")).await.unwrap();
    assert!(timeline.iter().any(|entry| entry.text.starts_with("looked at sales order: settled")));
}
