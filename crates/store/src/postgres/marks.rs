//! Marking lanes due, many in one statement.

use amz_services::work::LaneRequest;
use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;

use crate::stored::{micros, to_json};
use crate::transaction::Fault;

/// A request, and why it is made beside what it tells itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark<'work> {
    pub(super) request: &'work LaneRequest,
    /// A look that began before does not serve the request.
    pub(super) counts_from: Option<DateTime<Utc>>,
    /// Notices that asked for the work that asks for this.
    pub(super) notices: &'work [String],
}

impl<'work> Mark<'work> {
    /// A request that tells all.
    pub(super) fn of(request: &'work LaneRequest) -> Self {
        Self { request, counts_from: None, notices: &[] }
    }
}

/// Lanes first, in the order of their keys so that two who mark the same ones do not wait for each other. That takes
/// their row locks: whoever is about to remove a lane because nothing waits on it has either done so, and then the lane
/// begins anew, or waits and sees the request. The requests of a lane take the end of its sequence, in their order.
const MARK: &str = "
    with asked as materialized (
        select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[],
                             $7::text[], $8::text[], $9::text[], $10::bigint[])
        with ordinality as asked (connection, lane, ask, due_at, counts_from, urgency, notices,
                                  notice, kind, received_at, place)
    ), marked as (
        insert into lanes (connection, lane, due_at, last_sequence, urgency)
        select connection, lane, min(due_at), count(*), min(urgency) from asked
        group by connection, lane order by connection collate \"C\", lane collate \"C\"
        on conflict (connection, lane) do update
        set last_sequence = lanes.last_sequence + excluded.last_sequence,
            due_at = least(lanes.due_at, excluded.due_at), urgency = least(lanes.urgency, excluded.urgency)
        returning lanes.connection, lanes.lane, lanes.last_sequence
    ), noticed as (
        insert into lane_notices (connection, lane, notice, kind, received_at)
        select connection, lane, notice, kind, received_at from asked where notice is not null order by place
        on conflict (connection, lane, notice) do nothing
    )
    insert into requests (connection, lane, sequence, ask, due_at, counts_from, urgency, notices)
    select marked.connection, marked.lane,
           marked.last_sequence + 1
               - row_number() over (partition by marked.connection, marked.lane order by asked.place desc),
           asked.ask, asked.due_at, asked.counts_from, asked.urgency, asked.notices
    from asked join marked on marked.connection = asked.connection and marked.lane = asked.lane";

/// Marks lanes due. A leased lane stays leased; its holder sees the requests when it gives the lane back.
pub(super) async fn mark(connection: &mut PgConnection, marks: &[Mark<'_>]) -> Result<(), Fault> {
    if marks.is_empty() {
        return Ok(());
    }
    let mut asks = Vec::with_capacity(marks.len());
    let mut asked_by = Vec::with_capacity(marks.len());
    for Mark { request, notices, .. } in marks {
        asks.push(to_json("ask", &request.ask)?);
        asked_by.push(match &request.notice {
            Some(notice) => Some(to_json("notices", &[&notice.id])?),
            None if notices.is_empty() => None,
            None => Some(to_json("notices", notices)?),
        });
    }
    let of = |mark: &Mark<'_>| mark.request.key.connection.to_string();
    let lane = |mark: &Mark<'_>| mark.request.key.lane.to_string();
    let notices = || marks.iter().map(|mark| mark.request.notice.as_ref());
    sqlx::query(MARK)
        .bind(marks.iter().map(of).collect::<Vec<_>>())
        .bind(marks.iter().map(lane).collect::<Vec<_>>())
        .bind(asks)
        .bind(marks.iter().map(|mark| micros(mark.request.due_at)).collect::<Vec<_>>())
        .bind(marks.iter().map(|mark| mark.counts_from.map(micros)).collect::<Vec<_>>())
        .bind(marks.iter().map(|mark| i64::from(mark.request.ask.urgency().rank())).collect::<Vec<_>>())
        .bind(asked_by)
        .bind(notices().map(|notice| notice.map(|notice| notice.id.clone())).collect::<Vec<_>>())
        .bind(notices().map(|notice| notice.map(|notice| notice.kind.clone())).collect::<Vec<_>>())
        .bind(notices().map(|notice| notice.map(|notice| micros(notice.received_at))).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}
