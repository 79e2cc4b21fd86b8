//! Applies cancellations in both directions.

use std::time::Duration;

use amz_domain::{AmazonLineId, CancelState, CancellationAlias, LineNumber, SalesOrder, SalesOrderId};
use chrono::{DateTime, Utc};

use super::plan::{ClosingFacts, closings, has_news};
use super::request::{
    ASKED, LONGEST_WAIT, RequestFacts, Start, alias, answer, is_ours_alone, reorder, standing, start,
    verdict, verdict_message, wait,
};
use super::shipped::as_shipped;
use super::wish::wish;
use super::writes::CancelOrder;
use crate::desk::{Desk, Stop, Written, intent};
use crate::intent::{Intent, IntentChange, NewIntent, Operation};
use crate::link::{CancellationLink, Link, SentLine, SentOrder};
use crate::order_view::OrderView;
use crate::orders::digest;
use crate::parking::{Reason, Who};
use crate::ports::amazon::NewCancellation;
use crate::ports::netsuite::SalesOrderPatch;

/// The lane subject of what staff want cancelled.
const SUBJECT: &str = "cancellation";

/// The lane subject of lines that could not be brought in line with what Amazon cancelled.
const LINES: &str = "cancelled-lines";

/// The cancellation that we asked for of what Amazon has from us.
pub(crate) fn link_of<'links>(links: &'links [Link], sent: &SentOrder) -> Option<&'links CancellationLink> {
    links.iter().find_map(|link| match link {
        Link::Cancellation(link) if link.amazon_order == sent.amazon_order => Some(link),
        _ => None,
    })
}

/// Brings both sides up to date about what was cancelled.
///
/// `wished` says that the sales order, read in this look, may want something cancelled; `held` are Amazon's lines
/// whose shipped units do not all stand on item fulfilments yet.
///
/// # Errors
/// [`Stop`] when the look cannot go on.
pub(crate) async fn run(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    wished: bool,
    held: &[AmazonLineId],
) -> Result<(), Stop> {
    let (request, changed_before) = request(desk, view, wished, held).await?;
    // an answer of Amazon decides what becomes of the lines
    let changed = changed_before | bring_lines_in_line(desk, view, held).await?;
    if request == Request::Handled {
        let link = link_of(&view.links, &view.sent).cloned();
        let sent = view.sent.clone();
        let settings = &desk.connection.settings.cancellation;
        let reason =
            view.sales_order(desk).await?.and_then(|order| standing(order, &sent, link.as_ref(), settings));
        match reason {
            Some(reason) => desk.park(SUBJECT, &reason).await?,
            None => desk.unpark(SUBJECT).await?,
        }
    }
    if changed {
        view.forget_sales_order();
    }
    Ok(())
}

/// How far a look came with what staff want cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Request {
    /// Nobody wants anything.
    None,
    /// Something else must happen first, or is parked: what stands on the order is not judged.
    Open,
    /// What stands on the order is all there is to say.
    Handled,
}

/// Deals with what staff want cancelled. Also returns whether lines were brought in line for it.
async fn request(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    wished: bool,
    held: &[AmazonLineId],
) -> Result<(Request, bool), Stop> {
    let connection = desk.connection;
    let alias = alias(&connection.settings.account, &view.id, &view.sent);
    let once = intent(Operation::CancelOrder, format!("order {alias}"), "");
    let unsettled = connection.ledger.unsettled(&desk.lease.key).await?;
    let was_sent = unsettled.iter().any(|open| open.key == once.key);
    let follows = |view: &OrderView| {
        link_of(&view.links, &view.sent).is_some_and(|link| link.state == CancelState::Requested)
    };
    if !(wished || was_sent || follows(view) || desk.has_parked(SUBJECT)) {
        return Ok((Request::None, false));
    }
    let Some(order) = view.sales_order(desk).await?.cloned() else { return Ok((Request::Open, false)) };
    if was_sent && !settle_earlier(desk, view, &order, &once, &alias).await? {
        return Ok((Request::Open, false));
    }
    if follows(view) {
        return Ok((follow(desk, view, &order).await?, false));
    }
    let mut changed = false;
    if !order.marks.asks_to_cancel() {
        // a line that staff closed after Amazon had cancelled it needs no cancellation any more
        changed = bring_lines_in_line(desk, view, held).await?;
    }
    let Some(order) = view.sales_order(desk).await?.cloned() else { return Ok((Request::Open, changed)) };
    Ok((begin(desk, view, &order, once, &unsettled).await?, changed))
}

