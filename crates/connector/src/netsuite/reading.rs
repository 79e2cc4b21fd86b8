//! Reads documents of the record service leniently, and says exactly what could not be read.
//!
//! References come as `{"id", "refName"}` or bare, enumerations likewise, numbers also as text, check boxes
//! as `true` or `"T"`. Fields that are absent, `null` or an empty text are all "nothing there".

use amz_domain::{ItemKind, decimal};
use amz_services::failure::{Failure, PortError};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;

/// Code of a document that has a field we cannot read.
pub(super) const FIELD_UNREADABLE: &str = "netsuite_field_unreadable";

/// Code of a sublist of which only a part came.
pub(super) const SUBLIST_INCOMPLETE: &str = "netsuite_sublist_incomplete";

/// A field that could not be read: where it stands and what it looks like, without what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: expected {expected}, found {found}")]
pub(super) struct FieldProblem {
    code: &'static str,
    path: String,
    expected: &'static str,
    found: String,
}

impl FieldProblem {
    /// The problem as the failure of a read.
    pub(super) fn into_port_error(self, operation: &'static str) -> PortError {
        PortError {
            operation,
            failure: Failure::BadRecord,
            code: self.code.to_owned(),
            message: self.to_string(),
            source: None,
        }
    }
}

/// A value of a document together with the path that leads to it.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Node<'a> {
    /// The whole document.
    pub(super) fn document(value: &'a Value) -> Self {
        Self { value, path: String::new() }
    }

    /// A field; an absent one reads as nothing.
    pub(super) fn field(&self, name: &str) -> Self {
        let value = self.value.get(name).unwrap_or(&Value::Null);
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { value, path }
    }

    /// True when nothing is there.
    pub(super) fn is_absent(&self) -> bool {
        match self.value {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    /// A text. Of a reference its name, because text fields may be lists in some accounts.
    pub(super) fn text(&self) -> Result<Option<String>, FieldProblem> {
        match self.value {
            Value::Object(fields) => match fields.get("refName").and_then(scalar) {
                Some(name) => Ok(Some(name)),
                None => self.id(),
            },
            _ => self.bare("a text"),
        }
    }

    /// The id of a reference or an enumeration.
    pub(super) fn id(&self) -> Result<Option<String>, FieldProblem> {
        match self.value {
            Value::Object(fields) => match fields.get("id").and_then(scalar) {
                Some(id) => Ok(Some(id)),
                None if fields.is_empty() => Ok(None),
                None => Err(self.problem("a reference with an id")),
            },
            _ => self.bare("a reference"),
        }
    }

    /// The name of a reference, when it carries one.
    pub(super) fn reference_name(&self) -> Option<String> {
        self.value.get("refName").and_then(scalar)
    }

    /// A decimal number with all its digits.
    pub(super) fn decimal(&self) -> Result<Option<Decimal>, FieldProblem> {
        if self.is_absent() {
            return Ok(None);
        }
        decimal::from_json(self.value).map(Some).map_err(|_| self.problem("a decimal number"))
    }

    /// The price of one unit. Discounts and markups may have a percentage instead (`-10.0%`): that is not a price.
    pub(super) fn price(&self, kind: &ItemKind) -> Result<Option<Decimal>, FieldProblem> {
        match self.decimal() {
            Err(_) if !kind.is_goods() && self.text()?.is_some_and(|text| text.ends_with('%')) => Ok(None),
            result => result,
        }
    }

    /// A whole number.
    pub(super) fn whole(&self) -> Result<Option<u32>, FieldProblem> {
        let Some(number) = self.decimal()? else { return Ok(None) };
        let whole = number.is_integer().then(|| number.to_u32()).flatten();
        whole.map(Some).ok_or_else(|| self.problem("a whole number, not negative"))
    }

    /// A check box; nothing there is not ticked.
    pub(super) fn ticked(&self) -> Result<bool, FieldProblem> {
        match self.value {
            Value::Bool(ticked) => Ok(*ticked),
            _ if self.is_absent() => Ok(false),
            Value::String(text) => match text.trim() {
                "T" | "t" | "true" | "True" => Ok(true),
                "F" | "f" | "false" | "False" => Ok(false),
                _ => Err(self.problem("a check box")),
            },
            _ => Err(self.problem("a check box")),
        }
    }

    /// An instant: ISO 8601 with `Z` or an offset.
    pub(super) fn instant(&self) -> Result<Option<DateTime<Utc>>, FieldProblem> {
        const EXPECTED: &str = "an ISO 8601 date-time with its offset";
        let Some(text) = self.bare(EXPECTED)? else { return Ok(None) };
        let read = DateTime::parse_from_rfc3339(&text)
            // an offset without a colon is valid ISO 8601, though not RFC 3339
            .or_else(|_| DateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f%z"));
        read.map(|instant| Some(instant.to_utc())).map_err(|_| self.problem(EXPECTED))
    }

    /// A day without a time.
    pub(super) fn day(&self) -> Result<Option<NaiveDate>, FieldProblem> {
        const EXPECTED: &str = "a date like 2026-03-01";
        let Some(text) = self.bare(EXPECTED)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.problem(EXPECTED))
    }

    /// The lines that came of a sublist of which not all may come; none when there is no such sublist.
    pub(super) fn lines_that_came(&self) -> Vec<Node<'a>> {
        let items = self.value.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        self.nodes(items)
    }

    /// The lines of an expanded sublist. A sublist that came as a link, or only in part, is a problem: what
    /// is not seen must not be taken for not there.
    pub(super) fn lines(&self) -> Result<Vec<Node<'a>>, FieldProblem> {
        let Some(Value::Array(items)) = self.value.get("items") else {
            return Err(self.problem("an expanded sublist"));
        };
        let total = self.field("totalResults").whole()?;
        let cut = total.is_some_and(|total| items.len() < total as usize);
        if cut || self.field("hasMore").ticked()? {
            let found = format!("{} lines and a sign that there are more", items.len());
            let path = self.path.clone();
            return Err(FieldProblem { code: SUBLIST_INCOMPLETE, path, expected: "all lines", found });
        }
        Ok(self.nodes(items))
    }

    fn nodes(&self, items: &'a [Value]) -> Vec<Node<'a>> {
        let path = |index| format!("{}.items[{index}]", self.path);
        items.iter().enumerate().map(|(index, value)| Node { value, path: path(index) }).collect()
    }

    /// This field must hold something.
    pub(super) fn require<T>(&self, found: Option<T>, expected: &'static str) -> Result<T, FieldProblem> {
        found.ok_or_else(|| self.problem(expected))
    }

    /// What is wrong with this field.
    pub(super) fn problem(&self, expected: &'static str) -> FieldProblem {
        let found = shape(self.value);
        FieldProblem { code: FIELD_UNREADABLE, path: self.path.clone(), expected, found }
    }

    fn bare(&self, expected: &'static str) -> Result<Option<String>, FieldProblem> {
        match self.value {
            Value::Null => Ok(None),
            Value::String(_) | Value::Number(_) => Ok(scalar(self.value)),
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(self.problem(expected)),
        }
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What a value looks like, without what it says: digits become `9`, letters `a`.
fn shape(value: &Value) -> String {
    const LONGEST: usize = 32;
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) => "true or false".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) => {
            let masked = text.chars().take(LONGEST).map(|letter| match letter {
                letter if letter.is_numeric() => '9',
                letter if letter.is_alphabetic() => 'a',
                other => other,
            });
            let more = if text.chars().count() > LONGEST { "…" } else { "" };
            format!("a text like \"{}{more}\"", masked.collect::<String>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read<T>(value: &Value, reader: impl Fn(&Node<'_>) -> T) -> T {
        reader(&Node::document(value).field("field"))
    }

    #[test]
    fn references_and_enumerations_are_read_as_objects_or_bare() {
        for value in [json!({"id": "7", "refName": "Boston"}), json!({"id": 7}), json!("7"), json!(7)] {
            assert_eq!(read(&json!({ "field": value }), |node| node.id()), Ok(Some("7".to_owned())));
        }
        for value in [json!(null), json!(""), json!({})] {
            assert_eq!(read(&json!({ "field": value }), |node| node.id()), Ok(None));
        }
        assert!(read(&json!({"field": {"links": []}}), |node| node.id()).is_err());
    }

    #[test]
    fn check_boxes_are_booleans_or_letters() {
        for (value, ticked) in
            [(json!(true), true), (json!("T"), true), (json!("F"), false), (json!(null), false)]
        {
            assert_eq!(read(&json!({ "field": value }), |node| node.ticked()), Ok(ticked));
        }
        assert!(read(&json!({"field": 1}), |node| node.ticked()).is_err());
    }

    #[test]
    fn instants_keep_their_offset() {
        let expected = "2026-03-01T17:00:00Z".parse::<DateTime<Utc>>().unwrap();
        for text in ["2026-03-01T17:00:00Z", "2026-03-01T09:00:00-08:00", "2026-03-01T09:00:00.000-0800"] {
            assert_eq!(read(&json!({ "field": text }), |node| node.instant()), Ok(Some(expected)), "{text}");
        }
        for text in ["2026-02-30T00:00:00Z", "2026-03-01T09:00:00", "3/1/2026 9:00 am"] {
            assert!(read(&json!({ "field": text }), |node| node.instant()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_problem_names_path_and_shape_and_not_the_value() {
        let value = json!({"field": "Ada 1815"});
        let problem = read(&value, |node| node.decimal()).unwrap_err();
        assert_eq!(problem.to_string(), "field: expected a decimal number, found a text like \"aaa 9999\"");
    }

    #[test]
    fn a_sublist_that_is_a_link_or_cut_is_a_problem() {
        let count = |value: &Value| read(value, |node| node.lines().map(|lines| lines.len()));
        assert!(count(&json!({"field": {"links": []}})).is_err());
        assert!(count(&json!({"field": {"items": [{}], "hasMore": true}})).is_err());
        assert!(count(&json!({"field": {"items": [{}], "totalResults": 2}})).is_err());
        assert_eq!(count(&json!({"field": {"items": [{}, {}], "totalResults": 2}})), Ok(2));
    }
}
