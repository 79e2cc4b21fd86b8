//! Making leases last.

use std::sync::Arc;
use std::time::Duration;

use amz_services::failure::StoreError;
use amz_services::work::Lease;
use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;

use super::batches::Batch;
use super::held::{Held, place};
use super::state::LeaseTime;
use crate::stored::{later, micros};
use crate::transaction::{Fault, lost};

/// A lease that shall last from now on.
#[derive(Debug)]
pub(super) struct Renewal {
    pub(super) lease: Lease,
    pub(super) now: DateTime<Utc>,
    pub(super) lease_for: Duration,
}

const RENEW: &str = "
    update lanes set lease_until = renewed.until
    from unnest($1::text[], $2::text[], $3::bigint[]) as renewed (connection, lane, until)
    where lanes.connection = renewed.connection and lanes.lane = renewed.lane";

impl Batch for Renewal {
    async fn write(
        connection: &mut PgConnection,
        renewals: &[Arc<Self>],
        time: LeaseTime,
    ) -> Result<Vec<Result<(), StoreError>>, Fault> {
        let leases = renewals.iter().map(|renewal| &renewal.lease);
        // a lane that somebody has locked would let all others of this process lapse: those are renewed without it
        sqlx::query("set local lock_timeout = '2s'").execute(&mut *connection).await?;
        let held = Held::lock_free(connection, leases.clone(), time).await?;
        let locked = match leases.clone().all(|lease| held.is_held(lease)) {
            true => None,
            false => Some(Held::look(connection, leases, time).await?),
        };
        let renewed: Vec<_> = renewals.iter().filter(|renewal| held.is_held(&renewal.lease)).collect();
        if let Some(first) = renewed.first() {
            let now = time.now(connection, first.now).await?;
            let until = |renewal: &Renewal| match time {
                LeaseTime::Database => later(now, renewal.lease_for),
                LeaseTime::Caller => later(renewal.now, renewal.lease_for),
            };
            let (of, lanes): (Vec<_>, Vec<_>) =
                renewed.iter().map(|renewal| place(&renewal.lease.key)).unzip();
            sqlx::query(RENEW)
                .bind(of)
                .bind(lanes)
                .bind(renewed.iter().map(|renewal| micros(until(renewal))).collect::<Vec<_>>())
                .execute(connection)
                .await?;
        }
        let answer = |renewal: &Arc<Renewal>| {
            let lease = &renewal.lease;
            match &locked {
                _ if held.is_held(lease) => Ok(()),
                Some(locked) if locked.is_held(lease) => Err(busy(lease)),
                _ => Err(lost(lease).0),
            }
        };
        Ok(renewals.iter().map(answer).collect())
    }
}

/// The answer to who has the lane and may ask again: the lease is as it was.
fn busy(lease: &Lease) -> StoreError {
    let message = format!("{} is locked by another transaction; renew its lease again", lease.key);
    StoreError::Unavailable { message, source: None }
}
