//! The work on one leased lane: what a module may do while it looks, plans and applies.

mod knowledge;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::audit::{OWN_ECHO, for_intent};
use crate::connection::Connection;
use crate::failure::{Advice, Failure, PortError, StoreError};
use crate::intent::{IntentChange, IntentKey, IntentState, NewIntent, Operation};
use crate::link::{Link, SentLine};
use crate::parking::{Parked, Reason, Who};
use crate::reconciliation::Doings;
use crate::work::{Ask, Lane, LaneKey, LaneRequest, Lease};

/// How long stock is left alone after a write of ours, so that several writes are one look at stock.
const STOCK_SETTLES: Duration = Duration::from_secs(2);

/// Why a look stopped before its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// A call failed in a way that parking one subject does not answer.
    #[error(transparent)]
    Call(#[from] PortError),
    /// Our own store failed, or the lease was lost.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Amazon's stock could not be read. It has credentials and a pace of its own, so the lane waits alone.
    #[error(transparent)]
    Stock(PortError),
    /// The look only plans, and has come to its first change.
    #[error("the look only plans")]
    Planned,
}

/// What became of a write.
#[derive(Debug)]
pub(crate) enum Written<T> {
    /// It happened, now or earlier.
    Done(T),
    /// Its outcome is not known yet; look again at this instant.
    Wait(DateTime<Utc>),
    /// It needs a person.
    Parked(Reason),
}

/// What a look-up by alias or external id found.
pub(crate) enum Found<T> {
    /// What we meant to write.
    Same(T),
    /// Something else under our name.
    Different(Reason),
}

/// What a look leaves behind.
pub(crate) struct Leavings {
    /// Lines for the timeline.
    pub(crate) lines: Vec<String>,
    /// What turned out to be our own echo, for the audit trail.
    pub(crate) echoes: Vec<String>,
    /// When the lane must be looked at again.
    pub(crate) wait: Option<DateTime<Utc>>,
    /// True when that is because the outcome of a write is not known.
    pub(crate) unsettled: bool,
    /// True when something was parked.
    pub(crate) parked: bool,
    /// What other lanes are asked for besides; nothing by a look that only plans.
    pub(crate) asked: Vec<LaneRequest>,
}

impl Leavings {
    /// What is told of the look: lines and echoes.
    pub(crate) fn told(self) -> (Vec<String>, Vec<String>) {
        (self.lines, self.echoes)
    }
}

/// A write that must happen once, and how to find out whether it did.
#[async_trait]
pub(crate) trait OnceWrite: Sync {
    /// What the vendor makes of it.
    type Value: Send;

    /// Sends it.
    async fn send(&self) -> Result<Self::Value, PortError>;

    /// Asks the vendor for it, by alias or external id. `None` when it is not there.
    async fn look_up(&self) -> Result<Option<Found<Self::Value>>, PortError>;

    /// What it came to, for people, and the links it teaches us.
    fn outcome(&self, value: &Self::Value) -> (String, Vec<Link>);
}

/// A leased lane at work.
pub(crate) struct Desk<'work> {
    /// The connection's ports and settings.
    pub(crate) connection: &'work Connection,
    /// The lease that fences every write.
    pub(crate) lease: &'work Lease,
    /// What was parked in the lane when the look began.
    parked: Vec<Parked>,
    /// What was found, planned and done, for the timeline.
    lines: Vec<String>,
    /// What turned out to be our own echo.
    echoes: Vec<String>,
    /// The earliest instant at which the lane must be looked at again.
    wait: Option<DateTime<Utc>>,
    /// True when the outcome of a write is still not known: this look counts as a failed try.
    unsettled: bool,
    /// True when something was parked in this look.
    newly_parked: bool,
    /// What other lanes are asked for besides.
    asked: Vec<LaneRequest>,
    /// What was done, for a reconciliation.
    doings: Doings,
    /// True when nothing may be written: the look only says what it would do.
    only_plans: bool,
}

impl<'work> Desk<'work> {
    pub(crate) async fn open(connection: &'work Connection, lease: &'work Lease) -> Result<Self, StoreError> {
        let parked = connection.ledger.parked(&lease.key).await?;
        Ok(Self {
            connection,
            lease,
            parked,
            lines: Vec::new(),
            echoes: Vec::new(),
            wait: None,
            unsettled: false,
            newly_parked: false,
            asked: Vec::new(),
            doings: Doings::default(),
            only_plans: false,
        })
    }

