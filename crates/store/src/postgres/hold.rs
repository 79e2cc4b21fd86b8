//! Whether a lane is still held by the one who writes.

use amz_services::work::Lease;
use sqlx::postgres::PgConnection;

use super::state::LeaseTime;
use crate::transaction::{Fault, lost};

/// Whether the lease still lasts by the database's clock; nothing when somebody else has the lane.
const HELD: &str = "
    select lease_until > cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) from lanes
    where connection = $1 and lane = $2 and owner = $3 and fence = $4";

/// The same, and nobody takes the lane before this transaction ends.
const HOLD: &str = "
    select lease_until > cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) from lanes
    where connection = $1 and lane = $2 and owner = $3 and fence = $4 for update";

/// Refuses work of somebody who no longer holds the lane. In the database's time, whose lease has lapsed is refused even
/// when nobody has taken the lane yet: it may be taken at any moment.
///
/// Must be the first statement of every fenced write.
pub(super) async fn hold(connection: &mut PgConnection, lease: &Lease, time: LeaseTime) -> Result<(), Fault> {
    judge(HOLD, connection, lease, time).await
}

/// Tells somebody who writes nothing whether the lane is still theirs. Locks nothing, which would be a write.
pub(super) async fn still_held(
    connection: &mut PgConnection,
    lease: &Lease,
    time: LeaseTime,
) -> Result<(), Fault> {
    judge(HELD, connection, lease, time).await
}

async fn judge(
    statement: &'static str,
    connection: &mut PgConnection,
    lease: &Lease,
    time: LeaseTime,
) -> Result<(), Fault> {
    let lasts: Option<bool> = sqlx::query_scalar(statement)
        .bind(lease.key.connection.as_str())
        .bind(lease.key.lane.to_string())
        .bind(&lease.owner)
        .bind(lease.fence)
        .fetch_optional(connection)
        .await?;
    match (lasts, time) {
        (Some(true), LeaseTime::Database) | (Some(_), LeaseTime::Caller) => Ok(()),
        (Some(false), LeaseTime::Database) | (None, _) => Err(lost(lease)),
    }
}
