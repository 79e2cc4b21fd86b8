use amz_sandbox::{CallSelector, Fault, Vendor};
use amz_services::audit::{CallContext, CallOutcome, in_context};
use amz_services::ports::amazon::{Delivery, ShopperIdentity};
use amz_services::ports::{AmazonOrders, PackageTrackers};
use amz_services::work::Lane;

use crate::setup::{Rehearsal, order};

const IDENTITY: &str = "sandbox-mocked-test-prime-shopper-access-token";

/// Makes calls that end in every way, one after the other.
async fn a_bad_day(rehearsal: &Rehearsal) {
    let client = &rehearsal.client;
    let mut new = order();
    new.lines[0].delivery = Delivery::Prime { preview: "preview-1".into(), offer: "offer-1".into() };
    new.shopper_identity = Some(ShopperIdentity(IDENTITY.into()));
    rehearsal.fault("token", CallSelector::Nth(1), Fault::ServerError);
    rehearsal.fault("createOrder", CallSelector::Nth(1), Fault::GraphQlThrottle);
    rehearsal.fault("createOrder", CallSelector::Nth(2), Fault::TooManyRequests { retry_after_s: Some(2) });
    rehearsal.fault("createOrder", CallSelector::Nth(3), Fault::RevokedToken);
    rehearsal.fault("createOrder", CallSelector::Nth(4), Fault::LostAnswer);
    rehearsal.fault("order", CallSelector::Nth(1), Fault::ServerError);
    rehearsal.fault("order", CallSelector::Nth(2), Fault::MalformedJson);
    // token refused, throttled twice, revoked then lost, conflict
    for _ in 0..5 {
        client.create(&new).await.unwrap_err();
    }
    // server error, malformed, found
    client.find(&new.alias).await.unwrap_err();
    client.find(&new.alias).await.unwrap_err();
    assert_eq!(client.find(&"nobody:1".into()).await.unwrap(), None);
    let found = client.find(&new.alias).await.unwrap().unwrap();
    let amazon = &rehearsal.sandbox().amazon;
    let package = amazon.order(found.id.as_str()).unwrap().packages[0].id.clone();
    amazon.ship(found.id.as_str(), &package, "ups", "1Z999").unwrap();
    let found = client.find(&new.alias).await.unwrap().unwrap();
    PackageTrackers::read(client, found.packages[0].tracker.as_ref().unwrap()).await.unwrap().unwrap();
}

#[tokio::test]
async fn f20_the_audit_trail_equals_the_calls_that_amazon_saw() {
    let rehearsal = Rehearsal::start().await;
    a_bad_day(&rehearsal).await;
    let calls = rehearsal.sandbox().calls.all();
    let records = rehearsal.trail.records();
    assert_eq!(records.len(), calls.len());
    for (record, call) in records.iter().zip(&calls) {
        assert_eq!(call.vendor, Vendor::Amazon);
        assert_eq!(record.operation, call.operation);
        assert_eq!((&record.method, &record.path), (&call.method, &call.path));
        assert_eq!(record.status, call.status, "{}", call.operation);
        assert_eq!(record.started_at, call.at);
        let expected = match &call.fault {
            Some(Fault::LostAnswer) => CallOutcome::NoAnswer,
            Some(Fault::GraphQlThrottle | Fault::TooManyRequests { .. }) => CallOutcome::Throttled,
            Some(Fault::RevokedToken) => CallOutcome::Credentials,
            Some(Fault::ServerError) => CallOutcome::ServerError,
            Some(Fault::MalformedJson) => CallOutcome::Unreadable,
            _ if call.response_body.contains("AliasValueAlreadyExists") => CallOutcome::Refused,
            _ if call.response_body.contains("ResourceNotFound") => CallOutcome::Absent,
            _ => CallOutcome::Success,
        };
        assert_eq!(record.outcome, expected, "{} with {:?}", call.operation, call.fault);
        let explained = !matches!(expected, CallOutcome::Success | CallOutcome::Absent);
        assert_eq!(record.code.is_some(), explained);
    }
    let seen = |outcome| records.iter().any(|record| record.outcome == outcome);
    assert!(CallOutcome::ALL.into_iter().filter(|outcome| *outcome != CallOutcome::NotSent).all(seen));
}

#[tokio::test]
async fn f20_no_secret_and_no_address_is_in_the_trail_and_what_explains_a_call_is() {
    let rehearsal = Rehearsal::start().await;
    a_bad_day(&rehearsal).await;
    let trail = format!("{:?}", rehearsal.trail.records());
    let secret = &rehearsal.sandbox().amazon.settings().client_secret;
    for hidden in [
        secret.as_str(),
        IDENTITY,
        "Atc|",
        "Lovelace",
        "12 Engine Street",
        "Floor 3 left",
        "Snoqualmie",
        "98065",
        "555 0100",
        "example.com",
    ] {
        assert!(!trail.contains(hidden), "{hidden} shows in the trail");
    }
    for shown in ["1234567_SB1:42", "42:1001", "MUG-BLUE", "Blue mug", "19.90", "82.56", "preview-1", "1Z999"]
    {
        assert!(trail.contains(shown), "{shown} does not show in the trail");
    }
    for mark in ["[secret]", "[personal]"] {
        assert!(trail.contains(mark));
    }
}

#[tokio::test]
async fn records_name_the_lane_they_were_made_for_and_tokens_none() {
    let rehearsal = Rehearsal::start().await;
    let lane = Lane::SalesOrder("42".into());
    in_context(CallContext { lane: lane.clone(), job: 7 }, rehearsal.client.find(&order().alias))
        .await
        .unwrap();
    rehearsal.client.find(&order().alias).await.unwrap();
    let lanes: Vec<_> =
        rehearsal.trail.records().into_iter().map(|record| (record.operation, record.lane)).collect();
    let order = || "order".to_owned();
    assert_eq!(lanes, [("token".to_owned(), None), (order(), Some(lane)), (order(), None)]);
}
