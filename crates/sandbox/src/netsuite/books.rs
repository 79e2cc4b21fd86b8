//! All records of the account, with the indexes that look-ups need.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, SubsecRound, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::errors::Refusal;
use super::item_index::ItemIndex;
use super::number::member;
use super::periods::Month;
use super::records::types::{Group, RecordType, record_type, transaction};
use super::settings::NetSuiteSettings;
use super::stock::Stock;
use axum::http::StatusCode;

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

#[derive(Debug, Default)]
struct Shelf {
    records: BTreeMap<u64, Record>,
    external: HashMap<String, u64>,
    highest: u64,
}

/// The account's records.
#[derive(Debug)]
pub(crate) struct Books {
    /// Settings of the account.
    pub(crate) settings: NetSuiteSettings,
    /// Display names of list entries the sandbox does not keep as records, by field and id.
    pub(crate) names: HashMap<(String, String), String>,
    shelves: BTreeMap<Group, Shelf>,
    by_type: HashMap<String, BTreeSet<u64>>,
    followers: HashMap<u64, BTreeSet<u64>>,
    /// Accounting periods that staff closed.
    pub(crate) closed_months: BTreeSet<Month>,
    last_unique_key: u64,
    /// What stands where.
    pub(crate) stock: Stock,
    /// Items by what their fields hold.
    pub(crate) item_index: ItemIndex,
}

impl Books {
    /// Empty books.
    pub(crate) fn new(settings: NetSuiteSettings) -> Self {
        Self {
            settings,
            names: HashMap::new(),
            shelves: BTreeMap::new(),
            by_type: HashMap::new(),
            followers: HashMap::new(),
            closed_months: BTreeSet::new(),
            last_unique_key: 40_000,
            stock: Stock::default(),
            item_index: ItemIndex::default(),
        }
    }

    /// Finds a record type by path segment.
    ///
    /// # Errors
    /// 404 when the account has no such type.
    pub(crate) fn record_type(&self, name: &str) -> Result<RecordType, Refusal> {
        record_type(name, &self.settings).ok_or_else(|| {
            let detail = format!("Record type '{name}' does not exist.");
            Refusal::new(StatusCode::NOT_FOUND, "RCRD_DSNT_EXIST", detail)
        })
    }

    /// A record by group and internal id.
    pub(crate) fn get(&self, group: &Group, id: u64) -> Option<&Record> {
        self.shelves.get(group)?.records.get(&id)
    }

    /// A record by group and external id.
    pub(crate) fn by_external_id(&self, group: &Group, external_id: &str) -> Option<&Record> {
        let shelf = self.shelves.get(group)?;
        shelf.records.get(shelf.external.get(external_id)?)
    }

    /// Every record of a group, by id.
    pub(crate) fn all(&self, group: &Group) -> impl Iterator<Item = &Record> {
        self.shelves.get(group).into_iter().flat_map(|shelf| shelf.records.values())
    }

