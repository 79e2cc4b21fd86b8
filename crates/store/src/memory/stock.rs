//! What is remembered of stock.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use amz_domain::{ConnectionName, FulfillmentSku, InventoryItemId, Sku, StockReading, StockRunId};
use amz_services::failure::StoreError;
use amz_services::intent::{IntentState, Operation};
use amz_services::inventory::{Absence, KnownStock, ReportRow, StockRun, TakenOrder};
use amz_services::ports::{StockRecords, StockReports};
use amz_services::work::{LaneKey, Lease};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::MemoryStore;
use crate::taken::{in_order, perhaps_taken, sales_order_of, taken};

#[derive(Debug, Default)]
pub(super) struct Stock {
    known: BTreeMap<(ConnectionName, Sku), KnownStock>,
    runs: BTreeMap<(ConnectionName, StockRunId), StockRun>,
    reports: HashMap<(ConnectionName, StockRunId), Vec<ReportRow>>,
    skus: BTreeMap<(ConnectionName, InventoryItemId), Sku>,
    again: BTreeMap<(ConnectionName, Sku), DateTime<Utc>>,
}

#[async_trait]
impl StockRecords for MemoryStore {
    async fn keep_readings(&self, lease: &Lease, readings: &[StockReading]) -> Result<usize, StoreError> {
        let mut state = self.state();
        state.held(lease)?;
        Ok(readings.iter().filter(|reading| state.stock.keep(&lease.key.connection, reading)).count())
    }

    async fn note_absent(&self, lease: &Lease, skus: &[Sku], at: DateTime<Utc>) -> Result<(), StoreError> {
        let mut state = self.state();
        state.held(lease)?;
        for sku in skus {
            state.stock.note_absent(&lease.key.connection, sku, at);
        }
        Ok(())
    }

    async fn known(&self, connection: &ConnectionName, skus: &[Sku]) -> Result<Vec<KnownStock>, StoreError> {
        let state = self.state();
        let of_connection = state.stock.known.iter().filter(|((of, _), _)| of == connection);
        Ok(of_connection.filter(|((_, sku), _)| skus.contains(sku)).map(|(_, known)| known.clone()).collect())
    }

    async fn sharing(
        &self,
        connection: &ConnectionName,
        fulfillment_skus: &[FulfillmentSku],
    ) -> Result<Vec<KnownStock>, StoreError> {
        let shares = |known: &KnownStock| {
            let of = known.reading.as_ref().and_then(|reading| reading.fulfillment_sku.as_ref());
            of.is_some_and(|of| fulfillment_skus.contains(of))
        };
        let state = self.state();
        let of_connection = state.stock.known.iter().filter(|((of, _), _)| of == connection);
        Ok(of_connection.map(|(_, known)| known).filter(|known| shares(known)).cloned().collect())
    }

    async fn known_page(
        &self,
        connection: &ConnectionName,
        after: Option<Sku>,
        limit: u32,
    ) -> Result<Vec<KnownStock>, StoreError> {
        let state = self.state();
        let from = match after {
            Some(after) => Bound::Excluded((connection.clone(), after)),
            None => Bound::Included((connection.clone(), Sku::from(""))),
        };
        let later = state.stock.known.range((from, Bound::Unbounded));
        Ok(later
            .take_while(|((of, _), _)| of == connection)
            .take(limit as usize)
            .map(|(_, known)| known.clone())
            .collect())
    }

    async fn known_count(&self, connection: &ConnectionName) -> Result<u64, StoreError> {
        Ok(self.state().stock.known.keys().filter(|(of, _)| of == connection).count() as u64)
    }

    async fn run(
        &self,
        connection: &ConnectionName,
        id: &StockRunId,
    ) -> Result<Option<StockRun>, StoreError> {
        Ok(self.state().stock.runs.get(&(connection.clone(), id.clone())).cloned())
    }

    async fn runs(&self, connection: &ConnectionName, limit: u32) -> Result<Vec<StockRun>, StoreError> {
        let state = self.state();
        let of_connection = state.stock.runs.iter().filter(|((of, _), _)| of == connection);
        let mut runs: Vec<_> = of_connection.map(|(_, run)| run.clone()).collect();
        runs.sort_by(|left, right| {
            (right.started_at, &right.request.id).cmp(&(left.started_at, &left.request.id))
        });
        runs.truncate(limit as usize);
        Ok(runs)
    }

    async fn write_run(&self, lease: &Lease, run: &StockRun) -> Result<(), StoreError> {
        let mut state = self.state();
        state.held(lease)?;
        state.stock.runs.insert((lease.key.connection.clone(), run.request.id.clone()), run.clone());
        Ok(())
    }

    async fn write_report(
        &self,
        lease: &Lease,
        run: &StockRunId,
        rows: &[ReportRow],
        anew: bool,
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        state.held(lease)?;
        let report = state.stock.reports.entry((lease.key.connection.clone(), run.clone())).or_default();
        if anew {
            report.clear();
        }
        report.extend_from_slice(rows);
        Ok(())
    }

