//! Items and their stock at Amazon's location.
//!
//! Source: tables `item`, `aggregateItemLocation` and `inventorybalance` of the query service (NetSuite help,
//! section 157909186990). An item without a row at the location has nothing there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use amz_domain::ItemId;
use amz_services::failure::PortError;
use amz_services::inventory::{StockItem, StockItemKind, StockLevels, StockTracking};
use amz_services::ports::StockItems;
use amz_services::ports::stock::{StockItemsPage, UnsentLine};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use super::change_feed::instant_text;
use super::settings::LARGEST_PAGE;
use super::stock_query::{OptionalColumn, marks, number, ticked};
use super::stock_settings::StockQuerySettings;
use super::suiteql::{Query, Row, column};
use super::{NetSuite, NetSuiteSettings, unsent_lines};

const PAGE: &str = "stockItems.page";
const FIND: &str = "stockItems.find";
const BINS: &str = "stockItems.bins";

/// Values in the lists of one query at most.
const LONGEST_LIST: usize = LARGEST_PAGE as usize;

/// Averages need a permission, lots and serial numbers a feature each.
const OPTIONAL: [OptionalColumn; 3] = [
    OptionalColumn { table: "l", name: "averagecostmli" },
    OptionalColumn { table: "i", name: "islotitem" },
    OptionalColumn { table: "i", name: "isserialitem" },
];

/// Item types that nobody keeps in a warehouse.
const NEVER_STOCKED: &str = "'Service', 'OthCharge', 'Discount', 'Subtotal', 'Markup', 'Payment', 'Description', \
                             'EndGroup', 'ShipItem', 'TaxItem', 'TaxGroup', 'DwnLdItem'";

#[async_trait]
impl StockItems for NetSuite {
    async fn page(&self, after: Option<ItemId>) -> Result<StockItemsPage, PortError> {
        let stock = self.stock_settings(PAGE)?;
        let selected = Selected { after: after.as_ref(), keys: &[], items: &[] };
        let (items, more) = self.stock_items(PAGE, stock, selected).await?;
        Ok(StockItemsPage { items, more })
    }

    async fn find(&self, keys: &[String], items: &[ItemId]) -> Result<Vec<StockItem>, PortError> {
        let stock = self.stock_settings(FIND)?;
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect();
        // a mistyped id names nothing, and would refuse the query for all the others
        let ids = items.iter().map(ItemId::as_str).filter(|id| id.parse::<i64>().is_ok());
        let ids: Vec<&str> = ids.collect::<BTreeSet<_>>().into_iter().collect();
        let mut found = BTreeMap::new();
        for (keys, ids) in chunks(&keys, &ids) {
            let mut after: Option<ItemId> = None;
            loop {
                let selected = Selected { after: after.as_ref(), keys, items: ids };
                let (items, more) = self.stock_items(FIND, stock, selected).await?;
                after = items.last().map(|item| item.id.clone());
                found.extend(items.into_iter().map(|item| (by_number(&item.id), item)));
                if !more {
                    break;
                }
            }
        }
        Ok(found.into_values().collect())
    }

    async fn unsent(&self, items: &[ItemId]) -> Result<Vec<UnsentLine>, PortError> {
        unsent_lines::read(self, items).await
    }
}

impl NetSuite {
    /// One page of the selected items, by internal id, and whether there may be more.
    async fn stock_items(
        &self,
        operation: &'static str,
        stock: &StockQuerySettings,
        selected: Selected<'_>,
    ) -> Result<(Vec<StockItem>, bool), PortError> {
        let settings = self.settings();
        let page = self
            .query_with(&OPTIONAL, |optional| items_query(operation, settings, stock, selected, optional))
            .await?;
        let items = page.rows.iter().map(|row| stock_item(row, settings.timezone, operation));
        let mut items = items.collect::<Result<Vec<_>, _>>()?;
        if let Some(query) = bins_query(stock, &items) {
            let rows = self.rest().query(query).await?.rows;
            put_bins(&mut items, &rows)?;
        }
        // a page without rows leads nowhere
        let more = page.more && !items.is_empty();
        Ok((items, more))
    }
}

/// Which items a query is about: all that have a key when nothing is named.
#[derive(Debug, Clone, Copy)]
struct Selected<'a> {
    after: Option<&'a ItemId>,
    keys: &'a [&'a str],
    items: &'a [&'a str],
}

/// Keys and ids in portions that fit into one query each.
fn chunks<'a>(
    keys: &'a [&'a str],
    items: &'a [&'a str],
) -> impl Iterator<Item = (&'a [&'a str], &'a [&'a str])> {
    let full = keys.chunks(LONGEST_LIST);
    // the last portion of keys leaves room for ids
    let last = full.len().saturating_sub(1);
    let room = if keys.is_empty() { 0 } else { LONGEST_LIST - full.clone().last().map_or(0, <[_]>::len) };
    let (beside, rest) = items.split_at(room.min(items.len()));
    let with_keys =
        full.enumerate().map(move |(index, keys)| (keys, if index == last { beside } else { &[] }));
    let none: &[&str] = &[];
    with_keys.chain(rest.chunks(LONGEST_LIST).map(move |items| (none, items)))
}

/// Internal ids are numbers: the shorter one is the lower one.
fn by_number(id: &ItemId) -> (usize, String) {
    (id.as_str().len(), id.as_str().to_owned())
}

