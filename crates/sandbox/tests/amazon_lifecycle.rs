//! Starting, stopping and repeating a sandbox.

mod amazon_support;

use amazon_support::{merchant, order};
use amz_sandbox::{Sandbox, SandboxError, SandboxSettings};

#[tokio::test]
async fn the_same_seed_and_calls_give_the_same_ids() {
    let (first, second) = (merchant().await, merchant().await);
    assert_eq!(first.created(&order("A")).await, second.created(&order("A")).await);
    assert_eq!(first.amazon().events(), second.amazon().events());
    assert_ne!(first.running.address, second.running.address);
}

#[tokio::test]
async fn an_address_in_use_is_an_error() {
    let merchant = merchant().await;
    let settings = SandboxSettings { listen: merchant.running.address, ..SandboxSettings::default() };
    let refused = Sandbox::start(settings).await;
    assert!(
        matches!(refused, Err(SandboxError::Listen { address, .. }) if address == merchant.running.address)
    );
}

#[tokio::test]
async fn a_sandbox_that_was_shut_down_answers_no_more() {
    let merchant = merchant().await;
    let url = format!("{}/calls", merchant.running.control_url());
    assert_eq!(merchant.http.get(&url).send().await.unwrap().status(), 200);
    merchant.running.shutdown().await;
    assert!(merchant.http.get(&url).send().await.unwrap_err().is_connect());
}
