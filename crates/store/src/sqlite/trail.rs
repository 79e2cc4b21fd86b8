//! The audit trail: calls with the notices that led to them, and what was our own echo.

use amz_domain::ConnectionName;
use amz_services::audit::{AuditEntry, AuditEvent, AuditKind, AuditPosition, AuditQuery};
use amz_services::work::LaneKey;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Row};

use super::fault::Fault;
use super::{calls, timeline};
use crate::stored::{corrupt, from_json, instant, micros};

/// Calls with the notices of their look. A look whose end is not noted yet has none.
const CALLS: &str = "
    select calls.*, (select looks.notices from looks where looks.connection = calls.connection
    and looks.lane = calls.lane and looks.fence = calls.job) as notices from calls";

const ECHOES: &str = "
    select echoes.*, (select looks.notices from looks where looks.connection = echoes.connection
    and looks.lane = echoes.lane and looks.fence = echoes.job) as notices from echoes";

const RECORDED: &str = " where calls.connection = $1 and calls.id > $2 order by calls.id limit $3";

/// A part of the trail, in one snapshot.
pub(super) async fn audit(readers: &SqlitePool, query: &AuditQuery) -> Result<Vec<AuditEntry>, Fault> {
    let mut snapshot = readers.begin().await?;
    let lanes = match &query.lane {
        Some(lane) => {
            let key = LaneKey { connection: query.connection.clone(), lane: lane.clone() };
            let lanes = timeline::same_order(&mut snapshot, &key).await?;
            Some(lanes.into_iter().map(|key| key.lane.to_string()).collect())
        }
        None => None,
    };
    let mut entries = Vec::new();
    for lane in lanes.map_or_else(|| vec![None], |lanes: Vec<String>| lanes.into_iter().map(Some).collect()) {
        for row in read(&mut snapshot, query, lane.as_deref(), AuditKind::Call).await? {
            entries.push(call(&row)?);
        }
        if !query.only_failures {
            for row in read(&mut snapshot, query, lane.as_deref(), AuditKind::Echo).await? {
                entries.push(echo(&row)?);
            }
        }
    }
    snapshot.rollback().await?;
    entries.sort_by_key(|entry| entry.position);
    entries.truncate(query.limit as usize);
    Ok(entries)
}

/// Calls in the order in which they were recorded.
pub(super) async fn recorded(
    readers: &SqlitePool,
    of: &ConnectionName,
    after: i64,
    limit: u32,
) -> Result<Vec<AuditEntry>, Fault> {
    let statement = format!("{CALLS}{RECORDED}");
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(of.as_str())
        .bind(after)
        .bind(limit)
        .fetch_all(readers)
        .await?;
    rows.iter().map(call).collect()
}

pub(super) async fn last_recorded(readers: &SqlitePool, of: &ConnectionName) -> Result<i64, Fault> {
    let last: Option<i64> = sqlx::query_scalar("select max(id) from calls where connection = $1")
        .bind(of.as_str())
        .fetch_one(readers)
        .await?;
    Ok(last.unwrap_or(0))
}

async fn read(
    snapshot: &mut SqliteConnection,
    query: &AuditQuery,
    lane: Option<&str>,
    kind: AuditKind,
) -> Result<Vec<SqliteRow>, Fault> {
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
    Ok(sqlx::query(AssertSqlSafe(statement(kind, lane.is_some(), *only_failures)))
        .bind(connection.as_str())
        .bind(from)
        .bind(until.map_or(i64::MAX, micros))
        .bind(place.0)
        .bind(place.1)
        .bind(limit)
        .bind(lane)
        .fetch_all(snapshot)
        .await?)
}

/// The statement for one kind of entry, of all lanes or of one.
fn statement(kind: AuditKind, of_lane: bool, only_failures: bool) -> String {
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

fn call(row: &SqliteRow) -> Result<AuditEntry, Fault> {
    let call = calls::read(row)?;
    let position = AuditPosition { at: call.started_at, kind: AuditKind::Call, id: row.try_get("id")? };
    Ok(AuditEntry { position, notices: notices(row)?, event: AuditEvent::Call(Box::new(call)) })
}

fn echo(row: &SqliteRow) -> Result<AuditEntry, Fault> {
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

fn notices(row: &SqliteRow) -> Result<Vec<String>, Fault> {
    let notices: Option<String> = row.try_get("notices")?;
    Ok(notices.map(|notices| from_json("notices", &notices)).transpose()?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{STATE, file::WritableFile};

    #[tokio::test]
    async fn the_trail_is_stepped_into_and_never_read_through_or_sorted() {
        let folder = tempfile::tempdir().unwrap();
        let file = WritableFile::prepare(&folder.path().join("x.db"), &STATE).await.unwrap();
        let mut connection = file.connect().await.unwrap();
        let all = [
            (statement(AuditKind::Call, false, false), "calls_by_time (connection=? AND started_at>"),
            (
                statement(AuditKind::Call, true, false),
                "calls_by_lane (connection=? AND lane=? AND started_at>",
            ),
            (statement(AuditKind::Call, false, true), "calls_failed (connection=? AND started_at>"),
            (statement(AuditKind::Echo, false, false), "echoes_by_time (connection=? AND noted_at>"),
            (
                statement(AuditKind::Echo, true, false),
                "echoes_by_lane (connection=? AND lane=? AND noted_at>",
            ),
            (format!("{CALLS}{RECORDED}"), "calls_by_connection (connection=? AND rowid>"),
        ];
        for (statement, index) in all {
            let explain = AssertSqlSafe(format!("explain query plan {statement}"));
            let rows = sqlx::query(explain).fetch_all(&mut connection).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
            assert!(plan[0].contains(index), "{statement}: {plan:#?}");
            assert!(
                plan.iter().all(|step| step.starts_with("SEARCH") || step.starts_with("CORRELATED")),
                "{plan:#?}"
            );
        }
    }
}
