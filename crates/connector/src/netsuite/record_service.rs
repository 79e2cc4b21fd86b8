//! The record service: its verbs, once for all record types.
//!
//! Source: NetSuite help, chapter 1540811107 (Working with Records) and sections named at each verb.

use amz_domain::ExternalId;
use amz_services::failure::{Failure, PortError};
use http::header::{ACCEPT, HeaderName};
use http::{HeaderValue, Method};
use serde_json::Value;
use url::Url;

use super::errors;
use super::reading::Node;
use super::rest::{Expects, Reply, Request, Rest, address};

/// A record type of the record service.
pub trait Record {
    /// Path segment, for example `salesOrder`.
    const PATH: &'static str;
    /// Names of its operations in errors, logs and the audit trail; see [`record_operations`].
    const OPERATIONS: Operations;
}

/// Names of the operations of one record type.
#[derive(Debug, Clone, Copy)]
pub struct Operations {
    /// Reading.
    pub get: &'static str,
    /// Creating from nothing.
    pub create: &'static str,
    /// Changing.
    pub patch: &'static str,
    /// Creating or changing by external id.
    pub upsert: &'static str,
    /// Making it from another record.
    pub transform: &'static str,
    /// Showing what a transform would make.
    pub preview: &'static str,
}

/// Names the operations of a record type after its path: `salesOrder.get` and so on.
#[macro_export]
macro_rules! record_operations {
    ($path:literal) => {
        $crate::netsuite::record_service::Operations {
            get: concat!($path, ".get"),
            create: concat!($path, ".create"),
            patch: concat!($path, ".patch"),
            upsert: concat!($path, ".upsert"),
            transform: concat!($path, ".transform"),
            preview: concat!($path, ".preview"),
        }
    };
}
pub use record_operations;

/// A record type that is known only at run time.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecordType {
    pub(super) path: &'static str,
    pub(super) operations: Operations,
}

impl RecordType {
    pub(super) fn of<R: Record>() -> Self {
        Self { path: R::PATH, operations: R::OPERATIONS }
    }
}

/// What names one record.
#[derive(Debug, Clone, Copy)]
pub enum RecordKey<'a> {
    /// NetSuite's internal id.
    Internal(&'a str),
    /// Our external id.
    External(&'a ExternalId),
}

impl RecordKey<'_> {
    fn segment(&self) -> String {
        match self {
            Self::Internal(id) => (*id).to_owned(),
            Self::External(id) => format!("eid:{id}"),
        }
    }
}

/// The verbs of the record service.
#[derive(Debug, Clone, Copy)]
pub struct RecordService<'a> {
    rest: &'a Rest,
}

impl<'a> RecordService<'a> {
    pub(super) fn new(rest: &'a Rest) -> Self {
        Self { rest }
    }

    /// Reads a record with its sublists and subrecords (section 1545141500); `None` when there is none, or
    /// the role cannot see it.
    ///
    /// # Errors
    /// Read failures.
    pub async fn get<R: Record>(&self, key: RecordKey<'_>) -> Result<Option<Value>, PortError> {
        self.get_of(RecordType::of::<R>(), key).await
    }

