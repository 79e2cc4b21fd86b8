//! Orders that Amazon took lately, or may have taken.

use std::collections::BTreeMap;

use amz_domain::ConnectionName;
use amz_services::inventory::TakenOrder;
use amz_services::link::Link;
use amz_services::work::Lane;
use chrono::{DateTime, Utc};

use super::super::SqlConnection;
use crate::stored::{corrupt, from_json, instant, micros};
use crate::taken::{in_order, perhaps_taken, sales_order_of, taken};
use crate::transaction::Fault;

/// Steps through the writes that were done lately, whatever they were; their number is that of recent work.
pub(crate) const DONE: &str = "
    select intents.lane, max(intents.sent_at), max(intent_changes.changed_at), max(links.link)
    from intent_changes
    join intents on intents.connection = intent_changes.connection and intents.intent = intent_changes.intent
    left join links on links.connection = intents.connection and links.lane = intents.lane and links.kind = 'order'
    where intent_changes.connection = $1 and intent_changes.changed_at >= $2 and intent_changes.change = 'done'
    and intents.operation = 'createOrder' and intents.state = 'done'
    group by intents.lane, links.amazon_id";

pub(crate) const UNCLEAR: &str = "
    select distinct lane from intents
    where connection = $1 and state in ('sent', 'unclear') and operation = 'createOrder'";

/// Reads one snapshot: an order that is settled in between would be missed, or told twice.
pub(super) async fn since(
    snapshot: &mut SqlConnection,
    of: &ConnectionName,
    since: DateTime<Utc>,
) -> Result<Vec<TakenOrder>, Fault> {
    let done: Vec<(String, Option<i64>, i64, Option<String>)> =
        sqlx::query_as(DONE).bind(of.as_str()).bind(micros(since)).fetch_all(&mut *snapshot).await?;
    let unclear: Vec<String> = sqlx::query_scalar(UNCLEAR).bind(of.as_str()).fetch_all(snapshot).await?;

    let mut by_lane: BTreeMap<String, (Option<i64>, i64, Vec<Link>)> = BTreeMap::new();
    for (lane, sent_at, done_at, link) in done {
        let (sent, last, links) = by_lane.entry(lane).or_insert((sent_at, done_at, Vec::new()));
        *sent = sent_at.max(*sent);
        *last = done_at.max(*last);
        if let Some(link) = link {
            links.push(from_json("link", &link)?);
        }
    }
    let mut orders = Vec::with_capacity(by_lane.len() + unclear.len());
    for (lane, (sent_at, done_at, links)) in by_lane {
        if let Some(sales_order) = sales_order_of(read(&lane)?) {
            let at = (sent_at.map(instant).transpose()?, instant(done_at)?);
            orders.push(taken(sales_order, at, &links));
        }
    }
    for lane in unclear {
        orders.extend(sales_order_of(read(&lane)?).map(perhaps_taken));
    }
    Ok(in_order(orders))
}

fn read(lane: &str) -> Result<Lane, Fault> {
    Ok(lane.parse().map_err(|error| corrupt("lane", format!("{error}")))?)
}
