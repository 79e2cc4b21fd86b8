//! Whether a lane is still held by the one who writes.

use amz_services::work::Lease;
use sqlx::sqlite::SqliteConnection;

use super::state::LeaseTime;
use crate::transaction::{Fault, lost};

/// Refuses work of somebody who no longer holds the lane.
///
/// Must be the first statement of every fenced write.
pub(super) async fn hold(
    connection: &mut SqliteConnection,
    lease: &Lease,
    _: LeaseTime,
) -> Result<(), Fault> {
    let held: Option<i64> = sqlx::query_scalar(
        "select 1 from lanes where connection = $1 and lane = $2 and owner = $3 and fence = $4",
    )
    .bind(lease.key.connection.as_str())
    .bind(lease.key.lane.to_string())
    .bind(&lease.owner)
    .bind(lease.fence)
    .fetch_optional(connection)
    .await?;
    held.map(|_| ()).ok_or_else(|| lost(lease))
}

/// Tells somebody who writes nothing whether the lane is still theirs.
pub(super) use hold as still_held;
