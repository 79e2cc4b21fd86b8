//! What the governor does to calls: logins refused under load, slow-downs, and the account's own limits.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that meets something unexpected has failed")]

mod netsuite_support;

use amz_connector::netsuite::Governor;
use amz_domain::SalesOrder;
use amz_sandbox::netsuite::{GovernanceLimits, LoginsUnderLoad};
use amz_sandbox::{CallSelector, Fault, SandboxSettings};
use amz_services::audit::CallOutcome;
use amz_services::failure::{Failure, PortError};
use amz_services::ports::SalesOrders;
use netsuite_support::{World, order, token_based};

type Read = Result<Option<SalesOrder>, PortError>;

/// A world of five slots of which a governor uses four.
async fn world() -> (World, Governor) {
    let governor = Governor::new(4);
    let world = World::governed(SandboxSettings::default(), token_based(), |_| {}, governor.clone()).await;
    (world, governor)
}

/// Reads an order so often at once, each answer taking its time.
async fn read_at_once(world: &World, times: usize) -> Vec<Read> {
    let [id] = world.load(vec![order()])[..] else { panic!() };
    world.netsuite.read(&id.to_string().into()).await.unwrap();
    world.fault("salesOrder.get", CallSelector::Always, Fault::Slow { millis: 5 });
    let reads = (0..times).map(|_| {
        let netsuite = world.netsuite.clone();
        tokio::spawn(async move { netsuite.read(&id.to_string().into()).await })
    });
    let mut ended = Vec::new();
    for read in reads.collect::<Vec<_>>() {
        ended.push(read.await.unwrap());
    }
    ended
}

#[tokio::test]
async fn a_login_that_is_refused_among_other_calls_is_tried_once_more_alone() {
    let (world, governor) = world().await;
    let refuses = LoginsUnderLoad { above: 1, at_most: Some(1) };
    world.sandbox().netsuite.refuse_logins_under_load(Some(refuses));
    let reads = read_at_once(&world, 8).await;
    assert!(reads.iter().all(Result::is_ok), "{reads:?}");

    let trail = world.recorded.all();
    let refused: Vec<_> = trail.iter().filter(|call| call.outcome == CallOutcome::Credentials).collect();
    assert_eq!(refused.iter().map(|call| call.attempt).collect::<Vec<_>>(), [1]);
    let again: Vec<_> = trail.iter().filter(|call| call.attempt == 2).collect();
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].outcome, &again[0].path), (CallOutcome::Success, &refused[0].path));
    assert_eq!(trail.len(), 1 + 8 + 1);
    assert!(world.sandbox().netsuite.peak_in_flight() <= 4);
    assert_eq!(governor.in_flight(), 0);
}

#[tokio::test]
async fn an_account_that_refuses_every_login_beside_another_is_called_one_at_a_time() {
    let (world, _) = world().await;
    let refuses = LoginsUnderLoad { above: 1, at_most: None };
    world.sandbox().netsuite.refuse_logins_under_load(Some(refuses));
    let reads = read_at_once(&world, 20).await;
    assert!(reads.iter().all(Result::is_ok), "{reads:?}");
    let trail = world.recorded.all();
    let successes = trail.iter().filter(|call| call.outcome == CallOutcome::Success).count();
    assert_eq!(successes, 21);
    assert!(trail.iter().all(|call| call.attempt <= 2));
}

#[tokio::test]
async fn credentials_that_are_refused_alone_too_are_refused() {
    let (world, _) = world().await;
    let [id] = world.load(vec![order()])[..] else { panic!() };
    world.netsuite.read(&id.to_string().into()).await.unwrap();
    world.sandbox().netsuite.revoke_tba_token(true);
    world.fault("salesOrder.get", CallSelector::Always, Fault::Slow { millis: 5 });
    let reads = (0..20).map(|_| {
        let netsuite = world.netsuite.clone();
        tokio::spawn(async move { netsuite.read(&id.to_string().into()).await.unwrap_err() })
    });
    let mut codes = Vec::new();
    for read in reads.collect::<Vec<_>>() {
        let error = read.await.unwrap();
        assert_eq!(error.failure, Failure::Credentials);
        codes.push(error.code);
    }
    // those that were in flight, and one more alone
    let attempts: Vec<_> = world.recorded.all().iter().skip(1).map(|call| call.attempt).collect();
    assert_eq!(attempts, [1, 1, 1, 1, 2], "nobody else is sent");
    assert_eq!(codes.iter().filter(|code| *code == "credentials_in_doubt").count(), 19, "{codes:?}");
}

#[tokio::test]
async fn a_login_that_is_refused_while_nothing_else_is_in_flight_is_tried_once_more_at_once() {
    let (world, governor) = world().await;
    let [id] = world.load(vec![order()])[..] else { panic!() };
    world.fault("salesOrder.get", CallSelector::First(1), Fault::LoginRefused);
    world.netsuite.read(&id.to_string().into()).await.unwrap();
    let attempts: Vec<_> = world.recorded.all().iter().map(|call| call.attempt).collect();
    assert_eq!((attempts, governor.slots()), (vec![1, 2], 4), "it says nothing of load");
}

#[tokio::test]
async fn a_refusal_for_load_slows_the_whole_account_down_and_successes_end_that() {
    let (world, governor) = world().await;
    world.fault("salesOrder.get", CallSelector::Nth(2), Fault::TooManyRequests { retry_after_s: None });
    let reads = read_at_once(&world, 2).await;
    let throttled = reads
        .iter()
        .filter(|read| read.as_ref().is_err_and(|error| matches!(error.failure, Failure::Throttled { .. })));
    assert_eq!(throttled.count(), 1);
    assert!((2..=3).contains(&governor.slots()), "{}", governor.slots());
    read_at_once(&world, 20).await;
    assert_eq!(governor.slots(), 4);
}

#[tokio::test]
async fn the_account_tells_its_limits_to_those_who_may_know() {
    let (world, _) = world().await;
    let refused = world.netsuite.concurrency_limits().await.unwrap_err();
    assert_eq!((refused.failure, refused.code.as_str()), (Failure::Refused, "INSUFFICIENT_PERMISSION"));
    world.sandbox().netsuite.show_governance_limits(Some(GovernanceLimits {
        account_concurrency_limit: 15,
        account_unallocated_concurrency_limit: 10,
        integration_concurrency_limit: Some(4),
        integration_limit_type: "integrationSpecific".to_owned(),
    }));
    let limits = world.netsuite.concurrency_limits().await.unwrap();
    assert_eq!((limits.account, limits.unallocated, limits.integration), (Some(15), Some(10), Some(4)));
    assert_eq!(limits.share(), Some(3));
}
