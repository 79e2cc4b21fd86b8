//! All records of the account, with the indexes that look-ups need.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::errors::Refusal;
use super::item_index::ItemIndex;
use super::periods::Month;
pub(crate) use super::record::{Approval, Fields, Line, Record, integer, plain};
use super::records::saves::Saved;
use super::records::types::{Group, RecordType, record_type, transaction};
use super::settings::NetSuiteSettings;
use super::stock::Stock;
use axum::http::StatusCode;

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
    /// Saves that nobody was told of yet.
    pub(crate) saved: Vec<Saved>,
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
            saved: Vec::new(),
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
            Group::Location | Group::Subsidiary | Group::Custom(_) => first(&["name"]),
            Group::Account => first(&["acctName", "acctNumber"]),
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
        Group::Location | Group::Bin | Group::Account | Group::Subsidiary | Group::Custom(_) => 1,
    }
}
