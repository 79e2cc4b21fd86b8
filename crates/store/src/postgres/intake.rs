//! Turning notices and changed rows into work.

use std::collections::HashSet;

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::ports::Intake;
use amz_services::ports::lanes::{ChangedRow, RoutedNotice};
use amz_services::ports::netsuite::FeedPosition;
use amz_services::work::LaneRequest;
use async_trait::async_trait;
use sqlx::postgres::PgConnection;

use super::held::place;
use super::marks::{Mark, mark};
use super::state::PostgresState;
use crate::position::furthest;
use crate::stored::micros;
use crate::transaction::Fault;

#[async_trait]
impl Intake for PostgresState {
    async fn cursor(&self, feed: &str) -> Result<i64, StoreError> {
        let mut reader = self.reader().await?;
        let through: Option<i64> = sqlx::query_scalar("select through from feed_cursors where feed = $1")
            .bind(feed)
            .fetch_optional(&mut *reader)
            .await
            .map_err(Fault::from)?;
        Ok(through.unwrap_or(0))
    }

    async fn accept(&self, feed: &str, through: i64, requests: Vec<LaneRequest>) -> Result<(), StoreError> {
        let feed = feed.to_owned();
        self.write(move |connection| {
            Box::pin(async move {
                mark(connection, &requests.iter().map(Mark::of).collect::<Vec<_>>()).await?;
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
            })
        })
        .await
    }

    async fn accept_notices(&self, feed: &str, notices: Vec<RoutedNotice>) -> Result<(), StoreError> {
        let feed = feed.to_owned();
        self.write(move |connection| {
            Box::pin(async move { accept_notices(connection, &feed, &notices).await })
        })
        .await
    }

    async fn watermark(
        &self,
        connection: &ConnectionName,
        feed: &str,
    ) -> Result<Option<FeedPosition>, StoreError> {
        let mut reader = self.reader().await?;
        let row: Option<(String, String)> =
            sqlx::query_as("select modified, record from watermarks where connection = $1 and feed = $2")
                .bind(connection.as_str())
                .bind(feed)
                .fetch_optional(&mut *reader)
                .await
                .map_err(Fault::from)?;
        Ok(row.map(|(modified, record)| FeedPosition { modified, id: record }))
    }

    async fn accept_changes(
        &self,
        connection: &ConnectionName,
        feed: &str,
        rows: Vec<ChangedRow>,
        forget_before: Option<String>,
    ) -> Result<usize, StoreError> {
        let changes = Changes { of: connection.clone(), feed: feed.to_owned(), rows };
        self.write(move |connection| {
            Box::pin(async move {
                let new_rows = changes.accept(connection).await?;
                changes.move_watermark(connection).await?;
                if let Some(forget_before) = forget_before {
                    changes.forget(connection, &forget_before).await?;
                }
                Ok(new_rows)
            })
        })
        .await
    }
}

/// A notice that another process is about to take is left to that one; if it fails, the notice still waits. Rows that are
/// locked stay where they are, so that they are deleted by their places, with nothing to be planned. They need no order, as
/// nobody waits for a row.
const TAKE_NOTICES: &str = "
    delete from notices_waiting where ctid = any(array(
        select waiting.ctid from unnest($2::text[], $3::bigint[]) as given (connection, id) cross join lateral (
            select ctid from notices_waiting
            where connection = given.connection and feed = $1 and id = given.id for update skip locked) as waiting))
    returning id";

async fn accept_notices(
    connection: &mut PgConnection,
    feed: &str,
    notices: &[RoutedNotice],
) -> Result<(), Fault> {
    let taken: Vec<i64> = sqlx::query_scalar(TAKE_NOTICES)
        .bind(feed)
        .bind(notices.iter().map(|notice| notice.connection.as_str()).collect::<Vec<_>>())
        .bind(notices.iter().map(|notice| notice.id).collect::<Vec<_>>())
        .fetch_all(&mut *connection)
        .await?;
    let mut taken: HashSet<i64> = taken.into_iter().collect();
    let ours = notices.iter().filter(|notice| taken.remove(&notice.id));
    let marks: Vec<_> = ours.flat_map(|notice| &notice.requests).map(Mark::of).collect();
    mark(connection, &marks).await
}

