//! What must happen about a return authorization that somebody made or changed in NetSuite, decided from what is
//! known. Pure.
//!
//! A return that Amazon made cannot be told or concluded: both need a [`StaffReturn`], and there is no other way to
//! one than through an authorization that neither we nor Amazon began.

use amz_domain::{
    AmazonOrder, AmazonReturn, Document, DocumentMarks, ExternalId, Origin, PackageContent, ReturnAlias,
    ReturnState, SalesOrder, SalesOrderId,
};

use super::plan::returns;
use super::staff_lines::{amazon_units, exceeds_shipped, per_line, returned};
use crate::link::{Link, ReturnLink, ReturnedLine, SentOrder};
use crate::parking::{Reason, Who};
use crate::ports::amazon::NewExternalReturn;

/// What is known of a return authorization.
#[derive(Debug, Clone, Copy)]
pub(super) struct AuthorizationFacts<'facts> {
    /// The authorization as just read.
    pub(super) document: &'facts Document,
    /// The sales order's internal id.
    pub(super) order: &'facts SalesOrderId,
    /// What Amazon has from us.
    pub(super) sent: &'facts SentOrder,
    /// Amazon's order as just read.
    pub(super) amazon: &'facts AmazonOrder,
    /// The lane's links.
    pub(super) links: &'facts [Link],
    /// The sales order, when [`needs_sales_order`](super::staff_lines::needs_sales_order) asked for it.
    pub(super) sales_order: Option<&'facts SalesOrder>,
    /// NetSuite's account.
    pub(super) account: &'facts str,
}

/// What comes next for a return authorization.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AuthorizationStep {
    /// Nothing, and why.
    Ignore(String),
    /// It is what Amazon knows already: remember it, and write our fields when they are missing.
    Link {
        /// What is known of it.
        link: Box<ReturnLink>,
        /// Our fields.
        marks: Option<DocumentMarks>,
    },
    /// Tell Amazon of it.
    Tell(StaffReturn),
    /// Say how it ended.
    Conclude(StaffReturn),
    /// Remember how it ended.
    Remember(Box<ReturnLink>),
    /// A person must look at it.
    Park(Reason),
}

/// A return that staff began in NetSuite: the only kind that we write about at Amazon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StaffReturn {
    link: ReturnLink,
    new: NewExternalReturn,
}

impl StaffReturn {
    /// `None` for an authorization of a return that Amazon began, or that we made.
    fn of(facts: &AuthorizationFacts<'_>, link: ReturnLink) -> Option<Self> {
        let theirs = link.origin == Origin::NetSuite
            && link.authorization == facts.document.key.id
            && !is_ours(facts.document, facts.links);
        let alias = ReturnAlias::of(facts.account, &link.authorization);
        let lines = per_line(&link.lines);
        let lines = lines.into_iter().map(|(line, quantity)| PackageContent { line, quantity }).collect();
        theirs.then_some(Self { link, new: NewExternalReturn { alias, lines } })
    }

    /// One that Amazon may have been told of, although it is not wanted any more: only to find that out.
    pub(super) fn abandoned(facts: &AuthorizationFacts<'_>) -> Option<Self> {
        Self::of(facts, staff_link(facts.document, returned(facts).unwrap_or_default()))
    }

    /// What is known of it; before Amazon was told, Amazon's id is missing.
    pub(super) fn link(&self) -> &ReturnLink {
        &self.link
    }

    /// What Amazon gets when it is told.
    pub(super) fn telling(&self) -> &NewExternalReturn {
        &self.new
    }
}

/// True for an authorization that we made, or that belongs to a return that Amazon began.
pub(super) fn is_ours(document: &Document, links: &[Link]) -> bool {
    let linked = links.iter().any(|link| match link {
        Link::Document(link) => link.document == document.key && link.origin == Origin::Amazon,
        Link::Return(link) => link.authorization == document.key.id && link.origin == Origin::Amazon,
        _ => false,
    });
    linked
        || document.marks.origin == Some(Origin::Amazon)
        || document.external_id.as_deref().is_some_and(is_of_return)
}

fn is_of_return(external_id: &str) -> bool {
    ExternalId::is_ours(external_id) && external_id.starts_with("amz-ra-")
}

/// Decides what comes next for a return authorization that somebody made or changed.
pub(super) fn plan(facts: AuthorizationFacts<'_>) -> AuthorizationStep {
    let document = facts.document;
    if let Some(step) = begun_join(&facts) {
        return step;
    }
    if is_ours(document, facts.links) {
        return AuthorizationStep::Ignore(echo(&facts));
    }
    if let Some(link) = returns(facts.links).find(|link| link.authorization == document.key.id) {
        return follow(&facts, link);
    }
    let alias = ReturnAlias::of(facts.account, &document.key.id);
    let told = facts.amazon.returns.iter().find(|known| known.alias.as_ref() == Some(&alias));
    match told {
        Some(told) => {
            let lines = returned(&facts).unwrap_or_default();
            let link = told_link(told, &staff_link(document, lines));
            let marks = missing_marks(&facts, &link);
            AuthorizationStep::Link { link: Box::new(link), marks }
        }
        None => begin(&facts),
    }
}

