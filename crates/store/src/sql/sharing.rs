//! What processes share of vendors' limits.

use std::time::Duration;

use amz_services::failure::StoreError;
use amz_services::ports::sharing::Rate;
use amz_services::ports::{Paces, SlotShares};
use amz_services::slot_sharing::{Share, ShareRequest, Sharer, divide};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{SqlConnection, State};
use crate::sharing::{held_back, next_turn, turn_at};
use crate::stored::{corrupt, instant, later, micros};
use crate::transaction::Fault;

#[async_trait]
impl SlotShares for State {
    async fn ask_share(
        &self,
        request: &ShareRequest,
        now: DateTime<Utc>,
        lease_for: Duration,
    ) -> Result<Share, StoreError> {
        let (request, time) = (request.clone(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                lock(connection, &request.account, now).await?;
                // only now: the wait for the lock may have lasted
                let now = time.now(connection, now).await?;
                let others = others(connection, &request, now).await?;
                let (share, kept) = divide(&request, &others, turn_at(now));
                keep(connection, &request.account, &kept, later(now, lease_for)).await?;
                Ok(share)
            })
        })
        .await
    }

    async fn give_back_share(&self, account: &str, holder: &str) -> Result<(), StoreError> {
        let (account, holder) = (account.to_owned(), holder.to_owned());
        self.write(move |connection| {
            Box::pin(async move {
                sqlx::query("delete from slot_shares where account = $1 and holder = $2")
                    .bind(account)
                    .bind(holder)
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}

/// Until the end of the transaction nobody else divides this account's slots. Rows of shares would not do: one who
/// comes new has none.
async fn lock(connection: &mut SqlConnection, account: &str, now: DateTime<Utc>) -> Result<(), Fault> {
    sqlx::query(
        "insert into slot_accounts (account, asked_at) values ($1, $2)
         on conflict (account) do update set asked_at = excluded.asked_at",
    )
    .bind(account)
    .bind(micros(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// Those who have a share beside the one who asks. Shares that have lapsed are gone.
async fn others(
    connection: &mut SqlConnection,
    request: &ShareRequest,
    now: DateTime<Utc>,
) -> Result<Vec<Sharer>, Fault> {
    sqlx::query("delete from slot_shares where account = $1 and lease_until <= $2")
        .bind(&request.account)
        .bind(micros(now))
        .execute(&mut *connection)
        .await?;
    let rows: Vec<(String, i64, i64, Option<i64>)> = sqlx::query_as(
        "select holder, slots, wanted, known from slot_shares
         where account = $1 and holder <> $2 order by holder",
    )
    .bind(&request.account)
    .bind(&request.holder)
    .fetch_all(connection)
    .await?;
    let sharer = |(holder, slots, wanted, known): (String, i64, i64, Option<i64>)| {
        let known = known.map(count).transpose()?;
        Ok(Sharer { holder, slots: count(slots)?, wanted: count(wanted)?, known })
    };
    rows.into_iter().map(sharer).collect()
}

async fn keep(
    connection: &mut SqlConnection,
    account: &str,
    sharer: &Sharer,
    until: DateTime<Utc>,
) -> Result<(), Fault> {
    let Sharer { holder, slots, wanted, known } = sharer;
    sqlx::query(
        "insert into slot_shares (account, holder, slots, wanted, known, lease_until)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (account, holder) do update
         set slots = excluded.slots, wanted = excluded.wanted, known = excluded.known,
             lease_until = excluded.lease_until",
    )
    .bind(account)
    .bind(holder)
    .bind(number(*slots))
    .bind(number(*wanted))
    .bind(known.map(number))
    .bind(micros(until))
    .execute(connection)
    .await?;
    Ok(())
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn count(number: i64) -> Result<usize, StoreError> {
    usize::try_from(number).map_err(|_| corrupt("slots", format!("{number} is no count")))
}

#[async_trait]
impl Paces for State {
    async fn reserve(&self, pace: &str, rate: Rate, now: DateTime<Utc>) -> Result<Duration, StoreError> {
        let (pace, time) = (pace.to_owned(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                let now = time.now(connection, now).await?;
                let next: i64 = sqlx::query_scalar(
                    "insert into paces (pace, next_at) values ($1, $2)
                     on conflict (pace) do update set next_at =
                         case when paces.next_at < $3 then $2 else paces.next_at + $4 end
                     returning next_at",
                )
                .bind(pace)
                .bind(micros(later(now, rate.interval)))
                .bind(micros(now))
                .bind(i64::try_from(rate.interval.as_micros()).unwrap_or(i64::MAX))
                .fetch_one(connection)
                .await?;
                Ok(next_turn(instant(next)?, rate, now))
            })
        })
        .await
    }

    async fn hold_back(
        &self,
        pace: &str,
        rate: Rate,
        wait: Duration,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (pace, time) = (pace.to_owned(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                let now = time.now(connection, now).await?;
                sqlx::query(
                    "insert into paces (pace, next_at) values ($1, $2)
                     on conflict (pace) do update set next_at = excluded.next_at
                     where paces.next_at < excluded.next_at",
                )
                .bind(pace)
                .bind(micros(held_back(now, rate, wait)))
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }
}
