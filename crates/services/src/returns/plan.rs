//! What must happen in NetSuite about one return that Amazon made, decided from what is known. Pure.

use amz_domain::{
    AmazonLineId, AmazonOrderId, AmazonReturn, Document, DocumentId, DocumentMarks, ExternalId, ItemKind,
    LineNumber, Origin, Quantity, ReturnPackageState, ReturnState, SalesOrder,
};

use super::grades::received;
use super::not_graded::{is_settled, not_graded};
use super::parcels::{delivery_state, memo, message};
use super::receipts::{PlannedReceipt, plan_receipts};
use super::regrading::{Regraded, regraded, units_in_unknown_condition};
use crate::link::{Link, ReturnLink, SentOrder};
use crate::parking::{Reason, Who};
use crate::ports::documents::{DocumentPatch, DocumentSource, NewDocument, NewDocumentLine};
use crate::settings::ServiceSettings;

/// What is known of a return that Amazon made.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReturnFacts<'facts> {
    /// The return as just read.
    pub(super) amazon: &'facts AmazonReturn,
    /// Amazon's order.
    pub(super) amazon_order: &'facts AmazonOrderId,
    /// What Amazon has from us.
    pub(super) sent: &'facts SentOrder,
    /// The lane's links.
    pub(super) links: &'facts [Link],
    /// The sales order, when [`needs_sales_order`] asked for it.
    pub(super) sales_order: Option<&'facts SalesOrder>,
    /// The return authorization, when [`needs_authorization`](super::not_graded::needs_authorization) asked for it.
    pub(super) authorization: Option<&'facts Document>,
    /// How the merchant wants it.
    pub(super) settings: &'facts ServiceSettings,
}

impl<'facts> ReturnFacts<'facts> {
    fn link(&self) -> Option<&'facts ReturnLink> {
        returns(self.links).find(|link| link.id == self.amazon.id)
    }
}

/// What comes next for one return.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ReturnPlan {
    /// The next step; after it the plan is made anew.
    pub(super) step: Option<ReturnStep>,
    /// What needs a person.
    pub(super) doubts: Vec<Reason>,
}

/// One step for one return.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReturnStep {
    /// Make its return authorization.
    Create {
        /// What NetSuite gets.
        authorization: Box<NewDocument>,
        /// What is known of it then; the authorization's own id and line numbers come from NetSuite.
        link: Box<ReturnLink>,
        /// Why NetSuite should not make it now. An earlier try whose answer was lost is settled before this is parked.
        obstacle: Option<Reason>,
    },
    /// Bring its return authorization up to date.
    Patch {
        /// What to write; nothing when there is only something to remember.
        patch: DocumentPatch,
        /// What the link says afterwards.
        after: Box<ReturnLink>,
    },
    /// Make an item receipt.
    Receive(PlannedReceipt),
    /// Remember what was learnt of units that were received too early, and show it.
    Regrade(Box<Regraded>),
}

/// The links of returns.
pub(super) fn returns(links: &[Link]) -> impl Iterator<Item = &ReturnLink> {
    links.iter().filter_map(|link| match link {
        Link::Return(link) => Some(link.as_ref()),
        _ => None,
    })
}

/// True when the return was made by Amazon: it has no alias of ours, and we did not tell Amazon of it.
pub(super) fn is_amazons(amazon: &AmazonReturn, links: &[Link], account: &str) -> bool {
    let has_our_alias = amazon.alias.as_ref().is_some_and(|alias| alias.authorization(account).is_some());
    !has_our_alias && !returns(links).any(|link| link.id == amazon.id && link.origin == Origin::NetSuite)
}

/// True when the sales order is needed for the plan.
pub(super) fn needs_sales_order(amazon: &AmazonReturn, links: &[Link]) -> bool {
    matches!(amazon.state, ReturnState::Created | ReturnState::Completed)
        && !returns(links).any(|link| link.id == amazon.id)
}

