//! Settings that are changed while everything runs: over HTTP, from the shell, by another process.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use amz_app::live_settings::{ChangeRequest, SettingsDesk};
use amz_app::{Roles, StartError, SyncParts};
use amz_sandbox::{CallSelector, Fault, RunningSandbox, Sandbox, SandboxSettings, Vendor};
use amz_services::ports::SettingsHistory;
use amz_services::ports::settings_history::SettingsVersion;
use amz_store::Store;
use amz_store::sqlite::{SqlitePaths, SqliteSettings};
use reqwest::Response;
use serde_json::{Value, json};

use crate::configuration::{configuration, with_stock};
use crate::log::Log;
use crate::orders::order;
use crate::stage::{CONNECTION, Stage};

const TOKEN: &str = "stage-only-token-of-an-admin";

/// The usual configuration, with somebody who may change settings.
fn with_admin(vendors: &RunningSandbox, settings: &SandboxSettings, folder: &Path) -> String {
    let admin = format!("[[api.token]]\nname = \"boss\"\nrole = \"admin\"\ntoken = {TOKEN:?}\n\n");
    admin + &configuration(vendors, settings, folder)
}

async fn stage() -> Stage {
    Stage::configured(&[], |_| {}, with_admin, Duration::ZERO).await
}

async fn put(base: &str, changes: Value) -> Response {
    let url = format!("{base}/api/v1/connections/{CONNECTION}/settings");
    let body = json!({"changes": changes}).to_string();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.put(url).bearer_auth(TOKEN).body(body).send().await.unwrap()
}

/// Changes settings over HTTP and has the sync role look whether any changed.
async fn change(stage: &Stage, changes: Value) {
    let base = stage.webhook_url().replace(&format!("/v1/{CONNECTION}"), "");
    let answer = put(&base, changes).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    assert!(stage.sync().live.refresh().await.unwrap(), "the sync role sees the change");
}

/// Lets the feed find what was entered, and looks once.
async fn look(stage: &Stage) {
    assert!(stage.feed().await > 0);
    assert!(stage.work().await > 0);
}

#[tokio::test]
async fn a_changed_hold_is_obeyed_by_the_next_look() {
    let stage = stage().await;
    let first = stage.enter_one(order("SO-1"));
    look(&stage).await;
    assert_eq!(stage.amazon_orders(first), 1);

    change(&stage, json!({"policy.hold": "10m"})).await;
    let second = stage.enter_one(order("SO-2"));
    look(&stage).await;
    assert_eq!(stage.amazon_orders(second), 0, "it is held back");

    change(&stage, json!({"policy.hold": null})).await;
    stage.retry(second).await;
    stage.intake().await;
    stage.work().await;
    assert_eq!(stage.amazon_orders(second), 1);
    assert!(!stage.sync().live.refresh().await.unwrap(), "nothing changed since");
}

#[tokio::test]
async fn other_rules_of_eligibility_are_obeyed_by_the_next_look() {
    let stage = stage().await;
    change(&stage, json!({"mapping.eligible": ["sales_channel"], "mapping.sales_channels": ["99"]})).await;
    let id = stage.enter_one(order("SO-1"));
    stage.settle().await;
    assert_eq!(stage.amazon_orders(id), 0);
    change(&stage, json!({"mapping.eligible": null, "mapping.sales_channels": null})).await;
    stage.retry(id).await;
    stage.settle().await;
    assert_eq!(stage.amazon_orders(id), 1);
}

#[tokio::test]
async fn a_bad_change_changes_nothing_and_names_every_fault() {
    let stage = stage().await;
    let base = stage.webhook_url().replace(&format!("/v1/{CONNECTION}"), "");
    let bad = json!({"policy.hold": "10m", "policy.retry_limit": 0, "mapping.eligible": ["moon"], "policy.hodl": 1});
    let answer = put(&base, bad).await;
    assert_eq!(answer.status(), 422);
    let problem: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let keys: Vec<&str> =
        problem["faults"].as_array().unwrap().iter().filter_map(|fault| fault["key"].as_str()).collect();
    let place = |key: &str| format!("connection[{CONNECTION}].{key}");
    let expected = ["mapping.eligible[0]", "policy.hodl", "policy.retry_limit"].map(place);
    assert_eq!(keys, expected);
    assert!(!stage.sync().live.refresh().await.unwrap());
    let id = stage.enter_one(order("SO-1"));
    look(&stage).await;
    assert_eq!(stage.amazon_orders(id), 1, "nothing is held back");
}

