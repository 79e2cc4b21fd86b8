//! Does stock agree? Read from the vendors through the same clients that do the work.

use std::collections::BTreeMap;

use amz_domain::{ItemId, Sku};
use amz_services::connection::{Connection, Stock};
use amz_services::inventory::{StockLevels, figure_of};
use amz_services::ports::stock::{StockPriority, StockStep};
use anyhow::{Context, bail};
use rust_decimal::Decimal;
use serde::Serialize;

use super::stock::StockedItem;

/// SKUs that one reading names.
const SKUS_AT_ONCE: usize = 50;

/// One item's stock as it stands on both sides.
#[derive(Debug, Serialize)]
pub(crate) struct StockStanding {
    /// The item's name.
    pub(crate) item: String,
    /// Amazon's figure of all its SKUs.
    #[serde(with = "amz_domain::decimal::option")]
    pub(crate) amazon: Option<Decimal>,
    /// Units in orders that Amazon does not have.
    #[serde(with = "amz_domain::decimal")]
    pub(crate) unsent: Decimal,
    /// Units that the settings keep back.
    #[serde(with = "amz_domain::decimal")]
    pub(crate) kept_back: Decimal,
    /// Units that open orders want from Amazon's location.
    #[serde(with = "amz_domain::decimal")]
    pub(crate) ordered: Decimal,
    /// Units on hand in NetSuite.
    #[serde(with = "amz_domain::decimal")]
    pub(crate) on_hand: Decimal,
    /// Of these, units that NetSuite can sell.
    #[serde(with = "amz_domain::decimal")]
    pub(crate) available: Decimal,
    /// Where the two sides differ; empty when they agree.
    pub(crate) differences: Vec<String>,
}

/// Reads items at both sides and compares.
///
/// # Errors
/// When a vendor cannot be read.
pub(crate) async fn compare_stock(
    connection: &Connection,
    stocked: &[StockedItem],
) -> anyhow::Result<Vec<StockStanding>> {
    let stock = connection.stock.as_ref().context("the rehearsal does not keep stock in step")?;
    let figures = figures(stock, stocked).await?;
    let ids: Vec<ItemId> = stocked.iter().map(|item| ItemId::new(item.item.to_string())).collect();
    let mut levels = BTreeMap::new();
    for ids in ids.chunks(1_000) {
        let items = stock.items.find(&[], ids).await.context("NetSuite's stock cannot be read")?;
        levels.extend(items.into_iter().map(|item| (item.id.clone(), item.levels)));
    }
    let mut unsent: BTreeMap<ItemId, Decimal> = BTreeMap::new();
    for line in stock.items.unsent(&[]).await.context("orders that wait cannot be read")? {
        *unsent.entry(line.item).or_default() += line.quantity;
    }
    let standing = |(item, id): (&StockedItem, &ItemId)| {
        let figure = item.skus.iter().map(|sku| figures.get(&Sku::from(sku.as_str())).copied()).sum();
        let unsent = unsent.get(id).copied().unwrap_or_default();
        standing(item, figure, unsent, &levels.get(id).cloned().unwrap_or_default())
    };
    Ok(stocked.iter().zip(&ids).map(standing).collect())
}

/// Amazon's figures by SKU.
async fn figures(stock: &Stock, stocked: &[StockedItem]) -> anyhow::Result<BTreeMap<Sku, Decimal>> {
    let skus: Vec<Sku> = stocked.iter().flat_map(|item| &item.skus).map(|sku| sku.as_str().into()).collect();
    let mut figures = BTreeMap::new();
    for skus in skus.chunks(SKUS_AT_ONCE) {
        let mut stream = stock.amazon.named(skus.to_vec(), StockPriority::Change);
        loop {
            match stream.next().await {
                StockStep::Readings(readings) => {
                    let figure = |reading| figure_of(reading, &stock.settings);
                    let read = readings.iter().filter_map(|read| Some((read.sku.clone(), figure(read)?)));
                    figures.extend(read);
                }
                StockStep::Complete { .. } => break,
                StockStep::Incomplete { error, .. } => bail!("Amazon's stock cannot be read: {error}"),
            }
        }
    }
    Ok(figures)
}

/// The two sides of one item, and what should be in NetSuite.
fn standing(
    item: &StockedItem,
    figure: Option<Decimal>,
    unsent: Decimal,
    levels: &StockLevels,
) -> StockStanding {
    let (on_hand, ordered) = (levels.on_hand, levels.demand());
    let sellable = figure.unwrap_or_default() - unsent;
    let kept_back = Decimal::from(item.buffer).min(sellable.max(Decimal::ZERO));
    let expected = (sellable - kept_back + ordered).max(Decimal::ZERO);
    let mut differences = Vec::new();
    if figure.is_none() {
        differences.push("Amazon does not show it".to_owned());
    } else if on_hand != expected {
        differences.push(format!("on hand should be {}", expected.normalize()));
    }
    StockStanding {
        item: item.name.clone(),
        amazon: figure.map(|figure| figure.normalize()),
        unsent: unsent.normalize(),
        kept_back: kept_back.normalize(),
        ordered: ordered.normalize(),
        on_hand: on_hand.normalize(),
        available: (on_hand - ordered).max(Decimal::ZERO).normalize(),
        differences,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(on_hand: u32, figure: Option<u32>) -> StockStanding {
        let item = StockedItem { item: 1, name: "MUG".into(), skus: vec!["MUG".into()], buffer: 1 };
        let levels = StockLevels { on_hand: on_hand.into(), committed: 5.into(), ..StockLevels::default() };
        standing(&item, figure.map(Decimal::from), 2.into(), &levels)
    }

    #[test]
    fn ten_at_amazon_two_unsent_one_kept_back_and_five_ordered_are_twelve_on_hand() {
        let agrees = compared(12, Some(10));
        assert!(agrees.differences.is_empty() && agrees.available == 7.into(), "{agrees:?}");
        for on_hand in [11, 13] {
            assert_eq!(compared(on_hand, Some(10)).differences, ["on hand should be 12"]);
        }
    }

    #[test]
    fn a_figure_that_amazon_does_not_show_agrees_with_nothing() {
        assert_eq!(compared(5, None).differences, ["Amazon does not show it"]);
    }
}
