//! What Amazon's catalogue says of SKUs, read to its end and remembered for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use amz_domain::Sku;
use chrono::{DateTime, TimeDelta, Utc};

use super::gathering::Scope;
use super::matching::Products;
use super::resolving::refused_alone;
use crate::connection::Stock;
use crate::desk::Stop;
use crate::settings::MatchBy;

/// More pages than a catalogue can have; a cursor that goes round in circles ends here.
const PAGES: usize = 100_000;

/// How long what was read is taken for true. Full runs read it anew.
const REMEMBERED: TimeDelta = TimeDelta::hours(1);

/// How long a SKU that was not in the catalogue is taken not to be in it: Amazon may have stock of many such SKUs, and
/// each look at one of them would read the whole catalogue.
const MISSING: TimeDelta = TimeDelta::minutes(5);

/// The products of a connection's catalogue, as read lately. Nothing is kept where SKUs are not matched by them.
#[derive(Debug, Default)]
pub struct RememberedProducts(Mutex<Option<(Arc<Products>, DateTime<Utc>)>>);

impl RememberedProducts {
    /// Products that may be used for SKUs.
    fn of(&self, skus: &[Sku], now: DateTime<Utc>) -> Option<Arc<Products>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (products, read_at) = kept.as_ref()?;
        let lasts = if skus.iter().all(|sku| products.has(sku)) { REMEMBERED } else { MISSING };
        (now - *read_at < lasts).then(|| Arc::clone(products))
    }

    fn keep(&self, products: Arc<Products>, now: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((products, now));
    }
}

/// The products that SKUs are matched by; none where they are not. SKUs of one product may be on any pages, so that it
/// is always read to the end.
pub(super) async fn products(
    stock: &Stock,
    scope: &Scope,
    now: DateTime<Utc>,
) -> Result<Arc<Products>, Stop> {
    if stock.settings.match_by != MatchBy::Catalog {
        return Ok(Arc::default());
    }
    let remembered = match scope {
        Scope::All => None,
        Scope::Skus(skus) => stock.products.of(skus, now),
        Scope::Items(_) => stock.products.of(&[], now),
    };
    if let Some(remembered) = remembered {
        return Ok(remembered);
    }
    let (mut ids, mut after) = (HashMap::new(), None);
    for _ in 0..PAGES {
        let page = stock.catalog.products(after).await.map_err(refused_alone)?;
        let named = page.products.into_iter().filter_map(|product| product.sku.zip(product.external_id));
        ids.extend(named);
        after = page.after;
        if after.is_none() {
            break;
        }
    }
    let products = Arc::new(Products::new(ids));
    stock.products.keep(Arc::clone(&products), now);
    Ok(products)
}
