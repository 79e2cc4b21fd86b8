//! What one item's figures and its stock come to. Pure.

use amz_domain::Sku;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::absence::{Standing, standing};
use super::arithmetic::{Inputs, Step, figure_of, steer};
use super::difference::Difference;
use super::doubt::{SkuRead, TakenUnits, UnsentUnits, Wanted, wanted};
use super::matching::{Counted, Matching};
use super::{KnownStock, Mismatch, ReportRow, SkuUnits, StockItem, StockItemKind, StockTracking};
use crate::settings::{InventorySettings, StockWriting};

/// What is to be said of one item.
#[derive(Debug, Default)]
pub(super) struct Finding {
    pub(super) is_in_step: bool,
    pub(super) difference: Option<Difference>,
    pub(super) row: Option<ReportRow>,
    pub(super) look_again: Vec<(Sku, DateTime<Utc>)>,
    pub(super) unconfirmed: Vec<Sku>,
}

/// What an item is judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judge<'facts> {
    pub(super) settings: &'facts InventorySettings,
    pub(super) matching: &'facts Matching,
    pub(super) unsent: &'facts UnsentUnits,
    pub(super) taken: &'facts TakenUnits,
}

/// What is known of the SKUs of an item that count.
struct Figures {
    amazon: Vec<SkuUnits>,
    read_at: DateTime<Utc>,
    /// When any of them last moved, where that is known of all.
    changed_at: Option<DateTime<Utc>>,
}

impl Figures {
    fn read(&self) -> (DateTime<Utc>, Option<DateTime<Utc>>) {
        (self.read_at, self.changed_at)
    }
}

