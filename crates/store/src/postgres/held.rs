//! Many lanes whose holders write in one transaction.

use std::collections::{BTreeSet, HashMap};

use amz_services::failure::StoreError;
use amz_services::work::{LaneKey, Lease};
use sqlx::postgres::PgConnection;

use super::state::LeaseTime;
use crate::transaction::{Fault, lost};

/// Lanes in the order of their keys, so that two who lock the same lanes do not wait for each other.
macro_rules! lanes {
    ($lock:literal) => {
        concat!(
            "select lanes.connection, lanes.lane, lanes.owner, lanes.fence,
                    coalesce(lanes.lease_until > cast(extract(epoch from clock_timestamp()) * 1000000 as bigint), false)
             from lanes join unnest($1::text[], $2::text[]) as wanted (connection, lane)
             on lanes.connection = wanted.connection and lanes.lane = wanted.lane
             order by lanes.connection, lanes.lane ",
            $lock
        )
    };
}

const LOCK: &str = lanes!("for update of lanes");
const LOCK_FREE: &str = lanes!("for update of lanes skip locked");
const LOOK: &str = lanes!("");

/// The rows stay locked until the commit, so that nobody takes a lane while its holder writes.
#[derive(Debug)]
pub(super) struct Held {
    lanes: HashMap<(String, String), (String, i64)>,
}

impl Held {
    /// Locks the lanes of leases, and those of `others` that are about to be marked. In the database's time, a lapsed
    /// lease holds nothing even when nobody else has taken the lane yet.
    ///
    /// Must be the first statement of every fenced write: those that follow see what was committed before the lock.
    pub(super) async fn lock<'lanes>(
        connection: &mut PgConnection,
        leases: impl Iterator<Item = &'lanes Lease>,
        others: impl Iterator<Item = &'lanes LaneKey>,
        time: LeaseTime,
    ) -> Result<Self, Fault> {
        Self::found(LOCK, connection, leases.map(|lease| &lease.key).chain(others), time).await
    }

    /// The same for lanes that nobody else has locked at the moment; waits for none.
    pub(super) async fn lock_free<'lanes>(
        connection: &mut PgConnection,
        leases: impl Iterator<Item = &'lanes Lease>,
        time: LeaseTime,
    ) -> Result<Self, Fault> {
        Self::found(LOCK_FREE, connection, leases.map(|lease| &lease.key), time).await
    }

    /// How lanes are, whoever has them locked.
    pub(super) async fn look<'lanes>(
        connection: &mut PgConnection,
        leases: impl Iterator<Item = &'lanes Lease>,
        time: LeaseTime,
    ) -> Result<Self, Fault> {
        Self::found(LOOK, connection, leases.map(|lease| &lease.key), time).await
    }

    async fn found<'lanes>(
        statement: &'static str,
        connection: &mut PgConnection,
        lanes: impl Iterator<Item = &'lanes LaneKey>,
        time: LeaseTime,
    ) -> Result<Self, Fault> {
        let wanted: BTreeSet<_> = lanes.map(place).collect();
        let (connections, names): (Vec<_>, Vec<_>) = wanted.into_iter().unzip();
        let rows: Vec<(String, String, Option<String>, i64, bool)> =
            sqlx::query_as(statement).bind(connections).bind(names).fetch_all(connection).await?;
        let mut lanes = HashMap::with_capacity(rows.len());
        for (of, lane, owner, fence, lasts) in rows {
            if let Some(owner) = owner.filter(|_| lasts || time == LeaseTime::Caller) {
                lanes.insert((of, lane), (owner, fence));
            }
        }
        Ok(Self { lanes })
    }

    /// True when the lane is held under this lease.
    pub(super) fn is_held(&self, lease: &Lease) -> bool {
        self.lanes
            .get(&place(&lease.key))
            .is_some_and(|(owner, fence)| *owner == lease.owner && *fence == lease.fence)
    }

    /// Whose lease holds gives the lane back: from here on it holds no longer.
    pub(super) fn give_back(&mut self, lease: &Lease) -> Result<(), StoreError> {
        if self.is_held(lease) {
            self.lanes.remove(&place(&lease.key));
            Ok(())
        } else {
            Err(lost(lease).0)
        }
    }
}

/// Connection and text form.
pub(super) fn place(key: &LaneKey) -> (String, String) {
    (key.connection.to_string(), key.lane.to_string())
}