    /// Records of a group from this id on, by id.
    pub(crate) fn from<'a>(
        &'a self,
        group: &Group,
        first: u64,
    ) -> impl Iterator<Item = &'a Record> + use<'a> {
        self.shelves
            .get(group)
            .into_iter()
            .flat_map(move |shelf| shelf.records.range(first..))
            .map(|(_, record)| record)
    }

    /// Items whose column has this text, exactly; see [`ItemIndex`].
    pub(crate) fn items_by(&self, column: &str, text: &str) -> Vec<u64> {
        self.item_index.find(column, text, || self.all(&Group::Item))
    }

    /// Every transaction of a type, by id.
    pub(crate) fn transactions(&self, name: &str) -> impl Iterator<Item = &Record> {
        let ids = self.by_type.get(name).into_iter().flatten();
        ids.filter_map(|id| self.get(&Group::Transaction, *id))
    }

    /// Transactions made from this one or applied to it, by id.
    pub(crate) fn followers_of(&self, id: u64) -> impl Iterator<Item = &Record> {
        let ids = self.followers.get(&id).into_iter().flatten();
        ids.filter_map(|id| self.get(&Group::Transaction, *id))
    }

    /// Transactions made from this one, by id.
    pub(crate) fn made_from(&self, id: u64) -> impl Iterator<Item = &Record> {
        self.followers_of(id).filter(move |follower| follower.source() == id)
    }

    /// Fulfilments made from an order, by id.
    pub(crate) fn fulfillments_of(&self, order: u64) -> impl Iterator<Item = &Record> {
        self.made_from(order).filter(|follower| follower.is("itemFulfillment"))
    }

    /// Changes a record in place. The caller keeps ids, external id and type as they are.
    pub(crate) fn edit(&mut self, group: &Group, id: u64) -> Option<&mut Record> {
        self.shelves.get_mut(group)?.records.get_mut(&id)
    }

    /// Saves a record: a new one (id zero) gets the next id. Keeps the indexes.
    ///
    /// # Errors
    /// 400 when the external id belongs to another record of the group.
    pub(crate) fn save(&mut self, mut record: Record) -> Result<u64, Refusal> {
        let duplicate = |code: &str| {
            Refusal::new(
                StatusCode::BAD_REQUEST,
                code,
                "Error while accessing a resource. This record already exists",
            )
        };
        let group = record.kind.group.clone();
        let shelf = self
            .shelves
            .entry(group.clone())
            .or_insert_with(|| Shelf { highest: first_id(&group) - 1, ..Shelf::default() });
        if let Some(external_id) = &record.external_id
            && shelf.external.get(external_id).is_some_and(|holder| *holder != record.id)
        {
            return Err(duplicate(&self.settings.duplicate_code));
        }
        if record.id == 0 {
            record.id = shelf.highest.saturating_add(1);
        }
        let id = record.id;
        shelf.highest = shelf.highest.max(id);
        if let Some(before) = shelf.records.get(&id).and_then(|before| before.external_id.clone()) {
            shelf.external.remove(&before);
        }
        if let Some(external_id) = &record.external_id {
            shelf.external.insert(external_id.clone(), id);
        }
        if group == Group::Transaction {
            self.by_type.entry(record.kind.name.clone()).or_default().insert(id);
            for gone in shelf.records.get(&id).map(Record::previous).unwrap_or_default() {
                if let Some(ids) = self.followers.get_mut(&gone) {
                    ids.remove(&id);
                }
            }
            for previous in record.previous() {
                self.followers.entry(previous).or_default().insert(id);
            }
        }
        let before = shelf.records.insert(id, record);
        if group == Group::Item {
            self.item_index.moved(before.as_ref(), shelf.records.get(&id));
        }
        Ok(id)
    }

    /// Deletes a record and what the indexes know of it.
    pub(crate) fn remove(&mut self, group: &Group, id: u64) -> Option<Record> {
        let shelf = self.shelves.get_mut(group)?;
        let record = shelf.records.remove(&id)?;
        if *group == Group::Item {
            self.item_index.moved(Some(&record), None);
        }
        if let Some(external_id) = &record.external_id {
            shelf.external.remove(external_id);
        }
        if let Some(ids) = self.by_type.get_mut(&record.kind.name) {
            ids.remove(&id);
        }
        for previous in record.previous() {
            if let Some(ids) = self.followers.get_mut(&previous) {
                ids.remove(&id);
            }
        }
        Some(record)
    }

    /// Finds a record by the id part of a URL: digits, or `eid:` and an external id.
    ///
    /// # Errors
    /// 404 when there is none of this type, 400 when the id cannot be read.
    pub(crate) fn find(&self, kind: &RecordType, id: &str) -> Result<&Record, Refusal> {
        let found = match id.strip_prefix("eid:") {
            Some(external_id) => self.by_external_id(&kind.group, checked_external_id(external_id)?),
            None => id.parse().ok().and_then(|id| self.get(&kind.group, id)),
        };
        found.filter(|record| record.kind.name == kind.name).ok_or_else(|| {
            Refusal::absent(format!(
                "The record instance does not exist. Provide a valid record instance ID: {id}."
            ))
            .at(super::errors::Place::Url(id.to_owned()))
        })
    }

    /// A line key that no other line has.
    pub(crate) fn next_unique_key(&mut self) -> u64 {
        self.last_unique_key = self.last_unique_key.saturating_add(1);
        self.last_unique_key
    }

    /// Makes sure that `key` is not handed out again.
    pub(crate) fn claim_unique_key(&mut self, key: u64) {
        self.last_unique_key = self.last_unique_key.max(key);
    }

    /// What people see instead of the id of a reference.
    pub(crate) fn display_name(&self, group: &Group, id: u64) -> Option<String> {
        let record = self.get(group, id)?;
        let first = |names: &[&str]| names.iter().find_map(|name| record.text(name));
        match group {
            Group::Transaction => {
                let title = transaction(&record.kind.name).map_or("Transaction", |known| known.title);
                Some(format!("{title} #{}", record.text("tranId").unwrap_or_default()))
            }
            Group::Entity => first(&["entityId", "companyName"]),
            Group::Item => first(&["itemId", "displayName"]),
            Group::Location | Group::Custom(_) => first(&["name"]),
            Group::Bin => first(&["binNumber"]),
        }
    }

    /// The record a reference points at, for messages and answers: `{"id", "refName"}`.
    pub(crate) fn reference(&self, group: &Group, id: u64) -> Value {
        json!({"id": id.to_string(), "refName": self.display_name(group, id).unwrap_or_default()})
    }
}

/// Reads the external id of an `eid:` address.
///
/// # Errors
/// 400 when it holds anything but letters, digits, `_` and `-`.
pub(crate) fn checked_external_id(external_id: &str) -> Result<&str, Refusal> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !external_id.is_empty() && external_id.chars().all(allowed) {
        return Ok(external_id);
    }
    Err(Refusal::request(
        "Invalid external ID: only letters, digits, underscores and hyphens can be addressed.",
    )
    .at(super::errors::Place::Url(format!("eid:{external_id}"))))
}

fn first_id(group: &Group) -> u64 {
    match group {
        Group::Transaction => 10_001,
        Group::Entity => 601,
        Group::Item => 301,
        Group::Location | Group::Bin | Group::Custom(_) => 1,
    }
}
