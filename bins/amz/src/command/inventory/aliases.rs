//! `amz inventory aliases`: the table of SKUs, as `inventory.aliases` reads it.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use amz_app::operator;
use amz_app::settings::Settings;
use amz_domain::Sku;
use amz_services::inventory::ReportRow;
use amz_services::settings::{Alias, Buffer, Counting};
use anyhow::Context;
use rust_decimal::Decimal;
use serde_json::json;

use super::{rows, stocked};
use crate::arguments::StockOptions;
use crate::output::Output;

pub(super) async fn run(
    settings: &Settings,
    options: &StockOptions,
    out: &Path,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let (connection, stock) = stocked(settings, options)?;
    let reports = operator::stock_reports(&settings.store)?;
    let latest = reports.stock_runs(&connection.name, 1).await?.pop();
    let rows = match &latest {
        Some(run) => rows(reports.as_ref(), &connection.name, &run.request.id).await?,
        None => Vec::new(),
    };
    let table = effective(&stock.inventory.aliases, &rows);
    let failed = || format!("{} cannot be written", out.display());
    let file = std::fs::File::create(out).with_context(failed)?;
    write_to(std::io::BufWriter::new(file), &table).with_context(failed)?;
    let blank = table.iter().filter(|alias| alias.item.is_none()).count();
    let document = json!({"file": out.display().to_string(), "skus": table.len(), "without_item": blank});
    output.write(&document, || {
        format!("{} SKUs in {}, {blank} of them without an item\n", table.len(), out.display())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The configured rows, and after them every other SKU that a report names: with its item where the report knows one
/// for sure, else with an empty cell for a person to fill in.
fn effective(configured: &[Alias], rows: &[ReportRow]) -> Vec<Alias> {
    let mut table = configured.to_vec();
    let mut known: BTreeSet<Sku> = configured.iter().map(|alias| alias.sku.clone()).collect();
    let mut add = |sku: &Sku, item| {
        if known.insert(sku.clone()) {
            table.push(Alias { sku: sku.clone(), item, counting: None, buffer: None });
        }
    };
    for row in rows {
        match row {
            ReportRow::Drift { item, arithmetic, .. } => {
                for amazon in &arithmetic.amazon {
                    add(&amazon.sku, Some(item.clone()));
                }
            }
            ReportRow::Mismatch { sku, .. } => {
                if let Some(sku) = sku {
                    add(sku, None);
                }
            }
        }
    }
    table
}

fn write_to(out: impl Write, aliases: &[Alias]) -> csv::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(["sku", "item", "counting", "buffer"])?;
    for Alias { sku, item, counting, buffer } in aliases {
        let counting = match counting {
            Some(Counting::Sum) => "sum",
            Some(Counting::Primary) => "primary",
            Some(Counting::Ignore) => "ignore",
            None => "",
        };
        let item = item.as_ref().map(ToString::to_string).unwrap_or_default();
        let buffer = buffer.as_ref().map(buffer_cell).unwrap_or_default();
        table.write_record([sku.as_str(), &item, counting, &buffer])?;
    }
    table.flush()?;
    Ok(())
}

fn buffer_cell(buffer: &Buffer) -> String {
    if buffer.share.is_zero() {
        return buffer.units.normalize().to_string();
    }
    format!("{}%", (buffer.share * Decimal::ONE_HUNDRED).normalize())
}

#[cfg(test)]
mod tests {
    use super::super::samples::{drift, mismatch};
    use super::*;

    #[test]
    fn the_table_holds_what_is_configured_and_every_other_sku_of_the_report() {
        let share = Buffer { units: Decimal::ZERO, share: Decimal::new(25, 3) };
        let units = Buffer { units: 3.into(), share: Decimal::ZERO };
        let alias = |sku: &str, counting, buffer| Alias {
            sku: sku.into(),
            item: Some("7".into()),
            counting: Some(counting),
            buffer: Some(buffer),
        };
        let configured = [alias("MUG", Counting::Primary, share), alias("A,B", Counting::Sum, units)];
        let table =
            effective(&configured, &[drift("1021", &["MUG", "CUP"]), mismatch("LAMP"), mismatch("CUP")]);
        let mut out = Vec::new();
        write_to(&mut out, &table).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "sku,item,counting,buffer\nMUG,7,primary,2.5%\n\"A,B\",7,sum,3\nCUP,1021,,\nLAMP,,,\n"
        );
    }
}
