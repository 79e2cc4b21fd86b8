//! `cancelOrder`, and what becomes of it later.
//!
//! Source: Buy with Prime, `order-mutations-cancelorder`, `order-objects-cancellationdetails`,
//! `steps-to-cancel-orders`. Error codes that Amazon does not publish are ours; clients branch on the class.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Amazon;
use super::create::{MOST_ALIASES, aliases, within};
use super::errors::Refusal;
use super::events::Happening;
use super::json::text;
use super::order::{Alias, CancellationReason, Content, Order, PackageState, instant};
use super::packages::{MoveError, Moved};
use super::refund::Refund;
use super::state::State;

/// How far a cancellation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CancellationState {
    /// Amazon is trying.
    Pending,
    /// Something was cancelled.
    Success,
    /// Nothing could be cancelled.
    Rejected,
}

/// Who asked for a cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RequestedBy {
    /// The shopper, at Amazon.
    Shopper,
    /// The merchant, with `cancelOrder`.
    Merchant,
    /// Amazon's customer service.
    BwpCustomerServiceAgent,
}

/// A wish to cancel an order, and its outcome.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cancellation {
    /// Given by Amazon.
    pub id: String,
    /// Given by the merchant.
    pub aliases: Vec<Alias>,
    /// How far it has come.
    pub state: CancellationState,
    /// Amazon's word, for example `OUT_OF_STOCK`.
    pub reason: Option<String>,
    /// What else the merchant said.
    pub additional_comments: Option<String>,
    /// Who asked.
    pub requested_by: RequestedBy,
    /// What it covers; once settled, what was cancelled.
    pub contents: Vec<Content>,
    /// `createdAt`.
    pub created_at: DateTime<Utc>,
    /// `updatedAt`.
    pub updated_at: DateTime<Utc>,
}

impl Cancellation {
    /// The cancellation as `CancellationRequestDetails`.
    pub(crate) fn document(&self, order: &Order) -> Json {
        json!({
            "id": self.id,
            "aliases": self.aliases.iter().map(Alias::document).collect::<Vec<_>>(),
            "state": self.state,
            "reason": self.reason,
            "additionalComments": self.additional_comments,
            "createdAt": instant(self.created_at),
            "updatedAt": instant(self.updated_at),
            "requestedBy": self.requested_by,
            "canceledFor": { "orderLineItems": order.amounts(&self.contents) },
        })
    }

    /// The cancellation as `CancellationDetails`, with its refunds.
    pub(crate) fn document_with_refunds(&self, order: &Order) -> Json {
        let mut document = self.document(order);
        let of_this = |refund: &&Refund| refund.cancellation_id.as_deref() == Some(self.id.as_str());
        let refunds: Vec<Json> =
            order.refunds.iter().filter(of_this).map(|refund| refund.document(order)).collect();
        document["refundDetails"] = json!(refunds);
        document
    }
}

/// A cancellation that waits for its outcome.
#[derive(Debug)]
pub(crate) struct Waiting {
    order_id: String,
    cancellation_id: String,
    since: DateTime<Utc>,
}

impl State {
    /// Carries out `cancelOrder`; answers the cancellation.
    pub(crate) fn cancel_order(
        &mut self,
        order_identifier: &Json,
        input: &Json,
        now: DateTime<Utc>,
    ) -> Result<Json, Refusal> {
        let order = self.identified(order_identifier)?;
        let (order_id, cancellable) = (order.id.clone(), order.is_cancellable());
        let under_way: Vec<Json> = order
            .packages
            .iter()
            .filter(|package| package.state != PackageState::Pending)
            .map(|package| json!({ "id": package.id, "state": package.state }))
            .collect();
        let aliases = aliases(&input["aliases"])?;
        within(aliases.len(), MOST_ALIASES, "AliasLimitExceeded", "aliases of a cancellation")?;
        // First, so that a repeated request learns that it arrived, whatever became of the order since.
        self.aliases_are_free(&aliases)?;
        if !cancellable {
            let message = "The order cannot be cancelled: not all of its packages are pending.";
            return Err(Refusal::invalid("OrderNotCancellable", message).with("packages", under_way));
        }
        let reason = text(input, "reason").map(str::to_owned);
        let comments = text(input, "additionalComments").map(str::to_owned);
        let made = self.add_cancellation(&order_id, aliases, reason, comments, RequestedBy::Merchant, now);
        Ok(made.and_then(|id| self.cancellation_document(&order_id, &id)).unwrap_or_default())
    }

    fn cancellation_document(&self, order_id: &str, cancellation_id: &str) -> Option<Json> {
        let order = self.order(order_id)?;
        Some(order.cancellation(cancellation_id)?.document(order))
    }

    fn add_cancellation(
        &mut self,
        order_id: &str,
        aliases: Vec<Alias>,
        reason: Option<String>,
        additional_comments: Option<String>,
        requested_by: RequestedBy,
        now: DateTime<Utc>,
    ) -> Option<String> {
        let id = self.long_id();
        let order = self.order_mut(order_id)?;
        let contents = order.packages.iter().flat_map(|package| package.contents.clone()).collect();
        order.updated_at = now;
        order.cancellations.push(Cancellation {
            id: id.clone(),
            aliases: aliases.clone(),
            state: CancellationState::Pending,
            reason,
            additional_comments,
            requested_by,
            contents,
            created_at: now,
            updated_at: now,
        });
        self.take_aliases(aliases);
        let order_id = order_id.to_owned();
        self.waiting.push(Waiting { order_id, cancellation_id: id.clone(), since: now });
        Some(id)
    }

