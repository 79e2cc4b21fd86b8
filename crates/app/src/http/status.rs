//! `/healthz`, `/readyz`, `/metrics`.

use amz_event_handler::Rule;
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Status;
use super::problem::Problem;

pub(super) async fn healthz() -> Response {
    Json(json!({"status": "alive"})).into_response()
}

pub(super) async fn readyz(State(status): State<Status>) -> Response {
    if (status.ready)().await {
        Json(json!({"status": "ready"})).into_response()
    } else {
        Problem(Rule::NotReady.broken("the service does not take work at the moment")).into_response()
    }
}

pub(super) async fn metrics(State(status): State<Status>) -> Response {
    match &status.render_metrics {
        Some(render) => ([(CONTENT_TYPE, "text/plain; version=0.0.4")], render()).into_response(),
        None => Problem(Rule::RouteNotFound.broken("metrics are not collected")).into_response(),
    }
}
