//! One record as it is kept: properties, lines, and what it follows from.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SubsecRound, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::number::member;
use super::records::types::RecordType;

/// Members of a JSON object.
pub(crate) type Fields = Map<String, Value>;

/// Where an order or a return authorization stands with approval; the rest of its status follows from other
/// records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Approval {
    /// Waits for approval.
    Pending,
    /// Approved.
    Approved,
    /// Cancelled by staff.
    Cancelled,
}

/// One line of a sublist.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    /// Properties. References are kept as `{"id": …}`, enumerations likewise.
    pub(crate) fields: Fields,
    /// Quantity shipped before the record came to the sandbox, so without a fulfilment here.
    pub(crate) fulfilled_before: Decimal,
    /// Quantity billed likewise, without a bill here.
    pub(crate) billed_before: Decimal,
    /// Received without going back into stock; the record service does not show it.
    pub(crate) kept_out: bool,
}

impl Line {
    /// Line number.
    pub(crate) fn number(&self) -> u64 {
        integer(self.fields.get("line"))
    }
}

/// One record.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// Internal id.
    pub(crate) id: u64,
    /// Its type.
    pub(crate) kind: RecordType,
    /// External id.
    pub(crate) external_id: Option<String>,
    /// Body properties.
    pub(crate) fields: Fields,
    /// Sublists by name.
    pub(crate) lines: BTreeMap<&'static str, Vec<Line>>,
    /// Approval; only sales orders and return authorizations use it.
    pub(crate) approval: Approval,
    /// Whether staff voided it.
    pub(crate) voided: bool,
    /// Tax that stands on no line.
    pub(crate) tax_beside_lines: Decimal,
    /// Creation time.
    pub(crate) created: DateTime<Utc>,
    /// Time of the last save, whole seconds.
    pub(crate) modified: DateTime<Utc>,
}

impl Record {
    /// An empty record without id.
    pub(crate) fn new(kind: RecordType, now: DateTime<Utc>) -> Self {
        let now = now.trunc_subsecs(0);
        let lines = kind.sublists.iter().map(|list| (list.name, Vec::new())).collect();
        Self {
            id: 0,
            kind,
            external_id: None,
            fields: Fields::new(),
            lines,
            approval: Approval::Approved,
            voided: false,
            tax_beside_lines: Decimal::ZERO,
            created: now,
            modified: now,
        }
    }

    /// Lines of a sublist.
    pub(crate) fn lines_of(&self, sublist: &str) -> &[Line] {
        self.lines.get(sublist).map_or(&[], Vec::as_slice)
    }

    /// Lines of the sublist that makes up the transaction.
    pub(crate) fn main_lines(&self) -> &[Line] {
        self.lines.get("inventory").map_or_else(|| self.lines_of("item"), Vec::as_slice)
    }

    /// Text of a body property; the id of references and enumerations.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.fields.get(name).and_then(plain)
    }

    /// Whether it is of this type.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.kind.name == name
    }

    /// The transaction it was made from; zero when from none.
    pub(crate) fn source(&self) -> u64 {
        integer(self.fields.get("createdFrom"))
    }

    /// Transactions it is applied to, with the amounts.
    pub(crate) fn applications(&self) -> impl Iterator<Item = (u64, Decimal)> {
        let lines = self.lines_of("apply").iter();
        lines.map(|line| (integer(line.fields.get("doc")), member(&line.fields, "amount")))
    }

    /// Transactions it follows from: its source, and what it is applied to.
    pub(crate) fn previous(&self) -> BTreeSet<u64> {
        let applied = self.applications().map(|(document, _)| document);
        applied.chain([self.source()]).filter(|id| *id != 0).collect()
    }
}

/// A scalar as text, a reference or enumeration by its id.
pub(crate) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Object(members) => members.get("id").and_then(plain),
        other => Some(other.to_string()),
    }
}

/// A whole number given as a number, a text or a reference; zero when it is none of them.
pub(crate) fn integer(value: Option<&Value>) -> u64 {
    value.and_then(plain).and_then(|text| text.parse().ok()).unwrap_or_default()
}
