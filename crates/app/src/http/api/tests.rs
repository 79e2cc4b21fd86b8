//! The operators' API over loopback HTTP.

use std::path::Path;
use std::sync::Arc;

use amz_services::ports::SettingsHistory;
use amz_store::memory::MemorySettings;
use axum::http::Method;
use chrono::DateTime;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{ApiState, MAX_BODY_BYTES, openapi, routes};
use crate::live_settings::SettingsDesk;
use crate::settings::Settings;

const CONFIGURATION: &str = r#"
[[api.token]]
name = "watcher"
role = "viewer"
token = "viewer-token-hunter2-000000"
[[api.token]]
name = "shift"
role = "operator"
token = "operator-token-hunter2-0000"
[[api.token]]
name = "boss"
role = "admin"
token = "admin-token-hunter2-0000000"
[[connection]]
name = "main"
[connection.amazon.bwp]
client_id = "client"
client_secret = "bwp-hunter2"
target_id = "bp-1"
[connection.amazon.webhook_auth]
allow_unauthenticated = true
[connection.netsuite]
account = "1234567"
timezone = "UTC"
auth = { tba = { consumer_key = "k", consumer_secret = "s", token_id = "i", token_secret = "t" } }
[connection.policy]
settle = "3s"
"#;

const SETTINGS: &str = "/api/v1/connections/main/settings";
const HISTORY: &str = "/api/v1/connections/main/settings/history";

struct House {
    address: String,
    client: reqwest::Client,
    history: Arc<MemorySettings>,
    _server: JoinHandle<()>,
}

impl House {
    async fn build() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let environment = [("AMZ__CONNECTION__MAIN__POLICY__RETRY_LIMIT".to_owned(), "7".to_owned())].into();
        let settings = Settings::from_toml(CONFIGURATION, &environment, Path::new("")).unwrap();
        let history = Arc::new(MemorySettings::new());
        let clock = Arc::new(|| DateTime::from_timestamp(1_772_470_800, 0).unwrap());
        let desk = SettingsDesk::new(settings.clone(), history.clone(), clock, Arc::default());
        let app = routes(ApiState::new(&settings.api, desk).expect("there are tokens"));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { address, client, history, _server: server }
    }

    fn ask(&self, method: Method, path: &str, who: &str) -> RequestBuilder {
        let token = match who {
            "viewer" => "viewer-token-hunter2-000000",
            "operator" => "operator-token-hunter2-0000",
            "admin" => "admin-token-hunter2-0000000",
            other => other,
        };
        self.client.request(method, format!("{}{path}", self.address)).bearer_auth(token)
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.ask(Method::GET, path, "viewer").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        json_of(answer).await
    }

    async fn put(&self, body: Value) -> Response {
        self.ask(Method::PUT, SETTINGS, "admin").body(body.to_string()).send().await.unwrap()
    }

    async fn versions(&self) -> u64 {
        self.history.generation().await.unwrap()
    }
}

async fn json_of(answer: Response) -> Value {
    let text = answer.text().await.unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    serde_json::from_str(&text).unwrap()
}

async fn problem(answer: Response, status: u16, code: &str) -> Value {
    assert_eq!(answer.status().as_u16(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.headers().contains_key("www-authenticate"), status == 401);
    let document = json_of(answer).await;
    assert_eq!(document["code"], code, "{document}");
    let known = serde_json::from_str::<Value>(openapi::DOCUMENT).unwrap();
    let codes = known["components"]["schemas"]["Problem"]["properties"]["code"]["enum"].clone();
    assert!(codes.as_array().unwrap().contains(&json!(code)), "{code} is not in the description");
    document
}

fn row<'a>(settings: &'a Value, key: &str) -> &'a Value {
    settings["settings"].as_array().unwrap().iter().find(|row| row["key"] == key).unwrap()
}

