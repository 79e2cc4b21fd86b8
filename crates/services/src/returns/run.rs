//! Applies the plan of an order's returns.

use amz_domain::{AmazonReturn, Document, DocumentKey, DocumentKind, LocationId, ReturnId};

use super::authorization::receipt_document;
use super::external_run;
use super::not_graded::needs_authorization;
use super::plan::{ReturnFacts, ReturnStep, is_amazons, needs_sales_order, plan, returns};
use super::receipts::{PlannedReceipt, possible_receipts};
use super::writes::{CreateAuthorization, CreateReceipt, links_of};
use crate::desk::{Desk, Stop, Written, intent, refusal};
use crate::failure::Failure;
use crate::intent::{Intent, NewIntent, Operation};
use crate::link::{Link, ReturnLink, SentLine};
use crate::order_view::OrderView;
use crate::orders::digest;
use crate::parking::{Reason, Who};
use crate::ports::documents::{DocumentPatch, NewDocument};

/// More steps than one return can need: two receipts per parcel.
const STEPS: usize = 200;

/// Brings both sides up to date about an order's returns. `documents` are those that changed in NetSuite and are not
/// our own echo.
///
/// # Errors
/// [`Stop`] when the look cannot go on.
pub(crate) async fn run(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    documents: &[DocumentKey],
) -> Result<(), Stop> {
    // before Amazon's returns, which staff may have made an authorization for
    external_run::run(desk, view, documents).await?;
    let account = desk.connection.settings.account.clone();
    let amazons: Vec<AmazonReturn> = view
        .amazon
        .returns
        .iter()
        .filter(|amazon| is_amazons(amazon, &view.links, &account))
        .cloned()
        .collect();
    let open = |link: &ReturnLink| !link.is_ended;
    let receipts = if returns(&view.links).any(open) { lost_receipts(desk).await? } else { Vec::new() };
    for amazon in &amazons {
        bring_up_to_date(desk, view, amazon, &receipts).await?;
    }
    Ok(())
}

/// Receipts that were sent and whose answer is not known.
async fn lost_receipts(desk: &Desk<'_>) -> Result<Vec<Intent>, Stop> {
    let mut intents = desk.connection.ledger.unsettled(&desk.lease.key).await?;
    intents.retain(|intent| intent.operation == Operation::CreateItemReceipt);
    Ok(intents)
}

async fn bring_up_to_date(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    amazon: &AmazonReturn,
    lost: &[Intent],
) -> Result<(), Stop> {
    let subject = format!("return/{}", amazon.id);
    if let Some(unsettled) = settle_receipts(desk, view, amazon, lost).await? {
        return stopped(desk, &subject, unsettled).await;
    }
    for _ in 0..STEPS {
        let sales_order = if needs_sales_order(amazon, &view.links) {
            view.sales_order(desk).await?.cloned()
        } else {
            None
        };
        let authorization = authorization(desk, view, amazon).await?;
        let planned = plan(ReturnFacts {
            amazon,
            amazon_order: &view.amazon.id,
            sent: &view.sent,
            links: &view.links,
            sales_order: sales_order.as_ref(),
            authorization: authorization.as_ref(),
            settings: &desk.connection.settings,
        });
        let Some(step) = planned.step else {
            return finished(desk, &subject, &planned.doubts).await;
        };
        match apply(desk, view, amazon, step).await? {
            Written::Done(()) => {}
            unsettled => return stopped(desk, &subject, unsettled).await,
        }
    }
    Ok(desk.park(&subject, &restless(&amazon.id)).await?)
}

fn restless(id: &ReturnId) -> Reason {
    Reason::new(
        "return_does_not_rest",
        format!(
            "return {id} was brought up to date {STEPS} times in one look, and there is always more to do"
        ),
        "this should not be: tell the developers; a retry goes on where it stopped",
        Who::Developer,
    )
}