fn echo(facts: &AuthorizationFacts<'_>) -> String {
    let key = &facts.document.key;
    match facts.document.status.as_str() {
        "C" | "H" => {
            let open = returns(facts.links).any(|link| link.authorization == key.id && !link.is_ended);
            let goes_on = if open { ", Amazon's return goes on" } else { "" };
            format!("{key} is closed in NetSuite{goes_on}")
        }
        _ => format!("{key}: own echo, ignored"),
    }
}

/// An authorization of staff that was joined to Amazon's return, and the link was lost.
fn begun_join(facts: &AuthorizationFacts<'_>) -> Option<AuthorizationStep> {
    let DocumentMarks { amazon_return, origin, .. } = &facts.document.marks;
    let id = amazon_return.as_ref().filter(|_| *origin == Some(Origin::Amazon))?;
    let is_known = returns(facts.links).any(|link| link.id == *id)
        || facts.document.external_id.as_deref().is_some_and(is_of_return);
    let open = facts.amazon.returns.iter().find(|known| known.id == *id).filter(|_| !is_known)?;
    let lines = returned(facts).ok()?;
    Some(AuthorizationStep::Link { link: Box::new(joined(facts.document, open, lines)), marks: None })
}

/// An authorization that Amazon does not know yet.
fn begin(facts: &AuthorizationFacts<'_>) -> AuthorizationStep {
    let document = facts.document;
    let key = &document.key;
    match document.status.as_str() {
        "A" => return AuthorizationStep::Ignore(format!("{key} waits for approval")),
        "C" => return AuthorizationStep::Ignore(format!("{key} was cancelled before Amazon was told")),
        "H" if !has_receipts(document) => {
            return AuthorizationStep::Ignore(format!("{key} was closed before Amazon was told"));
        }
        "B" | "D" | "E" | "F" | "G" | "H" => {}
        other => return AuthorizationStep::Park(unknown_status(document, other)),
    }
    let lines = match returned(facts) {
        Ok(lines) => lines,
        Err(reason) => return AuthorizationStep::Park(reason),
    };
    if lines.is_empty() {
        return AuthorizationStep::Ignore(format!("{key} brings back nothing that Amazon shipped"));
    }
    if document.status == "B"
        && let Some(open) = open_return(facts, &lines)
    {
        return join(facts, open, lines);
    }
    if let Some(reason) = exceeds_shipped(facts, &lines) {
        return AuthorizationStep::Park(reason);
    }
    match StaffReturn::of(facts, staff_link(document, lines)) {
        Some(told) => AuthorizationStep::Tell(told),
        None => AuthorizationStep::Ignore(echo(facts)),
    }
}

/// A return that Amazon made, that nothing in NetSuite stands for yet, of just these units.
fn open_return<'facts>(
    facts: &AuthorizationFacts<'facts>,
    lines: &[ReturnedLine],
) -> Option<&'facts AmazonReturn> {
    let wanted = per_line(lines);
    facts.amazon.returns.iter().find(|known| {
        known.state == ReturnState::Created
            && known.alias.is_none()
            && !returns(facts.links).any(|link| link.id == known.id)
            && amazon_units(known) == wanted
    })
}

fn join(facts: &AuthorizationFacts<'_>, open: &AmazonReturn, lines: Vec<ReturnedLine>) -> AuthorizationStep {
    let is_part = |line: &ReturnedLine| {
        facts.sent.lines.iter().any(|sent| sent.amazon_line == line.amazon_line && sent.part.is_some())
    };
    if lines.iter().any(is_part) {
        return AuthorizationStep::Park(Reason::new(
            "return_of_kit_part",
            format!("Amazon's return {} brings back the kit of {} in parts", open.id, facts.document.key),
            "NetSuite takes back whole kits only: receive and refund this return by hand",
            Who::Merchant,
        ));
    }
    let marks = DocumentMarks {
        amazon_order: Some(facts.amazon.id.clone()),
        amazon_return: Some(open.id.clone()),
        origin: Some(Origin::Amazon),
        ..DocumentMarks::default()
    };
    AuthorizationStep::Link { link: Box::new(joined(facts.document, open, lines)), marks: Some(marks) }
}

fn joined(document: &Document, open: &AmazonReturn, lines: Vec<ReturnedLine>) -> ReturnLink {
    ReturnLink {
        id: open.id.clone(),
        origin: Origin::Amazon,
        memo: document.memo.clone(),
        delivery_state: document.marks.delivery_state.clone(),
        ..staff_link(document, lines)
    }
}

