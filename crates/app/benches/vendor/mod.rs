//! A pretend NetSuite that takes as long as it is told to answer, and remembers when it was asked. It runs on a thread of
//! its own, so that its clock does not wait for the work that is measured.

#![allow(dead_code, reason = "not every bench asks how long answers took")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// The pretend NetSuite; it ends with this.
pub(crate) struct Vendor {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    log: Arc<Log>,
    _stop: oneshot::Sender<()>,
}

/// When a look asked for its order, and when it had its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// When the question came.
    pub(crate) at: Instant,
    /// When the answer went.
    pub(crate) answered: Instant,
}

#[derive(Default)]
struct Log {
    latency: Mutex<Duration>,
    asked: Mutex<Vec<Asked>>,
}

impl Vendor {
    /// Starts it; answers take no time until [`Self::take_so_long`].
    pub(crate) fn start() -> Self {
        let log = Arc::<Log>::default();
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let shared = log.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let routes = Router::new()
                    .route("/services/rest/record/v1/salesOrder/{id}", get(sales_order))
                    .route("/services/rest/query/v1/suiteql", post(nothing_found))
                    .with_state(shared);
                tokio::select! {
                    served = axum::serve(listener, routes) => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self { address: told.recv().unwrap(), log, _stop: stop }
    }

    /// Lets answers take so long from now on, and forgets who asked.
    pub(crate) fn take_so_long(&self, latency: Duration) {
        *self.log.latency.lock().unwrap() = latency;
        self.log.asked.lock().unwrap().clear();
    }

    /// How many looks were answered.
    pub(crate) fn answered(&self) -> usize {
        self.log.asked.lock().unwrap().len()
    }

    /// Every answered look, in the order of the answers.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.log.asked.lock().unwrap().clone()
    }
}

/// A sales order that another warehouse ships: one look at it is one call.
async fn sales_order(State(log): State<Arc<Log>>, Path(id): Path<String>) -> Json<Value> {
    let at = Instant::now();
    let latency = *log.latency.lock().unwrap();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    log.asked.lock().unwrap().push(Asked { at, answered: Instant::now() });
    Json(json!({
        "id": id,
        "tranId": format!("SO-{id}"),
        "createdDate": "2026-03-02T17:00:00Z",
        "entity": {"id": "501", "refName": "Ada Example"},
        "status": {"id": "B", "refName": "Pending Fulfillment"},
        "currency": {"id": "1", "refName": "USD"},
        "shipMethod": {"id": "3", "refName": "Standard"},
        "total": 39.8,
        "item": {"items": [{
            "line": 1,
            "item": {"id": "101", "refName": "SKU-101"},
            "itemType": {"id": "InvtPart"},
            "quantity": 2,
            "rate": 19.9,
            "amount": 39.8,
            "location": {"id": "8", "refName": "Own warehouse"},
            "isClosed": false,
        }]},
    }))
}

/// What a change feed reads: nothing.
async fn nothing_found() -> Json<Value> {
    Json(json!({"items": [], "hasMore": false, "count": 0, "offset": 0, "totalResults": 0}))
}
