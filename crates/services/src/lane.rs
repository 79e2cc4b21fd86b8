//! One look at one leased lane: resolve, plan, apply, and say how it ended.

mod asks;
mod failing;

use amz_domain::{AmazonOrderId, DocumentKey, SalesOrderId};
use chrono::{DateTime, Utc};

use crate::audit::{CallContext, in_context};
use crate::cancellation;
use crate::connection::Connection;
use crate::desk::{Desk, Leavings, Stop};
use crate::failure::{Failure, PortError, StoreError};
use crate::fulfillment::{self, PackageLinks};
use crate::intent::Operation;
use crate::inventory;
use crate::link::{Link, SentOrder};
use crate::look::{Look, LookOutcome};
use crate::order_view::OrderView;
use crate::orders;
use crate::parking::{Reason, Who};
use crate::reconciliation::{self, Adoption, Answering, Doings};
use crate::refunds;
use crate::returns;
use crate::urgency::{Urgency, current_urgency, with_urgency};
use crate::work::{Ask, Claim, Lane, LaneKey, LaneRequest};
use asks::asked;
use failing::{failed, is_vendor_out, waits_alone};

/// The lane subject of failures that stop a whole look.
const SUBJECT: &str = "lane";

/// The subject of a stock lane whose credentials at Amazon are refused.
const STOCK_CREDENTIALS: &str = "stock-credentials";

/// The lane subject of an order that Amazon does not show any more.
const AMAZON_ORDER: &str = "amazon-order";

/// How work on a lane ended, and what the worker does with the lease.
#[derive(Debug)]
pub enum LaneEnd {
    /// The requests that were taken are served.
    Complete {
        /// The trace.
        look: Look,
        /// Other lanes that must look instead.
        redirect: Vec<LaneRequest>,
    },
    /// The same requests must be looked at again at an instant.
    Postpone {
        /// The trace.
        look: Look,
        /// When.
        at: DateTime<Utc>,
        /// True when this counts as a failed try.
        failed: bool,
    },
    /// The vendor asked for a slower pace: the whole connection waits.
    SlowDown {
        /// The trace.
        look: Look,
        /// How long, when the vendor said so.
        wait: Option<std::time::Duration>,
    },
    /// The credentials were refused: the whole connection pauses and an alarm is raised.
    Pause {
        /// The trace.
        look: Look,
        /// Which credentials and why.
        error: PortError,
    },
}

/// Works on a claimed lane until its order is settled, waiting, failed or parked.
///
/// `jitter` is a random number that spreads the waits after failures.
///
/// # Errors
/// [`StoreError`] when our own store failed or the lease was lost: nothing more may be written, and the lane
/// comes back when its lease lapses.
pub async fn work(connection: &Connection, claim: &Claim, jitter: u64) -> Result<LaneEnd, StoreError> {
    let urgency = claim.asks.iter().map(Ask::urgency).min().unwrap_or_default();
    let context = CallContext { lane: claim.lease.key.lane.clone(), job: claim.lease.fence };
    with_urgency(urgency, in_context(context, look(connection, claim, jitter))).await
}

async fn look(connection: &Connection, claim: &Claim, jitter: u64) -> Result<LaneEnd, StoreError> {
    let started_at = connection.now();
    let Some(answering) = Answering::open(connection, claim).await? else {
        return look_as_asked(connection, claim, None, started_at, jitter).await.map(|(end, _, _)| end);
    };
    if answering.is_answered().await? {
        let told = (vec!["answered already".to_owned()], Vec::new());
        let look = trace(connection, claim, started_at, told, LookOutcome::Settled);
        return Ok(LaneEnd::Complete { look, redirect: Vec::new() });
    }
    answering.excuse().await?;
    let (end, doings, was_parked) =
        look_as_asked(connection, claim, Some(&answering), started_at, jitter).await?;
    answering.conclude(doings, was_parked, end).await
}

