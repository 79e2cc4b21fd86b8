//! Taking work and giving it back.

use std::time::Duration;

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::intent::Operation;
use amz_services::look::{Look, LookOutcome};
use amz_services::ports::lanes::Lanes;
use amz_services::urgency::Urgency;
use amz_services::work::{Ask, Claim, LaneKey, LaneRequest, Lease};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteConnection;

use super::claim::claim;
use super::due::NEXT_DUE;
use super::echoes;
use super::hold::hold;
use super::marks::{Cause, mark_one};
use super::requests::asks_of;
use super::state::{LeaseTime, SqliteState};
use super::{pauses, turns};
use crate::settle::passed_on;
use crate::stored::{instant, later, micros, to_json};
use crate::transaction::{Fault, lost};

#[async_trait]
impl Lanes for SqliteState {
    async fn claim(
        &self,
        owner: &str,
        now: DateTime<Utc>,
        lease_for: Duration,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        let owner = owner.to_owned();
        let until = later(now, lease_for);
        self.writer
            .write(move |connection| {
                Box::pin(async move { claim(connection, &owner, now, until, limit).await })
            })
            .await
    }

    async fn renew(&self, lease: &Lease, now: DateTime<Utc>, lease_for: Duration) -> Result<(), StoreError> {
        let (lease, until) = (lease.clone(), later(now, lease_for));
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let lane = lease.key.lane.to_string();
                    let renewed = sqlx::query(
                        "update lanes set lease_until = $1
                         where connection = $2 and lane = $3 and owner = $4 and fence = $5",
                    )
                    .bind(micros(until))
                    .bind(lease.key.connection.as_str())
                    .bind(lane)
                    .bind(&lease.owner)
                    .bind(lease.fence)
                    .execute(connection)
                    .await?;
                    if renewed.rows_affected() == 1 { Ok(()) } else { Err(lost(&lease)) }
                })
            })
            .await
    }

    async fn complete(
        &self,
        claim: &Claim,
        look: &Look,
        redirect: Vec<LaneRequest>,
    ) -> Result<(), StoreError> {
        let (claim, look) = (claim.clone(), look.clone());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    complete(connection, &claim, look.started_at).await?;
                    if look.outcome != LookOutcome::Failed {
                        settle_repeatable(connection, &claim.lease.key, look.ended_at).await?;
                    }
                    note_look(connection, &claim.lease, &look).await?;
                    for request in &redirect {
                        let cause = Cause { counts_from: None, notices: passed_on(&claim, &request.key) };
                        mark_one(connection, request, &cause).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn postpone(
        &self,
        claim: &Claim,
        look: &Look,
        at: DateTime<Utc>,
        failed: bool,
    ) -> Result<(), StoreError> {
        let (claim, look) = (claim.clone(), look.clone());
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    postpone(connection, &claim, at, failed).await?;
                    note_look(connection, &claim.lease, &look).await
                })
            })
            .await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "update lanes set owner = null, lease_until = null
                         where connection = $1 and lane = $2 and owner = $3 and fence = $4",
                    )
                    .bind(lease.key.connection.as_str())
                    .bind(lease.key.lane.to_string())
                    .bind(&lease.owner)
                    .bind(lease.fence)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    async fn set_weights(&self, weights: &[(ConnectionName, u32)]) -> Result<(), StoreError> {
        let weights = weights.to_vec();
        self.writer
            .write(move |connection| Box::pin(async move { turns::set_weights(connection, &weights).await }))
            .await
    }

    async fn next_due(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let due: Option<i64> =
            sqlx::query_scalar(NEXT_DUE).fetch_one(&self.readers).await.map_err(Fault::from)?;
        due.map(instant).transpose()
    }

    async fn pause(
        &self,
        connection: &ConnectionName,
        until: DateTime<Utc>,
        code: &str,
    ) -> Result<bool, StoreError> {
        let (paused, code) = (connection.clone(), code.to_owned());
        self.write(move |connection| {
            Box::pin(async move { pauses::pause(connection, &paused, until, &code).await })
        })
        .await
    }

    async fn resume(&self, connection: &ConnectionName) -> Result<Option<String>, StoreError> {
        let paused = connection.clone();
        self.write(move |connection| Box::pin(async move { pauses::resume(connection, &paused).await })).await
    }

    async fn resume_if(&self, connection: &ConnectionName, code: &str) -> Result<bool, StoreError> {
        let (paused, code) = (connection.clone(), code.to_owned());
        self.write(move |connection| {
            Box::pin(async move { pauses::resume_if(connection, &paused, &code).await })
        })
        .await
    }
}

