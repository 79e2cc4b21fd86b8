//! How connections take turns.

use std::collections::HashMap;

use amz_domain::ConnectionName;

use super::SqlConnection;
use crate::fair_turns;
use crate::transaction::Fault;

/// Weight and pass of every connection that was weighed or served.
#[derive(Debug)]
pub(super) struct Turns(HashMap<String, (u32, i64)>);

impl Turns {
    /// Those of one connection.
    pub(super) fn of(&self, connection: &str) -> (u32, i64) {
        self.0.get(connection).copied().unwrap_or((1, 0))
    }

    /// Where contenders start; see [`fair_turns::floor`].
    pub(super) fn floor(&self) -> i64 {
        fair_turns::floor(self.0.values().copied())
    }
}

/// All weights and passes: as many as there are connections.
pub(super) async fn turns(connection: &mut SqlConnection) -> Result<Turns, Fault> {
    let rows: Vec<(String, i64, i64)> =
        sqlx::query_as("select connection, weight, pass from turns").fetch_all(connection).await?;
    let weight = |weight| u32::try_from(weight).unwrap_or(1);
    Ok(Turns(rows.into_iter().map(|(of, weighs, pass)| (of, (weight(weighs), pass))).collect()))
}

/// Keeps the pass of a connection that was served. It never goes back.
pub(super) async fn advance(connection: &mut SqlConnection, of: &str, pass: i64) -> Result<(), Fault> {
    sqlx::query(
        "insert into turns (connection, pass) values ($1, $2)
         on conflict (connection) do update set pass = excluded.pass where turns.pass < excluded.pass",
    )
    .bind(of)
    .bind(pass)
    .execute(connection)
    .await?;
    Ok(())
}

/// How many lanes connections get in proportion.
pub(super) async fn set_weights(
    connection: &mut SqlConnection,
    weights: &[(ConnectionName, u32)],
) -> Result<(), Fault> {
    for (of, weight) in weights {
        sqlx::query(
            "insert into turns (connection, weight) values ($1, $2)
             on conflict (connection) do update set weight = excluded.weight
             where turns.weight <> excluded.weight",
        )
        .bind(of.as_str())
        .bind(i64::from((*weight).max(1)))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
