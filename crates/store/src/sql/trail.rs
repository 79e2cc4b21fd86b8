//! The audit trail: calls with the notices that led to them, and what was our own echo.

use amz_domain::ConnectionName;
use amz_services::audit::{AuditEntry, AuditEvent, AuditKind, AuditPosition, AuditQuery};
use amz_services::work::LaneKey;
use sqlx::{AssertSqlSafe, Row};

use super::numbering::settled_through;
use super::{SqlConnection, SqlRow};
use super::{calls, timeline};
use crate::stored::{corrupt, from_json, instant, micros};
use crate::transaction::Fault;

/// Calls with the notices of their look. A look whose end is not noted yet has none.
pub(super) const CALLS: &str = "
    select calls.*, (select looks.notices from looks where looks.connection = calls.connection
    and looks.lane = calls.lane and looks.fence = calls.job) as notices from calls";

const ECHOES: &str = "
    select echoes.*, (select looks.notices from looks where looks.connection = echoes.connection
    and looks.lane = echoes.lane and looks.fence = echoes.job) as notices from echoes";

pub(super) const RECORDED: &str =
    " where calls.connection = $1 and calls.id > $2 and calls.id <= $3 order by calls.id limit $4";

/// A part of the trail, in one snapshot.
pub(super) async fn audit(
    snapshot: &mut SqlConnection,
    query: &AuditQuery,
) -> Result<Vec<AuditEntry>, Fault> {
    let lanes = match &query.lane {
        Some(lane) => {
            let key = LaneKey { connection: query.connection.clone(), lane: lane.clone() };
            let lanes = timeline::same_order(snapshot, &key).await?;
            Some(lanes.into_iter().map(|key| key.lane.to_string()).collect())
        }
        None => None,
    };
    let mut entries = Vec::new();
    for lane in lanes.map_or_else(|| vec![None], |lanes: Vec<String>| lanes.into_iter().map(Some).collect()) {
        for row in read(snapshot, query, lane.as_deref(), AuditKind::Call).await? {
            entries.push(call(&row)?);
        }
        if !query.only_failures {
            for row in read(snapshot, query, lane.as_deref(), AuditKind::Echo).await? {
                entries.push(echo(&row)?);
            }
        }
    }
    entries.sort_by_key(|entry| entry.position);
    entries.truncate(query.limit as usize);
    Ok(entries)
}

/// Calls in the order in which they were recorded.
pub(super) async fn recorded(
    reader: &mut SqlConnection,
    of: &ConnectionName,
    after: i64,
    limit: u32,
) -> Result<Vec<AuditEntry>, Fault> {
    let through = settled_through(reader, of).await?;
    let statement = format!("{CALLS}{RECORDED}");
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(of.as_str())
        .bind(after)
        .bind(through)
        .bind(i64::from(limit))
        .fetch_all(reader)
        .await?;
    rows.iter().map(call).collect()
}

pub(super) async fn last_recorded(reader: &mut SqlConnection, of: &ConnectionName) -> Result<i64, Fault> {
    let last: Option<i64> = sqlx::query_scalar("select max(id) from calls where connection = $1")
        .bind(of.as_str())
        .fetch_one(reader)
        .await?;
    Ok(last.unwrap_or(0))
}

async fn read(
    snapshot: &mut SqlConnection,
    query: &AuditQuery,
    lane: Option<&str>,
    kind: AuditKind,
) -> Result<Vec<SqlRow>, Fault> {
    let AuditQuery { connection, lane: _, since, until, only_failures, after, limit } = query;
    // with the place after which is read goes its instant, so that an index is stepped into there
    let from = (*since).max(after.map(|after| after.at)).map_or(i64::MIN, micros);
    let place = after.map_or((i64::MIN, 0), |after| {
        let id = match after.kind.cmp(&kind) {
            std::cmp::Ordering::Less => i64::MIN,
            std::cmp::Ordering::Equal => after.id,
            std::cmp::Ordering::Greater => i64::MAX,
        };
        (micros(after.at), id)
    });
    let query = sqlx::query(AssertSqlSafe(statement(kind, lane.is_some(), *only_failures)))
        .bind(connection.as_str())
        .bind(from)
        .bind(until.map_or(i64::MAX, micros))
        .bind(place.0)
        .bind(place.1)
        .bind(i64::from(*limit));
    let query = match lane {
        Some(lane) => query.bind(lane),
        None => query,
    };
    Ok(query.fetch_all(snapshot).await?)
}

/// The statement for one kind of entry, of all lanes or of one.
pub(super) fn statement(kind: AuditKind, of_lane: bool, only_failures: bool) -> String {
    let (select, table, at) = match kind {
        AuditKind::Call => (CALLS, "calls", "started_at"),
        AuditKind::Echo => (ECHOES, "echoes", "noted_at"),
    };
    let lane = if of_lane { format!(" and {table}.lane = $7") } else { String::new() };
    let failed = if only_failures { " and outcome not in ('success', 'absent')" } else { "" };
    format!(
        "{select} where {table}.connection = $1{lane} and {at} >= $2 and {at} < $3
         and ({at}, {table}.id) > ($4, $5){failed} order by {at}, {table}.id limit $6"
    )
}

fn call(row: &SqlRow) -> Result<AuditEntry, Fault> {
    let call = calls::read(row)?;
    let position = AuditPosition { at: call.started_at, kind: AuditKind::Call, id: row.try_get("id")? };
    Ok(AuditEntry { position, notices: notices(row)?, event: AuditEvent::Call(Box::new(call)) })
}

fn echo(row: &SqlRow) -> Result<AuditEntry, Fault> {
    let at = instant(row.try_get("noted_at")?)?;
    let lane: String = row.try_get("lane")?;
    Ok(AuditEntry {
        position: AuditPosition { at, kind: AuditKind::Echo, id: row.try_get("id")? },
        notices: notices(row)?,
        event: AuditEvent::Echo {
            lane: lane.parse().map_err(|error| corrupt("lane", format!("{error}")))?,
            job: row.try_get("job")?,
            what: row.try_get("what")?,
        },
    })
}

fn notices(row: &SqlRow) -> Result<Vec<String>, Fault> {
    let notices: Option<String> = row.try_get("notices")?;
    Ok(notices.map(|notices| from_json("notices", &notices)).transpose()?.unwrap_or_default())
}
