//! Reads keys out of the tree and collects every fault on the way.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use secrecy::SecretString;

use super::effective::EffectiveKey;
use super::fault::{Fault, FaultCode};
use super::key::{Fallback, Key};
use super::keys;
use super::secret::Places;
use super::tree::{Entry, Node, Table, ValueSource};
use super::value::{self, Value};

/// A fault that the reader has already written down.
#[derive(Debug)]
pub(super) struct Faulty;

/// Reads keys; remembers faults and what was in effect.
pub(super) struct Reader<'a> {
    places: Places<'a>,
    pub(super) faults: Vec<Fault>,
    pub(super) effective: Vec<EffectiveKey>,
}

/// A table of the configuration and its place.
#[derive(Clone)]
pub(super) struct Scope<'t> {
    state: State<'t>,
    /// Place in the table of keys: `connection.netsuite`.
    pattern: String,
    /// Place as people see it: `connection[main].netsuite`.
    path: String,
}

#[derive(Clone, Copy)]
enum State<'t> {
    Present(&'t Table),
    Absent,
    /// Something else stands there; that fault is written down where unknown keys are looked for.
    Broken,
}

impl<'t> Scope<'t> {
    /// The file's top.
    pub(super) fn top(root: &'t Table) -> Self {
        Self { state: State::Present(root), pattern: String::new(), path: String::new() }
    }

    /// A connection under the label it is shown with.
    pub(super) fn connection(entry: &'t Entry, label: &str) -> Self {
        Self::member("connection", entry, label)
    }

    /// A member of a list of tables under the label it is shown with.
    pub(super) fn member(list: &str, entry: &'t Entry, label: &str) -> Self {
        let state = match &entry.node {
            Node::Table(table) => State::Present(table),
            _ => State::Broken,
        };
        Self { state, pattern: list.to_owned(), path: format!("{list}[{label}]") }
    }

    /// A table below this one, with dots between the steps.
    pub(super) fn section(&self, steps: &str) -> Self {
        steps.split('.').fold(self.clone(), |scope, step| {
            let state = match scope.state {
                State::Present(table) => match table.get(step).map(|entry| &entry.node) {
                    Some(Node::Table(below)) => State::Present(below),
                    Some(_) => State::Broken,
                    None => State::Absent,
                },
                other => other,
            };
            Self { state, pattern: join(&scope.pattern, step), path: join(&scope.path, step) }
        })
    }

    /// True when the table stands in the configuration, rightly or wrongly written.
    pub(super) fn is_given(&self) -> bool {
        !matches!(self.state, State::Absent)
    }

    /// True when a key of this table is given, not left to its default.
    pub(super) fn has(&self, key: &str) -> bool {
        matches!(self.state, State::Present(table) if table.get(key).is_some())
    }

    /// Where a key of this table is, as people see it.
    pub(super) fn path_of(&self, key: &str) -> String {
        join(&self.path, key)
    }
}

/// A place and what lies below it.
pub(super) fn join(place: &str, below: &str) -> String {
    match (place, below) {
        ("", below) => below.to_owned(),
        (place, "") => place.to_owned(),
        (place, below) => format!("{place}.{below}"),
    }
}

impl<'a> Reader<'a> {
    /// A reader that has seen nothing yet.
    pub(super) fn new(places: Places<'a>, faults: Vec<Fault>) -> Self {
        Self { places, faults, effective: Vec::new() }
    }

    /// A key that has a value in every sound configuration.
    pub(super) fn get<T: FromValue>(&mut self, scope: &Scope<'_>, key: &str) -> Result<T, Faulty> {
        match self.find(scope, key)? {
            Some(value) => Ok(value),
            None => Err(self.disagree(scope, key)),
        }
    }

    /// A key that may stay absent.
    pub(super) fn find<T: FromValue>(&mut self, scope: &Scope<'_>, key: &str) -> Result<Option<T>, Faulty> {
        let Some(value) = self.read(scope, key)? else { return Ok(None) };
        match T::from_value(value) {
            Some(value) => Ok(Some(value)),
            None => Err(self.disagree(scope, key)),
        }
    }

    /// Text of the file that a key names, its path relative to the configuration's folder.
    pub(super) fn find_file(&mut self, scope: &Scope<'_>, key: &str) -> Result<Option<String>, Faulty> {
        let Some(path) = self.find::<String>(scope, key)? else { return Ok(None) };
        let place = self.places.folder.join(path);
        std::fs::read_to_string(&place).map(Some).map_err(|error| {
            // the plain text of the error, which holds no content
            let found = format!("file {} ({})", place.display(), error.kind());
            let expected = "the path of a readable file of UTF-8 text";
            self.fault(Fault::new(scope.path_of(key), FaultCode::Unreadable, expected).found(found))
        })
    }

    /// A key whose value is one of some words.
    pub(super) fn choose<T: Copy>(
        &mut self,
        scope: &Scope<'_>,
        key: &str,
        words: &[(&str, T)],
    ) -> Result<T, Faulty> {
        let word: String = self.get(scope, key)?;
        self.pick(scope, key, words, &word)
    }

