//! Checks single values and brings them into the one form that is kept.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::types::{ADDRESS, Kind, Target};
use crate::netsuite::books::{Books, Fields, integer, plain};
use crate::netsuite::errors::Refusal;
use crate::netsuite::number::parse;

/// The kept form of `value` for a property of this kind; null stays null and empties the property.
///
/// # Errors
/// 400 with the path when the value does not fit, or a reference points at nothing.
pub(super) fn kept(books: &Books, kind: Kind, value: &Value, path: &str) -> Result<Value, Refusal> {
    let unfit = || {
        let detail =
            format!("Error while accessing a resource. Invalid value for the field '{path}': {value}.");
        Refusal::content(detail, path)
    };
    if value.is_null() {
        return Ok(Value::Null);
    }
    match kind {
        Kind::Opaque => Ok(value.clone()),
        Kind::Text => match value {
            Value::String(_) => Ok(value.clone()),
            Value::Number(_) | Value::Bool(_) => Ok(Value::String(value.to_string())),
            _ => Err(unfit()),
        },
        Kind::Number | Kind::Integer => {
            let text = scalar(value).ok_or_else(unfit)?;
            let decimal = parse(&text).ok_or_else(unfit)?;
            if kind == Kind::Integer && !decimal.fract().is_zero() {
                return Err(unfit());
            }
            // The literal itself is kept, so that 19.90 does not come back as 19.9.
            serde_json::from_str(text.trim()).map_err(|_| unfit())
        }
        Kind::Boolean => match value {
            Value::Bool(_) => Ok(value.clone()),
            Value::String(text) if text == "T" || text == "true" => Ok(Value::Bool(true)),
            Value::String(text) if text == "F" || text == "false" => Ok(Value::Bool(false)),
            _ => Err(unfit()),
        },
        Kind::Date => {
            let text = value.as_str().ok_or_else(unfit)?;
            NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| unfit())?;
            Ok(value.clone())
        }
        Kind::DateTime => {
            let instant =
                DateTime::parse_from_rfc3339(value.as_str().ok_or_else(unfit)?).map_err(|_| unfit())?;
            Ok(Value::String(instant_text(instant.to_utc())))
        }
        Kind::Enumeration => {
            let id = plain(value).filter(|id| !id.is_empty()).ok_or_else(unfit)?;
            Ok(json!({"id": id}))
        }
        Kind::Reference(target) => reference(books, target, value, path),
        Kind::Address => {
            let mut address = Fields::new();
            for (name, part) in value.as_object().ok_or_else(unfit)? {
                if let Some(field) = ADDRESS.iter().find(|field| field.name == name && !field.read_only) {
                    address.insert(name.clone(), kept(books, field.kind, part, &format!("{path}.{name}"))?);
                }
            }
            Ok(Value::Object(address))
        }
    }
}

/// An instant as NetSuite writes it: UTC, whole seconds, `Z`.
pub(crate) fn instant_text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn reference(books: &Books, target: Target, value: &Value, path: &str) -> Result<Value, Refusal> {
    let invalid = || {
        let detail = format!("Error while accessing a resource. Invalid reference key {value} for {path}.");
        Refusal::content(detail, path)
    };
    let external = value.get("externalId").and_then(Value::as_str);
    let Some(group) = target.group() else {
        let id = plain(value).or_else(|| external.map(str::to_owned)).filter(|id| !id.is_empty());
        let id = id.ok_or_else(invalid)?;
        return Ok(match value.get("refName") {
            Some(name) => json!({"id": id, "refName": name}),
            None => json!({"id": id}),
        });
    };
    let found = match (plain(value), external) {
        (Some(_), _) => books.get(&group, integer(Some(value))),
        (None, Some(external_id)) => books.by_external_id(&group, external_id),
        (None, None) => None,
    };
    found.map(|record| json!({"id": record.id.to_string()})).ok_or_else(invalid)
}
