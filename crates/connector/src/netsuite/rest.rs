//! One request to NetSuite's REST services: slot, proof, send, judge.
//!
//! An overloaded account may refuse a good login, so a refusal while other calls were in flight says little: the call
//! goes once more, alone and with a fresh proof, before the credentials count as refused.

use amz_services::audit::CallOutcome;
use amz_services::failure::{Failure, PortError};
use amz_services::urgency::current_urgency;
use http::header::{AUTHORIZATION, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use url::Url;

use super::auth::NetSuiteAuth;
use super::errors::Refusal;
use super::governor::{Governor, Slot};
use super::restlet;
use super::standing::{Entry, Standing};
use crate::http::{Answer, Body, HttpClient, Outgoing, SendError, Verdict};

/// Code of a success that is not in the documented form.
const ANSWER_UNREADABLE: &str = "netsuite_answer_unreadable";

/// Code of a call that was not sent because the one before it was refused.
const IN_DOUBT: &str = "credentials_in_doubt";

/// What a success has to bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expects {
    /// A JSON document. The call changes nothing.
    Document,
    /// The id of the record that was written, in the `Location` header.
    Id,
    /// Nothing but the status; the call wrote.
    Done,
    /// A JSON document in which a script says that it is done.
    Script {
        /// True when the call meant to change something.
        writes: bool,
    },
}

impl Expects {
    fn writes(self) -> bool {
        match self {
            Self::Document => false,
            Self::Id | Self::Done => true,
            Self::Script { writes } => writes,
        }
    }
}

/// A request before it is signed.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) operation: &'static str,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) document: Option<Value>,
    pub(super) expects: Expects,
}

/// What a success brought.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reply {
    Document(Value),
    Id(String),
    Done,
}

/// Sends requests to one account.
#[derive(Debug)]
pub(super) struct Rest {
    pub(super) http: HttpClient,
    pub(super) endpoint: Url,
    pub(super) auth: NetSuiteAuth,
    pub(super) governor: Governor,
    pub(super) standing: Standing,
}

/// Address of a resource below `/services/rest`.
pub(super) fn address(endpoint: &Url, segments: &[&str]) -> Url {
    let mut url = endpoint.clone();
    url.set_query(None);
    url.set_fragment(None);
    // the settings' check refuses endpoints that take no path
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["services", "rest"]).extend(segments);
    }
    url
}

impl Rest {
    /// Sends a request and reads its success. Refused credentials earn one more try with a fresh proof.
    pub(super) async fn call(&self, request: Request) -> Result<Reply, PortError> {
        match self.enter_and_attempt(&request, 1).await {
            Tried::Once(Err(error)) if is_refused(&error) && self.standing.refused() => {
                let second = self.enter_and_attempt(&request, 2).await.result();
                if second.as_ref().is_err_and(is_refused) {
                    self.standing.rejected();
                }
                second
            }
            tried => tried.result(),
        }
    }

    async fn enter_and_attempt(&self, request: &Request, attempt: u32) -> Tried {
        let before = self.standing.known();
        let (passage, slot) = loop {
            let passage = match self.standing.enter().await {
                Entry::Open => None,
                Entry::Alone(passage) => Some(passage),
                Entry::Refused => return Tried::Once(Err(in_doubt(request))),
            };
            let slot = self.governor.take(current_urgency()).await;
            // what came into doubt during the wait for a slot is in doubt for this call too
            if passage.is_some() || self.standing.is_good() {
                break (passage, slot);
            }
            if self.standing.was_rejected_since(before) {
                return Tried::Once(Err(in_doubt(request)));
            }
        };
        let result = self.attempt(request, attempt, &slot).await;
        if attempt > 1 || !result.as_ref().is_err_and(is_refused) || !slot.was_among_others() {
            drop(slot);
            drop(passage);
            return Tried::Once(result);
        }
        slot.refused_for_load();
        drop(slot);
        let alone = self.governor.take_alone(current_urgency()).await;
        if self.standing.was_rejected_since(before) {
            return Tried::Once(Err(in_doubt(request)));
        }
        tracing::warn!(
            operation = request.operation,
            "a login was refused while other calls were in flight; it is tried once more alone"
        );
        let result = self.attempt(request, attempt + 1, &alone).await;
        if result.as_ref().is_err_and(is_refused) {
            // before others who wait get their turn
            self.standing.rejected();
        }
        drop(alone);
        drop(passage);
        Tried::Twice(result)
    }

