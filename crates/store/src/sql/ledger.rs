//! Links, intents and parked items of a lane.

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::intent::{Intent, IntentChange, IntentKey, NewIntent, Operation};
use amz_services::link::{Link, LinkKey};
use amz_services::parking::{Parked, Reason};
use amz_services::ports::ledger::{Ledger, OwnWrites, WriteWindow};
use amz_services::work::{Lane, LaneKey, Lease};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::SqlConnection;
use super::State;
use super::hold::hold;
use super::intents;
use super::parked;
use crate::stored::{corrupt, from_json, to_json};
use crate::transaction::Fault;

#[async_trait]
impl Ledger for State {
    async fn links(&self, key: &LaneKey) -> Result<Vec<Link>, StoreError> {
        let links: Vec<String> = sqlx::query_scalar(
            "select link from links where connection = $1 and lane = $2 order by kind, amazon_id",
        )
        .bind(key.connection.as_str())
        .bind(key.lane.to_string())
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(Fault::from)?;
        links.iter().map(|link| from_json("link", link)).collect()
    }

    async fn lane_of(&self, connection: &ConnectionName, link: &LinkKey) -> Result<Option<Lane>, StoreError> {
        let (kind, amazon_id) = link.parts();
        let lane: Option<String> = sqlx::query_scalar(
            "select lane from links where connection = $1 and kind = $2 and amazon_id = $3",
        )
        .bind(connection.as_str())
        .bind(kind)
        .bind(amazon_id)
        .fetch_optional(&mut *self.reader().await?)
        .await
        .map_err(Fault::from)?;
        lane.map(|lane| lane.parse().map_err(|error| corrupt("lane", format!("{error}")))).transpose()
    }

    async fn write_links(&self, lease: &Lease, links: &[Link]) -> Result<(), StoreError> {
        let (lease, links, time) = (lease.clone(), links.to_vec(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                hold(connection, &lease, time).await?;
                write_links(connection, &lease.key, &links).await
            })
        })
        .await
    }

    async fn unsettled(&self, key: &LaneKey) -> Result<Vec<Intent>, StoreError> {
        Ok(intents::unsettled(&mut *self.reader().await?, key).await?)
    }

    async fn plan(&self, lease: &Lease, intent: &NewIntent, at: DateTime<Utc>) -> Result<Intent, StoreError> {
        let (lease, intent, time) = (lease.clone(), intent.clone(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                hold(connection, &lease, time).await?;
                intents::plan(connection, &lease.key, &intent, at).await
            })
        })
        .await
    }

    async fn change(
        &self,
        lease: &Lease,
        intent: &IntentKey,
        change: &IntentChange,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (lease, intent, change, time) =
            (lease.clone(), intent.clone(), change.clone(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                hold(connection, &lease, time).await?;
                intents::change(connection, &lease.key, &intent, &change, at).await?;
                match &change {
                    IntentChange::Done { result: _, links } => {
                        write_links(connection, &lease.key, links).await
                    }
                    IntentChange::Sent
                    | IntentChange::NotSent
                    | IntentChange::Unclear
                    | IntentChange::LookedUp
                    | IntentChange::Refused { .. } => Ok(()),
                }
            })
        })
        .await
    }

    async fn park(
        &self,
        lease: &Lease,
        subject: &str,
        reason: &Reason,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let (lease, subject, reason, time) =
            (lease.clone(), subject.to_owned(), reason.clone(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                hold(connection, &lease, time).await?;
                parked::park(connection, &lease.key, &subject, &reason, at).await
            })
        })
        .await
    }

    async fn unpark(&self, lease: &Lease, subject: &str, at: DateTime<Utc>) -> Result<bool, StoreError> {
        let (lease, subject, time) = (lease.clone(), subject.to_owned(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                hold(connection, &lease, time).await?;
                parked::unpark(connection, &lease.key, &subject, at).await
            })
        })
        .await
    }

    async fn parked(&self, key: &LaneKey) -> Result<Vec<Parked>, StoreError> {
        let mut reader = self.reader().await?;
        Ok(parked::of_lane(&mut reader, key).await?)
    }
}

#[async_trait]
impl OwnWrites for State {
    async fn own_writes(
        &self,
        key: &LaneKey,
        operation: Operation,
        since: DateTime<Utc>,
    ) -> Result<Vec<WriteWindow>, StoreError> {
        Ok(intents::windows(&mut *self.reader().await?, key, operation, since).await?)
    }
}

async fn write_links(connection: &mut SqlConnection, key: &LaneKey, links: &[Link]) -> Result<(), Fault> {
    for link in links {
        let (kind, amazon_id) = link.key().parts();
        sqlx::query(
            "insert into links (connection, kind, amazon_id, lane, link) values ($1, $2, $3, $4, $5)
             on conflict (connection, kind, amazon_id) do update
             set lane = excluded.lane, link = excluded.link",
        )
        .bind(key.connection.as_str())
        .bind(kind)
        .bind(amazon_id)
        .bind(key.lane.to_string())
        .bind(to_json("link", link)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
