//! Stock over the control interface.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::handle::StockLevel;
use crate::netsuite::control::{answer, found};
use crate::netsuite::handle::NetSuite;
use crate::netsuite::number::decimal;

/// Routes of stock.
pub(crate) fn routes() -> Router<NetSuite> {
    Router::new()
        .route("/items/seed", post(seed))
        .route("/stock/{location}", get(levels))
        .route("/stock/{location}/{item}", get(level).put(set_level))
        .route("/stock/{location}/{item}/adjust", post(adjust))
        .route("/stock/{location}/{item}/sell", post(sell))
        .route("/stock-habits", put(set_habits))
}

fn units(body: &Value, name: &str) -> Option<Decimal> {
    body.get(name).and_then(decimal)
}

fn bad(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response()
}

async fn seed(State(netsuite): State<NetSuite>, Json(body): Json<Value>) -> Response {
    let whole = |name: &str| body.get(name).and_then(Value::as_u64);
    let count = whole("count").and_then(|count| usize::try_from(count).ok());
    let (Some(count), Some(location)) = (count, whole("location")) else {
        return bad("count and location must be whole numbers");
    };
    let on_hand = units(&body, "on_hand").unwrap_or_default();
    answer(netsuite.seed_items(count, location, on_hand).map(|ids| json!({"ids": ids})))
}

async fn levels(State(netsuite): State<NetSuite>, Path(location): Path<u64>) -> Json<Value> {
    let levels: Vec<Value> = netsuite.stock_levels(location).iter().map(StockLevel::document).collect();
    Json(json!({"items": levels}))
}

async fn level(State(netsuite): State<NetSuite>, Path((location, item)): Path<(u64, u64)>) -> Response {
    found(netsuite.stock_level(item, location).as_ref().map(StockLevel::document))
}

async fn set_level(
    State(netsuite): State<NetSuite>,
    Path((location, item)): Path<(u64, u64)>,
    Json(body): Json<Value>,
) -> Response {
    let set = || {
        if let Some(on_hand) = units(&body, "on_hand") {
            netsuite.set_on_hand(item, location, on_hand)?;
        }
        if let Some(cost) = body.get("average_cost") {
            netsuite.set_average_cost(item, location, decimal(cost))?;
        }
        Ok(json!({"item": item, "location": location}))
    };
    answer(set())
}

async fn adjust(
    State(netsuite): State<NetSuite>,
    Path((location, item)): Path<(u64, u64)>,
    Json(body): Json<Value>,
) -> Response {
    let Some(by) = units(&body, "by") else { return bad("by must be a number") };
    answer(netsuite.adjust_stock(item, location, by).map(|id| json!({"id": id})))
}

async fn sell(
    State(netsuite): State<NetSuite>,
    Path((location, item)): Path<(u64, u64)>,
    Json(body): Json<Value>,
) -> Response {
    let Some(quantity) = units(&body, "quantity") else { return bad("quantity must be a number") };
    let for_amazon = body.get("for_amazon").and_then(Value::as_bool).unwrap_or(false);
    answer(netsuite.sell(item, location, quantity, for_amazon).map(|id| json!({"id": id})))
}

async fn set_habits(State(netsuite): State<NetSuite>, Json(body): Json<Value>) -> Json<Value> {
    let given = |name: &str| body.get(name).and_then(Value::as_bool);
    if let Some(enforced) = given("enforce_commitment") {
        netsuite.enforce_commitment(enforced);
    }
    if let Some(refused) = given("refuse_negative_stock") {
        netsuite.refuse_negative_stock(refused);
    }
    let settings = netsuite.settings();
    Json(json!({
        "enforce_commitment": settings.enforce_commitment,
        "refuse_negative_stock": settings.refuse_negative_stock,
    }))
}
