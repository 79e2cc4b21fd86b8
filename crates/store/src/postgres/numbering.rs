//! The numbers that calls are read by, one after the other.
//!
//! A number is given before its row is committed, so that of two processes the one with the lower number may well commit
//! last. Who reads on from the higher number would never see the lower one. So whoever records a call takes a lock that
//! all may have at once, before the number is given; and the reader waits until nobody has it any more who had it when
//! the reader looked for the highest number.

use amz_domain::ConnectionName;
use sqlx::postgres::PgConnection;

use crate::transaction::Fault;

/// The last number below which no call is still to come.
pub(super) async fn settled_through(
    connection: &mut PgConnection,
    of: &ConnectionName,
) -> Result<i64, Fault> {
    let highest: Option<i64> = sqlx::query_scalar("select max(id) from calls where connection = $1")
        .bind(of.as_str())
        .fetch_one(&mut *connection)
        .await?;
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(of.as_str())
        .execute(connection)
        .await?;
    Ok(highest.unwrap_or(0))
}
