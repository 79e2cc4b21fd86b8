//! Turns kept records into the documents that GET answers.

use serde_json::{Value, json};

use super::types::{ADDRESS, Group, Kind, RecordType, Sublist, field};
use super::values::instant_text;
use crate::netsuite::books::{Books, Fields, Line, Record, integer, plain};
use crate::netsuite::errors::{Place, Refusal};
use crate::netsuite::status::status_word;
use crate::netsuite::stock::locations_of;

/// How a record is shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct View<'a> {
    /// Everything in front of `/record/v1`, for links.
    pub(crate) base: &'a str,
    /// Whether sublists and subrecords are shown in full instead of as links.
    pub(crate) expand: bool,
    /// Only these body fields, when given. Without effect on an expanded view.
    pub(crate) only: Option<Vec<String>>,
}

/// The document of a record.
pub(crate) fn document(books: &Books, record: &Record, view: &View<'_>) -> Value {
    let address = format!("{}/record/v1/{}/{}", view.base, record.kind.name, record.id);
    let mut document = Fields::new();
    document.insert("links".to_owned(), links("self", &address));
    document.insert("id".to_owned(), json!(record.id.to_string()));
    if let Some(external_id) = &record.external_id {
        document.insert("externalId".to_owned(), json!(external_id));
    }
    let (created, modified) = match record.kind.group {
        Group::Entity => ("dateCreated", "lastModifiedDate"),
        Group::Custom(_) => ("created", "lastModified"),
        _ => ("createdDate", "lastModifiedDate"),
    };
    document.insert(created.to_owned(), json!(instant_text(record.created)));
    document.insert(modified.to_owned(), json!(instant_text(record.modified)));
    for (name, value) in &record.fields {
        let shown = show(books, record, None, (name, value), &address, view);
        document.insert(name.clone(), shown);
    }
    if record.kind.group == Group::Item
        && view.expand
        && let Some(locations) = locations_of(books, record)
    {
        document.insert("locations".to_owned(), locations);
    }
    for sublist in record.kind.sublists {
        let list = match view.expand {
            true => sublist_document(books, record, sublist, view),
            false => json!({"links": links("self", &format!("{address}/{}", sublist.name))}),
        };
        document.insert(sublist.name.to_owned(), list);
    }
    if let Some(only) = view.only.as_ref().filter(|_| !view.expand) {
        document.retain(|name, _| name == "links" || name == "id" || only.contains(name));
    }
    Value::Object(document)
}

/// A part of a record named by the rest of its URL: a sublist, one of its lines, or a subrecord.
///
/// # Errors
/// 404 when the record has no such part.
pub(crate) fn part(books: &Books, record: &Record, path: &[&str], view: &View<'_>) -> Result<Value, Refusal> {
    let absent = || {
        let detail = format!("The sub-resource '{}' does not exist.", path.join("/"));
        Refusal::absent(detail).at(Place::Url(path.join("/")))
    };
    let (name, rest) = path.split_first().ok_or_else(absent)?;
    if let Some(sublist) = record.kind.sublists.iter().find(|list| list.name == *name) {
        return match rest {
            [] => Ok(sublist_document(books, record, sublist, view)),
            [key] => {
                let lines = record.lines_of(sublist.name).iter().enumerate();
                let mut found =
                    lines.filter(|(index, line)| key_of(sublist, *index, line).to_string() == *key);
                let (index, line) = found.next().ok_or_else(absent)?;
                Ok(line_document(books, record, sublist, (index, line), view))
            }
            _ => Err(absent()),
        };
    }
    let value = record.fields.get(*name).filter(|value| value.is_object()).ok_or_else(absent)?;
    let address = format!("{}/record/v1/{}/{}", view.base, record.kind.name, record.id);
    Ok(show(books, record, None, (name, value), &address, &View { expand: true, ..view.clone() }))
}

/// A page of a collection: ids and links only.
pub(crate) fn collection(kind: &RecordType, ids: &[u64], offset: usize, limit: usize, base: &str) -> Value {
    let address = format!("{base}/record/v1/{}", kind.name);
    let page: Vec<Value> = ids
        .iter()
        .skip(offset)
        .take(limit)
        .map(|id| json!({"links": links("self", &format!("{address}/{id}")), "id": id.to_string()}))
        .collect();
    json!({
        "links": links("self", &address),
        "count": page.len(),
        "hasMore": offset + page.len() < ids.len(),
        "items": page,
        "offset": offset,
        "totalResults": ids.len(),
    })
}