/// Looks. Returns how it ended, what was done, and whether something needed a person before the end.
async fn look_as_asked(
    connection: &Connection,
    claim: &Claim,
    answering: Option<&Answering<'_>>,
    started_at: DateTime<Utc>,
    jitter: u64,
) -> Result<(LaneEnd, Doings, bool), StoreError> {
    let mut desk = Desk::open(connection, &claim.lease).await?;
    if answering.is_some_and(Answering::only_plans) {
        desk.only_plan();
    }
    let looked = match &claim.lease.key.lane {
        Lane::SalesOrder(id) => serve(&mut desk, id, claim, answering).await.map(|()| Vec::new()),
        Lane::AmazonOrder(id) => resolve(&mut desk, id, &claim.asks).await,
        Lane::Document(document) => resolve_document(&mut desk, document, &claim.asks).await,
        Lane::StockLevels => inventory::levels(&mut desk, &claim.asks).await,
        Lane::StockReading => inventory::reading(&mut desk, &claim.asks).await,
        Lane::Reconciliation => reconciliation::walk(&mut desk, &claim.asks).await,
    };
    if looked.is_ok() && !desk.is_unsettled() {
        desk.unpark(SUBJECT).await?;
        desk.unpark(STOCK_CREDENTIALS).await?;
    }
    let (doings, was_parked) = (desk.doings().clone(), desk.is_parked());
    let end = match looked {
        Ok(redirect) => ended(connection, claim, desk, started_at, redirect).await?,
        Err(Stop::Planned) => ended(connection, claim, desk, started_at, Vec::new()).await?,
        Err(Stop::Store(error)) => return Err(error),
        Err(Stop::Call(error)) => failed(connection, claim, desk, started_at, error, jitter).await?,
        Err(Stop::Stock(error)) => match error.failure {
            Failure::Throttled { .. } | Failure::Credentials => {
                waits_alone(connection, claim, desk, started_at, error, jitter).await?
            }
            _ => failed(connection, claim, desk, started_at, error, jitter).await?,
        },
    };
    Ok((end, doings, was_parked))
}

/// Serves what a sales order's lane is asked: links an order of another connector first, where that is wanted.
async fn serve(
    desk: &mut Desk<'_>,
    id: &SalesOrderId,
    claim: &Claim,
    answering: Option<&Answering<'_>>,
) -> Result<(), Stop> {
    let Some(answering) = answering else { return sales_order(desk, id, &claim.asks).await };
    if answering.links() && reconciliation::adopt(desk, id).await? == Adoption::Ended {
        return Ok(());
    }
    match answering.asks() {
        [] => Ok(()),
        asks => sales_order(desk, id, asks).await,
    }
}

/// Decides how a look ended whose calls all went through.
async fn ended(
    connection: &Connection,
    claim: &Claim,
    desk: Desk<'_>,
    started_at: DateTime<Utc>,
    mut redirect: Vec<LaneRequest>,
) -> Result<LaneEnd, StoreError> {
    let Leavings { mut lines, echoes, wait, unsettled, parked, asked } = desk.close();
    redirect.extend(asked);
    let attempts = claim.attempts.saturating_add(1);
    let counts = unsettled && !is_vendor_out(connection, claim);
    let outcome = match (wait, parked) {
        (Some(_), _) if counts && attempts >= connection.settings.retry_limit => LookOutcome::Failed,
        (Some(_), _) => LookOutcome::Waiting,
        (None, true) => LookOutcome::Parked,
        (None, false) => LookOutcome::Settled,
    };
    match wait {
        Some(at) if outcome == LookOutcome::Waiting => {
            let look = trace(connection, claim, started_at, (lines, echoes), outcome);
            Ok(LaneEnd::Postpone { look, at, failed: counts })
        }
        Some(_) => {
            let reason = never_settled(attempts);
            connection.ledger.park(&claim.lease, SUBJECT, &reason, connection.now()).await?;
            lines.push(format!("parked: {}", reason.cause));
            let look = trace(connection, claim, started_at, (lines, echoes), outcome);
            Ok(LaneEnd::Complete { look, redirect })
        }
        None => {
            let look = trace(connection, claim, started_at, (lines, echoes), outcome);
            Ok(LaneEnd::Complete { look, redirect })
        }
    }
}

