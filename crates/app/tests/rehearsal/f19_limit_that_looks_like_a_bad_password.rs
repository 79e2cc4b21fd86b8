//! F-19: a limit that looks like a bad password. Five slots are shared with others; our share is four.

use amz_sandbox::netsuite::{BillKind, GovernanceLimits, LoginsUnderLoad};
use amz_sandbox::{CallSelector, Fault, Vendor};
use amz_services::audit::CallOutcome;
use amz_services::work::Lane;
use chrono::{DateTime, Utc};

use crate::log::Log;
use crate::money::{Sold, billed, taxed};
use crate::orders::{order, pending, text};
use crate::stage::Stage;

const RAISED: &str = "alarm=\"raised\"";
const CLEARED: &str = "alarm=\"cleared\"";

/// Slots that we leave to others.
const SHARE: usize = 4;

/// All lanes are taken at once, so that their calls meet at the account.
async fn stage(changes: &[(&str, &str)]) -> Stage {
    Stage::with(&[&[("AMZ__WORKER__CONCURRENCY", "200")], changes].concat()).await
}

/// Lets each call to NetSuite take a while.
fn slow(stage: &Stage) {
    stage.fault(Vendor::NetSuite, "*", CallSelector::Always, Fault::Slow { millis: 3 });
}

/// So many orders, as Amazon has them.
async fn orders(stage: &Stage, count: u32) -> Vec<u64> {
    let ids = stage.enter((0..count).map(|number| order(&format!("SO-{number}"))).collect());
    stage.settle().await;
    ids
}

/// Five events on each order and more: the parcel leaves and arrives, and Amazon tells thrice of the order besides.
async fn burst(stage: &Stage, ids: &[u64]) {
    for id in ids {
        let amazon = stage.amazon_order(*id);
        let package = pending(&amazon).id.clone();
        stage.amazon().ship(&amazon.id, &package, "ups", &format!("1Z-{id}")).unwrap();
        stage.amazon().deliver(&amazon.id, &package).unwrap();
        for copy in 0..3 {
            stage.send_event("ORDER_CREATED", &format!("order/{}", amazon.id), &format!("{id}-{copy}")).await;
        }
    }
}

fn assert_all_arrived(stage: &Stage, ids: &[u64]) {
    for id in ids {
        let fulfillments = stage.fulfillments(*id);
        assert_eq!(fulfillments.len(), 1, "order {id}");
        assert_eq!(text(&fulfillments[0], "custbody_amz_delivery_state"), "DELIVERED", "order {id}");
    }
}

/// Every call to NetSuite since an instant, with the lane it was made for.
async fn trail(stage: &Stage, since: DateTime<Utc>) -> Vec<(Lane, String, u32, CallOutcome)> {
    let calls = stage.sync().state.calls(since, 100_000).await.unwrap();
    let netsuite = calls.into_iter().filter(|call| call.vendor.as_str() == "netsuite");
    netsuite.filter_map(|call| Some((call.lane?, call.operation, call.attempt, call.outcome))).collect()
}

#[tokio::test]
async fn f19_a_burst_stays_within_our_share_and_refunds_and_cancellations_go_first() {
    let log = Log::listen();
    let stage = stage(&[]).await;
    let ids = orders(&stage, 100).await;
    let mut sold: Vec<Sold> = Vec::new();
    for number in 0..3 {
        let order = taxed(&format!("SO-R{number}"), 3, "10.00", "3.00");
        sold.push(billed(&stage, order, BillKind::Invoice).await.0);
    }
    let cancelled = stage.enter(vec![order("SO-C0"), order("SO-C1")]);
    stage.settle().await;
    stage.advance(std::time::Duration::from_secs(60));

    slow(&stage);
    stage.netsuite().reset_peak_in_flight();
    let began = stage.now();
    burst(&stage, &ids).await;
    for sold in &sold {
        sold.request(&stage, 1, None);
    }
    for id in &cancelled {
        stage.netsuite().set_cancel_state(*id, "requested", Some("Changed my mind")).unwrap();
        assert_eq!(stage.notify_of(&format!("cancel-{id}"), ("salesorder", *id), "cancel").await, 200);
    }
    stage.amazon().events_settled().await;
    assert!(stage.intake().await >= 500);
    stage.advance(std::time::Duration::from_secs(60));
    stage.work().await;

    assert_eq!(stage.netsuite().peak_in_flight(), SHARE, "all of our share, and no more");
    let urgent: Vec<Lane> =
        sold.iter().map(|sold| sold.id).chain(cancelled.clone()).map(|id| Stage::lane(id).lane).collect();
    let trail = trail(&stage, began).await;
    let of = |is_urgent: bool| -> Vec<usize> {
        let places = trail.iter().enumerate().filter(|(_, call)| urgent.contains(&call.0) == is_urgent);
        places.map(|(place, _)| place).collect()
    };
    let (first, others) = (of(true), of(false));
    assert!(first.len() >= 5 && others.len() >= 200, "{} and {}", first.len(), others.len());
    let median = others[others.len() / 2];
    let last = *first.last().unwrap();
    assert!(
        last < median,
        "the last of {} urgent calls came after {last} of {} calls",
        first.len(),
        trail.len()
    );

    stage.clear_faults();
    stage.settle().await;
    assert_all_arrived(&stage, &ids);
    for sold in &sold {
        assert!(sold.refunds(&stage).iter().all(|refund| refund.payments.len() == 1));
    }
    for id in cancelled {
        assert_eq!(stage.amazon_order(id).cancellations.len(), 1);
    }
    assert_eq!((log.count(RAISED), stage.parked().await.len(), stage.backlog().await.lanes), (0, 0, 0));
}

