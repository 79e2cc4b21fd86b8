//! From a request to the part of NetSuite that answers it.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::answer::{Answer, Call};
use super::auth::{Logins, issue};
use super::books::Books;
use super::errors::{Place, Refusal};
use super::records::changes::WriteOptions;
use super::records::read::{View, collection, document, part};
use super::records::write::{create, delete, update, upsert};
use super::settings::NetSuiteSettings;
use super::{metadata, permissions, restlet, suiteql, transform};

/// Everything that a request can change.
#[derive(Debug)]
pub(crate) struct State {
    /// The records.
    pub(crate) books: Books,
    /// The logins.
    pub(crate) logins: Logins,
}

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
enum Route<'p> {
    Token,
    ServerTime,
    GovernanceLimits,
    SuiteQl,
    Catalogue,
    Metadata(&'p str),
    Collection(&'p str),
    Record(&'p str, &'p str),
    Part(&'p str, &'p str, Vec<&'p str>),
    Transform(&'p str, &'p str, &'p str),
    Unknown,
}

fn route(resource: &str) -> Route<'_> {
    let segments: Vec<&str> = resource.split('/').collect();
    match segments.as_slice() {
        ["auth", "oauth2", "v1", "token"] => Route::Token,
        ["system", "v1", "serverTime"] => Route::ServerTime,
        ["system", "v1", "governanceLimits"] => Route::GovernanceLimits,
        ["query", "v1", "suiteql"] => Route::SuiteQl,
        ["record", "v1", "metadata-catalog"] => Route::Catalogue,
        ["record", "v1", "metadata-catalog", kind] => Route::Metadata(kind),
        ["record", "v1", kind] => Route::Collection(kind),
        ["record", "v1", kind, id] => Route::Record(kind, id),
        ["record", "v1", kind, id, "!transform", target] => Route::Transform(kind, id, target),
        ["record", "v1", kind, id, rest @ ..] => Route::Part(kind, id, rest.to_vec()),
        _ => Route::Unknown,
    }
}

/// Name of the operation, for fault scripts and the list of calls.
pub(crate) fn operation(call: &Call) -> String {
    if restlet::is_restlet(call) {
        return restlet::operation(call);
    }
    let method = call.method.as_str();
    match route(&call.resource()) {
        Route::Token => "token".to_owned(),
        Route::ServerTime => "serverTime".to_owned(),
        Route::GovernanceLimits => "governanceLimits".to_owned(),
        Route::SuiteQl => "suiteql".to_owned(),
        Route::Catalogue => "metadata.list".to_owned(),
        Route::Metadata(_) => "metadata.get".to_owned(),
        Route::Collection(kind) if method == "GET" => format!("{kind}.list"),
        Route::Collection(kind) if method == "POST" => format!("{kind}.create"),
        Route::Record(kind, _) if method == "PUT" => format!("{kind}.upsert"),
        Route::Collection(kind) | Route::Record(kind, _) | Route::Part(kind, _, _) => {
            format!("{kind}.{}", method.to_ascii_lowercase())
        }
        Route::Transform(kind, _, target) if wants_form(call) => format!("{kind}.preview.{target}"),
        Route::Transform(kind, _, target) => format!("{kind}.transform.{target}"),
        Route::Unknown => "unknown".to_owned(),
    }
}

/// Answers a request.
pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    if restlet::is_restlet(call) {
        return restlet::answer(state, call);
    }
    respond(state, call).unwrap_or_else(|refusal| refusal.answer())
}

fn respond(state: &mut State, call: &Call) -> Result<Answer, Refusal> {
    let resource = call.resource();
    let route = route(&resource);
    if route == Route::Token {
        return match call.method {
            Method::POST => Ok(issue(&mut state.logins, &state.books.settings, call)),
            _ => Err(Refusal::method()),
        };
    }
    state.logins.check(&state.books.settings, call, "rest_webservices")?;
    permitted(&state.books.settings, &route)?;
    let books = &mut state.books;
    let post = call.method == Method::POST;
    match route {
        Route::Token | Route::Unknown => {
            let detail = "The requested resource does not exist.";
            Err(Refusal::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail).at(Place::Url(resource.clone())))
        }
        Route::ServerTime if call.method == Method::GET => {
            let time = call.now.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            Ok(Answer::json(StatusCode::OK, &json!({"serverTime": time})))
        }
        Route::GovernanceLimits if call.method == Method::GET => governance_limits(books),
        Route::SuiteQl if post => {
            media_type(call)?;
            suiteql::answer(books, call)
        }
        Route::Catalogue if call.method == Method::GET => Ok(metadata::list(books, call)),
        Route::Metadata(kind) if call.method == Method::GET => metadata::describe(books, call, kind),
        Route::Collection(kind) if post => {
            media_type(call)?;
            let kind = books.record_type(kind)?;
            let name = kind.name.clone();
            let id = create(books, kind, &body(call)?, &options(call)?, call.now)?;
            Ok(written(call, &name, id))
        }
        Route::Collection(kind) if call.method == Method::GET => list(books, call, kind),
        Route::Record(kind, id) => record(books, call, kind, id),
        Route::Part(kind, id, path) if call.method == Method::GET => {
            let kind = books.record_type(kind)?;
            let base = call.base();
            let found = books.find(&kind, id)?;
            Ok(Answer::json(StatusCode::OK, &part(books, found, &path, &view(call, &base)?)?))
        }
        Route::Transform(source, id, target) if post => {
            let source = (source, id, target);
            if wants_form(call) {
                let form = transform::prefilled(books, source, call.now)?;
                let view = View { base: &call.base(), expand: true, only: None };
                let mut form = document(books, &form, &view);
                if let Some(members) = form.as_object_mut() {
                    members.retain(|name, _| {
                        !matches!(name.as_str(), "id" | "links" | "createdDate" | "lastModifiedDate")
                    });
                }
                return Ok(Answer::json(StatusCode::OK, &form));
            }
            media_type(call)?;
            let id = transform::transform(books, source, &body(call)?, &options(call)?, call.now)?;
            Ok(written(call, target, id))
        }
        _ => Err(Refusal::method()),
    }
}

