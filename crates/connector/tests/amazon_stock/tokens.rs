//! Access tokens of a seller.

use std::time::Duration;

use amz_sandbox::{CallSelector, Fault};
use amz_services::failure::Failure;
use amz_services::ports::AmazonStock;
use amz_services::ports::stock::StockPriority::Change;
use secrecy::SecretString;

use crate::setup::{OPERATION, Read, Rehearsal, TOKEN, read, seeded};

async fn one(rehearsal: &Rehearsal) -> Read {
    read(rehearsal.client.named(seeded(1..=1), Change)).await
}

fn failure(read: &Read) -> (Failure, &str) {
    (read.error().failure, read.error().code.as_str())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_callers_without_a_token_make_one_token_request() {
    let rehearsal = Rehearsal::start(1, 50).await;
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let client = rehearsal.client.clone();
            tokio::spawn(async move { read(client.named(seeded(1..=1), Change)).await.end.is_ok() })
        })
        .collect();
    for caller in callers {
        assert!(caller.await.unwrap());
    }
    assert_eq!((rehearsal.count(TOKEN), rehearsal.count(OPERATION)), (1, 100));
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let rehearsal = Rehearsal::start(1, 50).await;
    for (minutes, tokens) in [(0, 1), (50, 1), (9, 2)] {
        rehearsal.clock.advance(Duration::from_secs(60 * minutes));
        assert!(one(&rehearsal).await.end.is_ok());
        assert_eq!(rehearsal.count(TOKEN), tokens);
    }
}

#[tokio::test]
async fn a_token_that_ended_early_or_was_taken_back_is_replaced_once() {
    let rehearsal = Rehearsal::start(1, 50).await;
    assert!(one(&rehearsal).await.end.is_ok());
    rehearsal.amazon().expire_sp_api_tokens();
    assert!(one(&rehearsal).await.end.is_ok());
    rehearsal.amazon().revoke_sp_api_tokens();
    assert!(one(&rehearsal).await.end.is_ok());
    assert_eq!((rehearsal.count(TOKEN), rehearsal.count(OPERATION)), (3, 5));
    rehearsal.fault(OPERATION, CallSelector::Always, Fault::RevokedToken);
    assert_eq!(failure(&one(&rehearsal).await), (Failure::Credentials, "access_token_expired"));
    assert_eq!(rehearsal.count(OPERATION), 7, "one fresh try");
}

#[tokio::test]
async fn a_refusal_is_remembered_until_the_credentials_are_replaced() {
    let rehearsal = Rehearsal::start(1, 50).await;
    rehearsal.amazon().set_sp_api_secret("rotated");
    for _ in 0..5 {
        assert_eq!(failure(&one(&rehearsal).await), (Failure::Credentials, "invalid_client"));
    }
    assert_eq!((rehearsal.count(TOKEN), rehearsal.count(OPERATION)), (1, 0));
    rehearsal.client.replace_credentials(&SecretString::from("rotated"), None).await;
    assert!(one(&rehearsal).await.end.is_ok());
    assert_eq!(rehearsal.count(TOKEN), 2);
}

#[tokio::test]
async fn after_refusals_the_pause_grows() {
    let rehearsal = Rehearsal::start(1, 50).await;
    rehearsal.amazon().revoke_sp_api_refresh_token();
    for (seconds, tokens) in [(0, 1), (59, 1), (1, 2), (60, 2), (60, 3), (239, 3), (1, 4)] {
        rehearsal.clock.advance(Duration::from_secs(seconds));
        assert_eq!(failure(&one(&rehearsal).await), (Failure::Credentials, "invalid_grant"));
        assert_eq!(rehearsal.count(TOKEN), tokens, "after {seconds} s");
    }
    rehearsal.amazon().set_sp_api_refresh_token("Atzr|anew");
    let seller = amz_sandbox::amazon::AmazonSettings::default().sp_api;
    let (secret, anew) = (SecretString::from(seller.client_secret), SecretString::from("Atzr|anew"));
    rehearsal.client.replace_credentials(&secret, Some(&anew)).await;
    assert!(one(&rehearsal).await.end.is_ok());
}

#[tokio::test]
async fn no_record_and_no_debug_output_shows_a_secret() {
    let rehearsal = Rehearsal::start(1, 50).await;
    assert!(one(&rehearsal).await.end.is_ok());
    let shown = format!("{:?} {:?}", rehearsal.records(), rehearsal.client);
    for secret in ["Atza|", "Atza%7C", "Atzr", "with=signs", "with%3Dsigns"] {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}
