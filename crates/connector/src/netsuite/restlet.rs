//! The bundle's RESTlet: what the record service cannot do. Called only for what the settings name.
//!
//! Sources: NetSuite help, sections 4634920277 (RESTlet errors, formats) and 4634148062 (calling a RESTlet). A script
//! answers `{"ok": true, "id": …}` or throws; NetSuite makes `{"error": {"code", "message"}}` of what it throws, and the
//! message may be a JSON text again.

use amz_domain::{DocumentId, DocumentKey, SalesOrderId};
use amz_services::failure::{Failure, PortError};
use amz_services::ports::documents::{DocumentSource, LineTax, NewDocument, NewDocumentLine};
use chrono::NaiveDate;
use http::Method;
use serde_json::{Map, Value, json};
use url::Url;

use super::NetSuite;
use super::documents::marks_of;
use super::errors::Refusal;
use super::rest::{Expects, Reply, Request};
use crate::http::Answer;

/// Where the RESTlet is, and what it is used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestletSettings {
    /// Base of the account's RESTlets, as Setup > Company > Company Information shows it.
    pub endpoint: Url,
    /// Script id, or its number.
    pub script: String,
    /// Id of the deployment, or its number.
    pub deploy: String,
    /// What it is used for.
    pub uses: RestletUses,
}

/// What the RESTlet is used for instead of the record service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RestletUses {
    /// Fields and lines of a sales order are written in one save.
    pub order_marks: bool,
    /// Item receipts say whether units go back into stock.
    pub receipts: bool,
    /// Taxes are written on lines where the account has taxes per line.
    pub line_tax: bool,
}

impl RestletUses {
    /// True when it is used for anything.
    pub fn any(self) -> bool {
        let Self { order_marks, receipts, line_tax } = self;
        order_marks || receipts || line_tax
    }
}

/// Something that the RESTlet does.
#[derive(Debug, Clone, Copy)]
struct Action {
    name: &'static str,
    operation: &'static str,
    writes: bool,
}

const PING: Action = Action { name: "ping", operation: "restlet.ping", writes: false };
const MARK_ORDER: Action = Action { name: "markOrder", operation: "restlet.markOrder", writes: true };
const RECEIVE: Action = Action { name: "receive", operation: "restlet.receive", writes: true };
const SET_LINE_TAX: Action = Action { name: "setLineTax", operation: "restlet.setLineTax", writes: true };

impl NetSuite {
    /// Asks the RESTlet whether it is there, deployed and open to our role. It touches no record.
    ///
    /// # Errors
    /// Any failure; `Refused` with the code `restlet_not_set_up` when the settings name none.
    pub async fn ping_restlet(&self) -> Result<(), PortError> {
        self.restlet(PING, Map::new()).await.map(drop)
    }

    /// The uses that the settings name.
    pub(super) fn restlet_uses(&self) -> RestletUses {
        self.settings().restlet.as_ref().map(|restlet| restlet.uses).unwrap_or_default()
    }

    /// Writes what a patch of the record service would, in one save.
    pub(super) async fn mark_order(
        &self,
        order: &SalesOrderId,
        patch: Map<String, Value>,
    ) -> Result<(), PortError> {
        let mut request = marks(patch, self.settings().fields.line_columns());
        request.insert("salesOrder".to_owned(), order.as_str().into());
        self.restlet(MARK_ORDER, request).await.map(drop)
    }

    /// Makes an item receipt of a return authorization.
    pub(super) async fn receive(&self, new: &NewDocument) -> Result<DocumentId, PortError> {
        let today = self.now().with_timezone(&self.settings().timezone).date_naive();
        let request = receipt(new, today, marks_of(new, &self.settings().fields))?;
        let answer = self.restlet(RECEIVE, request).await?;
        let id = match answer.get("id") {
            Some(Value::String(id)) if !id.is_empty() => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => return Err(unreadable(RECEIVE.operation)),
        };
        Ok(DocumentId::new(id))
    }

    /// Writes taxes on lines.
    pub(super) async fn write_line_taxes(
        &self,
        document: &DocumentKey,
        taxes: &[LineTax],
    ) -> Result<(), PortError> {
        let tax = |tax: &LineTax| json!({"line": tax.line.0, "tax": tax.tax.to_string()});
        let request = json!({
            "recordType": document.kind.as_str(),
            "id": document.id.as_str(),
            "lines": taxes.iter().map(tax).collect::<Vec<_>>(),
        });
        let Value::Object(request) = request else { return Err(unreadable(SET_LINE_TAX.operation)) };
        self.restlet(SET_LINE_TAX, request).await.map(drop)
    }

    async fn restlet(&self, action: Action, mut body: Map<String, Value>) -> Result<Value, PortError> {
        let Action { name, operation, writes } = action;
        let Some(restlet) = &self.settings().restlet else {
            let message = "the settings name no RESTlet";
            return Err(PortError::new(operation, Failure::Refused, "restlet_not_set_up", message));
        };
        body.insert("action".to_owned(), name.into());
        let request = Request {
            operation,
            method: Method::POST,
            url: address(restlet),
            headers: Vec::new(),
            document: Some(Value::Object(body)),
            expects: Expects::Script { writes },
        };
        match self.rest().call(request).await? {
            Reply::Document(document) => Ok(document),
            Reply::Id(_) | Reply::Done => Err(unreadable(operation)),
        }
    }
}

