//! Refusals in the shape that Amazon documents in its troubleshooting pages.

use async_graphql::{ErrorExtensionValues, Value};
use serde_json::{Value as Json, json};

use super::json::graphql_value;

/// The class a client is meant to branch on: `classification.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Validation,
    Conflict,
    AccessDenied,
    NotFound,
    Throttling,
    Internal,
}

/// Key of a refusal that stands in place of a value. No name of a GraphQL field has this sign.
pub(crate) const IN_PLACE: &str = "!refusal";

/// One refusal, ready to become an entry of `errors`.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    class: Class,
    code: Option<&'static str>,
    pub(crate) message: String,
    details: Json,
}

impl Refusal {
    pub(crate) fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, code: None, message: message.into(), details: json!({}) }
    }

    /// Input that has to be changed before it can succeed.
    pub(crate) fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: Some(code), ..Self::new(Class::Validation, message) }
    }

    /// An alias that some order, line or package of the store has already.
    pub(crate) fn alias_taken(alias_type: &str, alias_id: &str) -> Self {
        Self {
            code: Some("AliasValueAlreadyExists"),
            details: json!({ "aliasType": alias_type, "aliasId": alias_id }),
            ..Self::new(Class::Conflict, "An alias with this type and value already exists.")
        }
    }

    /// Adds what exactly is wrong, for example the line's position.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Json>) -> Self {
        if let Json::Object(details) = &mut self.details {
            details.insert(key.to_owned(), value.into());
        }
        self
    }

    /// Value of `extensions.classification`.
    pub(crate) fn classification(&self) -> Json {
        let (class, exception, status) = match self.class {
            Class::Validation => ("ValidationError", "ValidationException", 400),
            Class::Conflict => ("ConflictError", "ConflictException", 409),
            Class::AccessDenied => ("AccessDeniedError", "AccessDeniedException", 403),
            Class::NotFound => ("ResourceNotFoundError", "ResourceNotFoundException", 404),
            Class::Throttling => ("ThrottlingError", "ThrottlingException", 429),
            Class::Internal => ("InternalServerError", "InternalServerException", 500),
        };
        let mut classification = json!({
            "type": class,
            "errorType": exception,
            "errorCode": status,
            "details": self.details,
        });
        // Amazon leaves `code` out of access refusals and repeats the class where it has no finer word.
        if self.class != Class::AccessDenied {
            classification["code"] = json!(self.code.unwrap_or(class));
        }
        classification
    }

    /// Stands in a document where a value should be: the GraphQL answer has a null there, and this error.
    pub(crate) fn in_place(self) -> Json {
        json!({ IN_PLACE: { "message": self.message, "classification": self.classification() } })
    }

    /// A whole response body for a call that never reached an operation.
    pub(crate) fn body(&self) -> Json {
        json!({
            "data": null,
            "errors": [{
                "message": self.message,
                "locations": [],
                "path": null,
                "extensions": { "classification": self.classification() },
            }],
        })
    }
}

impl From<Refusal> for async_graphql::Error {
    fn from(refusal: Refusal) -> Self {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("classification", graphql_value(&refusal.classification()));
        let mut error = async_graphql::Error::new(refusal.message);
        error.extensions = Some(extensions);
        error
    }
}

/// Classification of what the GraphQL engine itself refuses: unknown fields, wrong types, bad syntax.
pub(crate) fn invalid_query() -> Value {
    graphql_value(&Refusal::new(Class::Validation, "").classification())
}