async fn complete(
    connection: &mut SqliteConnection,
    claim: &Claim,
    looked_at: DateTime<Utc>,
) -> Result<(), Fault> {
    hold(connection, &claim.lease, LeaseTime).await?;
    let LaneKey { connection: of, lane } = &claim.lease.key;
    let lane = lane.to_string();
    sqlx::query(
        "delete from requests where connection = $1 and lane = $2 and sequence <= $3
         and (counts_from is null or counts_from <= $4)",
    )
    .bind(of.as_str())
    .bind(&lane)
    .bind(claim.through)
    .bind(micros(looked_at))
    .execute(&mut *connection)
    .await?;
    match waiting_after(connection, &claim.lease.key, 0).await? {
        (Some(due_at), urgency) => free(connection, &claim.lease.key, (due_at, urgency), 0).await,
        (None, _) => {
            sqlx::query("delete from lanes where connection = $1 and lane = $2")
                .bind(of.as_str())
                .bind(&lane)
                .execute(connection)
                .await?;
            Ok(())
        }
    }
}

/// Writes that may be repeated and whose answer was lost: a settled look has seen their effect.
async fn settle_repeatable(
    connection: &mut SqliteConnection,
    key: &LaneKey,
    at: DateTime<Utc>,
) -> Result<(), Fault> {
    let unsettled: Vec<(String, String)> = sqlx::query_as(
        "select intent, operation from intents
         where connection = $1 and lane = $2 and state in ('sent', 'unclear')",
    )
    .bind(key.connection.as_str())
    .bind(key.lane.to_string())
    .fetch_all(&mut *connection)
    .await?;
    for (intent, operation) in unsettled {
        if Operation::parse(&operation).is_some_and(Operation::is_repeatable) {
            sqlx::query(
                "update intents set state = 'done', settled_at = $1 where connection = $2 and intent = $3",
            )
            .bind(micros(at))
            .bind(key.connection.as_str())
            .bind(intent)
            .execute(&mut *connection)
            .await?;
        }
    }
    Ok(())
}

async fn postpone(
    connection: &mut SqliteConnection,
    claim: &Claim,
    at: DateTime<Utc>,
    failed: bool,
) -> Result<(), Fault> {
    hold(connection, &claim.lease, LeaseTime).await?;
    let key = &claim.lease.key;
    let waiting: Vec<Ask> = asks_of(connection, key.connection.as_str(), &key.lane.to_string()).await?;
    for ask in claim.asks.iter().filter(|ask| !waiting.contains(ask)) {
        let request = LaneRequest { key: key.clone(), ask: ask.clone(), due_at: at, notice: None };
        let cause = Cause { counts_from: None, notices: &claim.notices };
        mark_one(connection, &request, &cause).await?;
    }
    let (arrived, _) = waiting_after(connection, key, claim.through).await?;
    let (_, urgency) = waiting_after(connection, key, 0).await?;
    let due_at = arrived.map_or(micros(at), |arrived| arrived.min(micros(at)));
    free(connection, key, (due_at, urgency), if failed { claim.attempts.saturating_add(1) } else { 0 }).await
}

/// When the first of the requests that came after another one is due, and how urgent the most urgent of them is.
async fn waiting_after(
    connection: &mut SqliteConnection,
    key: &LaneKey,
    sequence: i64,
) -> Result<(Option<i64>, u8), Fault> {
    let (due_at, urgency): (Option<i64>, Option<u8>) = sqlx::query_as(
        "select min(due_at), min(urgency) from requests where connection = $1 and lane = $2 and sequence > $3",
    )
    .bind(key.connection.as_str())
    .bind(key.lane.to_string())
    .bind(sequence)
    .fetch_one(connection)
    .await?;
    Ok((due_at, urgency.unwrap_or(Urgency::default().rank())))
}

async fn free(
    connection: &mut SqliteConnection,
    key: &LaneKey,
    (due_at, urgency): (i64, u8),
    attempts: u32,
) -> Result<(), Fault> {
    sqlx::query(
        "update lanes set owner = null, lease_until = null, due_at = $1, urgency = $2, attempts = $3
         where connection = $4 and lane = $5",
    )
    .bind(due_at)
    .bind(urgency)
    .bind(attempts)
    .bind(key.connection.as_str())
    .bind(key.lane.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

async fn note_look(connection: &mut SqliteConnection, lease: &Lease, look: &Look) -> Result<(), Fault> {
    let Look { started_at, ended_at, asks, notices, lines, echoes, outcome } = look;
    for what in echoes {
        echoes::note(connection, &lease.key, Some(lease.fence), *ended_at, what).await?;
    }
    sqlx::query(
        "insert into looks (connection, lane, fence, started_at, ended_at, asks, lines, outcome, notices)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(lease.key.connection.as_str())
    .bind(lease.key.lane.to_string())
    .bind(lease.fence)
    .bind(micros(*started_at))
    .bind(micros(*ended_at))
    .bind(to_json("asks", asks)?)
    .bind(to_json("look", lines)?)
    .bind(outcome.as_str())
    .bind((!notices.is_empty()).then(|| to_json("notices", notices)).transpose()?)
    .execute(connection)
    .await?;
    Ok(())
}
