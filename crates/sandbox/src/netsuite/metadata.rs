//! The metadata catalogue: which properties a record type has, custom ones included, and of what kind they are.
//!
//! It needs no more than the right to use REST, so it is how an integration learns whether a custom field exists.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Call};
use super::books::Books;
use super::customization::CustomFieldKind;
use super::errors::{Place, Refusal};
use super::records::types::{
    ITEM_TYPES, Kind, RecordType, Sublist, TRANSACTIONS, custom_fields, custom_kind,
};

const SCHEMA: &str = "application/schema+json";

/// The names of all record types, or of those that are asked for.
pub(crate) fn list(books: &Books, call: &Call) -> Answer {
    let wanted = call.parameter("select").unwrap_or_default();
    let wanted: Vec<&str> = wanted.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let base = call.base();
    let items: Vec<Value> = names(books)
        .filter(|name| wanted.is_empty() || wanted.contains(&name.as_str()))
        .map(|name| {
            let href = format!("{base}/record/v1/metadata-catalog/{name}");
            let links = json!([
                {"rel": "canonical", "href": href},
                {"rel": "describes", "href": format!("{base}/record/v1/{name}")},
            ]);
            json!({"name": name, "links": links})
        })
        .collect();
    Answer::json(StatusCode::OK, &json!({"items": items}))
        .header("content-type", "application/vnd.oracle.resource+json; type=collection")
}

fn names(books: &Books) -> impl Iterator<Item = String> {
    let fixed = TRANSACTIONS.iter().map(|known| known.name);
    let items = ITEM_TYPES.iter().map(|(name, _)| *name);
    let others = ["customer", "location", "bin", "account", "subsidiary"].into_iter();
    let custom = books.settings.custom_records.iter().map(|known| known.script_id.clone());
    fixed.chain(items).chain(others).map(str::to_owned).chain(custom)
}

/// The JSON schema of one record type.
///
/// # Errors
/// 404 for an unknown type, 400 when another format than JSON schema is wanted.
pub(crate) fn describe(books: &Books, call: &Call, name: &str) -> Result<Answer, Refusal> {
    let kind = books.record_type(name)?;
    if !call.header("accept").is_some_and(|accept| accept.contains(SCHEMA)) {
        let detail = "The sandbox describes records as application/schema+json only.";
        let refusal = Refusal::new(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", detail);
        return Err(refusal.at(Place::Header("Accept")));
    }
    let mut properties = properties(books, &kind, None);
    for sublist in kind.sublists {
        let lines = json!({"type": "object", "properties": self::properties(books, &kind, Some(sublist))});
        let items = json!({"type": "object", "properties": {"items": {"type": "array", "items": lines}}});
        properties.insert(sublist.name.to_owned(), items);
    }
    let document = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": properties});
    Ok(Answer::json(StatusCode::OK, &document).header("content-type", SCHEMA))
}

fn properties(books: &Books, kind: &RecordType, sublist: Option<&Sublist>) -> Map<String, Value> {
    let (fields, prefix) = match sublist {
        None => (kind.fields, Some(kind.custom)),
        Some(list) => (list.fields, list.custom),
    };
    let fixed = fields.iter().copied().flatten().map(|field| {
        let mut property = property(field.kind);
        property.insert("title".to_owned(), json!(field.name));
        if field.read_only {
            property.insert("readOnly".to_owned(), json!(true));
        }
        (field.name.to_owned(), Value::Object(property))
    });
    let custom = prefix.map(|prefix| custom_fields(kind, prefix, &books.settings)).unwrap_or_default();
    let custom = custom.into_iter().map(|field| {
        let mut property = match field.kind {
            CustomFieldKind::Reference => reference(),
            known => property(custom_kind(known)),
        };
        property.insert("title".to_owned(), json!(field.script_id));
        property.insert("x-ns-custom-field".to_owned(), json!(true));
        (field.script_id.clone(), Value::Object(property))
    });
    fixed.chain(custom).collect()
}

fn property(kind: Kind) -> Map<String, Value> {
    let (name, format) = match kind {
        Kind::Text => ("string", None),
        Kind::Number => ("number", Some("double")),
        Kind::Integer => ("integer", Some("int64")),
        Kind::Boolean => ("boolean", None),
        Kind::Date => ("string", Some("date")),
        Kind::DateTime => ("string", Some("date-time")),
        Kind::Reference(_) | Kind::Enumeration => return reference(),
        Kind::Address | Kind::Opaque => ("object", None),
    };
    let mut property = Map::from_iter([("type".to_owned(), json!(name))]);
    if let Some(format) = format {
        property.insert("format".to_owned(), json!(format));
    }
    property.insert("nullable".to_owned(), json!(true));
    property
}

/// An entry of a list or another record: an object with `id` and `refName`.
fn reference() -> Map<String, Value> {
    let text = json!({"type": "string"});
    let members = json!({"id": text, "refName": text, "externalId": text});
    Map::from_iter([("type".to_owned(), json!("object")), ("properties".to_owned(), members)])
}
