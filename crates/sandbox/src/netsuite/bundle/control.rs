//! The bundle over the control interface.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::BundleScript;
use crate::netsuite::handle::NetSuite;

/// Routes of the bundle.
pub(in crate::netsuite) fn routes() -> Router<NetSuite> {
    Router::new()
        .route("/bundle", put(install).delete(remove))
        .route("/bundle/script", get(script).put(set_script))
        .route("/bundle/schedule", post(run))
        .route("/bundle/settle", post(settle))
        .route("/bundle/deliveries", get(deliveries))
}

#[derive(Deserialize)]
struct Install {
    url: String,
    secret: String,
    connection: String,
}

async fn install(
    State(netsuite): State<NetSuite>,
    Json(Install { url, secret, connection }): Json<Install>,
) -> StatusCode {
    netsuite.install_bundle(&url, &secret, &connection);
    StatusCode::NO_CONTENT
}

async fn remove(State(netsuite): State<NetSuite>) -> StatusCode {
    netsuite.remove_bundle();
    StatusCode::NO_CONTENT
}

async fn script(State(netsuite): State<NetSuite>) -> Json<BundleScript> {
    Json(netsuite.bundle_script())
}

async fn set_script(State(netsuite): State<NetSuite>, Json(script): Json<BundleScript>) -> StatusCode {
    netsuite.set_bundle_script(script);
    StatusCode::NO_CONTENT
}

async fn run(State(netsuite): State<NetSuite>) -> StatusCode {
    netsuite.run_bundle_schedule();
    StatusCode::NO_CONTENT
}

async fn settle(State(netsuite): State<NetSuite>) -> StatusCode {
    netsuite.bundle_settled().await;
    StatusCode::NO_CONTENT
}

async fn deliveries(State(netsuite): State<NetSuite>) -> Json<Value> {
    Json(json!({"items": netsuite.bundle_deliveries()}))
}
