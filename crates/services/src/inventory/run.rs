//! Looks at the two lanes of stock.

use amz_domain::StockRunId;
use chrono::{DateTime, Utc};

use super::approval::approved;
use super::case::{Concluded, run_subject};
use super::changes::changes;
use super::comparing::compare_run;
use super::reading::read_all;
use super::writing::settle;
use crate::connection::Stock;
use crate::desk::{Desk, Stop};
use crate::work::{Ask, LaneRequest};

/// Looks at the lane that writes stock: changed SKUs, and comparisons of runs. Returns when to look next.
pub(crate) async fn levels(desk: &mut Desk<'_>, asks: &[Ask]) -> Result<Vec<LaneRequest>, Stop> {
    let Some(stock) = desk.connection.stock.clone() else {
        desk.note("stock is not kept in step");
        return Ok(Vec::new());
    };
    if !settle(desk, &stock).await? {
        return Ok(Vec::new());
    }
    for ask in asks {
        let concluded = match ask {
            Ask::Approved { subject } => match subject.strip_prefix(&run_subject("")) {
                Some(id) => approved(desk, &stock, &StockRunId::new(id)).await?,
                None => continue,
            },
            Ask::CompareStock(id) => compare_run(desk, &stock, id).await?,
            _ => continue,
        };
        if matches!(concluded, Concluded::Unsettled) {
            return Ok(Vec::new());
        }
    }
    match changes(desk, &stock, asks).await? {
        Concluded::Done => next_look(desk, &stock).await,
        Concluded::Unsettled => Ok(Vec::new()),
    }
}

/// One request for all SKUs that are to be looked at again: a little later than the first is due, so that many share one
/// look.
async fn next_look(desk: &Desk<'_>, stock: &Stock) -> Result<Vec<LaneRequest>, Stop> {
    let connection = desk.connection;
    let (_, next) = stock.records.due_again(&connection.name, connection.now(), 0).await?;
    let gathers = chrono::Duration::from_std(stock.settings.reservation_lag / 10).unwrap_or_default();
    let request = |next: DateTime<Utc>| LaneRequest {
        key: desk.lease.key.clone(),
        ask: Ask::StockDue,
        due_at: next.checked_add_signed(gathers).unwrap_or(next),
        notice: None,
    };
    Ok(next.map(request).into_iter().collect())
}

/// Looks at the lane that reads all stock.
pub(crate) async fn reading(desk: &mut Desk<'_>, asks: &[Ask]) -> Result<Vec<LaneRequest>, Stop> {
    let Some(stock) = desk.connection.stock.clone() else {
        desk.note("stock is not kept in step");
        return Ok(Vec::new());
    };
    read_all(desk, &stock, asks).await
}