fn sublist_document(books: &Books, record: &Record, sublist: &Sublist, view: &View<'_>) -> Value {
    let address = format!("{}/record/v1/{}/{}/{}", view.base, record.kind.name, record.id, sublist.name);
    let lines = record.lines_of(sublist.name);
    let items: Vec<Value> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| match view.expand {
            true => line_document(books, record, sublist, (index, line), view),
            false => json!({"links": links("self", &format!("{address}/{}", key_of(sublist, index, line)))}),
        })
        .collect();
    json!({
        "links": links("self", &address),
        "count": items.len(),
        "hasMore": false,
        "offset": 0,
        "totalResults": items.len(),
        "items": items,
    })
}

fn line_document(
    books: &Books,
    record: &Record,
    sublist: &Sublist,
    (index, line): (usize, &Line),
    view: &View<'_>,
) -> Value {
    let key = key_of(sublist, index, line);
    let address =
        format!("{}/record/v1/{}/{}/{}/{key}", view.base, record.kind.name, record.id, sublist.name);
    let mut document = Fields::new();
    document.insert("links".to_owned(), links("self", &address));
    for (name, value) in &line.fields {
        let shown = show(books, record, Some(sublist), (name, value), &address, view);
        document.insert(name.clone(), shown);
    }
    Value::Object(document)
}

fn key_of(sublist: &Sublist, index: usize, line: &Line) -> u64 {
    match sublist.key {
        Some(_) => line.number(),
        None => u64::try_from(index + 1).unwrap_or_default(),
    }
}

fn show(
    books: &Books,
    record: &Record,
    sublist: Option<&Sublist>,
    (name, value): (&str, &Value),
    address: &str,
    view: &View<'_>,
) -> Value {
    let kind = field(&record.kind, sublist, name, &books.settings).map_or(Kind::Opaque, |(kind, _)| kind);
    match kind {
        Kind::Enumeration => enumeration(&record.kind.name, name, value),
        Kind::Address if !view.expand => json!({"links": links("self", &format!("{address}/{name}"))}),
        Kind::Address => {
            let mut shown = Fields::new();
            shown.insert("links".to_owned(), links("self", &format!("{address}/{name}")));
            for (part, value) in value.as_object().into_iter().flatten() {
                let word = ADDRESS.iter().any(|field| field.name == part && field.kind == Kind::Enumeration);
                let value = if word { enumeration(name, part, value) } else { value.clone() };
                shown.insert(part.clone(), value);
            }
            Value::Object(shown)
        }
        Kind::Reference(target) => match target.group() {
            Some(group) => {
                let id = integer(Some(value));
                let mut shown = books.reference(&group, id);
                let target = books.get(&group, id).map_or("record", |target| target.kind.name.as_str());
                let href = format!("{}/record/v1/{target}/{id}", view.base);
                if let Some(members) = shown.as_object_mut() {
                    members.insert("links".to_owned(), links("self", &href));
                }
                shown
            }
            None => list_entry(books, name, value),
        },
        _ => value.clone(),
    }
}

fn list_entry(books: &Books, name: &str, value: &Value) -> Value {
    let id = plain(value).unwrap_or_default();
    let known = || books.names.get(&(name.to_owned(), id.clone())).cloned();
    let given = value.get("refName").and_then(Value::as_str).map(str::to_owned);
    let shown = given.or_else(known).unwrap_or_else(|| id.clone());
    json!({"links": [], "id": id, "refName": shown})
}

fn enumeration(owner: &str, name: &str, value: &Value) -> Value {
    let id = plain(value).unwrap_or_default();
    let word = match (name, id.as_str()) {
        ("status" | "orderStatus" | "shipStatus", letter) => status_word(owner, letter),
        ("itemType", code) => item_word(code),
        ("country", code) => country_word(code),
        _ => None,
    };
    json!({"id": id, "refName": word.map_or_else(|| id.clone(), str::to_owned)})
}

fn item_word(code: &str) -> Option<&'static str> {
    Some(match code {
        "InvtPart" => "Inventory Item",
        "NonInvtPart" => "Non-inventory Item",
        "OthCharge" => "Other Charge",
        _ => return None,
    })
}

fn country_word(code: &str) -> Option<&'static str> {
    Some(match code {
        "US" => "United States",
        "CA" => "Canada",
        "MX" => "Mexico",
        "GB" => "United Kingdom",
        "DE" => "Germany",
        _ => return None,
    })
}

fn links(relation: &str, address: &str) -> Value {
    json!([{"rel": relation, "href": address}])
}