/// Takes the first step of a cancellation, if one is wanted.
async fn begin(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    order: &SalesOrder,
    once: NewIntent,
    unsettled: &[Intent],
) -> Result<Request, Stop> {
    let connection = desk.connection;
    let in_flight = in_flight(unsettled, &view.links);
    let first = start(RequestFacts {
        order,
        amazon: &as_shipped(&view.amazon, &view.links),
        sent: &view.sent,
        link: link_of(&view.links, &view.sent),
        in_flight: in_flight.as_ref().map(|open| open.step.as_str()),
        account: &connection.settings.account,
        settings: &connection.settings.cancellation,
    });
    match first {
        Start::Nothing => Ok(Request::Handled),
        Start::Refuse(why) => {
            let message = format!("refused: {why}");
            mark(desk, view, order, CancelState::Refused, &message, None).await
        }
        Start::Wait(step) => {
            desk.note(format!("Amazon is not asked to cancel while {step}"));
            let lost_for = in_flight.and_then(|open| open.lost_at).map(|at| connection.now() - at);
            let lost_for = lost_for.map(|age| age.to_std().unwrap_or_default());
            if lost_for.is_none_or(|age| age >= LONGEST_WAIT) {
                desk.park(SUBJECT, &waits(&step)).await?;
            }
            // as long again as it has been waited for
            let again = lost_for.unwrap_or(LONGEST_WAIT).max(connection.settings.cancellation.look);
            look_after(desk, again.min(LONGEST_WAIT));
            Ok(Request::Open)
        }
        Start::Follow(reorder) => {
            let links = vec![Link::Cancellation(asked(view, reorder))];
            desk.write_links(&links).await?;
            view.learn(links);
            follow(desk, view, order).await
        }
        Start::Ask { cancellation, reorder } => {
            let link = asked(view, reorder);
            let write = CancelOrder::new(desk, &view.sent.amazon_order, cancellation, link.clone());
            match desk.write_once(once, &write).await? {
                Written::Done(()) => {
                    view.learn(vec![Link::Cancellation(link)]);
                    follow(desk, view, order).await
                }
                Written::Wait(at) => {
                    desk.settle_at(at);
                    Ok(Request::Open)
                }
                Written::Parked(reason) => {
                    let message = format!("rejected: {}", reason.cause);
                    mark(desk, view, order, CancelState::Rejected, &message, None).await
                }
            }
        }
    }
}

/// The link of a cancellation that is on its way.
fn asked(view: &OrderView, reorder: Vec<LineNumber>) -> CancellationLink {
    CancellationLink {
        amazon_order: view.sent.amazon_order.clone(),
        state: CancelState::Requested,
        reorder,
        looks: 0,
    }
}

/// Finds out what became of a `cancelOrder` whose answer was lost. Returns false while that is not known.
async fn settle_earlier(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    order: &SalesOrder,
    once: &NewIntent,
    alias: &CancellationAlias,
) -> Result<bool, Stop> {
    let settings = &desk.connection.settings.cancellation;
    let link = asked(view, reorder(wish(order, &view.sent).as_ref(), order, &view.sent, settings));
    let cancellation =
        NewCancellation { alias: alias.clone(), reason: settings.default_reason.clone(), comment: None };
    let write = CancelOrder::new(desk, &view.sent.amazon_order, cancellation, link.clone());
    match desk.settle_earlier(once, &write).await? {
        Some(Written::Done(())) => {
            view.learn(vec![Link::Cancellation(link)]);
            Ok(true)
        }
        Some(Written::Wait(at)) => {
            desk.settle_at(at);
            Ok(false)
        }
        Some(Written::Parked(reason)) => {
            desk.park(SUBJECT, &reason).await?;
            Ok(false)
        }
        None => {
            // whether it is sent again depends on what is wanted by now
            desk.change(&once.key, IntentChange::NotSent).await?;
            Ok(true)
        }
    }
}

/// A step of another kind whose outcome is open.
struct InFlight {
    /// For people.
    step: String,
    /// When it was sent, if its answer was lost.
    lost_at: Option<DateTime<Utc>>,
}

fn in_flight(unsettled: &[Intent], links: &[Link]) -> Option<InFlight> {
    let concerns = |operation: Operation| match operation {
        Operation::CreateFulfillment
        | Operation::MarkFulfillment
        | Operation::TellReturn
        | Operation::ConcludeReturn
        | Operation::ReportRefund
        | Operation::TellRefund
        | Operation::CreateReturnAuthorization
        | Operation::CreateItemReceipt
        | Operation::CreateRefundDocument
        | Operation::CreatePayout
        | Operation::MarkDocument => true,
        Operation::CreateOrder
        | Operation::UpdateOrder
        | Operation::MarkSalesOrder
        | Operation::CancelOrder
        // never in the lane of an order
        | Operation::CreateStockAdjustment
        | Operation::CreateBinTransfer
        | Operation::ShowStock => false,
    };
    if let Some(open) = unsettled.iter().find(|intent| concerns(intent.operation)) {
        let step = format!("the outcome of {} is not known", open.key);
        return Some(InFlight { step, lost_at: Some(open.sent_at.unwrap_or(open.planned_at)) });
    }
    let step = links.iter().find_map(|link| match link {
        Link::Return(link) if !link.is_ended => Some(format!("return {} is open", link.id)),
        Link::Refund(link) if !link.is_ended => Some(format!("refund {} is open", link.id)),
        _ => None,
    })?;
    Some(InFlight { step, lost_at: None })
}

