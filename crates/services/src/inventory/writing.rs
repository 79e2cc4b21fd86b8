//! Writes stock in NetSuite: documents once each, fields as often as it takes.

use std::collections::BTreeSet;
use std::sync::Arc;

use amz_domain::{ExternalId, ItemId, StockRunId};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::batches::{LINES_PER_DOCUMENT, documents};
use super::difference::Difference;
use super::run_record::StockRun;
use crate::connection::Stock;
use crate::desk::{Desk, Found, OnceWrite, Stop, Written, intent};
use crate::failure::{PortError, StoreError};
use crate::intent::{IntentChange, IntentKey, NewIntent, Operation};
use crate::link::Link;
use crate::parking::{Reason, Who};
use crate::ports::StockWrites;
use crate::ports::documents::CLOSED_PERIOD;
use crate::ports::stock::{NewStockDocument, ShownStock, StockBins};
use crate::posting_day::PostingDays;
use crate::settings::StockWriting;

/// The lane subject of documents of which NetSuite refuses too many to tell whose fault it is.
const SUBJECT: &str = "stock-documents";

/// Documents that NetSuite may refuse in one look before no more are tried: one bad line among 1,000 costs 20.
const REFUSALS: u32 = 60;

/// Of these, documents of items that were parked before.
const PARKED_REFUSALS: u32 = 20;

/// The longest wait between two look-ups of a document.
const LONGEST_LOOK_UP: TimeDelta = TimeDelta::minutes(4);

/// Finds out what became of stock documents whose answer is not known. False while that stays so: then nothing new may
/// be worked out, because NetSuite's stock may change any moment.
pub(super) async fn settle(desk: &mut Desk<'_>, stock: &Stock) -> Result<bool, Stop> {
    let unsettled = desk.connection.ledger.unsettled(&desk.lease.key).await?;
    let mut is_settled = true;
    for open in unsettled {
        if !matches!(open.operation, Operation::CreateStockAdjustment | Operation::CreateBinTransfer) {
            continue;
        }
        let Some(external_id) = ExternalId::of_subject(&open.subject) else { continue };
        if let Some(document) = stock.writes.find(&external_id).await? {
            desk.note(format!("{}: found in NetSuite as {document}", open.key));
            desk.change(&open.key, IntentChange::Done { result: Some(document), links: Vec::new() }).await?;
            continue;
        }
        let (now, sent_at) = (desk.connection.now(), open.sent_at.unwrap_or(open.planned_at));
        let given_up_at = gives_up_at(stock, sent_at);
        if now < given_up_at {
            desk.note(format!("{}: not found in NetSuite yet, looking again later", open.key));
            desk.change(&open.key, IntentChange::LookedUp).await?;
            // a wait and no failed try: nobody can do anything but wait
            desk.wait_until(given_up_at.min(look_up_after(now, sent_at)));
            is_settled = false;
        } else {
            // what is still off is worked out afresh, under another name
            desk.note(format!("{}: not found in NetSuite, it came to nothing", open.key));
            desk.change(&open.key, IntentChange::Refused { code: "never_arrived".to_owned() }).await?;
        }
    }
    Ok(is_settled)
}

/// From when on a document that was sent and is not found never arrived.
fn gives_up_at(stock: &Stock, sent_at: DateTime<Utc>) -> DateTime<Utc> {
    let wait = TimeDelta::from_std(stock.settings.late_arrival).unwrap_or(TimeDelta::MAX);
    sent_at.checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// When a document that is not found is looked up next: after as long again as it is missing.
fn look_up_after(now: DateTime<Utc>, sent_at: DateTime<Utc>) -> DateTime<Utc> {
    let wait = (now - sent_at).clamp(TimeDelta::seconds(5), LONGEST_LOOK_UP);
    now.checked_add_signed(wait).unwrap_or(now)
}

/// Names the documents of one run, or of one look at changed stock.
pub(super) enum Numbering<'look> {
    /// Of a run; how many it has is kept with it before each is sent, so that no name is given twice.
    Run(&'look mut StockRun),
    /// Of a look that belongs to no run.
    Look {
        /// Its name. The fence in it is never given twice.
        name: StockRunId,
        /// Documents named so far.
        last: u32,
    },
}

impl Numbering<'_> {
    /// For a look that belongs to no run.
    pub(super) fn of_look(desk: &Desk<'_>) -> Self {
        Self::Look { name: look_name(desk), last: 0 }
    }

    /// The run, or the look.
    fn name(&self) -> &StockRunId {
        match self {
            Self::Run(run) => &run.request.id,
            Self::Look { name, .. } => name,
        }
    }

    async fn next(&mut self, desk: &Desk<'_>, stock: &Stock) -> Result<u32, StoreError> {
        match self {
            Self::Run(run) => {
                run.documents += 1;
                run.updated_at = desk.connection.now();
                stock.records.write_run(desk.lease, run).await?;
                Ok(run.documents)
            }
            Self::Look { last, .. } => {
                *last += 1;
                Ok(*last)
            }
        }
    }
}