#[tokio::test]
async fn f19_a_login_that_is_refused_under_load_is_tried_once_more_and_rings_no_alarm() {
    let log = Log::listen();
    let stage = stage(&[]).await;
    let ids = orders(&stage, 25).await;
    slow(&stage);
    let refuses = LoginsUnderLoad { above: SHARE - 1, at_most: Some(3) };
    stage.netsuite().refuse_logins_under_load(Some(refuses));
    let began = stage.now();
    burst(&stage, &ids).await;
    stage.settle().await;

    assert_all_arrived(&stage, &ids);
    let trail = trail(&stage, began).await;
    let refused: Vec<_> = trail.iter().filter(|call| call.3 == CallOutcome::Credentials).collect();
    let again: Vec<_> = trail.iter().filter(|call| call.2 == 2).collect();
    assert_eq!((refused.len(), again.len()), (3, 3), "each is tried once more");
    assert!(refused.iter().all(|call| call.2 == 1));
    for refused in refused {
        let same = again.iter().find(|call| (&call.0, &call.1) == (&refused.0, &refused.1));
        assert_eq!(same.expect("the same call again").3, CallOutcome::Success);
    }
    assert_eq!((log.count(RAISED), stage.parked().await.len(), stage.backlog().await.lanes), (0, 0, 0));
}

#[tokio::test]
async fn f19_the_documented_refusal_for_load_slows_down_and_loses_nothing() {
    let log = Log::listen();
    let stage = stage(&[]).await;
    let ids = orders(&stage, 25).await;
    // others take slots of the account
    stage.netsuite().set_slots(2);
    slow(&stage);
    burst(&stage, &ids).await;
    stage.settle().await;
    assert_all_arrived(&stage, &ids);
    assert!(log.text().contains("the account asks for fewer calls at once"));
    assert_eq!((log.count(RAISED), stage.parked().await.len(), stage.backlog().await.lanes), (0, 0, 0));
}

#[tokio::test]
async fn f19_a_really_wrong_credential_rings_exactly_once() {
    let log = Log::listen();
    let stage = stage(&[]).await;
    let ids = orders(&stage, 25).await;
    slow(&stage);
    burst(&stage, &ids).await;
    stage.amazon().events_settled().await;
    stage.intake().await;
    stage.advance(std::time::Duration::from_secs(60));
    stage.netsuite().revoke_tba_token(true);
    stage.work().await;
    for _ in 0..3 {
        stage.advance_to(stage.next_due().await.unwrap());
        stage.work().await;
    }
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (1, 0));
    stage.netsuite().revoke_tba_token(false);
    stage.netsuite().unlock_user();
    stage.settle().await;
    assert_eq!((log.count(RAISED), log.count(CLEARED)), (1, 1));
    assert_all_arrived(&stage, &ids);
    assert_eq!(stage.parked().await, []);
}

#[tokio::test]
async fn f19_our_share_is_learned_where_the_account_tells_it() {
    let limits = |unallocated| {
        Some(GovernanceLimits {
            account_concurrency_limit: 15,
            account_unallocated_concurrency_limit: unallocated,
            integration_concurrency_limit: None,
            integration_limit_type: "accountLimit".to_owned(),
        })
    };
    for (changes, unallocated, peak) in [
        (vec![("NETSUITE__LEARN_CONCURRENCY", "true")], Some(7), 6),
        (vec![("NETSUITE__LEARN_CONCURRENCY", "true"), ("NETSUITE__CONCURRENCY", "3")], Some(7), 3),
        (vec![("NETSUITE__LEARN_CONCURRENCY", "true")], None, 4),
    ] {
        let stage = stage(&changes).await;
        stage.netsuite().set_slots(15);
        stage.netsuite().show_governance_limits(unallocated.and_then(limits));
        let [learner] = &stage.sync().learners[..] else { panic!("one account") };
        learner.learn().await;
        stage.enter((0..40).map(|number| order(&format!("SO-{number}"))).collect());
        slow(&stage);
        stage.settle().await;
        assert_eq!(stage.netsuite().peak_in_flight(), peak, "{changes:?} of {unallocated:?}");
        assert_eq!(stage.amazon().orders().len(), 40);
        assert_eq!(stage.parked().await, []);
    }
}
