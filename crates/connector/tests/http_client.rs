//! What the HTTP client makes of servers that behave, and of those that do not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers included")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use amz_connector::http::{
    Answer, Body, HttpClient, HttpSettings, HttpSetupError, MAX_ANSWER_BYTES, Outgoing, SendError, Verdict,
};
use amz_services::audit::{CallOutcome, CallRecord, Vendor};
use amz_services::failure::{Failure, StoreError};
use amz_services::ports::CallLog;
use async_trait::async_trait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[derive(Default)]
struct Trail {
    records: Mutex<Vec<CallRecord>>,
    broken: bool,
}

#[async_trait]
impl CallLog for Trail {
    async fn record(&self, call: &CallRecord) -> Result<(), StoreError> {
        self.records.lock().unwrap().push(call.clone());
        if self.broken {
            return Err(StoreError::Unavailable { message: "disk full".into(), source: None });
        }
        Ok(())
    }
}

struct Caller {
    trail: Arc<Trail>,
    client: HttpClient,
}

impl Caller {
    fn new(settings: HttpSettings, trail: Trail) -> Self {
        let trail = Arc::new(trail);
        let clock = Arc::new(|| "2026-03-02T09:00:00Z".parse().unwrap());
        let client =
            HttpClient::new("main".into(), Vendor::NetSuite, trail.clone(), clock, settings).unwrap();
        Self { trail, client }
    }

    async fn get(&self, url: &str) -> Result<Answer, SendError> {
        let outgoing = Outgoing {
            operation: "salesOrder.get".into(),
            method: http::Method::GET,
            url: url.parse().unwrap(),
            headers: http::HeaderMap::new(),
            body: Body::Empty,
            attempt: 3,
        };
        self.client.send(outgoing, |_| Verdict::success()).await
    }

    fn only_record(&self) -> CallRecord {
        let records = self.trail.records.lock().unwrap();
        assert_eq!(records.len(), 1);
        records[0].clone()
    }
}

fn caller() -> Caller {
    Caller::new(HttpSettings::default(), Trail::default())
}

/// Serves one connection: reads the request's head, writes `answer` and closes, or stays silent.
async fn server(answer: Option<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        match answer {
            // the client may close first
            Some(answer) => drop(stream.write_all(&answer).await),
            None => std::future::pending().await,
        }
    });
    format!("http://{address}/record?limit=5")
}

#[tokio::test]
async fn an_answer_of_any_status_is_an_answer_and_is_recorded() {
    let body = b"HTTP/1.1 404 Not Found\r\nretry-after: 4\r\ncontent-length: 12\r\n\r\n{\"code\":\"X\"}";
    let url = server(Some(body.to_vec())).await;
    let caller = caller();
    let answer = caller.get(&url).await.unwrap();
    assert_eq!((answer.status, answer.retry_after()), (404, Some(Duration::from_secs(4))));
    let record = caller.only_record();
    assert_eq!(
        (record.operation.as_str(), record.method.as_str(), record.attempt),
        ("salesOrder.get", "GET", 3)
    );
    assert_eq!(record.path, "/record?limit=5");
    assert_eq!((record.status, record.outcome), (Some(404), CallOutcome::Success));
    assert_eq!(record.response.as_deref(), Some(r#"{"code":"X"}"#));
    assert_eq!(record.started_at, "2026-03-02T09:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let answer = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n";
    let url = server(Some(answer.to_vec())).await;
    assert_eq!(caller().get(&url).await.unwrap().status, 302);
}

#[tokio::test]
async fn no_connection_means_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let caller = caller();
    let error = caller.get(&url).await.unwrap_err();
    assert!(matches!(error, SendError::NotSent(_)), "{error:?}");
    assert_eq!((error.failure(true), error.failure(false)), (Failure::NotSent, Failure::NotSent));
    let record = caller.only_record();
    assert_eq!((record.status, record.outcome), (None, CallOutcome::NotSent));
}

#[tokio::test]
async fn a_connection_that_closes_without_an_answer_leaves_the_outcome_open() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec();
    for answer in [Vec::new(), half] {
        let url = server(Some(answer)).await;
        let caller = caller();
        let error = caller.get(&url).await.unwrap_err();
        assert!(matches!(error, SendError::NoAnswer(_)), "{error:?}");
        assert_eq!((error.failure(true), error.failure(false)), (Failure::Unclear, Failure::Unavailable));
        assert_eq!(caller.only_record().outcome, CallOutcome::NoAnswer);
    }
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let url = server(None).await;
    let settings = HttpSettings { timeout: Duration::from_millis(50), ..HttpSettings::default() };
    let error = Caller::new(settings, Trail::default()).get(&url).await.unwrap_err();
    assert!(matches!(error, SendError::NoAnswer(_)), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read() {
    let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    answer.resize(answer.len() + MAX_ANSWER_BYTES + 1, b' ');
    let url = server(Some(answer)).await;
    let caller = caller();
    let error = caller.get(&url).await.unwrap_err();
    assert!(matches!(error, SendError::TooLarge { status: 200, .. }), "{error:?}");
    assert_eq!(error.failure(true), Failure::Unreadable);
    let record = caller.only_record();
    assert_eq!((record.status, record.outcome), (Some(200), CallOutcome::Unreadable));
}

#[tokio::test]
async fn plain_http_goes_to_this_machine_only_unless_allowed() {
    let caller = caller();
    let error = caller.get("http://vendor.example/").await.unwrap_err();
    assert!(matches!(error, SendError::NotSent(_)), "{error:?}");
    let check = |client: &HttpClient, url: &str| client.check(&url.parse().unwrap());
    for fine in ["https://vendor.example/", "http://127.0.0.1/", "http://[::1]:80/", "http://localhost/"] {
        assert!(check(&caller.client, fine).is_ok(), "{fine}");
    }
    let refused = check(&caller.client, "http://user:pass@localhost.example/?token=x").unwrap_err();
    assert_eq!(refused.to_string(), "http://localhost.example/ is plain HTTP to another machine");
    assert!(matches!(check(&caller.client, "ftp://localhost/"), Err(HttpSetupError::NotHttp(_))));
    let open = HttpSettings { allow_plain_http: true, ..HttpSettings::default() };
    assert!(check(&Caller::new(open, Trail::default()).client, "http://vendor.example/").is_ok());
}

#[tokio::test]
async fn a_record_that_cannot_be_stored_does_not_undo_the_call() {
    let url = server(Some(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())).await;
    let caller = Caller::new(HttpSettings::default(), Trail { broken: true, ..Trail::default() });
    assert_eq!(caller.get(&url).await.unwrap().status, 204);
    assert_eq!(caller.only_record().status, Some(204));
}
