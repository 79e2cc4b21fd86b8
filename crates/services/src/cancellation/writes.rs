//! The write that cancels an order at Amazon, and how it is found again.

use std::sync::Arc;

use amz_domain::AmazonOrderId;
use async_trait::async_trait;

use crate::desk::{Desk, Found, OnceWrite};
use crate::failure::PortError;
use crate::link::{CancellationLink, Link};
use crate::ports::amazon::NewCancellation;
use crate::ports::{AmazonCancellations, AmazonOrders};

/// `cancelOrder` under our alias.
pub(super) struct CancelOrder {
    cancellations: Arc<dyn AmazonCancellations>,
    orders: Arc<dyn AmazonOrders>,
    amazon_order: AmazonOrderId,
    cancellation: NewCancellation,
    link: CancellationLink,
}

impl CancelOrder {
    pub(super) fn new(
        desk: &Desk<'_>,
        amazon_order: &AmazonOrderId,
        cancellation: NewCancellation,
        link: CancellationLink,
    ) -> Self {
        Self {
            cancellations: desk.connection.amazon_cancellations.clone(),
            orders: desk.connection.amazon_orders.clone(),
            amazon_order: amazon_order.clone(),
            cancellation,
            link,
        }
    }
}

#[async_trait]
impl OnceWrite for CancelOrder {
    type Value = ();

    async fn send(&self) -> Result<(), PortError> {
        self.cancellations.request(&self.amazon_order, &self.cancellation).await
    }

    async fn look_up(&self) -> Result<Option<Found<()>>, PortError> {
        let order = self.orders.read(&self.amazon_order).await?;
        let alias = Some(&self.cancellation.alias);
        let is_there = order.is_some_and(|order| {
            order.cancellations.iter().any(|cancellation| cancellation.alias.as_ref() == alias)
        });
        Ok(is_there.then_some(Found::Same(())))
    }

    fn outcome(&self, (): &()) -> (String, Vec<Link>) {
        (
            format!("Amazon order {} is asked to be cancelled", self.amazon_order),
            vec![Link::Cancellation(self.link.clone())],
        )
    }
}
