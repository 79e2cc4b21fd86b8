//! Amazon's errors and what each class of them means.
//!
//! Source: Amazon page `troubleshoot-order-errors`. The class to branch on is `classification.type`; other
//! members are read only where it is missing, since Amazon's pages differ in what they show.

use std::time::Duration;

use serde_json::Value;

/// Longest message that is passed on, in characters.
const LONGEST_MESSAGE: usize = 300;

/// What an error is about. Of several errors the greatest decides: it leaves most in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// No such order, tracker or product.
    NotFound,
    /// The input is not acceptable.
    Refused,
    /// Too fast; nothing was done.
    Throttled,
    /// Token, scope or target are not accepted; nothing was done.
    AccessDenied,
    /// An alias is taken.
    Conflict,
    /// An error of no known class.
    Unclassified,
    /// Amazon failed; what was done is open.
    Broken,
    /// Amazon acted, and what it answered cannot be understood.
    Unreadable,
}

/// Why a call did not give what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// What it is about.
    pub(super) class: Class,
    /// Amazon's finest word for it, else ours.
    pub(super) code: String,
    /// What Amazon said; may quote input.
    pub(super) message: String,
    /// How long Amazon asks to wait.
    pub(super) wait: Option<Duration>,
}

impl Problem {
    /// An answer that cannot be understood.
    pub(super) fn unreadable(message: impl Into<String>) -> Self {
        let (class, code) = (Class::Unreadable, "unreadable_answer".to_owned());
        Self { class, code, message: message.into(), wait: None }
    }

    /// An HTTP status without a word of explanation.
    pub(super) fn of_status(class: Class, status: u16) -> Self {
        let message = format!("Amazon answered HTTP {status}");
        Self { class, code: format!("http_{status}"), message, wait: None }
    }

    /// One entry of `errors`.
    pub(super) fn of_error(error: &Value) -> Self {
        let extensions = &error["extensions"];
        let classification = &extensions["classification"];
        let details = if classification.is_object() { classification } else { extensions };
        let code = word(&details["code"]);
        let words = [
            word(&details["type"]),
            word(classification),
            word(&details["errorType"]),
            word(&error["errorType"]),
            code,
        ];
        let class = match code {
            // Amazon documents the first both as a validation error and as a conflict; the second says it of refunds
            Some("AliasValueAlreadyExists" | "DuplicateAliasId") => Some(Class::Conflict),
            _ => words.into_iter().flatten().find_map(class_of_word),
        };
        let class = class.or_else(|| class_of_number(&details["errorCode"]));
        let finest = code.or_else(|| words.into_iter().flatten().next());
        Self {
            class: class.unwrap_or(Class::Unclassified),
            code: finest.unwrap_or("unclassified").to_owned(),
            message: word(&error["message"]).unwrap_or("no message").chars().take(LONGEST_MESSAGE).collect(),
            wait: None,
        }
    }

    /// The same with the wait that Amazon asked for.
    pub(super) fn waiting(self, wait: Option<Duration>) -> Self {
        Self { wait, ..self }
    }
}

fn word(value: &Value) -> Option<&str> {
    value.as_str().filter(|word| !word.is_empty())
}

/// Amazon writes the same class as `ConflictError` and `ConflictException`.
fn class_of_word(word: &str) -> Option<Class> {
    let stem = word.strip_suffix("Error").or_else(|| word.strip_suffix("Exception")).unwrap_or(word);
    match stem {
        "Throttling" | "ThrottlingError" | "TooManyRequests" => Some(Class::Throttled),
        "InternalServer" | "Internal" | "ServiceUnavailable" => Some(Class::Broken),
        "Conflict" => Some(Class::Conflict),
        "Validation" => Some(Class::Refused),
        "AccessDenied" | "Unauthorized" | "ExpiredToken" => Some(Class::AccessDenied),
        "ResourceNotFound" | "NotFound" => Some(Class::NotFound),
        _ => None,
    }
}

fn class_of_number(code: &Value) -> Option<Class> {
    let number: u16 = match code {
        Value::Number(number) => number.to_string().parse().ok()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    match number {
        401 | 403 => Some(Class::AccessDenied),
        404 => Some(Class::NotFound),
        409 => Some(Class::Conflict),
        429 => Some(Class::Throttled),
        400..500 => Some(Class::Refused),
        500..600 => Some(Class::Broken),
        _ => None,
    }
}