impl Judge<'_> {
    /// True when NetSuite shows any stock of an item.
    pub(super) fn has_stock(&self, item: &StockItem) -> bool {
        match self.settings.write {
            StockWriting::Adjustment | StockWriting::BinTransfer(_) => !item.levels.on_hand.is_zero(),
            StockWriting::Fields => item.shown.is_some_and(|shown| !shown.is_zero()),
        }
    }

    /// True when something of an item can be sold.
    pub(super) fn is_sellable(&self, item: &StockItem) -> bool {
        match self.settings.write {
            StockWriting::Adjustment | StockWriting::BinTransfer(_) => {
                item.levels.available() > Decimal::ZERO
            }
            StockWriting::Fields => item.shown.is_some_and(|shown| shown > Decimal::ZERO),
        }
    }

    /// What is to be said of an item, as far as it and its SKUs alone tell.
    pub(super) fn finding(
        &self,
        item: &StockItem,
        skus: &[Sku],
        counted: Counted<'_>,
        known: &[KnownStock],
    ) -> Finding {
        if let Some((mismatch, detail)) = self.unfit(item) {
            return Finding::mismatch(mismatch, skus, item, detail);
        }
        let counted = match counted {
            Counted::These(counted) => counted,
            Counted::Several => {
                let detail = "several SKUs stand for it: say in the alias table which is primary, or that all are summed";
                return Finding::mismatch(Mismatch::SeveralSkus, skus, item, detail);
            }
            Counted::Shared => {
                let detail =
                    "its SKUs are to be summed, and Amazon shows the same units under several of them";
                return Finding::mismatch(Mismatch::SharedUnits, skus, item, detail);
            }
        };
        let figures = match self.figures(item, &counted, known) {
            Ok(figures) => figures,
            Err(finding) => return *finding,
        };
        let reads: Vec<SkuRead<'_>> = skus
            .iter()
            .map(|sku| {
                let (read_at, changed_at) = read_of(sku, &counted, known).unwrap_or(figures.read());
                SkuRead { sku, read_at, changed_at }
            })
            .collect();
        let wanted =
            wanted(&item.id, self.unsent.of(&item.id), self.taken, &reads, self.settings.reservation_lag);
        self.steered(item, skus, &counted, figures, wanted)
    }

    /// Why an item cannot be kept in step, whatever its SKUs.
    fn unfit(&self, item: &StockItem) -> Option<(Mismatch, &'static str)> {
        let only_shown = self.settings.write == StockWriting::Fields;
        match (&item.kind, item.tracking) {
            (StockItemKind::Kit, _) if !only_shown => {
                Some((Mismatch::Kit, "it is a kit: its members are stocked, not it"))
            }
            (StockItemKind::Other(_), _) => Some((Mismatch::NotStocked, "items of its kind have no stock")),
            (_, StockTracking::Lot) if !only_shown => {
                Some((Mismatch::Lot, "its units are told apart by lot, which Amazon does not tell"))
            }
            (_, StockTracking::Serial) if !only_shown => Some((
                Mismatch::Serial,
                "its units are told apart by serial number, which Amazon does not tell",
            )),
            _ => None,
        }
    }

    /// Amazon's figures of the SKUs that count, or why there are none.
    fn figures(
        &self,
        item: &StockItem,
        counted: &[&Sku],
        known: &[KnownStock],
    ) -> Result<Figures, Box<Finding>> {
        let has_stock = self.has_stock(item);
        let (mut amazon, mut instants, mut changes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut unconfirmed, mut unknown, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for &sku in counted {
            let of_sku = known.iter().find(|known| known.sku == *sku);
            let units = match standing(of_sku, has_stock, self.settings.absent) {
                Standing::Shown(reading) => {
                    instants.push(reading.read_at);
                    changes.push(reading.changed_at);
                    figure_of(reading, self.settings)
                }
                Standing::Nothing(at) => {
                    instants.push(at);
                    changes.push(None);
                    Some(Decimal::ZERO)
                }
                Standing::Unconfirmed => {
                    unconfirmed.push(sku.clone());
                    continue;
                }
                Standing::Kept(_) => {
                    kept.push(sku.clone());
                    continue;
                }
                Standing::NobodysBusiness => continue,
            };
            match units {
                Some(units) => amazon.push(SkuUnits { sku: sku.clone(), units }),
                None => unknown.push(sku.clone()),
            }
        }
        if !unconfirmed.is_empty() {
            let detail =
                "Amazon did not show the SKU; it is asked for by name before anything follows from that";
            let mut finding = Finding::mismatch(Mismatch::Unconfirmed, &unconfirmed, item, detail);
            finding.unconfirmed = unconfirmed;
            return Err(Box::new(finding));
        }
        if !kept.is_empty() {
            let detail = "Amazon does not show the SKU any more; its stock stays as it is";
            return Err(Box::new(Finding::mismatch(Mismatch::Absent, &kept, item, detail)));
        }
        if !unknown.is_empty() {
            let detail = "Amazon listed the SKU without the figures that count: unknown is not zero";
            return Err(Box::new(Finding::mismatch(Mismatch::Unknown, &unknown, item, detail)));
        }
        let read_at = instants.into_iter().min();
        let changed_at =
            changes.into_iter().collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max());
        read_at
            .map(|read_at| Figures { amazon, read_at, changed_at })
            .ok_or_else(|| Box::new(Finding::in_step()))
    }

    /// The difference of an item whose figures are known.
    fn steered(
        &self,
        item: &StockItem,
        skus: &[Sku],
        counted: &[&Sku],
        figures: Figures,
        wanted: Wanted,
    ) -> Finding {
        let levels = &item.levels;
        let inputs = Inputs {
            amazon: figures.amazon,
            unsent: wanted.unsent + wanted.not_counted,
            in_doubt: wanted.in_doubt,
            read_at: figures.read_at,
        };
        let buffer = self.matching.buffer_of(skus);
        let steering = steer(levels.demand(), inputs.figure(), inputs.unsent, wanted.in_doubt, buffer);
        let mut finding = Finding::default();
        if let Some(at) =
            wanted.look_again.filter(|_| !steering.is_certain() || !wanted.not_counted.is_zero())
        {
            finding.look_again = counted.iter().map(|sku| ((*sku).clone(), at)).collect();
        }
        let step = match self.settings.write {
            StockWriting::Fields => steering.step_from_shown(item.shown),
            StockWriting::Adjustment | StockWriting::BinTransfer(_) => steering.step_from(levels.on_hand),
        };
        let Some(Step { aim, units: wished }) = step else {
            finding.is_in_step = true;
            return finding;
        };
        let units = self.can_move(item, wished);
        if units < wished {
            let detail = format!(
                "{} units should become sellable, and the unsellable bin holds {}",
                wished.normalize(),
                levels.in_unsellable_bin.unwrap_or_default().normalize()
            );
            finding.row = Some(row(Mismatch::BinShort, counted.first().copied(), item, &detail));
        }
        if units.is_zero() && units != wished {
            return finding;
        }
        let (before, after) = match self.settings.write {
            StockWriting::Fields => (item.shown.unwrap_or_default(), aim.available),
            StockWriting::Adjustment | StockWriting::BinTransfer(_) => {
                (levels.available(), levels.available() + units)
            }
        };
        finding.difference = Some(Difference {
            item: item.id.clone(),
            name: item.name.clone(),
            kind: item.kind.clone(),
            arithmetic: inputs.record(levels, aim),
            units,
            value: levels.average_cost.and_then(|cost| cost.checked_mul(units)),
            drops_to_zero: before > Decimal::ZERO && after <= Decimal::ZERO,
        });
        finding
    }

    /// Units that can be moved of those that should be.
    fn can_move(&self, item: &StockItem, wished: Decimal) -> Decimal {
        match self.settings.write {
            StockWriting::BinTransfer(_) => {
                let held = item.levels.in_unsellable_bin.unwrap_or_default().max(Decimal::ZERO);
                wished.min(held)
            }
            StockWriting::Adjustment | StockWriting::Fields => wished,
        }
    }
}

/// When Amazon was asked for a SKU that counts, and when a figure of it last moved.
fn read_of(
    sku: &Sku,
    counted: &[&Sku],
    known: &[KnownStock],
) -> Option<(DateTime<Utc>, Option<DateTime<Utc>>)> {
    let known = known.iter().find(|known| known.sku == *sku).filter(|_| counted.contains(&sku))?;
    match known.absence {
        Some(absence) => Some((absence.last, None)),
        None => known.reading.as_ref().map(|reading| (reading.read_at, reading.changed_at)),
    }
}

fn row(mismatch: Mismatch, sku: Option<&Sku>, item: &StockItem, detail: &str) -> ReportRow {
    let detail = format!("{}: {detail}", item.name);
    ReportRow::Mismatch { mismatch, sku: sku.cloned(), items: vec![item.id.clone()], detail }
}

impl Finding {
    fn in_step() -> Self {
        Self { is_in_step: true, ..Self::default() }
    }

    fn mismatch(mismatch: Mismatch, skus: &[Sku], item: &StockItem, detail: &str) -> Self {
        Self { row: Some(row(mismatch, skus.first(), item, detail)), ..Self::default() }
    }

    /// True for an item in step of which nothing else is to be said.
    pub(super) fn is_silent(&self) -> bool {
        self.is_in_step && self.look_again.is_empty()
    }
}
