//! Custom fields: there, applied where they are used, of the right kind, and shown by the query service.
//!
//! Two services tell of fields without an administrator's rights: the metadata catalogue, which knows kinds, and the
//! query service, which answers "Unknown identifier" to a column that it does not show. Where the catalogue cannot be
//! read, the query service alone decides whether a field is there.

use std::collections::{BTreeMap, BTreeSet};

use amz_connector::netsuite::{PropertyKind, RecordProperties};
use amz_services::failure::{Failure, PortError};

use super::super::finding::{Area, Finding, told};
use super::super::parallel;
use super::gate::{Gate, Reach};
use super::wanted_fields::{WantedField, wanted};
use crate::settings::ConnectionSettings;

const FIELD: &str = "netsuite_field";
const KIND: &str = "netsuite_field_kind";
const COLUMNS: &str = "netsuite_item_sku_field";

/// What is known about the account's fields.
#[derive(Debug, Default)]
struct Known {
    /// Properties by record type, of those whose description could be read.
    catalogue: BTreeMap<&'static str, RecordProperties>,
    /// Tables of the query service that could be asked.
    asked: BTreeSet<&'static str>,
    /// Columns that the query service does not show, by table.
    hidden: BTreeSet<(&'static str, String)>,
}

pub(super) async fn examine(connection: &ConnectionSettings, gate: &Gate, reach: Reach) -> Vec<Finding> {
    let fields = wanted(connection);
    let mut known = Known::default();
    let mut trouble: Vec<PortError> = Vec::new();
    if reach.records {
        let record_types: BTreeSet<&'static str> =
            fields.iter().flat_map(|field| field.record_types.iter().copied()).collect();
        let described = parallel::all(record_types.into_iter().map(|record_type| {
            let gate = gate.clone();
            async move { (record_type, gate.ask(gate.netsuite().properties(record_type)).await) }
        }));
        for (record_type, properties) in described.await {
            match properties {
                Ok(Some(properties)) => {
                    known.catalogue.insert(record_type, properties);
                }
                // that a type is missing is said where permissions are looked at
                Ok(None) => {}
                Err(error) => trouble.push(error),
            }
        }
    }
    if reach.queries {
        let tables: BTreeMap<&'static str, Vec<String>> =
            fields.iter().fold(BTreeMap::new(), |mut tables, field| {
                tables.entry(field.table()).or_insert_with(Vec::new).push(field.name.clone());
                tables
            });
        let hidden = parallel::all(tables.into_iter().map(|(table, columns)| {
            let gate = gate.clone();
            async move { (table, hidden_columns(&gate, table, columns).await) }
        }));
        for (table, hidden) in hidden.await {
            match hidden {
                Ok(columns) => {
                    known.asked.insert(table);
                    known.hidden.extend(columns.into_iter().map(|column| (table, column)));
                }
                Err(error) => trouble.push(error),
            }
        }
    }
    let mut findings = judge(&fields, &known, &trouble);
    findings.extend(sku_field(connection, gate, reach).await);
    findings
}

/// Columns that a table does not show.
async fn hidden_columns(
    gate: &Gate,
    table: &'static str,
    columns: Vec<String>,
) -> Result<BTreeSet<String>, PortError> {
    let mut hidden = BTreeSet::new();
    let mut left = columns;
    let key = if table == "transactionline" { "transaction" } else { "id" };
    while !left.is_empty() {
        let selected: Vec<String> = left.iter().map(|column| format!("x.{column}")).collect();
        let text = format!("SELECT {} FROM {table} x WHERE x.{key} = ?", selected.join(", "));
        match gate.rows(&text, &["0"]).await {
            Ok(_) => return Ok(hidden),
            Err(error) if error.failure == Failure::Refused && speaks_of_a_name(&error) => {
                let Some(place) = unknown_column(&error, &left) else { return Err(error) };
                hidden.insert(left.remove(place));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(hidden)
}

fn speaks_of_a_name(error: &PortError) -> bool {
    let message = error.message.to_lowercase();
    message.contains("unknown identifier")
        || message.contains("invalid or unsupported")
        || message.contains("field")
}

/// The column that a refusal names; of one name that is the beginning of another, the longer counts.
fn unknown_column(error: &PortError, columns: &[String]) -> Option<usize> {
    let message = error.message.to_lowercase();
    let named = columns.iter().enumerate().filter(|(_, column)| message.contains(column.as_str()));
    let longest = named.max_by_key(|(_, column)| column.len()).map(|(place, _)| place);
    longest.or_else(|| (columns.len() == 1).then_some(0))
}

fn judge(fields: &[WantedField], known: &Known, trouble: &[PortError]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = fields.iter().filter_map(|field| of_field(field, known)).collect();
    let looked_at = !known.catalogue.is_empty() || !known.asked.is_empty();
    if findings.is_empty() && looked_at && trouble.is_empty() {
        findings.push(Finding::ok(Area::NetSuite, FIELD, format!("all {} fields are there", fields.len())));
    }
    if let Some(error) = trouble.first() {
        findings.push(Finding::warning(
            Area::NetSuite,
            FIELD,
            format!("{} descriptions could not be read, so not all is known: {}", trouble.len(), told(error)),
            "run the doctor again; if it stays, the message names the cause",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::skipped(Area::NetSuite, FIELD, "not known: neither service can be asked"));
    } else if known.catalogue.is_empty() {
        let why = "kinds are not known: the metadata catalogue could not be read";
        findings.push(Finding::skipped(Area::NetSuite, KIND, why));
    } else if findings.iter().all(|finding| finding.check != KIND) {
        findings.push(Finding::ok(Area::NetSuite, KIND, "every field holds what is written into it"));
    }
    findings
}

/// What is wrong with a field, the worst thing first.
fn of_field(field: &WantedField, known: &Known) -> Option<Finding> {
    let WantedField { standard, name, record_types, kind, is_written } = field;
    let shown = |record_type: &&&'static str| {
        let properties = known.catalogue.get(**record_type)?;
        let side = if field.is_of_lines() { &properties.lines } else { &properties.body };
        // lines that the catalogue does not describe say nothing about their fields
        if field.is_of_lines() && side.is_empty() {
            return None;
        }
        Some(side.get(name).copied())
    };
    let described: Vec<(&'static str, Option<PropertyKind>)> =
        record_types.iter().filter_map(|record_type| Some((*record_type, shown(&record_type)?))).collect();
    let table = field.table();
    let hidden = known.hidden.contains(&(table, name.clone()));
    let lacking: Vec<&str> =
        described.iter().filter(|(_, kind)| kind.is_none()).map(|(record_type, _)| *record_type).collect();
    let label = if name == standard { name.clone() } else { format!("{name} (for {standard})") };
    let by_hand = "deploy the bundle (`amz netsuite bundle`), or create it by hand as docs/CONFIG.md says";

    let absent = hidden && lacking.len() == described.len();
    if absent {
        let found = format!("{label} does not exist, or the role cannot see it");
        let fix = format!(
            "{by_hand}; if it has another name there, name it in `netsuite.fields.{standard}`; and give the role \
             \"Custom Body Fields\" and \"Custom Column Fields\", View"
        );
        return Some(match is_written {
            true => Finding::failed(Area::NetSuite, FIELD, found, fix),
            false => {
                let found = format!("{found}; it is only read, so what it is for cannot be used");
                Finding::warning(Area::NetSuite, FIELD, found, fix)
            }
        });
    }
    if !lacking.is_empty() {
        let found = format!("{label} is not applied to {}", lacking.join(", "));
        let fix = format!(
            "open the field (Customization > Lists, Records, & Fields) and apply it to {}",
            lacking.join(", ")
        );
        return Some(match is_written {
            true => Finding::failed(Area::NetSuite, FIELD, found, fix),
            false => Finding::warning(Area::NetSuite, FIELD, found, fix),
        });
    }
    let wrong = described.iter().find_map(|(record_type, found)| {
        found.filter(|found| !fits(*kind, *found)).map(|found| (*record_type, found))
    });
    if let Some((record_type, found)) = wrong {
        let found =
            format!("{label} on {record_type} is {}, and must be {}", in_words(found), in_words(*kind));
        let fix = format!(
            "a field's type cannot be changed: create another of type {}, and name it in `netsuite.fields.{standard}`",
            netsuite_type(*kind)
        );
        return Some(Finding::failed(Area::NetSuite, KIND, found, fix));
    }
    if hidden {
        let found = format!("{label} is there, but the query service does not show it in {table}");
        let fix = "give the role \"Custom Body Fields\" and \"Custom Column Fields\", View, and see that the field's \
                   access does not hide it from searches";
        return Some(Finding::failed(Area::NetSuite, FIELD, found, fix));
    }
    None
}

/// Whether a field of one kind can take what another would.
fn fits(wanted: PropertyKind, found: PropertyKind) -> bool {
    wanted == found
        || matches!(
            (wanted, found),
            (PropertyKind::Whole, PropertyKind::Number) | (PropertyKind::Number, PropertyKind::Whole)
        )
}

fn in_words(kind: PropertyKind) -> &'static str {
    match kind {
        PropertyKind::Text => "text",
        PropertyKind::Number => "a decimal number",
        PropertyKind::Whole => "a whole number",
        PropertyKind::CheckBox => "a check box",
        PropertyKind::Day => "a day",
        PropertyKind::Instant => "a date with time",
        PropertyKind::Reference => "an entry of a list",
        PropertyKind::Other => "of an unknown kind",
    }
}

/// The kind as NetSuite's form names it.
fn netsuite_type(kind: PropertyKind) -> &'static str {
    match kind {
        PropertyKind::Text => "Free-Form Text",
        PropertyKind::Number => "Decimal Number",
        PropertyKind::Whole => "Integer Number",
        PropertyKind::CheckBox => "Check Box",
        PropertyKind::Day => "Date",
        PropertyKind::Instant => "Date/Time",
        PropertyKind::Reference => "List/Record",
        PropertyKind::Other => "Free-Form Text",
    }
}

/// The item field that holds the SKU; it may be one of NetSuite's own.
async fn sku_field(connection: &ConnectionSettings, gate: &Gate, reach: Reach) -> Option<Finding> {
    let name = &connection.netsuite.item_sku_field;
    if !reach.queries {
        return None;
    }
    Some(match hidden_columns(gate, "item", vec![name.clone()]).await {
        Ok(hidden) if hidden.is_empty() => {
            Finding::ok(Area::NetSuite, COLUMNS, format!("items have the field {name}"))
        }
        Ok(_) => Finding::failed(
            Area::NetSuite,
            COLUMNS,
            format!("items have no field {name}, or the role cannot see it"),
            "name the item field that holds the SKU in `mapping.item_sku_field`",
        ),
        Err(error) => Finding::unanswered(Area::NetSuite, COLUMNS, &error),
    })
}

#[cfg(test)]
#[path = "fields_tests.rs"]
mod tests;
