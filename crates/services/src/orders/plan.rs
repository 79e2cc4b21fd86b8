//! What must happen with a sales order, decided from what is known. Pure.

use std::collections::HashMap;

use amz_domain::{
    CancelState, ExecutionState, Generation, ItemId, SalesOrder, SalesOrderLine, Sku, SyncState,
};
use chrono::{DateTime, Utc};

use super::address::{digest, recipient};
pub use super::create::Creation;
use super::create::creation;
use super::edits;
use super::eligibility::{Eligibility, Hold, eligibility, hold, is_amazons};
use super::kits::{self, Goods};
use crate::cancellation::wish;
use crate::link::{CancellationLink, SentOrder};
use crate::parking::Reason;
use crate::ports::amazon::AmazonOrderChange;
use crate::ports::netsuite::{KitMember, SalesOrderPatch};
use crate::settings::{OnHold, ServiceSettings};

/// What is known of an order.
#[derive(Debug, Clone, Copy)]
pub struct OrderFacts<'facts> {
    /// The sales order as just read.
    pub order: &'facts SalesOrder,
    /// SKUs of the items on its lines, and of the parts of its kits.
    pub skus: &'facts HashMap<ItemId, Sku>,
    /// What the kits on its lines consist of, those that go as their parts.
    pub kits: &'facts HashMap<ItemId, Vec<KitMember>>,
    /// What Amazon has from us.
    pub sent: Option<&'facts SentOrder>,
    /// The cancellation that we asked Amazon for, of what it has from us.
    pub cancellation: Option<&'facts CancellationLink>,
    /// How the merchant wants it.
    pub settings: &'facts ServiceSettings,
    /// Now.
    pub now: DateTime<Utc>,
}

/// The next step. After it is applied the plan is made again, until it is [`OrderPlan::Settled`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderPlan {
    /// Nothing to do.
    Settled,
    /// Not Amazon's to ship, for a reason that needs nobody.
    OutOfScope(String),
    /// Nothing to do before this instant.
    Wait(DateTime<Utc>),
    /// A person must look.
    Park(Reason),
    /// The order already names an Amazon order that we have no link to: take it over if it is ours.
    Adopt,
    /// Send it to Amazon.
    Create(Box<Creation>),
    /// Tell Amazon what changed.
    Change {
        /// What to tell.
        change: AmazonOrderChange,
        /// What Amazon has from us afterwards.
        after: Box<SentOrder>,
    },
    /// Write our fields on the sales order.
    Mark(SalesOrderPatch),
    /// Staff want it cancelled, or part of it: what becomes of that depends on where Amazon's packages are.
    Cancel,
}

/// Decides the next step for an order.
pub fn plan(facts: OrderFacts<'_>) -> OrderPlan {
    match facts.sent {
        None => plan_unsent(facts),
        Some(sent) => plan_sent(facts, sent),
    }
}

/// The lines of which a plan must know what they are: none of an order that is not Amazon's.
pub(super) fn lines_needed<'order>(
    order: &'order SalesOrder,
    sent: Option<&SentOrder>,
    settings: &ServiceSettings,
) -> Vec<&'order SalesOrderLine> {
    match sent {
        Some(sent) if edits::still_open(order) => {
            edits::lines_to_compare(order, sent, |line| is_amazons(order, line, settings))
        }
        Some(_) => Vec::new(),
        None if order.marks.amazon_order.is_some() => Vec::new(),
        None => match eligibility(order, settings) {
            Eligibility::Lines(lines) => lines,
            Eligibility::Not(_) | Eligibility::Undecidable(_) => Vec::new(),
        },
    }
}

/// The kits whose members a plan needs.
pub(super) fn kits_needed(
    order: &SalesOrder,
    sent: Option<&SentOrder>,
    settings: &ServiceSettings,
) -> Vec<ItemId> {
    kits::kits_needed(&lines_needed(order, sent, settings), sent, settings.kits)
}

/// The items whose SKUs a plan needs, once the members of [`kits_needed`] are known.
pub(super) fn items_needed(
    order: &SalesOrder,
    sent: Option<&SentOrder>,
    settings: &ServiceSettings,
    known: &HashMap<ItemId, Vec<KitMember>>,
) -> Vec<ItemId> {
    kits::items_needed(&lines_needed(order, sent, settings), sent, settings.kits, known)
}

fn plan_unsent(facts: OrderFacts<'_>) -> OrderPlan {
    let OrderFacts { order, skus: _, kits: _, sent: _, cancellation: _, settings, now: _ } = facts;
    if order.marks.amazon_order.is_some() {
        // whatever its status by now: parcels of it may still come
        return OrderPlan::Adopt;
    }
    let lines = match eligibility(order, settings) {
        Eligibility::Lines(lines) => lines,
        Eligibility::Not(why) => return OrderPlan::OutOfScope(why),
        Eligibility::Undecidable(reason) => return OrderPlan::Park(reason),
    };
    plan_creation(facts, &lines, Generation::default())
}

fn plan_creation(facts: OrderFacts<'_>, lines: &[&SalesOrderLine], generation: Generation) -> OrderPlan {
    let OrderFacts { order, skus, kits, sent: _, cancellation: _, settings, now } = facts;
    let goods = Goods { skus, kits, sent: None };
    let execution = match (hold(order, settings, now), settings.on_hold) {
        (Hold::None, _) => ExecutionState::Started,
        (_, OnHold::Reserve) => ExecutionState::NotStarted,
        (Hold::Until(until), OnHold::Wait) => return OrderPlan::Wait(until),
        (Hold::ByStaff, OnHold::Wait) => return OrderPlan::OutOfScope("staff hold it back".to_owned()),
    };
    match creation(order, lines, goods, settings, execution, generation) {
        Ok(creation) => OrderPlan::Create(Box::new(creation)),
        Err(reason) => OrderPlan::Park(reason),
    }
}

