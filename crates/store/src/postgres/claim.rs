//! Taking work.

use std::collections::HashMap;
use std::time::Duration;

use amz_services::failure::StoreError;
use amz_services::work::{Claim, LaneKey, Lease};
use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;

use super::asked::asked_of;
use super::due::{CONTENDERS, TAKE};
use super::held::place;
use super::state::LeaseTime;
use super::turns::{Turns, turns};
use crate::fair_turns::{Allotment, Contender, allot};
use crate::stored::{corrupt, instant, later, micros};
use crate::transaction::Fault;

/// Who wants how much, from when on.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) owner: String,
    pub(super) now: DateTime<Utc>,
    pub(super) lease_for: Duration,
    pub(super) limit: u32,
}

/// In the order of their names, so that two who claim at once do not wait for each other. What others were given
/// meanwhile counts too.
const ADVANCE: &str = "
    with served as materialized (
        select * from unnest($1::text[], $2::bigint[], $3::bigint[]) as served (connection, start, way)
    ), added as (
        insert into turns (connection, pass) select connection, start + way from served
        order by connection collate \"C\" on conflict (connection) do nothing
    ), known as materialized (
        select turns.connection, served.start, served.way
        from turns join served on turns.connection = served.connection
        order by turns.connection for update of turns
    )
    update turns set pass = greatest(turns.pass, known.start) + known.way
    from known where turns.connection = known.connection";

/// Leases due lanes. The number of statements does not depend on how many lanes are taken.
pub(super) async fn claim(
    connection: &mut PgConnection,
    wanted: &Wanted,
    time: LeaseTime,
) -> Result<Vec<Claim>, Fault> {
    if wanted.limit == 0 {
        return Ok(Vec::new());
    }
    let given = (time == LeaseTime::Caller).then(|| micros(wanted.now));
    let due: Vec<(String, i64, i64, i64)> = sqlx::query_as(CONTENDERS)
        .bind(given)
        .bind(i64::from(wanted.limit))
        .fetch_all(&mut *connection)
        .await?;
    let Some((.., now)) = due.first() else { return Ok(Vec::new()) };
    let now = instant(*now)?;
    let turns = turns(connection).await?;
    let allotments = allot(&contenders(due, &turns), turns.floor(), wanted.limit);
    let claims = take(connection, wanted, &allotments, now).await?;
    let claims = with_what_is_asked(connection, claims).await?;
    advance(connection, &allotments, &claims).await?;
    Ok(claims)
}

fn contenders(due: Vec<(String, i64, i64, i64)>, turns: &Turns) -> Vec<Contender> {
    let contender = |(connection, lanes, first, _): (String, i64, i64, i64)| {
        let (weight, pass) = turns.of(&connection);
        Contender { connection, weight, pass, due: u32::try_from(lanes).unwrap_or(u32::MAX), first }
    };
    due.into_iter().map(contender).collect()
}

/// Leases, without what is asked.
async fn take(
    connection: &mut PgConnection,
    wanted: &Wanted,
    allotments: &[Allotment],
    now: DateTime<Utc>,
) -> Result<Vec<Claim>, Fault> {
    let rows: Vec<(String, String, i64, i64, i64)> = sqlx::query_as(TAKE)
        .bind(allotments.iter().map(|allotment| allotment.connection.as_str()).collect::<Vec<_>>())
        .bind(allotments.iter().map(|allotment| i64::from(allotment.lanes)).collect::<Vec<_>>())
        .bind(micros(now))
        .bind(&wanted.owner)
        .bind(micros(later(now, wanted.lease_for)))
        .fetch_all(connection)
        .await?;
    let claim = |(of, lane, fence, attempts, through): (String, String, _, i64, _)| {
        let lane = lane.parse().map_err(|error| corrupt("lane", format!("{error}")))?;
        let key = LaneKey { connection: of.into(), lane };
        Ok::<_, StoreError>(Claim {
            lease: Lease { key, owner: wanted.owner.clone(), fence },
            asks: Vec::new(),
            notices: Vec::new(),
            through,
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        })
    };
    Ok(rows.into_iter().map(claim).collect::<Result<_, _>>()?)
}

/// Moves the passes of connections on by what they were given.
async fn advance(
    connection: &mut PgConnection,
    allotments: &[Allotment],
    claims: &[Claim],
) -> Result<(), Fault> {
    let mut taken: HashMap<&str, u32> = HashMap::new();
    for claim in claims {
        *taken.entry(claim.lease.key.connection.as_str()).or_default() += 1;
    }
    let served = allotments.iter().filter_map(|allotment| {
        let taken = taken.get(allotment.connection.as_str())?;
        let start = allotment.pass_after(0);
        Some((allotment.connection.as_str(), start, allotment.pass_after(*taken).saturating_sub(start)))
    });
    let (mut of, mut starts, mut ways) = (Vec::new(), Vec::new(), Vec::new());
    for (connection, start, way) in served {
        of.push(connection);
        starts.push(start);
        ways.push(way);
    }
    sqlx::query(ADVANCE).bind(of).bind(starts).bind(ways).execute(connection).await?;
    Ok(())
}

/// The lanes are ours: nobody adds to them until the commit, so that what is read is what is taken.
async fn with_what_is_asked(
    connection: &mut PgConnection,
    mut claims: Vec<Claim>,
) -> Result<Vec<Claim>, Fault> {
    let mut known = asked_of(connection, claims.iter().map(|claim| &claim.lease.key)).await?;
    for claim in &mut claims {
        let asked = known.remove(&place(&claim.lease.key)).unwrap_or_default();
        claim.asks = asked.asks;
        claim.notices = asked.notices;
    }
    Ok(claims)
}
