//! One look at one leased lane: resolve, plan, apply, and say how it ended.

mod asks;

use amz_domain::{AmazonOrderId, DocumentKey, SalesOrderId};
use chrono::{DateTime, Utc};

use crate::audit::in_lane;
use crate::cancellation;
use crate::connection::Connection;
use crate::desk::{Desk, Leavings, Stop};
use crate::failure::{Advice, Failure, PortError, StoreError};
use crate::fulfillment::{self, PackageLinks};
use crate::intent::Operation;
use crate::inventory;
use crate::link::{Link, SentOrder};
use crate::look::{Look, LookOutcome};
use crate::order_view::OrderView;
use crate::orders;
use crate::parking::{Reason, Who};
use crate::refunds;
use crate::retry::{LONGEST_WAIT, backoff};
use crate::returns;
use crate::work::{Ask, Claim, Lane, LaneKey, LaneRequest};
use asks::asked;

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
    in_lane(claim.lease.key.lane.clone(), look(connection, claim, jitter)).await
}

async fn look(connection: &Connection, claim: &Claim, jitter: u64) -> Result<LaneEnd, StoreError> {
    let started_at = connection.now();
    let mut desk = Desk::open(connection, &claim.lease).await?;
    let looked = match &claim.lease.key.lane {
        Lane::SalesOrder(id) => sales_order(&mut desk, id, &claim.asks).await.map(|()| Vec::new()),
        Lane::AmazonOrder(id) => resolve(&mut desk, id, &claim.asks).await,
        Lane::Document(document) => resolve_document(&mut desk, document, &claim.asks).await,
        Lane::StockLevels => inventory::levels(&mut desk, &claim.asks).await,
        Lane::StockReading => inventory::reading(&mut desk, &claim.asks).await,
    };
    match looked {
        Ok(redirect) => {
            if !desk.is_unsettled() {
                desk.unpark(SUBJECT).await?;
                desk.unpark(STOCK_CREDENTIALS).await?;
            }
            ended(connection, claim, desk, started_at, redirect).await
        }
        Err(Stop::Store(error)) => Err(error),
        Err(Stop::Call(error)) => failed(connection, claim, desk, started_at, error, jitter).await,
        Err(Stop::Stock(error)) => match error.failure {
            Failure::Throttled { .. } | Failure::Credentials => {
                waits_alone(connection, claim, desk, started_at, error, jitter).await
            }
            _ => failed(connection, claim, desk, started_at, error, jitter).await,
        },
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
    let Leavings { mut lines, wait, unsettled, parked, asked } = desk.close();
    redirect.extend(asked);
    let attempts = claim.attempts.saturating_add(1);
    let outcome = match (wait, parked) {
        (Some(_), _) if unsettled && attempts >= connection.settings.retry_limit => LookOutcome::Failed,
        (Some(_), _) => LookOutcome::Waiting,
        (None, true) => LookOutcome::Parked,
        (None, false) => LookOutcome::Settled,
    };
    match wait {
        Some(at) if outcome == LookOutcome::Waiting => {
            let look = trace(connection, claim, started_at, lines, outcome);
            Ok(LaneEnd::Postpone { look, at, failed: unsettled })
        }
        Some(_) => {
            let reason = never_settled(attempts);
            connection.ledger.park(&claim.lease, SUBJECT, &reason, connection.now()).await?;
            lines.push(format!("parked: {}", reason.cause));
            let look = trace(connection, claim, started_at, lines, outcome);
            Ok(LaneEnd::Complete { look, redirect })
        }
        None => {
            let look = trace(connection, claim, started_at, lines, outcome);
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
    if asked.sales_order || goes_again || (amazon && sent.is_none()) {
        let ordered = orders::run(desk, id, sent, cancellation.as_ref(), amazon).await?;
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
    cancellation::run(desk, &mut view, wished, &held).await?;
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
    refunds::run(desk, &mut view, &asked.documents, &asked.approved, &asked.rejected).await?;
    refunds::show_replaced(desk, &view.links, &view.sent).await
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

/// Amazon's stock has credentials and a pace of its own: what they refuse must not stop orders. The lane waits, longer
/// each time, and goes on by itself.
async fn waits_alone(
    connection: &Connection,
    claim: &Claim,
    mut desk: Desk<'_>,
    started_at: DateTime<Utc>,
    error: PortError,
    jitter: u64,
) -> Result<LaneEnd, StoreError> {
    desk.note(error.to_string());
    let growing = backoff(claim.attempts.saturating_add(1), connection.settings.retry_base, jitter);
    let wait = match error.failure {
        Failure::Throttled { wait } => wait.unwrap_or(growing),
        _ => {
            desk.park(STOCK_CREDENTIALS, &stock_credentials_refused(&error)).await?;
            growing
        }
    };
    let at = connection.now() + chrono::Duration::from_std(wait).unwrap_or_default();
    let look = trace(connection, claim, started_at, desk.close().lines, LookOutcome::Failed);
    Ok(LaneEnd::Postpone { look, at, failed: true })
}

fn stock_credentials_refused(error: &PortError) -> Reason {
    Reason::new(
        "stock_credentials_refused",
        format!("{} was refused its credentials [{}]: {}", error.operation, error.code, error.message),
        "put the credentials of the Selling Partner API in order, and give those of Amazon's orders the permissions \
         \"View inventory data\" and \"View & Edit Catalog Data\"; stock goes on by itself, and orders never stopped",
        Who::Operator,
    )
}

/// Decides what a failed call means for the lane.
async fn failed(
    connection: &Connection,
    claim: &Claim,
    mut desk: Desk<'_>,
    started_at: DateTime<Utc>,
    error: PortError,
    jitter: u64,
) -> Result<LaneEnd, StoreError> {
    desk.note(error.to_string());
    let attempts = claim.attempts.saturating_add(1);
    match error.failure.advice(matches!(error.failure, Failure::Conflict | Failure::Unclear)) {
        Advice::SlowDown(wait) => {
            let look = trace(connection, claim, started_at, desk.close().lines, LookOutcome::Failed);
            Ok(LaneEnd::SlowDown { look, wait })
        }
        Advice::PauseConnection => {
            let look = trace(connection, claim, started_at, desk.close().lines, LookOutcome::Failed);
            Ok(LaneEnd::Pause { look, error })
        }
        Advice::Retry | Advice::LookFirst if attempts < connection.settings.retry_limit => {
            let wait = backoff(attempts, connection.settings.retry_base, jitter);
            let at = connection.now() + chrono::Duration::from_std(wait).unwrap_or_default();
            let look = trace(connection, claim, started_at, desk.close().lines, LookOutcome::Failed);
            Ok(LaneEnd::Postpone { look, at, failed: true })
        }
        Advice::Retry | Advice::LookFirst if is_stock(claim) => {
            let reason = used_up(&error, attempts);
            tries_on(connection, claim, desk, started_at, &reason, jitter).await
        }
        Advice::Retry | Advice::LookFirst => {
            let reason = used_up(&error, attempts);
            desk.park(SUBJECT, &reason).await?;
            for ask in &claim.asks {
                if let Ask::Document { document, .. } = ask {
                    // nobody names it again: the parked subject is what a retry goes by
                    desk.park(&format!("document/{document}"), &reason).await?;
                }
            }
            let look = trace(connection, claim, started_at, desk.close().lines, LookOutcome::Failed);
            Ok(LaneEnd::Complete { look, redirect: Vec::new() })
        }
        Advice::Park => {
            let reason = Reason::new(
                &error.code,
                format!("{} failed: {}", error.operation, error.message),
                "correct what the message names, then retry",
                Who::Operator,
            );
            if is_stock(claim) {
                return tries_on(connection, claim, desk, started_at, &reason, jitter).await;
            }
            desk.park(SUBJECT, &reason).await?;
            let look = trace(connection, claim, started_at, desk.close().lines, LookOutcome::Failed);
            Ok(LaneEnd::Complete { look, redirect: Vec::new() })
        }
    }
}

fn is_stock(claim: &Claim) -> bool {
    matches!(claim.lease.key.lane, Lane::StockLevels | Lane::StockReading)
}

/// Nobody asks again for stock that changed, or for a run that is under way: its lanes keep their asks. People are told
/// once, and the lane tries on with the longest waits until it goes well.
async fn tries_on(
    connection: &Connection,
    claim: &Claim,
    mut desk: Desk<'_>,
    started_at: DateTime<Utc>,
    reason: &Reason,
    jitter: u64,
) -> Result<LaneEnd, StoreError> {
    desk.park(SUBJECT, reason).await?;
    let wait = backoff(u32::MAX, connection.settings.retry_base.max(LONGEST_WAIT), jitter);
    let at = connection.now() + chrono::Duration::from_std(wait).unwrap_or_default();
    let look = trace(connection, claim, started_at, desk.close().lines, LookOutcome::Failed);
    Ok(LaneEnd::Postpone { look, at, failed: true })
}

fn used_up(error: &PortError, attempts: u32) -> Reason {
    Reason::new(
        "tries_used_up",
        format!("{} failed {attempts} times, last with {}: {}", error.operation, error.code, error.message),
        "retry when the vendor is well again; nothing was dropped",
        Who::Operator,
    )
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
    lines: Vec<String>,
    outcome: LookOutcome,
) -> Look {
    Look { started_at, ended_at: connection.now(), asks: claim.asks.clone(), lines, outcome }
}
