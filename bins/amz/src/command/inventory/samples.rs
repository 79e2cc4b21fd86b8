//! Runs and rows to show.

use amz_services::inventory::{
    Arithmetic, Mismatch, ReportRow, RowState, RunBeginner, RunPhase, SkuUnits, StockRun, StockRunRequest,
    StockSummary,
};
use chrono::{DateTime, Utc};

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn run(id: &str, phase: RunPhase) -> StockRun {
    let began = at("2026-03-02T17:00:00Z");
    StockRun {
        request: StockRunRequest {
            id: id.into(),
            by: RunBeginner::Operator,
            plan_only: false,
            skus: Vec::new(),
        },
        road: None,
        phase,
        started_at: began,
        updated_at: began,
        ended_at: None,
        expected_skus: None,
        read_skus: 0,
        pages: 0,
        compared_items: 0,
        documents: 0,
        summary: StockSummary::default(),
        message: None,
    }
}

pub(super) fn drift(item: &str, skus: &[&str]) -> ReportRow {
    ReportRow::Drift {
        item: item.into(),
        name: "Mug".to_owned(),
        arithmetic: Arithmetic {
            amazon: skus.iter().map(|sku| SkuUnits { sku: (*sku).into(), units: 10.into() }).collect(),
            unsent: 2.into(),
            in_doubt: 0.into(),
            buffer: 1.into(),
            demand: 5.into(),
            on_hand: 10.into(),
            available: 7.into(),
            target: 12.into(),
            read_at: at("2026-03-02T17:00:00Z"),
        },
        units: 2.into(),
        value: Some("25.00".parse().unwrap()),
        drops_to_zero: false,
        state: RowState::Written,
    }
}

pub(super) fn mismatch(sku: &str) -> ReportRow {
    ReportRow::Mismatch {
        mismatch: Mismatch::Unmapped,
        sku: Some(sku.into()),
        items: Vec::new(),
        detail: "no item has this SKU".to_owned(),
    }
}