/// Rows of a connection's change feed.
#[derive(Debug, Clone)]
struct Changes {
    of: ConnectionName,
    feed: String,
    rows: Vec<ChangedRow>,
}

/// In one order, so that two who read the same feed do not wait for each other.
const NOTE_VERSIONS: &str = "
    insert into feed_versions (connection, feed, modified, record)
    select $1, $2, modified, record from unnest($3::text[], $4::text[]) as changed (modified, record)
    order by modified collate \"C\", record collate \"C\"
    on conflict (connection, feed, modified, record) do nothing
    returning modified, record";

const NOTE_ECHOES: &str = "
    insert into echoes (connection, lane, noted_at, what)
    select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[])";

/// A page that overlaps what is known never moves the watermark back. Record ids are numbers without leading zeros: the
/// longer one is the greater one.
const MOVE_WATERMARK: &str = "
    insert into watermarks (connection, feed, modified, record) values ($1, $2, $3, $4)
    on conflict (connection, feed) do update set modified = excluded.modified, record = excluded.record
    where (excluded.modified, octet_length(excluded.record), excluded.record)
        > (watermarks.modified, octet_length(watermarks.record), watermarks.record)";

impl Changes {
    /// Marks the lanes of rows whose version is new, and returns how many are.
    async fn accept(&self, connection: &mut PgConnection) -> Result<usize, Fault> {
        let positions = || self.rows.iter().map(|row| &row.position);
        let noted: Vec<(String, String)> = sqlx::query_as(NOTE_VERSIONS)
            .bind(self.of.as_str())
            .bind(&self.feed)
            .bind(positions().map(|position| position.modified.as_str()).collect::<Vec<_>>())
            .bind(positions().map(|position| position.id.as_str()).collect::<Vec<_>>())
            .fetch_all(&mut *connection)
            .await?;
        let mut noted: HashSet<_> = noted.into_iter().collect();
        let new_rows = noted.len();
        let is_new =
            |row: &&ChangedRow| noted.remove(&(row.position.modified.clone(), row.position.id.to_string()));
        let (echoes, work): (Vec<_>, Vec<_>) =
            self.rows.iter().filter(is_new).partition(|row| row.echo.is_some());
        note_echoes(connection, &echoes).await?;
        let marks: Vec<_> = work
            .into_iter()
            .map(|ChangedRow { request, .. }| Mark { counts_from: Some(request.due_at), ..Mark::of(request) })
            .collect();
        mark(connection, &marks).await?;
        Ok(new_rows)
    }

    async fn move_watermark(&self, connection: &mut PgConnection) -> Result<(), Fault> {
        let furthest = furthest(None, self.rows.iter().map(|row| &row.position));
        let Some(FeedPosition { modified, id }) = furthest else { return Ok(()) };
        sqlx::query(MOVE_WATERMARK)
            .bind(self.of.as_str())
            .bind(&self.feed)
            .bind(modified)
            .bind(id.as_str())
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn forget(&self, connection: &mut PgConnection, before: &str) -> Result<(), Fault> {
        sqlx::query("delete from feed_versions where connection = $1 and feed = $2 and modified < $3")
            .bind(self.of.as_str())
            .bind(&self.feed)
            .bind(before)
            .execute(connection)
            .await?;
        Ok(())
    }
}

async fn note_echoes(connection: &mut PgConnection, rows: &[&ChangedRow]) -> Result<(), Fault> {
    if rows.is_empty() {
        return Ok(());
    }
    let (of, lanes): (Vec<_>, Vec<_>) = rows.iter().map(|row| place(&row.request.key)).unzip();
    sqlx::query(NOTE_ECHOES)
        .bind(of)
        .bind(lanes)
        .bind(rows.iter().map(|row| micros(row.request.due_at)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.echo.as_deref().unwrap_or_default()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}