/// The name of a look that belongs to no run.
pub(super) fn look_name(desk: &Desk<'_>) -> StockRunId {
    let at = desk.connection.now().format("%Y%m%dT%H%M%SZ");
    StockRunId::new(format!("c{at}-{}", desk.lease.fence))
}

/// What became of lines that were to be written.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Items whose lines were written.
    pub(super) written: Vec<ItemId>,
    /// Items whose lines NetSuite refused, and why.
    pub(super) refused: Vec<(ItemId, Reason)>,
    /// Items whose lines were not written because NetSuite refuses whatever comes.
    pub(super) left: Vec<ItemId>,
    /// Why they were not.
    hopeless: Option<Reason>,
    /// True when the outcome of a document is not known: the look must end.
    pub(super) is_unsettled: bool,
}

/// Writes stock documents of one look.
pub(super) struct Writer<'look> {
    stock: &'look Stock,
    numbering: Numbering<'look>,
    /// The day they are posted on: the account's today, or the first open day after.
    day: NaiveDate,
    /// Documents that NetSuite may still refuse.
    refusals_left: u32,
    /// Items that a person was told of when the look began.
    parked: BTreeSet<ItemId>,
    /// Documents of these that NetSuite may still refuse.
    parked_refusals_left: u32,
}

impl<'look> Writer<'look> {
    pub(super) fn new(desk: &Desk<'_>, stock: &'look Stock, numbering: Numbering<'look>) -> Self {
        let day = desk.connection.now().with_timezone(&desk.connection.settings.timezone).date_naive();
        let parked =
            desk.parked_after(&item_subject(&ItemId::new(""))).into_iter().map(ItemId::new).collect();
        Self { stock, numbering, day, refusals_left: REFUSALS, parked, parked_refusals_left: PARKED_REFUSALS }
    }

    /// Writes differences. Items that a person was told of go last, in documents of their own: NetSuite probably refuses
    /// them again, and the others must not wait for that.
    pub(super) async fn write(
        &mut self,
        desk: &mut Desk<'_>,
        differences: &[Difference],
    ) -> Result<Outcome, Stop> {
        let (parked, others): (Vec<_>, Vec<_>) =
            differences.iter().cloned().partition(|found| self.parked.contains(&found.item));
        let mut refusals_left = self.refusals_left;
        let mut outcome = self.halving(desk, &others, &mut refusals_left).await?;
        self.refusals_left = refusals_left;
        if let Some(reason) = &outcome.hopeless {
            desk.park(SUBJECT, reason).await?;
        } else if !outcome.is_unsettled {
            desk.unpark(SUBJECT).await?;
        }
        if outcome.is_unsettled || outcome.hopeless.is_some() {
            outcome.left.extend(parked.into_iter().map(|found| found.item));
            return Ok(outcome);
        }
        let mut refusals_left = self.parked_refusals_left;
        let again = self.halving(desk, &parked, &mut refusals_left).await?;
        self.parked_refusals_left = refusals_left;
        outcome.written.extend(again.written);
        outcome.refused.extend(again.refused);
        outcome.left.extend(again.left);
        outcome.is_unsettled = again.is_unsettled;
        Ok(outcome)
    }

    /// Writes one batch. What NetSuite refuses is halved until the lines at fault are found; the rest is written.
    async fn halving(
        &mut self,
        desk: &mut Desk<'_>,
        differences: &[Difference],
        refusals_left: &mut u32,
    ) -> Result<Outcome, Stop> {
        let mut outcome = Outcome::default();
        // the first batch lies on top
        let mut parts: Vec<&[Difference]> = differences.chunks(LINES_PER_DOCUMENT).rev().collect();
        while let Some(part) = parts.pop() {
            let items = || part.iter().map(|found| found.item.clone());
            match self.document(desk, part).await? {
                Written::Done(()) => outcome.written.extend(items()),
                Written::Wait(at) => {
                    desk.wait_until(at);
                    outcome.is_unsettled = true;
                    return Ok(outcome);
                }
                Written::Parked(reason) => {
                    *refusals_left = refusals_left.saturating_sub(1);
                    // with a closed period no line is at fault, and with too many refusals nobody can tell which
                    let is_hopeless = reason.code == CLOSED_PERIOD || *refusals_left == 0;
                    if is_hopeless {
                        parts.push(part);
                        outcome.left = parts.concat().into_iter().map(|found| found.item).collect();
                        outcome.hopeless = Some(reason);
                        return Ok(outcome);
                    } else if part.len() == 1 {
                        outcome.refused.extend(items().map(|item| (item, reason.clone())));
                    } else {
                        let (first, second) = part.split_at(part.len() / 2);
                        parts.extend([second, first]);
                    }
                }
            }
        }
        Ok(outcome)
    }

