//! People are told of parked work: once when it parks, once when it is cleared.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use amz_event_handler::netsuite::{SignatureHeaders, SigningSecret};
use amz_sandbox::amazon::PageFault;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::orders::order_of;
use crate::stage::Stage;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Somebody who is told.
struct Listener {
    url: String,
    status: Arc<Mutex<StatusCode>>,
    got: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Listener {
    async fn start() -> Self {
        let (status, got) = (Arc::new(Mutex::new(StatusCode::OK)), Arc::new(Mutex::new(Vec::new())));
        let (answers, seen) = (status.clone(), got.clone());
        let handler = axum::routing::post(move |headers: HeaderMap, body: Bytes| async move {
            seen.lock().unwrap().push((headers, body));
            *answers.lock().unwrap()
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(handler)).await });
        Self { url, status, got }
    }

    fn answers(&self, status: StatusCode) {
        *self.status.lock().unwrap() = status;
    }

    /// Id, type and code of everything that came, each signed.
    fn told(&self, stage: &Stage) -> Vec<(String, String, String)> {
        let secret = SigningSecret::parse(&SECRET.into()).unwrap();
        let one = |(headers, body): &(HeaderMap, Bytes)| {
            let header = |name: &str| headers.get(name).map(|value| value.as_bytes());
            let signed = SignatureHeaders {
                id: header("webhook-id"),
                timestamp: header("webhook-timestamp"),
                signature: header("webhook-signature"),
            };
            let id = signed.verify(std::slice::from_ref(&secret), body, stage.now()).unwrap().to_owned();
            let message: Value = serde_json::from_slice(body).unwrap();
            let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (id, word(&message["type"]), word(&message["data"]["code"]))
        };
        self.got.lock().unwrap().iter().map(one).collect()
    }
}

async fn tell(stage: &Stage) -> usize {
    stage.sync().notifier.pass(&CancellationToken::new()).await.unwrap().settled
}

#[tokio::test]
async fn a_parked_order_is_told_once_and_once_more_when_it_goes_on() {
    let listener = Listener::start().await;
    let mut stage = Stage::with(&[
        ("MAPPING__ITEM_SKU_FIELD", "custitem_amz_sku"),
        ("AMZ__NOTIFICATIONS__WEBHOOK__URL", &listener.url),
        ("AMZ__NOTIFICATIONS__WEBHOOK__SECRET", SECRET),
    ])
    .await;
    stage.netsuite().put_item(&json!({"id": 999, "itemId": "SKU-999"})).unwrap();
    let id = stage.enter_one(order_of("SO-7", &[(999, 1, "5.00")]));
    stage.settle().await;

    // nobody can take it, and our side starts anew: the message waits
    listener.answers(StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(tell(&stage).await, 0);
    stage.restart().await;
    listener.answers(StatusCode::NO_CONTENT);
    assert_eq!(tell(&stage).await, 0, "it is tried again after a while");
    stage.advance(Duration::from_secs(60));
    assert_eq!(tell(&stage).await, 1);

    // looking again without a change tells nobody
    for _ in 0..3 {
        stage.retry(id).await;
        stage.settle().await;
    }
    assert_eq!(tell(&stage).await, 0);

    let mended = json!({"id": 999, "itemId": "SKU-999", "custitem_amz_sku": "AMZ-999"});
    stage.netsuite().put_item(&mended).unwrap();
    stage.retry(id).await;
    stage.settle().await;
    assert_eq!(tell(&stage).await, 1);

    let told = listener.told(&stage);
    let words: Vec<(&str, &str)> =
        told.iter().map(|(_, kind, code)| (kind.as_str(), code.as_str())).collect();
    let parked = ("item.parked", "sku_unmapped");
    assert_eq!(words, [parked, parked, ("item.cleared", "sku_unmapped")]);
    assert!(told[0].0 == told[1].0 && told[1].0 != told[2].0, "a repeat has the same id: {told:?}");
}

#[tokio::test]
async fn f11_a_stock_run_that_broke_off_is_told_once_and_once_more_when_it_is_made_good() {
    let listener = Listener::start().await;
    let stage = Stage::with_stock(&[
        ("AMZ__NOTIFICATIONS__WEBHOOK__URL", &listener.url),
        ("AMZ__NOTIFICATIONS__WEBHOOK__SECRET", SECRET),
    ])
    .await;
    stage.stock(101, 10, 10);
    stage.amazon().fail_page(PageFault { page: 1, status: 500, times: 1_000 });
    for run in ["broken", "broken-again"] {
        stage.full_run(run).await;
        tell(&stage).await;
    }
    stage.amazon().clear_page_faults();
    stage.full_run("whole").await;
    tell(&stage).await;
    let told = listener.told(&stage);
    let words: Vec<(&str, &str)> =
        told.iter().map(|(_, kind, code)| (kind.as_str(), code.as_str())).collect();
    let code = "stock_reading_incomplete";
    assert_eq!((words[0], *words.last().unwrap()), (("item.parked", code), ("item.cleared", code)));
    assert_eq!(words.len(), 2, "{words:?}");
}
