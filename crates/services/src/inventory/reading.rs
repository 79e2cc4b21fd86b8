//! Reads Amazon's stock for a full synchronisation. Nothing is written in NetSuite.

use std::collections::BTreeSet;

use amz_domain::Sku;
use chrono::{DateTime, Utc};

use super::KnownStock;
use super::road::{LastCrawl, road};
use super::run_record::{Road, RunPhase, StockRun, StockRunRequest, StockSummary};
use crate::connection::Stock;
use crate::desk::{Desk, Stop};
use crate::failure::{Failure, PortError, StoreError};
use crate::parking::{Reason, Who};
use crate::ports::stock::{StockPriority, StockStep, StockStream};
use crate::work::{Ask, Lane, LaneKey, LaneRequest};

/// The lane subject of a reading that broke off.
pub(super) const SUBJECT_OF_RUN: &str = "stock-run";

/// SKUs read from our own store at once.
pub(super) const KNOWN_AT_ONCE: u32 = 1_000;

/// Runs among which the last complete crawl is looked for.
const RUNS: u32 = 100;

/// How a part of a reading ended that was not stopped.
enum Read {
    /// Everything was read; these were asked for by name and not shown.
    Complete(Vec<Sku>),
    /// The run has ended.
    Incomplete,
}

/// Serves the asks of the lane one after the other.
pub(super) async fn read_all(
    desk: &mut Desk<'_>,
    stock: &Stock,
    asks: &[Ask],
) -> Result<Vec<LaneRequest>, Stop> {
    let mut redirect = Vec::new();
    for ask in asks {
        if let Ask::ReadStock(request) = ask {
            redirect.extend(Reading::begin(desk, stock, request).await?.go_on().await?);
        }
    }
    Ok(redirect)
}

/// One run while Amazon is read for it.
struct Reading<'look, 'work> {
    desk: &'look mut Desk<'work>,
    stock: &'look Stock,
    run: StockRun,
    /// When the run was last written.
    written_at: DateTime<Utc>,
}

impl<'look, 'work> Reading<'look, 'work> {
    /// Takes a run up where it was, or begins it. One that broke off is read on when somebody asks for it again.
    async fn begin(
        desk: &'look mut Desk<'work>,
        stock: &'look Stock,
        request: &StockRunRequest,
    ) -> Result<Self, Stop> {
        let now = desk.connection.now();
        if let Some(run) = stock.records.run(&desk.connection.name, &request.id).await? {
            let mut reading = Self { desk, stock, run, written_at: now };
            if reading.run.phase == RunPhase::Incomplete {
                reading.desk.note(format!("stock run {} goes on", request.id));
                reading.run.ended_at = None;
                reading.enter(RunPhase::Reading).await?;
            }
            return Ok(reading);
        }
        let mut reading = Self { desk, stock, run: new_run(request.clone(), now), written_at: now };
        reading.write().await?;
        Ok(reading)
    }

    /// Reads until the run has ended or can be compared; then the lane that compares is asked for it.
    async fn go_on(mut self) -> Result<Option<LaneRequest>, Stop> {
        let id = self.run.request.id.clone();
        if self.run.phase.is_ended() {
            self.desk.note(format!("stock run {id} has ended"));
            return Ok(None);
        }
        if self.run.phase == RunPhase::Reading && !self.read().await? {
            return Ok(None);
        }
        if self.run.phase == RunPhase::Confirming && !self.confirm().await? {
            return Ok(None);
        }
        let connection = self.desk.connection;
        let key = LaneKey { connection: connection.name.clone(), lane: Lane::StockLevels };
        Ok(Some(LaneRequest { key, ask: Ask::CompareStock(id), due_at: connection.now(), notice: None }))
    }

