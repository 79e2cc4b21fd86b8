//! Whether a database's tables are those of this version, without changing it.

use super::STORE;
use super::open::PostgresDatabase;
use crate::OpenError;
use crate::tables::Tables;

/// Compares the tables of a database. Beside running processes or without any.
///
/// # Errors
/// [`OpenError::Server`] when it cannot be read.
pub async fn tables_of_database(database: &PostgresDatabase) -> Result<Tables, OpenError> {
    let applied = database.in_time(applied(database)).await.map_err(|source| database.refused(source))?;
    Ok(Tables::compared(applied, &STORE))
}

/// Steps that were carried out; `None` when nobody has prepared the database.
async fn applied(database: &PostgresDatabase) -> Result<Option<Vec<i64>>, sqlx::Error> {
    // one connection for both statements, whatever stands in between
    let mut transaction = database.begin("begin").await?;
    let prepared: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(&mut *transaction)
        .await?;
    if !prepared {
        return Ok(None);
    }
    let versions = sqlx::query_scalar("select version from _sqlx_migrations where success order by version");
    versions.fetch_all(&mut *transaction).await.map(Some)
}