    /// Notes a line for the timeline.
    pub(crate) fn note(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// Notes that something only told us what we did ourselves: nothing is done about it, and the audit trail shows it.
    pub(crate) fn note_echo(&mut self, what: impl std::fmt::Display) {
        let line = format!("{what}: {OWN_ECHO}");
        self.echoes.push(line.clone());
        self.lines.push(line);
    }

    /// Asks for another look at an instant; the earliest wish counts.
    pub(crate) fn wait_until(&mut self, at: DateTime<Utc>) {
        self.wait = Some(self.wait.map_or(at, |wait| wait.min(at)));
    }

    /// Asks for another look at a write whose outcome is not known.
    pub(crate) fn settle_at(&mut self, at: DateTime<Utc>) {
        self.unsettled = true;
        self.wait_until(at);
    }

    /// When a write that was sent and is not found may be taken for one that never arrived.
    pub(crate) fn settled_after(&self, sent_at: DateTime<Utc>) -> DateTime<Utc> {
        after(sent_at, self.connection.settings.unclear_wait)
    }

    /// What the look leaves behind.
    pub(crate) fn close(self) -> Leavings {
        let Self { lines, echoes, wait, unsettled, newly_parked, asked, only_plans, .. } = self;
        let asked = if only_plans { Vec::new() } else { asked };
        let unsettled = unsettled && !only_plans;
        Leavings { lines, echoes, wait, unsettled, parked: newly_parked, asked }
    }

    /// Asks another lane besides, once the look is complete.
    pub(crate) fn ask_also(&mut self, request: LaneRequest) {
        self.asked.push(request);
    }

    /// Asks the lane of stock for the items of lines that a write of this look moved in NetSuite without Amazon saying so.
    /// Nothing when stock is not kept in step. Amazon may show an item's stock under another SKU than was sent.
    pub(crate) fn ask_for_stock<'lines>(&mut self, lines: impl IntoIterator<Item = &'lines SentLine>) {
        let connection = self.connection;
        if connection.stock.is_none() {
            return;
        }
        let key = LaneKey { connection: connection.name.clone(), lane: Lane::StockLevels };
        for line in lines {
            let ask = match (line.item(), &line.sku) {
                (Some(item), _) => Ask::StockOfItem(item.clone()),
                (None, Some(sku)) => Ask::StockOf(sku.clone()),
                (None, None) => continue,
            };
            let key = key.clone();
            let due_at = after(connection.now(), STOCK_SETTLES);
            let request = LaneRequest { key, ask, due_at, notice: None };
            if !self.asked.contains(&request) {
                self.ask_also(request);
            }
        }
    }

