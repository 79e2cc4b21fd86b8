//! Tells people which items cannot be brought in step, and which are again.

use std::collections::{BTreeMap, BTreeSet};

use amz_domain::ItemId;

use super::difference::Compared;
use super::gathering::Gathered;
use super::item::{StockItem, StockTracking};
use super::record::{Mismatch, ReportRow};
use super::settling::Settled;
use super::writing::item_subject;
use crate::connection::Stock;
use crate::desk::{Desk, Stop};
use crate::parking::{Reason, Who};

/// Tells people about items that cannot be brought in step, and that those which are in step are.
pub(super) async fn park_and_unpark(
    desk: &mut Desk<'_>,
    stock: &Stock,
    gathered: &Gathered,
    compared: &Compared,
    settled: &Settled,
) -> Result<(), Stop> {
    let mut off: BTreeMap<&ItemId, Reason> =
        settled.refused.iter().map(|(item, reason)| (item, reason.clone())).collect();
    let told_apart = told_apart(desk, stock, gathered, compared).await?;
    off.extend(told_apart.iter().map(|(item, reason)| (item, reason.clone())));
    for (item, reason) in &off {
        desk.park(&item_subject(item), reason).await?;
    }
    for (kit, reason) in &compared.unreadable_kits {
        desk.park(&kit_subject(kit), reason).await?;
    }
    for id in desk.parked_after(&kit_subject(&ItemId::new(""))) {
        let kit = ItemId::new(id);
        if !compared.unreadable_kits.iter().any(|(unreadable, _)| *unreadable == kit) {
            desk.unpark(&kit_subject(&kit)).await?;
        }
    }
    let left: BTreeSet<&ItemId> = settled.left.iter().collect();
    let looked_at: BTreeSet<&ItemId> = gathered.items.iter().map(|item| &item.id).collect();
    for id in desk.parked_after("item/") {
        let item = ItemId::new(id);
        if looked_at.contains(&item) && !off.contains_key(&item) && !left.contains(&item) {
            desk.unpark(&item_subject(&item)).await?;
        }
    }
    Ok(())
}

/// The lane subject of one kit.
fn kit_subject(kit: &ItemId) -> String {
    format!("kit/{kit}")
}

/// Items whose units are told apart, and that are off: by how much is worked out as if they were not.
async fn told_apart(
    desk: &Desk<'_>,
    stock: &Stock,
    gathered: &Gathered,
    compared: &Compared,
) -> Result<BTreeMap<ItemId, Reason>, Stop> {
    let is_told_apart = |row: &&ReportRow| {
        matches!(row, ReportRow::Mismatch { mismatch: Mismatch::Lot | Mismatch::Serial, .. })
    };
    let rows = compared.mismatches.iter().filter(is_told_apart);
    let ids: BTreeSet<&ItemId> = rows.flat_map(items_of).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let items: Vec<&StockItem> = gathered.items.iter().filter(|item| ids.contains(&item.id)).collect();
    let skus = gathered.skus_of(&items).into_iter().collect();
    let readings = gathered.known(desk, stock, skus).await?;
    let tracking: BTreeMap<ItemId, StockTracking> =
        items.iter().map(|item| (item.id.clone(), item.tracking)).collect();
    let plain = items.iter().map(|item| StockItem { tracking: StockTracking::None, ..(*item).clone() });
    let mut as_if = gathered.only(Vec::new(), readings);
    as_if.items = plain.collect();
    let oldest = as_if.oldest(desk, stock).await?;
    let differences = as_if.compare(desk, stock, oldest).await?.differences;
    Ok(differences
        .into_iter()
        .map(|found| {
            let code = match tracking.get(&found.item) {
                Some(StockTracking::Serial) => "serial_numbered",
                _ => "lot_numbered",
            };
            let figures = format!(
                "{} is off by {} units, and NetSuite wants to know which units they are: {}",
                found.name,
                found.units.normalize(),
                found.arithmetic.line()
            );
            let hint = "adjust it by hand; the next full synchronisation finds it in step";
            (found.item, Reason::new(code, figures, hint, Who::Merchant))
        })
        .collect())
}

fn items_of(row: &ReportRow) -> &[ItemId] {
    match row {
        ReportRow::Mismatch { items, .. } => items,
        ReportRow::Drift { item, .. } => std::slice::from_ref(item),
    }
}