/// Whether the role may do it.
fn permitted(settings: &NetSuiteSettings, route: &Route<'_>) -> Result<(), Refusal> {
    if matches!(route, Route::ServerTime) {
        return Ok(());
    }
    permissions::check(settings, permissions::REST)?;
    match route {
        Route::SuiteQl => permissions::check(settings, permissions::ANALYTICS),
        Route::Collection(kind) | Route::Record(kind, _) | Route::Part(kind, ..) => {
            permissions::check_type(settings, kind)
        }
        Route::Transform(source, _, target) => permissions::check_transform(settings, source, target),
        _ => Ok(()),
    }
}

fn governance_limits(books: &Books) -> Result<Answer, Refusal> {
    let limits = books.settings.governance_limits.as_ref();
    let limits = limits.ok_or_else(|| {
        let detail = "Permission Violation: the governance limits are shown to administrators only.";
        Refusal::new(StatusCode::FORBIDDEN, "INSUFFICIENT_PERMISSION", detail)
    })?;
    let document = serde_json::to_value(limits)
        .map_err(|_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "UNEXPECTED_ERROR", "No limits."))?;
    Ok(Answer::json(StatusCode::OK, &document))
}

fn record(books: &mut Books, call: &Call, kind: &str, id: &str) -> Result<Answer, Refusal> {
    let kind = books.record_type(kind)?;
    let name = kind.name.clone();
    match call.method {
        Method::GET => {
            let base = call.base();
            let found = books.find(&kind, id)?;
            Ok(Answer::json(StatusCode::OK, &document(books, found, &view(call, &base)?)))
        }
        Method::PATCH => {
            media_type(call)?;
            let id = update(books, &kind, id, &body(call)?, &options(call)?, call.now)?;
            Ok(written(call, &name, id))
        }
        Method::PUT => {
            media_type(call)?;
            let id = upsert(books, kind, id, &body(call)?, &options(call)?, call.now)?;
            Ok(written(call, &name, id))
        }
        Method::DELETE => {
            delete(books, &kind, id, call.now)?;
            Ok(Answer::new(StatusCode::NO_CONTENT))
        }
        _ => Err(Refusal::method()),
    }
}

