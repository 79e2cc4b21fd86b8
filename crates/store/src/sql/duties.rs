//! Who performs which duty.

use std::time::Duration;

use amz_services::failure::StoreError;
use amz_services::ports::Duties;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::State;
use crate::stored::{later, micros};

#[async_trait]
impl Duties for State {
    async fn hold(
        &self,
        duty: &str,
        holder: &str,
        now: DateTime<Utc>,
        lease_for: Duration,
    ) -> Result<bool, StoreError> {
        let (duty, holder, time) = (duty.to_owned(), holder.to_owned(), self.lease_time());
        self.write(move |connection| {
            Box::pin(async move {
                let now = time.now(connection, now).await?;
                let held = sqlx::query(
                    "insert into duties (duty, holder, lease_until) values ($1, $2, $3)
                     on conflict (duty) do update
                     set holder = excluded.holder, lease_until = excluded.lease_until
                     where duties.holder = excluded.holder or duties.lease_until <= $4",
                )
                .bind(duty)
                .bind(holder)
                .bind(micros(later(now, lease_for)))
                .bind(micros(now))
                .execute(connection)
                .await?;
                Ok(held.rows_affected() == 1)
            })
        })
        .await
    }

    async fn leave(&self, duty: &str, holder: &str) -> Result<(), StoreError> {
        let (duty, holder) = (duty.to_owned(), holder.to_owned());
        self.write(move |connection| {
            Box::pin(async move {
                sqlx::query("delete from duties where duty = $1 and holder = $2")
                    .bind(duty)
                    .bind(holder)
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}