#[tokio::test]
async fn settings_are_shown_with_source_and_version() {
    let house = House::build().await;
    let answer = house.ask(Method::GET, SETTINGS, "viewer").send().await.unwrap();
    assert_eq!(answer.headers()["etag"], "\"0\"");
    let shown = json_of(answer).await;
    assert_eq!((&shown["connection"], &shown["version"]), (&json!("main"), &json!(0)));
    assert_eq!(
        (&row(&shown, "policy.settle")["value"], &row(&shown, "policy.settle")["source"]),
        (&json!("3s"), &json!("file"))
    );
    assert_eq!(row(&shown, "policy.hold")["source"], "default");
    assert_eq!(row(&shown, "policy.go_live")["value"], Value::Null);
    let fixed = row(&shown, "policy.retry_limit");
    assert_eq!((&fixed["value"], &fixed["source"]), (&json!(7), &json!("environment")));
    assert_eq!(fixed["variable"], "AMZ__CONNECTION__MAIN__POLICY__RETRY_LIMIT");
    let keys: Vec<&str> =
        shown["settings"].as_array().unwrap().iter().filter_map(|row| row["key"].as_str()).collect();
    assert!(!keys.iter().any(|key| key.contains("secret") || key.contains("endpoint")), "{keys:?}");
}

#[tokio::test]
async fn a_change_is_stored_shown_and_remembered() {
    let house = House::build().await;
    let answer = house
        .put(json!({"changes": {"policy.hold": "10m", "mapping.ship_speed": {"92": "STANDARD"}}, "note": "weekend"}))
        .await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["etag"], "\"1\"");
    let changed = json_of(answer).await;
    assert_eq!(row(&changed, "policy.hold")["source"], "run_time");
    assert_eq!(changed["changed_by"], "boss");
    let since = json!([
        {"key": "mapping.ship_speed", "before": null, "after": {"92": "STANDARD"}},
        {"key": "policy.hold", "before": "0s", "after": "10m"},
    ]);
    assert_eq!(changed["changes"], since);

    let answer = house.put(json!({"changes": {"policy.hold": null}})).await;
    assert_eq!(row(&json_of(answer).await, "policy.hold")["source"], "default");
    assert_eq!(house.get(SETTINGS).await["version"], 2);
    let told = house.get(HISTORY).await;
    assert_eq!(told["more"], false);
    let version = &told["versions"][1];
    assert_eq!(
        (&version["version"], &version["by"], &version["note"]),
        (&json!(1), &json!("boss"), &json!("weekend"))
    );
    assert_eq!((&version["at"], &version["changes"]), (&json!("2026-03-02T17:00:00Z"), &since));
    assert_eq!(told["versions"][0]["document"], json!({"mapping.ship_speed": {"92": "STANDARD"}}));
    let page = house.get(&format!("{HISTORY}?limit=1&before=3")).await;
    assert_eq!((&page["versions"][0]["version"], &page["more"]), (&json!(2), &json!(true)));
}

#[tokio::test]
async fn what_is_so_already_makes_no_version() {
    let house = House::build().await;
    let change = json!({"changes": {"policy.hold": "10m"}});
    house.put(change.clone()).await;
    let again = json_of(house.put(change).await).await;
    assert_eq!((&again["version"], &again["changes"]), (&json!(1), &json!([])));
    assert_eq!(house.versions().await, 1);
}

