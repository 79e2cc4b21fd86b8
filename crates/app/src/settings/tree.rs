//! The configuration as a tree of values that know where they came from.

use std::collections::BTreeMap;

use config::{File, FileFormat, Source as _, Value, ValueKind};
use serde::Serialize;

use super::fault::{Fault, FaultCode};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueSource {
    /// The configuration file.
    File,
    /// An environment variable, by name.
    Environment(String),
    /// Nobody set it.
    Default,
    /// It was set at run time; this is the version of its connection's settings that is in effect.
    RunTime(u64),
}

impl ValueSource {
    /// The environment variable, if one set the value.
    pub(super) fn variable(&self) -> Option<&str> {
        match self {
            Self::Environment(name) => Some(name),
            Self::File | Self::Default | Self::RunTime(_) => None,
        }
    }
}

/// A table of the configuration.
pub(super) type Table = BTreeMap<String, Entry>;

/// A value and its source.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) node: Node,
    pub(super) source: ValueSource,
}

/// A value as the file's syntax has it.
#[derive(Clone)]
pub(super) enum Node {
    Text(String),
    Whole(i64),
    /// A number with a fraction, as text.
    Fraction(String),
    Flag(bool),
    List(Vec<Entry>),
    Table(Table),
}

impl Entry {
    /// Text that nobody wrote into the file.
    pub(super) fn text(text: &str, source: ValueSource) -> Self {
        Self { node: Node::Text(text.to_owned()), source }
    }

    /// The value's type, for messages about values that may be secret.
    pub(super) fn type_name(&self) -> &'static str {
        match &self.node {
            Node::Text(_) => "text",
            Node::Whole(_) => "a whole number",
            Node::Fraction(_) => "a number with a fraction",
            Node::Flag(_) => "true or false",
            Node::List(_) => "a list",
            Node::Table(_) => "a table",
        }
    }
}

/// Reads a TOML document.
///
/// # Errors
/// [`FaultCode::NotToml`] with line and column, never with the line itself: it may hold a secret.
pub(super) fn parse(text: &str) -> Result<Table, Box<Fault>> {
    let document = File::from_str(text, FileFormat::Toml).collect();
    let values = document.map_err(|error| {
        let text = match error {
            config::ConfigError::FileParse { cause, .. } => cause.to_string(),
            other => other.to_string(),
        };
        Box::new(Fault::new("", FaultCode::NotToml, "a TOML document").found(without_excerpt(&text)))
    })?;
    Ok(values.into_iter().map(|(key, value)| (key, entry(value))).collect())
}

/// A parser's message without the three lines that quote the document.
fn without_excerpt(message: &str) -> String {
    let lines = message.lines().enumerate().filter(|(index, _)| !(1..=3).contains(index));
    lines.map(|(_, line)| line).collect::<Vec<_>>().join(": ")
}

fn entry(value: Value) -> Entry {
    let node = match value.kind {
        ValueKind::Boolean(flag) => Node::Flag(flag),
        ValueKind::I64(number) => Node::Whole(number),
        ValueKind::Float(number) => Node::Fraction(number.to_string()),
        ValueKind::Table(table) => {
            Node::Table(table.into_iter().map(|(key, value)| (key, entry(value))).collect())
        }
        ValueKind::Array(list) => Node::List(list.into_iter().map(entry).collect()),
        ValueKind::String(text) => Node::Text(text),
        // TOML has none of these
        other @ (ValueKind::Nil | ValueKind::I128(_) | ValueKind::U64(_) | ValueKind::U128(_)) => {
            Node::Text(other.to_string())
        }
    };
    Entry { node, source: ValueSource::File }
}

/// The environment's spelling of a connection's name: capitals, everything but letters and digits as `_`.
pub(super) fn environment_form(name: &str) -> String {
    let spell = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    name.chars().map(spell).collect()
}

/// The name of a connection's table, if it has one.
pub(super) fn connection_name(connection: &Entry) -> Option<&str> {
    let Node::Table(table) = &connection.node else { return None };
    match &table.get("name")?.node {
        Node::Text(name) if !name.is_empty() => Some(name),
        _ => None,
    }
}
