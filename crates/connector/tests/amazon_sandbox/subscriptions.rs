//! Event subscriptions and auth profiles: made, found again, ended; and nothing of their secrets is recorded.

use amz_connector::amazon::bwp::{
    AuthProfileWrite, EventDestination, SUBSCRIPTION_ALREADY_EXISTS, WebhookCredentials,
};
use amz_services::failure::Failure;
use url::Url;

use crate::setup::Rehearsal;

const SECRET: &str = "hush-this-is-the-webhook-secret";

fn events() -> Url {
    "https://amz.example/v1/main/amazon/events".parse().unwrap()
}

fn oauth() -> WebhookCredentials {
    WebhookCredentials::Oauth {
        token_url: "https://amz.example/v1/main/oauth2/token".parse().unwrap(),
        client_id: "amazon".to_owned(),
        client_secret: SECRET.to_owned().into(),
    }
}

fn basic() -> WebhookCredentials {
    WebhookCredentials::Basic { username: "amazon".to_owned(), password: SECRET.to_owned().into() }
}

#[tokio::test]
async fn a_profile_is_made_once_and_changed_afterwards() {
    let rehearsal = Rehearsal::start().await;
    let client = &rehearsal.client;
    assert_eq!(client.put_auth_profile("amz-main", &oauth()).await.unwrap(), AuthProfileWrite::Created);
    assert_eq!(client.put_auth_profile("amz-main", &basic()).await.unwrap(), AuthProfileWrite::Updated);
    assert_eq!(rehearsal.sandbox().amazon.auth_profiles(), ["amz-main"]);
}

#[tokio::test]
async fn a_subscription_shows_type_address_and_profile() {
    let rehearsal = Rehearsal::start().await;
    let client = &rehearsal.client;
    client.put_auth_profile("amz-main", &oauth()).await.unwrap();
    let made = client.create_event_subscription("RETURN_STARTED", &events(), Some("amz-main")).await.unwrap();
    assert_eq!(client.event_subscriptions().await.unwrap(), std::slice::from_ref(&made));
    let shown = client.event_subscription(&made).await.unwrap().unwrap();
    assert_eq!((shown.id.as_str(), shown.event_type.as_deref()), (made.as_str(), Some("RETURN_STARTED")));
    let expected = EventDestination::Webhook {
        url: Some(events().to_string()),
        auth_profile: Some("amz-main".to_owned()),
    };
    assert_eq!(shown.destination, expected);

    let twice = client.create_event_subscription("RETURN_STARTED", &events(), Some("amz-main")).await;
    assert_eq!(twice.unwrap_err().code, SUBSCRIPTION_ALREADY_EXISTS);

    client.delete_event_subscription(&made).await.unwrap();
    assert!(client.event_subscriptions().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_event_type_that_amazon_does_not_offer_is_denied() {
    let rehearsal = Rehearsal::start().await;
    let denied =
        rehearsal.client.create_event_subscription("PACKAGE_DELIVERY_FAILURE", &events(), None).await;
    assert_eq!(denied.unwrap_err().failure, Failure::Credentials);
}

#[tokio::test]
async fn a_list_of_several_pages_is_read_to_its_end() {
    let rehearsal = Rehearsal::start().await;
    let mut made = Vec::new();
    for number in 0..45 {
        let url = format!("https://amz{number}.example/events").parse().unwrap();
        made.push(rehearsal.client.create_event_subscription("RETURN_STARTED", &url, None).await.unwrap());
    }
    let mut listed = rehearsal.client.event_subscriptions().await.unwrap();
    listed.sort();
    made.sort();
    assert_eq!(listed, made);
}

#[tokio::test]
async fn no_secret_of_a_profile_is_recorded() {
    let rehearsal = Rehearsal::start().await;
    for credentials in [oauth(), basic()] {
        rehearsal.client.put_auth_profile("amz-main", &credentials).await.unwrap();
        // an address that Amazon does not call is refused, and the refusal may quote what it refuses
        let bad = WebhookCredentials::Oauth {
            token_url: "ftp://amz.example/".parse().unwrap(),
            client_id: "amazon".to_owned(),
            client_secret: SECRET.to_owned().into(),
        };
        let refused = rehearsal.client.put_auth_profile("amz-main", &bad).await.unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains(SECRET));
    }
    let records = rehearsal.trail.records();
    let profiles: Vec<_> = records.iter().filter(|call| call.operation.ends_with("AuthProfile")).collect();
    assert!(profiles.len() >= 4, "{}", profiles.len());
    for call in profiles {
        let request = call.request.as_deref().unwrap();
        assert!(request.contains("[secret]"), "{request}");
        assert!(!format!("{call:?}").contains(SECRET), "{}", call.operation);
    }
}