    /// What one of a key's words stands for.
    pub(super) fn pick<T: Copy>(
        &mut self,
        scope: &Scope<'_>,
        key: &str,
        words: &[(&str, T)],
        word: &str,
    ) -> Result<T, Faulty> {
        match words.iter().find(|(name, _)| *name == word) {
            Some((_, meaning)) => Ok(*meaning),
            None => Err(self.disagree(scope, key)),
        }
    }

    /// A key whose default follows from another one.
    pub(super) fn get_or(
        &mut self,
        scope: &Scope<'_>,
        key: &str,
        derived: Option<String>,
    ) -> Result<String, Faulty> {
        if let Some(given) = self.find(scope, key)? {
            return Ok(given);
        }
        // without the other key there is no default; that key's own fault is written down
        let derived = derived.ok_or(Faulty)?;
        let typed = Some(derived.clone().into());
        self.note(scope.path_of(key), Some(derived.clone()), typed, ValueSource::Default);
        Ok(derived)
    }

    /// The same for a key that is no text; `shown` is how the default is listed.
    pub(super) fn get_or_shown<T: FromValue>(
        &mut self,
        scope: &Scope<'_>,
        key: &str,
        (derived, shown): (T, &str),
    ) -> Result<T, Faulty> {
        if let Some(given) = self.find(scope, key)? {
            return Ok(given);
        }
        let typed = Some(serde_json::Value::from(shown));
        self.note(scope.path_of(key), Some(shown.to_owned()), typed, ValueSource::Default);
        Ok(derived)
    }

    /// Writes down a fault.
    pub(super) fn fault(&mut self, fault: Fault) -> Faulty {
        self.faults.push(fault);
        Faulty
    }

    fn read(&mut self, scope: &Scope<'_>, key: &str) -> Result<Option<Value>, Faulty> {
        let path = scope.path_of(key);
        let Some(known) = keys::find(&join(&scope.pattern, key)) else {
            return Err(self.disagree(scope, key));
        };
        let given = match scope.state {
            State::Present(table) => table.get(key),
            State::Absent => None,
            State::Broken => return Err(Faulty),
        };
        if let Some(entry) = given {
            return self.read_entry(known, entry, path).map(Some);
        }
        match known.default {
            Fallback::Required | Fallback::RequiredInTable => {
                Err(self.fault(Fault::new(path, FaultCode::Missing, known.kind.expected())))
            }
            Fallback::Absent => {
                self.note(path, None, None, ValueSource::Default);
                Ok(None)
            }
            Fallback::Derived(_) => Ok(None),
            Fallback::Text(text) => {
                self.read_entry(known, &Entry::text(text, ValueSource::Default), path).map(Some)
            }
        }
    }

    fn read_entry(&mut self, known: &Key, entry: &Entry, path: String) -> Result<Value, Faulty> {
        match value::read(&known.kind, entry, self.places) {
            Ok(value) => {
                let shown = value::shown(&known.kind, entry);
                let typed = value::typed(&value, &shown);
                self.note(path, Some(shown), typed, entry.source.clone());
                Ok(value)
            }
            Err(problem) => {
                let place = problem.place.unwrap_or_default();
                let expected = problem.expected.unwrap_or_else(|| known.kind.expected());
                Err(self.fault(Fault {
                    key: format!("{path}{place}"),
                    code: problem.code,
                    found: problem.found,
                    expected,
                    suggestion: problem.suggestion,
                    variable: entry.source.variable().map(str::to_owned),
                }))
            }
        }
    }

    fn note(
        &mut self,
        key: String,
        value: Option<String>,
        typed: Option<serde_json::Value>,
        source: ValueSource,
    ) {
        self.effective.push(EffectiveKey { key, value, source, typed });
    }

    /// The table of keys and the code that reads them say different things; tests read every key.
    fn disagree(&mut self, scope: &Scope<'_>, key: &str) -> Faulty {
        self.fault(Fault::new(
            scope.path_of(key),
            FaultCode::WrongType,
            "another type; please report this as a bug",
        ))
    }
}

/// Types that a key's value can have.
pub(super) trait FromValue: Sized {
    /// The value, if it has this type.
    fn from_value(value: Value) -> Option<Self>;
}

macro_rules! from_value {
    ($($type:ty: $pattern:pat => $result:expr;)+) => { $(
        impl FromValue for $type {
            fn from_value(value: Value) -> Option<Self> {
                match value {
                    $pattern => $result,
                    _ => None,
                }
            }
        }
    )+ };
}

from_value! {
    String: Value::Text(text) => Some(text);
    bool: Value::Flag(flag) => Some(flag);
    u32: Value::Whole(number) => number.try_into().ok();
    u64: Value::Whole(number) => Some(number);
    usize: Value::Whole(number) => number.try_into().ok();
    Decimal: Value::Amount(amount) => Some(amount);
    Duration: Value::Duration(duration) => Some(duration);
    DateTime<Utc>: Value::Instant(instant) => Some(instant);
    Tz: Value::Zone(zone) => Some(zone);
    SocketAddr: Value::Address(address) => Some(address);
    SecretString: Value::Secret(secret) => Some(secret);
    Vec<SecretString>: Value::Secrets(secrets) => Some(secrets);
    Vec<String>: Value::Texts(texts) => Some(texts);
    BTreeMap<String, String>: Value::Table(table) => Some(table);
}
