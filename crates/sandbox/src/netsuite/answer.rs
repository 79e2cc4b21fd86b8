//! What NetSuite is asked and what it answers, free of any HTTP framework.

use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde_json::Value;

/// One request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// HTTP method.
    pub(crate) method: Method,
    /// Path as the client wrote it, the mount point included.
    pub(crate) path: String,
    /// Query text as the client wrote it, without the question mark.
    pub(crate) query: String,
    /// Value of the `Host` header: host, and port when it is not the default one.
    pub(crate) host: String,
    /// All request headers.
    pub(crate) headers: HeaderMap,
    /// Request body.
    pub(crate) body: Vec<u8>,
    /// NetSuite's clock at arrival.
    pub(crate) now: DateTime<Utc>,
}

impl Call {
    /// Scheme, host and path: what an OAuth 1.0a signature covers besides parameters.
    pub(crate) fn url_without_query(&self) -> String {
        format!("http://{}{}", self.host.to_ascii_lowercase(), self.path)
    }

    /// Scheme, host and everything in front of `/services/rest`, with `/services/rest` itself.
    pub(crate) fn base(&self) -> String {
        let mount = self.path.find(SERVICES).map_or("", |at| &self.path[..at]);
        format!("http://{}{mount}{SERVICES}", self.host)
    }

    /// Decoded path below `/services/rest`, without leading and trailing slashes.
    pub(crate) fn resource(&self) -> String {
        let below =
            self.path.find(SERVICES).map_or(self.path.as_str(), |at| &self.path[at + SERVICES.len()..]);
        percent_encoding::percent_decode_str(below.trim_matches('/')).decode_utf8_lossy().into_owned()
    }

    /// A request header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Decoded query parameters in the order given.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.query.as_bytes()).into_owned().collect()
    }

    /// First query parameter of this name.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// Path prefix of every REST service.
const SERVICES: &str = "/services/rest";

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: StatusCode,
    /// Response headers; a later one of the same name replaces an earlier one.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// Response body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// An answer without body.
    pub(crate) fn new(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// An answer with a JSON body of the record service's media type.
    pub(crate) fn json(status: StatusCode, document: &Value) -> Self {
        Self::new(status)
            .header("content-type", "application/vnd.oracle.resource+json; type=singular")
            .body(document.to_string().into_bytes())
    }

    /// 204 with the address of the record that was written.
    pub(crate) fn written(location: String) -> Self {
        Self::new(StatusCode::NO_CONTENT).header("location", location)
    }

    /// Sets a header.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// Sets the body.
    pub(crate) fn body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    /// As a response of the HTTP framework.
    pub(crate) fn into_response(self) -> Response {
        let mut builder = Response::builder().status(self.status);
        for (name, value) in self.headers {
            builder = builder.header(name, value);
        }
        builder.body(Body::from(self.body)).unwrap_or_default()
    }
}