/// The return authorization, when staff may have dealt by hand with what Amazon did not grade.
async fn authorization(
    desk: &Desk<'_>,
    view: &OrderView,
    amazon: &AmazonReturn,
) -> Result<Option<Document>, Stop> {
    let Some(link) = link_of(view, &amazon.id).filter(|link| needs_authorization(amazon, link)) else {
        return Ok(None);
    };
    let key = DocumentKey::new(DocumentKind::ReturnAuthorization, link.authorization);
    Ok(read(desk, &key).await?.ok().flatten())
}

async fn finished(desk: &mut Desk<'_>, subject: &str, doubts: &[Reason]) -> Result<(), Stop> {
    let Some((first, others)) = doubts.split_first() else { return Ok(desk.unpark(subject).await?) };
    for other in others {
        desk.note(format!("{subject}: {} — {}", other.code, other.cause));
    }
    Ok(desk.park(subject, first).await?)
}

async fn stopped(desk: &mut Desk<'_>, subject: &str, written: Written<()>) -> Result<(), Stop> {
    match written {
        Written::Done(()) => {}
        Written::Wait(at) => desk.settle_at(at),
        Written::Parked(reason) => desk.park(subject, &reason).await?,
    }
    Ok(())
}

/// Settles receipts whose answer was lost, before anything else of the return is received: what they took in is not
/// there for others.
async fn settle_receipts(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    amazon: &AmazonReturn,
    lost: &[Intent],
) -> Result<Option<Written<()>>, Stop> {
    let Some(link) = link_of(view, &amazon.id).filter(|_| !lost.is_empty()) else { return Ok(None) };
    for planned in possible_receipts(amazon, &link) {
        let once = receipt_intent(&planned);
        if !lost.iter().any(|intent| intent.key == once.key) {
            continue;
        }
        let Some(link) = link_of(view, &amazon.id) else { return Ok(None) };
        let documents = desk.connection.documents.clone();
        let write = CreateReceipt { documents, new: None, planned: &planned, amazon, link: &link };
        match desk.settle_earlier(&once, &write).await? {
            None => {}
            Some(Written::Done(link)) => view.learn(vec![Link::Return(Box::new(link))]),
            Some(Written::Wait(at)) => return Ok(Some(Written::Wait(at))),
            Some(Written::Parked(reason)) => return Ok(Some(Written::Parked(reason))),
        }
    }
    Ok(None)
}

fn link_of(view: &OrderView, id: &ReturnId) -> Option<ReturnLink> {
    returns(&view.links).find(|link| link.id == *id).cloned()
}

fn receipt_intent(planned: &PlannedReceipt) -> NewIntent {
    intent(Operation::CreateItemReceipt, format!("receipt {}", planned.external_id), "")
}

async fn apply(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    amazon: &AmazonReturn,
    step: ReturnStep,
) -> Result<Written<()>, Stop> {
    match step {
        ReturnStep::Create { authorization, link, obstacle } => {
            create(desk, view, &authorization, &link, obstacle).await
        }
        ReturnStep::Patch { patch, after } => update(desk, view, &patch, *after).await,
        ReturnStep::Receive(planned) => receive(desk, view, amazon, &planned).await,
        ReturnStep::Regrade(found) => {
            // parked until a person approves it: nothing that is read later shows that the stock was moved
            desk.park(&found.subject, &found.reason).await?;
            remember(desk, view, vec![Link::Return(Box::new(found.after))]).await
        }
    }
}

pub(super) async fn remember(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    links: Vec<Link>,
) -> Result<Written<()>, Stop> {
    desk.write_links(&links).await?;
    view.learn(links);
    Ok(Written::Done(()))
}

/// Makes the return authorization, once. With an obstacle, only an earlier try is settled.
async fn create(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    new: &NewDocument,
    link: &ReturnLink,
    obstacle: Option<Reason>,
) -> Result<Written<()>, Stop> {
    let write = CreateAuthorization { documents: desk.connection.documents.clone(), new, link };
    let once = intent(Operation::CreateReturnAuthorization, format!("return {}", link.id), "");
    let written = match obstacle {
        None => desk.write_once(once, &write).await?,
        Some(reason) => desk.settle_earlier(&once, &write).await?.unwrap_or(Written::Parked(reason)),
    };
    Ok(match written {
        Written::Done(link) => {
            view.learn(links_of(&link));
            Written::Done(())
        }
        Written::Wait(at) => Written::Wait(at),
        Written::Parked(reason) => Written::Parked(reason),
    })
}

