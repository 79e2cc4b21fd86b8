//! Lenient reading of text members from JSON.

use serde_json::Value;

/// The member as trimmed text. Numbers count as their literal, since vendors write ids either way; empty
/// text, `null` and everything else count as absent.
pub(crate) fn member(object: &Value, name: &str) -> Option<String> {
    object.get(name).and_then(of)
}

/// The value as trimmed text, by the rules of [`member`].
pub(crate) fn of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
    .filter(|text| !text.is_empty())
}

/// Whether the text can be a key or a name: not longer than `max_bytes` and free of control characters,
/// which databases and logs do not take.
pub(crate) fn is_plain(text: &str, max_bytes: usize) -> bool {
    text.len() <= max_bytes && !text.chars().any(char::is_control)
}

/// The value as a list: an array's members, a single value as a list of one, absent or `null` as none.
pub(crate) fn list(value: Option<&Value>) -> &[Value] {
    match value {
        None | Some(Value::Null) => &[],
        Some(Value::Array(members)) => members,
        Some(single) => std::slice::from_ref(single),
    }
}
