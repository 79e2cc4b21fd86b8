//! Messages about parked items.

use amz_services::failure::StoreError;
use amz_services::notification::{Notification, NotificationEnd, NotificationKind};
use amz_services::parking::Parked;
use amz_services::ports::Notifications;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::Row;

use super::State;
use super::parked;
use super::statements::TELL;
use super::{SqlConnection, SqlRow};
use crate::stored::{instant, known, micros};
use crate::transaction::Fault;

/// Due messages whose item has no older one waiting. The `+` keeps the planner from walking the whole table by
/// row id to save itself the sorting.
pub(super) const DUE: &str = "
    select message, kind, happened_at, connection, lane, subject, code, cause, hint, who, parked_since, attempts
    from notifications as waiting
    where settled_at is null and due_at <= $1 and not exists (
        select 1 from notifications as older
        where older.connection = waiting.connection and older.lane = waiting.lane
        and older.subject = waiting.subject and older.id < waiting.id and older.settled_at is null)
    order by +waiting.id limit $2";

#[async_trait]
impl Notifications for State {
    async fn due_notifications(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Notification>, StoreError> {
        let mut reader = self.reader().await?;
        let rows = sqlx::query(DUE).bind(micros(now)).bind(i64::from(limit)).fetch_all(&mut *reader).await;
        let rows = rows.map_err(Fault::from)?;
        Ok(rows.iter().map(read).collect::<Result<_, Fault>>()?)
    }

    async fn settle_notification(
        &self,
        id: &str,
        end: NotificationEnd,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "update notifications set settled_at = $1, ended = $2
                         where message = $3 and settled_at is null",
                )
                .bind(micros(at))
                .bind(end.as_str())
                .bind(id)
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn put_off_notification(&self, id: &str, until: DateTime<Utc>) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            Box::pin(async move {
                sqlx::query(
                    "update notifications set attempts = attempts + 1, due_at = $1
                         where message = $2 and settled_at is null",
                )
                .bind(micros(until))
                .bind(id)
                .execute(connection)
                .await?;
                Ok(())
            })
        })
        .await
    }
}

/// Writes a message about an item, in the commit that changes the item.
pub(super) async fn tell(
    connection: &mut SqlConnection,
    kind: NotificationKind,
    item: &Parked,
    at: DateTime<Utc>,
) -> Result<(), Fault> {
    let Parked { key, subject, reason, since } = item;
    sqlx::query(TELL)
        .bind(kind.as_str())
        .bind(micros(at))
        .bind(key.connection.as_str())
        .bind(key.lane.to_string())
        .bind(subject)
        .bind(&reason.code)
        .bind(&reason.cause)
        .bind(&reason.hint)
        .bind(reason.who.as_str())
        .bind(micros(*since))
        .execute(connection)
        .await?;
    Ok(())
}

fn read(row: &SqlRow) -> Result<Notification, Fault> {
    let kind: String = row.try_get("kind")?;
    Ok(Notification {
        id: row.try_get("message")?,
        kind: known("kind of message", &kind, NotificationKind::parse(&kind))?,
        at: instant(row.try_get("happened_at")?)?,
        item: parked::read(row)?,
        attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX),
    })
}
