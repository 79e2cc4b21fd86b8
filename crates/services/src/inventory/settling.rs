//! Writes differences and makes sure that they are gone: what was written is read again, corrected once, and left to a
//! person when it is still off.

use std::collections::{BTreeMap, BTreeSet};

use amz_domain::{ItemId, Sku};

use super::batches::shown;
use super::difference::{Compared, Difference};
use super::gathering::Gathered;
use super::item::StockItem;
use super::record::{KnownStock, RowState};
use super::writing::{Numbering, Writer, does_not_settle, show};
use crate::connection::Stock;
use crate::desk::{Desk, Stop};
use crate::parking::Reason;
use crate::settings::StockWriting;

/// What became of differences.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// Items whose stock was written.
    pub(super) written: BTreeSet<ItemId>,
    /// Items that need a person, and why.
    pub(super) refused: BTreeMap<ItemId, Reason>,
    /// Items that were not written because NetSuite refuses whatever comes.
    pub(super) left: BTreeSet<ItemId>,
    /// True when the outcome of a document is not known: the look must end.
    pub(super) is_unsettled: bool,
}

impl Settled {
    pub(super) fn state_of(&self, found: &Difference) -> RowState {
        if self.refused.contains_key(&found.item) {
            RowState::Parked
        } else if self.written.contains(&found.item) {
            RowState::Written
        } else {
            RowState::Planned
        }
    }
}

/// Writes the differences of a comparison.
pub(super) async fn settle_differences(
    desk: &mut Desk<'_>,
    stock: &Stock,
    numbering: Numbering<'_>,
    gathered: &Gathered,
    compared: &Compared,
) -> Result<Settled, Stop> {
    let mut settled = Settled::default();
    if compared.differences.is_empty() {
        return Ok(settled);
    }
    if stock.settings.write == StockWriting::Fields {
        for shown in shown(&compared.differences) {
            match show(desk, stock, &shown).await? {
                Some(reason) => {
                    settled.refused.insert(shown.item, reason);
                }
                None => {
                    settled.written.insert(shown.item);
                }
            }
        }
        return Ok(settled);
    }
    let readings = readings_of(desk, stock, gathered, &compared.differences).await?;
    let mut writer = Writer::new(desk, stock, numbering);
    let mut to_write = compared.differences.clone();
    for is_last in [false, true] {
        if !write(desk, &mut writer, &to_write, &mut settled).await? || settled.written.is_empty() {
            return Ok(settled);
        }
        // what NetSuite took may be off again: somebody sold, or moved the stock meanwhile
        let taken: Vec<ItemId> = to_write
            .into_iter()
            .map(|found| found.item)
            .filter(|item| !settled.refused.contains_key(item) && !settled.left.contains(item))
            .collect();
        to_write = differing(desk, stock, gathered.only(taken, readings.clone())).await?;
        if to_write.is_empty() {
            break;
        }
        if is_last {
            let off =
                to_write.iter().map(|found| (found.item.clone(), does_not_settle(&found.arithmetic.line())));
            settled.refused.extend(off);
            break;
        }
        desk.note(format!(
            "{} items are off after they were written: they are corrected once",
            to_write.len()
        ));
    }
    Ok(settled)
}

/// What is known of the SKUs of items that differ. What was written is judged by the same readings that it came from.
async fn readings_of(
    desk: &Desk<'_>,
    stock: &Stock,
    gathered: &Gathered,
    differences: &[Difference],
) -> Result<BTreeMap<Sku, KnownStock>, Stop> {
    let differing: BTreeSet<&ItemId> = differences.iter().map(|found| &found.item).collect();
    let items: Vec<&StockItem> = gathered.items.iter().filter(|item| differing.contains(&item.id)).collect();
    let skus = gathered.skus_of(&items);
    gathered.known(desk, stock, skus.into_iter().collect()).await
}

/// Items that are off by what NetSuite shows now.
async fn differing(desk: &Desk<'_>, stock: &Stock, mut again: Gathered) -> Result<Vec<Difference>, Stop> {
    again.refresh(desk, stock).await?;
    let oldest = again.oldest(desk, stock).await?;
    Ok(again.compare(desk, stock, oldest).await?.differences)
}

/// Writes documents. False when the look must end.
async fn write(
    desk: &mut Desk<'_>,
    writer: &mut Writer<'_>,
    differences: &[Difference],
    settled: &mut Settled,
) -> Result<bool, Stop> {
    let outcome = writer.write(desk, differences).await?;
    settled.written.extend(outcome.written);
    settled.refused.extend(outcome.refused);
    settled.left.extend(outcome.left);
    settled.is_unsettled |= outcome.is_unsettled;
    Ok(!settled.is_unsettled)
}
