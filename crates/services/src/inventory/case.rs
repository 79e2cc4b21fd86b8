//! Differences of a run on their way: written or held, and reported.

use std::collections::BTreeSet;
use std::time::Duration;

use amz_domain::{ItemId, Sku, StockRunId};
use chrono::{DateTime, Utc};

use super::approval::{braked, stock_brake};
use super::brake::Brake;
use super::difference::{Compared, Difference};
use super::doubt::shortest_wait;
use super::gathering::Gathered;
use super::reading::SUBJECT_OF_RUN;
use super::record::{ReportRow, RowState};
use super::run_record::{RunPhase, StockRun, StockSummary};
use super::settling::settle_differences;
use super::telling::park_and_unpark;
use super::writing::Numbering;
use crate::connection::Stock;
use crate::desk::{Desk, Stop};
use crate::failure::StoreError;

/// Rows of a report that are read or written at once.
const ROWS_AT_ONCE: usize = 1_000;

/// What came of a case.
pub(super) enum Concluded {
    /// It is done, or waits for a person.
    Done,
    /// The outcome of a document is not known: the look must end.
    Unsettled,
}

/// A run whose differences are known.
pub(super) struct Case {
    pub(super) run: StockRun,
    /// Items that a person approved.
    pub(super) approved: BTreeSet<ItemId>,
    /// Rows of the report that stay.
    pub(super) earlier: Vec<ReportRow>,
}

impl Case {
    /// Writes the differences, or holds them; then the run has ended.
    pub(super) async fn conclude(
        mut self,
        desk: &mut Desk<'_>,
        stock: &Stock,
        gathered: &Gathered,
        compared: Compared,
    ) -> Result<Concluded, Stop> {
        let states = |state: RowState| move |_: &Difference| state;
        if self.run.request.plan_only {
            self.end(desk, stock, &compared, states(RowState::Planned), RunPhase::Done).await?;
            return Ok(Concluded::Done);
        }
        let is_full = self.run.request.skus.is_empty() && self.approved.is_empty();
        if let Some(found) = braked(desk, stock, &compared, is_full, &self.approved).await? {
            self.hold(desk, stock, &compared, &found).await?;
            return Ok(Concluded::Done);
        }
        self.run.phase = RunPhase::Writing;
        let held_until_written = if self.approved.is_empty() { RowState::Planned } else { RowState::Held };
        self.write_report(desk, stock, &compared, states(held_until_written)).await?;
        self.write(desk, stock).await?;
        let numbering = Numbering::Run(&mut self.run);
        let settled = settle_differences(desk, stock, numbering, gathered, &compared).await?;
        if settled.is_unsettled {
            return Ok(Concluded::Unsettled);
        }
        park_and_unpark(desk, stock, gathered, &compared, &settled).await?;
        self.end(desk, stock, &compared, |found| settled.state_of(found), RunPhase::Done).await?;
        stock
            .records
            .look_again(desk.lease, &doubts(&compared, stock.settings.reservation_lag, desk.connection.now()))
            .await?;
        Ok(Concluded::Done)
    }

    /// Lets all differences wait for a person.
    pub(super) async fn hold(
        &mut self,
        desk: &mut Desk<'_>,
        stock: &Stock,
        compared: &Compared,
        found: &Brake,
    ) -> Result<(), Stop> {
        let reason = stock_brake(found, compared.differences.len(), stock);
        self.run.message = Some(format!("{}: {}", reason.code, reason.cause));
        self.end(desk, stock, compared, |_| RowState::Held, RunPhase::AwaitingApproval).await?;
        Ok(desk.park(&run_subject(self.run.request.id.as_str()), &reason).await?)
    }

    async fn end(
        &mut self,
        desk: &mut Desk<'_>,
        stock: &Stock,
        compared: &Compared,
        state: impl Fn(&Difference) -> RowState,
        phase: RunPhase,
    ) -> Result<(), Stop> {
        self.write_report(desk, stock, compared, state).await?;
        self.run.phase = phase;
        self.run.ended_at = Some(desk.connection.now());
        self.write(desk, stock).await?;
        let (id, summary) = (&self.run.request.id, &self.run.summary);
        desk.note(format!(
            "stock run {id}: {} items in step, {} off, {} written, {} rows of mismatches",
            summary.in_step, summary.off, summary.written, summary.mismatches
        ));
        Ok(())
    }

    async fn write_report(
        &mut self,
        desk: &Desk<'_>,
        stock: &Stock,
        compared: &Compared,
        state: impl Fn(&Difference) -> RowState,
    ) -> Result<(), Stop> {
        let id = &self.run.request.id;
        let mut summary = StockSummary::of(compared.in_step, []);
        let mut rows = Vec::with_capacity(ROWS_AT_ONCE);
        let mut anew = true;
        let drifts = compared.differences.iter().map(|found| found.row(state(found)));
        let all = self.earlier.iter().cloned().chain(drifts).chain(compared.mismatches.iter().cloned());
        for row in all {
            summary.count(&row);
            rows.push(row);
            if rows.len() == ROWS_AT_ONCE {
                stock.records.write_report(desk.lease, id, &rows, anew).await?;
                anew = false;
                rows.clear();
            }
        }
        if anew || !rows.is_empty() {
            stock.records.write_report(desk.lease, id, &rows, anew).await?;
        }
        self.run.summary = summary;
        Ok(())
    }

    async fn write(&mut self, desk: &Desk<'_>, stock: &Stock) -> Result<(), StoreError> {
        self.run.updated_at = desk.connection.now();
        stock.records.write_run(desk.lease, &self.run).await
    }
}

/// The lane subject of a run that waits for a person.
pub(super) fn run_subject(id: &str) -> String {
    format!("{SUBJECT_OF_RUN}/{id}")
}

/// All rows of a run's report.
pub(super) async fn report(
    desk: &Desk<'_>,
    stock: &Stock,
    id: &StockRunId,
) -> Result<Vec<ReportRow>, StoreError> {
    let mut rows = Vec::new();
    loop {
        let after = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let limit = u32::try_from(ROWS_AT_ONCE).unwrap_or(u32::MAX);
        let page = stock.records.report(&desk.connection.name, id, after, limit).await?;
        if page.is_empty() {
            return Ok(rows);
        }
        rows.extend(page);
    }
}

/// SKUs whose figure may or may not count orders that Amazon took lately, and when it certainly does: never at once.
pub(super) fn doubts(
    compared: &Compared,
    lag: Duration,
    now: DateTime<Utc>,
) -> Vec<(Sku, Option<DateTime<Utc>>)> {
    let least = now.checked_add_signed(shortest_wait(lag)).unwrap_or(now);
    compared.look_again.iter().map(|(sku, at)| (sku.clone(), Some(least.max(*at)))).collect()
}
