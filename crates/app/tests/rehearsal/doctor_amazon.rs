//! The doctor at Amazon's side and at our own door; and subscriptions, made, kept and ended.

use amz_app::doctor::{Area, Outcome, is_healthy};
use amz_app::subscriptions::{Made, Profile, ensure, plan, remove};

use crate::doctor_stage::{
    bad, findings, healthy, only_failure, public_url, subscribe, subscriptions, unsubscribed,
};
use crate::orders::pending;

#[tokio::test]
async fn credentials_that_amazon_refuses_are_named_by_their_setting() {
    let stage = unsubscribed(&[("AMAZON__BWP__CLIENT_SECRET", "another-secret-than-amazons")]).await;
    let found = findings(&stage, Area::Amazon).await;
    let (check, fix) = only_failure(&found);
    assert_eq!(check, "amazon_token");
    assert!(fix.contains("amazon.bwp.client_id"), "{fix}");
    assert!(!format!("{found:?}").contains("another-secret"));

    let stage = unsubscribed(&[("AMAZON__BWP__TARGET_ID", "bp-of-somebody-else")]).await;
    let found = findings(&stage, Area::Amazon).await;
    let of_orders = found.iter().find(|finding| finding.check == "amazon_orders").unwrap();
    assert_eq!(of_orders.outcome, Outcome::Failed);
    assert!(of_orders.fix.as_ref().unwrap().contains("amazon.bwp.target_id"));

    let stage = unsubscribed(&[("AMAZON__SP_API__REFRESH_TOKEN", "revoked-by-the-seller")]).await;
    let (check, fix) = only_failure(&findings(&stage, Area::Amazon).await);
    assert_eq!(check, "amazon_stock");
    assert!(fix.contains("refresh_token"), "{fix}");
}

#[tokio::test]
async fn without_a_public_address_nothing_is_called() {
    let mut stage = healthy(&[]).await;
    stage.settings.webhook.public_url = None;
    let found = findings(&stage, Area::Webhook).await;
    let outcomes: Vec<_> = found.iter().map(|finding| (finding.check, finding.outcome)).collect();
    assert_eq!(outcomes, [("configuration", Outcome::Ok), ("webhook_address", Outcome::Skipped)]);
}

#[tokio::test]
async fn a_webhook_role_that_does_not_run_is_named() {
    let mut stage = healthy(&[]).await;
    stage.stop().await;
    let (check, fix) = only_failure(&findings(&stage, Area::Webhook).await);
    assert_eq!(check, "webhook_reachable");
    assert!(fix.contains("amz serve"), "{fix}");
}

#[tokio::test]
async fn something_else_behind_the_address_is_not_taken_for_us() {
    let mut stage = healthy(&[]).await;
    stage.settings.webhook.public_url = Some(format!("{}/elsewhere", stage.vendors.control_url()));
    let found = findings(&stage, Area::Webhook).await;
    assert!(bad(&found).contains(&("webhook_reachable", Outcome::Failed)), "{found:#?}");
}

#[tokio::test]
async fn a_webhook_role_with_other_secrets_is_named() {
    let mut stage = healthy(&[]).await;
    let other: amz_app::settings::Settings = stage.settings.clone();
    let connection = &mut stage.settings.connections[0];
    connection.netsuite.signing_secrets =
        vec!["whsec_YW5vdGhlci1zaWduaW5nLXNlY3JldC0wMDAx".to_owned().into()];
    let (check, fix) = only_failure(&findings(&stage, Area::Webhook).await);
    assert_eq!(check, "webhook_netsuite");
    assert!(fix.contains("custsecret_amz_signing"), "{fix}");

    stage.settings = other;
    let oauth = stage.settings.connections[0].webhook_auth.oauth.as_mut().unwrap();
    oauth.client_secret = "another-webhook-secret".to_owned().into();
    let found = findings(&stage, Area::Webhook).await;
    assert_eq!(only_failure(&found).0, "webhook_token");
    assert!(!format!("{found:?}").contains("another-webhook-secret"));
}

#[tokio::test]
async fn each_missing_subscription_is_named_and_ensuring_them_mends_it() {
    let stage = unsubscribed(&[]).await;
    let found = findings(&stage, Area::Webhook).await;
    let missing: Vec<_> = found.iter().filter(|finding| finding.check == "webhook_subscription").collect();
    assert_eq!(missing.len(), 13, "all but the event that Amazon may not offer: {found:#?}");
    for finding in missing {
        assert_eq!(finding.outcome, Outcome::Failed);
        assert!(finding.fix.as_ref().unwrap().contains("amz subscribe ensure"));
    }

    let planned = ensure(&subscriptions(&stage, &stage.settings), true).await.unwrap();
    assert_eq!(planned.profile, Profile::Planned("amz-stage".to_owned()));
    assert!(planned.events.iter().all(|(_, made)| matches!(made, Made::Planned)));
    assert!(stage.amazon().auth_profiles().is_empty(), "a dry run makes nothing");

    let made = subscribe(&stage).await;
    assert_eq!(made.profile, Profile::Created("amz-stage".to_owned()));
    for (event, made) in &made.events {
        match event.is_optional {
            true => assert!(matches!(made, Made::NotOffered), "{event:?}"),
            false => assert!(matches!(made, Made::Created { .. }), "{event:?} {made:?}"),
        }
    }
    assert!(made.is_complete());
    assert!(is_healthy(&findings(&stage, Area::Webhook).await));

    let again = subscribe(&stage).await;
    assert_eq!(again.profile, Profile::Updated("amz-stage".to_owned()));
    assert!(again.events.iter().all(|(event, made)| {
        matches!(made, Made::Kept { other_profile: None, .. }) != event.is_optional
    }));
}

#[tokio::test]
async fn only_ours_are_ended() {
    let mut stage = unsubscribed(&[]).await;
    let ours = public_url(&stage);
    stage.settings.webhook.public_url = Some("https://elsewhere.example".to_owned());
    subscribe(&stage).await;
    stage.settings.webhook.public_url = Some(ours);
    subscribe(&stage).await;
    let subscriptions = subscriptions(&stage, &stage.settings);
    let all = subscriptions.list().await.unwrap();
    let (mine, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|known| subscriptions.place.is_ours(known) == Some(true));
    assert_eq!((mine.len(), others.len()), (13, 13));
    let ended = remove(&subscriptions, mine).await;
    assert!(ended.iter().all(|(_, result)| result.is_ok()));
    let left = subscriptions.list().await.unwrap();
    assert_eq!(left, others);
    let standing = plan(&left, &subscriptions.wanted, &subscriptions.place);
    assert!(standing.spare.is_empty());
}

#[tokio::test]
async fn events_of_ensured_subscriptions_are_let_in() {
    let stage = healthy(&[]).await;
    stage.amazon().unsubscribe("stage");
    stage.settle().await;
    let order: u64 = stage.netsuite().sales_orders()[0]["id"].as_str().unwrap().parse().unwrap();
    let amazons = stage.amazon_order(order);
    stage.amazon().ship(&amazons.id, &pending(&amazons).id, "ups", "1Z-DOCTOR").unwrap();
    stage.amazon().events_settled().await;
    assert!(stage.intake().await > 0, "Amazon proved itself with the credentials of the profile");
}