#[tokio::test]
async fn a_bad_change_changes_nothing_and_names_every_fault() {
    let house = House::build().await;
    let bad = json!({"changes": {"policy.hold": "soon", "policy.retry_limit": 3, "netsuite.account": "1", "sync.poll": "5s"}});
    let document = problem(house.put(bad).await, 422, "settings_refused").await;
    let faults: Vec<(&str, &str)> = document["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| (fault["key"].as_str().unwrap(), fault["code"].as_str().unwrap()))
        .collect();
    let expected = [
        ("connection[main].netsuite.account", "key_not_changeable"),
        ("connection[main].policy.hold", "not_a_duration"),
        ("connection[main].policy.retry_limit", "key_fixed_by_environment"),
    ];
    assert_eq!(faults, expected);
    assert_eq!(house.versions().await, 0);
    for (key, status, code) in [
        ("policy.retry_limit", 409, "key_fixed_by_environment"),
        ("amazon.bwp.client_secret", 422, "key_not_changeable"),
        ("policy.hodl", 422, "settings_refused"),
    ] {
        problem(house.put(json!({"changes": {key: "3"}})).await, status, code).await;
    }
    assert_eq!(house.versions().await, 0);
}

#[tokio::test]
async fn a_change_of_what_somebody_else_changed_is_refused() {
    let house = House::build().await;
    let change = |hold: &str| {
        let body = json!({"changes": {"policy.hold": hold}}).to_string();
        house.ask(Method::PUT, SETTINGS, "admin").body(body)
    };
    assert_eq!(change("1m").header("if-match", "\"0\"").send().await.unwrap().status(), 200);
    let late = change("2m").header("if-match", "\"0\"").send().await.unwrap();
    assert_eq!(problem(late, 412, "settings_changed_meanwhile").await["version"], 1);
    assert_eq!(change("3m").header("if-match", "*").send().await.unwrap().status(), 200);
    let by_body = house.put(json!({"changes": {"policy.hold": "4m"}, "version": 1})).await;
    problem(by_body, 412, "settings_changed_meanwhile").await;
    for tag in ["3", "W/\"2\"", "\"x\"", "\"1\", \"2\""] {
        problem(change("5m").header("if-match", tag).send().await.unwrap(), 400, "version_unreadable").await;
    }
    let both = change("6m").header("if-match", "\"2\"");
    let both = both.body(json!({"changes": {"policy.hold": "6m"}, "version": 1}).to_string());
    problem(both.send().await.unwrap(), 400, "version_unreadable").await;
    assert_eq!(house.versions().await, 2);
}

#[tokio::test]
async fn bodies_that_are_no_changes_are_refused() {
    let house = House::build().await;
    for (body, status, code) in [
        ("{".to_owned(), 400, "body_not_json"),
        ("[]".to_owned(), 422, "changes_unreadable"),
        (json!({"policy.hold": "1m"}).to_string(), 422, "changes_unreadable"),
        (json!({"changes": {}}).to_string(), 422, "changes_missing"),
        (json!({"changes": {"policy.hold": "1m"}, "notes": "?"}).to_string(), 422, "changes_unreadable"),
        (json!({"changes": {"policy.hold": "1m"}, "note": 1}).to_string(), 422, "changes_unreadable"),
        (
            json!({"changes": {"policy.hold": "1m"}, "note": "x".repeat(501)}).to_string(),
            422,
            "words_too_long",
        ),
        ("x".repeat(MAX_BODY_BYTES + 1), 413, "body_too_large"),
    ] {
        let answer = house.ask(Method::PUT, SETTINGS, "admin").body(body).send().await.unwrap();
        problem(answer, status, code).await;
    }
    let query = house.ask(Method::GET, &format!("{HISTORY}?limit=0"), "viewer").send().await.unwrap();
    problem(query, 400, "query_unreadable").await;
    assert_eq!(house.versions().await, 0);
}

#[tokio::test]
async fn tokens_and_roles_decide_who_may_do_what() {
    let house = House::build().await;
    let change = json!({"changes": {"policy.hold": "1m"}}).to_string();
    for who in ["viewer", "operator"] {
        let answer = house.ask(Method::PUT, SETTINGS, who).body(change.clone()).send().await.unwrap();
        problem(answer, 403, "role_insufficient").await;
        assert_eq!(house.ask(Method::GET, SETTINGS, who).send().await.unwrap().status(), 200);
    }
    for path in [SETTINGS, HISTORY, "/api/v1/openapi.json", "/api/v1/connections/nobody/settings"] {
        let stranger = house.ask(Method::GET, path, "stranger-hunter2-000000000").send().await.unwrap();
        problem(stranger, 401, "credentials_refused").await;
        let nobody = house.client.get(format!("{}{path}", house.address)).send().await.unwrap();
        problem(nobody, 401, "credentials_missing").await;
    }
    let unknown =
        house.ask(Method::GET, "/api/v1/connections/nobody/settings", "viewer").send().await.unwrap();
    problem(unknown, 404, "unknown_connection").await;
    assert_eq!(house.versions().await, 0);
}

#[tokio::test]
async fn the_description_names_every_route_and_no_other() {
    let house = House::build().await;
    let described = house.get("/api/v1/openapi.json").await;
    let paths = described["paths"].as_object().unwrap();
    let methods = [Method::GET, Method::PUT, Method::POST, Method::PATCH, Method::DELETE];
    let mut described_count = 0;
    for (path, operations) in paths {
        for method in &methods {
            let known = operations.get(method.as_str().to_lowercase()).is_some();
            described_count += usize::from(known);
            let address = path.replace("{connection}", "main");
            let answer = house.ask(method.clone(), &address, "admin").send().await.unwrap();
            assert_eq!(answer.status() != 405, known, "{method} {path}");
            assert_ne!(answer.status(), 404, "{path}");
        }
    }
    // every route of the module's table is described
    let table = include_str!("mod.rs").lines().filter(|line| line.starts_with("//! | `")).count();
    let routes = include_str!("mod.rs").lines().filter(|line| line.trim().starts_with(".route(")).count();
    assert_eq!((table, routes), (described_count, paths.len()));
}
