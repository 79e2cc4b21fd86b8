//! Tells from the audit trail how vendors are doing: every call passes here, whoever made it.

use std::sync::Arc;

use amz_connector::http::TOKEN_OPERATION;
use amz_services::audit::{CallOutcome, CallRecord, current_context};
use amz_services::failure::StoreError;
use amz_services::ports::CallLog;
use async_trait::async_trait;

use super::Outages;

/// A call log that shows what it records to [`Outages`].
pub(crate) struct Watched {
    calls: Arc<dyn CallLog>,
    outages: Arc<Outages>,
}

impl Watched {
    /// Watches what goes into a call log.
    pub(crate) fn new(calls: Arc<dyn CallLog>, outages: Arc<Outages>) -> Self {
        Self { calls, outages }
    }
}

#[async_trait]
impl CallLog for Watched {
    async fn record(&self, call: &CallRecord) -> Result<(), StoreError> {
        let is_token = call.operation == TOKEN_OPERATION;
        // records of tokens name no look, and a look without a token has failed like any other
        let context = current_context();
        let job = context.as_ref().map(|context| (&context.lane, context.job));
        // who gives tokens is not who does the work
        if !is_token || is_silence(call.outcome) {
            self.outages.saw(&call.connection, call.vendor, job, call.outcome);
        }
        self.calls.record(call).await
    }
}

fn is_silence(outcome: CallOutcome) -> bool {
    matches!(outcome, CallOutcome::ServerError | CallOutcome::NoAnswer | CallOutcome::NotSent)
}