    async fn report(
        &self,
        connection: &ConnectionName,
        run: &StockRunId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ReportRow>, StoreError> {
        let state = self.state();
        let rows = state.stock.reports.get(&(connection.clone(), run.clone())).into_iter().flatten();
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        Ok(rows.skip(after).take(limit as usize).cloned().collect())
    }

    async fn orders_taken_since(
        &self,
        connection: &ConnectionName,
        since: DateTime<Utc>,
    ) -> Result<Vec<TakenOrder>, StoreError> {
        let state = self.state();
        let mut done = BTreeMap::new();
        let mut unclear = BTreeMap::new();
        for (name, (lane, intent)) in &state.intents {
            let Some(sales_order) = sales_order_of(lane.clone()) else { continue };
            if name.0 != *connection || intent.operation != Operation::CreateOrder {
                continue;
            }
            let key = LaneKey { connection: connection.clone(), lane: lane.clone() };
            match intent.state {
                IntentState::Done => {
                    let done_at = state.done.get(name).copied().filter(|done_at| *done_at >= since);
                    if let Some(done_at) = done_at {
                        let (_, sent, last) =
                            done.entry(sales_order).or_insert((key, intent.sent_at, done_at));
                        *sent = intent.sent_at.max(*sent);
                        *last = done_at.max(*last);
                    }
                }
                IntentState::Sent | IntentState::Unclear => {
                    unclear.insert(sales_order.clone(), perhaps_taken(sales_order));
                }
                IntentState::Planned | IntentState::Refused => {}
            }
        }
        let done = done.into_iter().map(|(sales_order, (key, sent_at, done_at))| {
            taken(sales_order, (sent_at, done_at), state.links_of(&key))
        });
        Ok(in_order(done.chain(unclear.into_values()).collect()))
    }

    async fn look_again(
        &self,
        lease: &Lease,
        skus: &[(Sku, Option<DateTime<Utc>>)],
    ) -> Result<(), StoreError> {
        let mut state = self.state();
        state.held(lease)?;
        for (sku, again_at) in skus {
            let key = (lease.key.connection.clone(), sku.clone());
            match again_at {
                Some(again_at) => state.stock.again.insert(key, *again_at),
                None => state.stock.again.remove(&key),
            };
        }
        Ok(())
    }

    async fn due_again(
        &self,
        connection: &ConnectionName,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<(Vec<Sku>, Option<DateTime<Utc>>), StoreError> {
        let state = self.state();
        let of_connection = state.stock.again.iter().filter(|((of, _), _)| of == connection);
        let mut waiting: Vec<(DateTime<Utc>, Sku)> =
            of_connection.map(|((_, sku), again_at)| (*again_at, sku.clone())).collect();
        waiting.sort();
        let is_due = |(again_at, _): &&(DateTime<Utc>, Sku)| *again_at <= now;
        let due: Vec<Sku> =
            waiting.iter().take(limit as usize).take_while(is_due).map(|(_, sku)| sku.clone()).collect();
        let next = waiting.get(due.len()).map(|(again_at, _)| *again_at);
        Ok((due, next))
    }

    async fn skus_of(
        &self,
        connection: &ConnectionName,
        items: &[InventoryItemId],
    ) -> Result<Vec<(InventoryItemId, Sku)>, StoreError> {
        let state = self.state();
        let of_connection = state.stock.skus.iter().filter(|((of, _), _)| of == connection);
        Ok(of_connection
            .filter(|((_, item), _)| items.contains(item))
            .map(|((_, item), sku)| (item.clone(), sku.clone()))
            .collect())
    }

    async fn keep_skus(&self, lease: &Lease, skus: &[(InventoryItemId, Sku)]) -> Result<(), StoreError> {
        let mut state = self.state();
        state.held(lease)?;
        let of = &lease.key.connection;
        state.stock.skus.extend(skus.iter().map(|(item, sku)| ((of.clone(), item.clone()), sku.clone())));
        Ok(())
    }
}

#[async_trait]
impl StockReports for MemoryStore {
    async fn stock_run(
        &self,
        connection: &ConnectionName,
        id: &StockRunId,
    ) -> Result<Option<StockRun>, StoreError> {
        self.run(connection, id).await
    }

    async fn stock_runs(&self, connection: &ConnectionName, limit: u32) -> Result<Vec<StockRun>, StoreError> {
        self.runs(connection, limit).await
    }

    async fn stock_report(
        &self,
        connection: &ConnectionName,
        run: &StockRunId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ReportRow>, StoreError> {
        self.report(connection, run, after, limit).await
    }
}

impl Stock {
    /// Keeps a reading that is later than the one before and not earlier than the last absence.
    fn keep(&mut self, of: &ConnectionName, reading: &StockReading) -> bool {
        let known = self.entry(of, &reading.sku);
        let is_news = known.reading.as_ref().is_none_or(|before| reading.read_at > before.read_at)
            && known.absence.is_none_or(|absence| reading.read_at >= absence.last);
        if is_news {
            known.reading = Some(reading.clone());
            known.absence = None;
        }
        is_news
    }

    fn note_absent(&mut self, of: &ConnectionName, sku: &Sku, at: DateTime<Utc>) {
        let known = self.entry(of, sku);
        if known.reading.as_ref().is_some_and(|reading| reading.read_at > at) {
            return;
        }
        match &mut known.absence {
            Some(absence) if absence.last < at => {
                absence.last = at;
                absence.times = absence.times.saturating_add(1);
            }
            Some(_) => {}
            None => known.absence = Some(Absence { since: at, last: at, times: 1 }),
        }
    }

    fn entry(&mut self, of: &ConnectionName, sku: &Sku) -> &mut KnownStock {
        self.known.entry((of.clone(), sku.clone())).or_insert_with(|| KnownStock {
            sku: sku.clone(),
            reading: None,
            absence: None,
        })
    }
}
