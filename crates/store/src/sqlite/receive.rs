//! Storing the notices of many callers in one commit, in few statements: each statement is handed to the connection's
//! thread and back, which costs more than a row.

use std::collections::HashMap;
use std::sync::Arc;

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::ports::inbox::{NoticeSource, Receipt};
use sqlx::QueryBuilder;
use sqlx::sqlite::SqliteConnection;

use super::writer::Writer;
use crate::arrived::Arrived;
use crate::stored::micros;
use crate::together::Outcomes;
use crate::transaction::Fault;

/// Most notices in one statement. Each number of notices up to this one is a statement that is prepared once.
const AT_ONCE: usize = 64;

/// Stores what callers bring, in a commit of the writer, and answers each with the receipts of its own.
pub(super) async fn receive(writer: Arc<Writer>, calls: Vec<Arc<Vec<Arrived>>>) -> Outcomes<Vec<Receipt>> {
    writer.write(move |connection| Box::pin(async move { receive_all(connection, &calls).await })).await
}

async fn receive_all(
    connection: &mut SqliteConnection,
    calls: &[Arc<Vec<Arrived>>],
) -> Result<Vec<Result<Vec<Receipt>, StoreError>>, Fault> {
    let arrived: Vec<&Arrived> = calls.iter().flat_map(|call| call.iter()).collect();
    let mut receipts = Vec::with_capacity(arrived.len());
    for part in arrived.chunks(AT_ONCE) {
        receipts.extend(store(connection, part).await?);
    }
    let mut receipts = receipts.into_iter();
    Ok(calls.iter().map(|call| Ok(receipts.by_ref().take(call.len()).collect())).collect())
}

/// What tells notices apart.
type Identity<'call> = (&'call ConnectionName, NoticeSource, &'call str);

fn identity(Arrived { notice, .. }: &Arrived) -> Identity<'_> {
    (&notice.connection, notice.source, &notice.key)
}

/// Stores what is new. Nothing comes between the look and the insertion: the file has one writer.
async fn store(connection: &mut SqliteConnection, arrived: &[&Arrived]) -> Result<Vec<Receipt>, Fault> {
    let known = known(connection, arrived).await?;
    let mut digests: HashMap<Identity<'_>, &str> = HashMap::with_capacity(arrived.len());
    digests.extend(known.iter().map(|(position, digest)| (identity(arrived[*position]), digest.as_str())));
    let mut fresh = Vec::with_capacity(arrived.len());
    let mut receipts = Vec::with_capacity(arrived.len());
    for this in arrived {
        let receipt = match digests.get(&identity(this)) {
            Some(digest) if *digest == this.digest => Receipt::Duplicate,
            Some(_) => Receipt::KeyReused,
            None => Receipt::Stored,
        };
        if receipt == Receipt::Stored {
            digests.insert(identity(this), &this.digest);
            fresh.push(*this);
        }
        receipts.push(receipt);
    }
    if !fresh.is_empty() {
        insert(connection, &fresh).await?;
    }
    Ok(receipts)
}

/// Positions of those whose key is stored already, and the digest of what is stored under it.
async fn known(
    connection: &mut SqliteConnection,
    arrived: &[&Arrived],
) -> Result<Vec<(usize, String)>, Fault> {
    let mut query = QueryBuilder::new("with arrived (position, connection, source, notice_key) as (");
    query.push_values(arrived.iter().zip(0_i64..), |mut row, (Arrived { notice, .. }, position)| {
        row.push_bind(position)
            .push_bind(notice.connection.as_str())
            .push_bind(notice.source.as_str())
            .push_bind(&notice.key);
    });
    // a cross join is worked from left to right: one probe of the index for each that arrived
    query.push(
        ") select position, notices.body_digest
         from arrived cross join notices using (connection, source, notice_key)",
    );
    let rows: Vec<(i64, String)> = query.build_query_as().fetch_all(connection).await?;
    let at = |position| usize::try_from(position).ok().filter(|position| *position < arrived.len());
    Ok(rows.into_iter().filter_map(|(position, digest)| Some((at(position)?, digest))).collect())
}

async fn insert(connection: &mut SqliteConnection, fresh: &[&Arrived]) -> Result<(), Fault> {
    let mut query = QueryBuilder::new(
        "insert into notices (connection, source, notice_key, kind, body, body_digest, received_at) ",
    );
    query.push_values(fresh, |mut row, Arrived { notice, digest }| {
        row.push_bind(notice.connection.as_str())
            .push_bind(notice.source.as_str())
            .push_bind(&notice.key)
            .push_bind(&notice.kind)
            .push_bind(&notice.body)
            .push_bind(digest)
            .push_bind(micros(notice.received_at));
    });
    query.build().execute(connection).await?;
    Ok(())
}
