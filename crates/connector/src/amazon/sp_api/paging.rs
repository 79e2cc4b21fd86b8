//! From page to page: tokens that live for half a minute, tries, and guards against lists without end.

use std::time::Duration;

use amz_domain::StockReading;
use amz_services::failure::{Failure, PortError};
use amz_services::ports::stock::StockPriority;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::call::{Call, Caller, next_token_expired};
use super::decode::Page;
use super::problem::NEXT_TOKEN_EXPIRED;
use super::request::{Asked, OPERATION};
use super::tries::Tries;

/// A page's token lives for 30 seconds; the request with it leaves this long after its page at the latest.
const TOKEN_LIFE: Duration = Duration::from_secs(25);
/// How often a list is begun anew because a token ended.
const MOST_RESTARTS: u32 = 2;
/// No list is longer: a million SKUs.
const MOST_PAGES: u64 = 20_000;

/// A list that is read page by page.
#[derive(Debug)]
pub(super) struct Paging {
    asked: Asked,
    priority: StockPriority,
    at: At,
    pages: u64,
    restarts: u32,
}

#[derive(Debug)]
enum At {
    Start,
    /// Its token, and when the page came.
    Next(String, Instant),
    End,
}

/// One page of a list.
#[derive(Debug)]
pub(super) struct Turned {
    /// The list begins here: what came before, if anything did, was of a list that broke off.
    pub(super) begins: bool,
    /// What is on it.
    pub(super) readings: Vec<StockReading>,
}

impl Paging {
    /// A list of which nothing is read yet.
    pub(super) fn new(asked: Asked, priority: StockPriority) -> Self {
        Self { asked, priority, at: At::Start, pages: 0, restarts: 0 }
    }

    /// Pages read since the list was begun.
    pub(super) fn pages(&self) -> u64 {
        self.pages
    }

    /// The next page; `None` after the last.
    pub(super) async fn turn(&mut self, caller: &Caller) -> Result<Option<Turned>, PortError> {
        let mut tries = Tries::default();
        loop {
            let (next_token, leave_by) = match &self.at {
                At::Start => (None, None),
                At::Next(token, received_at) => (Some(token.as_str()), Some(*received_at + TOKEN_LIFE)),
                At::End => return Ok(None),
            };
            let (asked, priority, attempt) = (&self.asked, self.priority, tries.next());
            let read = match leave_by {
                Some(leave_by) if Instant::now() >= leave_by => Err(next_token_expired()),
                _ => caller.page(Call { asked, next_token, priority, attempt, leave_by }).await,
            };
            let error = match read {
                Ok(page) => return self.turned(page).map(Some),
                Err(error) => error,
            };
            if leave_by.is_some() && error.code == NEXT_TOKEN_EXPIRED {
                self.begin_anew(error)?;
                tries = Tries::default();
                continue;
            }
            let Some(wait) = tries.after(&error, Uuid::new_v4().as_u64_pair().0) else { return Err(error) };
            tracing::info!(
                code = error.code,
                attempt,
                wait_ms = wait.as_millis(),
                "stock is asked for again"
            );
            // half of what is left of the token's life at most, so that there is time for the request
            let left = leave_by.map(|leave_by| leave_by.saturating_duration_since(Instant::now()) / 2);
            sleep(left.map_or(wait, |left| wait.min(left))).await;
        }
    }

    fn begin_anew(&mut self, error: PortError) -> Result<(), PortError> {
        if self.restarts == MOST_RESTARTS {
            return Err(error);
        }
        self.restarts += 1;
        tracing::warn!(pages = self.pages, "a page's token ended; the list is read from its beginning");
        (self.at, self.pages) = (At::Start, 0);
        Ok(())
    }

    fn turned(&mut self, page: Page) -> Result<Turned, PortError> {
        let Page { readings, next_token } = page;
        self.pages += 1;
        let was = std::mem::replace(&mut self.at, At::End);
        if let Some(next) = next_token {
            if matches!(&was, At::Next(sent, _) if *sent == next) {
                return Err(endless("page_loop", "a page names itself as the next one"));
            }
            if self.pages >= MOST_PAGES {
                return Err(endless("too_many_pages", "the list has more pages than any list should"));
            }
            self.at = At::Next(next, Instant::now());
        }
        Ok(Turned { begins: self.pages == 1, readings })
    }
}

fn endless(code: &'static str, message: &'static str) -> PortError {
    PortError::new(OPERATION, Failure::Unreadable, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(next_token: &str) -> Page {
        Page { readings: Vec::new(), next_token: Some(next_token.to_owned()) }
    }

    fn list() -> Paging {
        Paging::new(Asked::All, StockPriority::Run)
    }

    #[tokio::test]
    async fn a_page_that_names_itself_as_the_next_one_ends_the_list() {
        let mut list = list();
        assert!(list.turned(page("a")).unwrap().begins);
        assert!(!list.turned(page("b")).unwrap().begins);
        assert!(list.turned(page("a")).is_ok(), "an older token may come again");
        assert_eq!(list.turned(page("a")).unwrap_err().code, "page_loop");
    }

    #[tokio::test]
    async fn a_list_of_too_many_pages_is_ended() {
        let mut list = list();
        for number in 1..MOST_PAGES {
            list.turned(page(&number.to_string())).unwrap();
        }
        assert_eq!(list.turned(page("last")).unwrap_err().code, "too_many_pages");
    }
}
