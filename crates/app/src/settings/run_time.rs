//! Values that are set while the software runs, laid over the configuration.
//!
//! They stand between environment and file: what the environment fixes stays fixed, all else they replace, key by
//! key. A table such as `mapping.ship_speed` is replaced as a whole.

use std::collections::BTreeMap;

use amz_domain::ConnectionName;
use amz_services::ports::settings_history::{
    CurrentSettings, SettingChange, SettingsDocument, SettingsVersion,
};
use serde_json::Value;

use super::fault::{ConfigurationFaults, Fault, FaultCode};
use super::nearest::nearest;
use super::tree::{Entry, Node, Table, ValueSource, connection_name};
use super::{Settings, environment, keys, tree};

/// What shall be set; `None` gives a key back to the configuration.
pub type WantedChanges = BTreeMap<String, Option<Value>>;

/// A change that is sound.
#[derive(Debug, Clone)]
pub struct SoundChange {
    /// All that is set at run time with it.
    pub document: SettingsDocument,
    /// What it does to single keys; empty when everything is so already.
    pub changes: Vec<SettingChange>,
    /// The configuration with it; `None` while something else that is set at run time keeps it faulty.
    pub settings: Option<Settings>,
}

/// Lays values over the tree, which has the environment's already.
pub(super) fn overlay(root: &mut Table, current: &CurrentSettings) {
    let Some(Node::List(connections)) = root.get_mut("connection").map(|entry| &mut entry.node) else {
        return;
    };
    for connection in connections {
        let Some(name) = connection_name(connection).map(ConnectionName::from) else { continue };
        let (Some(version), Node::Table(table)) = (current.of(&name), &mut connection.node) else { continue };
        let source = ValueSource::RunTime(version.version);
        for (key, value) in &version.document {
            let steps: Vec<&str> = key.split('.').collect();
            set(table, &steps, entry(value, &source));
        }
    }
}

/// Sets one value, unless the environment has set it or something in it.
fn set(table: &mut Table, steps: &[&str], value: Entry) {
    let [first, rest @ ..] = steps else { return };
    if rest.is_empty() {
        if table.get(*first).and_then(environment::variable_in).is_none() {
            table.insert((*first).to_owned(), value);
        }
        return;
    }
    let fresh = || Entry { node: Node::Table(Table::new()), source: value.source.clone() };
    let below = table.entry((*first).to_owned()).or_insert_with(fresh);
    // anything else than a table is a fault that is written down where unknown keys are looked for
    if let Node::Table(inner) = &mut below.node {
        set(inner, rest, value);
    }
}

fn entry(value: &Value, source: &ValueSource) -> Entry {
    let node = match value {
        // absent, as the empty text is
        Value::Null => Node::Text(String::new()),
        Value::Bool(flag) => Node::Flag(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Node::Whole(whole),
            None => Node::Fraction(number.to_string()),
        },
        Value::String(text) => Node::Text(text.clone()),
        Value::Array(list) => Node::List(list.iter().map(|member| entry(member, source)).collect()),
        Value::Object(rows) => {
            Node::Table(rows.iter().map(|(key, row)| (key.clone(), entry(row, source))).collect())
        }
    };
    Entry { node, source: source.clone() }
}

/// A value that somebody typed: a list or a table as TOML or JSON writes them, else text. `None` for text that begins
/// like a list or a table and is none.
pub fn value_of_text(text: &str) -> Option<Value> {
    if !text.trim_start().starts_with(['[', '{']) {
        return Some(Value::String(text.to_owned()));
    }
    serde_json::from_str(text).ok().or_else(|| {
        let parsed = tree::parse(&format!("value = {text}")).ok()?;
        Some(plain(&parsed.get("value")?.node))
    })
}

fn plain(node: &Node) -> Value {
    match node {
        Node::Text(text) | Node::Fraction(text) => text.clone().into(),
        Node::Whole(number) => (*number).into(),
        Node::Flag(flag) => (*flag).into(),
        Node::List(list) => list.iter().map(|member| plain(&member.node)).collect(),
        Node::Table(rows) => rows.iter().map(|(key, row)| (key.clone(), plain(&row.node))).collect(),
    }
}

