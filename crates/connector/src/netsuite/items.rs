//! Items: which SKU they have at Amazon.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use amz_domain::{ItemId, Sku};
use amz_services::failure::PortError;
use amz_services::ports::Items;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::NetSuite;
use super::settings::LARGEST_PAGE;
use super::suiteql::{Query, column};

const OPERATION: &str = "item.skus";

/// A remembered SKU is read anew after this long, so that a corrected item takes effect.
const REMEMBERED: TimeDelta = TimeDelta::hours(1);

/// Items remembered at most.
const CAPACITY: usize = 50_000;

/// SKUs read lately. Items without one are not remembered: staff will add it and try again.
#[derive(Debug, Default)]
pub(super) struct KnownSkus(Mutex<HashMap<ItemId, (Sku, DateTime<Utc>)>>);

impl KnownSkus {
    fn get(&self, item: &ItemId, now: DateTime<Utc>) -> Option<Sku> {
        let known = self.lock();
        known.get(item).filter(|(_, read_at)| now - *read_at < REMEMBERED).map(|(sku, _)| sku.clone())
    }

    fn keep(&self, item: ItemId, sku: Sku, now: DateTime<Utc>) {
        let mut known = self.lock();
        if known.len() >= CAPACITY && !known.contains_key(&item) {
            known.retain(|_, (_, read_at)| now - *read_at < REMEMBERED);
            if known.len() >= CAPACITY {
                known.clear();
            }
        }
        known.insert(item, (sku, now));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ItemId, (Sku, DateTime<Utc>)>> {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sku_is_remembered_for_an_hour() {
        let known = KnownSkus::default();
        let read_at = DateTime::UNIX_EPOCH;
        known.keep("7".into(), "MUG".into(), read_at);
        assert_eq!(known.get(&"7".into(), read_at + TimeDelta::minutes(59)), Some("MUG".into()));
        assert_eq!(known.get(&"7".into(), read_at + REMEMBERED), None);
        assert_eq!(known.get(&"8".into(), read_at), None);
    }

    #[test]
    fn memory_stays_bounded() {
        let known = KnownSkus::default();
        for id in 0..=CAPACITY {
            known.keep(id.to_string().into(), "MUG".into(), DateTime::UNIX_EPOCH);
        }
        assert!(known.lock().len() <= CAPACITY);
        assert_eq!(known.get(&CAPACITY.to_string().into(), DateTime::UNIX_EPOCH), Some("MUG".into()));
    }
}
