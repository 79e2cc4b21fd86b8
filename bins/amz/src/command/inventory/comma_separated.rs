//! A report as comma-separated values: a row per difference or mismatch, with the arithmetic.

use std::io::Write;
use std::path::Path;

use amz_services::inventory::{ReportRow, SkuUnits};
use anyhow::Context;
use rust_decimal::Decimal;

use super::report::state_word;

const HEADER: [&str; 18] = [
    "what",
    "item",
    "name",
    "sku",
    "amazon",
    "unsent",
    "in_doubt",
    "buffer",
    "available",
    "demand",
    "target",
    "on_hand",
    "units",
    "value",
    "drops_to_zero",
    "state",
    "read_at",
    "detail",
];

/// Writes the rows into a file.
pub(super) fn write(path: &Path, rows: &[ReportRow]) -> anyhow::Result<()> {
    let file =
        std::fs::File::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
    write_to(std::io::BufWriter::new(file), rows)
        .with_context(|| format!("{} cannot be written", path.display()))
}

fn write_to(out: impl Write, rows: &[ReportRow]) -> csv::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(HEADER)?;
    for row in rows {
        table.write_record(cells(row))?;
    }
    table.flush()?;
    Ok(())
}

fn cells(row: &ReportRow) -> [String; 18] {
    match row {
        ReportRow::Drift { item, name, arithmetic, units, value, drops_to_zero, state } => {
            // of several SKUs each with its units, joined by what a SKU can hardly hold
            let join = |cell: fn(&SkuUnits) -> String| {
                arithmetic.amazon.iter().map(cell).collect::<Vec<_>>().join(" + ")
            };
            let number = |decimal: Decimal| decimal.to_string();
            [
                "drift".to_owned(),
                item.to_string(),
                name.clone(),
                join(|amazon| amazon.sku.to_string()),
                join(|amazon| amazon.units.to_string()),
                number(arithmetic.unsent),
                number(arithmetic.in_doubt),
                number(arithmetic.buffer),
                number(arithmetic.available),
                number(arithmetic.demand),
                number(arithmetic.target),
                number(arithmetic.on_hand),
                number(*units),
                value.map(number).unwrap_or_default(),
                drops_to_zero.to_string(),
                state_word(*state).to_owned(),
                arithmetic.read_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
                String::new(),
            ]
        }
        ReportRow::Mismatch { mismatch, sku, items, detail } => {
            let mut cells: [String; 18] = Default::default();
            let items: Vec<&str> = items.iter().map(amz_domain::ItemId::as_str).collect();
            cells[0] = mismatch.as_str().to_owned();
            cells[1] = items.join(" ");
            cells[3] = sku.as_ref().map(ToString::to_string).unwrap_or_default();
            cells[17].clone_from(detail);
            cells
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{drift, mismatch};
    use super::*;

    #[test]
    fn every_row_has_its_arithmetic_and_every_cell_its_column() {
        let mut out = Vec::new();
        write_to(&mut out, &[drift("1021", &["MUG", "MUG,2"]), mismatch("LAMP")]).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], HEADER.join(","));
        assert_eq!(
            lines[1],
            "drift,1021,Mug,\"MUG + MUG,2\",10 + 10,2,0,1,7,5,12,10,2,25.00,false,written,\
             2026-03-02T17:00:00.000Z,"
        );
        assert_eq!(lines[2], "unmapped,,,LAMP,,,,,,,,,,,,,,no item has this SKU");
        assert_eq!(lines.len(), 3);
    }
}
