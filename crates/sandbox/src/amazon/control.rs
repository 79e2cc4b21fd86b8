//! The control interface to what happens after an order was made: cancellations, refunds and returns.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::{
    Amazon, Content, Habits, ItemCondition, NewRefund, NewReturn, RequestedBy, ReturnFailure,
    ReturnPackageState, sp_api, stock,
};
use crate::control::answer;

/// Routes below `/control/amazon`.
pub(crate) fn router() -> Router<Amazon> {
    let doubled = async |State(amazon): State<Amazon>| Json(amazon.doubled_payments());
    let habits = async |State(amazon): State<Amazon>| Json(amazon.habits());
    Router::new()
        .route("/habits", get(habits).put(set_habits))
        .merge(stock::control::router())
        .merge(sp_api::control::router())
        .route("/doubled-payments", get(doubled))
        .route("/orders/{id}/cancellations", post(request_cancellation))
        .route("/orders/{id}/cancellations/{cancellation}/settle", post(settle_cancellation))
        .route("/orders/{id}/cancellations/{cancellation}/reject", post(reject_cancellation))
        .route("/orders/{id}/refunds", post(request_refund))
        .route("/orders/{id}/returns", post(start_return))
        .route("/orders/{id}/returns/{return}/packages/{package}/move", post(move_return_package))
        .route("/orders/{id}/returns/{return}/grade", post(grade))
        .route("/orders/{id}/returns/{return}/complete", post(complete_return))
}

async fn set_habits(State(amazon): State<Amazon>, Json(habits): Json<Habits>) -> StatusCode {
    amazon.set_habits(habits);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Wish {
    #[serde(default = "shopper")]
    requested_by: RequestedBy,
    reason: Option<String>,
}

fn shopper() -> RequestedBy {
    RequestedBy::Shopper
}

async fn request_cancellation(
    State(amazon): State<Amazon>,
    Path(order): Path<String>,
    Json(Wish { requested_by, reason }): Json<Wish>,
) -> Response {
    let requested = amazon.request_cancellation(&order, requested_by, reason.as_deref());
    answer(requested.map(|id| json!({ "cancellation": id })))
}

type OnePath = Path<(String, String)>;

async fn settle_cancellation(State(amazon): State<Amazon>, Path((order, id)): OnePath) -> Response {
    answer(amazon.settle_cancellation(&order, &id).map(|state| json!({ "state": state })))
}

async fn reject_cancellation(State(amazon): State<Amazon>, Path((order, id)): OnePath) -> Response {
    answer(amazon.reject_cancellation(&order, &id))
}

async fn request_refund(
    State(amazon): State<Amazon>,
    Path(order): Path<String>,
    Json(refund): Json<NewRefund>,
) -> Response {
    answer(amazon.request_refund(&order, refund).map(|id| json!({ "refund": id })))
}

async fn start_return(
    State(amazon): State<Amazon>,
    Path(order): Path<String>,
    Json(new): Json<NewReturn>,
) -> Response {
    answer(amazon.start_return(&order, new).map(|id| {
        let order = amazon.order(&order);
        let started = order.and_then(|order| order.returns.into_iter().find(|known| known.id == id));
        let packages = started.map(|started| started.packages).unwrap_or_default();
        let packages: Vec<String> = packages.into_iter().map(|package| package.id).collect();
        json!({ "return": id, "packages": packages })
    }))
}

#[derive(Deserialize)]
struct Step {
    state: ReturnPackageState,
    reason: Option<ReturnFailure>,
}

async fn move_return_package(
    State(amazon): State<Amazon>,
    Path((order, id, package)): Path<(String, String, String)>,
    Json(Step { state, reason }): Json<Step>,
) -> Response {
    answer(match (state, reason) {
        (ReturnPackageState::Failed, Some(reason)) => {
            amazon.fail_return_package(&order, &id, &package, reason)
        }
        _ => amazon.move_return_package(&order, &id, &package, state),
    })
}

#[derive(Deserialize)]
struct Grade {
    condition: ItemCondition,
    line_id: String,
    #[serde(with = "super::json::digits")]
    quantity: rust_decimal::Decimal,
}

async fn grade(
    State(amazon): State<Amazon>,
    Path((order, id)): OnePath,
    Json(Grade { condition, line_id, quantity }): Json<Grade>,
) -> Response {
    answer(amazon.grade_units(&order, &id, &Content { line_id, quantity }, condition))
}

async fn complete_return(State(amazon): State<Amazon>, Path((order, id)): OnePath) -> Response {
    answer(amazon.complete_return(&order, &id))
}
