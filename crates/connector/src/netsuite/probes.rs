//! Calls that only find out: whether the account lets us in, what it shows to our role, what its records are made of.
//!
//! Sources: NetSuite help, article 0528010158 (server time), chapter 1540810168 (metadata catalogue), section 1545141500
//! (collections). Nothing here writes.

use std::collections::BTreeMap;

use amz_services::failure::{Failure, PortError};
use chrono::{DateTime, Utc};
use http::header::{ACCEPT, AUTHORIZATION, DATE};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;
use url::Url;

use super::NetSuite;
use super::errors::{self, Refusal};
use super::reading::Node;
use super::rest::{Expects, Reply, Request, address};
use crate::http::{Answer, Body, Outgoing, Verdict};

const LOG_IN: &str = "serverTime";
const LIST: &str = "record.list";
const PREVIEW: &str = "transform.preview";
const METADATA: &str = "metadata.get";

/// No record has this id.
const NO_RECORD: &str = "0";

/// What came of one log-in.
#[derive(Debug)]
pub struct LogIn {
    /// NetSuite's time, or why it did not let us in.
    pub server_time: Result<DateTime<Utc>, PortError>,
    /// Time in the answer's `Date` header, which refusals have too.
    pub date: Option<DateTime<Utc>>,
    /// Our time when the request left.
    pub sent_at: DateTime<Utc>,
    /// Our time when the answer was there.
    pub answered_at: DateTime<Utc>,
}

/// What values a property takes, as the metadata catalogue says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PropertyKind {
    /// Text of any length.
    Text,
    /// Decimal number.
    Number,
    /// Whole number.
    Whole,
    /// Check box.
    CheckBox,
    /// Day.
    Day,
    /// Instant.
    Instant,
    /// Entry of a list, or another record.
    Reference,
    /// Something else.
    Other,
}

/// The properties of a record type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordProperties {
    /// Of the record itself, by name.
    pub body: BTreeMap<String, PropertyKind>,
    /// Of the lines of its sublist `item`, by name.
    pub lines: BTreeMap<String, PropertyKind>,
}

impl NetSuite {
    /// Logs in with the lightest request there is, exactly once: five refusals in a row lock the user.
    ///
    /// It waits for no slot, so ask before there is other work.
    pub async fn log_in_once(&self) -> LogIn {
        let rest = self.rest();
        let url = address(&rest.endpoint, &["system", "v1", "serverTime"]);
        let sent_at = self.now();
        let (server_time, date) = match rest.auth.prove(LOG_IN, &Method::GET, &url, &rest.http, 1).await {
            Err(error) => (Err(error), None),
            Ok(proof) => {
                let headers = HeaderMap::from_iter([(AUTHORIZATION, proof.header.clone())]);
                let answered = self.ask_the_time(url, headers).await;
                if answered.0.as_ref().is_err_and(|error| error.failure == Failure::Credentials) {
                    rest.auth.refused(&proof).await;
                }
                answered
            }
        };
        match &server_time {
            Ok(_) => rest.standing.accepted(),
            Err(error) if error.failure == Failure::Credentials => {
                rest.standing.refused();
            }
            Err(_) => {}
        }
        LogIn { server_time, date, sent_at, answered_at: self.now() }
    }

    async fn ask_the_time(
        &self,
        url: Url,
        headers: HeaderMap,
    ) -> (Result<DateTime<Utc>, PortError>, Option<DateTime<Utc>>) {
        let http = &self.rest().http;
        let operation = LOG_IN.to_owned();
        let outgoing =
            Outgoing { operation, method: Method::GET, url, headers, body: Body::Empty, attempt: 1 };
        let redactor = http.redactor(&outgoing);
        let sent = http.send(outgoing, |answer| match answer.is_success() {
            true => Verdict::success(),
            false => Refusal::of(answer, false).verdict(),
        });
        let answer = match sent.await {
            Ok(answer) => answer,
            Err(error) => {
                let (failure, code) = (error.failure(false), error.code().to_owned());
                let message = "no answer came".to_owned();
                let source = Some(error.into());
                return (Err(PortError { operation: LOG_IN, failure, code, message, source }), None);
            }
        };
        (time_in(&answer, |text| redactor.text(text)), date_of(&answer))
    }

    /// Asks for one record of a type, to see whether our role may. What it holds is not looked at.
    ///
    /// # Errors
    /// Read failures; `Refused` with `INSUFFICIENT_PERMISSION` and the missing permission in the message.
    pub async fn list_one(&self, record_type: &str) -> Result<(), PortError> {
        let mut url = address(&self.rest().endpoint, &["record", "v1", record_type]);
        url.query_pairs_mut().append_pair("limit", "1");
        self.look(LIST, Method::GET, url, None).await.map(drop)
    }

    /// Asks how a record made from another one would look, of a record that does not exist. So nothing can be made of
    /// it, and what is refused first is a missing permission.
    ///
    /// # Errors
    /// Read failures; `Refused` with `INSUFFICIENT_PERMISSION` and the missing permission in the message. That there is
    /// no such record is no error.
    pub async fn preview_of_nothing(&self, from: &str, to: &str) -> Result<(), PortError> {
        const CREATE_FORM: &str = "application/vnd.oracle.resource+json; type=create-form";
        let url = address(&self.rest().endpoint, &["record", "v1", from, NO_RECORD, "!transform", to]);
        match self.look(PREVIEW, Method::POST, url, Some(CREATE_FORM)).await {
            Err(error) if errors::says_absent(&error) => Ok(()),
            other => other.map(drop),
        }
    }