/// Brings the return authorization up to date.
async fn update(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    patch: &DocumentPatch,
    after: ReturnLink,
) -> Result<Written<()>, Stop> {
    let document = DocumentKey::new(DocumentKind::ReturnAuthorization, after.authorization.clone());
    let subject = format!("return {}", after.id);
    let links = vec![Link::Return(Box::new(after))];
    if *patch == DocumentPatch::default() {
        return remember(desk, view, links).await;
    }
    let mark = intent(Operation::MarkDocument, subject, &digest(&format!("{patch:?}")));
    let send = desk.connection.documents.patch(&document, patch);
    let written = desk.write_repeatably(mark, send, links.clone()).await?;
    if let Written::Done(()) = written {
        view.learn(links);
    }
    Ok(written)
}

/// Makes an item receipt, once. NetSuite is asked first whether the authorization can take it.
async fn receive(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    amazon: &AmazonReturn,
    planned: &PlannedReceipt,
) -> Result<Written<()>, Stop> {
    let Some(link) = link_of(view, &amazon.id) else { return Ok(Written::Done(())) };
    let key = DocumentKey::new(DocumentKind::ReturnAuthorization, link.authorization.clone());
    let authorization = match read(desk, &key).await? {
        Ok(Some(authorization)) => authorization,
        Ok(None) => return Ok(Written::Parked(missing(&key))),
        Err(reason) => return Ok(Written::Parked(reason)),
    };
    let (new, obstacle) = receipt_document(planned, amazon, &link, &authorization);
    let documents = desk.connection.documents.clone();
    let write = CreateReceipt { documents, new: Some(&new), planned, amazon, link: &link };
    let once = receipt_intent(planned);
    let written = match obstacle {
        None => desk.write_once(once, &write).await?,
        Some(reason) => desk.settle_earlier(&once, &write).await?.unwrap_or(Written::Parked(reason)),
    };
    Ok(match written {
        Written::Done(link) => {
            view.learn(vec![Link::Return(Box::new(link))]);
            ask_for_stock(desk, view, planned);
            Written::Done(())
        }
        Written::Wait(at) => Written::Wait(at),
        Written::Parked(reason) => Written::Parked(reason),
    })
}

/// What was received where Amazon's stock stands is counted twice until Amazon's figure and ours are compared. NetSuite
/// puts a receipt that names no location where the sales order is shipped from, which may be there.
fn ask_for_stock(desk: &mut Desk<'_>, view: &OrderView, received: &PlannedReceipt) {
    let stock = desk.connection.stock.as_ref();
    let may_stand_there =
        |location: &LocationId| received.location.as_ref().is_none_or(|named| named == location);
    if stock.is_some_and(|stock| may_stand_there(&stock.settings.location)) {
        let is_received =
            |line: &SentLine| received.units.iter().any(|units| units.amazon_line == line.amazon_line);
        let lines = view.sent.lines.iter().filter(|line| is_received(line));
        desk.ask_for_stock(lines);
    }
}

/// Reads a document; a reason when it cannot be read for a cause that waiting does not remove.
pub(super) async fn read(
    desk: &Desk<'_>,
    key: &DocumentKey,
) -> Result<Result<Option<Document>, Reason>, Stop> {
    match desk.connection.documents.read(key).await {
        Ok(document) => Ok(Ok(document)),
        Err(error) if matches!(error.failure, Failure::BadRecord | Failure::Refused) => {
            Ok(Err(refusal(&error)))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn missing(key: &DocumentKey) -> Reason {
    Reason::new(
        "return_authorization_missing",
        format!("NetSuite does not show {key}, which a return is linked to"),
        "check whether it was deleted, and that the role may see it; what Amazon does about the return goes on there",
        Who::Merchant,
    )
}

#[cfg(test)]
#[path = "run_tests/mod.rs"]
mod tests;
