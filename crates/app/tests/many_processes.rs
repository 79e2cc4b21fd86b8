//! Several processes on one PostgreSQL, and what they do when it goes away and comes back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amz_app::live_settings::{ChangeRequest, SettingsDesk};
use amz_app::settings::Settings;
use amz_app::{Roles, Running, start};
use amz_store::Store;
use amz_temporary_postgres::{Durability, TemporaryPostgres, new_database};
use chrono::Utc;
use reqwest::{Client, Response};
use serde_json::{Value, json};

const WEBHOOK: Roles = Roles { webhook: true, sync: false };
const SYNC: Roles = Roles { webhook: false, sync: true };

/// A configuration whose vendors answer nobody.
fn settings(url: &str) -> Settings {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let text = format!(
        r#"[store]
url = {url:?}
[webhook]
listen = "127.0.0.1:0"
[[connection]]
name = "main"
[connection.amazon.bwp]
endpoint = "http://127.0.0.1:9"
client_id = "client"
client_secret = "secret"
target_id = "bp-1"
[connection.amazon.webhook_auth]
allow_unauthenticated = true
[connection.netsuite]
account = "1234567_SB1"
endpoint = "http://127.0.0.1:9"
timezone = "America/Los_Angeles"
[connection.netsuite.auth.tba]
consumer_key = "key"
consumer_secret = "secret"
token_id = "id"
token_secret = "secret"
[connection.mapping]
amazon_location = "7"
[connection.policy]
settle = "0s"
[connection.sync]
reconcile = "0s"
"#
    );
    Settings::from_toml(&text, &BTreeMap::new(), Path::new("")).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Polls until something is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    eprintln!("{what}: after {} ms", began.elapsed().as_millis());
}

struct Sender {
    http: Client,
    address: String,
}

impl Sender {
    fn to(running: &Running) -> Self {
        let http = Client::builder().no_proxy().build().unwrap();
        Self { http, address: format!("http://{}", running.address().unwrap()) }
    }

    async fn send(&self, order: &str) -> Response {
        let event = json!({
            "idempotencyKey": order, "eventDescriptor": "ITEM_DELIVERED", "eventId": order, "data": {},
            "resources": [format!("businessProduct/bp-1/order/{order}/delivery/D-1")],
        });
        let url = format!("{}/v1/main/amazon/events", self.address);
        self.http.post(url).body(event.to_string()).send().await.unwrap()
    }

    async fn outcome(&self, order: &str) -> String {
        let answer = self.send(order).await;
        assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
        answer.json::<Value>().await.unwrap()["outcome"].as_str().unwrap().to_owned()
    }

    async fn ready(&self) -> u16 {
        self.http.get(format!("{}/readyz", self.address)).send().await.unwrap().status().as_u16()
    }
}

async fn lanes(running: &Running) -> u64 {
    running.operations().unwrap().backlog().await.map_or(0, |backlog| backlog.lanes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_database_is_told_to_senders_and_all_goes_on_by_itself() {
    let server = TemporaryPostgres::start(Durability::Full).unwrap();
    let settings = settings(&server.new_database("lost").unwrap());
    let (webhook, sync) = (start(&settings, WEBHOOK).await.unwrap(), start(&settings, SYNC).await.unwrap());
    let sender = Sender::to(&webhook);
    assert_eq!(sender.ready().await, 200);
    assert_eq!(sender.outcome("first").await, "stored");
    until("the first notice is a lane", async || lanes(&sync).await == 1).await;

    server.stop_at_once().unwrap();
    let refused = sender.send("second").await;
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "store_unavailable");
    until("readiness is denied", async || sender.ready().await == 503).await;

    server.start_again().unwrap();
    until("readiness is back", async || sender.ready().await == 200).await;
    assert_eq!(sender.outcome("first").await, "duplicate", "what was acknowledged is there");
    assert_eq!(sender.outcome("second").await, "stored", "nothing was kept of what was refused");
    until("the second notice is a lane", async || lanes(&sync).await == 2).await;
    webhook.stop().await;
    sync.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_waits_for_the_server_and_fails_at_once_for_what_does_not_pass() {
    let server = TemporaryPostgres::start(Durability::Off).unwrap();
    let url = server.new_database("late").unwrap();
    server.stop_at_once().unwrap();
    let waiting = settings(&url);
    let starting =
        tokio::spawn(async move { start(&waiting, WEBHOOK).await.map_err(|error| error.to_string()) });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!starting.is_finished(), "it waits");
    server.start_again().unwrap();
    let running = starting.await.unwrap().unwrap();
    assert_eq!(Sender::to(&running).outcome("1").await, "stored");
    running.stop().await;

    let began = Instant::now();
    assert!(start(&settings(&server.url("no_such_database")), SYNC).await.is_err());
    assert!(began.elapsed() < Duration::from_secs(30), "nobody waits for a database that is not there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_the_work_and_settings_and_hand_their_duties_over() {
    let settings = settings(&new_database().unwrap());
    let webhook = start(&settings, WEBHOOK).await.unwrap();
    let (first, second) = (start(&settings, SYNC).await.unwrap(), start(&settings, SYNC).await.unwrap());
    let sender = Sender::to(&webhook);
    assert_eq!(sender.outcome("1").await, "stored");
    until("the notice is a lane for both", async || lanes(&first).await == 1 && lanes(&second).await == 1)
        .await;

    let history = Store::of(&settings.store.options()).unwrap().settings_history();
    let desk = SettingsDesk::new(settings.clone(), history, Arc::new(Utc::now), Arc::default());
    let request = ChangeRequest {
        changes: [("policy.hold".to_owned(), Some(json!("10m")))].into(),
        by: "ada".to_owned(),
        note: String::new(),
        seen: Some(0),
    };
    desk.change(&"main".into(), request).await.unwrap();
    let hold = |running: &Running| running.connections()[0].settings.hold;
    let wanted = Duration::from_secs(600);
    until("both have the new settings", async || hold(&first) == wanted && hold(&second) == wanted).await;

    // whichever of them took notices, the other does now
    first.stop().await;
    assert_eq!(sender.outcome("2").await, "stored");
    until("notices are taken by who is left", async || lanes(&second).await == 2).await;
    webhook.stop().await;
    second.stop().await;
}
