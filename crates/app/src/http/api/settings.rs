//! `/api/v1/connections/{connection}/settings` and its history.

use std::collections::BTreeMap;
use std::sync::Arc;

use amz_domain::ConnectionName;
use amz_event_handler::Rule;
use amz_services::ports::settings_history::SettingsVersion;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::problem::ApiProblem;
use super::{ApiState, MAX_BODY_BYTES};
use crate::http::body;
use crate::http::inbound::{self, ConnectionPath};
use crate::live_settings::{ChangeRequest, InEffect};
use crate::settings::{ApiRole, ValueSource, keys};

/// Versions on a page, when nobody asks for another number, and at most.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 200;

pub(super) async fn show(
    State(state): State<Arc<ApiState>>,
    path: ConnectionPath,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    state.admit(&headers, ApiRole::Viewer)?;
    let connection = connection(&state, path)?;
    let in_effect = state.desk.in_effect(&connection).await.map_err(ApiProblem::InEffect)?;
    Ok(answer(&connection, &in_effect, Vec::new()))
}

pub(super) async fn change(
    State(state): State<Arc<ApiState>>,
    path: ConnectionPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiProblem> {
    let by = state.admit(&headers, ApiRole::Admin)?.name.clone();
    let connection = connection(&state, path)?;
    let body = body::read(body, MAX_BODY_BYTES).await?;
    let body: Value = serde_json::from_slice(&body)
        .map_err(|_| Rule::BodyNotJson.broken("the body is a JSON object with `changes`"))?;
    let request = request(body, by, seen(&headers)?)?;
    let changed = state.desk.change(&connection, request).await.map_err(ApiProblem::Settings)?;
    let changes = changed.changes.iter().map(|change| json!(change)).collect();
    Ok(answer(&connection, &changed.since, vec![("changes", Value::Array(changes))]))
}

pub(super) async fn history(
    State(state): State<Arc<ApiState>>,
    path: ConnectionPath,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Result<Response, ApiProblem> {
    state.admit(&headers, ApiRole::Viewer)?;
    let connection = connection(&state, path)?;
    let number = |name: &str| query.get(name).map(|text| text.parse::<u64>()).transpose();
    let before = number("before").map_err(|_| ApiProblem::Query("`before` is a version, a whole number"))?;
    let limit = number("limit").ok().and_then(|limit| u32::try_from(limit.unwrap_or(u64::from(PAGE))).ok());
    let limit = limit
        .filter(|limit| (1..=LARGEST_PAGE).contains(limit))
        .ok_or(ApiProblem::Query("`limit` is a whole number from 1 to 200"))?;
    let mut versions =
        state.desk.versions(&connection, before, limit + 1).await.map_err(ApiProblem::Settings)?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = versions.len() > wanted;
    versions.truncate(wanted);
    let versions: Vec<Value> = versions.iter().map(version_document).collect();
    Ok(Json(json!({"connection": connection.as_str(), "versions": versions, "more": more})).into_response())
}

/// A version as JSON has it.
pub(crate) fn version_document(version: &SettingsVersion) -> Value {
    let SettingsVersion { connection: _, version, document, changes, by, at, note } = version;
    json!({
        "version": version, "at": at, "by": by, "note": note, "changes": changes, "document": document,
    })
}

fn connection(state: &ApiState, path: ConnectionPath) -> Result<ConnectionName, ApiProblem> {
    let known = path.ok().map(|Path(name)| ConnectionName::from(name)).filter(|name| state.desk.knows(name));
    known.ok_or_else(|| Rule::UnknownConnection.broken("no connection of this name is configured").into())
}

/// The version of `If-Match`: an ETag of ours, or `*` for any.
fn seen(headers: &HeaderMap) -> Result<Option<u64>, ApiProblem> {
    if !headers.contains_key(IF_MATCH) {
        return Ok(None);
    }
    let text = inbound::only(headers, &IF_MATCH).and_then(|value| std::str::from_utf8(value).ok());
    match text.map(str::trim) {
        Some("*") => Ok(None),
        Some(text) => {
            let number = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            number.and_then(|number| number.parse().ok()).map(Some).ok_or(ApiProblem::Version)
        }
        None => Err(ApiProblem::Version),
    }
}

/// Reads a change strictly: what is not understood would be lost in silence.
fn request(body: Value, by: String, seen: Option<u64>) -> Result<ChangeRequest, ApiProblem> {
    let unreadable = |detail: &str| ApiProblem::Changes(detail.to_owned());
    let Value::Object(mut body) = body else {
        return Err(unreadable("the body is a JSON object with `changes`"));
    };
    let changes = match body.remove("changes") {
        Some(Value::Object(changes)) => changes,
        _ => return Err(unreadable("`changes` is an object from keys such as \"policy.hold\" to values")),
    };
    let note = match body.remove("note") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(note)) => note,
        Some(_) => return Err(unreadable("`note` is text")),
    };
    let version = match body.remove("version") {
        None | Some(Value::Null) => None,
        Some(version) => Some(version.as_u64().ok_or(ApiProblem::Version)?),
    };
    if seen.is_some() && version.is_some() && seen != version {
        return Err(ApiProblem::Version);
    }
    if let Some(unknown) = body.keys().next() {
        return Err(ApiProblem::Changes(format!(
            "there is no member {unknown:?}; a change has `changes`, `note` and `version`"
        )));
    }
    let changes = changes.into_iter().map(|(key, value)| (key, Some(value).filter(|value| !value.is_null())));
    Ok(ChangeRequest { changes: changes.collect(), by, note, seen: seen.or(version) })
}

/// What is in effect, with the version as its tag.
fn answer(connection: &ConnectionName, in_effect: &InEffect, more: Vec<(&'static str, Value)>) -> Response {
    let mut document = Map::new();
    document.insert("connection".to_owned(), json!(connection.as_str()));
    document.insert("version".to_owned(), json!(in_effect.version));
    if let Some(latest) = &in_effect.latest {
        document.insert("changed_at".to_owned(), json!(latest.at));
        document.insert("changed_by".to_owned(), json!(latest.by));
        document.insert("note".to_owned(), json!(latest.note));
    }
    document.insert("settings".to_owned(), Value::Array(rows(connection, in_effect)));
    document.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let mut response = Json(Value::Object(document)).into_response();
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", in_effect.version)) {
        headers.insert(ETAG, tag);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Every key that can be set at run time; all others are nobody's business here.
fn rows(connection: &ConnectionName, in_effect: &InEffect) -> Vec<Value> {
    let changeable = keys().filter(|key| key.is_changeable());
    let names = changeable.filter_map(|key| Some((key, key.path.strip_prefix("connection.")?)));
    let row = |(key, name): (&crate::settings::Key, &str)| {
        let path = format!("connection[{connection}].{name}");
        let found = in_effect.settings.describe().keys().iter().find(|known| known.key == path)?;
        let (source, variable) = match &found.source {
            ValueSource::File => ("file", None),
            ValueSource::Default => ("default", None),
            ValueSource::RunTime(_) => ("run_time", None),
            ValueSource::Environment(variable) => ("environment", Some(variable)),
        };
        let mut row = json!({
            "key": name, "value": found.typed, "source": source,
            "type": key.type_name(), "meaning": key.meaning,
        });
        if let (Value::Object(members), Some(variable)) = (&mut row, variable) {
            members.insert("variable".to_owned(), json!(variable));
        }
        Some(row)
    };
    names.filter_map(row).collect()
}