#[tokio::test]
async fn a_look_under_way_ends_with_the_settings_that_it_began_with() {
    let stage = stage().await;
    let id = stage.enter_one(order("SO-1"));
    stage.feed().await;
    stage.fault(Vendor::NetSuite, "*", CallSelector::Nth(1), Fault::Slow { millis: 500 });
    let worker = stage.sync().worker.clone();
    let before = stage.count("salesOrder.get");
    let looking = tokio::spawn(async move { worker.work_due().await.unwrap() });
    while stage.count("salesOrder.get") == before {
        tokio::task::yield_now().await;
    }
    change(&stage, json!({"policy.hold": "10m"})).await;
    assert_eq!(looking.await.unwrap(), 1);
    assert_eq!(stage.amazon_orders(id), 1);
}

#[tokio::test]
async fn tokens_and_what_is_known_of_items_survive_a_change() {
    let stage = stage().await;
    for number in ["SO-1", "SO-2"] {
        stage.enter_one(order(number));
        stage.settle().await;
    }
    let tokens = stage.count("token");
    let mark = stage.mark();
    stage.enter_one(order("SO-3"));
    stage.settle().await;
    let usual = stage.calls_since(mark);

    change(&stage, json!({"policy.retry_limit": 5, "policy.settle": "3s"})).await;
    let mark = stage.mark();
    stage.enter_one(order("SO-4"));
    stage.settle().await;
    assert_eq!(stage.calls_since(mark), usual, "no item is read again");
    assert_eq!(stage.count("token"), tokens);
}

#[tokio::test]
async fn feeds_schedules_and_concurrency_follow_the_settings() {
    let stage = Stage::configured(
        &[],
        |_| {},
        |vendors, settings, folder| {
            let admin = with_admin(vendors, settings, folder);
            let stock = with_stock(vendors, settings, folder);
            admin.replace(&configuration(vendors, settings, folder), &stock)
        },
        Duration::ZERO,
    )
    .await;
    assert_eq!((stage.sync().feeds().len(), stage.sync().schedules().len()), (1, 1));
    let settings = json!({"sync.documents": true, "inventory.schedule": "off", "inventory.buffer_units": 3, "netsuite.concurrency": 1});
    change(&stage, settings).await;
    assert_eq!((stage.sync().feeds().len(), stage.sync().schedules().len()), (2, 0));
    let stock = stage.sync().connections()[0].stock.clone().unwrap();
    assert_eq!(stock.settings.buffer.units.to_string(), "3");
    let id = stage.enter_one(order("SO-1"));
    stage.settle().await;
    assert_eq!(stage.amazon_orders(id), 1, "the account is reached as before");
}

#[tokio::test]
async fn a_change_from_the_shell_and_a_restart_end_the_same() {
    let mut stage = stage().await;
    let time = stage.vendors.sandbox.clock.clone();
    let desk = SettingsDesk::open(&stage.settings, Arc::new(move || time.now())).unwrap();
    let request = ChangeRequest {
        changes: [("policy.hold".to_owned(), Some(json!("10m")))].into(),
        by: "ada".to_owned(),
        note: String::new(),
        seen: Some(0),
    };
    assert_eq!(desk.change(&CONNECTION.into(), request).await.unwrap().since.version, 1);
    assert!(stage.sync().live.refresh().await.unwrap());
    let hold = |stage: &Stage| stage.sync().connections()[0].settings.hold;
    assert_eq!(hold(&stage), Duration::from_secs(600));
    stage.restart().await;
    assert_eq!(hold(&stage), Duration::from_secs(600));
}

