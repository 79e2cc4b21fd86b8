//! Applies the plan of return authorizations that somebody made or changed in NetSuite.

use amz_domain::{AmazonOrderId, AmazonReturn, Document, DocumentKey, DocumentKind, DocumentMarks};

use super::external::{AuthorizationFacts, AuthorizationStep, StaffReturn, plan};
use super::plan::returns;
use super::run::{missing, read, remember};
use super::staff_lines::needs_sales_order;
use super::writes::{TellReturn, links_of};
use crate::desk::{Desk, Stop, Written, intent};
use crate::intent::{Intent, IntentChange, NewIntent, Operation};
use crate::link::ReturnLink;
use crate::order_view::OrderView;
use crate::orders::digest;
use crate::ports::documents::DocumentPatch;

/// Told, marked, ended; and one to see that nothing is left.
const STEPS: usize = 4;

/// Tells Amazon of what staff did.
///
/// # Errors
/// [`Stop`] when the look cannot go on.
pub(super) async fn run(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    documents: &[DocumentKey],
) -> Result<(), Stop> {
    let is_return = |key: &&DocumentKey| key.kind == DocumentKind::ReturnAuthorization;
    let mut keys: Vec<DocumentKey> = documents.iter().filter(is_return).cloned().collect();
    let lost: Vec<Intent> = {
        let unsettled = desk.connection.ledger.unsettled(&desk.lease.key).await?;
        unsettled.into_iter().filter(|intent| intent.operation == Operation::TellReturn).collect()
    };
    for key in unlinked(desk, view).into_iter().chain(lost.iter().filter_map(told_document)) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    for key in keys {
        let subject = format!("document/{key}");
        let written = match read(desk, &key).await? {
            Ok(Some(document)) => {
                let is_lost = lost.iter().any(|intent| intent.key == telling(&document.key).key);
                bring_up_to_date(desk, view, document, is_lost).await?
            }
            Ok(None) if is_open(view, &key) => Written::Parked(missing(&key)),
            Ok(None) => {
                desk.note(format!("NetSuite does not show {key}"));
                Written::Done(())
            }
            Err(reason) => Written::Parked(reason),
        };
        match written {
            Written::Done(()) => desk.unpark(&subject).await?,
            Written::Wait(at) => desk.settle_at(at),
            Written::Parked(reason) => desk.park(&subject, &reason).await?,
        }
    }
    Ok(())
}

/// Authorizations that Amazon knows by our alias, and that no link of ours knows.
fn unlinked(desk: &Desk<'_>, view: &OrderView) -> Vec<DocumentKey> {
    let account = &desk.connection.settings.account;
    let told = view.amazon.returns.iter().filter(|told| !returns(&view.links).any(|link| link.id == told.id));
    told.filter_map(|told| told.alias.as_ref()?.authorization(account))
        .map(|id| DocumentKey::new(DocumentKind::ReturnAuthorization, id))
        .collect()
}

fn is_open(view: &OrderView, key: &DocumentKey) -> bool {
    returns(&view.links).any(|link| link.authorization == key.id && !link.is_ended)
}

async fn bring_up_to_date(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    mut document: Document,
    mut is_lost: bool,
) -> Result<Written<()>, Stop> {
    for _ in 0..STEPS {
        let settings = desk.connection.settings.clone();
        let needed = needs_sales_order(&facts(&document, view, &settings.account));
        let sales_order = if needed { view.sales_order(desk).await?.cloned() } else { None };
        let facts = AuthorizationFacts {
            sales_order: sales_order.as_ref(),
            ..facts(&document, view, &settings.account)
        };
        let step = plan(facts);
        let is_left = matches!(step, AuthorizationStep::Ignore(_) | AuthorizationStep::Park(_));
        if let Some(told) = StaffReturn::abandoned(&facts).filter(|_| is_lost && is_left) {
            is_lost = false;
            match settle_abandoned(desk, view, &told).await? {
                // what is to be done about it is decided anew
                Some(Written::Done(())) => continue,
                Some(unsettled) => return Ok(unsettled),
                None => {}
            }
        }
        let written = match step {
            AuthorizationStep::Ignore(note) => {
                desk.note(note);
                return Ok(Written::Done(()));
            }
            AuthorizationStep::Park(reason) => return Ok(Written::Parked(reason)),
            AuthorizationStep::Link { link, marks } => {
                if let Some(marks) = &marks {
                    mark(&mut document.marks, marks);
                }
                join(desk, view, *link, marks).await?
            }
            AuthorizationStep::Tell(told) => tell(desk, view, &told).await?,
            AuthorizationStep::Conclude(ended) => conclude(desk, view, &ended).await?,
            AuthorizationStep::Remember(link) => remember(desk, view, links_of(&link)).await?,
        };
        if !matches!(written, Written::Done(())) {
            return Ok(written);
        }
    }
    Ok(Written::Done(()))
}

