//! Items: which SKU they have at Amazon, and what kits consist of.
//!
//! Source: NetSuite REST API Browser, record `kitItem`. That its parts are the sublist `member` with `item` and
//! `quantity` is inferred from the other interfaces of NetSuite.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use amz_domain::{ItemId, Quantity, Sku};
use amz_services::failure::PortError;
use amz_services::ports::Items;
use amz_services::ports::netsuite::KitMember;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::NetSuite;
use super::reading::{FieldProblem, Node};
use super::record_service::{Operations, Record, RecordKey, record_operations};
use super::settings::LARGEST_PAGE;
use super::suiteql::{Query, column};

const OPERATION: &str = "item.skus";

/// The record type `kitItem`.
#[derive(Debug, Clone, Copy)]
struct KitItemRecord;

impl Record for KitItemRecord {
    const PATH: &'static str = "kitItem";
    const OPERATIONS: Operations = record_operations!("kitItem");
}

/// What is remembered is read anew after this long, so that a corrected item takes effect.
const REMEMBERED: TimeDelta = TimeDelta::hours(1);

/// Items remembered at most.
const CAPACITY: usize = 50_000;

/// What was read lately about items. That something is missing is not remembered: staff will add it and try again.
#[derive(Debug)]
pub(super) struct Remembered<Fact>(Mutex<HashMap<ItemId, (Fact, DateTime<Utc>)>>);

impl<Fact> Default for Remembered<Fact> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Fact: Clone> Remembered<Fact> {
    fn get(&self, item: &ItemId, now: DateTime<Utc>) -> Option<Fact> {
        let known = self.lock();
        known.get(item).filter(|(_, read_at)| now - *read_at < REMEMBERED).map(|(fact, _)| fact.clone())
    }

    fn keep(&self, item: ItemId, fact: Fact, now: DateTime<Utc>) {
        let mut known = self.lock();
        if known.len() >= CAPACITY && !known.contains_key(&item) {
            known.retain(|_, (_, read_at)| now - *read_at < REMEMBERED);
            if known.len() >= CAPACITY {
                known.clear();
            }
        }
        known.insert(item, (fact, now));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ItemId, (Fact, DateTime<Utc>)>> {
        // every entry is valid by itself, whatever happened to another holder
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Items for NetSuite {
    async fn skus(&self, items: &[ItemId]) -> Result<HashMap<ItemId, Sku>, PortError> {
        let now = self.now();
        let mut found = HashMap::new();
        let mut unknown = Vec::new();
        for item in items {
            match self.known_skus().get(item, now) {
                Some(sku) => drop(found.insert(item.clone(), sku)),
                None => unknown.push(item.as_str().to_owned()),
            }
        }
        unknown.sort_unstable();
        unknown.dedup();
        for ids in unknown.chunks(LARGEST_PAGE as usize) {
            let field = &self.settings().item_sku_field;
            let marks = vec!["?"; ids.len()].join(", ");
            let query = Query {
                operation: OPERATION,
                text: format!("SELECT id, {field} FROM item WHERE id IN ({marks})"),
                parameters: ids.to_vec(),
                limit: LARGEST_PAGE,
            };
            for row in self.rest().query(query).await?.rows {
                let item = ItemId::new(column(&row, "id", OPERATION)?);
                let sku = row.get(&field.to_lowercase()).map(|sku| sku.trim()).filter(|sku| !sku.is_empty());
                if let Some(sku) = sku.map(Sku::from) {
                    self.known_skus().keep(item.clone(), sku.clone(), now);
                    found.insert(item, sku);
                }
            }
        }
        Ok(found)
    }

    async fn kit_members(&self, kit: &ItemId) -> Result<Vec<KitMember>, PortError> {
        let now = self.now();
        if let Some(members) = self.known_kits().get(kit, now) {
            return Ok(members);
        }
        let key = RecordKey::Internal(kit.as_str());
        let Some(document) = self.records().get::<KitItemRecord>(key).await? else { return Ok(Vec::new()) };
        let members = kit_members(&Node::document(&document))
            .map_err(|problem| problem.into_port_error(KitItemRecord::OPERATIONS.get))?;
        self.known_kits().keep(kit.clone(), members.clone(), now);
        Ok(members)
    }
}

fn kit_members(kit: &Node<'_>) -> Result<Vec<KitMember>, FieldProblem> {
    let member = |line: &Node<'_>| {
        let (item, quantity) = (line.field("item"), line.field("quantity"));
        let units = quantity.decimal()?.and_then(|units| Quantity::try_from(units).ok());
        Ok(KitMember {
            item: item.require(item.id()?, "an item")?.into(),
            quantity: quantity.require(units, "a whole number of units")?,
        })
    };
    kit.field("member").lines()?.iter().map(member).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sku_is_remembered_for_an_hour() {
        let known = Remembered::<Sku>::default();
        let read_at = DateTime::UNIX_EPOCH;
        known.keep("7".into(), "MUG".into(), read_at);
        assert_eq!(known.get(&"7".into(), read_at + TimeDelta::minutes(59)), Some("MUG".into()));
        assert_eq!(known.get(&"7".into(), read_at + REMEMBERED), None);
        assert_eq!(known.get(&"8".into(), read_at), None);
    }

    #[test]
    fn memory_stays_bounded() {
        let known = Remembered::<Sku>::default();
        for id in 0..=CAPACITY {
            known.keep(id.to_string().into(), "MUG".into(), DateTime::UNIX_EPOCH);
        }
        assert!(known.lock().len() <= CAPACITY);
        assert_eq!(known.get(&CAPACITY.to_string().into(), DateTime::UNIX_EPOCH), Some("MUG".into()));
    }

    #[test]
    fn a_kit_names_its_members_and_how_many_of_each() {
        let kit = serde_json::from_str(include_str!("../../fixtures/netsuite/kit_item.json")).unwrap();
        let member = |item: &str, units| KitMember { item: item.into(), quantity: Quantity(units) };
        assert_eq!(kit_members(&Node::document(&kit)), Ok(vec![member("301", 2), member("302", 1)]));
    }

    #[test]
    fn a_kit_whose_members_are_not_seen_is_not_taken_for_an_empty_one() {
        for kit in [
            serde_json::json!({"id": "305"}),
            serde_json::json!({"member": {"links": []}}),
            serde_json::json!({"member": {"items": [{"item": "301"}]}}),
            serde_json::json!({"member": {"items": [{"item": "301", "quantity": 0.5}]}}),
        ] {
            assert!(kit_members(&Node::document(&kit)).is_err(), "{kit}");
        }
    }
}
