//! SKUs by name: no page's token to lose, and requests that overlap.

use std::collections::HashSet;
use std::sync::Arc;

use amz_domain::{Sku, StockReading};
use amz_services::audit::{current_context, in_context};
use amz_services::failure::{Failure, PortError};
use amz_services::ports::StockStream;
use amz_services::ports::stock::{StockPriority, StockStep};
use async_trait::async_trait;
use tokio::task::JoinSet;

use super::after_the_end;
use super::call::Caller;
use super::paging::Paging;
use super::request::{Asked, OPERATION, batches};

/// A reading of named SKUs. Requests under way go on while its reader is busy; no more are begun.
pub(super) struct Named {
    caller: Arc<Caller>,
    priority: StockPriority,
    overlap: usize,
    waiting: std::vec::IntoIter<Asked>,
    under_way: JoinSet<Result<Batch, PortError>>,
    /// SKUs that did not come yet.
    missing: HashSet<Sku>,
    pages: u64,
    skus: u64,
    ended: bool,
}

/// What one request brought, on however many pages.
struct Batch {
    pages: u64,
    readings: Vec<StockReading>,
}

impl Named {
    /// A reading that has sent nothing yet.
    pub(super) fn new(
        caller: Arc<Caller>,
        mut skus: Vec<Sku>,
        priority: StockPriority,
        overlap: usize,
    ) -> Self {
        let mut missing = HashSet::with_capacity(skus.len());
        // an empty name in a request would ask for everything
        skus.retain(|sku| missing.insert(sku.clone()) && !sku.as_str().is_empty());
        let (waiting, under_way) = (batches(skus).into_iter(), JoinSet::new());
        let overlap = overlap.max(1);
        Self { caller, priority, overlap, waiting, under_way, missing, pages: 0, skus: 0, ended: false }
    }

    fn begin_more(&mut self) {
        while self.under_way.len() < self.overlap {
            let Some(asked) = self.waiting.next() else { return };
            let (caller, priority) = (self.caller.clone(), self.priority);
            let reading = async move { read(&caller, asked, priority).await };
            match current_context() {
                Some(context) => self.under_way.spawn(in_context(context, reading)),
                None => self.under_way.spawn(reading),
            };
        }
    }

    fn end(&mut self, step: StockStep) -> StockStep {
        self.ended = true;
        self.under_way.abort_all();
        step
    }
}

#[async_trait]
impl StockStream for Named {
    async fn next(&mut self) -> StockStep {
        if self.ended {
            return after_the_end(self.pages);
        }
        loop {
            self.begin_more();
            let read = match self.under_way.join_next().await {
                None => {
                    let mut missing: Vec<_> = std::mem::take(&mut self.missing).into_iter().collect();
                    missing.sort();
                    let (pages, skus) = (self.pages, self.skus);
                    return self.end(StockStep::Complete { pages, skus, missing });
                }
                Some(Ok(read)) => read,
                Some(Err(_)) => Err(PortError::new(
                    OPERATION,
                    Failure::Unavailable,
                    "reading_stopped",
                    "a request was given up before its answer was read",
                )),
            };
            match read {
                Ok(Batch { pages, readings }) => {
                    self.pages += pages;
                    self.skus += readings.len() as u64;
                    for reading in &readings {
                        self.missing.remove(&reading.sku);
                    }
                    if !readings.is_empty() {
                        return StockStep::Readings(readings);
                    }
                }
                Err(error) => return self.end(StockStep::Incomplete { pages: self.pages, error }),
            }
        }
    }
}

async fn read(caller: &Caller, asked: Asked, priority: StockPriority) -> Result<Batch, PortError> {
    let mut paging = Paging::new(asked, priority);
    let mut readings = Vec::new();
    while let Some(turned) = paging.turn(caller).await? {
        if turned.begins {
            readings.clear();
        }
        readings.extend(turned.readings);
    }
    Ok(Batch { pages: paging.pages(), readings })
}
