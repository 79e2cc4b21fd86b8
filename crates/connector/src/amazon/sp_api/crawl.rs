//! Everything, page by page.

use std::sync::Arc;

use amz_services::ports::StockStream;
use amz_services::ports::stock::{StockPriority, StockStep};
use async_trait::async_trait;

use super::after_the_end;
use super::call::Caller;
use super::paging::Paging;
use super::request::Asked;

/// A full reading. Holds one page at a time.
pub(super) struct Crawl {
    caller: Arc<Caller>,
    paging: Paging,
    skus: u64,
    ended: bool,
}

impl Crawl {
    /// A reading that has sent nothing yet.
    pub(super) fn new(caller: Arc<Caller>) -> Self {
        Self { caller, paging: Paging::new(Asked::All, StockPriority::Run), skus: 0, ended: false }
    }
}

#[async_trait]
impl StockStream for Crawl {
    async fn next(&mut self) -> StockStep {
        if self.ended {
            return after_the_end(self.paging.pages());
        }
        loop {
            match self.paging.turn(&self.caller).await {
                Ok(Some(turned)) => {
                    if turned.begins {
                        self.skus = 0;
                    }
                    self.skus += turned.readings.len() as u64;
                    if !turned.readings.is_empty() {
                        return StockStep::Readings(turned.readings);
                    }
                }
                Ok(None) => {
                    self.ended = true;
                    let (pages, skus) = (self.paging.pages(), self.skus);
                    return StockStep::Complete { pages, skus, missing: Vec::new() };
                }
                Err(error) => {
                    self.ended = true;
                    return StockStep::Incomplete { pages: self.paging.pages(), error };
                }
            }
        }
    }
}
