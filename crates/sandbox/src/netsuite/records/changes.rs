//! Reads the body of a write into checked changes.

use serde_json::Value;

use super::types::{ADDRESS, Kind, RecordType, Sublist, field};
use super::values::kept;
use crate::netsuite::books::{Books, Fields};
use crate::netsuite::errors::Refusal;

/// How a body is to be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct WriteOptions {
    /// Refuse names that NetSuite does not know (`X-NetSuite-PropertyNameValidation: error`); otherwise they
    /// are ignored without a word.
    pub(crate) strict_names: bool,
    /// Sublists (or body fields) named by `?replace=`.
    pub(crate) replace: Vec<String>,
    /// Whether `replace` names body fields to be emptied first.
    pub(crate) replace_selected_fields: bool,
    /// Written by staff or the account itself: properties that are read-only over REST may be set.
    pub(crate) staff: bool,
}

/// Lines given for one sublist.
#[derive(Debug, Clone)]
pub(crate) struct LineChanges {
    /// The sublist.
    pub(crate) sublist: Sublist,
    /// Its lines; empty for null.
    pub(crate) lines: Vec<Fields>,
}

/// What a body asks to change, every value checked and in its kept form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    /// Body properties.
    pub(crate) fields: Fields,
    /// Sublists.
    pub(crate) sublists: Vec<LineChanges>,
}

/// Reads a body for a record type.
///
/// # Errors
/// 400 with the path of the first fault.
pub(crate) fn read_changes(
    books: &Books,
    kind: &RecordType,
    body: &Value,
    options: &WriteOptions,
) -> Result<Changes, Refusal> {
    let Value::Object(members) = body else {
        return Err(Refusal::request("The request body must be a JSON object."));
    };
    let mut changes = Changes::default();
    for (name, value) in members {
        if let Some(sublist) = kind.sublists.iter().find(|list| list.name == name) {
            let lines = read_lines(books, kind, sublist, value, options)?;
            changes.sublists.push(LineChanges { sublist: *sublist, lines });
        } else if let Some(kept) = read_member(books, kind, None, (name, value), name, options)? {
            changes.fields.insert(name.clone(), kept);
        }
    }
    Ok(changes)
}

fn read_lines(
    books: &Books,
    kind: &RecordType,
    sublist: &Sublist,
    value: &Value,
    options: &WriteOptions,
) -> Result<Vec<Fields>, Refusal> {
    if value.is_null() {
        return Ok(Vec::new());
    }
    let name = sublist.name;
    let malformed =
        |path: String| Refusal::content(format!("Invalid content for the sublist '{name}'."), path);
    let items = match value.get("items") {
        Some(Value::Array(items)) => items.as_slice(),
        Some(Value::Null) => &[],
        None if value.get("links").is_some() => &[],
        _ => return Err(malformed(name.to_owned())),
    };
    let mut lines = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let Value::Object(members) = item else {
            return Err(malformed(format!("{name}.items[{index}]")));
        };
        let mut line = Fields::new();
        for (column, value) in members {
            let path = format!("{name}.items[{index}].{column}");
            if let Some(kept) = read_member(books, kind, Some(sublist), (column, value), &path, options)? {
                line.insert(column.clone(), kept);
            }
        }
        lines.push(line);
    }
    Ok(lines)
}

fn read_member(
    books: &Books,
    kind: &RecordType,
    sublist: Option<&Sublist>,
    (name, value): (&str, &Value),
    path: &str,
    options: &WriteOptions,
) -> Result<Option<Value>, Refusal> {
    // What an answer carries besides properties may be sent back.
    if name == "links" || (name == "id" && sublist.is_none()) {
        return Ok(None);
    }
    let refuse = |what: &str| {
        let detail =
            format!("Error while accessing a resource. {what} '{name}' of the record {}.", kind.name);
        if options.strict_names { Err(Refusal::content(detail, path)) } else { Ok(None) }
    };
    let Some((field_kind, read_only)) = field(kind, sublist, name, &books.settings) else {
        return refuse("Unknown property");
    };
    if read_only && !options.staff {
        return refuse("Read-only property");
    }
    if field_kind == Kind::Address
        && let Some(unknown) = unknown_address_part(value)
    {
        refuse(&format!("Unknown property {unknown} in"))?;
    }
    kept(books, field_kind, value, path).map(Some)
}

fn unknown_address_part(value: &Value) -> Option<&str> {
    let known = |name: &str| name == "links" || ADDRESS.iter().any(|field| field.name == name);
    value.as_object()?.keys().map(String::as_str).find(|name| !known(name))
}