/// A return of staff that Amazon knows.
fn follow(facts: &AuthorizationFacts<'_>, link: &ReturnLink) -> AuthorizationStep {
    let document = facts.document;
    if let Some(marks) = missing_marks(facts, link) {
        return AuthorizationStep::Link { link: Box::new(link.clone()), marks: Some(marks) };
    }
    if link.is_ended {
        return AuthorizationStep::Ignore(format!("{}: return {} has ended", document.key, link.id));
    }
    let state = match document.status.as_str() {
        "F" | "G" => ReturnState::Completed,
        "C" | "H" if has_receipts(document) => ReturnState::Completed,
        "C" | "H" => ReturnState::Cancelled,
        "A" => return AuthorizationStep::Ignore(format!("{} waits for approval again", document.key)),
        "B" | "D" | "E" => return unchanged(facts, link),
        other => return AuthorizationStep::Park(unknown_status(document, other)),
    };
    let Some(known) = facts.amazon.returns.iter().find(|known| known.id == link.id) else {
        let note = format!("Amazon's order does not show return {}: it cannot be ended", link.id);
        return AuthorizationStep::Ignore(note);
    };
    let after = ReturnLink { state: state.clone(), is_ended: true, ..link.clone() };
    if matches!(known.state, ReturnState::Cancelled | ReturnState::Completed) {
        return AuthorizationStep::Remember(Box::new(ReturnLink { state: known.state.clone(), ..after }));
    }
    let alias = ReturnAlias::of(facts.account, &document.key.id);
    let is_told = known.alias.as_ref() == Some(&alias);
    match StaffReturn::of(facts, after).filter(|_| is_told) {
        Some(ended) => AuthorizationStep::Conclude(ended),
        None => AuthorizationStep::Ignore(format!("return {} is Amazon's own: left alone", link.id)),
    }
}

fn unchanged(facts: &AuthorizationFacts<'_>, link: &ReturnLink) -> AuthorizationStep {
    match returned(facts) {
        Ok(lines) if per_line(&lines) == per_line(&link.lines) => {
            AuthorizationStep::Ignore(format!("{}: nothing new", facts.document.key))
        }
        Ok(lines) => AuthorizationStep::Park(Reason::new(
            "return_changed_after_telling",
            format!(
                "{} says {} by now, but Amazon was told {} as return {}",
                facts.document.key,
                listed(&lines),
                listed(&link.lines),
                link.id
            ),
            "take the change back, or close this authorization and make a new one: Amazon's return cannot be changed",
            Who::Merchant,
        )),
        Err(reason) => AuthorizationStep::Park(reason),
    }
}

/// Our fields, when they do not stand on the authorization of a return that was told.
fn missing_marks(facts: &AuthorizationFacts<'_>, link: &ReturnLink) -> Option<DocumentMarks> {
    let marks = DocumentMarks {
        amazon_order: Some(facts.amazon.id.clone()),
        amazon_return: Some(link.id.clone()),
        origin: Some(Origin::NetSuite),
        ..DocumentMarks::default()
    };
    let held = &facts.document.marks;
    (held.amazon_return != marks.amazon_return || held.origin != marks.origin).then_some(marks)
}

/// The link of a return of staff before Amazon was told.
fn staff_link(document: &Document, lines: Vec<ReturnedLine>) -> ReturnLink {
    ReturnLink {
        id: amz_domain::ReturnId::new(""),
        origin: Origin::NetSuite,
        authorization: document.key.id.clone(),
        state: ReturnState::Created,
        lines,
        receipts: Vec::new(),
        delivery_state: None,
        memo: None,
        is_ended: false,
    }
}

/// The link of a return that Amazon knows by our alias: Amazon's figures count, NetSuite's lines are kept.
pub(super) fn told_link(told: &AmazonReturn, link: &ReturnLink) -> ReturnLink {
    let held = per_line(&link.lines);
    let mut lines = link.lines.clone();
    for (line, quantity) in amazon_units(told) {
        let same = held.iter().any(|(known, units)| *known == line && *units == quantity);
        if let Some(known) = lines.iter_mut().find(|known| known.amazon_line == line).filter(|_| !same) {
            let known = ReturnedLine { quantity, ..known.clone() };
            lines.retain(|other| other.amazon_line != line);
            lines.push(known);
        }
    }
    let told_of =
        |line: &ReturnedLine| amazon_units(told).iter().any(|(known, _)| *known == line.amazon_line);
    lines.retain(told_of);
    ReturnLink { id: told.id.clone(), lines, ..link.clone() }
}

fn has_receipts(document: &Document) -> bool {
    document.lines.iter().any(|line| !line.quantity_received.is_zero())
}

fn listed(lines: &[ReturnedLine]) -> String {
    let texts: Vec<String> =
        lines.iter().map(|line| format!("{} of line {}", line.quantity, line.order_line)).collect();
    if texts.is_empty() { "nothing".to_owned() } else { texts.join(", ") }
}

fn unknown_status(document: &Document, status: &str) -> Reason {
    Reason::new(
        "return_status_unknown",
        format!("{} has the status {status}, which this version does not know", document.key),
        "nothing is told to Amazon: look at the authorization; a newer version may know the status",
        Who::Developer,
    )
}

#[cfg(test)]
#[path = "external_tests.rs"]
mod tests;
