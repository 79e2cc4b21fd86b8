//! What the asks of a lane come to, and which of them only tell us what we did ourselves.

use amz_domain::{CancelState, DocumentKey, Origin, RefundRejection, RefundState, TrackerKey};

use crate::desk::Desk;
use crate::link::Link;
use crate::reconciliation::has_arrived;
use crate::work::Ask;

/// What the asks of a lane come to.
pub(super) struct Asked {
    /// Look at the sales order.
    pub(super) sales_order: bool,
    /// Look at Amazon's order.
    pub(super) amazon_order: bool,
    /// Trackers with news.
    pub(super) trackers: Vec<TrackerKey>,
    /// Documents that somebody else made or changed.
    pub(super) documents: Vec<DocumentKey>,
    /// Subjects that a person approved.
    pub(super) approved: Vec<String>,
    /// Refunds that a person rejected, by subject, and why.
    pub(super) rejected: Vec<(String, RefundRejection)>,
}

/// Sorts the asks. Our own echoes are noted and ask for nothing.
pub(super) fn asked(desk: &mut Desk<'_>, asks: &[Ask], links: &[Link]) -> Asked {
    let mut asked = Asked {
        sales_order: false,
        amazon_order: false,
        trackers: Vec::new(),
        documents: Vec::new(),
        approved: Vec::new(),
        rejected: Vec::new(),
    };
    for ask in asks {
        if is_own_echo(ask, links) {
            desk.note_echo(ask);
            continue;
        }
        match ask {
            Ask::SalesOrder | Ask::CancelWished => asked.sales_order = true,
            Ask::AmazonOrder
            | Ask::ReturnMoved
            | Ask::ReturnStarted(_)
            | Ask::RefundRequested(_)
            | Ask::RefundCompleted(_) => asked.amazon_order = true,
            Ask::Reconcile(_) => {
                (asked.sales_order, asked.amazon_order) = (true, true);
                // the news of a tracker may be what was lost
                asked.trackers.extend(under_way(links));
            }
            Ask::Tracker(key) => asked.trackers.push(key.clone()),
            Ask::Document { document, .. } => asked.documents.push(document.clone()),
            Ask::Approved { subject } => asked.approved.push(subject.clone()),
            Ask::Rejected { subject, reason } => asked.rejected.push((subject.clone(), *reason)),
            // asked of other lanes only
            Ask::StockChanged(_)
            | Ask::StockOf(_)
            | Ask::StockOfItem(_)
            | Ask::StockDue
            | Ask::ReadStock(_)
            | Ask::CompareStock(_)
            | Ask::WalkOrders(_) => {}
        }
    }
    if asks.iter().any(|ask| matches!(ask, Ask::AmazonOrder | Ask::Reconcile(_))) {
        // what a person corrected meanwhile is told by no notice of its own
        asked.documents.extend(desk.parked_documents());
    }
    asked.trackers.sort();
    asked.trackers.dedup();
    asked.documents.sort();
    asked.documents.dedup();
    // the sales order may be what open work waits for
    asked.amazon_order |= !asked.documents.is_empty()
        || !asked.approved.is_empty()
        || !asked.rejected.is_empty()
        || (asked.sales_order
            && (links.iter().any(waits)
                || ["refund/", "cancellation", "kit/"].iter().any(|subject| desk.has_parked(subject))));
    asked
}

/// Trackers of packages that have not arrived.
fn under_way(links: &[Link]) -> impl Iterator<Item = TrackerKey> {
    links.iter().filter_map(|link| match link {
        Link::Package(package) if !has_arrived(package) => package.tracker.clone(),
        _ => None,
    })
}

/// True when an ask only tells us what we did ourselves.
fn is_own_echo(ask: &Ask, links: &[Link]) -> bool {
    match ask {
        Ask::ReturnStarted(id) => links
            .iter()
            .any(|link| matches!(link, Link::Return(link) if link.id == *id && link.origin == Origin::NetSuite)),
        Ask::RefundCompleted(id) => links.iter().any(|link| {
            matches!(link, Link::Refund(link) if link.id == *id
                && matches!(link.reported, Some((RefundState::Success, _))))
        }),
        Ask::Document { document, is_new: true } => links.iter().any(|link| {
            matches!(link, Link::Document(link) if link.document == *document && link.origin == Origin::Amazon)
        }),
        Ask::SalesOrder
        | Ask::CancelWished
        | Ask::AmazonOrder
        | Ask::ReturnMoved
        | Ask::RefundRequested(_)
        | Ask::Tracker(_)
        | Ask::Document { .. }
        | Ask::Approved { .. }
        | Ask::Rejected { .. } => false,
        Ask::StockChanged(_)
        | Ask::StockOf(_)
        | Ask::StockOfItem(_)
        | Ask::StockDue
        | Ask::ReadStock(_)
        | Ask::CompareStock(_)
        | Ask::Reconcile(_)
        | Ask::WalkOrders(_) => false,
    }
}

/// True for a link with work that waits for the sales order or for Amazon.
fn waits(link: &Link) -> bool {
    match link {
        Link::Cancellation(link) => link.state == CancelState::Requested,
        Link::Refund(link) => link.origin == Origin::Amazon && !link.is_ended,
        Link::Order(_) | Link::Package(_) | Link::Tracker(_) | Link::Return(_) | Link::Document(_) => false,
    }
}
