//! Counts, units and value of a report. Pure.

use rust_decimal::Decimal;

use super::{ReportRow, RowState, StockSummary};

impl StockSummary {
    /// The summary of a report, and of items in step, which have no row.
    pub fn of<'rows>(in_step: u64, rows: impl IntoIterator<Item = &'rows ReportRow>) -> Self {
        let mut summary = Self { in_step, ..Self::default() };
        rows.into_iter().for_each(|row| summary.count(row));
        summary
    }

    /// Counts one row.
    pub fn count(&mut self, row: &ReportRow) {
        let ReportRow::Drift { units, value, drops_to_zero, state, .. } = row else {
            self.mismatches += 1;
            return;
        };
        self.off += 1;
        self.written += u64::from(*state == RowState::Written);
        self.drops_to_zero += u64::from(*drops_to_zero);
        if *units < Decimal::ZERO {
            self.units_over = self.units_over.saturating_sub(*units);
        } else {
            self.units_under = self.units_under.saturating_add(*units);
        }
        self.value = self.value.saturating_add(value.unwrap_or_default().abs());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::fixtures::{comparison, item, known, settings, units};

    #[test]
    fn a_report_is_counted_by_units_value_and_what_became_of_it() {
        let mut comparison = comparison(settings());
        for (id, key, on_hand, figure) in [("1", "A", 5, 0), ("2", "B", 1, 4), ("3", "C", 2, 2)] {
            comparison.item(&item(id, key, on_hand), &[known(key, figure)]);
        }
        comparison.unmatched(&known("D", 1));
        let compared = comparison.finish();
        let mut rows = compared.mismatches;
        let states = [RowState::Written, RowState::Held];
        rows.extend(compared.differences.iter().zip(states).map(|(found, state)| found.row(state)));
        let expected = StockSummary {
            in_step: 1,
            off: 2,
            written: 1,
            units_over: units(5),
            units_under: units(3),
            value: units(20),
            drops_to_zero: 1,
            mismatches: 1,
        };
        assert_eq!(StockSummary::of(compared.in_step, &rows), expected);
    }
}