/// Stores a version as no command of ours would.
async fn store(stage: &Stage, document: Value) {
    let url = format!("sqlite://{}", stage.folder.path().join("accelerator.db").display());
    let history = SqliteSettings::new(SqlitePaths::from_url(&url).unwrap().settings);
    let version = SettingsVersion {
        connection: CONNECTION.into(),
        version: 0,
        document: serde_json::from_value(document).unwrap(),
        changes: Vec::new(),
        by: "test".to_owned(),
        at: stage.now(),
        note: String::new(),
    };
    let generation = history.generation().await.unwrap();
    history.append(version, generation).await.unwrap();
}

#[tokio::test]
async fn settings_that_cannot_take_effect_leave_the_old_ones_in_force_and_ring() {
    let log = Log::listen();
    let mut stage = stage().await;
    change(&stage, json!({"policy.hold": "10m"})).await;
    store(&stage, json!({"policy.hold": "1m", "policy.removed_key": "x"})).await;
    for _ in 0..3 {
        assert!(!stage.sync().live.refresh().await.unwrap());
    }
    assert_eq!(stage.sync().connections()[0].settings.hold, Duration::from_secs(600));
    assert_eq!(log.count("the old ones stay in force"), 1, "{}", log.text());
    assert!(log.text().contains(&format!("versions=\"{CONNECTION} 2\"")), "{}", log.text());
    assert!(log.text().contains("policy.removed_key"));

    stage.stop().await;
    let clock = Arc::new(chrono::Utc::now);
    let store_of_stage = Store::of(&stage.settings.store.options()).unwrap();
    let refused = SyncParts::assemble(&stage.settings, &store_of_stage, clock, Arc::new(|| 0)).await.err();
    assert!(matches!(refused, Some(StartError::Settings(_))), "a start is refused");

    store(&stage, json!({"policy.hold": "2m"})).await;
    stage.start().await;
    assert_eq!(stage.sync().connections()[0].settings.hold, Duration::from_secs(120));
}

#[tokio::test]
async fn without_tokens_there_is_no_api() {
    let stage = Stage::new().await;
    let base = stage.webhook_url().replace(&format!("/v1/{CONNECTION}"), "");
    assert_eq!(put(&base, json!({"policy.hold": "10m"})).await.status(), 404);
}

#[tokio::test]
async fn running_roles_take_up_a_change_by_themselves() {
    let wanted = SandboxSettings::default();
    let vendors = Sandbox::start(wanted.clone()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let text = with_admin(&vendors, &wanted, folder.path());
    let settings = amz_app::settings::Settings::from_toml(&text, &Default::default(), folder.path()).unwrap();
    let running = amz_app::start(&settings, Roles { webhook: true, sync: true }).await.unwrap();
    let base = format!("http://{}", running.address().unwrap());
    assert_eq!(put(&base, json!({"policy.hold": "10m", "sync.poll": "2s"})).await.status(), 200);
    let taken_up = async {
        while running.connections()[0].settings.hold != Duration::from_secs(600) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), taken_up).await.expect("the change takes effect");
    running.stop().await;
}

#[tokio::test]
async fn what_people_change_inside_netsuite_takes_effect() {
    let stage = Stage::with(&[("NETSUITE__CONFIG_RECORD", "follow")]).await;
    let live = stage.sync().live.clone();
    let name = CONNECTION.into();
    let first = live.mirror(&name).await.unwrap();
    assert!(first.written > 30 && first.taken.is_empty(), "{first:?}");
    assert_eq!(live.mirror(&name).await.unwrap().written, 0, "in step");
    let rows = stage.netsuite().records("customrecord_amz_config");
    let hold = rows.iter().find(|row| row["custrecord_amz_config_key"] == "policy.hold").unwrap();
    let id: u64 = crate::orders::text(hold, "id").parse().unwrap();
    let patch = json!({"custrecord_amz_config_value": "10m"});
    stage.netsuite().edit_document("customrecord_amz_config", id, &patch).unwrap();
    assert_eq!(live.mirror(&name).await.unwrap().taken, ["policy.hold"]);
    assert_eq!(stage.sync().connections()[0].settings.hold, Duration::from_secs(600));
    assert_eq!(live.mirror(&name).await.unwrap(), amz_app::MirrorPass::default(), "in step");
}
