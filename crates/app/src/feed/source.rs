//! What change feeds follow.

use std::sync::Arc;

use amz_domain::{ConnectionName, SalesOrderId};
use amz_services::ports::documents::{ChangedDocument, ChangedDocumentsPage};
use amz_services::ports::netsuite::{ChangedPage, FeedPosition};
use amz_services::ports::{ChangedDocuments, ChangedSalesOrders, Ledger};
use amz_services::work::{Ask, Lane};

use super::{FeedError, OwnEchoes};
use crate::intake::lane_of_document;

/// Records that a feed follows.
#[derive(Clone)]
pub enum Source {
    /// Sales orders.
    SalesOrders {
        /// Where changed sales orders come from.
        changed: Arc<dyn ChangedSalesOrders>,
        /// Recognises our own writes; none where only a look can tell.
        echoes: Option<OwnEchoes>,
    },
    /// Documents that follow from sales orders.
    Documents {
        /// Where changed documents come from.
        changed: Arc<dyn ChangedDocuments>,
        /// Knows the lanes of those that are known.
        ledger: Arc<dyn Ledger>,
    },
}

/// A changed record and the work it makes.
pub(super) struct Found {
    pub(super) position: FeedPosition,
    pub(super) lane: Lane,
    pub(super) ask: Ask,
}

impl Source {
    /// Name under which the feed keeps its watermark.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::SalesOrders { .. } => "sales_orders",
            Self::Documents { .. } => "documents",
        }
    }

    /// One page, and whether there may be more.
    pub(super) async fn page(
        &self,
        connection: &ConnectionName,
        after: Option<FeedPosition>,
    ) -> Result<(Vec<Found>, bool), FeedError> {
        match self {
            Self::SalesOrders { changed, .. } => {
                let ChangedPage { rows, more } = changed.page(after).await?;
                Ok((rows.into_iter().map(sales_order).collect(), more))
            }
            Self::Documents { changed, ledger } => {
                let ChangedDocumentsPage { rows, more } = changed.page(after).await?;
                let mut found = Vec::with_capacity(rows.len());
                for ChangedDocument { position, document, is_new } in rows {
                    let lane = lane_of_document(ledger.as_ref(), connection, document.clone()).await?;
                    found.push(Found { position, lane, ask: Ask::Document { document, is_new } });
                }
                Ok((found, more))
            }
        }
    }
}

fn sales_order(position: FeedPosition) -> Found {
    let lane = Lane::SalesOrder(SalesOrderId::new(position.id.clone()));
    Found { position, lane, ask: Ask::SalesOrder }
}
