//! Pretend Amazon: its stock, its catalogue.

use amz_domain::{Sku, StockReading};
use async_trait::async_trait;
use chrono::Duration;

use super::{Stage, failed, reading_of};
use crate::failure::PortError;
use crate::ports::stock::{
    CatalogPage, CatalogProduct, MockAmazonCatalog, MockAmazonStock, StockStep, StockStream,
};

impl Stage {
    pub(super) fn amazon(&self) -> MockAmazonStock {
        let mut mock = MockAmazonStock::new();
        let stage = self.clone();
        mock.expect_named().returning(move |skus, _| {
            let mut world = stage.world();
            world.named.push(skus.clone());
            let (there, missing) = skus.into_iter().partition(|sku| world.amazon.contains_key(sku));
            Box::new(Stream { stage: stage.clone(), left: there, missing, pages: 0, total: 0 })
        });
        let stage = self.clone();
        mock.expect_crawl().returning(move || {
            let mut world = stage.world();
            world.crawls += 1;
            let left = world.amazon.keys().filter(|sku| !world.hidden.contains(sku)).cloned().collect();
            Box::new(Stream { stage: stage.clone(), left, missing: Vec::new(), pages: 0, total: 0 })
        });
        mock
    }

    pub(super) fn catalog(&self) -> MockAmazonCatalog {
        let mut mock = MockAmazonCatalog::new();
        let stage = self.clone();
        mock.expect_product_of().returning(move |item| {
            let mut world = stage.world();
            world.product_calls += 1;
            if let Some(failure) = world.catalog_fails {
                return Err(failed(failure));
            }
            let product = world.products.iter().find(|product| product.inventory_item.as_ref() == Some(item));
            Ok(product.cloned())
        });
        let stage = self.clone();
        mock.expect_products().returning(move |after| {
            let mut world = stage.world();
            world.catalog_pages += 1;
            if let Some(failure) = world.catalog_fails {
                return Err(failed(failure));
            }
            let from: usize = after.map_or(0, |after| after.parse().unwrap());
            let products: Vec<CatalogProduct> = world.products.iter().skip(from).take(3).cloned().collect();
            let after = (from + 3 < world.products.len()).then(|| (from + 3).to_string());
            Ok(CatalogPage { products, after })
        });
        mock
    }
}

/// A reading of the world's Amazon; each answer takes half a second.
struct Stream {
    stage: Stage,
    left: Vec<Sku>,
    missing: Vec<Sku>,
    pages: usize,
    total: usize,
}

#[async_trait]
impl StockStream for Stream {
    async fn next(&mut self) -> StockStep {
        let mut world = self.stage.world();
        if let Some((_, failure)) = world.breaks.take_if(|(pages, _)| *pages == self.pages) {
            let error = PortError::new("getInventorySummaries", failure, "InternalFailure", "out of order");
            return StockStep::Incomplete { pages: self.pages as u64, error };
        }
        if self.left.is_empty() {
            let (pages, skus) = (self.pages as u64, self.total as u64);
            return StockStep::Complete { pages, skus, missing: std::mem::take(&mut self.missing) };
        }
        let read_at = world.now;
        world.now += Duration::milliseconds(500);
        let rest = self.left.split_off(self.left.len().min(world.page_size));
        let page = std::mem::replace(&mut self.left, rest);
        self.pages += 1;
        if std::mem::take(&mut world.restarts) {
            // it begins anew: what came so far comes again
            self.left.splice(0..0, page.iter().cloned());
        } else {
            self.total += page.len();
        }
        let reading = |sku: &Sku| StockReading {
            fulfillment_sku: world.pools.get(sku).cloned(),
            changed_at: world.changed_at,
            ..reading_of(sku, world.amazon[sku], read_at)
        };
        StockStep::Readings(page.iter().map(reading).collect())
    }
}
