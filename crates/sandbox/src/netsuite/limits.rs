//! Concurrency over the control interface, and what the account tells of its limits.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, put};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::concurrency::LoginsUnderLoad;
use super::handle::NetSuite;
use super::settings::GovernanceLimits;

impl NetSuite {
    /// Sets the answer of `governanceLimits`; `None` refuses it, as to everybody but an administrator.
    pub fn show_governance_limits(&self, limits: Option<GovernanceLimits>) {
        self.change_settings(|settings| settings.governance_limits = limits);
    }
}

/// Routes of limits.
pub(super) fn routes() -> Router<NetSuite> {
    Router::new()
        .route("/slots", get(slots).put(set_slots))
        .route("/slots/peak", delete(reset_peak))
        .route("/slots/logins", put(refuse_logins).delete(take_logins))
        .route("/governance-limits", put(show_limits).delete(hide_limits))
}

fn figures(netsuite: &NetSuite) -> Json<Value> {
    Json(json!({
        "slots": netsuite.slots(),
        "in_flight": netsuite.in_flight(),
        "peak_in_flight": netsuite.peak_in_flight(),
        "logins_under_load": netsuite.logins_under_load(),
    }))
}

async fn slots(State(netsuite): State<NetSuite>) -> Json<Value> {
    figures(&netsuite)
}

async fn set_slots(State(netsuite): State<NetSuite>, Json(body): Json<Value>) -> Response {
    let slots = body.get("slots").and_then(Value::as_u64).and_then(|slots| usize::try_from(slots).ok());
    let Some(slots) = slots else {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "slots must be a whole number"})))
            .into_response();
    };
    netsuite.set_slots(slots);
    figures(&netsuite).into_response()
}

async fn reset_peak(State(netsuite): State<NetSuite>) -> Json<Value> {
    netsuite.reset_peak_in_flight();
    figures(&netsuite)
}

async fn refuse_logins(
    State(netsuite): State<NetSuite>,
    Json(refuses): Json<LoginsUnderLoad>,
) -> Json<Value> {
    netsuite.refuse_logins_under_load(Some(refuses));
    figures(&netsuite)
}

async fn take_logins(State(netsuite): State<NetSuite>) -> Json<Value> {
    netsuite.refuse_logins_under_load(None);
    figures(&netsuite)
}

async fn show_limits(State(netsuite): State<NetSuite>, Json(limits): Json<GovernanceLimits>) -> StatusCode {
    netsuite.show_governance_limits(Some(limits));
    StatusCode::NO_CONTENT
}

async fn hide_limits(State(netsuite): State<NetSuite>) -> StatusCode {
    netsuite.show_governance_limits(None);
    StatusCode::NO_CONTENT
}
