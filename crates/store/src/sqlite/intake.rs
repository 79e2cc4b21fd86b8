//! Turning notices and changed rows into work.

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::ports::Intake;
use amz_services::ports::lanes::{ChangedRow, RoutedNotice};
use amz_services::ports::netsuite::FeedPosition;
use amz_services::work::LaneRequest;
use async_trait::async_trait;
use sqlx::sqlite::SqliteConnection;

use super::echoes;
use super::marks::{Cause, mark, mark_one};
use super::state::SqliteState;
use crate::position::furthest;
use crate::transaction::Fault;

#[async_trait]
impl Intake for SqliteState {
    async fn cursor(&self, feed: &str) -> Result<i64, StoreError> {
        let mut reader = self.readers.acquire().await.map_err(Fault::from)?;
        Ok(cursor(&mut reader, feed).await?)
    }

    async fn accept(&self, feed: &str, through: i64, requests: Vec<LaneRequest>) -> Result<(), StoreError> {
        let feed = feed.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    mark(connection, &requests).await?;
                    move_cursor(connection, &feed, through).await
                })
            })
            .await
    }

    async fn accept_notices(&self, feed: &str, notices: Vec<RoutedNotice>) -> Result<(), StoreError> {
        let feed = feed.to_owned();
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let taken = cursor(connection, &feed).await?;
                    for RoutedNotice { id, requests, .. } in &notices {
                        if *id > taken {
                            mark(connection, requests).await?;
                        }
                    }
                    match notices.iter().map(|notice| notice.id).max() {
                        Some(through) => move_cursor(connection, &feed, through).await,
                        None => Ok(()),
                    }
                })
            })
            .await
    }

    async fn watermark(
        &self,
        connection: &ConnectionName,
        feed: &str,
    ) -> Result<Option<FeedPosition>, StoreError> {
        let mut reader = self.readers.acquire().await.map_err(Fault::from)?;
        Ok(watermark(&mut reader, connection, feed).await?)
    }

    async fn accept_changes(
        &self,
        connection: &ConnectionName,
        feed: &str,
        rows: Vec<ChangedRow>,
        forget_before: Option<String>,
    ) -> Result<usize, StoreError> {
        let changes = Changes { connection: connection.clone(), feed: feed.to_owned(), rows, forget_before };
        self.writer
            .write(move |connection| Box::pin(async move { accept_changes(connection, &changes).await }))
            .await
    }
}

struct Changes {
    connection: ConnectionName,
    feed: String,
    rows: Vec<ChangedRow>,
    forget_before: Option<String>,
}

async fn cursor(reader: &mut SqliteConnection, feed: &str) -> Result<i64, Fault> {
    let through: Option<i64> = sqlx::query_scalar("select through from feed_cursors where feed = $1")
        .bind(feed)
        .fetch_optional(reader)
        .await?;
    Ok(through.unwrap_or(0))
}

async fn move_cursor(connection: &mut SqliteConnection, feed: &str, through: i64) -> Result<(), Fault> {
    sqlx::query(
        "insert into feed_cursors (feed, through) values ($1, $2)
         on conflict (feed) do update set through = excluded.through
         where excluded.through > feed_cursors.through",
    )
    .bind(feed)
    .bind(through)
    .execute(connection)
    .await?;
    Ok(())
}

async fn watermark(
    reader: &mut SqliteConnection,
    connection: &ConnectionName,
    feed: &str,
) -> Result<Option<FeedPosition>, Fault> {
    let row: Option<(String, String)> =
        sqlx::query_as("select modified, record from watermarks where connection = $1 and feed = $2")
            .bind(connection.as_str())
            .bind(feed)
            .fetch_optional(reader)
            .await?;
    Ok(row.map(|(modified, record)| FeedPosition { modified, id: record }))
}

async fn accept_changes(connection: &mut SqliteConnection, changes: &Changes) -> Result<usize, Fault> {
    let Changes { connection: of, feed, rows, forget_before } = changes;
    let mut new_rows = 0;
    for ChangedRow { position: FeedPosition { modified, id }, request, echo } in rows {
        let noted = sqlx::query(
            "insert into feed_versions (connection, feed, modified, record) values ($1, $2, $3, $4)
             on conflict (connection, feed, modified, record) do nothing",
        )
        .bind(of.as_str())
        .bind(feed)
        .bind(modified)
        .bind(id.as_str())
        .execute(&mut *connection)
        .await?;
        if noted.rows_affected() == 1 {
            new_rows += 1;
            match echo {
                Some(what) => echoes::note(connection, &request.key, None, request.due_at, what).await?,
                None => {
                    let cause = Cause { counts_from: Some(request.due_at), notices: &[] };
                    mark_one(connection, request, &cause).await?;
                }
            }
        }
    }
    let before = watermark(connection, of, feed).await?;
    if let Some(FeedPosition { modified, id }) = furthest(before, rows.iter().map(|row| &row.position)) {
        sqlx::query(
            "insert into watermarks (connection, feed, modified, record) values ($1, $2, $3, $4)
             on conflict (connection, feed) do update
             set modified = excluded.modified, record = excluded.record",
        )
        .bind(of.as_str())
        .bind(feed)
        .bind(modified)
        .bind(id.as_str())
        .execute(&mut *connection)
        .await?;
    }
    if let Some(forget_before) = forget_before {
        sqlx::query("delete from feed_versions where connection = $1 and feed = $2 and modified < $3")
            .bind(of.as_str())
            .bind(feed)
            .bind(forget_before)
            .execute(connection)
            .await?;
    }
    Ok(new_rows)
}
