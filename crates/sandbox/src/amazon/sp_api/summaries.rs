//! `GET /fba/inventory/v1/summaries`.

use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};

use super::envelope::{self, Answer};
use super::pace::Moment;
use super::parameters::{self, NextToken, Parameters, Query, Wanted};
use super::settings::Pace;
use super::token::{Presented, presented};
use super::{SpApiState, document};
use crate::amazon::Amazon;
use crate::amazon::stock::{Stock, StockedItem};

/// Answers one call.
pub(super) fn answer(amazon: &Amazon, parts: &Parts, body: &[u8]) -> Response {
    let now = amazon.core.clock.now();
    let books = amazon.state();
    let mut state = amazon.sp_api();
    let answer = match refused(amazon, &mut state, parts, body, now) {
        Some(refusal) => refusal,
        None => page(amazon, &mut state, &books.stock, parts.uri.query().unwrap_or_default(), now),
    };
    state.envelope(answer).into_response()
}

/// What stops a call before its parameters are looked at.
fn refused(
    amazon: &Amazon,
    state: &mut SpApiState,
    parts: &Parts,
    body: &[u8],
    now: DateTime<Utc>,
) -> Option<Answer> {
    let in_message = state.habits.texts_in_message;
    match presented(parts).map(|token| state.tokens.judge(token, now)) {
        None => return Some(envelope::missing_token(in_message)),
        Some(Presented::Unknown) => return Some(envelope::unknown_token(in_message)),
        Some(Presented::Expired) => return Some(envelope::expired_token(in_message)),
        Some(Presented::Valid) => {}
    }
    if state.access_denied {
        return Some(envelope::denied_resource());
    }
    let moment = match state.habits.pace {
        Pace::WithRealClock if amazon.core.clock.is_manual() => None,
        Pace::WithRealClock | Pace::RealTime => Some(Moment::Real(std::time::Instant::now())),
        Pace::SandboxTime => Some(Moment::Sandbox(now)),
        Pace::Off => None,
    };
    let (rate, burst) = (state.habits.rate_per_s, state.habits.burst);
    if moment.is_some_and(|moment| !state.bucket.take(rate, burst, moment)) {
        return Some(envelope::throttled());
    }
    if !body.is_empty() {
        return Some(envelope::invalid_input("A GET request has no body."));
    }
    None
}

fn page(amazon: &Amazon, state: &mut SpApiState, stock: &Stock, query: &str, now: DateTime<Utc>) -> Answer {
    let marketplace = amazon.settings().sp_api.marketplace_id.as_str();
    let Query { parameters, next_token } = match parameters::read(query, marketplace, now) {
        Ok(query) => query,
        Err(text) => return envelope::invalid_input(&text),
    };
    let (after, page) = match next_token {
        None => (None, 1),
        Some(NextToken::Raw) => return envelope::invalid_input("The next token is invalid."),
        Some(NextToken::Encoded(token)) => match state.cursors.find(&token, &parameters, now) {
            Some(cursor) => (Some(cursor.after), cursor.page),
            None => return envelope::invalid_input("The next token is invalid or has expired."),
        },
    };
    if let Wanted::Named(skus) = &parameters.wanted {
        let hidden = &state.habits.hidden_by_name;
        let found = skus.iter().filter(|sku| !hidden.contains(*sku)).filter_map(|sku| stock.item(sku));
        return envelope::success(body(state, marketplace, &parameters, found.collect(), None));
    }
    if let Some(status) = state.page_fault(page) {
        return envelope::of_status(status);
    }
    let (size, since) = match parameters.wanted {
        Wanted::ChangedSince(since) => {
            (state.habits.changed_page_size.unwrap_or(state.habits.page_size), Some(since))
        }
        Wanted::All | Wanted::Named(_) => (state.habits.page_size, None),
    };
    let shown = |item: &&StockedItem| {
        !state.habits.hidden_in_lists.contains(&item.sku)
            && since.is_none_or(|since| item.last_updated >= since)
    };
    let mut items = stock.items_after(after.as_deref()).filter(shown);
    let listed: Vec<&StockedItem> = items.by_ref().take(size.max(1)).collect();
    let more = items.next().is_some();
    drop(items);
    let next_token = listed.last().filter(|_| more).map(|last| {
        let ends = now + TimeDelta::seconds(state.habits.next_token_life_s.into());
        state.cursors.issue(&last.sku, page + 1, &parameters, ends, now)
    });
    envelope::success(body(state, marketplace, &parameters, listed, next_token))
}

fn body(
    state: &SpApiState,
    marketplace: &str,
    parameters: &Parameters,
    items: Vec<&StockedItem>,
    next_token: Option<String>,
) -> Json {
    let summaries: Vec<Json> =
        items.into_iter().map(|item| document::summary(item, parameters.details, &state.habits)).collect();
    let mut body = json!({
        "payload": {
            "granularity": { "granularityType": "Marketplace", "granularityId": marketplace },
            "inventorySummaries": summaries,
        },
    });
    if let Some(token) = next_token {
        body["pagination"] = json!({ "nextToken": token });
    }
    if state.habits.unknown_fields {
        body["sandboxNovelty"] = json!(true);
    }
    body
}

impl SpApiState {
    /// The status with which this page has to fail, if any; each call uses up one failure.
    fn page_fault(&mut self, page: u32) -> Option<u16> {
        let fault = self.page_faults.iter_mut().find(|fault| fault.page == page && fault.times > 0)?;
        fault.times -= 1;
        let status = fault.status;
        self.page_faults.retain(|fault| fault.times > 0);
        Some(status)
    }
}
