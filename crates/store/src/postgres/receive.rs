//! Storing the notices of many callers in one commit.

use std::collections::HashMap;
use std::sync::Arc;

use amz_services::failure::StoreError;
use amz_services::ports::inbox::Receipt;
use sqlx::postgres::PgConnection;

use crate::arrived::Arrived;
use crate::stored::micros;
use crate::transaction::Fault;

/// Row ids grow with arrival. Rows are stored in the order of their keys: two transactions that store the same notices, of
/// this process or of several, wait for each other at most once.
const STORE: &str = "
    with arrived as materialized (
        select nextval(pg_get_serial_sequence('notices', 'id')) as id, given.*
        from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[])
        with ordinality as given (connection, source, notice_key, kind, body, body_digest, received_at, position)
    ), stored as (
        insert into notices (connection, feed, source, notice_key, id, kind, body, body_digest, received_at)
        overriding system value
        select connection, $1, source, notice_key, id, kind, body, body_digest, received_at from arrived
        order by connection collate \"C\", source collate \"C\", notice_key collate \"C\"
        on conflict (connection, feed, source, notice_key) do nothing
        returning connection, id
    ), waiting as (
        insert into notices_waiting (connection, feed, id) select connection, $1, id from stored
    )
    select arrived.position from stored join arrived on arrived.id = stored.id";

/// What is known of notices that were stored before. Each is the first one from its key on: only the index of keys has
/// that order. Asked for by equality, it might be looked for through another index that begins with the same columns, and
/// all notices that there ever were would be read.
const KNOWN: &str = "
    select given.position, nearest.body_digest
    from unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) as given (connection, source, notice_key, position)
    cross join lateral (
        select connection, feed, source, notice_key, body_digest from notices
        where (notices.connection, notices.feed, notices.source, notices.notice_key)
            >= (given.connection, $1, given.source, given.notice_key)
        order by notices.connection, notices.feed, notices.source, notices.notice_key limit 1) as nearest
    where (nearest.connection, nearest.feed, nearest.source, nearest.notice_key)
        = (given.connection, $1, given.source, given.notice_key)";

/// A notice with a key that no earlier one of the batch has.
struct First<'call> {
    arrived: &'call Arrived,
    /// The digest of what is stored under its key, once that is known.
    stored: Option<String>,
    is_new: bool,
}

/// Stores notices, each at most once per connection, source and key, and answers with the receipts of each call.
pub(super) async fn receive(
    connection: &mut PgConnection,
    feed: &str,
    calls: &[Arc<Vec<Arrived>>],
) -> Result<Vec<Vec<Receipt>>, Fault> {
    let mut firsts: Vec<First<'_>> = Vec::new();
    let mut by_key = HashMap::new();
    let all = calls.iter().flat_map(|call| call.iter());
    // for each notice the first of its key, and its own digest when it is not that one
    let places: Vec<(usize, Option<&str>)> = all
        .map(|arrived| {
            let Arrived { notice, digest } = arrived;
            let place =
                *by_key.entry((&notice.connection, notice.source, &notice.key)).or_insert(firsts.len());
            if place < firsts.len() {
                return (place, Some(digest.as_str()));
            }
            firsts.push(First { arrived, stored: None, is_new: false });
            (place, None)
        })
        .collect();
    store(connection, feed, &mut firsts).await?;
    if firsts.iter().any(|first| !first.is_new) {
        find(connection, feed, &mut firsts).await?;
    }
    let receipts: Vec<Receipt> = places
        .into_iter()
        .map(|(place, own_digest)| receipt(&firsts[place], own_digest))
        .collect::<Result<_, _>>()?;
    let mut receipts = receipts.into_iter();
    Ok(calls.iter().map(|call| receipts.by_ref().take(call.len()).collect()).collect())
}

fn receipt(first: &First<'_>, own_digest: Option<&str>) -> Result<Receipt, StoreError> {
    match (own_digest, &first.stored) {
        (None, _) if first.is_new => Ok(Receipt::Stored),
        (own, Some(stored)) if own.unwrap_or(&first.arrived.digest) == stored => Ok(Receipt::Duplicate),
        (_, Some(_)) => Ok(Receipt::KeyReused),
        // it was purged in this moment: when it comes again, it is new
        (_, None) => Err(StoreError::Unavailable {
            message: "a notice that is known went away; send it again".to_owned(),
            source: None,
        }),
    }
}

async fn store(connection: &mut PgConnection, feed: &str, firsts: &mut [First<'_>]) -> Result<(), Fault> {
    let notices = || firsts.iter().map(|first| &first.arrived.notice);
    let stored: Vec<i64> = sqlx::query_scalar(STORE)
        .bind(feed)
        .bind(notices().map(|notice| notice.connection.as_str()).collect::<Vec<_>>())
        .bind(notices().map(|notice| notice.source.as_str()).collect::<Vec<_>>())
        .bind(notices().map(|notice| notice.key.as_str()).collect::<Vec<_>>())
        .bind(notices().map(|notice| notice.kind.as_str()).collect::<Vec<_>>())
        .bind(notices().map(|notice| notice.body.as_str()).collect::<Vec<_>>())
        .bind(firsts.iter().map(|first| first.arrived.digest.as_str()).collect::<Vec<_>>())
        .bind(notices().map(|notice| micros(notice.received_at)).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    // positions count from 1
    let places = stored.iter().filter_map(|position| usize::try_from(position - 1).ok());
    for place in places {
        if let Some(first) = firsts.get_mut(place) {
            first.is_new = true;
            first.stored = Some(first.arrived.digest.clone());
        }
    }
    Ok(())
}

async fn find(connection: &mut PgConnection, feed: &str, firsts: &mut [First<'_>]) -> Result<(), Fault> {
    let known = || firsts.iter().enumerate().filter(|(_, first)| !first.is_new);
    let notices = || known().map(|(_, first)| &first.arrived.notice);
    let found: Vec<(i64, String)> = sqlx::query_as(KNOWN)
        .bind(feed)
        .bind(notices().map(|notice| notice.connection.as_str()).collect::<Vec<_>>())
        .bind(notices().map(|notice| notice.source.as_str()).collect::<Vec<_>>())
        .bind(notices().map(|notice| notice.key.as_str()).collect::<Vec<_>>())
        .bind(known().filter_map(|(place, _)| i64::try_from(place).ok()).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    for (place, digest) in found {
        if let Some(first) = usize::try_from(place).ok().and_then(|place| firsts.get_mut(place)) {
            first.stored = Some(digest);
        }
    }
    Ok(())
}
