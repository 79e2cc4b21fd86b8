//! Use case 9: what the orders name is stocked at both sides; stock changes at Amazon, drifts apart and is repaired.

use std::path::Path;
use std::time::Duration;

use amz_app::operator;
use amz_app::settings::StoreSettings;
use amz_domain::StockRunId;
use amz_sandbox::Sandbox;
use amz_sandbox::amazon::StockEventScript;
use amz_services::inventory::{ReportRow, RunBeginner, RunPhase, StockRun, StockRunRequest};
use anyhow::Context;
use chrono::Utc;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

use crate::rehearsal::{AMAZON_LOCATION, CONNECTION};

/// Units of every item beyond what is ordered, so that something is left to sell.
const SPARE_UNITS: i64 = 20;

/// Units under the second SKU of the first item.
const SECOND_SKU_UNITS: i64 = 5;

/// Units of the second item that the table of SKUs keeps back.
const KEPT_BACK: i64 = 2;

/// A SKU that Amazon has and NetSuite does not know.
const UNMAPPED: &str = "NOBODY-KNOWS-IT";

/// Full runs that are asked for when Amazon's bad days break them off.
const ATTEMPTS: u32 = 10;

/// Rows of a report that are shown.
const LARGEST_REPORT: u32 = 1_000;

/// How often a run is looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// An item that is stocked at both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StockedItem {
    /// Internal id.
    pub(crate) item: u64,
    /// Its name in NetSuite.
    pub(crate) name: String,
    /// What Amazon calls it; the figures count together.
    pub(crate) skus: Vec<String>,
    /// Units kept back.
    pub(crate) buffer: i64,
}

/// Stocks what waits to be shipped from Amazon's location, at both sides and in step.
///
/// # Errors
/// When the pretend vendors refuse a figure.
pub(crate) fn stock_both_sides(sandbox: &Sandbox) -> anyhow::Result<Vec<StockedItem>> {
    let mut stocked = Vec::new();
    for level in sandbox.netsuite.stock_levels(AMAZON_LOCATION) {
        let Some(name) = name_of(sandbox, level.item) else { continue };
        let demand = (level.committed + level.back_ordered).ceil().to_i64().unwrap_or_default();
        let units = demand.saturating_mul(2).saturating_add(SPARE_UNITS);
        sandbox.amazon.set_stock(&name, units)?;
        sandbox.netsuite.set_on_hand(level.item, AMAZON_LOCATION, units)?;
        sandbox.netsuite.set_average_cost(level.item, AMAZON_LOCATION, Some(Decimal::new(425, 2)))?;
        stocked.push(StockedItem { item: level.item, skus: vec![name.clone()], name, buffer: 0 });
    }
    Ok(stocked)
}

/// The name of an item that is stocked by itself.
fn name_of(sandbox: &Sandbox, item: u64) -> Option<String> {
    let known = |record_type| sandbox.netsuite.record(record_type, item);
    let record = known("inventoryItem").or_else(|| known("assemblyItem"))?;
    record["itemId"].as_str().map(str::to_owned)
}

/// Gives the first item a second SKU and keeps units of the second item back, by a table of SKUs.
///
/// # Errors
/// When the table cannot be written or the pretend vendors refuse a figure.
pub(crate) fn write_aliases(
    sandbox: &Sandbox,
    stocked: &mut [StockedItem],
    file: &Path,
) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_path(file)?;
    table.write_record(["sku", "item", "counting", "buffer"])?;
    let mut stocked = stocked.iter_mut();
    if let Some(first) = stocked.next() {
        let second_sku = format!("{}-B", first.name);
        let id = first.item.to_string();
        table.write_record([&first.name, &id, "sum", ""])?;
        table.write_record([second_sku.as_str(), &id, "sum", ""])?;
        sandbox.amazon.set_stock(&second_sku, SECOND_SKU_UNITS)?;
        change_on_hand(sandbox, first.item, SECOND_SKU_UNITS)?;
        first.skus.push(second_sku);
    }
    if let Some(second) = stocked.next() {
        table.write_record([second.name.as_str(), "", "", &KEPT_BACK.to_string()])?;
        change_on_hand(sandbox, second.item, -KEPT_BACK)?;
        second.buffer = KEPT_BACK;
    }
    table.flush()?;
    Ok(())
}

fn change_on_hand(sandbox: &Sandbox, item: u64, units: i64) -> anyhow::Result<()> {
    let level = sandbox.netsuite.stock_level(item, AMAZON_LOCATION);
    let on_hand = level.and_then(|level| level.on_hand).unwrap_or_default();
    Ok(sandbox.netsuite.set_on_hand(item, AMAZON_LOCATION, on_hand + Decimal::from(units))?)
}

/// Units arrive at Amazon, break there and are sold in Amazon's own shop; of the last change no event comes.
///
/// # Errors
/// When the pretend Amazon refuses.
pub(crate) fn change(sandbox: &Sandbox, stocked: &[StockedItem]) -> anyhow::Result<usize> {
    let amazon = &sandbox.amazon;
    let changes = ["arrive", "break", "sold elsewhere"];
    for ((position, change), item) in changes.iter().enumerate().zip(stocked.iter().cycle()) {
        match position {
            0 => amazon.receive(&item.name, 12).context(*change)?,
            1 => amazon.damage(&item.name, 1).context(*change)?,
            _ => {
                amazon.set_stock_events(StockEventScript { lose: 1, ..StockEventScript::default() });
                amazon.sell_elsewhere(&item.name, 2).context(*change)?;
            }
        }
    }
    Ok(if stocked.is_empty() { 0 } else { changes.len() })
}

