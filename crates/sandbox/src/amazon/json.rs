//! JSON to and from the GraphQL engine's values, digit by digit.
//!
//! The engine's own conversions go through serde, where numbers of arbitrary precision turn into a
//! private map; walking the tree hands each number over as it was written.

use async_graphql::{Name, Value};
use rust_decimal::Decimal;
use serde_json::{Map, Number, Value as Json};

/// The engine's form of a JSON value.
pub(crate) fn graphql_value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(yes) => Value::Boolean(*yes),
        Json::Number(number) => Value::Number(number.clone()),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(graphql_value).collect()),
        Json::Object(fields) => Value::Object(
            fields.iter().map(|(name, value)| (Name::new(name), graphql_value(value))).collect(),
        ),
    }
}

/// The JSON form of one of the engine's values.
pub(crate) fn json_value(value: &Value) -> Json {
    match value {
        Value::Null | Value::Binary(_) => Json::Null,
        Value::Boolean(yes) => Json::Bool(*yes),
        Value::Number(number) => Json::Number(number.clone()),
        Value::String(text) => Json::String(text.clone()),
        Value::Enum(name) => Json::String(name.to_string()),
        Value::List(items) => Json::Array(items.iter().map(json_value).collect()),
        Value::Object(fields) => {
            Json::Object(fields.iter().map(|(name, value)| (name.to_string(), json_value(value))).collect())
        }
    }
}

/// Reads a decimal from a JSON number, or from a string that holds one.
pub(crate) fn decimal(json: &Json) -> Option<Decimal> {
    let text = match json {
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.clone(),
        _ => return None,
    };
    text.parse().ok().or_else(|| Decimal::from_scientific(&text).ok())
}

/// Writes a decimal as a JSON number with the digits it has.
pub(crate) fn number(decimal: Decimal) -> Json {
    decimal.to_string().parse::<Number>().map_or(Json::Null, Json::Number)
}

/// The items of a list input, where one bare item counts as a list of one and null as none.
pub(crate) fn items(json: &Json) -> &[Json] {
    match json {
        Json::Array(items) => items,
        Json::Null => &[],
        single => std::slice::from_ref(single),
    }
}

/// Text of a string field that is present and not blank.
pub(crate) fn text<'a>(json: &'a Json, field: &str) -> Option<&'a str> {
    json.get(field)?.as_str().filter(|text| !text.trim().is_empty())
}

/// Names of those of `fields` that are given and not null.
pub(crate) fn given<'a>(json: &Json, fields: &[&'a str]) -> Vec<&'a str> {
    fields.iter().copied().filter(|field| json.get(field).is_some_and(|value| !value.is_null())).collect()
}

/// A copy of an input object without its nulls, for echoing it back.
pub(crate) fn without_nulls(json: &Json) -> Json {
    match json {
        Json::Object(fields) => Json::Object(
            fields
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), without_nulls(value)))
                .collect::<Map<_, _>>(),
        ),
        Json::Array(items) => Json::Array(items.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

/// For `#[serde(with)]`: decimals as JSON numbers, read from strings too.
pub(crate) mod digits {
    use rust_decimal::Decimal;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value as Json;

    pub(crate) fn serialize<S: Serializer>(decimal: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        super::number(*decimal).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        let json = Json::deserialize(deserializer)?;
        super::decimal(&json).ok_or_else(|| D::Error::custom("expected a decimal number"))
    }
}
