//! Do both sides agree? Read from the vendors through the same clients that do the work.

use std::collections::BTreeMap;

use amz_domain::fulfillment::FulfilledLine;
use amz_domain::{
    AmazonOrder, Document, ExternalId, Generation, ItemFulfillment, LineAlias, LineNumber, OrderAlias,
    Package, PackageState, Quantity, SalesOrder, SalesOrderId, SyncState,
};
use amz_services::connection::Connection;
use amz_services::orders::{Eligibility, eligibility};
use amz_services::settings::{OnHold, ServiceSettings};
use anyhow::Context;
use serde::Serialize;

use super::compare_documents;

/// One order as it stands on both sides.
#[derive(Debug, Serialize)]
pub(crate) struct Standing {
    /// Document number.
    pub(crate) number: String,
    /// Internal id.
    pub(crate) sales_order: String,
    /// NetSuite's status letter; `unreadable` for a parked order that cannot be read.
    pub(crate) status: String,
    /// What our field says.
    pub(crate) sync_state: String,
    /// Units fulfilled in NetSuite, of units ordered.
    pub(crate) fulfilled: String,
    /// Amazon's order.
    pub(crate) amazon_order: String,
    /// Amazon's packages with their states.
    pub(crate) packages: String,
    /// Item fulfilments found under our external ids.
    pub(crate) fulfillments: usize,
    /// What became of a cancellation, of returns and of refunds.
    pub(crate) after_sales: String,
    /// Where the two sides differ; empty when they agree.
    pub(crate) differences: Vec<String>,
}

/// Reads one order on both sides and compares. What cannot be read is a difference, unless it is parked for it.
///
/// `number` names an order that cannot be read; `parked` says whether our store has the order parked.
pub(crate) async fn compare(
    connection: &Connection,
    id: &SalesOrderId,
    number: String,
    parked: bool,
) -> Standing {
    match read(connection, id).await {
        Ok(read) => read.standing(id, number, &connection.settings, parked),
        Err(error) => Standing { differences: vec![format!("{error:#}")], ..Standing::empty(id, number) },
    }
}

/// Both sides of one order.
struct BothSides {
    /// The sales order; `Err` says why it could not be read.
    order: Result<SalesOrder, String>,
    /// Amazon's order, when there is one.
    amazon: Option<AmazonOrder>,
    /// The item fulfilments of its packages, package by package.
    fulfillments: Vec<Option<ItemFulfillment>>,
    /// Returns, receipts, bills, credits and refunds.
    documents: Vec<Document>,
}

async fn read(connection: &Connection, id: &SalesOrderId) -> anyhow::Result<BothSides> {
    let order = match connection.sales_orders.read(id).await {
        Ok(Some(order)) => Ok(order),
        Ok(None) => Err("NetSuite does not know it".to_owned()),
        Err(error) => Err(format!("it cannot be read: {error}")),
    };
    let alias = OrderAlias::of(&connection.settings.account, id, Generation::default());
    let amazon =
        connection.amazon_orders.find(&alias).await.context("Amazon cannot be asked for its order")?;
    let mut fulfillments = Vec::new();
    for package in amazon.iter().flat_map(|amazon| &amazon.packages) {
        let external_id = ExternalId::of_fulfillment(&package.id);
        let found = connection
            .item_fulfillments
            .find(&external_id)
            .await
            .with_context(|| format!("the item fulfilment of package {} cannot be read", package.id))?;
        fulfillments.push(found);
    }
    let documents = match amazon {
        Some(_) => compare_documents::read(connection, id).await?,
        None => Vec::new(),
    };
    Ok(BothSides { order, amazon, fulfillments, documents })
}

impl Standing {
    /// An order of which nothing is known.
    fn empty(id: &SalesOrderId, number: String) -> Self {
        Self {
            number,
            sales_order: id.to_string(),
            status: String::new(),
            sync_state: String::new(),
            fulfilled: String::new(),
            amazon_order: String::new(),
            packages: String::new(),
            fulfillments: 0,
            after_sales: String::new(),
            differences: Vec::new(),
        }
    }
}