fn waits(step: &str) -> Reason {
    Reason::new(
        "cancel_waiting",
        format!("Amazon is not asked to cancel the order while {step}"),
        "it is asked by itself afterwards; empty the cancel state, or reopen the lines, to take the wish back",
        Who::Merchant,
    )
}

/// Takes up Amazon's answer, or waits for it.
async fn follow(desk: &mut Desk<'_>, view: &mut OrderView, order: &SalesOrder) -> Result<Request, Stop> {
    let connection = desk.connection;
    let alias = alias(&connection.settings.account, &view.id, &view.sent);
    let Some(link) = link_of(&view.links, &view.sent).cloned() else { return Ok(Request::Open) };
    let amazon = as_shipped(&view.amazon, &view.links).into_owned();
    let Some(state) = verdict(&amazon, &alias) else {
        desk.note("Amazon has not answered the cancellation yet");
        look_after(desk, wait(connection.settings.cancellation.look, link.looks));
        let again = CancellationLink { looks: link.looks.saturating_add(1), ..link };
        return mark(desk, view, order, CancelState::Requested, ASKED, Some(again)).await;
    };
    let mut answered = CancellationLink { state: state.clone(), looks: 0, ..link };
    if !is_ours_alone(&amazon, &alias) {
        answered.reorder.clear();
    }
    desk.note(format!("cancellation of Amazon order {}: {state}", answered.amazon_order));
    let message = verdict_message(&amazon, &view.sent, &answered);
    if state == CancelState::Accepted && !answered.reorder.is_empty() {
        // what stays is sent anew by the next look
        desk.wait_until(connection.now());
    }
    mark(desk, view, order, state, &message, Some(answered)).await
}

fn look_after(desk: &mut Desk<'_>, wait: Duration) {
    let now = desk.connection.now();
    desk.wait_until(chrono::Duration::from_std(wait).map_or(now, |wait| now + wait));
}

/// Writes on the order how far its cancellation has come; the link is committed with it.
async fn mark(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    order: &SalesOrder,
    state: CancelState,
    message: &str,
    link: Option<CancellationLink>,
) -> Result<Request, Stop> {
    let known = link_of(&view.links, &view.sent).map(|known| &known.state);
    let is_told = link.as_ref().is_none_or(|link| known == Some(&link.state));
    let links: Vec<Link> = link.map(Link::Cancellation).into_iter().collect();
    let Some(patch) = answer(order, state, message) else {
        if !links.is_empty() {
            match is_told {
                true => desk.write_counts(&links).await?,
                false => desk.write_links(&links).await?,
            }
            view.learn(links);
        }
        return Ok(Request::Handled);
    };
    match write(desk, &view.id, &patch, links.clone()).await? {
        Written::Parked(reason) => {
            desk.park(SUBJECT, &reason).await?;
            Ok(Request::Open)
        }
        Written::Done(()) | Written::Wait(_) => {
            view.learn(links);
            view.reflect(&patch);
            Ok(Request::Handled)
        }
    }
}

async fn write(
    desk: &mut Desk<'_>,
    id: &SalesOrderId,
    patch: &SalesOrderPatch,
    links: Vec<Link>,
) -> Result<Written<()>, Stop> {
    let mark = intent(Operation::MarkSalesOrder, format!("order {id}"), &digest(&format!("{patch:?}")));
    let send = desk.connection.sales_orders.patch(id, patch);
    desk.write_repeatably(mark, send, links).await
}

/// Brings the sales order in line with what Amazon cancelled before shipping. Returns true when it was changed.
async fn bring_lines_in_line(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    held: &[AmazonLineId],
) -> Result<bool, Stop> {
    let amazon = as_shipped(&view.amazon, &view.links).into_owned();
    if !has_news(&amazon, &view.sent, link_of(&view.links, &view.sent)) {
        desk.unpark(LINES).await?;
        return Ok(false);
    }
    let Some(order) = view.sales_order(desk).await?.cloned() else { return Ok(false) };
    let closings = closings(ClosingFacts {
        amazon: &amazon,
        sent: &view.sent,
        order: &order,
        cancellation: link_of(&view.links, &view.sent),
        held,
        when_unfulfillable: desk.connection.settings.cancellation.when_unfulfillable,
    });
    let Some(closings) = closings else { return Ok(false) };
    let moved: Vec<SentLine> =
        closings.after.lines.iter().filter(|line| !view.sent.lines.contains(line)).cloned().collect();
    let links = vec![Link::Order(Box::new(closings.after))];
    let is_written = closings.patch == SalesOrderPatch::default();
    if is_written {
        desk.write_links(&links).await?;
    } else if let Written::Parked(reason) = write(desk, &view.id, &closings.patch, links.clone()).await? {
        desk.park(LINES, &reason).await?;
        return Ok(false);
    }
    view.learn(links);
    view.reflect(&closings.patch);
    desk.unpark(LINES).await?;
    // NetSuite wants fewer units now than when stock was last compared
    desk.ask_for_stock(&moved);
    Ok(!is_written)
}

#[cfg(test)]
#[path = "run_tests/mod.rs"]
mod tests;
