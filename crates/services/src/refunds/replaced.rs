//! Refunds of an order that another one replaced.

use amz_domain::AmazonOrderId;

use crate::desk::{Desk, Stop};
use crate::link::{Link, SentOrder};
use crate::parking::{Reason, Who};

/// Shows refunds that Amazon asks for on orders that were cancelled and sent anew. Their goods go out with the newer
/// order, so no money is moved for them without a person.
///
/// # Errors
/// [`Stop`] when the look cannot go on.
pub(crate) async fn show_replaced(
    desk: &mut Desk<'_>,
    links: &[Link],
    newest: &SentOrder,
) -> Result<(), Stop> {
    let older = links.iter().filter_map(|link| match link {
        Link::Order(sent) if sent.generation < newest.generation => Some(sent.amazon_order.clone()),
        _ => None,
    });
    for id in older {
        let Some(order) = desk.connection.amazon_orders.read(&id).await? else { continue };
        for refund in &order.refunds {
            let subject = format!("refund/{}", refund.id);
            if refund.state.is_open() {
                desk.park(&subject, &replaced(&id, &newest.amazon_order)).await?;
            } else {
                desk.unpark(&subject).await?;
            }
        }
    }
    Ok(())
}

fn replaced(order: &AmazonOrderId, newer: &AmazonOrderId) -> Reason {
    Reason::new(
        "refund_of_replaced_order",
        format!("Amazon asks for a refund of order {order}, whose goods go out with order {newer} instead"),
        "settle it in Amazon's console: refund what the shopper was charged for lines that were not sent again",
        Who::Merchant,
    )
}
