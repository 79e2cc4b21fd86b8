//! Sends `getInventorySummaries`: token, turn, one fresh try.

use std::sync::Arc;

use amz_services::failure::{Failure, PortError};
use amz_services::ports::stock::StockPriority;
use http::Method;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::common_pace::CommonPace;
use super::decode::{self, Page};
use super::pace::Pace;
use super::problem::{NEXT_TOKEN_EXPIRED, Problem};
use super::request::{self, Asked, OPERATION};
use crate::amazon::token::{AccessToken, TokenSource};
use crate::http::{Answer, Body, HttpClient, Outgoing, Verdict};

/// One request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'call> {
    /// What is asked for.
    pub(super) asked: &'call Asked,
    /// The page before named it.
    pub(super) next_token: Option<&'call str>,
    /// Who is served first.
    pub(super) priority: StockPriority,
    /// 1 for the first try.
    pub(super) attempt: u32,
    /// It is of no use to send it later.
    pub(super) leave_by: Option<Instant>,
}

/// Sends requests for one seller and marketplace.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) http: HttpClient,
    pub(super) tokens: TokenSource,
    pub(super) pace: Arc<Pace>,
    /// Where several processes send requests.
    pub(super) common: Option<CommonPace>,
    pub(super) address: Url,
    pub(super) marketplace_id: String,
}

impl Caller {
    /// Reads one page. A refused access token earns one more try with a new one: a token can end at any time.
    pub(super) async fn page(&self, call: Call<'_>) -> Result<Page, PortError> {
        let token = self.token(call).await?;
        match self.send(call, &token).await {
            Err(error) if error.failure == Failure::Credentials => {
                self.tokens.invalidate(&token).await;
                let token = self.token(call).await?;
                self.send(Call { attempt: call.attempt + 1, ..call }, &token).await
            }
            result => result,
        }
    }

    async fn token(&self, call: Call<'_>) -> Result<AccessToken, PortError> {
        let token = in_time(call.leave_by, self.tokens.token()).await?;
        token.map_err(|failure| failure.during(OPERATION))
    }

    async fn send(&self, call: Call<'_>, token: &AccessToken) -> Result<Page, PortError> {
        in_time(call.leave_by, self.turn(call.priority)).await?;
        let sent_at = self.http.now();
        let outgoing = Outgoing {
            operation: OPERATION.to_owned(),
            method: Method::GET,
            url: request::url(&self.address, &self.marketplace_id, call.asked, call.next_token),
            headers: request::headers(token, sent_at),
            body: Body::Empty,
            attempt: call.attempt,
        };
        let redactor = self.http.redactor(&outgoing);
        let mut result = None;
        let sent = self.http.send(outgoing, |answer| {
            self.heed(answer);
            let read = read(answer, |document| decode::page(document, sent_at));
            let verdict = read.as_ref().map_or_else(Problem::verdict, |_| Verdict::success());
            result = Some(read);
            verdict
        });
        let answer = sent.await.map_err(|error| PortError {
            operation: OPERATION,
            failure: error.failure(false),
            code: error.code().to_owned(),
            message: error.to_string(),
            source: Some(error.into()),
        })?;
        if let (429, Some(common)) = (answer.status, &self.common) {
            common.throttled(self.pace.rate(), answer.retry_after()).await;
        }
        let result = result.unwrap_or_else(|| Err(Problem::unreadable(&answer, "nothing was read")));
        result.map_err(|problem| {
            PortError::new(OPERATION, problem.failure, problem.code, redactor.text(&problem.message))
        })
    }

    async fn turn(&self, priority: StockPriority) {
        match &self.common {
            Some(common) => self.pace.turn_among_all(priority, common).await,
            None => self.pace.turn(priority).await,
        }
    }

    /// Keeps to the pace that Amazon asks for.
    fn heed(&self, answer: &Answer) {
        match answer.status {
            429 => self.pace.throttled(answer.retry_after()),
            // on others Amazon names none, or another one
            200 | 400 | 404 => {
                if let Some(per_second) = answer.header("x-amzn-ratelimit-limit") {
                    self.pace.adopt(per_second);
                }
            }
            _ => {}
        }
    }
}

fn read<Read>(answer: &Answer, read: Read) -> Result<Page, Problem>
where
    Read: FnOnce(&Value) -> Result<Page, &'static str>,
{
    if !answer.is_success() {
        return Err(Problem::of(answer));
    }
    let document: Value = answer.json().map_err(|_| Problem::unreadable(answer, "the answer is not JSON"))?;
    read(&document).map_err(|reason| Problem::unreadable(answer, reason))
}

async fn in_time<Wait: Future>(leave_by: Option<Instant>, wait: Wait) -> Result<Wait::Output, PortError> {
    match leave_by {
        None => Ok(wait.await),
        Some(leave_by) => timeout_at(leave_by, wait).await.map_err(|_| next_token_expired()),
    }
}

/// The page's token has ended, or will before a request can arrive.
pub(super) fn next_token_expired() -> PortError {
    let message = "the next page could not be asked for within the life of its token";
    PortError::new(OPERATION, Failure::Unavailable, NEXT_TOKEN_EXPIRED, message)
}
