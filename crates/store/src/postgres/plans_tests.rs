//! How PostgreSQL finds what is asked for in tables that are well filled: through indexes, whatever has piled up.

use amz_services::audit::AuditKind;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor, Row};

use super::reconciliation::orders::{OPEN, OUTSTANDING};
use super::statements::{KNOWN, SHARING};
use super::stock::readings::{FIRST_PAGE, PAGE};
use super::stock::taken::{DONE, UNCLEAR};
use super::trail::{CALLS, RECORDED, statement};
use super::{PostgresDatabase, StoreOptions, notifications, purge};
use crate::purged::Purged;

/// History of twenty merchants, of which the last hundred rows are recent.
const FILL: &str = "
    create function pg_temp.shop(n bigint) returns text language sql as $$ select 'm' || n % 20 $$;
    insert into intents (connection, intent, lane, operation, subject, state, sends, lookups, planned_at, sent_at,
        settled_at)
    select pg_temp.shop(n), 'i' || n, 'order/' || n / 4, 'createOrder', 's', case when n % 5000 = 0 then 'sent' else 'done' end,
        1, 0, n, n, case when n % 5000 = 0 then null else n end from generate_series(1, 30000) as n;
    insert into intent_changes (connection, lane, intent, changed_at, change)
    select pg_temp.shop(n), 'order/' || n / 4, 'i' || n, n, change from generate_series(1, 30000) as n,
        (values ('planned'), ('sent'), ('done')) as changes (change);
    insert into links (connection, kind, amazon_id, lane, link)
    select pg_temp.shop(n), 'order', 'z' || n, 'order/' || n / 4, '{}' from generate_series(1, 30000) as n;
    insert into looks (connection, lane, fence, started_at, ended_at, asks, lines, outcome)
    select pg_temp.shop(n), 'order/' || n / 4, n, n, n, '[]', '[]', 'complete' from generate_series(1, 30000) as n;
    insert into lane_notices (connection, lane, notice, kind, received_at)
    select pg_temp.shop(n), 'order/' || n / 4, 'n' || n, 'k', n from generate_series(1, 30000) as n;
    insert into calls (connection, lane, vendor, operation, method, path, attempt, started_at, duration_ms, outcome, job)
    select pg_temp.shop(n), 'order/' || n / 4, 'amazon', 'o', 'POST', '/', 1, n, 1,
        case when n % 100 = 0 then 'refused' else 'success' end, n from generate_series(1, 30000) as n;
    insert into echoes (connection, lane, job, noted_at, what)
    select pg_temp.shop(n), 'order/' || n / 4, n, n, 'w' from generate_series(1, 30000) as n;
    insert into notifications (connection, message, kind, happened_at, lane, subject, code, cause, hint, who,
        parked_since, due_at, settled_at, ended)
    select pg_temp.shop(n), 'm' || n, 'parked', n, 'order/' || n / 4, 's', 'c', 'c', 'h', 'operator', n, n,
        case when n > 29900 then null else n end, case when n > 29900 then null else 'delivered' end
    from generate_series(1, 30000) as n;
    insert into stock_known (connection, sku, reading, read_at, fulfillment_sku)
    select pg_temp.shop(n), 's' || n, '{}', n, case when n % 10 = 0 then 'f' || n / 20 end from generate_series(1, 30000) as n;
    insert into stock_runs (connection, run, phase, started_at, over_at, body)
    select pg_temp.shop(n), 'r' || n, 'done', n, n, '{}' from generate_series(1, 300) as n;
    insert into stock_report_rows (connection, run, number, body)
    select pg_temp.shop(n), 'r' || n, row, '{}' from generate_series(1, 300) as n, generate_series(1, 100) as row;
    insert into open_orders (connection, sales_order, opened_at)
    select pg_temp.shop(n), 'o' || n, n from generate_series(1, 30000) as n;
    insert into reconciliations (connection, run, started_at, ended_at, counts, body)
    select pg_temp.shop(n), 'r' || n, n, n, 1, '{}' from generate_series(1, 300) as n;
    insert into reconciliation_orders (connection, run, lane, asked, outcome, finding)
    select pg_temp.shop(n), 'r' || n, 'order/' || row, 1, case when row < 99 then 'settled' end,
        case when row < 99 then '{}' end from generate_series(1, 300) as n, generate_series(1, 100) as row;
    analyze";

async fn filled() -> PgConnection {
    let url = amz_temporary_postgres::new_database().unwrap();
    let database = PostgresDatabase::connect_lazily(&StoreOptions::new(url.clone().into())).unwrap();
    database.prepare().await.unwrap();
    database.close().await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection.execute(sqlx::raw_sql(FILL)).await.unwrap();
    connection
}