fn plan_sent(facts: OrderFacts<'_>, sent: &SentOrder) -> OrderPlan {
    let OrderFacts { order, skus, kits, sent: _, cancellation, settings, now } = facts;
    let goods = Goods { skus, kits, sent: Some(sent) };
    let again = lines_that_go_again(order, sent, cancellation);
    if !again.is_empty() {
        return plan_creation(facts, &again, sent.generation.next());
    }
    let is_asked = cancellation.is_some_and(|link| link.state == CancelState::Requested);
    if is_asked || wish(order, sent).is_some() {
        let ids = missing_ids(order, sent);
        return if ids == SalesOrderPatch::default() { OrderPlan::Cancel } else { OrderPlan::Mark(ids) };
    }
    if let Err(reason) = edits::stopped(order, sent) {
        return OrderPlan::Park(reason);
    }
    let mut wait = None;
    if sent.is_foreign {
        let is_amazons = |line: &SalesOrderLine| is_amazons(order, line, settings);
        if let Err(reason) = edits::not_followed(order, sent, is_amazons) {
            return OrderPlan::Park(reason);
        }
    } else if edits::still_open(order) && edits::still_sent(sent) {
        let execution = match hold(order, settings, now) {
            Hold::None => ExecutionState::Started,
            Hold::Until(until) => {
                wait = Some(until);
                sent.execution.clone()
            }
            Hold::ByStaff => sent.execution.clone(),
        };
        let lines: Vec<&SalesOrderLine> =
            edits::lines_to_compare(order, sent, |line| is_amazons(order, line, settings));
        let wanted = match creation(order, &lines, goods, settings, execution, sent.generation) {
            Ok(wanted) => wanted,
            Err(reason) => return OrderPlan::Park(reason),
        };
        let address = match recipient(order) {
            Ok(address) => digest(&address),
            Err(reason) => return OrderPlan::Park(reason),
        };
        if let Err(reason) = edits::unchangeable(order, sent, &wanted, &address, goods) {
            return OrderPlan::Park(reason);
        }
        if let Some((change, after)) = edits::change(sent, &wanted, &address) {
            return OrderPlan::Change { change, after: Box::new(after) };
        }
    }
    if let Some(patch) = marks(order, sent) {
        return OrderPlan::Mark(patch);
    }
    match wait.filter(|_| sent.execution == ExecutionState::NotStarted) {
        Some(until) => OrderPlan::Wait(until),
        None => OrderPlan::Settled,
    }
}

/// Lines that go to Amazon in a new order, because Amazon cancelled the one that held them and staff wanted only the
/// others cancelled.
fn lines_that_go_again<'order>(
    order: &'order SalesOrder,
    sent: &SentOrder,
    cancellation: Option<&CancellationLink>,
) -> Vec<&'order SalesOrderLine> {
    let Some(link) = cancellation.filter(|link| is_to_go_again(link, sent)) else { return Vec::new() };
    if !edits::still_open(order) || order.marks.asks_to_cancel() {
        return Vec::new();
    }
    order.lines.iter().filter(|line| link.reorder.contains(&line.line) && !line.is_closed).collect()
}

/// True when a cancellation of what Amazon has from us is through, and lines of it shall go to Amazon again.
pub(crate) fn is_to_go_again(link: &CancellationLink, sent: &SentOrder) -> bool {
    link.amazon_order == sent.amazon_order && link.state == CancelState::Accepted && !link.reorder.is_empty()
}

/// What our fields should say and do not.
fn marks(order: &SalesOrder, sent: &SentOrder) -> Option<SalesOrderPatch> {
    let fields = &order.marks;
    let state = match sent.execution {
        ExecutionState::NotStarted => SyncState::Reserved,
        ExecutionState::Started | ExecutionState::Unknown(_) => SyncState::Sent,
    };
    // while a cancellation has something to say, the message is its own
    let is_answer = !matches!(fields.cancel_state, None | Some(CancelState::Accepted))
        && fields.sync_state != Some(SyncState::Parked);
    let is_stale = fields.sync_message.as_ref().is_some_and(|text| !text.is_empty()) && !is_answer;
    let patch = SalesOrderPatch {
        sync_state: (fields.sync_state.as_ref() != Some(&state)).then_some(state),
        sync_message: is_stale.then(String::new),
        ..missing_ids(order, sent)
    };
    (patch != SalesOrderPatch::default()).then_some(patch)
}

/// Amazon's ids, as far as they do not stand on the order yet. A line has room for one id: a kit that was sent as
/// its parts shows the first part's.
pub(super) fn missing_ids(order: &SalesOrder, sent: &SentOrder) -> SalesOrderPatch {
    let fields = &order.marks;
    let shown =
        sent.lines.iter().enumerate().filter(|(position, line)| {
            !sent.lines[..*position].iter().any(|earlier| earlier.line == line.line)
        });
    let unmarked = shown.map(|(_, line)| line).filter(|line| {
        let now = order.lines.iter().find(|now| now.line == line.line);
        now.is_some_and(|now| now.amazon_line.as_ref() != Some(&line.amazon_line))
    });
    SalesOrderPatch {
        amazon_order: (fields.amazon_order.as_ref() != Some(&sent.amazon_order))
            .then(|| sent.amazon_order.clone()),
        channel: (fields.channel.as_ref() != Some(&sent.channel)).then(|| sent.channel.clone()),
        amazon_lines: unmarked.map(|line| (line.line, line.amazon_line.clone())).collect(),
        ..SalesOrderPatch::default()
    }
}

#[cfg(test)]
#[path = "plan_tests/mod.rs"]
mod tests;
