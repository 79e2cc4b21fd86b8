//! The audit trail of calls to vendors.

use amz_services::audit::{CallOutcome, CallRecord, Vendor};
use amz_services::failure::StoreError;
use amz_services::intent::IntentKey;
use amz_services::ports::CallLog;
use async_trait::async_trait;
use sqlx::Row;

use super::State;
use super::statements::RECORD;
use super::{SqlConnection, SqlRow};
use crate::stored::{corrupt, instant, known, micros, number};
use crate::transaction::Fault;

#[async_trait]
impl CallLog for State {
    async fn record(&self, call: &CallRecord) -> Result<(), StoreError> {
        let call = call.clone();
        self.write_row(move |connection| Box::pin(async move { record(connection, call).await })).await
    }
}

/// Writes down a call.
pub(super) async fn record(connection: &mut SqlConnection, call: CallRecord) -> Result<(), Fault> {
    let CallRecord {
        connection: of,
        lane,
        job,
        intent,
        vendor,
        operation,
        method,
        path,
        attempt,
        started_at,
        duration_ms,
        status,
        outcome,
        code,
        request,
        response,
    } = call;
    sqlx::query(RECORD)
        .bind(of.as_str())
        .bind(lane.map(|lane| lane.to_string()))
        .bind(vendor.as_str())
        .bind(operation)
        .bind(method)
        .bind(path)
        .bind(i64::from(attempt))
        .bind(micros(started_at))
        .bind(i64::try_from(duration_ms).unwrap_or(i64::MAX))
        .bind(status.map(i64::from))
        .bind(outcome.as_str())
        .bind(code)
        .bind(request)
        .bind(response)
        .bind(job)
        .bind(intent.map(|intent| intent.0))
        .execute(connection)
        .await?;
    Ok(())
}

/// A stored call.
pub(super) fn read(row: &SqlRow) -> Result<CallRecord, Fault> {
    let lane: Option<String> = row.try_get("lane")?;
    let vendor: String = row.try_get("vendor")?;
    let outcome: String = row.try_get("outcome")?;
    let status: Option<i64> = row.try_get("status")?;
    Ok(CallRecord {
        connection: row.try_get::<String, _>("connection")?.into(),
        lane: lane
            .map(|lane| lane.parse().map_err(|error| corrupt("lane", format!("{error}"))))
            .transpose()?,
        job: added_later(row.try_get("job"))?,
        intent: added_later(row.try_get("intent"))?.map(IntentKey),
        vendor: known("vendor", &vendor, Vendor::parse(&vendor))?,
        operation: row.try_get("operation")?,
        method: row.try_get("method")?,
        path: row.try_get("path")?,
        attempt: number("attempt", row.try_get("attempt")?)?,
        started_at: instant(row.try_get("started_at")?)?,
        duration_ms: u64::try_from(row.try_get::<i64, _>("duration_ms")?).unwrap_or(0),
        status: status.map(|status| number("status", status)).transpose()?,
        outcome: known("call outcome", &outcome, CallOutcome::parse(&outcome))?,
        code: row.try_get("code")?,
        request: row.try_get("request")?,
        response: row.try_get("response")?,
    })
}

/// A column that the file does not have while its owner is older than this reader.
fn added_later<Value>(found: Result<Option<Value>, sqlx::Error>) -> Result<Option<Value>, sqlx::Error> {
    match found {
        Err(sqlx::Error::ColumnNotFound(_)) => Ok(None),
        found => found,
    }
}
