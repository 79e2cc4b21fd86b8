//! SuiteQL: queries over REST.
//!
//! Source: NetSuite help, section 157909186990 (Executing SuiteQL Queries Through REST Web Services).

use std::collections::BTreeMap;

use amz_services::failure::{Failure, PortError};
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

use super::rest::{Expects, Reply, Request, Rest, address};

/// A row: column names in lower case, values as text. Columns without a value are absent.
pub type Row = BTreeMap<String, String>;

/// One page of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The rows, in the order of the query.
    pub rows: Vec<Row>,
    /// True when there are rows after these.
    pub more: bool,
}

/// A query with `?` for each parameter; parameters never become part of its text.
#[derive(Debug, Clone)]
pub struct Query {
    /// The operation's name in errors, logs and the audit trail.
    pub operation: &'static str,
    /// SuiteQL text.
    pub text: String,
    /// Values of the parameters, in order.
    pub parameters: Vec<String>,
    /// Rows wanted at most: 1 to 1,000.
    pub limit: u32,
}

impl Rest {
    /// The first page of a query's rows. What lies beyond is reached by asking for keys after the last one
    /// seen: offsets shift while rows change, and end at 100,000 rows.
    pub(super) async fn query(&self, query: Query) -> Result<Rows, PortError> {
        let Query { operation, text, parameters, limit } = query;
        let mut url = address(&self.endpoint, &["query", "v1", "suiteql"]);
        url.query_pairs_mut().append_pair("limit", &limit.to_string()).append_pair("offset", "0");
        let request = Request {
            operation,
            method: Method::POST,
            url,
            // required here, and only here
            headers: vec![(HeaderName::from_static("prefer"), HeaderValue::from_static("transient"))],
            document: Some(json!({"q": text, "params": parameters})),
            expects: Expects::Document,
        };
        match self.call(request).await? {
            Reply::Document(document) => {
                rows(&document).ok_or_else(|| unreadable(operation, "the answer holds no list of rows"))
            }
            Reply::Id(_) | Reply::Done => Err(unreadable(operation, "the answer has another form")),
        }
    }
}

/// A column that every row of a query must have.
pub(super) fn column<'a>(
    row: &'a Row,
    name: &'static str,
    operation: &'static str,
) -> Result<&'a str, PortError> {
    row.get(name)
        .map(String::as_str)
        .ok_or_else(|| unreadable(operation, &format!("a row without the column {name}")))
}

fn unreadable(operation: &'static str, message: &str) -> PortError {
    PortError::new(operation, Failure::Unreadable, "netsuite_rows_unreadable", message)
}

fn rows(document: &Value) -> Option<Rows> {
    let items = document.get("items")?.as_array()?;
    let rows = items.iter().map(|item| item.as_object().map(row)).collect::<Option<_>>()?;
    let more = document.get("hasMore").and_then(Value::as_bool).unwrap_or(false);
    Some(Rows { rows, more })
}

fn row(columns: &serde_json::Map<String, Value>) -> Row {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("T".to_owned()),
        Value::Bool(false) => Some("F".to_owned()),
        // every row carries an empty list of links
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    columns.iter().filter_map(|(name, value)| Some((name.to_lowercase(), text(value)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_text_and_missing_ones_stay_away() {
        let document = serde_json::from_str(
            r#"{"hasMore": true, "count": 1, "items":
                [{"links": [], "ID": "7", "total": 12345678901234567.89, "closed": false, "sku": null}]}"#,
        )
        .unwrap();
        let Rows { rows, more } = rows(&document).unwrap();
        assert!(more);
        let expected = [("closed", "F"), ("id", "7"), ("total", "12345678901234567.89")];
        assert_eq!(rows, [expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into()]);
    }

    #[test]
    fn an_answer_that_is_no_list_of_rows_is_not_taken_for_no_rows() {
        for document in [json!({}), json!({"items": null}), json!({"items": [1]})] {
            assert_eq!(rows(&document), None, "{document}");
        }
    }
}
