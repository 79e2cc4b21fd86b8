//! Environment variables laid over the configuration file.

use std::collections::BTreeMap;

use super::fault::{Fault, FaultCode};
use super::nearest::nearest;
use super::tree::{Entry, Node, Table, ValueSource, connection_name, environment_form};

/// Beginning of every variable that sets a key.
const PREFIX: &str = "AMZ__";

/// Lays every `AMZ__SECTION__KEY` variable over the tree.
pub(super) fn overlay(root: &mut Table, environment: &BTreeMap<String, String>, faults: &mut Vec<Fault>) {
    add_connections(root, environment);
    for (variable, value) in environment {
        let Some(place) = variable.strip_prefix(PREFIX) else { continue };
        let lower = place.to_ascii_lowercase();
        let segments: Vec<&str> = lower.split("__").collect();
        let result = if place != place.to_ascii_uppercase() {
            let suggestion = format!("{PREFIX}{}", place.to_ascii_uppercase());
            Err(Box::new(unknown(variable, &segments.join(".")).suggest(Some(suggestion))))
        } else if segments.iter().any(|segment| segment.is_empty()) {
            Err(Box::new(unknown(variable, &segments.join("."))))
        } else if let ["connection", name, rest @ ..] = segments.as_slice() {
            set_in_connection(root, variable, value, name, rest)
        } else {
            set(root, &segments, variable, value)
        };
        faults.extend(result.err().map(|fault| *fault));
    }
}

fn unknown(variable: &str, key: &str) -> Fault {
    Fault::new(
        key,
        FaultCode::UnknownKey,
        "AMZ__SECTION__KEY in capitals, or AMZ__CONNECTION__<NAME>__SECTION__KEY",
    )
    .variable(Some(variable))
}

/// Adds a connection for every `AMZ__CONNECTION__<NAME>__NAME` that addresses none yet.
///
/// Without that variable an unknown connection is a mistake, so that a mistyped name does not pass silently.
fn add_connections(root: &mut Table, environment: &BTreeMap<String, String>) {
    for (variable, value) in environment {
        let segment = variable.strip_prefix("AMZ__CONNECTION__").and_then(|rest| rest.strip_suffix("__NAME"));
        let Some(segment) = segment.filter(|segment| !segment.is_empty() && !segment.contains("__")) else {
            continue;
        };
        if value.is_empty() || connection(root, segment).is_some() {
            continue;
        }
        let source = ValueSource::Environment(variable.clone());
        let named = Table::from([("name".to_owned(), Entry::text(value, source.clone()))]);
        let added = Entry { node: Node::Table(named), source: source.clone() };
        let list =
            root.entry("connection".to_owned()).or_insert(Entry { node: Node::List(Vec::new()), source });
        if let Node::List(connections) = &mut list.node {
            connections.push(added);
        }
    }
}

/// The connection whose name's environment form is the segment.
fn connection<'t>(root: &'t mut Table, segment: &str) -> Option<&'t mut Table> {
    let Node::List(connections) = &mut root.get_mut("connection")?.node else { return None };
    let found = connections.iter_mut().find(|connection| {
        connection_name(connection).is_some_and(|name| environment_form(name).eq_ignore_ascii_case(segment))
    })?;
    match &mut found.node {
        Node::Table(table) => Some(table),
        _ => None,
    }
}

fn set_in_connection(
    root: &mut Table,
    variable: &str,
    value: &str,
    segment: &str,
    rest: &[&str],
) -> Result<(), Box<Fault>> {
    if let Some(table) = connection(root, segment) {
        if rest == ["name"] && environment_form(value).eq_ignore_ascii_case(segment) {
            return set(table, rest, variable, value);
        }
        if rest == ["name"] {
            let expected = format!("a name that the environment spells {}", segment.to_ascii_uppercase());
            let fault = Fault::new(format!("connection[{segment}].name"), FaultCode::Conflicting, expected);
            return Err(Box::new(fault.found(format!("{value:?}")).variable(Some(variable))));
        }
        if !rest.is_empty() {
            return set(table, rest, variable, value);
        }
    }
    let names: Vec<String> = match root.get("connection").map(|connections| &connections.node) {
        Some(Node::List(list)) => list.iter().filter_map(connection_name).map(environment_form).collect(),
        _ => Vec::new(),
    };
    let place = if rest.is_empty() { "NAME" } else { &rest.join("__").to_ascii_uppercase() };
    let suggestion = nearest(segment, names.iter().map(String::as_str))
        .map(|name| format!("AMZ__CONNECTION__{name}__{place}"));
    let expected = "a connection of the file, or one that AMZ__CONNECTION__<NAME>__NAME adds";
    let fault = Fault::new(format!("connection[{segment}]"), FaultCode::UnknownKey, expected);
    Err(Box::new(fault.variable(Some(variable)).suggest(suggestion)))
}

/// Sets one value, making the tables on its way.
fn set(table: &mut Table, path: &[&str], variable: &str, value: &str) -> Result<(), Box<Fault>> {
    let source = ValueSource::Environment(variable.to_owned());
    let [first, rest @ ..] = path else { return Err(Box::new(unknown(variable, ""))) };
    if rest.is_empty() {
        let replaced = table.insert((*first).to_owned(), Entry::text(value, source));
        // the variable that added a connection has set its name already
        return match replaced.as_ref().and_then(variable_in) {
            Some(other) if other != variable => Err(Box::new(both(variable, other))),
            _ => Ok(()),
        };
    }
    let fresh = Entry { node: Node::Table(Table::new()), source };
    let below = table.entry((*first).to_owned()).or_insert_with(|| fresh.clone());
    // `KEY__ENV` and `KEY__FILE` say where a secret is and replace whatever form the file gave it
    let reference = matches!(rest, ["env" | "file"]);
    if !matches!(below.node, Node::Table(_)) || (reference && variable_in(below).is_none()) {
        if let Some(other) = variable_in(below) {
            return Err(Box::new(both(variable, other)));
        }
        *below = fresh;
    }
    match &mut below.node {
        Node::Table(inner) => set(inner, rest, variable, value),
        _ => Ok(()),
    }
}

/// A variable that set the value or something in it.
pub(super) fn variable_in(entry: &Entry) -> Option<&str> {
    match &entry.node {
        Node::Table(table) => table.values().find_map(variable_in),
        _ => entry.source.variable(),
    }
}

fn both(variable: &str, other: &str) -> Fault {
    let key = variable.trim_start_matches(PREFIX).to_ascii_lowercase().replace("__", ".");
    Fault::new(key, FaultCode::Conflicting, "one of two environment variables that set the same key")
        .found(other)
        .variable(Some(variable))
}
