//! Reconciliations on files: what is old goes, and where the next one begins stays.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use amz_domain::SalesOrderId;
use amz_services::ports::{Intake, Lanes, Reconciliations};
use amz_services::reconciliation::{Reconciliation, ReconciliationPhase, ReconciliationScope};
use amz_services::work::{Ask, Lane, LaneKey, Lease};
use amz_store::conformance::reconciliations::run;
use amz_store::conformance::samples::{LEASE, at, request, shop};
use amz_store::sqlite::SqliteState;
use amz_store::{Purged, State as _};

async fn lease(state: &SqliteState) -> Lease {
    let key = LaneKey { connection: shop(), lane: Lane::Reconciliation };
    state.accept("inbox", 1, vec![request(key, Ask::Reconcile("r".into()), 0)]).await.unwrap();
    state.claim("worker", at(0), LEASE, 1).await.unwrap().remove(0).lease
}

fn ended(id: &str, started_s: i64) -> Reconciliation {
    let ended_at = Some(at(started_s + 5));
    Reconciliation { phase: ReconciliationPhase::Done, ended_at, ..run(id, started_s) }
}

#[tokio::test]
async fn old_reconciliations_go_but_the_latest_ten_those_under_way_and_the_last_that_counts_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let state = SqliteState::open(&path).await.unwrap();
    let lease = lease(&state).await;
    let orders = ["1", "2", "3"].map(SalesOrderId::from);
    state.advance(&lease, &run("r00", 0), &orders).await.unwrap();
    for number in 1..=14 {
        let id = format!("r{number:02}");
        let mut run = ended(&id, number);
        if number != 1 && number != 3 {
            run.request.scope = ReconciliationScope::Orders(orders.to_vec());
        }
        state.advance(&lease, &run, &orders).await.unwrap();
    }
    assert_eq!(state.purge(at(6), 4).await.unwrap(), Purged::default(), "none was over before that");
    let mut bites = Vec::new();
    loop {
        let Purged { findings, reconciliations, .. } = state.purge(at(1_000), 4).await.unwrap();
        if findings + reconciliations == 0 {
            break;
        }
        bites.push((findings, reconciliations));
    }
    assert_eq!(bites, [(4, 1), (4, 1), (4, 1)], "a reconciliation goes after the last of its orders");
    let left = state.latest(&shop(), 100).await.unwrap();
    let left: Vec<_> = left.iter().map(|run| run.request.id.as_str()).collect();
    let latest = ["r14", "r13", "r12", "r11", "r10", "r09", "r08", "r07", "r06", "r05"];
    assert_eq!(left[..10], latest);
    assert_eq!(left[10..], ["r03", "r00"], "where the next one begins, and what is under way");
    assert_eq!(state.outstanding(&shop(), &"r05".into(), 9).await.unwrap(), orders);
    assert_eq!(state.outstanding(&shop(), &"r00".into(), 9).await.unwrap(), orders);

    state.close().await;
    let state = SqliteState::open(&path).await.unwrap();
    assert_eq!(state.last_completed(&shop()).await.unwrap(), Some(at(3)));
}
