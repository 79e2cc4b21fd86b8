//! Stores with much in them, filled by the databases themselves.

use amz_domain::SalesOrderId;
use amz_services::work::{Ask, Lane};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};

use crate::load::CONNECTION;

/// Notices that nobody has taken. Their bodies are short: how long they are does not matter to a start.
pub(crate) async fn notices(store: &str, count: u64) {
    let columns = format!(
        "'{CONNECTION}', 'amazon', 'waiting-' || n, 'PACKAGE_DELIVERED',
         '{{\"eventDescriptor\":\"PACKAGE_DELIVERED\",\"resources\":[\"businessProduct/bp-bench/order/A-' || n || '\"]}}', '', 0"
    );
    let names = "connection, source, notice_key, kind, body, body_digest, received_at";
    match store.strip_prefix("sqlite://") {
        Some(stem) => {
            let file = stem.replace(".db", "-inbox.db");
            let insert = format!(
                "with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < {count})
                 insert into notices ({names}) select {columns} from numbers"
            );
            on_sqlite(&file, &[insert]).await;
        }
        None => {
            let insert = format!(
                "with stored as (insert into notices (feed, {names})
                    select 'inbox', {columns} from generate_series(1, {count}) as numbers (n)
                    returning connection, feed, id)
                 insert into notices_waiting (connection, feed, id) select connection, feed, id from stored"
            );
            on_postgres(store, &[insert]).await;
        }
    }
}

/// Sales orders that are due to be looked at.
pub(crate) async fn lanes(store: &str, count: u64) {
    let lane = Lane::SalesOrder(SalesOrderId::from("")).to_string();
    let ask = serde_json::to_string(&Ask::SalesOrder).expect("an ask is JSON");
    let statements = |numbers: &str| {
        [
            format!(
                "insert into lanes (connection, lane, due_at, last_sequence)
                 select '{CONNECTION}', '{lane}' || n, 0, 1 from {numbers}"
            ),
            format!(
                "insert into requests (connection, lane, sequence, ask, due_at)
                 select '{CONNECTION}', '{lane}' || n, 1, '{ask}', 0 from {numbers}"
            ),
        ]
    };
    match store.strip_prefix("sqlite://") {
        Some(stem) => {
            let numbers = format!(
                "(with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < {count})
                  select n from numbers)"
            );
            on_sqlite(&stem.replace(".db", "-state.db"), &statements(&numbers)).await;
        }
        None => on_postgres(store, &statements(&format!("generate_series(1, {count}) as numbers (n)"))).await,
    }
}

async fn on_sqlite(file: &str, statements: &[String]) {
    let options = SqliteConnectOptions::new().filename(file).journal_mode(SqliteJournalMode::Wal);
    let mut connection = options.disable_statement_logging().connect().await.unwrap();
    for statement in statements {
        connection.execute(AssertSqlSafe(statement.as_str())).await.unwrap();
    }
    connection.execute("pragma wal_checkpoint(truncate)").await.unwrap();
    connection.close().await.unwrap();
}

async fn on_postgres(url: &str, statements: &[String]) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    for statement in statements {
        connection.execute(AssertSqlSafe(statement.as_str())).await.unwrap();
    }
    connection.execute("analyze").await.unwrap();
    connection.close().await.unwrap();
}
