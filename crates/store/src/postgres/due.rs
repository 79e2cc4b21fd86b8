//! Which lanes are due, whose they are, and when the next one is.
//!
//! Every statement steps from connection to connection and from class to class of urgency through the index
//! `lanes_claimable`, so that neither the backlog nor a paused connection's lanes are ever read through.

/// Connections with due lanes that are not paused: how many lanes are due (of each class none counted beyond `$2`), the
/// place of the first in the order of due work, and the instant that counts as now, which is the database's unless `$1`
/// is given. Among what is due, more urgent lanes have a head start: the figures are those of
/// `crate::head_start::handicap`, in microseconds.
pub(super) const CONTENDERS: &str = "
    with recursive names (connection) as (
        select (select lanes.connection from lanes order by lanes.connection limit 1)
        union all
        select (select lanes.connection from lanes where lanes.connection > names.connection
                order by lanes.connection limit 1)
        from names where names.connection is not null
    ), clock (now) as materialized (
        select coalesce($1::bigint, cast(extract(epoch from clock_timestamp()) * 1000000 as bigint))
    )
    select names.connection, due.lanes, due.first, clock.now
    from names cross join clock
    left join pauses on pauses.connection = names.connection and pauses.paused_until > clock.now
    cross join lateral (
        select count(*) as lanes, min(waiting.claimable_at + classes.handicap) as first
        from (values (0, 0), (1, 30000000), (2, 60000000), (3, 120000000), (4, 300000000))
            as classes (urgency, handicap)
        cross join lateral (
            select lanes.claimable_at from lanes
            where lanes.connection = names.connection and lanes.urgency = classes.urgency
            and lanes.claimable_at <= clock.now and pauses.connection is null
            order by lanes.claimable_at limit $2) as waiting
    ) as due
    where names.connection is not null and due.lanes > 0";

/// Leases the next `$2` lanes of each connection in `$1` that are due at `$3`, to `$4` until `$5`. Rows that somebody else
/// is busy with are passed over; some more candidates than wanted make up for those. A lane that was claimed under a
/// later fence meanwhile stays away.
pub(super) const TAKE: &str = "
    with fence (fence) as materialized (select nextval('lane_fences')),
    chosen as materialized (
        select picked.connection, picked.lane, picked.turn
        from unnest($1::text[], $2::bigint[]) as share (connection, lanes)
        cross join fence
        cross join lateral (
            select lanes.connection, lanes.lane, candidates.turn
            from (
                select waiting.lane, waiting.claimable_at + classes.handicap as turn
                from (values (0, 0), (1, 30000000), (2, 60000000), (3, 120000000), (4, 300000000))
                    as classes (urgency, handicap)
                cross join lateral (
                    select lanes.lane, lanes.claimable_at from lanes
                    where lanes.connection = share.connection and lanes.urgency = classes.urgency
                    and lanes.claimable_at <= $3
                    order by lanes.claimable_at, lanes.lane limit share.lanes * 2 + 64) as waiting
                order by turn, waiting.lane limit share.lanes * 2 + 64
            ) as candidates
            join lanes on lanes.connection = share.connection and lanes.lane = candidates.lane
            where lanes.claimable_at <= $3 and lanes.fence < fence.fence
            order by candidates.turn, lanes.lane limit share.lanes
            for update of lanes skip locked
        ) as picked
    ), taken as (
        update lanes set owner = $4, lease_until = $5, fence = fence.fence
        from chosen, fence where lanes.connection = chosen.connection and lanes.lane = chosen.lane
        returning lanes.connection, lanes.lane, lanes.fence, lanes.attempts, lanes.last_sequence, chosen.turn
    )
    select connection, lane, fence, attempts, last_sequence from taken order by turn, connection, lane";

/// A paused connection's lanes become due when the pause ends.
pub(super) const NEXT_DUE: &str = "
    with recursive names (connection) as (
        select (select lanes.connection from lanes order by lanes.connection limit 1)
        union all
        select (select lanes.connection from lanes where lanes.connection > names.connection
                order by lanes.connection limit 1)
        from names where names.connection is not null
    )
    select min(greatest(firsts.due, pauses.paused_until))
    from names
    cross join (values (0), (1), (2), (3), (4)) as classes (urgency)
    cross join lateral (
        select lanes.claimable_at as due from lanes
        where lanes.connection = names.connection and lanes.urgency = classes.urgency
        order by lanes.claimable_at limit 1) as firsts
    left join pauses on pauses.connection = names.connection
    where names.connection is not null";

#[cfg(test)]
mod tests {
    use amz_services::urgency::Urgency;

    use super::*;
    use crate::head_start::handicap;

    #[test]
    fn the_statements_know_every_class_and_its_head_start() {
        let pairs = Urgency::ALL.map(|urgency| {
            format!("({}, {})", urgency.rank(), handicap(urgency).num_microseconds().unwrap())
        });
        for statement in [CONTENDERS, TAKE] {
            assert!(statement.contains(&format!("(values {})", pairs.join(", "))));
        }
        let ranks = Urgency::ALL.map(|urgency| format!("({})", urgency.rank()));
        assert!(NEXT_DUE.contains(&format!("(values {})", ranks.join(", "))));
    }
}
