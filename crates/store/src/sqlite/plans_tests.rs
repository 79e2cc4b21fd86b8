//! How SQLite finds what is asked for: through indexes, whatever has piled up.

use amz_services::audit::AuditKind;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Row};
use tempfile::TempDir;

use super::file::WritableFile;
use super::reconciliation::orders::{OPEN, OUTSTANDING, SUMMARY};
use super::statements::{KNOWN, SHARING};
use super::stock::readings::{COUNT, FIRST_PAGE, PAGE};
use super::stock::taken::{DONE, UNCLEAR};
use super::trail::{CALLS, RECORDED, statement};
use super::{STATE, notifications, purge};

async fn open() -> (SqliteConnection, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = WritableFile::prepare(&folder.path().join("x.db"), &STATE).await.unwrap();
    (file.connect().await.unwrap(), folder)
}

async fn plan(connection: &mut SqliteConnection, statement: &str) -> Vec<String> {
    let explain = AssertSqlSafe(format!("explain query plan {statement}"));
    let rows = sqlx::query(explain).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get("detail")).collect()
}

#[tokio::test]
async fn looking_for_messages_never_reads_through_settled_ones() {
    let (mut connection, _folder) = open().await;
    let plan = plan(&mut connection, notifications::DUE).await;
    let steps: Vec<_> =
        plan.iter().filter(|step| step.contains("waiting") || step.contains("older")).collect();
    assert!(!steps.is_empty());
    assert!(steps.iter().all(|step| step.contains("INDEX notifications_")), "{plan:#?}");
}

#[tokio::test]
async fn what_is_open_or_outstanding_is_found_without_reading_all_else() {
    let (mut connection, _folder) = open().await;
    for (statement, expected) in [
        (OPEN, "SEARCH open_orders USING PRIMARY KEY (connection=? AND sales_order>?)"),
        (
            OUTSTANDING,
            "SEARCH reconciliation_orders USING COVERING INDEX reconciliation_orders_by_outcome \
             (connection=? AND run=? AND outcome=? AND asked=?)",
        ),
        (
            SUMMARY,
            "SEARCH reconciliation_orders USING COVERING INDEX reconciliation_orders_by_outcome \
             (connection=? AND run=?)",
        ),
    ] {
        assert_eq!(plan(&mut connection, statement).await, [expected], "{statement}");
    }
}

#[tokio::test]
async fn known_stock_is_found_by_key_and_counted_without_reading_readings() {
    let (mut connection, _folder) = open().await;
    for (statement, expected) in [
        (KNOWN, "USING INDEX sqlite_autoindex_stock_known_1 (connection=? AND sku=?)"),
        (SHARING, "USING INDEX stock_known_sharing (connection=? AND fulfillment_sku=?)"),
        (PAGE, "USING INDEX sqlite_autoindex_stock_known_1 (connection=? AND sku>?)"),
        (FIRST_PAGE, "USING INDEX sqlite_autoindex_stock_known_1 (connection=?)"),
        (COUNT, "USING COVERING INDEX sqlite_autoindex_stock_known_1 (connection=?)"),
    ] {
        let plan = plan(&mut connection, statement).await;
        let step = plan.iter().find(|step| step.contains("stock_known")).unwrap();
        assert_eq!(step, &format!("SEARCH stock_known {expected}"), "{plan:#?}");
        // those that share their units are few
        let is_sorted = plan.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
        assert_eq!(is_sorted, statement == SHARING, "{plan:#?}");
    }
}

#[tokio::test]
async fn orders_taken_lately_are_found_without_reading_history() {
    let (mut connection, _folder) = open().await;
    for (statement, first) in [
        (DONE, "SEARCH intent_changes USING INDEX intent_changes_done (connection=? AND changed_at>?)"),
        (UNCLEAR, "SEARCH intents USING INDEX intents_unsettled (connection=?)"),
    ] {
        let plan = plan(&mut connection, statement).await;
        assert_eq!(plan.first().unwrap(), first, "{plan:#?}");
        assert!(plan.iter().all(|step| !step.starts_with("SCAN")), "{plan:#?}");
    }
}

#[tokio::test]
async fn the_trail_is_stepped_into_and_never_read_through_or_sorted() {
    let (mut connection, _folder) = open().await;
    let all = [
        (statement(AuditKind::Call, false, false), "calls_by_time (connection=? AND started_at>"),
        (statement(AuditKind::Call, true, false), "calls_by_lane (connection=? AND lane=? AND started_at>"),
        (statement(AuditKind::Call, false, true), "calls_failed (connection=? AND started_at>"),
        (statement(AuditKind::Echo, false, false), "echoes_by_time (connection=? AND noted_at>"),
        (statement(AuditKind::Echo, true, false), "echoes_by_lane (connection=? AND lane=? AND noted_at>"),
        (format!("{CALLS}{RECORDED}"), "calls_by_connection (connection=? AND rowid>"),
    ];
    for (statement, index) in all {
        let plan = plan(&mut connection, &statement).await;
        assert!(plan[0].contains(index), "{statement}: {plan:#?}");
        assert!(
            plan.iter().all(|step| step.starts_with("SEARCH") || step.starts_with("CORRELATED")),
            "{plan:#?}"
        );
    }
}

#[tokio::test]
async fn what_is_old_is_deleted_without_reading_what_is_not() {
    let (mut connection, _folder) = open().await;
    for old in &purge::LOGS {
        let plan = plan(&mut connection, &old.delete()).await;
        assert!(plan.iter().all(|step| !step.starts_with("SCAN")), "{plan:#?}");
    }
}
