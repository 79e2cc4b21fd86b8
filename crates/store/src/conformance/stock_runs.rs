//! Full synchronisations of stock and their reports.

use amz_domain::StockRunId;
use amz_services::inventory::{
    Arithmetic, Mismatch, ReportRow, Road, RowState, RunBeginner, RunPhase, SkuUnits, StockRun,
    StockRunRequest, StockSummary,
};

use super::Stores;
use super::samples::{at, shop};
use super::stock::{levels, skus};

/// A run that began at a second.
pub fn run(id: &str, started_s: i64) -> StockRun {
    StockRun {
        request: StockRunRequest {
            id: id.into(),
            by: RunBeginner::Operator,
            plan_only: true,
            skus: skus(&["MUG"]),
        },
        road: Some(Road::Named),
        phase: RunPhase::Comparing,
        started_at: at(started_s),
        updated_at: at(started_s + 1),
        ended_at: None,
        expected_skus: Some(3),
        read_skus: 2,
        pages: 1,
        compared_items: 1,
        documents: 1,
        summary: StockSummary {
            units_over: "2.50".parse().unwrap(),
            value: "12345678901234567.89".parse().unwrap(),
            ..StockSummary::default()
        },
        message: None,
    }
}

pub async fn runs_are_replaced_by_their_id_and_listed_newest_first(stores: &Stores) {
    let lease = levels(stores).await;
    for (id, started_s) in [("r2", 20), ("r1", 10), ("r4", 30), ("r3", 30)] {
        stores.stock.write_run(&lease, &run(id, started_s)).await.unwrap();
    }
    let ended = StockRun {
        phase: RunPhase::Incomplete,
        ended_at: Some(at(60)),
        message: Some("TooManyRequests: later".to_owned()),
        ..run("r1", 10)
    };
    stores.stock.write_run(&lease, &ended).await.unwrap();
    let newest_first = [run("r4", 30), run("r3", 30), run("r2", 20), ended.clone()];
    assert_eq!(stores.stock.runs(&shop(), 10).await.unwrap(), newest_first);
    assert_eq!(stores.stock.runs(&shop(), 2).await.unwrap(), newest_first[..2]);
    assert_eq!(stores.stock.runs(&"other".into(), 10).await.unwrap(), []);
    assert_eq!(stores.stock.run(&shop(), &"r1".into()).await.unwrap(), Some(ended.clone()));
    assert_eq!(stores.stock.run(&shop(), &"r9".into()).await.unwrap(), None);
    assert_eq!(stores.stock.run(&"other".into(), &"r1".into()).await.unwrap(), None);
    assert_eq!(stores.stock_reports.stock_runs(&shop(), 2).await.unwrap(), newest_first[..2]);
    assert_eq!(stores.stock_reports.stock_run(&shop(), &"r1".into()).await.unwrap(), Some(ended));
}

/// A row about the stock of an item.
pub fn drift(item: &str, units: &str) -> ReportRow {
    let number = |text: &str| text.parse().unwrap();
    ReportRow::Drift {
        item: item.into(),
        name: "Mug".to_owned(),
        arithmetic: Arithmetic {
            amazon: vec![SkuUnits { sku: "MUG".into(), units: number("10") }],
            unsent: number("2"),
            in_doubt: number("0"),
            buffer: number("1"),
            demand: number("5"),
            on_hand: number("9.500"),
            available: number("7"),
            target: number("12"),
            read_at: at(7),
        },
        units: number(units),
        value: Some(number("-0.10")),
        drops_to_zero: false,
        state: RowState::Held,
    }
}

pub async fn report_rows_are_read_in_the_order_in_which_they_were_written(stores: &Stores) {
    let lease = levels(stores).await;
    let unmapped = ReportRow::Mismatch {
        mismatch: Mismatch::Unmapped,
        sku: Some("CUP".into()),
        items: Vec::new(),
        detail: "no item has it".to_owned(),
    };
    let id = StockRunId::from("r1");
    let write = async |id: &StockRunId, rows: &[ReportRow], anew| {
        stores.stock.write_report(&lease, id, rows, anew).await.unwrap();
    };
    let read = async |after, limit| stores.stock.report(&shop(), &id, after, limit).await.unwrap();
    write(&id, &[drift("9", "1"), unmapped.clone()], true).await;
    write(&"r2".into(), &[drift("1", "1")], true).await;
    write(&id, &[drift("8", "0.25")], false).await;
    let rows = [drift("9", "1"), unmapped, drift("8", "0.25")];
    assert_eq!(read(0, 100).await, rows);
    assert_eq!(read(1, 1).await, rows[1..2]);
    assert_eq!(read(3, 100).await, []);
    assert_eq!(stores.stock_reports.stock_report(&shop(), &id, 2, 100).await.unwrap(), rows[2..]);
    assert_eq!(stores.stock.report(&"other".into(), &id, 0, 100).await.unwrap(), []);
    write(&id, &[drift("7", "3")], true).await;
    assert_eq!(read(0, 100).await, [drift("7", "3")], "a new report replaces the old one");
    assert_eq!(read(1, 100).await, []);
    write(&id, &[], true).await;
    assert_eq!(read(0, 100).await, []);
    assert_eq!(stores.stock.report(&shop(), &"r2".into(), 0, 100).await.unwrap(), [drift("1", "1")]);
}