/// The address; its query takes part in a signature.
fn address(restlet: &RestletSettings) -> Url {
    let mut url = restlet.endpoint.clone();
    url.set_query(None);
    url.set_fragment(None);
    // the settings' check refuses endpoints that take no path
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["app", "site", "hosting", "restlet.nl"]);
    }
    url.query_pairs_mut().append_pair("script", &restlet.script).append_pair("deploy", &restlet.deploy);
    url
}

/// The patch of the record service with the lines beside the body, and our columns apart from NetSuite's.
fn marks(mut patch: Map<String, Value>, ours: [&String; 2]) -> Map<String, Value> {
    let items = match patch.remove("item") {
        Some(Value::Object(mut item)) => item.remove("items"),
        _ => None,
    };
    let Value::Array(items) = items.unwrap_or_else(|| Value::Array(Vec::new())) else { return Map::new() };
    let lines: Vec<Value> = items
        .into_iter()
        .map(|line| {
            let columns = if let Value::Object(columns) = line { columns } else { Map::new() };
            let (fields, mut line): (Map<_, _>, Map<_, _>) =
                columns.into_iter().partition(|(name, _)| ours.contains(&name));
            line.insert("fields".to_owned(), Value::Object(fields));
            Value::Object(line)
        })
        .collect();
    Map::from_iter([("body".to_owned(), Value::Object(patch)), ("lines".to_owned(), Value::Array(lines))])
}

/// The receipt as the RESTlet wants it. Lines that are not named are left out.
fn receipt(
    new: &NewDocument,
    today: NaiveDate,
    mut body: Map<String, Value>,
) -> Result<Map<String, Value>, PortError> {
    let DocumentSource::Document(authorization) = &new.source else {
        let message = "an item receipt is made from a return authorization only";
        return Err(PortError::new(RECEIVE.operation, Failure::Refused, "not_sendable", message));
    };
    if let Some(memo) = &new.memo {
        body.insert("memo".to_owned(), memo.as_str().into());
    }
    let line = |line: &NewDocumentLine| {
        json!({
            "orderLine": line.source_line.0,
            "quantity": line.quantity.0,
            // what nobody called sellable is not sold
            "restock": line.restock.unwrap_or(false),
        })
    };
    let mut request = Map::new();
    let mut put = |name: &str, value: Value| drop(request.insert(name.to_owned(), value));
    put("returnAuthorization", authorization.id.as_str().into());
    put("externalId", new.external_id.as_str().into());
    put("date", new.date.unwrap_or(today).format("%Y-%m-%d").to_string().into());
    if let Some(location) = &new.location {
        put("location", location.as_str().into());
    }
    put("body", Value::Object(body));
    put("lines", new.lines.iter().map(line).collect());
    Ok(request)
}

fn unreadable(operation: &'static str) -> PortError {
    let message = "the answer is not what the RESTlet promises";
    PortError::new(operation, Failure::Unreadable, "netsuite_answer_unreadable", message)
}

/// Reads the RESTlet's answer. Only `"ok": true` is a success.
pub(super) fn judge(answer: &Answer, writes: bool) -> Result<Reply, Refusal> {
    if !answer.is_success() {
        return Err(refusal(answer, writes));
    }
    match answer.json::<Value>() {
        Ok(document) if document.get("ok") == Some(&Value::Bool(true)) => Ok(Reply::Document(document)),
        _ => Err(Refusal {
            failure: Failure::Unreadable,
            code: "netsuite_answer_unreadable".to_owned(),
            message: "the RESTlet did not say that it is done".to_owned(),
        }),
    }
}

/// Codes of a script that was stopped, or whose answer was lost, whatever it had done until then.
const CUT_OFF: [&str; 3] =
    ["SSS_TIME_LIMIT_EXCEEDED", "SSS_USAGE_LIMIT_EXCEEDED", "INVALID_RETURN_DATA_FORMAT"];

/// What a RESTlet's refusal means: the same as one of the record service with this code and text.
fn refusal(answer: &Answer, writes: bool) -> Refusal {
    let Some((code, text)) = thrown(&answer.body) else { return Refusal::of(answer, writes) };
    let document = json!({"o:errorDetails": [{"o:errorCode": code, "detail": text}]});
    let answer = Answer {
        status: answer.status,
        headers: answer.headers.clone(),
        body: document.to_string().into_bytes(),
    };
    let mut refusal = Refusal::of(&answer, writes);
    if writes && CUT_OFF.contains(&refusal.code.as_str()) {
        refusal.failure = Failure::Unclear;
    }
    refusal
}

/// Code and text of what was thrown, in one of the two forms for the content type that we send.
fn thrown(body: &[u8]) -> Option<(String, String)> {
    if let Ok(document) = serde_json::from_slice::<Value>(body) {
        let error = document.get("error")?;
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let (code, message) =
            (text(error, "code").unwrap_or_default(), text(error, "message").unwrap_or_default());
        let within = serde_json::from_str::<Value>(&message).ok().filter(Value::is_object);
        let Some(within) = within else { return Some((code, message)) };
        let is_told = !code.is_empty() && code != UNEXPECTED;
        let name = text(&within, "name").filter(|name| !is_told && !name.is_empty());
        return Some((name.unwrap_or(code), text(&within, "message").unwrap_or(message)));
    }
    let text = String::from_utf8_lossy(body);
    let line = |name: &str| text.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
    let code = line("error code:")?;
    Some((code.to_owned(), line("error message:").unwrap_or_default().to_owned()))
}

/// What NetSuite calls anything it has no better code for.
const UNEXPECTED: &str = "UNEXPECTED_ERROR";

#[cfg(test)]
#[path = "restlet_tests.rs"]
mod tests;
