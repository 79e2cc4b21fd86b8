//! Logins against the sandbox: signed requests and bearer tokens.

mod netsuite_support;

use std::time::Duration;

use amz_connector::netsuite::auth::{NetSuiteAuthSettings, SigningAlgorithm};
use amz_sandbox::{CallSelector, Fault};
use amz_services::audit::CallOutcome;
use amz_services::failure::Failure;
use amz_services::ports::SalesOrders;
use netsuite_support::{World, machine_to_machine, order, token_based, world};

#[tokio::test]
async fn a_signed_request_is_accepted_also_with_a_query() {
    let world = world().await;
    let [id] = world.load(vec![order()])[..] else { panic!() };
    let read = world.netsuite.read(&id.to_string().into()).await.unwrap();
    assert_eq!(read.unwrap().id, id.to_string().into());
    let calls = world.sandbox().calls.all();
    assert_eq!(calls[0].authorization_scheme.as_deref(), Some("OAuth"));
    assert!(calls[0].path.ends_with("?expandSubResources=true"));
}

#[tokio::test]
async fn a_wrong_secret_is_tried_twice_and_no_more() {
    let mut auth = token_based();
    if let NetSuiteAuthSettings::TokenBased(settings) = &mut auth {
        settings.token_secret = "wrong".into();
    }
    let world = World::with(auth, |_| {}).await;
    let error = world.netsuite.read(&"1".into()).await.unwrap_err();
    assert_eq!((error.failure, error.code.as_str()), (Failure::Credentials, "INVALID_LOGIN"));
    let recorded = world.recorded.all();
    assert_eq!(recorded.iter().map(|call| call.attempt).collect::<Vec<_>>(), [1, 2]);
    assert!(recorded.iter().all(|call| call.outcome == CallOutcome::Credentials));
    assert_eq!(world.count("salesOrder.get"), 2);
    let trail = world.sandbox().netsuite.login_audit_trail();
    assert!(trail.iter().all(|login| format!("{login:?}").contains("InvalidSignature")), "{trail:?}");
}

#[tokio::test]
async fn both_assertion_algorithms_get_a_token_that_is_accepted() {
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::Ps256] {
        let world = World::with(machine_to_machine(algorithm), |_| {}).await;
        let [id] = world.load(vec![order()])[..] else { panic!() };
        assert!(world.netsuite.read(&id.to_string().into()).await.unwrap().is_some());
        let schemes: Vec<_> =
            world.sandbox().calls.all().iter().map(|call| call.authorization_scheme.clone()).collect();
        assert_eq!(schemes, [None, Some("Bearer".to_owned())]);
    }
}

#[tokio::test]
async fn many_callers_share_one_token_until_shortly_before_it_expires() {
    let world = World::with(machine_to_machine(SigningAlgorithm::Es256), |_| {}).await;
    let [id] = world.load(vec![order()])[..] else { panic!() };
    let reads = (0..20).map(|_| {
        let netsuite = world.netsuite.clone();
        tokio::spawn(async move { netsuite.read(&id.to_string().into()).await.unwrap().is_some() })
    });
    for read in reads.collect::<Vec<_>>() {
        assert!(read.await.unwrap());
    }
    assert_eq!(world.count("token"), 1);
    world.sandbox().clock.advance(Duration::from_secs(3_400));
    world.netsuite.read(&id.to_string().into()).await.unwrap();
    assert_eq!(world.count("token"), 1);
    world.sandbox().clock.advance(Duration::from_secs(100));
    world.netsuite.read(&id.to_string().into()).await.unwrap();
    assert_eq!(world.count("token"), 2, "renewed while the old one still holds");
}

#[tokio::test]
async fn an_old_token_serves_while_the_token_endpoint_is_down() {
    let world = World::with(machine_to_machine(SigningAlgorithm::Es256), |_| {}).await;
    let [id] = world.load(vec![order()])[..] else { panic!() };
    world.netsuite.read(&id.to_string().into()).await.unwrap();
    world.sandbox().clock.advance(Duration::from_secs(3_500));
    world.fault("token", CallSelector::Always, Fault::ServerError);
    assert!(world.netsuite.read(&id.to_string().into()).await.unwrap().is_some());
    world.sandbox().clock.advance(Duration::from_secs(100));
    let error = world.netsuite.read(&id.to_string().into()).await.unwrap_err();
    assert_eq!(error.failure, Failure::NotSent, "without a token nothing is sent");
}

#[tokio::test]
async fn a_revoked_token_is_replaced_once() {
    let world = World::with(machine_to_machine(SigningAlgorithm::Es256), |_| {}).await;
    let [id] = world.load(vec![order()])[..] else { panic!() };
    world.fault("salesOrder.get", CallSelector::Nth(1), Fault::RevokedToken);
    assert!(world.netsuite.read(&id.to_string().into()).await.unwrap().is_some());
    assert_eq!((world.count("token"), world.count("salesOrder.get")), (2, 2));
}

#[tokio::test]
async fn an_unknown_certificate_is_tried_twice_and_nothing_else_is_sent() {
    let mut auth = machine_to_machine(SigningAlgorithm::Es256);
    if let NetSuiteAuthSettings::MachineToMachine(settings) = &mut auth {
        settings.certificate_id = "another".to_owned();
    }
    let world = World::with(auth, |_| {}).await;
    let error = world.netsuite.read(&"1".into()).await.unwrap_err();
    assert_eq!(error.failure, Failure::Credentials);
    assert_eq!((world.count("token"), world.count("salesOrder.get")), (2, 0));
}

#[tokio::test]
async fn neither_keys_nor_tokens_are_recorded() {
    let world = World::with(machine_to_machine(SigningAlgorithm::Ps256), |_| {}).await;
    let [id] = world.load(vec![order()])[..] else { panic!() };
    world.netsuite.read(&id.to_string().into()).await.unwrap();
    let recorded = world.recorded.all();
    assert_eq!(recorded[0].operation, "token");
    // every assertion and every token is a JWT, whose header starts so
    assert!(!format!("{recorded:?}").contains("eyJ"), "{recorded:?}");
}

#[tokio::test]
async fn a_burst_with_refused_credentials_shares_its_two_tries() {
    let mut auth = machine_to_machine(SigningAlgorithm::Es256);
    if let NetSuiteAuthSettings::MachineToMachine(settings) = &mut auth {
        settings.certificate_id = "another".to_owned();
    }
    let world = World::with(auth, |_| {}).await;
    let reads = (0..4).map(|_| {
        let netsuite = world.netsuite.clone();
        tokio::spawn(async move { netsuite.read(&"1".into()).await.unwrap_err().failure })
    });
    for read in reads.collect::<Vec<_>>() {
        assert_eq!(read.await.unwrap(), Failure::Credentials);
    }
    let trail = world.sandbox().netsuite.login_audit_trail();
    assert!(trail.len() < 5, "the user would be locked: {} failed logins", trail.len());
}
