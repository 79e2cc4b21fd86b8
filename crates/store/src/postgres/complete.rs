//! Giving back lanes whose work is done.

use std::sync::Arc;

use amz_services::failure::StoreError;
use amz_services::intent::Operation;
use amz_services::look::{Look, LookOutcome};
use amz_services::work::{Claim, LaneRequest};
use sqlx::postgres::PgConnection;

use super::batches::Batch;
use super::held::{Held, place};
use super::looks;
use super::marks::{Mark, mark};
use super::state::LeaseTime;
use crate::settle::passed_on;
use crate::stored::micros;
use crate::transaction::Fault;

/// Work that is done.
#[derive(Debug)]
pub(super) struct Completion {
    pub(super) claim: Claim,
    pub(super) look: Look,
    pub(super) redirect: Vec<LaneRequest>,
}

/// Removes the requests that were served, frees lanes on which others wait and removes the rest. Writes that may be
/// repeated and whose answer was lost are settled: a look that did not fail has seen their effect.
const SERVE: &str = "
    with done as materialized (
        select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bool[])
        as done (connection, lane, through, started_at, ended_at, settles)
    ), served as (
        delete from requests using done
        where requests.connection = done.connection and requests.lane = done.lane
        and requests.sequence <= done.through
        and (requests.counts_from is null or requests.counts_from <= done.started_at)
    ), waiting as materialized (
        select requests.connection, requests.lane,
               min(requests.due_at) as due_at, min(requests.urgency) as urgency
        from requests join done on requests.connection = done.connection and requests.lane = done.lane
        where requests.sequence > done.through or requests.counts_from > done.started_at
        group by requests.connection, requests.lane
    ), freed as (
        update lanes set owner = null, lease_until = null, attempts = 0,
            due_at = waiting.due_at, urgency = waiting.urgency
        from waiting where lanes.connection = waiting.connection and lanes.lane = waiting.lane
    ), settled as (
        update intents set state = 'done', settled_at = done.ended_at
        from done where done.settles and intents.connection = done.connection and intents.lane = done.lane
        and intents.state in ('sent', 'unclear') and intents.operation = any($7::text[])
    )
    delete from lanes using done
    where lanes.connection = done.connection and lanes.lane = done.lane and not exists (
        select 1 from waiting where waiting.connection = done.connection and waiting.lane = done.lane)";

impl Batch for Completion {
    async fn write(
        connection: &mut PgConnection,
        completions: &[Arc<Self>],
        time: LeaseTime,
    ) -> Result<Vec<Result<(), StoreError>>, Fault> {
        let leases = completions.iter().map(|completion| &completion.claim.lease);
        let redirects =
            completions.iter().flat_map(|completion| &completion.redirect).map(|request| &request.key);
        let mut held = Held::lock(connection, leases.clone(), redirects, time).await?;
        let outcomes: Vec<_> = leases.map(|lease| held.give_back(lease)).collect();
        let done: Vec<_> = completions
            .iter()
            .zip(&outcomes)
            .filter(|(_, held)| held.is_ok())
            .map(|(done, _)| done)
            .collect();
        if done.is_empty() {
            return Ok(outcomes);
        }
        serve(connection, &done).await?;
        let looks: Vec<_> = done.iter().map(|done| (&done.claim.lease, &done.look)).collect();
        looks::note(connection, &looks).await?;
        let redirected = done.iter().flat_map(|done| {
            done.redirect
                .iter()
                .map(|request| Mark { notices: passed_on(&done.claim, &request.key), ..Mark::of(request) })
        });
        mark(connection, &redirected.collect::<Vec<_>>()).await?;
        Ok(outcomes)
    }
}

async fn serve(connection: &mut PgConnection, done: &[&Arc<Completion>]) -> Result<(), Fault> {
    let (of, lanes): (Vec<_>, Vec<_>) = done.iter().map(|done| place(&done.claim.lease.key)).unzip();
    let repeatable = Operation::ALL.into_iter().filter(|operation| operation.is_repeatable());
    sqlx::query(SERVE)
        .bind(of)
        .bind(lanes)
        .bind(done.iter().map(|done| done.claim.through).collect::<Vec<_>>())
        .bind(done.iter().map(|done| micros(done.look.started_at)).collect::<Vec<_>>())
        .bind(done.iter().map(|done| micros(done.look.ended_at)).collect::<Vec<_>>())
        .bind(done.iter().map(|done| done.look.outcome != LookOutcome::Failed).collect::<Vec<_>>())
        .bind(repeatable.map(Operation::as_str).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}
