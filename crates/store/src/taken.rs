//! Orders that Amazon took lately, put together from intents and links: the same for every store.

use amz_domain::{Quantity, SalesOrderId};
use amz_services::inventory::{TakenLine, TakenOrder};
use amz_services::link::{Link, SentLine};
use amz_services::work::Lane;
use chrono::{DateTime, Utc};

/// An order that Amazon took, with what it holds. Of an order that was sent several times the newest counts.
pub(crate) fn taken<'links>(
    sales_order: SalesOrderId,
    (sent_at, taken_at): (Option<DateTime<Utc>>, DateTime<Utc>),
    links: impl IntoIterator<Item = &'links Link>,
) -> TakenOrder {
    let newest = links
        .into_iter()
        .filter_map(|link| match link {
            Link::Order(sent) => Some(sent),
            _ => None,
        })
        .max_by_key(|sent| sent.generation);
    let lines = newest.into_iter().flat_map(|sent| &sent.lines).filter_map(wanted).collect();
    TakenOrder { sales_order, sent_at, taken_at: Some(taken_at), lines }
}

/// The units that a line still wants.
fn wanted(line: &SentLine) -> Option<TakenLine> {
    let quantity = Quantity(line.quantity.0.saturating_sub(line.closed.0));
    let (sku, item) = (line.sku.clone(), line.item().cloned());
    let is_wanted = quantity != Quantity::ZERO && (sku.is_some() || item.is_some());
    is_wanted.then_some(TakenLine { sku, item, quantity })
}

/// An order of which nobody knows yet whether Amazon took it.
pub(crate) fn perhaps_taken(sales_order: SalesOrderId) -> TakenOrder {
    TakenOrder { sales_order, sent_at: None, taken_at: None, lines: Vec::new() }
}

/// The sales order of a lane, if it is one's.
pub(crate) fn sales_order_of(lane: Lane) -> Option<SalesOrderId> {
    match lane {
        Lane::SalesOrder(id) => Some(id),
        Lane::AmazonOrder(_)
        | Lane::Document(_)
        | Lane::StockLevels
        | Lane::StockReading
        | Lane::Reconciliation => None,
    }
}

/// By sales order, what is not known first.
pub(crate) fn in_order(mut orders: Vec<TakenOrder>) -> Vec<TakenOrder> {
    orders
        .sort_by(|left, right| (&left.sales_order, left.taken_at).cmp(&(&right.sales_order, right.taken_at)));
    orders
}