fn facts<'facts>(
    document: &'facts Document,
    view: &'facts OrderView,
    account: &'facts str,
) -> AuthorizationFacts<'facts> {
    AuthorizationFacts {
        document,
        order: &view.id,
        sent: &view.sent,
        amazon: &view.amazon,
        links: &view.links,
        sales_order: None,
        account,
    }
}

/// What the document says once our fields are written.
fn mark(held: &mut DocumentMarks, marks: &DocumentMarks) {
    let DocumentMarks { amazon_order, amazon_return, origin, .. } = marks.clone();
    held.amazon_order = amazon_order.or(held.amazon_order.take());
    held.amazon_return = amazon_return.or(held.amazon_return.take());
    held.origin = origin.or(held.origin.take());
}

/// Remembers which return an authorization stands for, and writes it there.
async fn join(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    link: ReturnLink,
    marks: Option<DocumentMarks>,
) -> Result<Written<()>, Stop> {
    let links = links_of(&link);
    let Some(marks) = marks else { return remember(desk, view, links).await };
    let key = DocumentKey::new(DocumentKind::ReturnAuthorization, link.authorization.clone());
    let patch = DocumentPatch { marks, ..DocumentPatch::default() };
    let intent = intent(Operation::MarkDocument, key.to_string(), &digest(&format!("{patch:?}")));
    let send = desk.connection.documents.patch(&key, &patch);
    let written = desk.write_repeatably(intent, send, links.clone()).await?;
    if let Written::Done(()) = written {
        view.learn(links);
    }
    Ok(written)
}

/// The telling of an authorization, as it is remembered.
fn telling(document: &DocumentKey) -> NewIntent {
    intent(Operation::TellReturn, document.to_string(), "")
}

/// The authorization that a telling is about.
fn told_document(intent: &Intent) -> Option<DocumentKey> {
    let id = intent.subject.strip_prefix(DocumentKind::ReturnAuthorization.as_str())?.strip_prefix('-')?;
    Some(DocumentKey::new(DocumentKind::ReturnAuthorization, id))
}

async fn tell(desk: &mut Desk<'_>, view: &mut OrderView, told: &StaffReturn) -> Result<Written<()>, Stop> {
    let amazon_order = view.amazon.id.clone();
    let write = tell_return(desk, &amazon_order, told);
    let once = telling(&authorization_of(told));
    let written = desk.write_once(once, &write).await?;
    Ok(learn(view, written))
}

/// Finds out what became of a telling whose answer was lost and that is not wanted any more. `None` when it came to
/// nothing: then it is not sent again.
async fn settle_abandoned(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    told: &StaffReturn,
) -> Result<Option<Written<()>>, Stop> {
    let amazon_order = view.amazon.id.clone();
    let write = tell_return(desk, &amazon_order, told);
    let once = telling(&authorization_of(told));
    let settled = desk.settle_earlier(&once, &write).await?;
    if settled.is_none() {
        desk.change(&once.key, IntentChange::NotSent).await?;
    }
    Ok(settled.map(|written| learn(view, written)))
}

fn authorization_of(told: &StaffReturn) -> DocumentKey {
    DocumentKey::new(DocumentKind::ReturnAuthorization, told.link().authorization.clone())
}

fn tell_return<'plan>(
    desk: &Desk<'_>,
    amazon_order: &'plan AmazonOrderId,
    told: &'plan StaffReturn,
) -> TellReturn<'plan> {
    TellReturn {
        orders: desk.connection.amazon_orders.clone(),
        returns: desk.connection.amazon_returns.clone(),
        amazon_order,
        new: told.telling(),
        link: told.link(),
    }
}

fn learn(view: &mut OrderView, written: Written<(AmazonReturn, ReturnLink)>) -> Written<()> {
    match written {
        Written::Done((amazon, link)) => {
            view.amazon.returns.retain(|known| known.id != amazon.id);
            view.amazon.returns.push(amazon);
            view.learn(links_of(&link));
            Written::Done(())
        }
        Written::Wait(at) => Written::Wait(at),
        Written::Parked(reason) => Written::Parked(reason),
    }
}

async fn conclude(
    desk: &mut Desk<'_>,
    view: &mut OrderView,
    ended: &StaffReturn,
) -> Result<Written<()>, Stop> {
    let link = ended.link();
    let amazon_order = view.amazon.id.clone();
    let intent =
        intent(Operation::ConcludeReturn, format!("return {}", link.id), &format!("/{}", link.state));
    let send = desk.connection.amazon_returns.conclude(&amazon_order, &link.id, &link.state);
    let links = links_of(link);
    let written = desk.write_repeatably(intent, send, links.clone()).await?;
    if let Written::Done(()) = written {
        view.learn(links);
    }
    Ok(written)
}
