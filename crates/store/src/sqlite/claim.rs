//! Which due lanes a claim takes, and taking them.

use amz_services::ports::lanes::without_repeats;
use amz_services::work::{Claim, LaneKey, Lease};
use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteConnection;

use super::due::{CONTENDERS, DUE_LANES};
use super::marks::notices_of;
use super::requests::asks_of;
use super::turns::{advance, turns};
use crate::fair_turns::{Allotment, Contender, allot};
use crate::stored::{corrupt, micros};
use crate::transaction::Fault;

/// Leases up to `limit` due lanes for `owner` until `until`.
pub(super) async fn claim(
    connection: &mut SqliteConnection,
    owner: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Claim>, Fault> {
    let mut due: Vec<DueLane> = Vec::new();
    for share in shares(connection, now, limit).await? {
        let of_one = sqlx::query_as(DUE_LANES).bind(micros(now)).bind(share.lanes).bind(&share.connection);
        due.extend(of_one.fetch_all(&mut *connection).await?);
        advance(connection, &share.connection, share.pass_after(share.lanes)).await?;
    }
    if due.is_empty() {
        return Ok(Vec::new());
    }
    due.sort();
    let fence: i64 =
        sqlx::query_scalar("update fences set value = value + 1 where name = 'lanes' returning value")
            .fetch_one(&mut *connection)
            .await?;
    let mut claims = Vec::with_capacity(due.len());
    for (_, of, lane, attempts, through) in due {
        sqlx::query(
            "update lanes set owner = $1, fence = $2, lease_until = $3 where connection = $4 and lane = $5",
        )
        .bind(owner)
        .bind(fence)
        .bind(micros(until))
        .bind(&of)
        .bind(&lane)
        .execute(&mut *connection)
        .await?;
        let asks = without_repeats(asks_of(connection, &of, &lane).await?);
        let notices = notices_of(connection, &of, &lane).await?;
        let key = LaneKey {
            connection: of.into(),
            lane: lane.parse().map_err(|error| corrupt("lane", format!("{error}")))?,
        };
        claims.push(Claim {
            lease: Lease { key, owner: owner.to_owned(), fence },
            asks,
            notices,
            through,
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        });
    }
    Ok(claims)
}

/// Its place in the order of due work, connection, lane, failed tries, last request.
type DueLane = (i64, String, String, i64, i64);

/// How many lanes each connection gets of a claim.
async fn shares(
    connection: &mut SqliteConnection,
    now: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Allotment>, Fault> {
    let due: Vec<(String, i64, i64)> =
        sqlx::query_as(CONTENDERS).bind(micros(now)).bind(limit).fetch_all(&mut *connection).await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let turns = turns(connection).await?;
    let contenders: Vec<Contender> = due
        .into_iter()
        .map(|(connection, first, due)| {
            let (weight, pass) = turns.of(&connection);
            Contender { connection, weight, pass, due: u32::try_from(due).unwrap_or(u32::MAX), first }
        })
        .collect();
    Ok(allot(&contenders, turns.floor(), limit))
}
