//! The webhook role over loopback HTTP, in front of an inbox in memory.

mod amazon;
mod netsuite;
mod status;
mod token;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use amz_event_handler::amazon::{BasicCredentials, OauthClient, WebhookAccess};
use amz_event_handler::netsuite::SigningSecret;
use amz_services::failure::StoreError;
use amz_services::ports::Inbox;
use amz_services::ports::inbox::{NewNotice, Receipt};
use async_trait::async_trait;
use chrono::DateTime;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::{ConnectionAccess, Status, WebhookState, router};

const MAX_BODY_BYTES: usize = 2048;
const CLIENT_SECRET: &str = "client-secret-hunter2";
const PASSWORD: &str = "password-hunter2";
const SIGNING_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// An inbox in memory that can be out of order.
#[derive(Default)]
struct MemoryInbox {
    notices: Mutex<Vec<NewNotice>>,
    broken: AtomicBool,
}

#[async_trait]
impl Inbox for MemoryInbox {
    async fn receive(&self, notices: Vec<NewNotice>) -> Result<Vec<Receipt>, StoreError> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable { message: "disk full".to_owned(), source: None });
        }
        let mut kept = self.notices.lock().unwrap();
        let receipts = notices.into_iter().map(|notice| {
            let same = |other: &&NewNotice| {
                (&other.connection, other.source, &other.key)
                    == (&notice.connection, notice.source, &notice.key)
            };
            match kept.iter().find(same).map(|known| known.body == notice.body) {
                Some(true) => Receipt::Duplicate,
                Some(false) => Receipt::KeyReused,
                None => {
                    kept.push(notice);
                    Receipt::Stored
                }
            }
        });
        Ok(receipts.collect())
    }
}

/// The role under test, with what stands around it.
struct House {
    address: String,
    client: reqwest::Client,
    inbox: Arc<MemoryInbox>,
    stored: Arc<Notify>,
    seconds: Arc<AtomicI64>,
    ready: Arc<AtomicBool>,
    server: JoinHandle<()>,
}

impl Drop for House {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn signing_secret() -> SigningSecret {
    SigningSecret::parse(&SIGNING_SECRET.to_owned().into()).unwrap()
}

fn access(connection: &str) -> ConnectionAccess {
    ConnectionAccess {
        amazon: WebhookAccess {
            connection: connection.into(),
            basic: Some(BasicCredentials {
                username: "amazon".to_owned(),
                password: PASSWORD.to_owned().into(),
            }),
            oauth: Some(OauthClient {
                client_id: "client".to_owned(),
                client_secret: CLIENT_SECRET.to_owned().into(),
            }),
            allow_unauthenticated: false,
        },
        business_product: "bp-1".to_owned(),
        netsuite: vec![signing_secret()],
    }
}

impl House {
    /// Serves the connections `main` and `other`, which share their secrets, and `silent`, which lets
    /// Amazon in without credentials and NetSuite not at all.
    async fn build() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let inbox = Arc::new(MemoryInbox::default());
        let stored = Arc::new(Notify::new());
        let seconds = Arc::new(AtomicI64::new(1_000_000));
        let ready = Arc::new(AtomicBool::new(true));
        let (clock, readiness) = (Arc::clone(&seconds), Arc::clone(&ready));
        let mut silent = access("silent");
        silent.amazon.allow_unauthenticated = true;
        silent.netsuite.clear();
        let connections = HashMap::from([
            ("main".into(), access("main")),
            ("other".into(), access("other")),
            ("silent".into(), silent),
        ]);
        let app = router(WebhookState {
            api: None,
            connections,
            inbox: Arc::<MemoryInbox>::clone(&inbox),
            clock: Arc::new(move || DateTime::from_timestamp(clock.load(Ordering::SeqCst), 0).unwrap()),
            max_body_bytes: MAX_BODY_BYTES,
            stored: Arc::clone(&stored),
            status: Status {
                ready: Arc::new(move || Box::pin(std::future::ready(readiness.load(Ordering::SeqCst)))),
                render_metrics: Some(Arc::new(|| "amz_test 1\n".to_owned())),
            },
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { address, client, inbox, stored, seconds, ready, server }
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.address))
    }

    fn stored_notices(&self) -> Vec<NewNotice> {
        self.inbox.notices.lock().unwrap().clone()
    }

    /// Whether somebody was woken to work on a new notice since the last time this was asked.
    async fn was_woken(&self) -> bool {
        let mut woken = Box::pin(self.stored.notified());
        woken.as_mut().enable()
    }
}

async fn json(response: Response) -> Value {
    response.json().await.unwrap()
}

/// Asserts that the answer is a problem document with this code and without a secret, and returns it.
async fn assert_problem(response: Response, status: u16, code: &str) -> Value {
    assert_eq!(response.status(), StatusCode::from_u16(status).unwrap());
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let text = response.text().await.unwrap();
    assert!(!text.contains("hunter2"), "{text}");
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["code"], code, "{text}");
    assert_eq!(document["status"], status);
    assert!(document["type"].is_string() && document["title"].is_string() && document["detail"].is_string());
    document
}
