//! Which SKUs Amazon's stock events stand for.

use std::collections::{BTreeMap, BTreeSet};

use amz_domain::{InventoryItemId, Sku};

use crate::connection::Stock;
use crate::desk::{Desk, Stop, refusal};
use crate::failure::{Failure, PortError};
use crate::parking::{Reason, Who};

/// More unknown items than this are looked for in the whole catalogue.
const ASKED_SINGLY: usize = 5;

/// More pages than a catalogue can have; a cursor that goes round in circles ends here.
const PAGES: usize = 100_000;

/// The SKUs of items that Amazon named. What no SKU is known of is looked up in Amazon's catalogue; what has none there
/// is parked.
pub(super) async fn skus_of(
    desk: &mut Desk<'_>,
    stock: &Stock,
    items: &BTreeSet<InventoryItemId>,
) -> Result<BTreeSet<Sku>, Stop> {
    if items.is_empty() {
        return Ok(BTreeSet::new());
    }
    let asked: Vec<InventoryItemId> = items.iter().cloned().collect();
    let known = stock.records.skus_of(&desk.connection.name, &asked).await?;
    let mut skus: BTreeMap<InventoryItemId, Sku> = known.into_iter().collect();
    let unknown: Vec<InventoryItemId> = asked.into_iter().filter(|item| !skus.contains_key(item)).collect();
    if unknown.len() > ASKED_SINGLY {
        skus.extend(walk(desk, stock, &unknown).await?);
    } else {
        skus.extend(ask(desk, stock, &unknown).await?);
    }
    for item in items.iter().filter(|item| skus.contains_key(*item)) {
        desk.unpark(&subject(item)).await?;
    }
    Ok(skus.into_values().collect())
}

/// Asks for items one by one.
async fn ask(
    desk: &mut Desk<'_>,
    stock: &Stock,
    unknown: &[InventoryItemId],
) -> Result<Vec<(InventoryItemId, Sku)>, Stop> {
    let mut found = Vec::new();
    for item in unknown {
        let reason = match stock.catalog.product_of(item).await {
            Ok(Some(product)) => match product.sku {
                Some(sku) => {
                    found.push((item.clone(), sku));
                    continue;
                }
                None => without_sku(item),
            },
            Ok(None) => not_shown(item),
            Err(error) if matches!(error.failure, Failure::Refused | Failure::BadRecord) => refusal(&error),
            Err(error) => return Err(refused_alone(error)),
        };
        desk.park(&subject(item), &reason).await?;
    }
    if !found.is_empty() {
        stock.records.keep_skus(desk.lease, &found).await?;
    }
    Ok(found)
}

/// Looks for items in the whole catalogue, and learns what it has on the way.
async fn walk(
    desk: &mut Desk<'_>,
    stock: &Stock,
    unknown: &[InventoryItemId],
) -> Result<Vec<(InventoryItemId, Sku)>, Stop> {
    let mut missing: BTreeSet<&InventoryItemId> = unknown.iter().collect();
    let mut without: BTreeSet<&InventoryItemId> = BTreeSet::new();
    let mut found = Vec::new();
    let mut after = None;
    for _ in 0..PAGES {
        let page = stock.catalog.products(after).await.map_err(refused_alone)?;
        let mut learned = Vec::new();
        for product in page.products {
            let Some(item) = product.inventory_item else { continue };
            let wanted = missing.take(&item);
            match (product.sku, wanted) {
                (Some(sku), wanted) => {
                    if wanted.is_some() {
                        found.push((item.clone(), sku.clone()));
                    }
                    learned.push((item, sku));
                }
                (None, Some(wanted)) => {
                    without.insert(wanted);
                }
                (None, None) => {}
            }
        }
        if !learned.is_empty() {
            stock.records.keep_skus(desk.lease, &learned).await?;
        }
        after = page.after;
        if after.is_none() || missing.is_empty() {
            break;
        }
    }
    for item in without {
        desk.park(&subject(item), &without_sku(item)).await?;
    }
    for item in missing {
        desk.park(&subject(item), &not_shown(item)).await?;
    }
    Ok(found)
}

/// Amazon's catalogue takes a permission that orders do not need: when it is refused, stock waits alone.
pub(super) fn refused_alone(error: PortError) -> Stop {
    match error.failure {
        Failure::Credentials => Stop::Stock(error),
        _ => Stop::Call(error),
    }
}

fn subject(item: &InventoryItemId) -> String {
    format!("stock-item/{item}")
}

fn without_sku(item: &InventoryItemId) -> Reason {
    Reason::new(
        "product_without_sku",
        format!(
            "Amazon's stock of item {item} changed, and its product has no SKU that stock can be asked for by"
        ),
        "give the product its SKU in Amazon's catalogue; the next change finds it",
        Who::Merchant,
    )
}

fn not_shown(item: &InventoryItemId) -> Reason {
    Reason::new(
        "product_not_shown",
        format!("Amazon's stock of item {item} changed, and its catalogue does not show the item"),
        "check the target id and the permissions of the Amazon credentials; a full synchronisation covers its SKU",
        Who::Operator,
    )
}
