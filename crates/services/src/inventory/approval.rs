//! Differences that wait for a person, and what follows when the person approves them.

use std::collections::BTreeSet;

use amz_domain::{ItemId, StockRunId};

use super::brake::{Brake, brake};
use super::case::{Case, Concluded, report, run_subject};
use super::difference::Compared;
use super::gathering::{Gathered, Scope};
use super::reading::named;
use super::record::{ReportRow, RowState};
use super::run_record::{RunPhase, StockRun};
use crate::connection::Stock;
use crate::desk::{Desk, Stop};
use crate::failure::StoreError;
use crate::parking::{Reason, Who};
use crate::ports::stock::StockPriority;

/// Runs among which the last full one is looked for.
const RUNS: u32 = 50;

/// Whether differences must wait for a person.
pub(super) async fn braked(
    desk: &Desk<'_>,
    stock: &Stock,
    compared: &Compared,
    is_full: bool,
    approved: &BTreeSet<ItemId>,
) -> Result<Option<Brake>, StoreError> {
    let differences = &compared.differences;
    if !differences.iter().any(|found| found.drops_to_zero) {
        return Ok(None);
    }
    let sold = if is_full { compared.sellable_skus } else { sold_lately(desk, stock).await? };
    Ok(brake(&stock.settings.brake, sold, differences, approved))
}

/// How many items the last full run compared; before there was one, how many SKUs are known. Amazon may know many SKUs
/// that no item stands for, and beside them a loss of all that is sold would look small.
async fn sold_lately(desk: &Desk<'_>, stock: &Stock) -> Result<u64, StoreError> {
    let name = &desk.connection.name;
    let is_full = |run: &&StockRun| {
        let is_compared = matches!(run.phase, RunPhase::AwaitingApproval | RunPhase::Done);
        is_compared && run.request.skus.is_empty() && run.compared_items > 0
    };
    let runs = stock.records.runs(name, RUNS).await?;
    match runs.iter().filter(is_full).max_by_key(|run| run.started_at) {
        Some(run) => Ok(run.compared_items),
        None => stock.records.known_count(name).await,
    }
}

/// Why they wait, for people.
pub(super) fn stock_brake(found: &Brake, differences: usize, stock: &Stock) -> Reason {
    let percent =
        |share: rust_decimal::Decimal| (share * rust_decimal::Decimal::ONE_HUNDRED).round_dp(1).normalize();
    let settings = &stock.settings.brake;
    let limit = match settings.units {
        Some(units) => format!(" or {units} units"),
        None => String::new(),
    };
    Reason::new(
        "stock_brake",
        format!(
            "{} SKUs ({} % of those on sale) would drop to zero and {} units be lost; allowed are {} %{limit}; \
             {differences} differences are held",
            found.drops,
            percent(found.share),
            found.units.normalize(),
            percent(settings.share),
        ),
        "compare with Amazon's inventory page; when it is right, say so with `amz approve`: Amazon is asked afresh",
        Who::Operator,
    )
}

/// Goes on with what a person approved: Amazon is asked afresh, and what still differs is written without the check
/// that held it.
pub(super) async fn approved(desk: &mut Desk<'_>, stock: &Stock, id: &StockRunId) -> Result<Concluded, Stop> {
    let subject = run_subject(id.as_str());
    let run = stock.records.run(&desk.connection.name, id).await?;
    let waits = |run: &StockRun| matches!(run.phase, RunPhase::AwaitingApproval | RunPhase::Writing);
    let Some(mut run) = run.filter(waits) else {
        desk.note(format!("stock run {id} does not wait for anybody"));
        desk.unpark(&subject).await?;
        return Ok(Concluded::Done);
    };
    let rows = report(desk, stock, id).await?;
    let mut items = BTreeSet::new();
    let mut skus = BTreeSet::new();
    for row in &rows {
        if let ReportRow::Drift { item, arithmetic, state: RowState::Held, .. } = row {
            items.insert(item.clone());
            skus.extend(arithmetic.amazon.iter().map(|amazon| amazon.sku.clone()));
        }
    }
    desk.note(format!("stock run {id} was approved: {} items", items.len()));
    let missing = named(desk, stock, skus.into_iter().collect(), StockPriority::Change).await?;
    let gathered = Gathered::read(desk, stock, Scope::Items(items.iter().cloned().collect())).await?;
    let gathered = gathered.without(missing);
    let oldest = gathered.oldest(desk, stock).await?;
    let compared = gathered.compare(desk, stock, oldest).await?;
    run.ended_at = None;
    run.message = None;
    // what is not held any more was written by a look before this one, or came right by itself
    let differing: BTreeSet<&ItemId> = compared.differences.iter().map(|found| &found.item).collect();
    let mut earlier = rows;
    earlier.retain(|row| match row {
        ReportRow::Drift { item, state, .. } => *state == RowState::Written && !differing.contains(item),
        ReportRow::Mismatch { .. } => true,
    });
    let settled_before = Compared { in_step: run.summary.in_step + compared.in_step, ..compared };
    let case = Case { run, approved: items, earlier };
    let concluded = case.conclude(desk, stock, &gathered, settled_before).await?;
    if matches!(concluded, Concluded::Done) {
        desk.unpark(&subject).await?;
    }
    Ok(concluded)
}