/// Serves the asks of a sales order's lane.
async fn sales_order(desk: &mut Desk<'_>, id: &SalesOrderId, asks: &[Ask]) -> Result<(), Stop> {
    let links = desk.connection.ledger.links(&desk.lease.key).await?;
    let asked = asked(desk, asks, &links);
    let mut sent = sent_order(&links);
    let mut order = None;
    let mut amazon = asked.amazon_order || !asked.trackers.is_empty();
    let mut wished = false;
    let cancellation = sent.as_ref().and_then(|sent| cancellation::link_of(&links, sent).cloned());
    let goes_again = sent.as_ref().zip(cancellation.as_ref());
    let goes_again = goes_again.is_some_and(|(sent, link)| orders::is_to_go_again(link, sent));
    let is_approved = asked.approved.iter().any(|subject| subject == "order");
    if asked.sales_order || goes_again || is_approved || (amazon && sent.is_none()) {
        let ordered = orders::run(desk, id, sent, cancellation.as_ref(), (amazon, is_approved)).await?;
        wished = ordered.look_at_amazon;
        amazon |= wished;
        (sent, order) = (ordered.sent, ordered.order);
    }
    let Some(sent) = sent.filter(|_| amazon) else { return Ok(()) };
    let mut links = links;
    let trackers_only = !asked.amazon_order && !wished && !asked.trackers.is_empty();
    if trackers_only {
        if fulfillment::run_trackers(desk, &PackageLinks::of(&links), &asked.trackers).await? {
            return Ok(());
        }
        links = desk.connection.ledger.links(&desk.lease.key).await?;
    }
    let Some(read) = desk.connection.amazon_orders.read(&sent.amazon_order).await? else {
        desk.park(AMAZON_ORDER, &vanished(&sent)).await?;
        return Ok(());
    };
    desk.unpark(AMAZON_ORDER).await?;
    let mut view = OrderView::new(id.clone(), sent, read, links, order);
    let held = fulfillment::run(desk, &mut view, if trackers_only { &[] } else { &asked.trackers }).await?;
    urgently(Box::pin(cancellation::run(desk, &mut view, wished, &held))).await?;
    for subject in asked.approved.iter().filter(|subject| subject.ends_with("/graded")) {
        // no record shows that a person moved the stock; only the person can say so
        desk.unpark(subject).await?;
    }
    returns::run(desk, &mut view, &asked.documents).await?;
    if is_receipt_in_doubt(desk).await? {
        // what was received decides what a credit is made from: made from the bill meanwhile, the goods would come in twice
        desk.note("refunds wait until it is known what was received");
        return Ok(());
    }
    let refunded = refunds::run(desk, &mut view, &asked.documents, &asked.approved, &asked.rejected);
    urgently(Box::pin(refunded)).await?;
    refunds::show_replaced(desk, &view.links, &view.sent).await
}

/// Runs work that stops goods or moves money as urgently as that is, whatever the look was asked for. Only
/// reconciliation stays behind everybody: it goes through orders that mostly need nothing.
async fn urgently<Work: Future + Unpin>(work: Work) -> Work::Output {
    let urgency = match current_urgency() {
        Urgency::Reconciliation => Urgency::Reconciliation,
        _ => Urgency::CancelAndRefund,
    };
    with_urgency(urgency, work).await
}

/// True while nobody knows whether goods that came back were received.
async fn is_receipt_in_doubt(desk: &Desk<'_>) -> Result<bool, StoreError> {
    if !desk.is_unsettled() {
        return Ok(false);
    }
    let unsettled = desk.connection.ledger.unsettled(&desk.lease.key).await?;
    Ok(unsettled.iter().any(|intent| intent.operation == Operation::CreateItemReceipt))
}