    pub(super) async fn get_of(
        &self,
        record: RecordType,
        key: RecordKey<'_>,
    ) -> Result<Option<Value>, PortError> {
        let mut url = self.url(&[record.path, &key.segment()]);
        url.query_pairs_mut().append_pair("expandSubResources", "true");
        match self.document(record.operations.get, Method::GET, url, None, None).await {
            Ok(document) => Ok(Some(document)),
            Err(error) if errors::says_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The internal id of a record without reading its lines; `None` when there is none, or the role cannot see it.
    pub(super) async fn id_of(
        &self,
        record: RecordType,
        key: RecordKey<'_>,
    ) -> Result<Option<String>, PortError> {
        let operation = record.operations.get;
        let url = self.url(&[record.path, &key.segment()]);
        let document = match self.document(operation, Method::GET, url, None, None).await {
            Ok(document) => document,
            Err(error) if errors::says_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let id = Node::document(&document).field("id");
        let read = id.id().and_then(|found| id.require(found, "an internal id"));
        read.map(Some).map_err(|problem| problem.into_port_error(operation))
    }

    /// Creates a record (section 1545141395) and returns its internal id.
    ///
    /// # Errors
    /// Any failure; `Conflict` when the external id in the body is taken.
    pub async fn create<R: Record>(&self, body: Value) -> Result<String, PortError> {
        self.create_of(RecordType::of::<R>(), body).await
    }

    pub(super) async fn create_of(&self, record: RecordType, body: Value) -> Result<String, PortError> {
        self.write_for_id(record.operations.create, Method::POST, self.url(&[record.path]), body).await
    }

    /// Changes a record (section 1545142173): what the body does not name stays; lines are found by their key.
    /// The sublists in `replace` are replaced as a whole (section 1545297048).
    ///
    /// # Errors
    /// Any failure.
    pub async fn patch<R: Record>(
        &self,
        key: RecordKey<'_>,
        body: Value,
        replace: &[&str],
    ) -> Result<(), PortError> {
        self.patch_of(RecordType::of::<R>(), key, body, replace).await
    }

    pub(super) async fn patch_of(
        &self,
        record: RecordType,
        key: RecordKey<'_>,
        body: Value,
        replace: &[&str],
    ) -> Result<(), PortError> {
        let mut url = self.url(&[record.path, &key.segment()]);
        if !replace.is_empty() {
            url.query_pairs_mut().append_pair("replace", &replace.join(","));
        }
        let request = write(record.operations.patch, Method::PATCH, url, body, Expects::Done);
        self.rest.call(request).await.map(drop)
    }

    /// Creates a record under an external id, or changes the one that has it (section 156335203191).
    ///
    /// # Errors
    /// Any failure.
    pub async fn upsert<R: Record>(&self, key: &ExternalId, body: Value) -> Result<String, PortError> {
        self.upsert_at(R::PATH, R::OPERATIONS.upsert, key, body).await
    }

    /// The same for a record type whose name is a setting.
    pub(super) async fn upsert_at(
        &self,
        path: &str,
        operation: &'static str,
        key: &ExternalId,
        body: Value,
    ) -> Result<String, PortError> {
        let url = self.url(&[path, &RecordKey::External(key).segment()]);
        self.write_for_id(operation, Method::PUT, url, body).await
    }

    /// Makes a record of type `To` from one of type `From` (section 157901123882) and returns its internal id.
    /// The source is named by its internal id; external ids are not documented there.
    ///
    /// # Errors
    /// Any failure; `Conflict` when the external id in the body is taken.
    pub async fn transform<From: Record, To: Record>(
        &self,
        source: &str,
        body: Value,
    ) -> Result<String, PortError> {
        self.transform_of((From::PATH, source), RecordType::of::<To>(), body).await
    }

    pub(super) async fn transform_of(
        &self,
        (path, source): (&'static str, &str),
        to: RecordType,
        body: Value,
    ) -> Result<String, PortError> {
        let url = self.url(&[path, source, "!transform", to.path]);
        self.write_for_id(to.operations.transform, Method::POST, url, body).await
    }

    /// Shows the record that a transform would make, its lines included, without saving it
    /// (article 1217103046).
    ///
    /// # Errors
    /// Read failures.
    pub async fn transform_preview<From: Record, To: Record>(
        &self,
        source: &str,
        body: Value,
    ) -> Result<Value, PortError> {
        const CREATE_FORM: HeaderValue =
            HeaderValue::from_static("application/vnd.oracle.resource+json; type=create-form");
        let url = self.url(&[From::PATH, source, "!transform", To::PATH]);
        let accept = Some((ACCEPT, CREATE_FORM));
        self.document(To::OPERATIONS.preview, Method::POST, url, Some(body), accept).await
    }

    fn url(&self, segments: &[&str]) -> Url {
        address(&self.rest.endpoint, &[&["record", "v1"], segments].concat())
    }

    async fn document(
        &self,
        operation: &'static str,
        method: Method,
        url: Url,
        document: Option<Value>,
        header: Option<(HeaderName, HeaderValue)>,
    ) -> Result<Value, PortError> {
        let headers = header.into_iter().collect();
        let request = Request { operation, method, url, headers, document, expects: Expects::Document };
        match self.rest.call(request).await? {
            Reply::Document(document) => Ok(document),
            Reply::Id(_) | Reply::Done => Err(unexpected(operation)),
        }
    }

    async fn write_for_id(
        &self,
        operation: &'static str,
        method: Method,
        url: Url,
        body: Value,
    ) -> Result<String, PortError> {
        match self.rest.call(write(operation, method, url, body, Expects::Id)).await? {
            Reply::Id(id) => Ok(id),
            Reply::Document(_) | Reply::Done => Err(unexpected(operation)),
        }
    }
}

/// By default NetSuite only warns of a name it does not know, and the value is lost without a word.
const NAME_VALIDATION: HeaderName = HeaderName::from_static("x-netsuite-propertynamevalidation");

fn write(operation: &'static str, method: Method, url: Url, body: Value, expects: Expects) -> Request {
    let headers = vec![(NAME_VALIDATION, HeaderValue::from_static("error"))];
    Request { operation, method, url, headers, document: Some(body), expects }
}

fn unexpected(operation: &'static str) -> PortError {
    PortError::new(
        operation,
        Failure::Unreadable,
        "netsuite_answer_unreadable",
        "the answer has another form",
    )
}