    /// The properties of a record type, custom fields included; `None` when the account has no such type.
    ///
    /// # Errors
    /// Read failures.
    pub async fn properties(&self, record_type: &str) -> Result<Option<RecordProperties>, PortError> {
        let url = address(&self.rest().endpoint, &["record", "v1", "metadata-catalog", record_type]);
        match self.look(METADATA, Method::GET, url, Some("application/schema+json")).await {
            Ok(document) => Ok(Some(properties(&document))),
            Err(error) if errors::says_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends a request that only looks.
    async fn look(
        &self,
        operation: &'static str,
        method: Method,
        url: Url,
        accept: Option<&'static str>,
    ) -> Result<Value, PortError> {
        let document = (method == Method::POST).then(|| Value::Object(serde_json::Map::new()));
        let headers = accept.map(|accept| (ACCEPT, HeaderValue::from_static(accept))).into_iter().collect();
        let request = Request { operation, method, url, headers, document, expects: Expects::Document };
        match self.rest().call(request).await? {
            Reply::Document(document) => Ok(document),
            Reply::Id(_) | Reply::Done => {
                let message = "the answer has another form";
                Err(PortError::new(operation, Failure::Unreadable, "netsuite_answer_unreadable", message))
            }
        }
    }
}

fn time_in(answer: &Answer, safe: impl Fn(&str) -> String) -> Result<DateTime<Utc>, PortError> {
    if !answer.is_success() {
        let refusal = Refusal::of(answer, false);
        return Err(PortError::new(LOG_IN, refusal.failure, refusal.code, safe(&refusal.message)));
    }
    let document: Option<Value> = answer.json().ok();
    let time = document
        .as_ref()
        .and_then(|document| Node::document(document).field("serverTime").instant().ok().flatten());
    time.ok_or_else(|| {
        let message = "the answer does not tell the time";
        PortError::new(LOG_IN, Failure::Unreadable, "netsuite_answer_unreadable", message)
    })
}

fn date_of(answer: &Answer) -> Option<DateTime<Utc>> {
    let date = DateTime::parse_from_rfc2822(answer.header(DATE.as_str())?).ok()?;
    Some(date.to_utc())
}

fn properties(document: &Value) -> RecordProperties {
    let lines = &document["properties"]["item"]["properties"]["items"]["items"];
    RecordProperties { body: kinds(document), lines: kinds(lines) }
}

fn kinds(schema: &Value) -> BTreeMap<String, PropertyKind> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties.map(|(name, property)| (name.to_lowercase(), kind(property))).collect()
}

fn kind(property: &Value) -> PropertyKind {
    match (property["type"].as_str(), property["format"].as_str()) {
        (Some("boolean"), _) => PropertyKind::CheckBox,
        (Some("integer"), _) => PropertyKind::Whole,
        (Some("number"), _) => PropertyKind::Number,
        (Some("string"), Some("date")) => PropertyKind::Day,
        (Some("string"), Some("date-time")) => PropertyKind::Instant,
        (Some("string"), _) => PropertyKind::Text,
        (Some("object"), _) => PropertyKind::Reference,
        // another record, described elsewhere
        (None, _) if property["$ref"].is_string() => PropertyKind::Reference,
        _ => PropertyKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_are_read_from_the_schema_of_body_and_lines() {
        let document = json!({"properties": {
            "custbody_text": {"type": "string", "nullable": true},
            "custbody_at": {"type": "string", "format": "date-time"},
            "custbody_Day": {"type": "string", "format": "date"},
            "custbody_box": {"type": "boolean"},
            "custbody_whole": {"type": "integer", "format": "int64"},
            "custbody_number": {"type": "number", "format": "double"},
            "entity": {"type": "object"},
            "location": {"$ref": "/services/rest/record/v1/metadata-catalog/location"},
            "odd": 7,
            "item": {"type": "object", "properties": {"items": {"type": "array", "items": {
                "properties": {"custcol_flag": {"type": "boolean"}},
            }}}},
        }});
        let RecordProperties { body, lines } = properties(&document);
        for (name, kind) in [
            ("custbody_text", PropertyKind::Text),
            ("custbody_at", PropertyKind::Instant),
            ("custbody_day", PropertyKind::Day),
            ("custbody_box", PropertyKind::CheckBox),
            ("custbody_whole", PropertyKind::Whole),
            ("custbody_number", PropertyKind::Number),
            ("entity", PropertyKind::Reference),
            ("location", PropertyKind::Reference),
            ("odd", PropertyKind::Other),
        ] {
            assert_eq!(body.get(name), Some(&kind), "{name}");
        }
        assert_eq!(lines.get("custcol_flag"), Some(&PropertyKind::CheckBox));
        assert_eq!(properties(&json!([])), RecordProperties::default());
    }

    #[test]
    fn the_time_of_an_answer_is_in_its_header_also_when_it_refuses() {
        let headers =
            HeaderMap::from_iter([(DATE, HeaderValue::from_static("Mon, 02 Mar 2026 17:00:00 GMT"))]);
        let answer = Answer { status: 401, headers, body: Vec::new() };
        assert_eq!(date_of(&answer), Some("2026-03-02T17:00:00Z".parse().unwrap()));
        let refused = time_in(&answer, str::to_owned).unwrap_err();
        assert_eq!(refused.failure, Failure::Credentials);
    }

    #[test]
    fn the_time_is_read_with_its_offset() {
        let at = |body: &str| {
            let answer = Answer { status: 200, headers: HeaderMap::new(), body: body.into() };
            time_in(&answer, str::to_owned)
        };
        let expected: DateTime<Utc> = "2026-03-02T17:00:00Z".parse().unwrap();
        assert_eq!(at(r#"{"serverTime":"2026-03-02T17:00:00.000Z"}"#).unwrap(), expected);
        assert_eq!(at("{}").unwrap_err().failure, Failure::Unreadable);
    }
}
