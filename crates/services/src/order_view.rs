//! What a look knows of one order from both sides. Each record is read at most once, when somebody needs it.

use amz_domain::{AmazonOrder, SalesOrder, SalesOrderId};

use crate::desk::{Desk, Stop};
use crate::failure::Failure;
use crate::link::{Link, SentOrder};
use crate::orders;
use crate::ports::netsuite::SalesOrderPatch;

/// One order, seen from both sides.
pub(crate) struct OrderView {
    /// The sales order's internal id.
    pub(crate) id: SalesOrderId,
    /// What Amazon has from us.
    pub(crate) sent: SentOrder,
    /// Amazon's order as read in this look.
    pub(crate) amazon: AmazonOrder,
    /// The lane's links as they stood when the look began, and what this look taught since.
    pub(crate) links: Vec<Link>,
    sales_order: Option<SalesOrder>,
    /// True when the sales order was asked for in this look.
    was_read: bool,
}

impl OrderView {
    /// A view that begins with the sales order, when the look has read it already.
    pub(crate) fn new(
        id: SalesOrderId,
        sent: SentOrder,
        amazon: AmazonOrder,
        links: Vec<Link>,
        sales_order: Option<SalesOrder>,
    ) -> Self {
        let was_read = sales_order.is_some();
        Self { id, sent, amazon, links, sales_order, was_read }
    }

    /// The sales order; `None` when it cannot be read for a cause that waiting does not remove.
    ///
    /// # Errors
    /// [`Stop`] when the look cannot go on.
    pub(crate) async fn sales_order(&mut self, desk: &mut Desk<'_>) -> Result<Option<&SalesOrder>, Stop> {
        if !self.was_read {
            self.sales_order = match desk.connection.sales_orders.read(&self.id).await {
                Ok(order) => order,
                Err(error) if matches!(error.failure, Failure::BadRecord | Failure::Refused) => {
                    desk.note(error.to_string());
                    None
                }
                Err(error) => return Err(error.into()),
            };
            self.was_read = true;
        }
        Ok(self.sales_order.as_ref())
    }

    /// Says that the sales order changed in NetSuite: whoever needs it reads it again.
    pub(crate) fn forget_sales_order(&mut self) {
        self.sales_order = None;
        self.was_read = false;
    }

    /// Takes up what was just written on the sales order, so that it need not be read again.
    pub(crate) fn reflect(&mut self, patch: &SalesOrderPatch) {
        if let Some(order) = &mut self.sales_order {
            orders::reflect(order, patch);
        }
    }

    /// Takes up what a write taught: replaces the links of the same keys.
    pub(crate) fn learn(&mut self, links: Vec<Link>) {
        for link in links {
            if let Link::Order(sent) = &link {
                self.sent = sent.as_ref().clone();
            }
            match self.links.iter_mut().find(|known| known.key() == link.key()) {
                Some(known) => *known = link,
                None => self.links.push(link),
            }
        }
    }
}
