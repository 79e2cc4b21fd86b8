//! Enough SuiteQL: one SELECT over a few virtual tables.
//!
//! Columns, aliases, equality joins, conditions, `CASE`, `GROUP BY`, `ORDER BY` and a handful of functions. What
//! SuiteQL does not have (`WITH`, `LIMIT`, date literals) is refused here too.

mod bind;
mod cell;
mod columns;
mod dates;
mod evaluate;
mod keys;
mod links;
mod rows;
mod select;
mod stock;
mod tables;
mod values;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Answer, Call};
use super::books::Books;
use super::errors::{Place, Refusal};
use super::permissions;

/// Largest and default page.
const LARGEST_PAGE: usize = 1000;

/// Pages that can be asked for; further rows cannot be reached by offset.
const MOST_ROWS: usize = 100_000;

/// Answers a query request.
///
/// # Errors
/// 400 when the request or the query is not one the query service takes.
pub(crate) fn answer(books: &Books, call: &Call) -> Result<Answer, Refusal> {
    let preferred = call.header("prefer").unwrap_or_default();
    if !preferred.split([',', ';']).any(|word| word.trim().eq_ignore_ascii_case("transient")) {
        let detail = "Invalid or missing header: the query service requires 'Prefer: transient'.";
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, "INVALID_HEADER", detail);
        return Err(refusal.at(Place::Header("Prefer")));
    }
    let limit = page_number(call, "limit")?.unwrap_or(LARGEST_PAGE);
    let offset = page_number(call, "offset")?.unwrap_or_default();
    if limit == 0 || limit > LARGEST_PAGE {
        return Err(Refusal::parameter("The limit must be between 1 and 1000.", "limit"));
    }
    if !offset.is_multiple_of(limit) {
        return Err(Refusal::parameter("The offset must be divisible by the limit.", "offset"));
    }
    if offset.saturating_add(limit) > MOST_ROWS {
        return Err(Refusal::parameter("More than 100000 rows cannot be paged through.", "offset"));
    }
    let body: Value = serde_json::from_slice(&call.body)
        .map_err(|_| Refusal::request("The request body must be a JSON object with the query in 'q'."))?;
    let query = body.get("q").and_then(Value::as_str).filter(|query| !query.trim().is_empty());
    let query = query.ok_or_else(|| Refusal::content("The query is missing.", "q"))?;
    let parameters = match body.get("params") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(values)) => values
            .iter()
            .map(|value| {
                value.as_str().map(str::to_owned).or_else(|| value.as_number().map(ToString::to_string))
            })
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| Refusal::content("Query parameters must be texts or numbers.", "params"))?,
        Some(_) => return Err(Refusal::content("Query parameters must be an array.", "params")),
    };
    if !books.settings.missing_permissions.is_empty() {
        let tables = select::tables(query).map_err(search_error)?;
        tables.iter().try_for_each(|table| permissions::check_table(&books.settings, table))?;
    }
    let enough = offset.saturating_add(limit).saturating_add(1);
    let select::Answer { rows, total } =
        select::run(books, query, parameters, enough).map_err(search_error)?;
    let address = format!("{}/query/v1/suiteql", call.base());
    let items: Vec<Value> = rows.into_iter().skip(offset).take(limit).map(Value::Object).collect();
    let has_more = offset + items.len() < total;
    let link = |relation: &str, at: usize| json!({"rel": relation, "href": format!("{address}?limit={limit}&offset={at}")});
    let mut links = vec![link("self", offset)];
    if has_more {
        links.push(link("next", offset + limit));
    }
    if offset > 0 {
        links.push(link("previous", offset - limit));
    }
    let document = json!({
        "links": links,
        "count": items.len(),
        "hasMore": has_more,
        "offset": offset,
        "totalResults": total,
        "items": items,
    });
    Ok(Answer::json(StatusCode::OK, &document)
        .header("content-type", "application/vnd.oracle.resource+json; type=collection"))
}

fn page_number(call: &Call, name: &str) -> Result<Option<usize>, Refusal> {
    let unreadable = || Refusal::parameter(format!("Invalid value for the query parameter {name}."), name);
    call.parameter(name).map(|text| text.parse().map_err(|_| unreadable())).transpose()
}

fn search_error(text: String) -> Refusal {
    let detail = format!("Invalid search query. Detailed unprocessed description follows. {text}");
    Refusal::new(StatusCode::BAD_REQUEST, "INVALID_PARAMETER", detail)
}