/// The plan after so many executions that the server has decided whether it plans anew each time.
async fn plan(connection: &mut PgConnection, statement: &str, values: &str) -> String {
    let prepare = AssertSqlSafe(format!("prepare it as {statement}"));
    connection.execute(sqlx::raw_sql(prepare)).await.unwrap();
    let mut plan = String::new();
    for _ in 0..8 {
        let explain = AssertSqlSafe(format!("explain (costs off) execute it {values}"));
        let rows = connection.fetch_all(sqlx::raw_sql(explain)).await.unwrap();
        plan = rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n");
    }
    connection.execute(sqlx::raw_sql("deallocate it")).await.unwrap();
    plan
}

#[tokio::test]
async fn what_is_asked_for_is_found_through_an_index_and_history_is_not_read() {
    let mut connection = filled().await;
    let trail = |kind, of_lane, only_failures| statement(kind, of_lane, only_failures);
    let (of_all, of_lane) =
        ("('m0', 29000, 40000, 29000, 0, 50)", "('m0', 29000, 40000, 29000, 0, 50, 'order/7400')");
    for (statement, values, index) in [
        (DONE.to_owned(), "('m0', 25000)", "intent_changes_done"),
        (UNCLEAR.to_owned(), "('m0')", "intents_unsettled"),
        (notifications::DUE.to_owned(), "(40000, 10)", "notifications_due"),
        (OPEN.to_owned(), "('m0', 'o2', 100)", "open_orders_pkey"),
        (OUTSTANDING.to_owned(), "('m0', 'r100', 10)", "reconciliation_orders_by_outcome"),
        (KNOWN.to_owned(), r#"('m0', '["s2", "s4"]')"#, "stock_known_pkey"),
        (SHARING.to_owned(), r#"('m0', '["f2", "f4"]')"#, "stock_known_sharing"),
        (PAGE.to_owned(), "('m0', 's2', 100)", "stock_known_pkey"),
        (FIRST_PAGE.to_owned(), "('m0', 100)", "stock_known_pkey"),
        (trail(AuditKind::Call, false, false), of_all, "calls_by_time"),
        (trail(AuditKind::Call, true, false), of_lane, "calls_by_lane"),
        (trail(AuditKind::Call, false, true), of_all, "calls_failed"),
        (trail(AuditKind::Echo, false, false), of_all, "echoes_by_time"),
        (trail(AuditKind::Echo, true, false), of_lane, "echoes_by_lane"),
        (format!("{CALLS}{RECORDED}"), "('m0', 29000, 40000, 50)", "calls_pkey"),
    ] {
        let plan = plan(&mut connection, &statement, values).await;
        assert!(plan.contains(index), "{statement}:\n{plan}");
        assert!(!plan.contains("Seq Scan"), "{statement}:\n{plan}");
    }
}

#[tokio::test]
async fn what_is_old_is_deleted_without_reading_what_is_not() {
    let mut connection = filled().await;
    for old in &purge::LOGS {
        let statement = old.delete();
        let plan = plan(&mut connection, &statement, "(250, 20)").await;
        let read_through: Vec<_> = plan.lines().filter(|step| step.contains("Seq Scan")).collect();
        // runs are few: their reports are what is long
        let are_runs = |step: &&str| step.contains("on stock_runs") || step.contains("on reconciliations");
        assert!(read_through.iter().all(are_runs), "{statement}:\n{plan}");
    }
}

#[tokio::test]
async fn no_more_than_a_bite_of_what_is_old_goes_at_once() {
    let mut connection = filled().await;
    let before = crate::stored::instant(250).unwrap();
    let gone = purge::purge(&mut connection, before, 20).await.unwrap();
    let Purged { notices, looks, calls, intent_changes, notifications, stock_report_rows, echoes, .. } = gone;
    assert_eq!(
        [notices, looks, calls, intent_changes, notifications, stock_report_rows, echoes],
        [20; 7],
        "{gone:?}"
    );
    assert_eq!([gone.findings, gone.open_orders], [20; 2], "{gone:?}");
    // these have rows yet
    assert_eq!([gone.stock_runs, gone.reconciliations], [0; 2], "{gone:?}");
    // of fifteen runs of each merchant ten stay; of a hundred rows each, the rest goes, and then the run
    while purge::purge(&mut connection, before, 5_000).await.unwrap().most() > 0 {}
    let left: (i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from stock_runs), (select count(*) from stock_report_rows),
         (select count(*) from calls where started_at < 250)",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(left, (200, 20_000, 0));
}
