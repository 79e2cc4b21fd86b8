//! The timeline of a lane, put together from everything that is kept about it.

use amz_domain::DocumentKey;
use amz_services::timeline::TimelineEntry;
use amz_services::work::{Ask, Lane, LaneKey, NoticeReference};
use sqlx::Row;

use super::SqlConnection;
use super::requests::asks_of;
use super::{calls, parked};
use crate::stored::{from_json, instant, number};
use crate::telling::{self, Next, in_order};
use crate::transaction::Fault;

/// Everything about a lane in one snapshot, and about the lanes that turned out to be its.
pub(super) async fn timeline(
    snapshot: &mut SqlConnection,
    key: &LaneKey,
) -> Result<Vec<TimelineEntry>, Fault> {
    let mut entries = Vec::new();
    for key in same_order(snapshot, key).await? {
        let (of, lane) = (key.connection.as_str(), key.lane.to_string());
        notices(snapshot, of, &lane, &mut entries).await?;
        made_calls(snapshot, of, &lane, &mut entries).await?;
        intents(snapshot, of, &lane, &mut entries).await?;
        looks(snapshot, of, &lane, &mut entries).await?;
        entries.extend(parked::of_lane(snapshot, &key).await?.iter().map(telling::parked));
        entries.extend(next(snapshot, of, &lane).await?.as_ref().map(telling::next));
    }
    Ok(in_order(entries))
}

/// The lane, and the lanes of Amazon orders and documents that turned out to be its.
pub(super) async fn same_order(snapshot: &mut SqlConnection, key: &LaneKey) -> Result<Vec<LaneKey>, Fault> {
    let linked: Vec<(String, String)> = sqlx::query_as(
        "select kind, amazon_id from links where connection = $1 and lane = $2 and kind in ('order', 'document')
         order by kind desc, amazon_id",
    )
    .bind(key.connection.as_str())
    .bind(key.lane.to_string())
    .fetch_all(snapshot)
    .await?;
    let lane = |(kind, id): (String, String)| match kind.as_str() {
        "order" => Some(Lane::AmazonOrder(id.into())),
        _ => DocumentKey::parse(&id).map(Lane::Document),
    };
    let others = linked
        .into_iter()
        .filter_map(lane)
        .map(|lane| LaneKey { connection: key.connection.clone(), lane })
        .filter(|other| other != key);
    Ok(std::iter::once(key.clone()).chain(others).collect())
}

async fn notices(
    snapshot: &mut SqlConnection,
    of: &str,
    lane: &str,
    entries: &mut Vec<TimelineEntry>,
) -> Result<(), Fault> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "select notice, kind, received_at from lane_notices where connection = $1 and lane = $2 order by id",
    )
    .bind(of)
    .bind(lane)
    .fetch_all(snapshot)
    .await?;
    for (id, kind, received_at) in rows {
        entries.push(telling::notice(&NoticeReference { id, kind, received_at: instant(received_at)? }));
    }
    Ok(())
}

async fn made_calls(
    snapshot: &mut SqlConnection,
    of: &str,
    lane: &str,
    entries: &mut Vec<TimelineEntry>,
) -> Result<(), Fault> {
    let rows = sqlx::query("select * from calls where connection = $1 and lane = $2 order by id")
        .bind(of)
        .bind(lane)
        .fetch_all(snapshot)
        .await?;
    for row in &rows {
        entries.push(telling::call(&calls::read(row)?));
    }
    Ok(())
}

async fn intents(
    snapshot: &mut SqlConnection,
    of: &str,
    lane: &str,
    entries: &mut Vec<TimelineEntry>,
) -> Result<(), Fault> {
    let rows: Vec<(i64, String, String, String, Option<String>)> = sqlx::query_as(
        "select intent_changes.changed_at, intents.operation, intents.subject, intent_changes.change,
         intent_changes.detail
         from intent_changes join intents
         on intents.connection = intent_changes.connection and intents.intent = intent_changes.intent
         where intent_changes.connection = $1 and intent_changes.lane = $2 order by intent_changes.id",
    )
    .bind(of)
    .bind(lane)
    .fetch_all(snapshot)
    .await?;
    for (changed_at, operation, subject, change, detail) in rows {
        let at = instant(changed_at)?;
        entries.push(telling::intent(at, &operation, &subject, &change, detail.as_deref()));
    }
    Ok(())
}

async fn looks(
    snapshot: &mut SqlConnection,
    of: &str,
    lane: &str,
    entries: &mut Vec<TimelineEntry>,
) -> Result<(), Fault> {
    let rows: Vec<(i64, String, String, String)> = sqlx::query_as(
        "select ended_at, asks, outcome, lines from looks where connection = $1 and lane = $2 order by id",
    )
    .bind(of)
    .bind(lane)
    .fetch_all(snapshot)
    .await?;
    for (ended_at, asks, outcome, lines) in rows {
        let asks: Vec<Ask> = from_json("asks", &asks)?;
        let lines: Vec<String> = from_json("look", &lines)?;
        entries.push(telling::look(instant(ended_at)?, &asks, &outcome, &lines));
    }
    Ok(())
}

async fn next(snapshot: &mut SqlConnection, of: &str, lane: &str) -> Result<Option<Next>, Fault> {
    let row = sqlx::query(
        "select lanes.due_at, lanes.owner, lanes.lease_until, lanes.attempts, pauses.paused_until, pauses.code
         from lanes left join pauses on pauses.connection = lanes.connection
         where lanes.connection = $1 and lanes.lane = $2",
    )
    .bind(of)
    .bind(lane)
    .fetch_optional(&mut *snapshot)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let owner: Option<String> = row.try_get("owner")?;
    let lease_until: Option<i64> = row.try_get("lease_until")?;
    let paused_until: Option<i64> = row.try_get("paused_until")?;
    let code: Option<String> = row.try_get("code")?;
    Ok(Some(Next {
        due_at: instant(row.try_get("due_at")?)?,
        leased: owner.zip(lease_until.map(instant).transpose()?),
        paused: paused_until.map(instant).transpose()?.zip(code),
        attempts: number("attempts", row.try_get("attempts")?)?,
        asks: amz_services::ports::lanes::without_repeats(asks_of(snapshot, of, lane).await?),
    }))
}
