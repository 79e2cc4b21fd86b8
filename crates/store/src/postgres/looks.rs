//! Noting what looks saw, many in one statement.

use amz_services::look::Look;
use amz_services::work::Lease;
use sqlx::postgres::PgConnection;

use super::held::place;
use crate::stored::{micros, to_json};
use crate::transaction::Fault;

/// The look itself and what turned out to be our own echo, in their order.
const NOTE: &str = "
    with echoed as (
        insert into echoes (connection, lane, job, noted_at, what)
        select * from unnest($10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::text[])
    )
    insert into looks (connection, lane, fence, started_at, ended_at, asks, lines, outcome, notices)
    select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
                         $8::text[], $9::text[])";

/// Notes looks for the timeline and the audit trail.
pub(super) async fn note(connection: &mut PgConnection, looks: &[(&Lease, &Look)]) -> Result<(), Fault> {
    let mut notices = Vec::with_capacity(looks.len());
    let (mut asks, mut lines) = (Vec::with_capacity(looks.len()), Vec::with_capacity(looks.len()));
    for (_, look) in looks {
        asks.push(to_json("asks", &look.asks)?);
        lines.push(to_json("look", &look.lines)?);
        notices.push(match &look.notices[..] {
            [] => None,
            notices => Some(to_json("notices", notices)?),
        });
    }
    let (of, lanes): (Vec<_>, Vec<_>) = looks.iter().map(|(lease, _)| place(&lease.key)).unzip();
    let echoes =
        || looks.iter().flat_map(|(lease, look)| look.echoes.iter().map(move |what| (lease, look, what)));
    let (echoes_of, echo_lanes): (Vec<_>, Vec<_>) = echoes().map(|(lease, ..)| place(&lease.key)).unzip();
    sqlx::query(NOTE)
        .bind(of)
        .bind(lanes)
        .bind(looks.iter().map(|(lease, _)| lease.fence).collect::<Vec<_>>())
        .bind(looks.iter().map(|(_, look)| micros(look.started_at)).collect::<Vec<_>>())
        .bind(looks.iter().map(|(_, look)| micros(look.ended_at)).collect::<Vec<_>>())
        .bind(asks)
        .bind(lines)
        .bind(looks.iter().map(|(_, look)| look.outcome.as_str()).collect::<Vec<_>>())
        .bind(notices)
        .bind(echoes_of)
        .bind(echo_lanes)
        .bind(echoes().map(|(lease, ..)| lease.fence).collect::<Vec<_>>())
        .bind(echoes().map(|(_, look, _)| micros(look.ended_at)).collect::<Vec<_>>())
        .bind(echoes().map(|(.., what)| what.as_str()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}
