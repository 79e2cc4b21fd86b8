//! Taking work and giving it back: the port.

use std::time::Duration;

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::look::Look;
use amz_services::ports::Lanes;
use amz_services::work::{Claim, LaneRequest, Lease};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::claim::{Wanted, claim};
use super::complete::Completion;
use super::due::NEXT_DUE;
use super::held::place;
use super::postpone::Postponement;
use super::renew::Renewal;
use super::state::PostgresState;
use super::{pauses, turns};
use crate::stored::instant;
use crate::transaction::Fault;

/// How often, and after which wait, a lease is renewed again whose lane somebody has locked.
const RENEWED_AGAIN: usize = 20;
const BUSY_WAIT: Duration = Duration::from_millis(50);

#[async_trait]
impl Lanes for PostgresState {
    async fn claim(
        &self,
        owner: &str,
        now: DateTime<Utc>,
        lease_for: Duration,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        let wanted = Wanted { owner: owner.to_owned(), now, lease_for, limit };
        let time = self.lease_time();
        self.database
            .write_by_key(move |connection| Box::pin(async move { claim(connection, &wanted, time).await }))
            .await
    }

    async fn renew(&self, lease: &Lease, now: DateTime<Utc>, lease_for: Duration) -> Result<(), StoreError> {
        let renew = || self.batches.renewals.ask(Renewal { lease: lease.clone(), now, lease_for });
        // most who lock a lane do so for an instant: others who looked whether it may be taken
        for _ in 0..RENEWED_AGAIN {
            match renew().await {
                Err(StoreError::Unavailable { source: None, .. }) => tokio::time::sleep(BUSY_WAIT).await,
                renewed => return renewed,
            }
        }
        renew().await
    }

    async fn complete(
        &self,
        claim: &Claim,
        look: &Look,
        redirect: Vec<LaneRequest>,
    ) -> Result<(), StoreError> {
        let (claim, look) = (claim.clone(), look.clone());
        self.batches.completions.ask(Completion { claim, look, redirect }).await
    }

    async fn postpone(
        &self,
        claim: &Claim,
        look: &Look,
        at: DateTime<Utc>,
        failed: bool,
    ) -> Result<(), StoreError> {
        let (claim, look) = (claim.clone(), look.clone());
        self.batches.postponements.ask(Postponement { claim, look, at, failed }).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.clone();
        self.write(move |connection| {
            Box::pin(async move {
                let (of, lane) = place(&lease.key);
                sqlx::query(
                    "update lanes set owner = null, lease_until = null
                     where connection = $1 and lane = $2 and owner = $3 and fence = $4",
                )
                .bind(of)
                .bind(lane)
                .bind(lease.owner)
                .bind(lease.fence)
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn set_weights(&self, weights: &[(ConnectionName, u32)]) -> Result<(), StoreError> {
        let mut weights = weights.to_vec();
        // the order in which claims lock them
        weights.sort();
        self.write(move |connection| Box::pin(async move { turns::set_weights(connection, &weights).await }))
            .await
    }

    async fn next_due(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let asked = self.database.in_time(async {
            let mut reader = self.database.begin_by_key().await?;
            Ok::<_, Fault>(sqlx::query_scalar(NEXT_DUE).fetch_one(&mut *reader).await?)
        });
        let due: Option<i64> = asked.await?;
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
