//! What only files can do with stock: reading from elsewhere, and deleting what is old.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use amz_services::inventory::{RunPhase, StockRun};
use amz_services::ports::{Intake, Lanes, StockRecords, StockReports};
use amz_services::work::{Ask, Lane, LaneKey, Lease};
use amz_store::conformance::samples::{LEASE, at, request, shop};
use amz_store::conformance::stock_runs::{drift, run};
use amz_store::sqlite::{SqliteState, SqliteStateReader};
use amz_store::{Purged, State as _};
use sqlx::{ConnectOptions, Connection};

async fn lease(state: &SqliteState, connection: &str) -> Lease {
    let key = LaneKey { connection: connection.into(), lane: Lane::StockLevels };
    state.accept("inbox", 1, vec![request(key, Ask::CompareStock("r".into()), 0)]).await.unwrap();
    state.claim("worker", at(0), LEASE, 1).await.unwrap().remove(0).lease
}

fn ended(id: &str, started_s: i64, phase: RunPhase) -> StockRun {
    StockRun { phase, ended_at: Some(at(started_s + 5)), ..run(id, started_s) }
}

#[tokio::test]
async fn reports_are_read_elsewhere_once_the_owner_keeps_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let reader = SqliteStateReader::new(&path);
    let nothing = async || {
        assert_eq!(reader.stock_run(&shop(), &"r".into()).await.unwrap(), None);
        assert_eq!(reader.stock_runs(&shop(), 10).await.unwrap(), []);
        assert_eq!(reader.stock_report(&shop(), &"r".into(), 0, 10).await.unwrap(), []);
    };
    nothing().await;
    assert!(!path.exists(), "a reader makes no files");

    // an owner from before stock was kept has lanes and no more
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut older = options.connect().await.unwrap();
    sqlx::query("create table lanes (lane text)").execute(&mut older).await.unwrap();
    nothing().await;
    sqlx::query("drop table lanes").execute(&mut older).await.unwrap();
    older.close().await.unwrap();

    let state = SqliteState::open(&path).await.unwrap();
    nothing().await;
    let lease = lease(&state, "shop").await;
    state.write_run(&lease, &run("r", 1)).await.unwrap();
    state.write_report(&lease, &"r".into(), &[drift("9", "1")], true).await.unwrap();
    assert_eq!(reader.stock_run(&shop(), &"r".into()).await.unwrap(), Some(run("r", 1)));
    assert_eq!(reader.stock_runs(&shop(), 10).await.unwrap(), [run("r", 1)]);
    assert_eq!(reader.stock_report(&shop(), &"r".into(), 0, 10).await.unwrap(), [drift("9", "1")]);
}

#[tokio::test]
async fn old_runs_go_with_their_reports_but_the_latest_ten_and_those_under_way_stay() {
    let folder = tempfile::tempdir().unwrap();
    let state = SqliteState::open(&folder.path().join("state.db")).await.unwrap();
    let other = lease(&state, "other").await;
    state.write_run(&other, &ended("r01", 1, RunPhase::Done)).await.unwrap();
    let lease = lease(&state, "shop").await;
    state.write_run(&lease, &run("r00", 0)).await.unwrap();
    for number in 1..=13 {
        let id = format!("r{number:02}");
        let phase = if number == 2 { RunPhase::Incomplete } else { RunPhase::Done };
        state.write_run(&lease, &ended(&id, number, phase)).await.unwrap();
        let rows = [drift("7", "1"), drift("8", "1"), drift("9", "1")];
        state.write_report(&lease, &id.as_str().into(), &rows, true).await.unwrap();
    }
    assert_eq!(state.purge(at(5), 4).await.unwrap(), Purged::default(), "none was over before that");
    let mut bites = Vec::new();
    loop {
        let Purged { stock_report_rows, stock_runs, .. } = state.purge(at(1_000), 4).await.unwrap();
        if stock_report_rows + stock_runs == 0 {
            break;
        }
        bites.push((stock_report_rows, stock_runs));
    }
    assert_eq!(bites, [(4, 1), (4, 1), (1, 1)], "a run goes after the last row of its report");
    let left = state.runs(&shop(), 100).await.unwrap();
    let left: Vec<_> = left.iter().map(|run| run.request.id.as_str()).collect();
    assert_eq!(left, ["r13", "r12", "r11", "r10", "r09", "r08", "r07", "r06", "r05", "r04", "r00"]);
    assert_eq!(state.report(&shop(), &"r03".into(), 0, 10).await.unwrap(), []);
    assert_eq!(state.report(&shop(), &"r04".into(), 0, 10).await.unwrap().len(), 3);
    assert_eq!(state.runs(&"other".into(), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_known_of_stock_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let state = SqliteState::open(&path).await.unwrap();
    let held = lease(&state, "shop").await;
    state.note_absent(&held, &["MUG".into()], at(1)).await.unwrap();
    state.write_run(&held, &run("r", 1)).await.unwrap();
    state.close().await;
    let state = SqliteState::open(&path).await.unwrap();
    assert_eq!(state.known_count(&shop()).await.unwrap(), 1);
    assert_eq!(state.runs(&shop(), 1).await.unwrap(), [run("r", 1)]);
}
