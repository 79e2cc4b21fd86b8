//! The control interface to stock.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{StockEventScript, StockedItem};
use crate::amazon::{Amazon, MoveError};
use crate::control::{answer, refuse};

/// Routes below `/control/amazon`.
pub(crate) fn router() -> Router<Amazon> {
    let all = async |State(amazon): State<Amazon>| Json(amazon.stocked());
    let events = async |State(amazon): State<Amazon>| Json(amazon.stock_events());
    Router::new()
        .route("/stock", get(all))
        .route("/stock-events", get(events).put(set_events))
        .route("/stock-seed", post(seed))
        .route("/stock/{sku}", get(show).put(change).delete(remove))
        .route("/stock/{sku}/{step}", post(step))
}

async fn show(State(amazon): State<Amazon>, Path(sku): Path<String>) -> Response {
    match amazon.stock(&sku) {
        Some(item) => Json(json!({ "item": item, "ordered": amazon.ordered_units(&sku) })).into_response(),
        None => answer::<()>(Err(MoveError::UnknownSku(sku))),
    }
}

/// Lays the given fields over the item; `figures` field by field.
async fn change(State(amazon): State<Amazon>, Path(sku): Path<String>, Json(given): Json<Value>) -> Response {
    // Read before anything is kept: a misspelt field must not stock a SKU.
    let readable = match amazon.stock(&sku) {
        Some(item) => overlaid(&item, &given),
        None => overlaid(&StockedItem::new(&sku, 0, DateTime::UNIX_EPOCH), &given),
    };
    if let Err(error) = readable {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string());
    }
    let changed = amazon.change_stock(&sku, |item| {
        if let Ok(changed) = overlaid(item, &given) {
            *item = changed;
        }
    });
    answer(changed.map(|()| amazon.stock(&sku)))
}

fn overlaid(item: &StockedItem, given: &Value) -> Result<StockedItem, serde_json::Error> {
    let mut document = serde_json::to_value(item)?;
    overlay(&mut document, given);
    serde_json::from_value(document)
}

fn overlay(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (field, value) in above {
                overlay(below.entry(field.clone()).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above.clone(),
    }
}

async fn remove(State(amazon): State<Amazon>, Path(sku): Path<String>) -> Response {
    answer(amazon.remove_stock(&sku))
}

#[derive(Deserialize)]
struct Units {
    units: i64,
}

async fn step(
    State(amazon): State<Amazon>,
    Path((sku, step)): Path<(String, String)>,
    Json(Units { units }): Json<Units>,
) -> Response {
    let moved = match step.as_str() {
        "receive" => amazon.receive(&sku, units),
        "damage" => amazon.damage(&sku, units),
        "sell-elsewhere" => amazon.sell_elsewhere(&sku, units),
        "misplace" => amazon.misplace(&sku, units),
        "find" => amazon.find_units(&sku, units),
        _ => return refuse(StatusCode::NOT_FOUND, "receive, damage, sell-elsewhere, misplace or find"),
    };
    answer(moved.map(|()| amazon.stock(&sku)))
}

#[derive(Deserialize)]
struct Seed {
    count: usize,
}

async fn seed(State(amazon): State<Amazon>, Json(Seed { count }): Json<Seed>) -> StatusCode {
    amazon.seed_stock(count);
    StatusCode::NO_CONTENT
}

async fn set_events(State(amazon): State<Amazon>, Json(script): Json<StockEventScript>) -> StatusCode {
    amazon.set_stock_events(script);
    StatusCode::NO_CONTENT
}
