//! Pretend store: what is known of stock, runs and their reports.

use amz_domain::{ConnectionName, FulfillmentSku, InventoryItemId, Sku, StockReading, StockRunId};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::Stage;
use crate::failure::StoreError;
use crate::inventory::{Absence, KnownStock, ReportRow, StockRun, TakenOrder};
use crate::ports::StockRecords;
use crate::work::Lease;

#[async_trait]
impl StockRecords for Stage {
    async fn look_again(&self, _: &Lease, skus: &[(Sku, Option<DateTime<Utc>>)]) -> Result<(), StoreError> {
        let mut world = self.living()?;
        for (sku, again_at) in skus {
            match again_at {
                Some(again_at) => drop(world.again.insert(sku.clone(), *again_at)),
                None => drop(world.again.remove(sku)),
            }
        }
        Ok(())
    }

    async fn due_again(
        &self,
        _: &ConnectionName,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<(Vec<Sku>, Option<DateTime<Utc>>), StoreError> {
        let world = self.living()?;
        let mut waiting: Vec<(DateTime<Utc>, Sku)> =
            world.again.iter().map(|(sku, again_at)| (*again_at, sku.clone())).collect();
        waiting.sort();
        let is_due = |(again_at, _): &&(DateTime<Utc>, Sku)| *again_at <= now;
        let due: Vec<Sku> =
            waiting.iter().take(limit as usize).take_while(is_due).map(|(_, sku)| sku.clone()).collect();
        let next = waiting.get(due.len()).map(|(again_at, _)| *again_at);
        Ok((due, next))
    }

    async fn keep_readings(&self, _: &Lease, readings: &[StockReading]) -> Result<usize, StoreError> {
        let mut world = self.living()?;
        let mut kept = 0;
        for reading in readings {
            let known = world.known.entry(reading.sku.clone()).or_insert_with(|| KnownStock {
                sku: reading.sku.clone(),
                reading: None,
                absence: None,
            });
            if known.reading.as_ref().is_none_or(|known| known.read_at <= reading.read_at) {
                known.reading = Some(reading.clone());
                known.absence = None;
                kept += 1;
            }
        }
        Ok(kept)
    }

    async fn note_absent(&self, _: &Lease, skus: &[Sku], at: DateTime<Utc>) -> Result<(), StoreError> {
        let mut world = self.living()?;
        for sku in skus {
            let known = world.known.entry(sku.clone()).or_insert_with(|| KnownStock {
                sku: sku.clone(),
                reading: None,
                absence: None,
            });
            if known.reading.as_ref().is_some_and(|reading| reading.read_at > at) {
                continue;
            }
            match &mut known.absence {
                Some(absence) if absence.last < at => {
                    absence.last = at;
                    absence.times += 1;
                }
                Some(_) => {}
                None => known.absence = Some(Absence { since: at, last: at, times: 1 }),
            }
        }
        Ok(())
    }

    async fn known(&self, _: &ConnectionName, skus: &[Sku]) -> Result<Vec<KnownStock>, StoreError> {
        let world = self.world();
        Ok(skus.iter().filter_map(|sku| world.known.get(sku).cloned()).collect())
    }

    async fn sharing(
        &self,
        _: &ConnectionName,
        fulfillment_skus: &[FulfillmentSku],
    ) -> Result<Vec<KnownStock>, StoreError> {
        let shares = |known: &&KnownStock| {
            let of = known.reading.as_ref().and_then(|reading| reading.fulfillment_sku.as_ref());
            of.is_some_and(|of| fulfillment_skus.contains(of))
        };
        Ok(self.world().known.values().filter(shares).cloned().collect())
    }

    async fn known_page(
        &self,
        _: &ConnectionName,
        after: Option<Sku>,
        limit: u32,
    ) -> Result<Vec<KnownStock>, StoreError> {
        let world = self.world();
        let beyond =
            world.known.values().filter(|known| after.as_ref().is_none_or(|after| known.sku > *after));
        Ok(beyond.take(limit as usize).cloned().collect())
    }

    async fn known_count(&self, _: &ConnectionName) -> Result<u64, StoreError> {
        Ok(self.world().known.len() as u64)
    }

    async fn run(&self, _: &ConnectionName, id: &StockRunId) -> Result<Option<StockRun>, StoreError> {
        Ok(self.world().runs.get(id).cloned())
    }

    async fn runs(&self, _: &ConnectionName, limit: u32) -> Result<Vec<StockRun>, StoreError> {
        Ok(self.world().runs.values().rev().take(limit as usize).cloned().collect())
    }

    async fn write_run(&self, _: &Lease, run: &StockRun) -> Result<(), StoreError> {
        let mut world = self.living()?;
        world.run_writes += 1;
        world.runs.insert(run.request.id.clone(), run.clone());
        Ok(())
    }

    async fn write_report(
        &self,
        _: &Lease,
        run: &StockRunId,
        rows: &[ReportRow],
        anew: bool,
    ) -> Result<(), StoreError> {
        let mut world = self.living()?;
        let report = world.reports.entry(run.clone()).or_default();
        if anew {
            report.clear();
        }
        report.extend_from_slice(rows);
        Ok(())
    }

    async fn report(
        &self,
        _: &ConnectionName,
        run: &StockRunId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ReportRow>, StoreError> {
        let world = self.world();
        let rows = world.reports.get(run).into_iter().flatten();
        Ok(rows.skip(after as usize).take(limit as usize).cloned().collect())
    }

    async fn orders_taken_since(
        &self,
        _: &ConnectionName,
        since: DateTime<Utc>,
    ) -> Result<Vec<TakenOrder>, StoreError> {
        let mut world = self.world();
        world.taken_since = Some(since);
        let late = world.taken.iter().filter(|order| order.taken_at.is_none_or(|at| at >= since));
        Ok(late.cloned().collect())
    }

    async fn skus_of(
        &self,
        _: &ConnectionName,
        items: &[InventoryItemId],
    ) -> Result<Vec<(InventoryItemId, Sku)>, StoreError> {
        let world = self.world();
        let known = |item: &InventoryItemId| Some((item.clone(), world.aliases.get(item)?.clone()));
        Ok(items.iter().filter_map(known).collect())
    }

    async fn keep_skus(&self, _: &Lease, skus: &[(InventoryItemId, Sku)]) -> Result<(), StoreError> {
        self.living()?.aliases.extend(skus.iter().cloned());
        Ok(())
    }
}
