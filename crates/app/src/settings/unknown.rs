//! Finds keys that do not exist and tables where other things stand.

use super::fault::{Fault, FaultCode};
use super::keys::{children, find, keys};
use super::nearest::nearest;
use super::reader::join;
use super::tree::{Entry, Node, Table, connection_name};

/// Tables of which there may be several.
const LISTS: [&str; 2] = ["connection", "api.token"];

/// Writes down every key of the configuration that the table of keys does not know.
pub(super) fn unknown_keys(root: &Table, faults: &mut Vec<Fault>) {
    walk(root, "", "", faults);
}

/// How a connection is shown: by its name, else by its position.
pub(super) fn connection_label(index: usize, connection: &Entry) -> String {
    label(index, connection)
}

/// How a member of a list of tables is shown: by its name, else by its position.
pub(super) fn label(index: usize, member: &Entry) -> String {
    connection_name(member).map_or_else(|| format!("#{}", index + 1), str::to_owned)
}

fn walk(table: &Table, pattern: &str, path: &str, faults: &mut Vec<Fault>) {
    for (name, entry) in table {
        let (pattern_below, path_below) = (join(pattern, name), join(path, name));
        if find(&pattern_below).is_some() {
            continue;
        }
        if children(&pattern_below).is_empty() {
            let expected = format!("one of `{}`", children(pattern).join("`, `"));
            let fault = Fault::new(path_below, FaultCode::UnknownKey, expected);
            let variable = first_variable(entry);
            faults.push(fault.suggest(suggestion(name, pattern)).variable(variable));
            continue;
        }
        match (&entry.node, pattern_below.as_str()) {
            (Node::List(members), list) if LISTS.contains(&list) => {
                for (index, member) in members.iter().enumerate() {
                    let label = format!("{list}[{}]", label(index, member));
                    match &member.node {
                        Node::Table(below) => walk(below, list, &label, faults),
                        _ => faults.push(wrong_type(label, member, "a table")),
                    }
                }
            }
            (_, list) if LISTS.contains(&list) => {
                let expected = format!("a list of tables, each headed [[{list}]]");
                faults.push(wrong_type(path_below, entry, &expected));
            }
            (Node::Table(below), _) => walk(below, &pattern_below, &path_below, faults),
            _ => faults.push(wrong_type(path_below, entry, "a table")),
        }
    }
}

/// The value may be a misplaced secret, so only its type is named.
fn wrong_type(path: String, entry: &Entry, expected: &str) -> Fault {
    Fault::new(path, FaultCode::WrongType, expected)
        .found(entry.type_name())
        .variable(entry.source.variable())
}

/// A near miss in the same table, else the same name in another one.
fn suggestion(name: &str, pattern: &str) -> Option<String> {
    if let Some(near) = nearest(name, children(pattern)) {
        return Some(near.to_owned());
    }
    let last = |path: &'static str| path.rsplit('.').next();
    keys().find(|key| last(key.path) == Some(name)).map(|key| key.path.to_owned())
}

fn first_variable(entry: &Entry) -> Option<&str> {
    match &entry.node {
        Node::Table(table) => table.values().find_map(first_variable),
        _ => entry.source.variable(),
    }
}
