use std::time::Duration;

use amz_sandbox::amazon::AmazonSettings;
use amz_sandbox::{CallSelector, Fault};
use amz_services::failure::Failure;
use amz_services::ports::AmazonOrders;

use crate::setup::{Rehearsal, order};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_callers_without_a_token_make_one_token_request() {
    let rehearsal = Rehearsal::start().await;
    let callers: Vec<_> = (0..100)
        .map(|number| {
            let client = rehearsal.client.clone();
            tokio::spawn(async move { client.find(&format!("1234567_SB1:{number}").into()).await.unwrap() })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), None);
    }
    assert_eq!((rehearsal.count("token"), rehearsal.count("order")), (1, 100));
}

#[tokio::test]
async fn a_failed_token_request_is_shared_by_those_who_waited_for_it() {
    let rehearsal = Rehearsal::start().await;
    rehearsal.fault("token", CallSelector::Always, Fault::ServerError);
    let find = || async { rehearsal.client.find(&order().alias).await.unwrap_err().failure };
    let (one, two, three) = tokio::join!(find(), find(), find());
    assert_eq!([one, two, three], [Failure::NotSent; 3]);
    assert_eq!(rehearsal.count("token"), 1);
    assert_eq!(find().await, Failure::NotSent, "a later caller tries anew");
    assert_eq!(rehearsal.count("token"), 2);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let rehearsal = Rehearsal::start().await;
    let find = || async { rehearsal.client.find(&order().alias).await.unwrap() };
    find().await;
    rehearsal.clock.advance(Duration::from_secs(700));
    find().await;
    assert_eq!(rehearsal.count("token"), 1, "200 seconds of 900 are left");
    rehearsal.clock.advance(Duration::from_secs(100));
    find().await;
    assert_eq!(rehearsal.count("token"), 2, "100 seconds of 900 were left");
    let refused = rehearsal.trail.records().iter().filter(|record| record.attempt > 1).count();
    assert_eq!(refused, 0);
}

#[tokio::test]
async fn an_old_token_serves_while_it_holds_and_no_new_one_can_be_had() {
    let rehearsal = Rehearsal::start().await;
    rehearsal.client.find(&order().alias).await.unwrap();
    rehearsal.fault("token", CallSelector::Always, Fault::ServerError);
    rehearsal.clock.advance(Duration::from_secs(850));
    rehearsal.client.find(&order().alias).await.unwrap();
    rehearsal.clock.advance(Duration::from_secs(60));
    let error = rehearsal.client.find(&order().alias).await.unwrap_err();
    assert_eq!(error.failure, Failure::NotSent);
}

#[tokio::test]
async fn a_revoked_token_earns_one_fresh_try() {
    for refused_token_status in [200, 401, 403] {
        let settings = AmazonSettings { refused_token_status, ..AmazonSettings::default() };
        let rehearsal = Rehearsal::start_with(settings).await;
        rehearsal.client.find(&order().alias).await.unwrap();
        rehearsal.sandbox().amazon.revoke_all_tokens();
        rehearsal.client.create(&order()).await.unwrap();
        assert_eq!((rehearsal.count("token"), rehearsal.count("createOrder")), (2, 2));
        let attempts: Vec<u32> = rehearsal
            .trail
            .records()
            .iter()
            .filter(|record| record.operation == "createOrder")
            .map(|record| record.attempt)
            .collect();
        assert_eq!(attempts, [1, 2]);
    }
}

#[tokio::test]
async fn a_token_that_is_refused_twice_is_a_matter_of_credentials() {
    let rehearsal = Rehearsal::start().await;
    rehearsal.fault("order", CallSelector::Always, Fault::RevokedToken);
    let error = rehearsal.client.find(&order().alias).await.unwrap_err();
    assert_eq!((error.failure, error.code.as_str()), (Failure::Credentials, "AccessDeniedError"));
    assert_eq!((rehearsal.count("token"), rehearsal.count("order")), (2, 2));
}

#[tokio::test]
async fn wrong_credentials_are_told_apart_from_a_token_endpoint_that_is_down() {
    let rehearsal = Rehearsal::start().await;
    let client = rehearsal.client_with_secret("not-the-secret");
    let error = client.find(&order().alias).await.unwrap_err();
    assert_eq!((error.failure, error.code.as_str()), (Failure::Credentials, "invalid_client"));
    assert!(!format!("{error:?}").contains("not-the-secret"));
    assert_eq!(rehearsal.count("order"), 0);
}

#[tokio::test]
async fn trouble_at_the_token_endpoint_means_that_nothing_was_sent() {
    let wait = Some(Duration::from_secs(9));
    let faults = [
        (Fault::LostAnswer, Failure::NotSent),
        (Fault::ServerError, Failure::NotSent),
        (Fault::MalformedJson, Failure::NotSent),
        (Fault::TooManyRequests { retry_after_s: Some(9) }, Failure::Throttled { wait }),
    ];
    for (fault, failure) in faults {
        let rehearsal = Rehearsal::start().await;
        rehearsal.fault("token", CallSelector::Nth(1), fault.clone());
        let error = rehearsal.client.create(&order()).await.unwrap_err();
        assert_eq!((error.operation, error.failure), ("createOrder", failure), "{fault:?}");
        assert_eq!(rehearsal.count("createOrder"), 0);
        rehearsal.client.create(&order()).await.unwrap();
    }
}