    /// Reads all that the run is about. False when the run has ended with it.
    async fn read(&mut self) -> Result<bool, Stop> {
        let road = self.road().await?;
        let asked_at = self.desk.connection.now();
        let stream = match road {
            Road::Crawl => {
                // a crawl cannot go on where it was
                (self.run.read_skus, self.run.pages) = (0, 0);
                self.stock.amazon.crawl()
            }
            Road::Named => {
                let skus = self.unread().await?;
                let all = self.run.expected_skus.unwrap_or_default();
                self.run.read_skus = all.saturating_sub(u64::try_from(skus.len()).unwrap_or(u64::MAX));
                self.stock.amazon.named(skus, StockPriority::Run)
            }
        };
        let missing = match self.take(stream).await? {
            Read::Complete(missing) => missing,
            Read::Incomplete => return Ok(false),
        };
        self.note_absent(&missing, asked_at).await?;
        if road == Road::Crawl {
            let unseen = self.unread().await?;
            self.note_absent(&unseen, asked_at).await?;
        }
        self.enter(RunPhase::Confirming).await?;
        Ok(true)
    }

    /// Asks by name, once more, for what Amazon did not show. False when the run has ended with it.
    async fn confirm(&mut self) -> Result<bool, Stop> {
        let skus = self.unread().await?;
        if !skus.is_empty() {
            self.desk.note(format!("{} SKUs were not shown and are asked for by name", skus.len()));
            let asked_at = self.desk.connection.now();
            let stream = self.stock.amazon.named(skus, StockPriority::Run);
            match self.take(stream).await? {
                Read::Complete(missing) => self.note_absent(&missing, asked_at).await?,
                Read::Incomplete => return Ok(false),
            }
        }
        self.enter(RunPhase::Comparing).await?;
        self.desk.unpark(SUBJECT_OF_RUN).await?;
        let (skus, pages) = (self.run.read_skus, self.run.pages);
        self.desk.note(format!("stock run {}: {skus} SKUs read in {pages} answers", self.run.request.id));
        Ok(true)
    }

    /// Which road the run takes; decided once.
    async fn road(&mut self) -> Result<Road, Stop> {
        if let Some(road) = self.run.road {
            return Ok(road);
        }
        let road = if self.run.request.skus.is_empty() {
            let known = self.stock.records.known_count(&self.desk.connection.name).await?;
            let (choice, last_crawl) = (self.stock.settings.road, self.last_crawl().await?);
            self.run.expected_skus = Some(known).filter(|known| *known > 0);
            road(choice, known, last_crawl, self.desk.connection.now())
        } else {
            self.run.expected_skus = u64::try_from(self.run.request.skus.len()).ok();
            Road::Named
        };
        self.run.road = Some(road);
        self.write().await?;
        Ok(road)
    }

    /// The last run that read everything page by page.
    async fn last_crawl(&self) -> Result<Option<LastCrawl>, Stop> {
        let runs = self.stock.records.runs(&self.desk.connection.name, RUNS).await?;
        let is_complete = |run: &&StockRun| {
            run.road == Some(Road::Crawl) && matches!(run.phase, RunPhase::AwaitingApproval | RunPhase::Done)
        };
        let last = runs.iter().filter(is_complete).max_by_key(|run| run.started_at);
        Ok(last.map(|run| LastCrawl { skus: run.read_skus, at: run.ended_at.unwrap_or(run.updated_at) }))
    }

    /// SKUs of the run that Amazon has not shown since it began.
    async fn unread(&self) -> Result<Vec<Sku>, Stop> {
        let (records, name) = (&self.stock.records, &self.desk.connection.name);
        let since = self.run.started_at;
        let is_read = |known: &KnownStock| {
            known.absence.is_none() && known.reading.as_ref().is_some_and(|reading| reading.read_at >= since)
        };
        let wanted: BTreeSet<&Sku> = self.run.request.skus.iter().collect();
        let mut unread = Vec::new();
        if !wanted.is_empty() {
            let wanted: Vec<Sku> = wanted.into_iter().cloned().collect();
            let known = records.known(name, &wanted).await?;
            let read: BTreeSet<&Sku> =
                known.iter().filter(|known| is_read(known)).map(|known| &known.sku).collect();
            return Ok(wanted.iter().filter(|sku| !read.contains(sku)).cloned().collect());
        }
        let mut after = None;
        loop {
            let page = records.known_page(name, after, KNOWN_AT_ONCE).await?;
            unread.extend(page.iter().filter(|known| !is_read(known)).map(|known| known.sku.clone()));
            match page.last() {
                Some(last) => after = Some(last.sku.clone()),
                None => return Ok(unread),
            }
        }
    }