/// Decides what comes next for a return that Amazon made.
pub(super) fn plan(facts: ReturnFacts<'_>) -> ReturnPlan {
    let Some(link) = facts.link() else { return begin(&facts) };
    if let Some(found) = regraded(facts.amazon, link) {
        let step = ReturnStep::Regrade(Box::new(found));
        return ReturnPlan { step: Some(step), doubts: Vec::new() };
    }
    if link.is_ended { ReturnPlan::default() } else { follow(&facts, link) }
}

fn begin(facts: &ReturnFacts<'_>) -> ReturnPlan {
    match &facts.amazon.state {
        ReturnState::Draft | ReturnState::Cancelled => ReturnPlan::default(),
        ReturnState::Unknown(word) => {
            let reason = unknown_word(facts.amazon, format!("the return has the state {word}"));
            ReturnPlan { step: None, doubts: vec![reason] }
        }
        ReturnState::Created | ReturnState::Completed => match create(facts) {
            Ok(step) => ReturnPlan { step: Some(step), doubts: Vec::new() },
            Err(reason) => ReturnPlan { step: None, doubts: vec![reason] },
        },
    }
}

/// Units of one line of the sales order that come back.
struct Returned {
    amazon_line: AmazonLineId,
    order_line: LineNumber,
    quantity: Quantity,
    reasons: Vec<String>,
}

/// What comes back, each line once. Lines are known by Amazon's id, never by SKU.
fn returned(facts: &ReturnFacts<'_>) -> Result<Vec<Returned>, Reason> {
    let ReturnFacts { amazon, sent, .. } = facts;
    let mut lines: Vec<Returned> = Vec::new();
    for part in amazon.lines.iter().filter(|part| !part.quantity.is_zero()) {
        let sent_line = sent.lines.iter().find(|line| line.amazon_line == part.line).ok_or_else(|| {
            does_not_fit(amazon, format!("line {} is none of the order's lines", part.line))
        })?;
        if sent_line.part.is_some() {
            return Err(part_of_a_kit(amazon, part.quantity, sent_line.line));
        }
        let reason = part.reason.iter().cloned();
        match lines.iter_mut().find(|known| known.amazon_line == part.line) {
            Some(known) => {
                known.quantity = known.quantity.plus(part.quantity);
                known.reasons.extend(reason);
            }
            None => lines.push(Returned {
                amazon_line: part.line.clone(),
                order_line: sent_line.line,
                quantity: part.quantity,
                reasons: reason.collect(),
            }),
        }
    }
    for line in &mut lines {
        line.reasons.dedup();
    }
    (!lines.is_empty())
        .then_some(lines)
        .ok_or_else(|| does_not_fit(amazon, "Amazon does not say what comes back".to_owned()))
}

fn create(facts: &ReturnFacts<'_>) -> Result<ReturnStep, Reason> {
    let ReturnFacts { amazon, amazon_order, sales_order, settings, .. } = *facts;
    let order =
        sales_order.ok_or_else(|| does_not_fit(amazon, "the sales order could not be read".to_owned()))?;
    let lines = returned(facts)?;
    let others = order.lines.iter().filter(|line| stands_by_itself(&line.kind)).map(|line| line.line);
    let left_out = others.filter(|number| !lines.iter().any(|line| line.order_line == *number)).collect();
    let marks = DocumentMarks {
        amazon_order: Some(amazon_order.clone()),
        amazon_return: Some(amazon.id.clone()),
        amazon_refund: None,
        origin: Some(Origin::Amazon),
        delivery_state: delivery_state(None, &amazon.packages),
        message: message(&amazon.packages),
    };
    let memo = memo(None, amazon, &reasons(&lines));
    let link = ReturnLink {
        id: amazon.id.clone(),
        origin: Origin::Amazon,
        authorization: DocumentId::new(""),
        state: ReturnState::Created,
        lines: lines
            .iter()
            .map(|line| crate::link::ReturnedLine {
                amazon_line: line.amazon_line.clone(),
                order_line: line.order_line,
                authorization_line: line.order_line,
                quantity: line.quantity,
            })
            .collect(),
        receipts: Vec::new(),
        delivery_state: marks.delivery_state.clone(),
        memo: Some(memo.clone()),
        is_ended: false,
    };
    let authorization = NewDocument {
        kind: amz_domain::DocumentKind::ReturnAuthorization,
        source: DocumentSource::SalesOrder(order.id.clone()),
        external_id: ExternalId::of_return(&amazon.id),
        date: None,
        memo: Some(memo),
        lines: lines
            .iter()
            .map(|line| NewDocumentLine {
                source_line: line.order_line,
                quantity: line.quantity,
                amount: None,
                tax: None,
                reason: (!line.reasons.is_empty()).then(|| line.reasons.join(", ")),
                restock: None,
            })
            .collect(),
        left_out,
        location: settings.returns.return_location.clone().or_else(|| settings.amazon_location.clone()),
        approved: settings.returns.approve,
        shipping: None,
        handling: None,
        account: None,
        apply_to: None,
        marks,
    };
    let obstacle = obstacle(facts, order, &lines);
    Ok(ReturnStep::Create { authorization: Box::new(authorization), link: Box::new(link), obstacle })
}

