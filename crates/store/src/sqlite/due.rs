//! Which lanes are due, and when the next one is.

/// Connections with due lanes: how many, up to a limit for each class of urgency, and where the first of them stands in
/// the order of due work.
///
/// Steps from connection to connection and from class to class of urgency through the index, so that neither the
/// backlog nor a paused connection's lanes are ever read through. Among what is due, more urgent lanes have a head
/// start: the figures are those of `crate::head_start::handicap`, in microseconds.
pub(super) const CONTENDERS: &str = "
    with recursive names (connection) as (
        select min(connection) from lanes
        union all
        select (select min(lanes.connection) from lanes where lanes.connection > names.connection)
        from names where names.connection is not null
    ), classes (urgency, handicap) as (
        values (0, 0), (1, 30000000), (2, 60000000), (3, 120000000), (4, 300000000)
    ), firsts (connection, urgency, handicap, first) as (
        select names.connection, classes.urgency, classes.handicap, (
            select min(lanes.claimable_at) from lanes
            where lanes.connection = names.connection and lanes.urgency = classes.urgency)
        from names cross join classes
        where names.connection is not null and not exists (
            select 1 from pauses where pauses.connection = names.connection and pauses.paused_until > $1)
    )
    select firsts.connection, min(firsts.first + firsts.handicap), sum((
        select count(*) from (
            select 1 from lanes where lanes.connection = firsts.connection and lanes.urgency = firsts.urgency
            and lanes.claimable_at <= $1 limit $2)))
    from firsts where firsts.first <= $1 group by firsts.connection";

/// The first due lanes of a connection, with their places in the order of due work.
pub(super) const DUE_LANES: &str = "
    with classes (urgency, handicap) as (
        values (0, 0), (1, 30000000), (2, 60000000), (3, 120000000), (4, 300000000)
    )
    select lanes.claimable_at + classes.handicap, lanes.connection, lanes.lane, lanes.attempts, lanes.last_sequence
    from classes cross join lanes on lanes.connection = $3 and lanes.lane in (
        select waiting.lane from lanes as waiting
        where waiting.connection = $3 and waiting.urgency = classes.urgency and waiting.claimable_at <= $1
        order by waiting.claimable_at, waiting.lane limit $2)
    order by lanes.claimable_at + classes.handicap, lanes.lane limit $2";

/// A paused connection's lanes become due when the pause ends.
pub(super) const NEXT_DUE: &str = "
    with recursive names (connection) as (
        select min(connection) from lanes
        union all
        select (select min(lanes.connection) from lanes where lanes.connection > names.connection)
        from names where names.connection is not null
    ), classes (urgency) as (
        values (0), (1), (2), (3), (4)
    ), firsts (connection, due) as (
        select names.connection, (select min(lanes.claimable_at) from lanes
            where lanes.connection = names.connection and lanes.urgency = classes.urgency)
        from names cross join classes where names.connection is not null
    )
    select min(case when pauses.paused_until > firsts.due then pauses.paused_until else firsts.due end)
    from firsts left join pauses on pauses.connection = firsts.connection where firsts.due is not null";

#[cfg(test)]
mod tests {
    use amz_services::urgency::Urgency;
    use sqlx::Row;

    use super::*;
    use crate::head_start::handicap;
    use crate::sqlite::{STATE, file::WritableFile};

    #[tokio::test]
    async fn taking_work_never_reads_through_the_backlog() {
        let folder = tempfile::tempdir().unwrap();
        let file = WritableFile::prepare(&folder.path().join("x.db"), &STATE).await.unwrap();
        let mut connection = file.connect().await.unwrap();
        for statement in [CONTENDERS, DUE_LANES, NEXT_DUE] {
            let explain = sqlx::AssertSqlSafe(format!("explain query plan {statement}"));
            let rows = sqlx::query(explain).bind(0).bind(0).bind("").fetch_all(&mut connection).await;
            let plan: Vec<String> = rows.unwrap().iter().map(|row| row.get("detail")).collect();
            let of_lanes = |step: &&String| step.contains("lanes") || step.contains("waiting");
            let steps: Vec<_> = plan.iter().filter(of_lanes).collect();
            assert!(
                steps.iter().all(|step| step.starts_with("SEARCH") || step.starts_with("USE")),
                "{plan:#?}"
            );
            assert!(
                steps.iter().any(|step| step.contains("INDEX lanes_claimable (connection=? AND urgency=?")),
                "{plan:#?}"
            );
        }
    }

    #[test]
    fn the_statements_know_every_class_and_its_head_start() {
        let pairs = Urgency::ALL.map(|urgency| {
            format!("({}, {})", urgency.rank(), handicap(urgency).num_microseconds().unwrap())
        });
        for statement in [CONTENDERS, DUE_LANES] {
            assert!(statement.contains(&format!("values {}\n", pairs.join(", "))));
        }
        let ranks = Urgency::ALL.map(|urgency| format!("({})", urgency.rank()));
        assert!(NEXT_DUE.contains(&format!("values {}\n", ranks.join(", "))));
    }
}
