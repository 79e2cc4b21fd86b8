-- How urgent work is, 0 for the most urgent. A lane is as urgent as the most urgent of its requests.
alter table requests add column urgency integer not null default 1;
alter table lanes add column urgency integer not null default 1;
update requests set urgency = case
    when ask = '"CancelWished"' or ask like '{"RefundRequested"%' or ask like '{"RefundCompleted"%'
        or ask like '{"Approved"%' or ask like '{"Rejected"%' then 0
    when ask like '{"Document"%' then case
        when ask like '%"kind":"creditMemo"%' or ask like '%"kind":"cashRefund"%'
            or ask like '%"kind":"customerRefund"%' then 0 else 2 end
    when ask = '"ReturnMoved"' or ask like '{"ReturnStarted"%' then 2
    when ask = '"StockDue"' or ask like '{"StockChanged"%' or ask like '{"StockOf"%' or ask like '{"StockOfItem"%'
        or ask like '{"ReadStock"%' or ask like '{"CompareStock"%' then 3
    when ask like '{"Reconcile"%' or ask like '{"WalkOrders"%' then 4
    else 1 end;
update lanes set urgency = coalesce((select min(requests.urgency) from requests
    where requests.connection = lanes.connection and requests.lane = lanes.lane), 1);
drop index lanes_claimable;
create index lanes_claimable on lanes (connection, urgency, claimable_at, lane);

-- The notices that made somebody ask, as JSON; null for none.
alter table requests add column notices text;
alter table looks add column notices text;

-- The look that a call was made in, by its fence, and the write that it sends or settles.
alter table calls add column job integer;
alter table calls add column intent text;
drop index calls_by_lane;
create index calls_by_lane on calls (connection, lane, started_at);
create index calls_by_connection on calls (connection);
create index calls_by_time on calls (connection, started_at);
create index calls_failed on calls (connection, started_at) where outcome not in ('success', 'absent');

-- What turned out to be our own echo and was ignored, by a look or by a change feed.
create table echoes (
    id         integer primary key autoincrement,
    connection text    not null,
    lane       text    not null,
    job        integer,
    noted_at   integer not null,
    what       text    not null
) strict;
create index echoes_by_lane on echoes (connection, lane, noted_at);
create index echoes_by_time on echoes (connection, noted_at);
create index echoes_by_age on echoes (noted_at);

-- When it became known that a write had its effect.
alter table intents add column settled_at integer;
create index intents_settled on intents (connection, lane, operation, settled_at) where settled_at is not null;

-- Sales orders on which something is still to come. Every order that was sent and looked at lately counts until its next look.
create table open_orders (
    connection  text not null,
    sales_order text not null,
    opened_at   integer not null,
    primary key (connection, sales_order)
) strict, without rowid;
create index open_orders_by_age on open_orders (opened_at);
insert into open_orders (connection, sales_order, opened_at)
    select distinct connection, substr(lane, 7), unixepoch() * 1000000
    from links where kind = 'order' and lane like 'order/%' and exists (
        select 1 from looks where looks.connection = links.connection and looks.lane = links.lane);

-- Reconciliations. One counts when the next one may begin where it began.
create table reconciliations (
    connection text    not null,
    run        text    not null,
    started_at integer not null,
    ended_at   integer,
    counts     integer not null,
    body       text    not null,
    primary key (connection, run)
) strict, without rowid;
create index reconciliations_by_start on reconciliations (connection, started_at, run);
create index reconciliations_that_count on reconciliations (connection, started_at) where counts = 1;
create index reconciliations_by_age on reconciliations (ended_at) where ended_at is not null;

-- The lanes that a reconciliation asked, and what it found there.
create table reconciliation_orders (
    id         integer primary key,
    connection text    not null,
    run        text    not null,
    lane       text    not null,
    asked      integer not null,
    outcome    text,
    finding    text,
    unique (connection, run, lane),
    check ((outcome is null) = (finding is null))
) strict;
create index reconciliation_orders_by_outcome on reconciliation_orders (connection, run, outcome, asked, lane);