impl BothSides {
    fn standing(
        &self,
        id: &SalesOrderId,
        number: String,
        settings: &ServiceSettings,
        parked: bool,
    ) -> Standing {
        let Self { order, amazon, fulfillments, documents } = self;
        let mut standing = Standing {
            amazon_order: amazon.as_ref().map(|amazon| amazon.id.to_string()).unwrap_or_default(),
            packages: amazon.as_ref().map(|amazon| states(&amazon.packages)).unwrap_or_default(),
            fulfillments: fulfillments.iter().flatten().count(),
            after_sales: amazon.as_ref().map(after_sales).unwrap_or_default(),
            ..Standing::empty(id, number)
        };
        let order = match order {
            Ok(order) => order,
            Err(_) if parked => {
                standing.status = "unreadable".to_owned();
                standing.sync_state = SyncState::Parked.to_string();
                return standing;
            }
            Err(why) => {
                standing.differences.push(why.clone());
                return standing;
            }
        };
        let goods = || order.lines.iter().filter(|line| line.kind.is_goods());
        standing.number = order.number.clone();
        standing.status = order.status.to_string();
        standing.sync_state = order.marks.sync_state.as_ref().map(ToString::to_string).unwrap_or_default();
        standing.fulfilled = format!(
            "{}/{}",
            goods().map(|line| line.quantity_fulfilled).sum::<rust_decimal::Decimal>().normalize(),
            goods().map(|line| line.quantity).sum::<rust_decimal::Decimal>().normalize()
        );
        let differences = &mut standing.differences;
        match amazon {
            Some(amazon) => {
                for (package, found) in amazon.packages.iter().zip(fulfillments) {
                    compare_package(amazon, package, order, found.as_ref(), differences);
                }
                compare_lines(amazon, order, differences);
                compare_documents::compare(&settings.account, order, amazon, documents, differences);
                if order.marks.amazon_order.as_ref() != Some(&amazon.id) {
                    differences.push("the sales order does not name the Amazon order".to_owned());
                }
            }
            None => differences.extend(compare_unsent(order, settings, parked)),
        }
        standing
    }
}

/// An order that Amazon does not have is parked, held back by staff, or not Amazon's to ship.
fn compare_unsent(order: &SalesOrder, settings: &ServiceSettings, parked: bool) -> Option<String> {
    let fulfilled = order.lines.iter().any(|line| !line.quantity_fulfilled.is_zero());
    if fulfilled || order.marks.amazon_order.is_some() || order.marks.sync_state == Some(SyncState::Sent) {
        return Some("NetSuite believes that Amazon has the order".to_owned());
    }
    if order.marks.hold && settings.on_hold == OnHold::Wait {
        return None;
    }
    let what = match eligibility(order, settings) {
        Eligibility::Not(_) => return None,
        Eligibility::Lines(_) => "it is Amazon's to ship, but Amazon does not have it",
        Eligibility::Undecidable(_) => "a person must say whether it is Amazon's to ship",
    };
    match (parked, order.marks.sync_state == Some(SyncState::Parked)) {
        (true, true) => None,
        (true, false) => Some(format!("{what}; it is parked, but the sales order does not say so")),
        (false, true) => Some(format!("{what}; the sales order says parked, but it is not")),
        (false, false) => Some(format!("{what}, and it is not parked")),
    }
}

/// True for a package that left the warehouse, whatever became of it on its way.
fn has_left(package: &Package) -> bool {
    package.state.has_shipped() || package.is_undeliverable()
}