    /// True while the outcome of a write of this look is not known.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.unsettled
    }

    /// Writes something that must happen once. The intent is committed first; an unknown outcome is settled
    /// by looking it up, never by sending blindly again.
    pub(crate) async fn write_once<Write: OnceWrite>(
        &mut self,
        intent: NewIntent,
        write: &Write,
    ) -> Result<Written<Write::Value>, Stop> {
        self.guard(|| what(&intent))?;
        if let Some(earlier) = self.settle_earlier(&intent, write).await? {
            return Ok(earlier);
        }
        self.change(&intent.key, IntentChange::Sent).await?;
        let error = match for_intent(intent.key.clone(), write.send()).await {
            Ok(value) => return self.done(&intent, value, write).await,
            Err(error) => error,
        };
        self.note(format!("{}: {error}", intent.key));
        match error.failure {
            Failure::NotSent | Failure::Throttled { .. } | Failure::Credentials => {
                self.change(&intent.key, IntentChange::NotSent).await?;
                Err(error.into())
            }
            Failure::Refused => {
                self.change(&intent.key, IntentChange::Refused { code: error.code.clone() }).await?;
                Ok(Written::Parked(refusal(&error)))
            }
            Failure::Conflict
            | Failure::Unclear
            | Failure::Unreadable
            | Failure::Unavailable
            | Failure::BadRecord => {
                self.change(&intent.key, IntentChange::Unclear).await?;
                match self.settle(&intent, write).await? {
                    Some(settled) => Ok(settled),
                    None if error.failure == Failure::Conflict => Err(error.into()),
                    None => {
                        Ok(Written::Wait(after(self.connection.now(), self.connection.settings.unclear_wait)))
                    }
                }
            }
        }
    }

    /// What became of an earlier try to write something that must happen once. `None` when there was none, or
    /// when it came to nothing: only then may it be sent, or given up.
    pub(crate) async fn settle_earlier<Write: OnceWrite>(
        &mut self,
        intent: &NewIntent,
        write: &Write,
    ) -> Result<Option<Written<Write::Value>>, Stop> {
        if self.only_plans {
            let open = self.connection.ledger.unsettled(&self.lease.key).await?;
            if open.iter().any(|open| open.key == intent.key) {
                self.guard(|| format!("look up what became of {}", what(intent)))?;
            }
            return Ok(None);
        }
        let known = self.connection.ledger.plan(self.lease, intent, self.connection.now()).await?;
        match known.state {
            IntentState::Planned | IntentState::Refused => return Ok(None),
            IntentState::Sent | IntentState::Unclear | IntentState::Done => {}
        }
        if let Some(settled) = self.settle(intent, write).await? {
            return Ok(Some(settled));
        }
        let sent_at = known.sent_at.unwrap_or(known.planned_at);
        let again_at = self.settled_after(sent_at);
        if self.connection.now() < again_at {
            self.note(format!("{}: not found at the vendor yet, looking again later", intent.key));
            return Ok(Some(Written::Wait(again_at)));
        }
        self.note(format!("{}: not found at the vendor, the earlier try came to nothing", intent.key));
        Ok(None)
    }

    /// Writes something that leaves the same state however often it happens. `send` is not begun before the
    /// intent is committed.
    pub(crate) async fn write_repeatably(
        &mut self,
        intent: NewIntent,
        send: impl Future<Output = Result<(), PortError>> + Send,
        links: Vec<Link>,
    ) -> Result<Written<()>, Stop> {
        self.guard(|| what(&intent))?;
        self.connection.ledger.plan(self.lease, &intent, self.connection.now()).await?;
        self.change(&intent.key, IntentChange::Sent).await?;
        let error = match for_intent(intent.key.clone(), send).await {
            Ok(()) => {
                self.change(&intent.key, IntentChange::Done { result: None, links }).await?;
                self.doings.done(what(&intent));
                self.note(format!("{}: done", intent.key));
                return Ok(Written::Done(()));
            }
            Err(error) => error,
        };
        self.note(format!("{}: {error}", intent.key));
        match error.failure.advice(true) {
            Advice::Retry | Advice::SlowDown(_) | Advice::PauseConnection => {
                self.change(&intent.key, IntentChange::NotSent).await?;
                Err(error.into())
            }
            Advice::LookFirst => {
                self.change(&intent.key, IntentChange::Unclear).await?;
                Err(error.into())
            }
            Advice::Park => {
                self.change(&intent.key, IntentChange::Refused { code: error.code.clone() }).await?;
                Ok(Written::Parked(refusal(&error)))
            }
        }
    }

    /// Asks the vendor what became of a write. `None` when it is not there.
    async fn settle<Write: OnceWrite>(
        &mut self,
        intent: &NewIntent,
        write: &Write,
    ) -> Result<Option<Written<Write::Value>>, Stop> {
        match for_intent(intent.key.clone(), write.look_up()).await? {
            Some(Found::Same(value)) => {
                self.note(format!("{}: found at the vendor, adopted", intent.key));
                Ok(Some(self.done(intent, value, write).await?))
            }
            Some(Found::Different(reason)) => {
                self.change(&intent.key, IntentChange::Refused { code: reason.code.clone() }).await?;
                Ok(Some(Written::Parked(reason)))
            }
            None => {
                self.change(&intent.key, IntentChange::LookedUp).await?;
                Ok(None)
            }
        }
    }

    async fn done<Write: OnceWrite>(
        &mut self,
        intent: &NewIntent,
        value: Write::Value,
        write: &Write,
    ) -> Result<Written<Write::Value>, Stop> {
        let (result, links) = write.outcome(&value);
        self.note(format!("{}: {result}", intent.key));
        self.doings.done(format!("{}: {result}", what(intent)));
        self.change(&intent.key, IntentChange::Done { result: Some(result), links }).await?;
        Ok(Written::Done(value))
    }

    /// Commits what became of an intent.
    pub(crate) async fn change(&mut self, intent: &IntentKey, change: IntentChange) -> Result<(), Stop> {
        self.guard(|| format!("settle {intent}"))?;
        self.connection.ledger.change(self.lease, intent, &change, self.connection.now()).await?;
        Ok(())
    }
}

/// An intent with a deterministic key.
pub(crate) fn intent(operation: Operation, subject: impl Into<String>, distinction: &str) -> NewIntent {
    let subject = subject.into();
    NewIntent { key: IntentKey(format!("{}/{subject}{distinction}", operation.as_str())), operation, subject }
}

/// An outward write, for people.
fn what(intent: &NewIntent) -> String {
    format!("{} {}", intent.operation.as_str(), intent.subject)
}

/// The reason of a vendor's refusal.
pub(crate) fn refusal(error: &PortError) -> Reason {
    Reason::new(
        &error.code,
        format!("{} was refused: {}", error.operation, error.message),
        "correct what the message names, then retry",
        Who::Merchant,
    )
}

fn after(instant: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    chrono::Duration::from_std(wait).ok().and_then(|wait| instant.checked_add_signed(wait)).unwrap_or(instant)
}

#[cfg(test)]
#[path = "desk_tests.rs"]
mod tests;