    /// Settles the cancellations that have waited long enough.
    pub(crate) fn settle_due(&mut self, now: DateTime<Utc>) -> Vec<Happening> {
        let Some(delay) = self.habits.cancellation_delay_s else { return Vec::new() };
        let is_due = |waiting: &Waiting| now - waiting.since >= TimeDelta::seconds(delay.into());
        let due: Vec<Waiting> = self.waiting.extract_if(.., |waiting| is_due(waiting)).collect();
        let settled = due.iter().filter_map(|waiting| {
            self.settle_cancellation(&waiting.order_id, &waiting.cancellation_id, false, now).ok()
        });
        settled.flat_map(|(_, happened)| happened).collect()
    }

    /// Cancels what has not left yet; rejected when that is nothing, or on demand.
    pub(crate) fn settle_cancellation(
        &mut self,
        order_id: &str,
        cancellation_id: &str,
        rejected: bool,
        now: DateTime<Utc>,
    ) -> Moved<CancellationState> {
        let order = self.order(order_id).ok_or_else(|| MoveError::UnknownOrder(order_id.to_owned()))?;
        let unknown = || MoveError::UnknownCancellation(cancellation_id.to_owned());
        let cancellation = order.cancellation(cancellation_id).ok_or_else(unknown)?;
        if cancellation.state != CancellationState::Pending {
            return Err(MoveError::Settled(cancellation_id.to_owned()));
        }
        let is_pending = |state: PackageState| !rejected && state == PackageState::Pending;
        let pending = order.packages.iter().filter(|package| is_pending(package.state));
        let (ids, contents): (Vec<String>, Vec<Vec<Content>>) =
            pending.map(|package| (package.id.clone(), package.contents.clone())).unzip();
        let outcome = if ids.is_empty() { CancellationState::Rejected } else { CancellationState::Success };
        let mut happened = Vec::new();
        for package_id in ids {
            let reason = CancellationReason::CustomerRequested;
            happened.extend(self.end_package(order_id, &package_id, reason, Some(cancellation_id), now)?);
        }
        let order = self.order_to_change(order_id, now)?;
        let mut cancellations = order.cancellations.iter_mut();
        let cancellation = cancellations.find(|known| known.id == cancellation_id).ok_or_else(unknown)?;
        cancellation.state = outcome;
        cancellation.updated_at = now;
        if outcome == CancellationState::Success {
            cancellation.contents = contents.into_iter().flatten().collect();
        }
        self.waiting.retain(|waiting| waiting.cancellation_id != cancellation_id);
        Ok((outcome, happened))
    }
}

impl Order {
    /// True while every package is pending, and there is one.
    fn is_cancellable(&self) -> bool {
        let mut packages = self.packages.iter();
        !self.packages.is_empty() && packages.all(|package| package.state == PackageState::Pending)
    }

    fn cancellation(&self, id: &str) -> Option<&Cancellation> {
        self.cancellations.iter().find(|cancellation| cancellation.id == id)
    }
}

/// Cancellations.
impl Amazon {
    /// A wish of the shopper or of Amazon's customer service to cancel an order; returns its id. It waits
    /// for its outcome like one that came with `cancelOrder`.
    ///
    /// # Errors
    /// [`MoveError::NotCancellable`] unless all packages are pending.
    pub fn request_cancellation(
        &self,
        order_id: &str,
        requested_by: RequestedBy,
        reason: Option<&str>,
    ) -> Result<String, MoveError> {
        self.moved(|state, now| {
            let unknown = || MoveError::UnknownOrder(order_id.to_owned());
            if !state.order(order_id).ok_or_else(unknown)?.is_cancellable() {
                return Err(MoveError::NotCancellable(order_id.to_owned()));
            }
            let reason = reason.map(str::to_owned);
            let id = state.add_cancellation(order_id, Vec::new(), reason, None, requested_by, now);
            Ok((id.ok_or_else(unknown)?, Vec::new()))
        })
    }

    /// Settles a cancellation: packages that are still pending are cancelled, the others stay. `Success`
    /// when anything was cancelled, `Rejected` when nothing was left to cancel.
    ///
    /// # Errors
    /// [`MoveError::Settled`] when that was done before.
    pub fn settle_cancellation(
        &self,
        order_id: &str,
        cancellation_id: &str,
    ) -> Result<CancellationState, MoveError> {
        self.moved(|state, now| state.settle_cancellation(order_id, cancellation_id, false, now))
    }

    /// Rejects a cancellation; all packages stay as they are.
    ///
    /// # Errors
    /// [`MoveError::Settled`] when it was settled before.
    pub fn reject_cancellation(&self, order_id: &str, cancellation_id: &str) -> Result<(), MoveError> {
        self.moved(|state, now| {
            let (_, happened) = state.settle_cancellation(order_id, cancellation_id, true, now)?;
            Ok(((), happened))
        })
    }
}