    /// Keeps what comes, until nothing does.
    async fn take(&mut self, mut stream: Box<dyn StockStream>) -> Result<Read, Stop> {
        let (pages_before, skus_before) = (self.run.pages, self.run.read_skus);
        loop {
            match stream.next().await {
                StockStep::Readings(readings) => {
                    self.stock.records.keep_readings(self.desk.lease, &readings).await?;
                    self.run.read_skus += u64::try_from(readings.len()).unwrap_or(u64::MAX);
                    self.run.pages += 1;
                    if self.desk.connection.now() - self.written_at >= chrono::Duration::seconds(1) {
                        self.write().await?;
                    }
                }
                StockStep::Complete { pages, skus, missing } => {
                    // a crawl that began anew in between brought some SKUs twice
                    self.run.read_skus = skus_before + skus;
                    self.run.pages = pages_before + pages;
                    return Ok(Read::Complete(missing));
                }
                StockStep::Incomplete { pages, error } => {
                    self.run.pages = pages_before + pages;
                    return self.broke_off(error).await;
                }
            }
        }
    }

    /// Nothing follows from a reading that broke off. What only has to wait is read on later.
    async fn broke_off(&mut self, error: PortError) -> Result<Read, Stop> {
        let message = format!("{}: {}", error.code, error.message);
        self.desk.note(format!("stock run {}: reading broke off: {error}", self.run.request.id));
        self.run.message = Some(message.clone());
        if matches!(error.failure, Failure::Throttled { .. } | Failure::Credentials) {
            self.write().await?;
            return Err(Stop::Stock(error));
        }
        self.run.ended_at = Some(self.desk.connection.now());
        self.enter(RunPhase::Incomplete).await?;
        let (skus, pages) = (self.run.read_skus, self.run.pages);
        let reason = Reason::new(
            "stock_reading_incomplete",
            format!(
                "stock run {} broke off after {skus} SKUs in {pages} answers: {message}",
                self.run.request.id
            ),
            "nothing was written; go on with `amz inventory sync --resume`, or leave it to the next run",
            Who::Operator,
        );
        self.desk.park(SUBJECT_OF_RUN, &reason).await?;
        Ok(Read::Incomplete)
    }

    async fn note_absent(&self, skus: &[Sku], asked_at: DateTime<Utc>) -> Result<(), StoreError> {
        if skus.is_empty() {
            return Ok(());
        }
        self.stock.records.note_absent(self.desk.lease, skus, asked_at).await
    }

    async fn enter(&mut self, phase: RunPhase) -> Result<(), StoreError> {
        self.run.phase = phase;
        if phase != RunPhase::Incomplete {
            self.run.message = None;
        }
        self.write().await
    }

    async fn write(&mut self) -> Result<(), StoreError> {
        self.written_at = self.desk.connection.now();
        self.run.updated_at = self.written_at;
        self.stock.records.write_run(self.desk.lease, &self.run).await
    }
}

/// A run that nothing was done for yet.
pub(super) fn new_run(request: StockRunRequest, now: DateTime<Utc>) -> StockRun {
    StockRun {
        request,
        road: None,
        phase: RunPhase::Reading,
        started_at: now,
        updated_at: now,
        ended_at: None,
        expected_skus: None,
        read_skus: 0,
        pages: 0,
        compared_items: 0,
        documents: 0,
        summary: StockSummary::default(),
        message: None,
    }
}

/// Asks Amazon for SKUs by name and keeps what it says. Returns those that it does not show; of these nothing is kept,
/// since only runs confirm that a SKU is not there any more.
///
/// # Errors
/// [`Stop::Stock`] when they could not all be read.
pub(super) async fn named(
    desk: &Desk<'_>,
    stock: &Stock,
    skus: Vec<Sku>,
    priority: StockPriority,
) -> Result<Vec<Sku>, Stop> {
    if skus.is_empty() {
        return Ok(Vec::new());
    }
    let mut stream = stock.amazon.named(skus, priority);
    loop {
        match stream.next().await {
            StockStep::Readings(readings) => {
                stock.records.keep_readings(desk.lease, &readings).await?;
            }
            StockStep::Complete { missing, .. } => return Ok(missing),
            StockStep::Incomplete { error, .. } => return Err(Stop::Stock(error)),
        }
    }
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
