//! What is asked of a lane.

use amz_services::work::Ask;

use super::SqlConnection;
use crate::stored::from_json;
use crate::transaction::Fault;

/// What is asked of a lane.
pub(super) async fn asks_of(connection: &mut SqlConnection, of: &str, lane: &str) -> Result<Vec<Ask>, Fault> {
    let asks: Vec<String> =
        sqlx::query_scalar("select distinct ask from requests where connection = $1 and lane = $2")
            .bind(of)
            .bind(lane)
            .fetch_all(connection)
            .await?;
    Ok(asks.iter().map(|ask| from_json("ask", ask)).collect::<Result<_, _>>()?)
}