    /// Makes one document, on the first day that can be posted to.
    async fn document(
        &mut self,
        desk: &mut Desk<'_>,
        differences: &[Difference],
    ) -> Result<Written<()>, Stop> {
        let number = self.numbering.next(desk, self.stock).await?;
        let mut written = self.document_on(desk, number, differences).await?;
        let mut days = PostingDays::after(self.day);
        while let Written::Parked(reason) = &written
            && reason.code == CLOSED_PERIOD
        {
            let Some(day) = days.next(&*desk.connection.accounting_periods).await? else { break };
            desk.note(format!("{} lies in a closed period, posting on {day}", self.day));
            self.day = day;
            written = self.document_on(desk, number, differences).await?;
        }
        Ok(written)
    }

    async fn document_on(
        &self,
        desk: &mut Desk<'_>,
        number: u32,
        differences: &[Difference],
    ) -> Result<Written<()>, Stop> {
        let settings = &self.stock.settings;
        let (connection, name) = (&desk.connection.name, self.numbering.name());
        let planned = documents(settings, connection, name, number, self.day, differences);
        // none where nothing moves
        let Some(document) = planned.into_iter().next() else { return Ok(Written::Done(())) };
        let (operation, bins) = match &settings.write {
            StockWriting::BinTransfer(bins) => (Operation::CreateBinTransfer, Some(bins)),
            StockWriting::Adjustment | StockWriting::Fields => (Operation::CreateStockAdjustment, None),
        };
        let name = document.external_id.to_string();
        let once = NewIntent { key: IntentKey(name.clone()), operation, subject: name };
        let write = WriteDocument { writes: self.stock.writes.clone(), document: &document, bins };
        Ok(match desk.write_once(once, &write).await? {
            Written::Done(_) => Written::Done(()),
            Written::Wait(at) => Written::Wait(at),
            Written::Parked(reason) => Written::Parked(reason),
        })
    }
}

/// A stock document, under our external id.
struct WriteDocument<'plan> {
    writes: Arc<dyn StockWrites>,
    document: &'plan NewStockDocument,
    /// Of a bin transfer, the two bins.
    bins: Option<&'plan StockBins>,
}

#[async_trait]
impl OnceWrite for WriteDocument<'_> {
    type Value = String;

    async fn send(&self) -> Result<String, PortError> {
        match self.bins {
            Some(bins) => self.writes.transfer(self.document, bins).await,
            None => self.writes.adjust(self.document).await,
        }
    }

    async fn look_up(&self) -> Result<Option<Found<String>>, PortError> {
        Ok(self.writes.find(&self.document.external_id).await?.map(Found::Same))
    }

    fn outcome(&self, id: &String) -> (String, Vec<Link>) {
        (format!("{id}, {} items", self.document.lines.len()), Vec::new())
    }
}

/// Writes what can be sold on an item's own fields. A reason when NetSuite refuses it.
pub(super) async fn show(
    desk: &mut Desk<'_>,
    stock: &Stock,
    shown: &ShownStock,
) -> Result<Option<Reason>, Stop> {
    let once = intent(Operation::ShowStock, format!("item {}", shown.item), "");
    let writes = stock.writes.clone();
    let send = async move { writes.show(shown).await };
    Ok(match desk.write_repeatably(once, send, Vec::new()).await? {
        Written::Done(()) | Written::Wait(_) => None,
        Written::Parked(reason) => Some(reason),
    })
}

/// The lane subject of one item.
pub(super) fn item_subject(item: &ItemId) -> String {
    format!("item/{item}")
}

/// An item that is still off after it was written and corrected once.
pub(super) fn does_not_settle(figures: &str) -> Reason {
    Reason::new(
        "stock_does_not_settle",
        format!("the item's stock was written and corrected once, and it is off again: {figures}"),
        "look for somebody else who moves this item's stock at the location, then retry",
        Who::Merchant,
    )
}

#[cfg(test)]
#[path = "writing_tests.rs"]
mod tests;
