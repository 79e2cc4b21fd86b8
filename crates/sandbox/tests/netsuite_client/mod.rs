//! A sandbox with some orders, and a client with a signer of its own.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::sync::atomic::{AtomicU64, Ordering};

use amz_sandbox::netsuite::{NetSuite, NetSuiteSettings};
use amz_sandbox::{Clock, RunningSandbox, Sandbox, SandboxSettings};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub location: String,
    pub text: String,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// Last segment of `Location`.
    pub fn id(&self) -> u64 {
        assert!(self.status.is_success(), "{self:?}");
        self.location.rsplit('/').next().unwrap().parse().unwrap()
    }

    /// Code and detail of an error document.
    pub fn error(&self) -> (String, String) {
        let document = self.json();
        assert_eq!(document["status"], json!(self.status.as_u16()), "{document}");
        let detail = &document["o:errorDetails"][0];
        (detail["o:errorCode"].as_str().unwrap().to_owned(), detail["detail"].as_str().unwrap().to_owned())
    }
}

/// A running sandbox and the credentials to talk to it.
pub struct Client {
    pub running: RunningSandbox,
    pub http: reqwest::Client,
    pub settings: NetSuiteSettings,
    nonces: AtomicU64,
}

/// The instant at which the sandbox's clock stands.
pub const START: &str = "2026-03-02T09:00:00Z";

impl Client {
    pub async fn start() -> Self {
        Self::with(NetSuiteSettings::default()).await
    }

    pub async fn with(settings: NetSuiteSettings) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Clock::manual(START.parse().unwrap());
        let all = SandboxSettings { clock, netsuite: settings.clone(), ..SandboxSettings::default() };
        let running = Sandbox::start(all).await.unwrap();
        Self { running, http: reqwest::Client::new(), settings, nonces: AtomicU64::new(1) }
    }

    pub fn netsuite(&self) -> &NetSuite {
        &self.running.sandbox.netsuite
    }

    pub fn clock(&self) -> &Clock {
        &self.running.sandbox.clock
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}/services/rest{path}", self.running.netsuite_url())
    }

    /// A signed request with plain headers.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        self.send_with(method, path, body, &[]).await
    }

    pub async fn send_with(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let url = self.url(path);
        let authorization = self.sign(method.as_str(), &url);
        self.deliver(method, &url, body, &authorization, headers).await
    }

    pub async fn deliver(
        &self,
        method: Method,
        url: &str,
        body: Option<&Value>,
        authorization: &str,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request = self.http.request(method, url).header("authorization", authorization);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        reply(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// Rows of a query.
    pub async fn query(&self, q: &str, parameters: &[&str]) -> Vec<Value> {
        let reply = self.query_page(q, parameters, "").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        reply.json()["items"].as_array().unwrap().clone()
    }

    pub async fn query_page(&self, q: &str, parameters: &[&str], paging: &str) -> Reply {
        let body = json!({"q": q, "params": parameters});
        let path = format!("/query/v1/suiteql{paging}");
        self.send_with(Method::POST, &path, Some(&body), &[("prefer", "transient")]).await
    }

    pub fn sign(&self, method: &str, url: &str) -> String {
        let nonce = format!("nonce{:08}", self.nonces.fetch_add(1, Ordering::Relaxed));
        let timestamp = self.clock().now().timestamp();
        authorization(&self.settings, method, url, &nonce, timestamp)
    }
}

pub async fn reply(response: reqwest::Response) -> Reply {
    let status = response.status();
    let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
    Reply { status, location: location.unwrap_or_default(), text: response.text().await.unwrap() }
}

/// The `Authorization` header of token-based authentication, written from RFC 5849 alone.
pub fn authorization(
    settings: &NetSuiteSettings,
    method: &str,
    url: &str,
    nonce: &str,
    timestamp: i64,
) -> String {
    let own = [
        ("oauth_consumer_key", settings.consumer_key.clone()),
        ("oauth_nonce", nonce.to_owned()),
        ("oauth_signature_method", "HMAC-SHA256".to_owned()),
        ("oauth_timestamp", timestamp.to_string()),
        ("oauth_token", settings.token_id.clone()),
        ("oauth_version", "1.0".to_owned()),
    ];
    let parsed = url::Url::parse(url).unwrap();
    let mut pairs: Vec<(String, String)> =
        parsed.query_pairs().map(|(name, value)| (percent(&name), percent(&value))).collect();
    pairs.extend(own.iter().map(|(name, value)| (percent(name), percent(value))));
    pairs.sort();
    let joined = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let bare = url.split('?').next().unwrap();
    let base = format!("{method}&{}&{}", percent(bare), percent(&joined));
    let key = format!("{}&{}", percent(&settings.consumer_secret), percent(&settings.token_secret));
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(base.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let mut header = format!("OAuth realm=\"{}\"", settings.account);
    for (name, value) in &own {
        header.push_str(&format!(", {name}=\"{}\"", percent(value)));
    }
    header + &format!(", oauth_signature=\"{}\"", percent(&signature))
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// Two goods lines, a service line, a shipping method and an address, as a merchant's export has them.
pub fn order(id: u64) -> Value {
    let mut order: Value = serde_json::from_str(ORDER).unwrap();
    order["id"] = json!(id.to_string());
    order["tranId"] = json!(format!("SO{id}"));
    order["externalId"] = json!(format!("shop-{id}"));
    order
}

// As text: the `json!` macro would pass 19.90 through a float.
const ORDER: &str = r#"{
    "entity": {"id": "701", "refName": "House Customer"},
    "currency": {"id": "1", "refName": "USD"},
    "shipMethod": {"id": "4", "refName": "Standard"},
    "location": {"id": "7", "refName": "Amazon"},
    "custbody_amz_hold": false,
    "shippingAddress": {
        "addressee": "Jo Field", "addr1": "1 Main St", "city": "Austin", "state": "TX", "zip": "78701",
        "country": {"id": "US"}, "addrPhone": "512-555-0100"
    },
    "item": {"items": [
        {"item": {"id": "301", "refName": "MUG-RED"}, "quantity": 3, "rate": 19.90,
         "itemType": {"id": "InvtPart"}, "custcol_amz_fulfill": true},
        {"item": {"id": "302", "refName": "MUG-BLUE"}, "quantity": 2, "rate": 0.10,
         "itemType": {"id": "InvtPart"}, "custcol_amz_fulfill": true},
        {"item": {"id": "303", "refName": "Gift wrap"}, "quantity": 1, "rate": 4,
         "itemType": {"id": "Service"}}
    ]}
}"#;

/// Line numbers of a sublist of a record document.
pub fn line_numbers(record: &Value) -> Vec<u64> {
    lines(record).iter().map(|line| line["line"].as_u64().unwrap()).collect()
}

pub fn lines(record: &Value) -> Vec<Value> {
    record["item"]["items"].as_array().unwrap().clone()
}