    async fn attempt(&self, request: &Request, attempt: u32, slot: &Slot) -> Result<Reply, PortError> {
        // on the heap: callers hold two attempts, and what they hold adds up
        let result = Box::pin(self.send(request, attempt)).await;
        match &result {
            Ok(_) => self.governor.went_well(),
            Err(PortError { failure: Failure::Throttled { .. }, .. }) => {
                if slot.refused_for_load() {
                    let slots = self.governor.slots();
                    tracing::warn!(slots, "the account asks for fewer calls at once");
                }
            }
            Err(_) => {}
        }
        // whoever judges a request has accepted its sender; a throttle may come before the login is looked at
        let accepted = match &result {
            Ok(_) => true,
            Err(error) => matches!(error.failure, Failure::Refused | Failure::Conflict | Failure::BadRecord),
        };
        if accepted {
            self.standing.accepted();
        }
        result
    }

    async fn send(&self, request: &Request, attempt: u32) -> Result<Reply, PortError> {
        let operation = request.operation;
        // signed only now: a signature does not keep while it waits for a slot
        let proof = self.auth.prove(operation, &request.method, &request.url, &self.http, attempt).await?;
        let mut headers: HeaderMap = request.headers.iter().cloned().collect();
        headers.insert(AUTHORIZATION, proof.header.clone());
        let outgoing = Outgoing {
            operation: operation.to_owned(),
            method: request.method.clone(),
            url: request.url.clone(),
            headers,
            body: request.document.clone().map_or(Body::Empty, Body::Json),
            attempt,
        };
        let redactor = self.http.redactor(&outgoing);
        let mut judged = None;
        let sent = self.http.send(outgoing, |answer| {
            let reply = judge(answer, request.expects);
            let verdict = reply.as_ref().map_or_else(Refusal::verdict, |_| Verdict::success());
            judged = Some(reply);
            verdict
        });
        let sent = sent.await;
        let refusal = match (sent, judged) {
            (Ok(_), Some(Ok(reply))) => return Ok(reply),
            (Ok(_), Some(Err(refusal))) => refusal,
            (Ok(_), None) => unreadable("the answer was not looked at"),
            (Err(error), _) => return Err(not_answered(operation, error, request.expects)),
        };
        if refusal.failure == Failure::Credentials {
            self.auth.refused(&proof).await;
        }
        let message = redactor.text(&refusal.message);
        Err(PortError::new(operation, refusal.failure, refusal.code, message))
    }
}

/// What came of a request, and in how many attempts.
enum Tried {
    /// One attempt, or none.
    Once(Result<Reply, PortError>),
    /// Two: nothing is gained by a third.
    Twice(Result<Reply, PortError>),
}

impl Tried {
    fn result(self) -> Result<Reply, PortError> {
        match self {
            Self::Once(result) | Self::Twice(result) => result,
        }
    }
}

/// True when the account itself refused the credentials.
fn is_refused(error: &PortError) -> bool {
    error.failure == Failure::Credentials && error.code != IN_DOUBT
}

fn in_doubt(request: &Request) -> PortError {
    let message = "not sent: the credentials were refused to the call before";
    PortError::new(request.operation, Failure::Credentials, IN_DOUBT, message)
}

