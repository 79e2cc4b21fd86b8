//! What must happen with a sales order, decided from what is known. Pure.

use std::collections::HashMap;

use amz_domain::{ExecutionState, ItemId, SalesOrder, SalesOrderLine, Sku, SyncState};
use chrono::{DateTime, Utc};

use super::address::{digest, recipient};
pub use super::create::Creation;
use super::create::creation;
use super::edits;
use super::eligibility::{Eligibility, Hold, eligibility, hold, is_amazons};
use crate::link::SentOrder;
use crate::parking::Reason;
use crate::ports::amazon::AmazonOrderChange;
use crate::ports::netsuite::SalesOrderPatch;
use crate::settings::{OnHold, ServiceSettings};

/// What is known of an order.
#[derive(Debug, Clone, Copy)]
pub struct OrderFacts<'facts> {
    /// The sales order as just read.
    pub order: &'facts SalesOrder,
    /// SKUs of the items on its lines.
    pub skus: &'facts HashMap<ItemId, Sku>,
    /// What Amazon has from us.
    pub sent: Option<&'facts SentOrder>,
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
}

/// Decides the next step for an order.
pub fn plan(facts: OrderFacts<'_>) -> OrderPlan {
    match facts.sent {
        None => plan_unsent(facts),
        Some(sent) => plan_sent(facts, sent),
    }
}

/// The items whose SKUs a plan needs: none for an order that is not Amazon's.
pub(super) fn items_needed(
    order: &SalesOrder,
    sent: Option<&SentOrder>,
    settings: &ServiceSettings,
) -> Vec<ItemId> {
    let lines = match sent {
        Some(sent) if edits::still_open(order) => {
            edits::lines_to_compare(order, sent, |line| is_amazons(order, line, settings))
        }
        Some(_) => Vec::new(),
        None if order.marks.amazon_order.is_some() => Vec::new(),
        None => match eligibility(order, settings) {
            Eligibility::Lines(lines) => lines,
            Eligibility::Not(_) | Eligibility::Undecidable(_) => Vec::new(),
        },
    };
    let mut items: Vec<ItemId> = lines.into_iter().map(|line| line.item.clone()).collect();
    items.sort();
    items.dedup();
    items
}

fn plan_unsent(facts: OrderFacts<'_>) -> OrderPlan {
    let OrderFacts { order, skus, sent: _, settings, now } = facts;
    if order.marks.amazon_order.is_some() {
        // whatever its status by now: parcels of it may still come
        return OrderPlan::Adopt;
    }
    let lines = match eligibility(order, settings) {
        Eligibility::Lines(lines) => lines,
        Eligibility::Not(why) => return OrderPlan::OutOfScope(why),
        Eligibility::Undecidable(reason) => return OrderPlan::Park(reason),
    };
    let execution = match (hold(order, settings, now), settings.on_hold) {
        (Hold::None, _) => ExecutionState::Started,
        (_, OnHold::Reserve) => ExecutionState::NotStarted,
        (Hold::Until(until), OnHold::Wait) => return OrderPlan::Wait(until),
        (Hold::ByStaff, OnHold::Wait) => return OrderPlan::OutOfScope("staff hold it back".to_owned()),
    };
    match creation(order, &lines, skus, settings, execution) {
        Ok(creation) => OrderPlan::Create(Box::new(creation)),
        Err(reason) => OrderPlan::Park(reason),
    }
}

fn plan_sent(facts: OrderFacts<'_>, sent: &SentOrder) -> OrderPlan {
    let OrderFacts { order, skus, sent: _, settings, now } = facts;
    if let Err(reason) = edits::stopped(order, sent) {
        return OrderPlan::Park(reason);
    }
    let mut wait = None;
    if edits::still_open(order) {
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
        let wanted = match creation(order, &lines, skus, settings, execution) {
            Ok(wanted) => wanted,
            Err(reason) => return OrderPlan::Park(reason),
        };
        let address = match recipient(order) {
            Ok(address) => digest(&address),
            Err(reason) => return OrderPlan::Park(reason),
        };
        if let Err(reason) = edits::unchangeable(order, sent, &wanted, &address, skus) {
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

/// What our fields should say and do not.
fn marks(order: &SalesOrder, sent: &SentOrder) -> Option<SalesOrderPatch> {
    let fields = &order.marks;
    let state = match sent.execution {
        ExecutionState::NotStarted => SyncState::Reserved,
        ExecutionState::Started | ExecutionState::Unknown(_) => SyncState::Sent,
    };
    let patch = SalesOrderPatch {
        sync_state: (fields.sync_state.as_ref() != Some(&state)).then_some(state),
        sync_message: fields.sync_message.as_ref().is_some_and(|text| !text.is_empty()).then(String::new),
        ..missing_ids(order, sent)
    };
    (patch != SalesOrderPatch::default()).then_some(patch)
}

/// Amazon's ids, as far as they do not stand on the order yet.
pub(super) fn missing_ids(order: &SalesOrder, sent: &SentOrder) -> SalesOrderPatch {
    let fields = &order.marks;
    let unmarked = sent.lines.iter().filter(|line| {
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
#[path = "plan_tests.rs"]
mod tests;
