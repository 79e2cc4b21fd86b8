//! Adoption: orders that another connector sent to Amazon are linked, and nothing is sent.
//!
//! What is linked is what both sides show beyond doubt. Where something can be read in two ways nothing is linked, and the
//! order is held: it is never sent by us, whoever asks.

mod matching;

use amz_domain::{AmazonOrder, AmazonOrderId, ItemId, LineAlias, SalesOrder, SalesOrderId};

use crate::connection::Reconciliation;
use crate::desk::{Desk, Stop};
use crate::intent::Operation;
use crate::link::{Link, LinkKey};
use crate::orders;
use crate::parking::{Reason, Who};
use crate::ports::netsuite::SentByOther;
use crate::work::Lane;
use matching::{Facts, matched};

/// The lane subject of an order that could not be linked. While it is parked the order is never sent.
const SUBJECT: &str = "adoption";

/// What became of an adoption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Adoption {
    /// There is nothing to adopt: the look goes on as any other.
    NotNeeded,
    /// It was linked, or could not be: the look ends here.
    Ended,
}

/// Links a sales order with the Amazon order that another connector made of it, if one did.
///
/// # Errors
/// [`Stop`] when the look cannot go on.
pub(crate) async fn adopt(desk: &mut Desk<'_>, id: &SalesOrderId) -> Result<Adoption, Stop> {
    let connection = desk.connection;
    let Some(part) = connection.reconciliation.as_ref().filter(|part| part.others.is_some()) else {
        return Ok(Adoption::NotNeeded);
    };
    let links = connection.ledger.links(&desk.lease.key).await?;
    if links.iter().any(|link| matches!(link, Link::Order(_))) {
        return Ok(Adoption::NotNeeded);
    }
    let unsettled = connection.ledger.unsettled(&desk.lease.key).await?;
    if unsettled.iter().any(|intent| intent.operation == Operation::CreateOrder) {
        desk.note("not adopted: whether Amazon got it from us is not known yet");
        return Ok(Adoption::NotNeeded);
    }
    let Some(other) = part.orders.sent_by_other(id).await? else { return Ok(Adoption::NotNeeded) };
    let Some(order) = connection.sales_orders.read(id).await? else {
        desk.out_of_scope("NetSuite knows no such sales order");
        return Ok(Adoption::Ended);
    };
    match links_for(desk, &order, &other).await? {
        Ok(links) => {
            desk.write_links(&links).await?;
            desk.note(format!("adopted {}", other.names.join(" / ")));
            desk.doings_mut().adopted();
            desk.unpark(SUBJECT).await?;
        }
        Err(cause) => {
            desk.park(SUBJECT, &undecided(&cause)).await?;
            desk.doings_mut().undecided(cause);
        }
    }
    Ok(Adoption::Ended)
}

/// Why an order that Amazon never got from us must not be sent; `None` when nothing stands against it. Costs one query
/// where fields of other connectors are configured.
///
/// # Errors
/// [`Stop`] when the look cannot go on.
pub(crate) async fn sent_by_another(desk: &mut Desk<'_>, id: &SalesOrderId) -> Result<Option<String>, Stop> {
    let part = desk.connection.reconciliation.as_ref().filter(|part| part.others.is_some());
    let Some(part) = part else {
        let held = "its adoption is parked, and no field says any more whether another connector sent it";
        return Ok(desk.has_parked(SUBJECT).then(|| held.to_owned()));
    };
    let Some(other) = part.orders.sent_by_other(id).await? else {
        // whoever emptied the fields says that Amazon does not have it
        desk.unpark(SUBJECT).await?;
        return Ok(None);
    };
    Ok(Some(format!("another connector sent it to Amazon as {}: amz adopt", other.names.join(" / "))))
}

/// The links of an order of another connector, or why they cannot be told.
async fn links_for(
    desk: &mut Desk<'_>,
    order: &SalesOrder,
    other: &SentByOther,
) -> Result<Result<Vec<Link>, String>, Stop> {
    let connection = desk.connection;
    let Some(part) = &connection.reconciliation else { return Ok(Err("nobody adopts here".to_owned())) };
    let Some(amazon) = named(desk, part, other).await? else {
        return Ok(Err(format!("Amazon knows no order as {}", other.names.join(" / "))));
    };
    links_with(desk, order, &amazon).await
}

/// The links of a sales order with an Amazon order that did not come from us, or why they cannot be told.
///
/// # Errors
/// [`Stop`] when the look cannot go on.
pub(crate) async fn links_with(
    desk: &Desk<'_>,
    order: &SalesOrder,
    amazon: &AmazonOrder,
) -> Result<Result<Vec<Link>, String>, Stop> {
    let connection = desk.connection;
    let Some(part) = &connection.reconciliation else { return Ok(Err("nobody adopts here".to_owned())) };
    let account = &connection.settings.account;
    let named = amazon.alias.as_ref().and_then(|alias| alias.sales_order(account));
    if let Some(other) = named.filter(|named| *named != order.id) {
        return Ok(Err(format!("Amazon order {} is sales order {other} by its alias", amazon.id)));
    }
    let key = LinkKey::Order(amazon.id.clone());
    match connection.ledger.lane_of(&connection.name, &key).await? {
        Some(Lane::SalesOrder(known)) if known != order.id => {
            return Ok(Err(format!("Amazon order {} is linked with sales order {known}", amazon.id)));
        }
        _ => {}
    }
    let goods: Vec<ItemId> =
        order.lines.iter().filter(|line| line.kind.is_goods()).map(|line| line.item.clone()).collect();
    let skus = connection.items.skus(&goods).await?;
    let fulfillments = part.orders.fulfillments(&order.id).await?;
    let alias = |line: &amz_domain::LineUniqueKey| LineAlias::of(&order.id, line, Default::default());
    Ok(matched(Facts { order, amazon, skus: &skus, fulfillments: &fulfillments, alias: &alias }))
}

/// The Amazon order that one of the names stands for.
async fn named(
    desk: &mut Desk<'_>,
    part: &Reconciliation,
    other: &SentByOther,
) -> Result<Option<AmazonOrder>, Stop> {
    let foreign = part.others.as_ref().and_then(|others| Some((&others.orders, others.alias_type.as_ref()?)));
    for name in &other.names {
        let found = match foreign {
            Some((orders, alias_type)) => orders.find_named(alias_type, name).await?,
            None => orders::shown_at_amazon(desk, &AmazonOrderId::from(name.as_str())).await?,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn undecided(cause: &str) -> Reason {
    Reason::new(
        "adoption_undecided",
        format!("the order that another connector sent to Amazon could not be linked: {cause}"),
        "bring the sales order in line with Amazon's order, or correct or empty the other connector's fields, then \
         `amz adopt` again; until then the order is never sent",
        Who::Merchant,
    )
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
