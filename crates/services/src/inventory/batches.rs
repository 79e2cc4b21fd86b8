//! Stock documents for differences. Pure.

use amz_domain::{ConnectionName, ExternalId, StockRunId};
use chrono::{NaiveDate, SecondsFormat};

use super::StockItemKind;
use super::difference::Difference;
use crate::ports::stock::{NewStockDocument, ShownStock, StockLine};
use crate::settings::InventorySettings;

/// Lines that one stock document holds at most: more make NetSuite slow or fail.
pub const LINES_PER_DOCUMENT: usize = 1_000;

/// The documents that bring stock into step, of at most [`LINES_PER_DOCUMENT`] lines, by item id.
///
/// `run` names the run or look they belong to, `first` the number of the first of them.
pub fn documents(
    settings: &InventorySettings,
    connection: &ConnectionName,
    run: &StockRunId,
    first: u32,
    date: NaiveDate,
    differences: &[Difference],
) -> Vec<NewStockDocument> {
    let mut moved: Vec<&Difference> = differences.iter().filter(|found| !found.units.is_zero()).collect();
    moved.sort_by(|one, other| one.item.cmp(&other.item));
    let numbered = (first..).zip(moved.chunks(LINES_PER_DOCUMENT));
    numbered
        .map(|(number, batch)| NewStockDocument {
            external_id: ExternalId::of_stock(connection, run, number),
            date,
            location: settings.location.clone(),
            subsidiary: settings.subsidiary.clone(),
            memo: memo(run, number, batch),
            lines: batch.iter().map(|found| line(found)).collect(),
        })
        .collect()
}

fn line(found: &Difference) -> StockLine {
    StockLine { item: found.item.clone(), units: found.units, memo: found.arithmetic.line() }
}

fn memo(run: &StockRunId, number: u32, batch: &[&Difference]) -> String {
    let instants = || batch.iter().map(|found| found.arithmetic.read_at);
    let text = |instant: chrono::DateTime<chrono::Utc>| instant.to_rfc3339_opts(SecondsFormat::Secs, true);
    let read = match (instants().min(), instants().max()) {
        (Some(first), Some(last)) if first != last => format!("{} to {}", text(first), text(last)),
        (Some(first), _) => text(first),
        (None, _) => "never".to_owned(),
    };
    format!("Amazon stock, read {read}, {run} document {number}")
}

/// What items' own fields shall show.
pub fn shown(differences: &[Difference]) -> Vec<ShownStock> {
    let mut shown: Vec<ShownStock> = differences
        .iter()
        .map(|found| ShownStock {
            item: found.item.clone(),
            kind: StockItemKind::clone(&found.kind),
            available: found.arithmetic.available,
            read_at: found.arithmetic.read_at,
        })
        .collect();
    shown.sort_by(|one, other| one.item.cmp(&other.item));
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::fixtures::{comparison, item, known_in, settings};

    /// Differences of so many items, of which one more unit than their number is to stand at the location.
    fn differences(count: u32) -> Vec<Difference> {
        let mut comparison = comparison(settings());
        for number in 0..count {
            let name = format!("{number:05}");
            comparison.item(&item(&name, &name, 0), &[known_in(&name, &name, number + 1)]);
        }
        comparison.finish().differences
    }

    fn date() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 18).unwrap()
    }

    #[test]
    fn differences_fill_documents_by_item_whatever_their_order() {
        let settings = InventorySettings { subsidiary: Some("3".into()), ..settings() };
        let mut differences = differences(2_001);
        differences.reverse();
        let documents = documents(&settings, &"main".into(), &"r-7".into(), 4, date(), &differences);
        let sizes: Vec<usize> = documents.iter().map(|document| document.lines.len()).collect();
        assert_eq!(sizes, [1_000, 1_000, 1]);
        let names: Vec<&str> = documents.iter().map(|document| document.external_id.as_str()).collect();
        assert_eq!(names, ["amz-ia-main-r-7-4", "amz-ia-main-r-7-5", "amz-ia-main-r-7-6"]);
        assert_eq!(documents[1].lines[0].item.as_str(), "01000");
        assert_eq!(documents[0].lines[2].units, 3.into());
        assert_eq!(documents[0].lines[2].memo, "Amazon 3 - unsent 0 - buffer 0 + ordered 0 = 3; was 0");
        assert_eq!(documents[0].memo, "Amazon stock, read 2026-11-18T12:00:00Z, r-7 document 4");
        assert_eq!((documents[0].location.as_str(), documents[0].date), ("7", date()));
        assert_eq!(documents[0].subsidiary, Some("3".into()));
    }

    #[test]
    fn no_difference_makes_no_document_and_zero_units_no_line() {
        let mut differences = differences(2);
        differences[0].units = 0.into();
        let documents = documents(&settings(), &"main".into(), &"r-7".into(), 1, date(), &differences);
        assert_eq!(documents.iter().map(|document| document.lines.len()).collect::<Vec<_>>(), [1]);
        assert_eq!(
            super::documents(&settings(), &"main".into(), &"r-7".into(), 1, date(), &differences[..1]),
            []
        );
        assert_eq!(shown(&differences).len(), 2);
    }
}
