//! What is asked of lanes, and by which notices.

use std::collections::HashMap;

use amz_services::ports::lanes::without_repeats;
use amz_services::work::{Ask, LaneKey};
use sqlx::postgres::PgConnection;

use super::held::place;
use crate::stored::{each_once, from_json};
use crate::transaction::Fault;

/// Equal requests count once, however many wait.
const ASKED: &str = "
    select requests.connection, requests.lane, requests.ask, requests.notices
    from requests join unnest($1::text[], $2::text[]) as wanted (connection, lane)
    on requests.connection = wanted.connection and requests.lane = wanted.lane
    group by requests.connection, requests.lane, requests.ask, requests.notices
    order by min(requests.sequence)";

/// What is asked of a lane.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Without repeats.
    pub(super) asks: Vec<Ask>,
    /// The notices that asked, in the order in which they came, each once.
    pub(super) notices: Vec<String>,
}

/// What is asked of lanes, by connection and lane.
pub(super) async fn asked_of<'lanes>(
    connection: &mut PgConnection,
    keys: impl Iterator<Item = &'lanes LaneKey>,
) -> Result<HashMap<(String, String), Asked>, Fault> {
    let (of, lanes): (Vec<_>, Vec<_>) = keys.map(place).unzip();
    let rows: Vec<(String, String, String, Option<String>)> =
        sqlx::query_as(ASKED).bind(of).bind(lanes).fetch_all(connection).await?;
    let mut known: HashMap<_, Asked> = HashMap::new();
    for (of, lane, ask, notices) in rows {
        let asked = known.entry((of, lane)).or_default();
        asked.asks.push(from_json("ask", &ask)?);
        if let Some(notices) = notices {
            asked.notices.extend(from_json::<Vec<String>>("notices", &notices)?);
        }
    }
    for asked in known.values_mut() {
        asked.asks = without_repeats(std::mem::take(&mut asked.asks));
        asked.notices = each_once(std::mem::take(&mut asked.notices));
    }
    Ok(known)
}