/// True for lines that can be left out; what only repeats or frames other lines goes with them.
fn stands_by_itself(kind: &ItemKind) -> bool {
    kind.is_goods() || kind.has_amount_of_its_own()
}

/// Why NetSuite should not take the return: more would come back than was shipped.
fn obstacle(facts: &ReturnFacts<'_>, order: &SalesOrder, lines: &[Returned]) -> Option<Reason> {
    lines.iter().find_map(|line| {
        let fulfilled = order.lines.iter().find(|held| held.line == line.order_line);
        let Some(fulfilled) = fulfilled.map(|held| held.quantity_fulfilled) else {
            let cause = format!("line {} is not on the sales order any more", line.order_line);
            return Some(does_not_fit(facts.amazon, cause));
        };
        let elsewhere: Quantity = returns(facts.links).map(|link| coming_back(link, line.order_line)).sum();
        (line.quantity.plus(elsewhere).to_decimal() > fulfilled).then(|| {
            does_not_fit(
                facts.amazon,
                format!(
                    "{} units of line {} come back and {elsewhere} more by other returns, but only {fulfilled} are \
                     fulfilled",
                    line.quantity, line.order_line
                ),
            )
        })
    })
}

/// Units of an order line that come back by a return that is known.
pub(super) fn coming_back(link: &ReturnLink, line: LineNumber) -> Quantity {
    let lines = link.lines.iter().filter(|held| held.order_line == line);
    match (&link.origin, link.is_ended) {
        (_, false) => lines.map(|held| held.quantity).sum(),
        (Origin::NetSuite, true) if link.state == ReturnState::Cancelled => Quantity::ZERO,
        (Origin::NetSuite, true) => lines.map(|held| held.quantity).sum(),
        (_, true) => lines.map(|held| received(link, &held.amazon_line, |_| true)).sum(),
    }
}

fn reasons(lines: &[Returned]) -> Vec<(LineNumber, String)> {
    let given = lines.iter().filter(|line| !line.reasons.is_empty());
    given.map(|line| (line.order_line, line.reasons.join(", "))).collect()
}

fn follow(facts: &ReturnFacts<'_>, link: &ReturnLink) -> ReturnPlan {
    let ReturnFacts { amazon, settings, .. } = facts;
    let is_cancelled = amazon.state == ReturnState::Cancelled;
    let mut doubts: Vec<Reason> = unknown_words(amazon, link);
    doubts.extend(grown(amazon, link));
    let mut next = None;
    if !is_cancelled {
        let receipts = plan_receipts(amazon, link, settings);
        doubts.extend(receipts.doubts);
        next = receipts.next;
        if next.is_none() && doubts.is_empty() {
            doubts.extend(not_graded(amazon, link, facts.authorization));
        }
    }
    let is_over = is_cancelled || amazon.state == ReturnState::Completed;
    let ends = is_over && next.is_none() && doubts.is_empty();
    let (patch, after) = update(facts, link, ends);
    let step = if ends || patch != DocumentPatch::default() {
        Some(ReturnStep::Patch { patch, after: Box::new(after) })
    } else {
        next.map(ReturnStep::Receive)
    };
    ReturnPlan { step, doubts }
}

