//! How values are written down: instants, digests, JSON.

use amz_services::failure::StoreError;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// Microseconds since 1970.
pub(crate) fn micros(instant: DateTime<Utc>) -> i64 {
    instant.timestamp_micros()
}

/// The instant of microseconds since 1970.
pub(crate) fn instant(micros: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| corrupt("instant", format!("{micros} is out of range")))
}

/// Later by a span; the far end of time when there is no such instant.
pub(crate) fn later(instant: DateTime<Utc>, span: std::time::Duration) -> DateTime<Utc> {
    chrono::TimeDelta::from_std(span)
        .ok()
        .and_then(|span| instant.checked_add_signed(span))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn digest(body: &str) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    Sha256::digest(body.as_bytes()).iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A value as JSON text.
pub(crate) fn to_json<Value: serde::Serialize + ?Sized>(
    what: &'static str,
    value: &Value,
) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| corrupt(what, error.to_string()))
}

/// A value from JSON text.
pub(crate) fn from_json<Value: serde::de::DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<Value, StoreError> {
    serde_json::from_str(text).map_err(|error| corrupt(what, error.to_string()))
}

/// A stored number that must fit.
pub(crate) fn number<Number: TryFrom<i64>>(what: &'static str, stored: i64) -> Result<Number, StoreError> {
    Number::try_from(stored).map_err(|_| corrupt(what, format!("{stored} is out of range")))
}

/// A stored word that must be one of ours.
pub(crate) fn known<Word>(what: &'static str, word: &str, parsed: Option<Word>) -> Result<Word, StoreError> {
    parsed.ok_or_else(|| corrupt(what, format!("unknown word {word:?}")))
}

/// A stored thing that cannot be read.
pub(crate) fn corrupt(what: &'static str, message: impl Into<String>) -> StoreError {
    StoreError::Corrupt { what, message: message.into() }
}

/// The same without repeats, each where it came first.
pub(crate) fn each_once(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut known = std::collections::HashSet::new();
    names.into_iter().filter(|name| known.insert(name.clone())).collect()
}
