//! `/healthz`, `/readyz`, `/metrics`.

use std::sync::Arc;

use amz_event_handler::Rule;
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::WebhookState;
use super::problem::Problem;

pub(super) async fn healthz() -> Response {
    Json(json!({"status": "alive"})).into_response()
}

pub(super) async fn readyz(State(state): State<Arc<WebhookState>>) -> Response {
    if (state.ready)() {
        Json(json!({"status": "ready"})).into_response()
    } else {
        Problem(Rule::NotReady.broken("the service does not take work at the moment")).into_response()
    }
}

pub(super) async fn metrics(State(state): State<Arc<WebhookState>>) -> Response {
    match &state.render_metrics {
        Some(render) => ([(CONTENT_TYPE, "text/plain; version=0.0.4")], render()).into_response(),
        None => Problem(Rule::RouteNotFound.broken("metrics are not collected")).into_response(),
    }
}
