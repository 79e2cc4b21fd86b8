//! Notices of one feed, which any number of processes write and take.

use std::sync::Arc;
use std::time::Duration;

use amz_services::failure::StoreError;
use amz_services::ports::inbox::{Inbox, NewNotice, Notice, NoticeFeed, Receipt};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::open::PostgresDatabase;
use super::receive::receive;
use crate::OpenError;
use crate::arrived::Arrived;
use crate::notice_row::NoticeRow;
use crate::store::{DEDUPE_WINDOW, Notices};
use crate::stored::micros;
use crate::together::Together;
use crate::transaction::Fault;

/// Transactions that store notices at once: while one waits for its commit to be durable, the next is written.
const AT_ONCE: usize = 2;

/// Notices, written by this process and others. `inbox` for what vendors send, `commands` for what operators want.
#[derive(Debug)]
pub struct PostgresNotices {
    feed: PostgresFeed,
    together: Together<Vec<Arrived>, Vec<Receipt>>,
}

impl PostgresNotices {
    /// Opens a feed and brings the database's tables up to date.
    ///
    /// # Errors
    /// See [`PostgresDatabase::prepare`].
    pub async fn open(database: PostgresDatabase, name: &'static str) -> Result<Self, OpenError> {
        database.prepare().await?;
        let stored_in = database.clone();
        let together = Together::start_several(AT_ONCE, move |calls: Vec<Arc<Vec<Arrived>>>| {
            let database = stored_in.clone();
            async move {
                let work = Arc::new(calls);
                database
                    .write_by_key(move |connection| {
                        Box::pin(async move {
                            let receipts = receive(connection, name, &work).await?;
                            Ok(receipts.into_iter().map(Ok).collect())
                        })
                    })
                    .await
            }
        });
        Ok(Self { feed: PostgresFeed::new(database, name), together })
    }
}

#[async_trait]
impl Inbox for PostgresNotices {
    async fn receive(&self, notices: Vec<NewNotice>) -> Result<Vec<Receipt>, StoreError> {
        self.together.ask(Arrived::all(notices)).await
    }
}

/// Oldest first. One that waits was taken by nobody, however old it is.
const PURGE: &str = "
    delete from notices where (connection, feed, id) in (
        select connection, feed, id from notices as old
        where old.feed = $1 and old.received_at < $2 and not exists (
            select 1 from notices_waiting as waiting
            where waiting.connection = old.connection and waiting.feed = old.feed and waiting.id = old.id)
        order by old.received_at limit $3 for update skip locked)";

#[async_trait]
impl Notices for PostgresNotices {
    async fn purge(&self, now: DateTime<Utc>, keep: Duration, limit: u32) -> Result<u64, StoreError> {
        let keep = chrono::TimeDelta::from_std(keep.max(DEDUPE_WINDOW)).unwrap_or(chrono::TimeDelta::MAX);
        let Some(before) = now.checked_sub_signed(keep).map(micros) else { return Ok(0) };
        let feed = self.feed.name;
        self.feed
            .database
            .write(move |connection| {
                Box::pin(async move {
                    let purge = sqlx::query(PURGE).bind(feed).bind(before).bind(i64::from(limit));
                    Ok(purge.execute(connection).await?.rows_affected())
                })
            })
            .await
    }

    /// Nothing waits: who stores is answered after the commit. The connections are those of all clones of the database.
    async fn close(&self) {}
}

#[async_trait]
impl NoticeFeed for PostgresNotices {
    fn name(&self) -> &'static str {
        self.feed.name
    }

    async fn cursor_name(&self) -> Result<String, StoreError> {
        self.feed.cursor_name().await
    }

    async fn after(&self, after: i64, limit: u32) -> Result<Vec<Notice>, StoreError> {
        self.feed.after(after, limit).await
    }
}

/// Notices of a feed that nobody has taken.
#[derive(Debug)]
pub struct PostgresFeed {
    database: PostgresDatabase,
    name: &'static str,
}

impl PostgresFeed {
    /// Reads a feed by its name.
    pub fn new(database: PostgresDatabase, name: &'static str) -> Self {
        Self { database, name }
    }

    async fn waiting(&self, limit: u32) -> Result<Vec<Notice>, Fault> {
        let mut transaction = self.database.begin_by_key().await?;
        let rows: Vec<NoticeRow> = sqlx::query_as(WAITING)
            .bind(self.name)
            .bind(i64::from(limit))
            .fetch_all(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(rows.into_iter().map(NoticeRow::into_notice).collect::<Result<_, _>>()?)
    }
}

/// Steps from connection to connection and takes the oldest of each, so that a merchant's backlog delays no other's
/// notice. Row ids are unique within a feed. Which notices are wanted is settled first, and each is then found by its key:
/// joined freely, all notices that there ever were would be read, and for each of them those that wait.
const WAITING: &str = "
    with recursive names (connection) as (
        (select connection from notices_waiting where feed = $1 order by connection limit 1)
        union all
        select (select waiting.connection from notices_waiting as waiting
            where waiting.feed = $1 and waiting.connection > names.connection
            order by waiting.connection limit 1)
        from names where names.connection is not null
    ), fair (share) as (
        select greatest(1, $2 / greatest(1, count(*))) from names where names.connection is not null
    ), waiting as materialized (
        select names.connection, oldest.id, oldest.place
        from names cross join fair
        cross join lateral (
            select waiting.id, row_number() over (order by waiting.id) as place from notices_waiting as waiting
            where waiting.feed = $1 and waiting.connection = names.connection
            order by waiting.id limit fair.share) as oldest
        where names.connection is not null
        order by oldest.place, oldest.id limit $2
    )
    select notice.id, notice.connection, notice.source, notice.notice_key, notice.kind, notice.body,
        notice.received_at
    from waiting cross join lateral (
        select * from notices
        where notices.connection = waiting.connection and notices.feed = $1 and notices.id = waiting.id
        limit 1) as notice
    order by waiting.place, notice.id";

#[async_trait]
impl NoticeFeed for PostgresFeed {
    fn name(&self) -> &'static str {
        self.name
    }

    /// Notices are never lost alone: they are in the same database as what was made of them.
    async fn cursor_name(&self) -> Result<String, StoreError> {
        Ok(self.name.to_owned())
    }

    async fn after(&self, _: i64, limit: u32) -> Result<Vec<Notice>, StoreError> {
        Ok(self.database.in_time(self.waiting(limit)).await?)
    }
}
