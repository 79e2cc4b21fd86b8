//! Giving back lanes whose work must go on later.

use std::collections::HashMap;
use std::sync::Arc;

use amz_services::failure::StoreError;
use amz_services::look::Look;
use amz_services::work::{Claim, LaneRequest};
use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;

use super::asked::asked_of;
use super::batches::Batch;
use super::held::{Held, place};
use super::looks;
use super::marks::{Mark, mark};
use super::state::LeaseTime;
use crate::stored::micros;
use crate::transaction::Fault;

/// Work that must go on at an instant.
#[derive(Debug)]
pub(super) struct Postponement {
    pub(super) claim: Claim,
    pub(super) look: Look,
    pub(super) at: DateTime<Utc>,
    pub(super) failed: bool,
}

/// A request that came after the claim may be due earlier.
const PUT_BACK: &str = "
    with late as materialized (
        select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
        as late (connection, lane, through, due_at, attempts)
    ), waiting as materialized (
        select late.connection, late.lane, min(requests.urgency) as urgency,
               min(requests.due_at) filter (where requests.sequence > late.through) as due_at
        from late join requests on requests.connection = late.connection and requests.lane = late.lane
        group by late.connection, late.lane
    )
    update lanes set owner = null, lease_until = null, attempts = late.attempts,
        due_at = least(late.due_at, waiting.due_at), urgency = coalesce(waiting.urgency, 1)
    from late left join waiting on waiting.connection = late.connection and waiting.lane = late.lane
    where lanes.connection = late.connection and lanes.lane = late.lane";

impl Batch for Postponement {
    async fn write(
        connection: &mut PgConnection,
        postponements: &[Arc<Self>],
        time: LeaseTime,
    ) -> Result<Vec<Result<(), StoreError>>, Fault> {
        let leases = postponements.iter().map(|postponement| &postponement.claim.lease);
        let mut held = Held::lock(connection, leases.clone(), std::iter::empty(), time).await?;
        let outcomes: Vec<_> = leases.map(|lease| held.give_back(lease)).collect();
        let late: Vec<_> = postponements
            .iter()
            .zip(&outcomes)
            .filter(|(_, held)| held.is_ok())
            .map(|(late, _)| &**late)
            .collect();
        if late.is_empty() {
            return Ok(outcomes);
        }
        mark_carried(connection, &late).await?;
        put_back(connection, &late).await?;
        let looks: Vec<_> = late.iter().map(|late| (&late.claim.lease, &late.look)).collect();
        looks::note(connection, &looks).await?;
        Ok(outcomes)
    }
}

/// Asks that a claim carries and nobody has asked for.
async fn mark_carried(connection: &mut PgConnection, late: &[&Postponement]) -> Result<(), Fault> {
    let waiting: HashMap<_, _> = asked_of(connection, late.iter().map(|late| &late.claim.lease.key)).await?;
    let carried = late.iter().flat_map(|late| {
        let asked = waiting.get(&place(&late.claim.lease.key));
        let is_new = move |ask: &&_| asked.is_none_or(|asked| !asked.asks.contains(ask));
        late.claim.asks.iter().filter(is_new).map(move |ask| (late, ask))
    });
    let requests: Vec<_> = carried
        .map(|(late, ask)| {
            let key = late.claim.lease.key.clone();
            (late, LaneRequest { key, ask: ask.clone(), due_at: late.at, notice: None })
        })
        .collect();
    let marks = requests
        .iter()
        .map(|(late, request)| Mark { notices: &late.claim.notices, ..Mark::of(request) })
        .collect::<Vec<_>>();
    mark(connection, &marks).await
}

async fn put_back(connection: &mut PgConnection, late: &[&Postponement]) -> Result<(), Fault> {
    let (of, lanes): (Vec<_>, Vec<_>) = late.iter().map(|late| place(&late.claim.lease.key)).unzip();
    let attempts = |late: &&Postponement| if late.failed { late.claim.attempts.saturating_add(1) } else { 0 };
    sqlx::query(PUT_BACK)
        .bind(of)
        .bind(lanes)
        .bind(late.iter().map(|late| late.claim.through).collect::<Vec<_>>())
        .bind(late.iter().map(|late| micros(late.at)).collect::<Vec<_>>())
        .bind(late.iter().map(|late| i64::from(attempts(late))).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}
