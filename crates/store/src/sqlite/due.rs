//! Which lanes are due, and when the next one is.

/// Steps from connection to connection through the index, so that neither the backlog nor a paused
/// connection's lanes are ever read through.
pub(super) const DUE_LANES: &str = "
    with recursive names (connection) as (
        select min(connection) from lanes
        union all
        select (select min(lanes.connection) from lanes where lanes.connection > names.connection)
        from names where names.connection is not null
    )
    select lanes.connection, lanes.lane, lanes.attempts, lanes.last_sequence
    from names join lanes on lanes.connection = names.connection and lanes.lane in (
        select waiting.lane from lanes as waiting
        where waiting.connection = names.connection and waiting.claimable_at <= $1
        order by waiting.claimable_at, waiting.lane limit $2)
    where names.connection is not null and not exists (
        select 1 from pauses where pauses.connection = names.connection and pauses.paused_until > $1)
    order by lanes.claimable_at, lanes.connection, lanes.lane limit $2";

/// A paused connection's lanes become due when the pause ends.
pub(super) const NEXT_DUE: &str = "
    with recursive names (connection) as (
        select min(connection) from lanes
        union all
        select (select min(lanes.connection) from lanes where lanes.connection > names.connection)
        from names where names.connection is not null
    ), firsts (connection, due) as (
        select names.connection, (select min(lanes.claimable_at) from lanes where lanes.connection = names.connection)
        from names where names.connection is not null
    )
    select min(case when pauses.paused_until > firsts.due then pauses.paused_until else firsts.due end)
    from firsts left join pauses on pauses.connection = firsts.connection";

#[cfg(test)]
mod tests {
    use sqlx::Row;

    use super::*;
    use crate::sqlite::{STATE, file::WritableFile};

    #[tokio::test]
    async fn taking_work_never_reads_through_the_backlog() {
        let folder = tempfile::tempdir().unwrap();
        let file = WritableFile::prepare(&folder.path().join("x.db"), &STATE).await.unwrap();
        let mut connection = file.connect().await.unwrap();
        for statement in [DUE_LANES, NEXT_DUE] {
            let explain = sqlx::AssertSqlSafe(format!("explain query plan {statement}"));
            let rows = sqlx::query(explain).bind(0).bind(0).fetch_all(&mut connection).await;
            let plan: Vec<String> = rows.unwrap().iter().map(|row| row.get("detail")).collect();
            let of_lanes = |step: &&String| step.contains("lanes") || step.contains("waiting");
            let steps: Vec<_> = plan.iter().filter(of_lanes).collect();
            assert!(
                steps.iter().all(|step| step.starts_with("SEARCH") || step.starts_with("USE")),
                "{plan:#?}"
            );
            assert!(steps.iter().any(|step| step.contains("COVERING INDEX lanes_claimable")), "{plan:#?}");
        }
    }
}
