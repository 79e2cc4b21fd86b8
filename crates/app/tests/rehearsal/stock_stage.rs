//! Stock on the stage: items that Amazon and NetSuite both have, and full runs.

use std::time::Duration;

use amz_app::operator;
use amz_domain::{Sku, StockRunId};
use amz_sandbox::SandboxSettings;
use amz_services::inventory::{
    Arithmetic, Mismatch, ReportRow, RowState, RunBeginner, StockRun, StockRunRequest,
};
use amz_services::work::{Lane, LaneKey};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

use crate::configuration;
use crate::orders::{decimal, text};
use crate::stage::{CONNECTION, Stage};

/// Amazon's location.
pub(crate) const LOCATION: u64 = 7;

/// Rounds that a stage is given while it cannot come to rest.
const ROUNDS: usize = 20;

/// Readings of stock are told apart by when they were asked for.
const TICK: Duration = Duration::from_millis(1);

/// A difference of a run's report.
#[derive(Debug, Clone)]
pub(crate) struct Drift {
    pub(crate) item: String,
    pub(crate) units: Decimal,
    pub(crate) state: RowState,
    pub(crate) arithmetic: Arithmetic,
}

impl Stage {
    /// A stage that keeps stock, with some settings changed.
    pub(crate) async fn with_stock(changes: &[(&str, &str)]) -> Self {
        Self::with_stock_at(changes, |_| {}).await
    }

    /// A stage that keeps stock, with settings changed on both sides. Amazon's pace does not hold it up.
    pub(crate) async fn with_stock_at(
        changes: &[(&str, &str)],
        vendors: impl FnOnce(&mut SandboxSettings),
    ) -> Self {
        let fast = |settings: &mut SandboxSettings| {
            settings.amazon.sp_api.habits.rate_per_s = 1_000;
            vendors(settings);
        };
        Self::configured(changes, fast, configuration::with_stock, TICK).await
    }

    /// An item with its SKU, so many units at Amazon and so many on hand in NetSuite.
    pub(crate) fn stock(&self, item: u64, at_amazon: i64, on_hand: i64) {
        self.stock_item(item);
        self.amazon().set_stock(&sku(item), at_amazon).unwrap();
        self.netsuite().set_on_hand(item, LOCATION, on_hand).unwrap();
    }

    /// An item in NetSuite with its SKU.
    pub(crate) fn stock_item(&self, item: u64) {
        let body =
            json!({"id": item, "itemId": sku(item), "itemType": "InvtPart", "custitem_amz_sku": sku(item)});
        self.netsuite().put_item(&body).unwrap();
    }

    /// What stands on hand, and what can be sold.
    pub(crate) fn level(&self, item: u64) -> (i64, i64) {
        let level = self.netsuite().stock_level(item, LOCATION).unwrap();
        (level.on_hand.unwrap_or_default().to_i64().unwrap(), level.available.to_i64().unwrap())
    }

    /// What stands on hand.
    pub(crate) fn on_hand(&self, item: u64) -> i64 {
        self.level(item).0
    }

    /// Every line of our adjustments, oldest first: the item and by how much.
    pub(crate) fn adjusted(&self) -> Vec<(u64, i64)> {
        self.ours().iter().flat_map(document_lines).map(|line| (line.0, line.1)).collect()
    }

    /// Our adjustments, oldest first.
    pub(crate) fn ours(&self) -> Vec<Value> {
        let all = self.netsuite().inventory_adjustments().into_iter();
        all.filter(|document| text(document, "externalId").starts_with("amz-ia-")).collect()
    }

    /// Asks for a full run as `amz inventory sync` does.
    pub(crate) async fn ask_for_run(&self, id: &str, plan_only: bool, skus: &[&str]) -> StockRunId {
        let skus = skus.iter().map(|sku| Sku::from(*sku)).collect();
        let request = StockRunRequest { id: id.into(), by: RunBeginner::Operator, plan_only, skus };
        operator::read_stock(&self.settings.store, &CONNECTION.into(), request, self.now()).await.unwrap();
        id.into()
    }

