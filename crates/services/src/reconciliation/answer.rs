//! What the lane of a sales order tells reconciliations, and whether something is still to come on the order.

use amz_domain::{ReconciliationId, SalesOrderId};
use chrono::{DateTime, Utc};

use super::doings::Doings;
use super::open::is_open;
use super::record::{Finding, FindingOutcome, ReconciliationScope};
use crate::connection::{Connection, Reconciliation};
use crate::failure::StoreError;
use crate::lane::LaneEnd;
use crate::link::{Link, SentOrder};
use crate::look::LookOutcome;
use crate::work::{Ask, Claim, Lane, LaneRequest};

/// Failed tries after which a reconciliation is not kept waiting: the lane tries on by itself.
const PATIENCE: u32 = 3;

/// The reconciliations that ask for a look at a sales order.
pub(crate) struct Answering<'work> {
    connection: &'work Connection,
    claim: &'work Claim,
    part: &'work Reconciliation,
    order: SalesOrderId,
    runs: Vec<Run>,
    /// What is asked besides, and by reconciliations that look at both sides.
    asks: Vec<Ask>,
}

/// One of them.
struct Run {
    id: ReconciliationId,
    only_plans: bool,
    links: Linking,
    is_answered: bool,
}

/// What a reconciliation does with orders of other connectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Linking {
    /// Nothing.
    No,
    /// It links them, and looks at all others.
    Also,
    /// It links them, and does nothing else.
    Only,
}

impl<'work> Answering<'work> {
    /// Reads what is asked; `None` where nobody reconciles, or in a lane of another kind.
    pub(crate) async fn open(
        connection: &'work Connection,
        claim: &'work Claim,
    ) -> Result<Option<Self>, StoreError> {
        let (Some(part), Lane::SalesOrder(order)) =
            (connection.reconciliation.as_ref(), &claim.lease.key.lane)
        else {
            return Ok(None);
        };
        let mut runs = Vec::new();
        let mut asks = Vec::new();
        for ask in &claim.asks {
            let Ask::Reconcile(id) = ask else {
                asks.push(ask.clone());
                continue;
            };
            // one that was forgotten meanwhile wants nothing any more
            let Some(known) = part.records.run(&connection.name, id).await? else { continue };
            let links = match &known.request.scope {
                ReconciliationScope::SentByOthers => Linking::Only,
                ReconciliationScope::Created { .. } => Linking::Also,
                ReconciliationScope::Open { .. } | ReconciliationScope::Orders(_) => Linking::No,
            };
            if links != Linking::Only {
                asks.push(ask.clone());
            }
            let outstanding = part.records.outstanding(&connection.name, id, u32::MAX).await?;
            runs.push(Run {
                id: id.clone(),
                only_plans: known.request.plan_only,
                links,
                is_answered: !outstanding.contains(order),
            });
        }
        Ok(Some(Self { connection, claim, part, order: order.clone(), runs, asks }))
    }

    /// What the look serves, besides linking.
    pub(crate) fn asks(&self) -> &[Ask] {
        &self.asks
    }

    /// True when nothing may be written: what is asked for besides a plan is done, and answers the plan too.
    pub(crate) fn only_plans(&self) -> bool {
        !self.is_asked_besides() && self.runs.iter().all(|run| run.only_plans)
    }

    /// True when an order of another connector shall be linked.
    pub(crate) fn links(&self) -> bool {
        self.runs.iter().any(|run| run.links != Linking::No)
    }

    fn is_asked_besides(&self) -> bool {
        self.claim.asks.iter().any(|ask| !matches!(ask, Ask::Reconcile(_)))
    }

    /// True when everything that is asked was answered: asked twice because a crash lay between.
    pub(crate) async fn is_answered(&self) -> Result<bool, StoreError> {
        let is_answered = self.claim.attempts == 0
            && !self.is_asked_besides()
            && self.runs.iter().all(|run| run.is_answered);
        // a write whose outcome is open is settled by a look, not by saying that there was one
        Ok(is_answered && self.connection.ledger.unsettled(&self.claim.lease.key).await?.is_empty())
    }