impl Settings {
    /// The same configuration with what is set at run time laid over the file, below the environment. What was set
    /// before counts no more; values of connections that are not configured wait.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn at_run_time(&self, current: &CurrentSettings) -> Result<Self, ConfigurationFaults> {
        Self::read(self.source.clone(), current)
    }

    /// What a change of one connection's settings comes to. The configuration is checked as a whole, with what is
    /// set of other connections.
    ///
    /// When what is set is faulty already, a change that only gives keys back may leave some of its faults, so that
    /// one connection after the other can be put right.
    ///
    /// A key that the configuration fixes can still be given back: what was set of it before has no effect.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn change(
        &self,
        current: &CurrentSettings,
        connection: &ConnectionName,
        wanted: &WantedChanges,
    ) -> Result<SoundChange, ConfigurationFaults> {
        let before = current.of(connection);
        let mut document = before.map(|version| version.document.clone()).unwrap_or_default();
        let mut faults = Vec::new();
        for (key, value) in wanted {
            if value.is_none() && document.remove(key).is_some() {
                continue;
            }
            match (self.refusal(connection, key), value) {
                (Some(fault), _) => faults.push(fault),
                (None, Some(value)) => {
                    document.insert(key.clone(), value.clone());
                }
                (None, None) => {}
            }
        }
        let number = before.map_or(0, |version| version.version).saturating_add(1);
        let with = self.at_run_time(&current.clone().with(connection, number, document.clone()));
        // what is stored may be faulty by now: then there is no value in effect before
        let old = self.at_run_time(current);
        let only_gives_back = wanted.values().all(Option::is_none);
        let settings = match (with, &old) {
            (Ok(settings), _) if faults.is_empty() => Some(settings),
            (Ok(_), _) => return Err(ConfigurationFaults::new(faults)),
            (Err(left), Err(before)) if faults.is_empty() && only_gives_back && left.is_less_than(before) => {
                None
            }
            (Err(others), _) => {
                faults.extend(others.into_faults());
                return Err(ConfigurationFaults::new(faults));
            }
        };
        let set_before = before.map(|version| &version.document);
        let changes = wanted
            .keys()
            .filter(|key| document.get(*key) != set_before.and_then(|before| before.get(*key)))
            .map(|key| SettingChange {
                key: key.clone(),
                before: old.as_ref().ok().and_then(|old| old.value(connection, key)),
                after: settings.as_ref().and_then(|settings| settings.value(connection, key)),
            })
            .collect();
        Ok(SoundChange { document, changes, settings })
    }

    /// The value in effect of a connection's key; `None` when it has none, or a secret one.
    pub fn value(&self, connection: &ConnectionName, key: &str) -> Option<Value> {
        let path = path(connection, key);
        self.effective.keys().iter().find(|known| known.key == path)?.typed.clone()
    }

    /// Why a key cannot be set at run time.
    fn refusal(&self, connection: &ConnectionName, key: &str) -> Option<Fault> {
        let full = format!("connection.{key}");
        let fault = |code, expected: &str| Fault::new(path(connection, key), code, expected);
        let Some(known) = keys::find(&full) else {
            let changeable = keys::keys().filter(|key| key.is_changeable());
            let names = changeable.filter_map(|key| key.path.strip_prefix("connection."));
            let expected = "a whole key that can be set at run time (docs/CONFIG.md names them)";
            let suggestion = nearest(key, names.collect::<Vec<_>>()).map(str::to_owned);
            return Some(fault(FaultCode::UnknownKey, expected).suggest(suggestion));
        };
        if !known.is_changeable() {
            let expected =
                "a key that can be set at run time; this one takes a new configuration and a restart";
            return Some(fault(FaultCode::KeyNotChangeable, expected));
        }
        let variable = self.fixing_variable(connection, key)?;
        let expected = "a key that no environment variable fixes";
        Some(fault(FaultCode::KeyFixedByEnvironment, expected).variable(Some(&variable)))
    }

    /// The environment variable that sets a key, or a row of it.
    fn fixing_variable(&self, connection: &ConnectionName, key: &str) -> Option<String> {
        let mut root = tree::parse(self.source.text()).ok()?;
        environment::overlay(&mut root, self.source.environment(), &mut Vec::new());
        let Node::List(connections) = &root.get("connection")?.node else { return None };
        let named = |entry: &&Entry| connection_name(entry) == Some(connection.as_str());
        let mut found = connections.iter().find(named)?;
        for step in key.split('.') {
            let Node::Table(table) = &found.node else { return None };
            found = table.get(step)?;
        }
        environment::variable_in(found).map(str::to_owned)
    }
}

/// A key as people see it.
fn path(connection: &ConnectionName, key: &str) -> String {
    format!("connection[{connection}].{key}")
}

/// What would be current with other values of one connection.
trait With {
    fn with(self, connection: &ConnectionName, version: u64, document: SettingsDocument) -> Self;
}

impl With for CurrentSettings {
    fn with(mut self, connection: &ConnectionName, version: u64, document: SettingsDocument) -> Self {
        self.latest.retain(|other| other.connection != *connection);
        self.latest.push(SettingsVersion {
            connection: connection.clone(),
            version,
            document,
            changes: Vec::new(),
            by: String::new(),
            at: chrono::DateTime::UNIX_EPOCH,
            note: String::new(),
        });
        self
    }
}