/// Staff count wrongly, and Amazon has something that NetSuite does not know.
///
/// # Errors
/// When a pretend vendor refuses.
pub(crate) fn drift(sandbox: &Sandbox, stocked: &[StockedItem]) -> anyhow::Result<()> {
    if let Some(item) = stocked.first() {
        sandbox.netsuite.adjust_stock(item.item, AMAZON_LOCATION, -3)?;
    }
    Ok(sandbox.amazon.set_stock(UNMAPPED, 9)?)
}

/// What a full run came to.
#[derive(Debug, Serialize)]
pub(crate) struct FullRun {
    /// The run.
    run: StockRun,
    /// Its report.
    report: Vec<ReportRow>,
}

/// Has stock compared in full. When bad days break a run off another one is asked for, as a person would.
///
/// # Errors
/// When the store cannot be read, or a run does not end.
pub(crate) async fn full_run(store: &StoreSettings) -> anyhow::Result<FullRun> {
    let connection = CONNECTION.into();
    let reports = operator::stock_reports(store)?;
    let mut attempt = 1;
    loop {
        let id = StockRunId::new(format!("rehearsal-{attempt}"));
        let request =
            StockRunRequest { id: id.clone(), by: RunBeginner::Operator, plan_only: false, skus: Vec::new() };
        operator::read_stock(store, &connection, request, Utc::now()).await?;
        let ended = async {
            loop {
                match reports.stock_run(&connection, &id).await? {
                    Some(run) if run.phase.is_ended() => return anyhow::Ok(run),
                    _ => tokio::time::sleep(GLANCE).await,
                }
            }
        };
        let run = tokio::time::timeout(super::PATIENCE, ended).await.context("a full run does not end")??;
        if run.phase == RunPhase::Done || attempt == ATTEMPTS {
            let report = reports.stock_report(&connection, &id, 0, LARGEST_REPORT).await?;
            return Ok(FullRun { run, report });
        }
        attempt += 1;
    }
}

impl FullRun {
    /// Where the run did not come to what it should; empty when it did.
    pub(crate) fn differences(&self) -> Vec<String> {
        let mut differences = Vec::new();
        if self.run.phase != RunPhase::Done {
            differences.push(format!("the full run is {}", self.run.phase.as_str()));
        }
        if !self.skus_not_in_step().any(|sku| sku == UNMAPPED) {
            differences.push(format!("{UNMAPPED} is not on the full run's report"));
        }
        differences
    }

    fn skus_not_in_step(&self) -> impl Iterator<Item = &str> {
        self.report.iter().filter_map(|row| match row {
            ReportRow::Mismatch { sku, .. } => sku.as_ref().map(amz_domain::Sku::as_str),
            ReportRow::Drift { .. } => None,
        })
    }

    /// For people: what it found.
    pub(crate) fn text(&self) -> String {
        let Self { run, report } = self;
        let mut text = format!(
            "Full run of stock: {}, {} items off, {} written, {} not in step\n",
            run.phase.as_str(),
            run.summary.off,
            run.summary.written,
            run.summary.mismatches
        );
        for row in report {
            text.push_str(&match row {
                ReportRow::Drift { name, arithmetic, units, .. } => {
                    format!("  {name}: {} ({:+})\n", arithmetic.line(), units.normalize())
                }
                ReportRow::Mismatch { mismatch, sku, detail, .. } => {
                    let sku = sku.as_ref().map(amz_domain::Sku::as_str).unwrap_or_default();
                    format!("  {sku}: {}: {detail}\n", mismatch.as_str())
                }
            });
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::orders;
    use crate::rehearsal;

    #[tokio::test]
    async fn what_is_ordered_is_stocked_at_both_sides_and_both_agree() {
        let running = Sandbox::start(rehearsal::sandbox_settings(1, None)).await.unwrap();
        let sandbox = &running.sandbox;
        orders::load(&sandbox.netsuite, None, None).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut stocked = stock_both_sides(sandbox).unwrap();
        write_aliases(sandbox, &mut stocked, &folder.path().join("aliases.csv")).unwrap();

        let skus: Vec<_> = stocked.iter().flat_map(|item| item.skus.iter().map(String::as_str)).collect();
        let expected =
            ["TEA-GREEN-100", "TEA-GREEN-100-B", "MUG-BLUE", "KETTLE-1L", "TEA-BLACK-50", "STRAINER"];
        assert_eq!(skus, expected);
        for StockedItem { item, skus, buffer, name: _ } in &stocked {
            let figure: i64 =
                skus.iter().map(|sku| sandbox.amazon.stock(sku).unwrap().figures.fulfillable).sum();
            let level = sandbox.netsuite.stock_level(*item, AMAZON_LOCATION).unwrap();
            // nothing was sent yet: what is ordered is on hand, and Amazon has it
            assert_eq!(level.on_hand, Some((figure - buffer).into()));
            assert!(level.back_ordered.is_zero() && level.available >= SPARE_UNITS.into(), "{level:?}");
        }
        running.shutdown().await;
    }
}
