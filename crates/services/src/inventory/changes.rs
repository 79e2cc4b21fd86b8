//! Stock as it changes: reads what Amazon has of some SKUs and brings their items in step.

use std::collections::BTreeSet;

use amz_domain::{Sku, StockRunId};

use super::approval::braked;
use super::case::{Case, Concluded, doubts, run_subject};
use super::difference::Compared;
use super::gathering::{Gathered, Scope};
use super::reading::{named, new_run};
use super::resolving::skus_of;
use super::run_record::{RunBeginner, RunPhase, StockRun, StockRunRequest};
use super::settling::settle_differences;
use super::telling::park_and_unpark;
use super::writing::{Numbering, look_name};
use crate::connection::Stock;
use crate::desk::{Desk, Stop};
use crate::ports::stock::StockPriority;
use crate::work::Ask;

/// SKUs whose time for another look has come that one look takes along.
const DUE_AT_ONCE: u32 = 500;

/// Brings the items of changed SKUs in step.
pub(super) async fn changes(desk: &mut Desk<'_>, stock: &Stock, asks: &[Ask]) -> Result<Concluded, Stop> {
    let (mut items, mut skus) = (BTreeSet::new(), BTreeSet::new());
    let mut stocked = Vec::new();
    for ask in asks {
        match ask {
            Ask::StockChanged(item) => {
                items.insert(item.clone());
            }
            Ask::StockOf(sku) => {
                skus.insert(sku.clone());
            }
            Ask::StockOfItem(item) => stocked.push(item.clone()),
            _ => {}
        }
    }
    skus.extend(skus_of(desk, stock, &items).await?);
    if !stocked.is_empty() {
        let gathered = Gathered::read(desk, stock, Scope::Items(stocked)).await?;
        skus.extend(gathered.skus_of(&gathered.items.iter().collect::<Vec<_>>()));
    }
    let (due, _) = stock.records.due_again(&desk.connection.name, desk.connection.now(), DUE_AT_ONCE).await?;
    skus.extend(due);
    if skus.is_empty() {
        return Ok(Concluded::Done);
    }
    let asked: Vec<Sku> = skus.iter().cloned().collect();
    let missing = named(desk, stock, asked.clone(), StockPriority::Change).await?;
    for sku in &missing {
        // absent from one answer says nothing yet: full runs ask twice
        desk.note(format!("Amazon does not show {sku}: its stock stays as it is"));
        skus.remove(sku);
    }
    let gathered = Gathered::read(desk, stock, Scope::Skus(skus.iter().cloned().collect())).await?;
    let unread = gathered.never_read(desk, stock).await?;
    if !unread.is_empty() {
        // beside the SKU that changed they would count as nothing
        named(desk, stock, unread, StockPriority::Change).await?;
    }
    let gathered = gathered.without(missing);
    let oldest = gathered.oldest(desk, stock).await?;
    let compared = gathered.compare(desk, stock, oldest).await?;
    desk.note(format!(
        "{} SKUs looked at: {} items in step, {} off, {} mismatches",
        skus.len(),
        compared.in_step,
        compared.differences.len(),
        compared.mismatches.len()
    ));
    if let Some(found) = braked(desk, stock, &compared, false, &BTreeSet::new()).await? {
        let run = held_run(desk, stock, skus).await?;
        let mut case = Case { run, approved: BTreeSet::new(), earlier: Vec::new() };
        case.hold(desk, stock, &compared, &found).await?;
        remember(desk, stock, &asked, &compared).await?;
        return Ok(Concluded::Done);
    }
    let concluded = write(desk, stock, &gathered, &compared).await?;
    if matches!(concluded, Concluded::Done) {
        remember(desk, stock, &asked, &compared).await?;
    }
    Ok(concluded)
}

/// Of the SKUs that were looked at, those in doubt are looked at again and the others are not.
async fn remember(desk: &Desk<'_>, stock: &Stock, asked: &[Sku], compared: &Compared) -> Result<(), Stop> {
    let settled = asked.iter().map(|sku| (sku.clone(), None));
    let again: Vec<_> =
        settled.chain(doubts(compared, stock.settings.reservation_lag, desk.connection.now())).collect();
    Ok(stock.records.look_again(desk.lease, &again).await?)
}

async fn write(
    desk: &mut Desk<'_>,
    stock: &Stock,
    gathered: &Gathered,
    compared: &Compared,
) -> Result<Concluded, Stop> {
    // there is no report of changes: the arithmetic is told where they are told
    for found in &compared.differences {
        desk.note(format!("{}: {} units: {}", found.name, found.units.normalize(), found.arithmetic.line()));
    }
    let numbering = Numbering::of_look(desk);
    let settled = settle_differences(desk, stock, numbering, gathered, compared).await?;
    if settled.is_unsettled {
        return Ok(Concluded::Unsettled);
    }
    park_and_unpark(desk, stock, gathered, compared, &settled).await?;
    Ok(Concluded::Done)
}

/// The run record of changes that wait for a person.
async fn held_run(desk: &Desk<'_>, stock: &Stock, skus: BTreeSet<Sku>) -> Result<StockRun, Stop> {
    let request = StockRunRequest {
        id: look_name(desk),
        by: RunBeginner::Change,
        plan_only: false,
        skus: skus.into_iter().collect(),
    };
    let waits =
        |run: &StockRun| run.request.by == RunBeginner::Change && run.phase == RunPhase::AwaitingApproval;
    for id in desk.parked_after(&run_subject("")) {
        let earlier = stock.records.run(&desk.connection.name, &StockRunId::new(id)).await?;
        if let Some(run) = earlier.filter(waits).filter(|run| run.request.skus == request.skus) {
            // the same changes again: one question is enough
            return Ok(run);
        }
    }
    Ok(new_run(request, desk.connection.now()))
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