fn list(books: &Books, call: &Call, kind: &str) -> Result<Answer, Refusal> {
    let kind = books.record_type(kind)?;
    let external_id = call.parameter("q").map(|q| external_id_filter(&q)).transpose()?;
    let number = |name: &str, default: usize| match call.parameter(name) {
        None => Ok(default),
        Some(text) => {
            text.parse().map_err(|_| Refusal::parameter(format!("Invalid value for {name}."), name))
        }
    };
    let (limit, offset) = (number("limit", 1000)?, number("offset", 0)?);
    if limit == 0 || limit > 1000 || !offset.is_multiple_of(limit) {
        return Err(Refusal::parameter(
            "The limit must be 1 to 1000 and the offset a multiple of it.",
            "limit",
        ));
    }
    let of_type = books.all(&kind.group).filter(|record| record.kind.name == kind.name);
    let ids: Vec<u64> = of_type
        .filter(|record| external_id.is_none() || record.external_id == external_id)
        .map(|record| record.id)
        .collect();
    let document = collection(&kind, &ids, offset, limit, &call.base());
    Ok(Answer::json(StatusCode::OK, &document)
        .header("content-type", "application/vnd.oracle.resource+json; type=collection"))
}

/// The one condition of `q` that the sandbox knows: `externalId IS "…"`.
fn external_id_filter(q: &str) -> Result<String, Refusal> {
    let mut words = q.trim().splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some(field), Some(operator), Some(value))
            if field.eq_ignore_ascii_case("externalId") && operator.eq_ignore_ascii_case("IS") =>
        {
            Ok(value.trim().trim_matches('"').to_owned())
        }
        _ => Err(Refusal::parameter("The sandbox filters collections by externalId IS \"…\" only.", "q")),
    }
}

fn written(call: &Call, kind: &str, id: u64) -> Answer {
    Answer::written(format!("{}/record/v1/{kind}/{id}", call.base()))
}

fn wants_form(call: &Call) -> bool {
    call.header("accept").is_some_and(|accept| accept.contains("type=create-form"))
}

fn media_type(call: &Call) -> Result<(), Refusal> {
    if call.body.is_empty() || call.header("content-type").is_some_and(|media| media.contains("json")) {
        return Ok(());
    }
    let detail = "The media type of the request is not supported; send application/json.";
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", detail)
        .at(Place::Header("Content-Type")))
}

fn body(call: &Call) -> Result<Value, Refusal> {
    if call.body.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(&call.body).map_err(|_| Refusal::request("The request body is not valid JSON."))
}

fn flag(call: &Call, name: &str) -> Result<bool, Refusal> {
    match call.parameter(name).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Refusal::parameter(format!("Invalid value for the query parameter {name}."), name)),
    }
}

fn names(call: &Call, parameter: &str) -> Vec<String> {
    let given = call.parameter(parameter).unwrap_or_default();
    given.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn options(call: &Call) -> Result<WriteOptions, Refusal> {
    let header = "x-netsuite-propertynamevalidation";
    let strict_names = match call.header(header).map(str::to_ascii_lowercase).as_deref() {
        Some("error") => true,
        None | Some("warning" | "ignore") => false,
        Some(other) => {
            let detail = format!("Invalid header value {other}.");
            let refusal = Refusal::new(StatusCode::BAD_REQUEST, "INVALID_HEADER", detail);
            return Err(refusal.at(Place::Header("X-NetSuite-PropertyNameValidation")));
        }
    };
    let replace_selected_fields = flag(call, "replaceSelectedFields")?;
    Ok(WriteOptions { strict_names, replace: names(call, "replace"), replace_selected_fields, staff: false })
}

fn view<'a>(call: &Call, base: &'a str) -> Result<View<'a>, Refusal> {
    let fields = names(call, "fields");
    Ok(View { base, expand: flag(call, "expandSubResources")?, only: (!fields.is_empty()).then_some(fields) })
}
