//! The handle over HTTP and in JSON, mounted at `/control/netsuite`.

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::handle::{NetSuite, RecordError};
use super::{bundle, limits, other_connectors, permissions, stock};

/// Largest body taken, in bytes: exports can be long.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// Routes of the control interface.
pub(crate) fn control_router(netsuite: NetSuite) -> Router {
    Router::new()
        .route("/sales-orders", get(sales_orders).post(load))
        .route("/sales-orders/{id}", get(sales_order).patch(edit))
        .route("/sales-orders/{id}/fulfillments", get(fulfillments))
        .route("/items", put(put_item))
        .route("/sales-orders/{id}/documents", get(documents_of))
        .route("/records/{type}", put(put_record))
        .route("/records/{type}/{id}", get(record).patch(edit_document).delete(delete))
        .route("/records/{type}/{id}/void", post(void))
        .route("/records/{type}/{id}/transform/{target}", post(transform))
        .route("/transactions/{type}", get(documents))
        .route("/periods/{year}/{month}", put(set_period))
        .route("/login-audit-trail", get(trail))
        .route("/tokens/revoke", post(revoke))
        .route("/unlock", post(unlock))
        .merge(limits::routes())
        .merge(other_connectors::routes())
        .merge(permissions::routes())
        .merge(bundle::routes())
        .merge(stock::routes())
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(netsuite)
}

async fn sales_orders(State(netsuite): State<NetSuite>) -> Json<Value> {
    Json(json!({"items": netsuite.sales_orders()}))
}

async fn load(State(netsuite): State<NetSuite>, Json(orders): Json<Vec<Value>>) -> Response {
    answer(netsuite.load_sales_orders(orders).map(|ids| json!({"ids": ids})))
}

async fn sales_order(State(netsuite): State<NetSuite>, Path(id): Path<u64>) -> Response {
    found(netsuite.sales_order(id))
}

async fn edit(State(netsuite): State<NetSuite>, Path(id): Path<u64>, Json(patch): Json<Value>) -> Response {
    answer(netsuite.edit_sales_order(id, &patch).map(|()| json!({"id": id})))
}

async fn fulfillments(State(netsuite): State<NetSuite>, Path(id): Path<u64>) -> Json<Value> {
    Json(json!({"items": netsuite.fulfillments_of(id)}))
}

async fn documents_of(State(netsuite): State<NetSuite>, Path(id): Path<u64>) -> Json<Value> {
    Json(json!({"items": netsuite.documents_of(id)}))
}

async fn documents(State(netsuite): State<NetSuite>, Path(record_type): Path<String>) -> Json<Value> {
    Json(json!({"items": netsuite.documents(&record_type)}))
}

async fn edit_document(
    State(netsuite): State<NetSuite>,
    Path((record_type, id)): Path<(String, u64)>,
    Json(patch): Json<Value>,
) -> Response {
    answer(netsuite.edit_document(&record_type, id, &patch).map(|()| json!({"id": id})))
}

async fn void(State(netsuite): State<NetSuite>, Path((record_type, id)): Path<(String, u64)>) -> Response {
    answer(netsuite.void(&record_type, id).map(|()| json!({"id": id})))
}

async fn transform(
    State(netsuite): State<NetSuite>,
    Path((record_type, id, target)): Path<(String, u64, String)>,
    Json(body): Json<Value>,
) -> Response {
    answer(netsuite.transform_as_staff((&record_type, id), &target, &body).map(|id| json!({"id": id})))
}

async fn set_period(
    State(netsuite): State<NetSuite>,
    Path((year, month)): Path<(i32, u32)>,
    Json(body): Json<Value>,
) -> Response {
    let closed = body.get("closed").and_then(Value::as_bool).unwrap_or(true);
    let changed = if closed { netsuite.close_period(year, month) } else { netsuite.open_period(year, month) };
    answer(changed.map(|()| json!({"closed": closed})))
}

async fn put_item(State(netsuite): State<NetSuite>, Json(item): Json<Value>) -> Response {
    answer(netsuite.put_item(&item).map(|id| json!({"id": id})))
}

async fn put_record(
    State(netsuite): State<NetSuite>,
    Path(record_type): Path<String>,
    Json(record): Json<Value>,
) -> Response {
    answer(netsuite.put_record(&record_type, &record).map(|id| json!({"id": id})))
}

async fn record(State(netsuite): State<NetSuite>, Path((record_type, id)): Path<(String, u64)>) -> Response {
    found(netsuite.record(&record_type, id))
}

async fn delete(State(netsuite): State<NetSuite>, Path((record_type, id)): Path<(String, u64)>) -> Response {
    answer(netsuite.delete_record(&record_type, id).map(|()| json!({"id": id})))
}

async fn trail(State(netsuite): State<NetSuite>) -> Json<Value> {
    Json(json!({"items": netsuite.login_audit_trail()}))
}

async fn revoke(State(netsuite): State<NetSuite>) -> StatusCode {
    netsuite.revoke_tokens();
    StatusCode::NO_CONTENT
}

async fn unlock(State(netsuite): State<NetSuite>) -> StatusCode {
    netsuite.unlock_user();
    StatusCode::NO_CONTENT
}

pub(super) fn answer(outcome: Result<Value, RecordError>) -> Response {
    match outcome {
        Ok(document) => Json(document).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({"error": error.to_string()}))).into_response(),
    }
}

pub(super) fn found(record: Option<Value>) -> Response {
    match record {
        Some(record) => Json(record).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({"error": "no such record"}))).into_response(),
    }
}