/// What is new on the return authorization.
fn update(facts: &ReturnFacts<'_>, link: &ReturnLink, ends: bool) -> (DocumentPatch, ReturnLink) {
    let amazon = facts.amazon;
    // a line that cannot be placed is parked elsewhere; it does not keep the parcels from being shown
    let reasons = returned(facts).map(|lines| reasons(&lines)).unwrap_or_default();
    let mut after = ReturnLink {
        delivery_state: delivery_state(link.delivery_state.as_deref(), &amazon.packages),
        memo: Some(memo(link.memo.as_deref(), amazon, &reasons)),
        ..link.clone()
    };
    let mut patch = DocumentPatch::default();
    if after.memo != link.memo {
        patch.memo.clone_from(&after.memo);
    }
    if after.delivery_state != link.delivery_state {
        patch.marks.delivery_state.clone_from(&after.delivery_state);
    }
    if patch != DocumentPatch::default() {
        patch.marks.message = message(&amazon.packages);
    }
    if ends {
        let open = link.lines.iter().filter(|line| {
            let all: Quantity = link
                .lines
                .iter()
                .filter(|held| held.amazon_line == line.amazon_line)
                .map(|held| held.quantity)
                .sum();
            received(link, &line.amazon_line, |_| true) < all
                && !facts.authorization.is_some_and(|held| is_settled(held, line.authorization_line))
        });
        patch.close = open.map(|line| line.authorization_line).collect();
        patch.close.dedup();
        after.state = amazon.state.clone();
        after.is_ended = true;
    }
    (patch, after)
}

fn unknown_words(amazon: &AmazonReturn, link: &ReturnLink) -> Vec<Reason> {
    let mut unknown = Vec::new();
    if let ReturnState::Unknown(word) = &amazon.state {
        unknown.push(unknown_word(amazon, format!("the return has the state {word}")));
    }
    for package in &amazon.packages {
        if let ReturnPackageState::Unknown(word) = &package.state {
            unknown.push(unknown_word(amazon, format!("parcel {} has the state {word}", package.id)));
        }
    }
    for (word, units) in units_in_unknown_condition(amazon, link) {
        unknown.push(unknown_word(amazon, format!("{units} units have the condition {word}")));
    }
    unknown
}

/// Why the return authorization does not cover what Amazon says by now.
fn grown(amazon: &AmazonReturn, link: &ReturnLink) -> Option<Reason> {
    amazon.lines.iter().find_map(|line| {
        let returned: Quantity =
            amazon.lines.iter().filter(|seen| seen.line == line.line).map(|seen| seen.quantity).sum();
        let authorized: Quantity =
            link.lines.iter().filter(|held| held.amazon_line == line.line).map(|held| held.quantity).sum();
        (returned > authorized).then(|| {
            Reason::new(
                "return_changed",
                format!(
                    "return {} has {returned} units of line {} by now, its return authorization {} has {authorized}",
                    amazon.id, line.line, link.authorization
                ),
                "receive what is missing with a return authorization of your own; what is on this one goes on",
                Who::Merchant,
            )
        })
    })
}

fn unknown_word(amazon: &AmazonReturn, cause: String) -> Reason {
    Reason::new(
        "return_word_unknown",
        format!("return {}: {cause}, which this version does not know", amazon.id),
        "nothing is guessed: look at the return at Amazon; a newer version may know the word",
        Who::Developer,
    )
}

fn does_not_fit(amazon: &AmazonReturn, cause: String) -> Reason {
    Reason::new(
        "return_does_not_fit",
        format!("NetSuite cannot take return {}: {cause}", amazon.id),
        "bring the sales order and its fulfilments in line with what Amazon shipped, then retry",
        Who::Merchant,
    )
}

fn part_of_a_kit(amazon: &AmazonReturn, units: Quantity, line: LineNumber) -> Reason {
    Reason::new(
        "return_of_kit_part",
        format!("return {} brings back {units} units of one part of the kit on line {line}", amazon.id),
        "NetSuite takes back whole kits only: take the part in by hand and refund it by hand",
        Who::Merchant,
    )
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