fn vanished(sent: &SentOrder) -> Reason {
    Reason::new(
        "amazon_order_missing",
        format!(
            "Amazon does not know order {} any more, or the credentials may not see it",
            sent.amazon_order
        ),
        "check the target id and the permissions of the Amazon credentials",
        Who::Operator,
    )
}

/// The newest order that Amazon has from us.
fn sent_order(links: &[Link]) -> Option<SentOrder> {
    let orders = links.iter().filter_map(|link| match link {
        Link::Order(sent) => Some(sent.as_ref()),
        _ => None,
    });
    orders.max_by_key(|sent| sent.generation).cloned()
}

/// Finds out whose an unknown Amazon order is, by the alias it carries.
async fn resolve(desk: &mut Desk<'_>, id: &AmazonOrderId, asks: &[Ask]) -> Result<Vec<LaneRequest>, Stop> {
    let connection = desk.connection;
    let Some(order) = connection.amazon_orders.read(id).await? else {
        // Amazon itself named it, so it is probably not readable yet
        let message = "Amazon named the order in an event and does not show it";
        return Err(PortError::new("order", Failure::Unavailable, "amazon_order_not_visible", message).into());
    };
    let Some(sales_order) = order.alias.and_then(|alias| alias.sales_order(&connection.settings.account))
    else {
        desk.note("the order carries no alias of ours: left alone");
        return Ok(Vec::new());
    };
    desk.note(format!("the order is sales order {sales_order}"));
    let key = LaneKey { connection: connection.name.clone(), lane: Lane::SalesOrder(sales_order) };
    Ok(redirected(connection, &key, asks))
}

/// Finds out which sales order a document follows from.
async fn resolve_document(
    desk: &mut Desk<'_>,
    document: &DocumentKey,
    asks: &[Ask],
) -> Result<Vec<LaneRequest>, Stop> {
    let connection = desk.connection;
    let Some(followed) = connection.documents.order_of(document).await? else {
        desk.note(format!("{document} follows from no sales order: left alone"));
        return Ok(Vec::new());
    };
    let key = LaneKey { connection: connection.name.clone(), lane: Lane::SalesOrder(followed.sales_order) };
    if followed.amazon_order.is_none() && connection.ledger.links(&key).await?.is_empty() {
        desk.note(format!("{document} follows from a sales order that Amazon does not have: left alone"));
        return Ok(Vec::new());
    }
    desk.note(format!("{document} follows from {}", key.lane));
    let mut redirect = redirected(connection, &key, asks);
    if !asks.iter().any(|ask| matches!(ask, Ask::Document { .. })) {
        // a person asked for the lane again after its tries were used up
        let ask = Ask::Document { document: document.clone(), is_new: false };
        redirect.extend(redirected(connection, &key, &[ask]));
    }
    Ok(redirect)
}

fn redirected(connection: &Connection, key: &LaneKey, asks: &[Ask]) -> Vec<LaneRequest> {
    let due_at = connection.now();
    asks.iter().map(|ask| LaneRequest { key: key.clone(), ask: ask.clone(), due_at, notice: None }).collect()
}

fn never_settled(attempts: u32) -> Reason {
    Reason::new(
        "write_never_settled",
        format!("a write got no answer and left no trace at the vendor, {attempts} looks in a row"),
        "see the intents with `amz explain`; retry when the vendor is well again",
        Who::Operator,
    )
}

fn trace(
    connection: &Connection,
    claim: &Claim,
    started_at: DateTime<Utc>,
    (lines, echoes): (Vec<String>, Vec<String>),
    outcome: LookOutcome,
) -> Look {
    let (asks, notices) = (claim.asks.clone(), claim.notices.clone());
    Look { started_at, ended_at: connection.now(), asks, notices, lines, echoes, outcome }
}
