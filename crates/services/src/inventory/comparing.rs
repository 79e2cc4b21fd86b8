//! Compares what a run has read with NetSuite and has the differences written.

use std::collections::BTreeSet;

use amz_domain::{ItemId, StockRunId};

use super::case::{Case, Concluded, report, run_subject};
use super::difference::Compared;
use super::everything::{compare_all, confirm};
use super::gathering::{Gathered, Scope};
use super::record::{ReportRow, RowState};
use super::run_record::{RunPhase, StockRun};
use crate::connection::Stock;
use crate::desk::{Desk, Stop};

/// Compares what a run has read, and writes the differences.
pub(super) async fn compare_run(
    desk: &mut Desk<'_>,
    stock: &Stock,
    id: &StockRunId,
) -> Result<Concluded, Stop> {
    let Some(mut run) = stock.records.run(&desk.connection.name, id).await? else {
        desk.note(format!("stock run {id} is not known"));
        return Ok(Concluded::Done);
    };
    if !matches!(run.phase, RunPhase::Comparing | RunPhase::Writing) {
        desk.note(format!("stock run {id} is not to be compared: {}", run.phase.as_str()));
        return Ok(Concluded::Done);
    }
    let is_full = run.request.skus.is_empty();
    let (gathered, mut compared) =
        if is_full { compare_all(desk, stock, &run).await? } else { compare_some(desk, stock, &run).await? };
    run.compared_items = compared.compared;
    // what an earlier look of this run wrote is in step by now
    let earlier =
        if run.phase == RunPhase::Writing { drifts(desk, stock, id, &compared).await? } else { Vec::new() };
    compared.in_step = compared.in_step.saturating_sub(u64::try_from(earlier.len()).unwrap_or(u64::MAX));
    if is_full && !run.request.plan_only {
        supersede(desk, stock, id).await?;
    }
    Case { run, approved: BTreeSet::new(), earlier }.conclude(desk, stock, &gathered, compared).await
}

/// Compares the items of some SKUs.
async fn compare_some(
    desk: &mut Desk<'_>,
    stock: &Stock,
    run: &StockRun,
) -> Result<(Gathered, Compared), Stop> {
    let gathered = Gathered::read(desk, stock, Scope::Skus(run.request.skus.clone())).await?;
    let oldest = gathered.oldest(desk, stock).await?;
    let mut compared = gathered.compare(desk, stock, oldest).await?;
    if !compared.unconfirmed.is_empty() {
        confirm(desk, stock, run, &compared.unconfirmed).await?;
        compared = gathered.compare(desk, stock, oldest).await?;
    }
    Ok((gathered, compared))
}

/// Rows of differences in a run's report whose items do not differ any more: they were written.
async fn drifts(
    desk: &Desk<'_>,
    stock: &Stock,
    id: &StockRunId,
    compared: &Compared,
) -> Result<Vec<ReportRow>, Stop> {
    let differing: BTreeSet<&ItemId> = compared.differences.iter().map(|found| &found.item).collect();
    let mut rows = report(desk, stock, id).await?;
    rows.retain(|row| matches!(row, ReportRow::Drift { item, .. } if !differing.contains(item)));
    rows.iter_mut().for_each(|row| set_state(row, RowState::Written));
    Ok(rows)
}

fn set_state(row: &mut ReportRow, now: RowState) {
    if let ReportRow::Drift { state, .. } = row {
        *state = now;
    }
}

/// Runs that wait for a person are overtaken by a newer full run: what they held is worked out afresh.
async fn supersede(desk: &mut Desk<'_>, stock: &Stock, by: &StockRunId) -> Result<(), Stop> {
    for id in desk.parked_after(&run_subject("")) {
        let id = StockRunId::new(id);
        if id == *by {
            continue;
        }
        if let Some(mut run) = stock.records.run(&desk.connection.name, &id).await?
            && run.phase == RunPhase::AwaitingApproval
        {
            run.phase = RunPhase::Done;
            run.message = Some(format!("superseded: by stock run {by}"));
            run.updated_at = desk.connection.now();
            stock.records.write_run(desk.lease, &run).await?;
        }
        desk.unpark(&run_subject(id.as_str())).await?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "comparing_tests.rs"]
mod tests;