    /// Answers reconciliations that wait for an order whose looks keep failing.
    pub(crate) async fn excuse(&self) -> Result<(), StoreError> {
        if self.claim.attempts < PATIENCE {
            return Ok(());
        }
        for run in self.runs.iter().filter(|run| !run.is_answered) {
            let cause =
                format!("{} looks in a row failed; the order is tried again by itself", self.claim.attempts);
            let finding = self.finding(FindingOutcome::Waiting, vec![cause], None);
            self.part.records.note(&self.claim.lease, &run.id, &finding).await?;
        }
        Ok(())
    }

    /// Takes up how the look ended: says whether the order is open, and tells those who asked what came of it.
    pub(crate) async fn conclude(
        &self,
        doings: Doings,
        was_parked: bool,
        end: LaneEnd,
    ) -> Result<LaneEnd, StoreError> {
        let lease = &self.claim.lease;
        let links = self.connection.ledger.links(&lease.key).await?;
        let is_parked = was_parked || gave_up(&end);
        if !self.only_plans() {
            let is_open = is_open(&links, is_parked);
            self.part.records.set_open(lease, is_open, self.connection.now()).await?;
        }
        let (until, look) = match &end {
            LaneEnd::Complete { look, .. } => (None, look),
            LaneEnd::Postpone { look, at, failed: false } if look.outcome != LookOutcome::Failed => {
                (Some(*at), look)
            }
            // there will be another look
            LaneEnd::Postpone { .. } | LaneEnd::SlowDown { .. } | LaneEnd::Pause { .. } => return Ok(end),
        };
        if self.runs.is_empty() {
            return Ok(end);
        }
        let (outcome, causes) = match doings.finding(until, &look.lines) {
            // the failure came after all that was done
            (_, causes) if look.outcome == LookOutcome::Failed => {
                (FindingOutcome::Parked, causes.into_iter().chain(look.lines.last().cloned()).collect())
            }
            finding => finding,
        };
        let finding = self.finding(outcome, causes, newest(&links));
        for run in &self.runs {
            let says_nothing_new = matches!(outcome, FindingOutcome::Unchanged | FindingOutcome::Waiting);
            if !(run.is_answered && says_nothing_new) {
                self.part.records.note(lease, &run.id, &finding).await?;
            }
        }
        match end {
            LaneEnd::Postpone { look, at, failed: false } => {
                self.untouched(LaneEnd::Complete { look, redirect: self.asked_again_at(at) }).await
            }
            end => self.untouched(end).await,
        }
    }

    /// A look that only planned settled nothing: writes whose outcome is open stay so.
    async fn untouched(&self, end: LaneEnd) -> Result<LaneEnd, StoreError> {
        let key = &self.claim.lease.key;
        match end {
            LaneEnd::Complete { mut look, redirect }
                if self.only_plans() && !self.connection.ledger.unsettled(key).await?.is_empty() =>
            {
                look.outcome = LookOutcome::Failed;
                Ok(LaneEnd::Complete { look, redirect })
            }
            end => Ok(end),
        }
    }

    /// What the lane is asked again when the look must wait: the same, but for reconciliations, which have their answer.
    fn asked_again_at(&self, at: DateTime<Utc>) -> Vec<LaneRequest> {
        let mut asks: Vec<Ask> =
            self.asks.iter().filter(|ask| !matches!(ask, Ask::Reconcile(_))).cloned().collect();
        if asks.len() < self.asks.len() && !self.only_plans() {
            asks.extend([Ask::SalesOrder, Ask::AmazonOrder]);
        }
        asks.sort();
        asks.dedup();
        let key = &self.claim.lease.key;
        asks.into_iter().map(|ask| LaneRequest { key: key.clone(), ask, due_at: at, notice: None }).collect()
    }

    fn finding(&self, outcome: FindingOutcome, causes: Vec<String>, sent: Option<&SentOrder>) -> Finding {
        Finding {
            lane: Lane::SalesOrder(self.order.clone()),
            outcome,
            causes,
            amazon_order: sent.map(|sent| sent.amazon_order.clone()),
            at: self.connection.now(),
        }
    }
}

/// True when a look ended with a person who must look.
fn gave_up(end: &LaneEnd) -> bool {
    matches!(end, LaneEnd::Complete { look, .. }
        if matches!(look.outcome, LookOutcome::Parked | LookOutcome::Failed))
}

fn newest(links: &[Link]) -> Option<&SentOrder> {
    let orders = links.iter().filter_map(|link| match link {
        Link::Order(sent) => Some(sent.as_ref()),
        _ => None,
    });
    orders.max_by_key(|sent| sent.generation)
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
