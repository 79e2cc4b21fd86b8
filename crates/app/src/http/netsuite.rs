//! `POST /v1/{connection}/netsuite/events`.

use std::sync::Arc;

use amz_domain::ConnectionName;
use amz_event_handler::netsuite::{self, Received, SignatureHeaders};
use amz_event_handler::{Rejection, Rule};
use amz_services::ports::inbox::{NewNotice, NoticeSource, Receipt};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::inbound::{self, ConnectionPath, Traced};
use super::problem::{self, Problem};
use super::{ConnectionAccess, WebhookState, body, counters};

const SOURCE: NoticeSource = NoticeSource::NetSuite;
const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
const CHALLENGE: HeaderValue = HeaderValue::from_static("StandardWebhooks realm=\"events\"");

/// How one event ended.
type Ending = Result<&'static str, Rejection>;

pub(super) async fn receive(
    State(state): State<Arc<WebhookState>>,
    path: ConnectionPath,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let (name, access) = match inbound::connection(&state, path) {
        Ok(found) => found,
        Err(rejection) => {
            inbound::refused(counters::UNKNOWN, SOURCE, &rejection);
            return Problem(rejection).into_response();
        }
    };
    let outcome = match accept(&state, name, access, &headers, body).await {
        Ok(Received::Single(notice)) => inbound::store_one(&state, name, notice)
            .await
            .map(|outcome| Json(json!({"outcome": outcome})).into_response()),
        Ok(Received::Batch(events)) => batch(&state, name, events).await,
        Err(rejection) => {
            inbound::refused(name.as_str(), SOURCE, &rejection);
            Err(rejection)
        }
    };
    outcome.unwrap_or_else(|rejection| {
        let is_unauthorized = rejection.status == 401;
        let mut response = Problem(rejection).into_response();
        if is_unauthorized {
            response.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
        }
        response
    })
}

async fn accept(
    state: &WebhookState,
    name: &ConnectionName,
    access: &ConnectionAccess,
    headers: &HeaderMap,
    body: Body,
) -> Result<Received, Rejection> {
    // The signature covers the body, so it has to be read first.
    let body = body::read(body, state.max_body_bytes).await?;
    let headers = SignatureHeaders {
        id: inbound::only(headers, &ID),
        timestamp: inbound::only(headers, &TIMESTAMP),
        signature: inbound::only(headers, &SIGNATURE),
    };
    netsuite::receive(name, &access.netsuite, headers, &body, (state.clock)())
}

/// Stores what can be accepted, in one go, and names how each event ended. When nothing could be accepted
/// the request as a whole is refused.
async fn batch(
    state: &WebhookState,
    name: &ConnectionName,
    events: Vec<Result<NewNotice, Rejection>>,
) -> Result<Response, Rejection> {
    let accepted: Vec<NewNotice> = events.iter().filter_map(|event| event.as_ref().ok().cloned()).collect();
    let stored = match accepted.is_empty() {
        true => Ok(Vec::new()),
        false => inbound::store(state, accepted).await,
    };
    let (mut receipts, unavailable) = match stored {
        Ok(receipts) => (receipts.into_iter(), None),
        Err(rejection) => (Vec::new().into_iter(), Some(rejection)),
    };
    let mut endings: Vec<Ending> = Vec::with_capacity(events.len());
    for event in events {
        let ending = match event {
            Err(rejection) => {
                inbound::refused(name.as_str(), SOURCE, &rejection);
                Err(rejection)
            }
            Ok(notice) => {
                let ending = match &unavailable {
                    Some(rejection) => Err(rejection.clone()),
                    None => inbound::outcome(receipts.next().unwrap_or(Receipt::Stored)),
                };
                Traced::of(&notice).ended(name, SOURCE, &ending);
                ending
            }
        };
        endings.push(ending);
    }
    // Sent again, the events that are sound will be stored: that matters more than those that are not.
    if let Some(rejection) = unavailable {
        return Err(rejection);
    }
    Ok(answer(&endings))
}

fn answer(endings: &[Ending]) -> Response {
    let results: Vec<Value> = endings
        .iter()
        .enumerate()
        .map(|(position, ending)| match ending {
            Ok(outcome) => json!({"position": position, "outcome": outcome}),
            Err(rejection) => {
                let problem = problem::document(rejection);
                json!({"position": position, "outcome": "refused", "problem": problem})
            }
        })
        .collect();
    if endings.iter().any(Result::is_ok) {
        return Json(json!({"results": results})).into_response();
    }
    let rejection = Rule::EventsRefused.broken("results names what is wrong with each event");
    let mut document = problem::document(&rejection);
    document["results"] = Value::from(results);
    problem::response(&rejection, document)
}
