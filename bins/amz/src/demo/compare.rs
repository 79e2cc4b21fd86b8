//! Do both sides agree? Read from the vendors through the same clients that do the work.

use amz_domain::fulfillment::FulfilledLine;
use amz_domain::{
    AmazonOrder, ExternalId, ItemFulfillment, OrderAlias, Package, PackageState, Quantity, SalesOrder,
    SalesOrderId, SyncState,
};
use amz_services::connection::Connection;
use anyhow::Context;
use serde::Serialize;

/// One order as it stands on both sides.
#[derive(Debug, Serialize)]
pub(crate) struct Standing {
    /// Document number.
    pub(crate) number: String,
    /// Internal id.
    pub(crate) sales_order: String,
    /// NetSuite's status letter.
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
    /// Where the two sides differ; empty when they agree.
    pub(crate) differences: Vec<String>,
}

/// Reads one order on both sides and compares.
pub(crate) async fn compare(connection: &Connection, id: &SalesOrderId) -> anyhow::Result<Standing> {
    let order =
        connection.sales_orders.read(id).await?.with_context(|| format!("NetSuite lost sales order {id}"))?;
    let alias = OrderAlias::of(&connection.settings.account, id);
    let amazon = connection.amazon_orders.find(&alias).await?;
    let mut differences = Vec::new();
    let mut fulfillments = 0;
    match &amazon {
        Some(amazon) => {
            for package in &amazon.packages {
                let external_id = ExternalId::of_fulfillment(&package.id);
                let found = connection.item_fulfillments.find(&external_id).await?;
                fulfillments += usize::from(found.is_some());
                compare_package(amazon, package, &order, found.as_ref(), &mut differences);
            }
            compare_lines(amazon, &order, &mut differences);
            if order.marks.amazon_order.as_ref() != Some(&amazon.id) {
                differences.push("the sales order does not name the Amazon order".to_owned());
            }
        }
        None => {
            let fulfilled: bool = order.lines.iter().any(|line| !line.quantity_fulfilled.is_zero());
            if fulfilled
                || order.marks.amazon_order.is_some()
                || order.marks.sync_state == Some(SyncState::Sent)
            {
                differences.push("NetSuite believes that Amazon has the order".to_owned());
            }
        }
    }
    let goods = || order.lines.iter().filter(|line| line.kind.is_goods());
    Ok(Standing {
        number: order.number.clone(),
        sales_order: id.to_string(),
        status: order.status.to_string(),
        sync_state: order.marks.sync_state.as_ref().map(ToString::to_string).unwrap_or_default(),
        fulfilled: format!(
            "{}/{}",
            goods().map(|line| line.quantity_fulfilled).sum::<rust_decimal::Decimal>().normalize(),
            goods().map(|line| line.quantity).sum::<rust_decimal::Decimal>().normalize()
        ),
        amazon_order: amazon.as_ref().map(|amazon| amazon.id.to_string()).unwrap_or_default(),
        packages: amazon.as_ref().map(|amazon| states(&amazon.packages)).unwrap_or_default(),
        fulfillments,
        differences,
    })
}

/// Every package that left has one fulfilment with its units, its number and its state; no other has one.
fn compare_package(
    amazon: &AmazonOrder,
    package: &Package,
    order: &SalesOrder,
    found: Option<&ItemFulfillment>,
    differences: &mut Vec<String>,
) {
    let found = match (package.state.has_shipped(), found) {
        (true, Some(found)) => found,
        (false, None) => return,
        (true, None) => return differences.push(format!("package {} has no item fulfilment", package.id)),
        (false, Some(found)) => {
            return differences
                .push(format!("package {} did not ship, yet has fulfilment {}", package.id, found.id));
        }
    };
    let mut wanted: Vec<FulfilledLine> = Vec::new();
    for part in &package.contents {
        let alias = amazon.line(&part.line).and_then(|line| line.alias.clone());
        let line = order.lines.iter().find(|line| {
            alias
                .as_ref()
                .is_some_and(|alias| *alias == amz_domain::LineAlias::of(&order.id, &line.unique_key))
        });
        match line {
            Some(line) => wanted.push(FulfilledLine { order_line: line.line, quantity: part.quantity }),
            None => differences.push(format!("package {} holds an unknown line", package.id)),
        }
    }
    let mut held: Vec<FulfilledLine> =
        found.lines.iter().filter(|line| !line.quantity.is_zero()).cloned().collect();
    held.sort_by_key(|line| line.order_line);
    wanted.sort_by_key(|line| line.order_line);
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

/// Per line: fulfilled units are what Amazon shipped, and a line of which nothing more comes is closed.
fn compare_lines(amazon: &AmazonOrder, order: &SalesOrder, differences: &mut Vec<String>) {
    for line in &order.lines {
        let alias = amz_domain::LineAlias::of(&order.id, &line.unique_key);
        let held = amazon.lines.iter().find(|held| held.alias.as_ref() == Some(&alias));
        let units = |counts: fn(&Package) -> bool| -> Quantity {
            let packages = amazon.packages.iter().filter(|package| counts(package));
            let parts = packages.flat_map(|package| &package.contents);
            parts.filter(|part| held.is_some_and(|held| held.id == part.line)).map(|part| part.quantity).sum()
        };
        let shipped = units(|package| package.state.has_shipped() || package.is_undeliverable());
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

fn states(packages: &[Package]) -> String {
    let words: Vec<String> =
        packages.iter().map(|package| package.state.to_string().to_lowercase()).collect();
    words.join(", ")
}