fn judge(answer: &Answer, expects: Expects) -> Result<Reply, Refusal> {
    if let Expects::Script { writes } = expects {
        return restlet::judge(answer, writes);
    }
    if !answer.is_success() {
        return Err(Refusal::of(answer, expects.writes()));
    }
    match expects {
        Expects::Done | Expects::Script { .. } => Ok(Reply::Done),
        Expects::Id => {
            let location = answer.header(LOCATION.as_str()).and_then(id_in);
            location.map(Reply::Id).ok_or_else(|| unreadable("the answer does not say where the record is"))
        }
        Expects::Document => match answer.json::<Value>() {
            Ok(document @ Value::Object(_)) => Ok(Reply::Document(document)),
            _ => Err(unreadable("the answer is not a JSON object")),
        },
    }
}

fn unreadable(message: &str) -> Refusal {
    Refusal { failure: Failure::Unreadable, code: ANSWER_UNREADABLE.to_owned(), message: message.to_owned() }
}

fn not_answered(operation: &'static str, error: SendError, expects: Expects) -> PortError {
    PortError {
        operation,
        failure: error.failure(expects.writes()),
        code: error.code().to_owned(),
        message: match error.outcome() {
            CallOutcome::NotSent => "the request did not leave".to_owned(),
            CallOutcome::NoAnswer => "no answer came".to_owned(),
            _ => error.to_string(),
        },
        source: Some(Box::new(error)),
    }
}

/// The last path segment of an absolute or relative address.
fn id_in(location: &str) -> Option<String> {
    let path = location.split(['?', '#']).next().unwrap_or(location).trim_end_matches('/');
    let (_, id) = path.rsplit_once('/')?;
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'-');
    (!id.is_empty() && id.bytes().all(plain)).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, location: Option<&'static str>, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(location) = location {
            headers.insert(LOCATION, HeaderValue::from_static(location));
        }
        Answer { status, headers, body: body.into() }
    }

    #[test]
    fn every_documented_success_of_a_write_brings_the_id() {
        for status in [200, 201, 204] {
            let location = "https://1.suitetalk.api.netsuite.com/services/rest/record/v1/itemfulfillment/473";
            assert_eq!(judge(&answer(status, Some(location), ""), Expects::Id), Ok(Reply::Id("473".into())));
        }
        for location in ["/services/rest/record/v1/itemFulfillment/473", "https://x/473/?a=b"] {
            assert_eq!(id_in(location).as_deref(), Some("473"), "{location}");
        }
    }

    #[test]
    fn a_write_whose_id_is_not_told_may_have_happened() {
        for location in [None, Some("nowhere"), Some("https://x/a b"), Some("/")] {
            let refusal = judge(&answer(204, location, ""), Expects::Id).unwrap_err();
            assert_eq!(refusal.failure, Failure::Unreadable, "{location:?}");
        }
    }

    #[test]
    fn a_read_whose_document_is_broken_is_unreadable() {
        for body in ["", "{\"", "[]", "null", "<html>"] {
            let refusal = judge(&answer(200, None, body), Expects::Document).unwrap_err();
            assert_eq!(refusal.failure, Failure::Unreadable, "{body}");
        }
        assert!(judge(&answer(200, None, "{}"), Expects::Document).is_ok());
        assert_eq!(judge(&answer(204, None, "garbage"), Expects::Done), Ok(Reply::Done));
    }

    #[test]
    fn addresses_are_put_under_the_endpoint_with_or_without_a_slash() {
        for endpoint in ["http://127.0.0.1:1/netsuite", "http://127.0.0.1:1/netsuite/"] {
            let url =
                address(&endpoint.parse().unwrap(), &["record", "v1", "itemFulfillment", "eid:amz-if-1"]);
            assert_eq!(
                url.as_str(),
                "http://127.0.0.1:1/netsuite/services/rest/record/v1/itemFulfillment/eid:amz-if-1"
            );
        }
        let odd = address(&"https://x".parse().unwrap(), &["a/b", "!transform"]);
        assert_eq!(odd.as_str(), "https://x/services/rest/a%2Fb/!transform");
    }
}