fn items_query(
    operation: &'static str,
    settings: &NetSuiteSettings,
    stock: &StockQuerySettings,
    selected: Selected<'_>,
    optional: &str,
) -> Query {
    let key = &stock.key_field;
    let shown = if stock.shows_on_items {
        let (available, at) = (&settings.fields.item_available, &settings.fields.item_stock_at);
        format!(", i.{available} AS shown, {} AS shown_at", instant_text(&format!("i.{at}")))
    } else {
        String::new()
    };
    let mut text = format!(
        "SELECT i.id AS id, i.itemid AS itemid, i.{key} AS sku_key, i.itemtype AS kind, i.isinactive AS inactive, \
         l.quantityonhand AS on_hand, l.quantitycommitted AS committed, l.quantitybackordered AS back_ordered\
         {shown}{optional} \
         FROM item i LEFT JOIN aggregateItemLocation l ON l.item = i.id AND l.location = ? WHERE "
    );
    let mut parameters = vec![stock.location.as_str().to_owned()];
    let Selected { after, keys, items } = selected;
    let stocked = format!("i.itemtype NOT IN ({NEVER_STOCKED})");
    let mut named = Vec::new();
    if !keys.is_empty() {
        named.push(format!("(i.{key} IN ({}) AND {stocked})", marks(keys.len())));
    }
    if !items.is_empty() {
        named.push(format!("i.id IN ({})", marks(items.len())));
    }
    parameters.extend(keys.iter().chain(items).map(|&value| value.to_owned()));
    if named.is_empty() {
        text += &format!("i.{key} IS NOT NULL AND {stocked}");
    } else {
        text += &format!("({})", named.join(" OR "));
    }
    if let Some(after) = after {
        text += " AND i.id > ?";
        parameters.push(after.as_str().to_owned());
    }
    text += " ORDER BY i.id";
    Query { operation, text, parameters, limit: settings.page_size }
}

fn stock_item(row: &Row, timezone: Tz, operation: &'static str) -> Result<StockItem, PortError> {
    let id = column(row, "id", operation)?;
    let level = |name| number(row, name, operation).map(Option::unwrap_or_default);
    let filled = |name: &str| row.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    Ok(StockItem {
        id: ItemId::new(id),
        name: filled("itemid").unwrap_or(id).to_owned(),
        // compared with SKUs byte for byte, so it stays as it came
        key: row.get("sku_key").filter(|key| !key.is_empty()).cloned(),
        kind: kind(filled("kind").unwrap_or_default()),
        tracking: match (ticked(row, "isserialitem"), ticked(row, "islotitem")) {
            (true, _) => StockTracking::Serial,
            (false, true) => StockTracking::Lot,
            (false, false) => StockTracking::None,
        },
        is_inactive: ticked(row, "inactive"),
        levels: StockLevels {
            on_hand: level("on_hand")?,
            committed: level("committed")?,
            back_ordered: level("back_ordered")?,
            in_unsellable_bin: None,
            average_cost: number(row, "averagecostmli", operation)?,
        },
        shown: number(row, "shown", operation)?,
        shown_at: filled("shown_at").and_then(|text| instant(text, timezone)),
    })
}

/// The kind that an item type of queries stands for.
pub(super) fn kind(item_type: &str) -> StockItemKind {
    match item_type {
        "InvtPart" => StockItemKind::Inventory,
        "Assembly" => StockItemKind::Assembly,
        "Kit" => StockItemKind::Kit,
        other => StockItemKind::Other(other.to_owned()),
    }
}

/// An instant as the query service shows it; one that cannot be read is not known.
pub(super) fn instant(text: &str, timezone: Tz) -> Option<DateTime<Utc>> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.to_utc());
    }
    let local: NaiveDateTime = text.parse().ok()?;
    // of the hour that summer time's end repeats, the first is as good as the second
    timezone.from_local_datetime(&local).earliest().map(|instant| instant.to_utc())
}

/// What stands in the two bins, one row per item. A bin has a row per lot and status, so they are added up.
fn bins_query(stock: &StockQuerySettings, items: &[StockItem]) -> Option<Query> {
    let bins = stock.bins.as_ref().filter(|_| !items.is_empty())?;
    let (sellable, unsellable) = (bins.sellable.as_str(), bins.unsellable.as_str());
    let in_bin = "SUM(CASE WHEN b.binnumber = ? THEN b.quantityonhand ELSE 0 END)";
    let text = format!(
        "SELECT b.item AS item, {in_bin} AS sellable, {in_bin} AS unsellable FROM inventorybalance b \
         WHERE b.location = ? AND b.binnumber IN (?, ?) AND b.item IN ({}) GROUP BY b.item",
        marks(items.len())
    );
    let bound = [sellable, unsellable, stock.location.as_str(), sellable, unsellable];
    let ids = items.iter().map(|item| item.id.as_str());
    let parameters = bound.into_iter().chain(ids).map(str::to_owned).collect();
    Some(Query { operation: BINS, text, parameters, limit: LARGEST_PAGE })
}

fn put_bins(items: &mut [StockItem], rows: &[Row]) -> Result<(), PortError> {
    let mut bins: HashMap<&str, (Decimal, Decimal)> = HashMap::with_capacity(rows.len());
    for row in rows {
        let level = |name| number(row, name, BINS).map(Option::unwrap_or_default);
        bins.insert(column(row, "item", BINS)?, (level("sellable")?, level("unsellable")?));
    }
    for item in items {
        let (sellable, unsellable) = bins.get(item.id.as_str()).copied().unwrap_or_default();
        item.levels.on_hand = sellable;
        item.levels.in_unsellable_bin = Some(unsellable);
    }
    Ok(())
}

#[cfg(test)]
#[path = "stock_items_tests.rs"]
mod tests;