/// Every package that left has one fulfilment with its units, its number and its state; no other has one.
fn compare_package(
    amazon: &AmazonOrder,
    package: &Package,
    order: &SalesOrder,
    found: Option<&ItemFulfillment>,
    differences: &mut Vec<String>,
) {
    let found = match (has_left(package), found) {
        (true, Some(found)) => found,
        (false, None) => return,
        (true, None) => return differences.push(format!("package {} has no item fulfilment", package.id)),
        (false, Some(found)) => {
            return differences
                .push(format!("package {} did not ship, yet has fulfilment {}", package.id, found.id));
        }
    };
    let mut wanted: BTreeMap<LineNumber, Quantity> = BTreeMap::new();
    for part in package.contents.iter().filter(|part| !part.quantity.is_zero()) {
        let alias = amazon.line(&part.line).and_then(|line| line.alias.as_ref());
        let line = order
            .lines
            .iter()
            .find(|line| alias == Some(&LineAlias::of(&order.id, &line.unique_key, Generation::default())));
        match line {
            Some(line) => add(&mut wanted, line.line, part.quantity),
            None => differences.push(format!("package {} holds an unknown line", package.id)),
        }
    }
    let mut held: BTreeMap<LineNumber, Quantity> = BTreeMap::new();
    for FulfilledLine { order_line, quantity } in found.lines.iter().filter(|line| !line.quantity.is_zero()) {
        add(&mut held, *order_line, *quantity);
    }
    if held != wanted {
        differences.push(format!("fulfilment {} holds other units than package {}", found.id, package.id));
    }
    let numbers: Vec<_> = package.tracker.iter().map(|tracker| tracker.number.clone()).collect();
    if found.tracking_numbers != numbers {
        differences.push(format!(
            "fulfilment {} shows another tracking number than package {}",
            found.id, package.id
        ));
    }
    if found.delivery.state.as_ref() != Some(&package.state) {
        differences.push(format!("fulfilment {} does not say {}", found.id, package.state));
    }
}

fn add(units: &mut BTreeMap<LineNumber, Quantity>, line: LineNumber, quantity: Quantity) {
    let sum = units.entry(line).or_default();
    *sum = sum.plus(quantity);
}

/// Per line: fulfilled units are what Amazon shipped, and a line of which nothing more comes is closed.
fn compare_lines(amazon: &AmazonOrder, order: &SalesOrder, differences: &mut Vec<String>) {
    for line in &order.lines {
        let alias = LineAlias::of(&order.id, &line.unique_key, Generation::default());
        let held = amazon.lines.iter().find(|held| held.alias.as_ref() == Some(&alias));
        let units = |counts: fn(&Package) -> bool| -> Quantity {
            let packages = amazon.packages.iter().filter(|package| counts(package));
            let parts = packages.flat_map(|package| &package.contents);
            parts.filter(|part| held.is_some_and(|held| held.id == part.line)).map(|part| part.quantity).sum()
        };
        let shipped = units(has_left);
        if line.quantity_fulfilled != shipped.to_decimal() {
            differences.push(format!(
                "line {} has {} units fulfilled, Amazon shipped {shipped}",
                line.line, line.quantity_fulfilled
            ));
        }
        let cancelled =
            units(|package| package.state == PackageState::Cancelled && !package.is_undeliverable());
        let ended = !cancelled.is_zero() && held.is_some_and(|held| shipped.plus(cancelled) >= held.quantity);
        if ended && !line.is_closed {
            differences
                .push(format!("line {} is open, but Amazon cancelled {cancelled} units of it", line.line));
        }
    }
}

fn after_sales(amazon: &AmazonOrder) -> String {
    let lower = |word: &str| word.to_lowercase();
    let cancellations =
        amazon.cancellations.iter().map(|one| format!("cancel {}", lower(one.state.as_str())));
    let returns = amazon.returns.iter().map(|one| format!("return {}", lower(one.state.as_str())));
    let refunds = amazon.refunds.iter().map(|one| match one.total.money() {
        Some(money) => format!("refund {money} {}", lower(one.state.as_str())),
        None => format!("refund {}", lower(one.state.as_str())),
    });
    cancellations.chain(returns).chain(refunds).collect::<Vec<_>>().join(", ")
}

fn states(packages: &[Package]) -> String {
    let words: Vec<String> =
        packages.iter().map(|package| package.state.to_string().to_lowercase()).collect();
    words.join(", ")
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