    /// Has everything compared a minute later, and waits until all is done.
    pub(crate) async fn full_run(&self, id: &str) -> StockRun {
        self.advance(Duration::from_secs(60));
        let id = self.ask_for_run(id, false, &[]).await;
        self.settle().await;
        self.run(id.as_str()).await
    }

    /// A run as it is remembered.
    pub(crate) async fn run(&self, id: &str) -> StockRun {
        self.sync().state.stock_run(&CONNECTION.into(), &id.into()).await.unwrap().expect("the run is known")
    }

    /// All runs, newest first.
    pub(crate) async fn runs(&self) -> Vec<StockRun> {
        self.sync().state.stock_runs(&CONNECTION.into(), 100).await.unwrap()
    }

    /// Rows of a run's report.
    pub(crate) async fn report(&self, id: &str) -> Vec<ReportRow> {
        self.sync().state.stock_report(&CONNECTION.into(), &id.into(), 0, 10_000).await.unwrap()
    }

    /// Differences of a run's report.
    pub(crate) async fn drifts(&self, id: &str) -> Vec<Drift> {
        let drift = |row| match row {
            ReportRow::Drift { item, units, state, arithmetic, .. } => {
                Some(Drift { item: item.to_string(), units, state, arithmetic })
            }
            ReportRow::Mismatch { .. } => None,
        };
        self.report(id).await.into_iter().filter_map(drift).collect()
    }

    /// What a run's report says is not kept in step: why, and the SKU.
    pub(crate) async fn mismatches(&self, id: &str) -> Vec<(Mismatch, String)> {
        let mismatch = |row| match row {
            ReportRow::Mismatch { mismatch, sku, .. } => {
                Some((mismatch, sku.map(|sku| sku.to_string()).unwrap_or_default()))
            }
            ReportRow::Drift { .. } => None,
        };
        self.report(id).await.into_iter().filter_map(mismatch).collect()
    }

    /// What is parked about stock: its subject and code.
    pub(crate) async fn stock_parked(&self) -> Vec<(String, String)> {
        let is_stock = |lane: &Lane| matches!(lane, Lane::StockLevels | Lane::StockReading);
        let parked = self.parked().await.into_iter().filter(|parked| is_stock(&parked.key.lane));
        parked.map(|parked| (parked.subject, parked.reason.code)).collect()
    }

    /// What is told of the lane that writes stock.
    pub(crate) async fn stock_story(&self) -> String {
        let key = LaneKey { connection: CONNECTION.into(), lane: Lane::StockLevels };
        let entries = self.sync().state.timeline(&key).await.unwrap();
        entries.into_iter().map(|entry| entry.text + "\n").collect()
    }

    /// Approves what a run holds, as `amz approve` does.
    pub(crate) async fn approve_run(&self, id: &str) {
        let (lane, subject) = (Lane::StockLevels, format!("stock-run/{id}"));
        operator::approve(&self.settings.store, &CONNECTION.into(), lane, subject, self.now()).await.unwrap();
    }

    /// Asks the schedule for runs that are due; returns when the next one is.
    pub(crate) async fn follow_schedule(&self) -> Option<DateTime<Utc>> {
        self.sync().schedules()[0].pass(self.now()).await.unwrap()
    }

    /// Works for a while on a stage that cannot come to rest.
    pub(crate) async fn go_on_for_a_while(&self) {
        for _ in 0..ROUNDS {
            self.amazon().events_settled().await;
            self.intake().await;
            self.try_feed().await;
            self.work().await;
            self.advance(Duration::from_secs(5));
        }
    }
}

/// The SKU of an item.
pub(crate) fn sku(item: u64) -> String {
    format!("SKU-{item}")
}

/// Lines of an adjustment: the item, by how much, and the arithmetic.
pub(crate) fn document_lines(document: &Value) -> Vec<(u64, i64, String)> {
    let lines = document["inventory"]["items"].as_array().cloned().unwrap_or_default();
    let line = |line: &Value| {
        let item = text(line, "item").parse().unwrap();
        (item, decimal(line, "adjustQtyBy").to_i64().unwrap(), text(line, "memo"))
    };
    lines.iter().map(line).collect()
}
