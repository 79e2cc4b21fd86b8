-- Instants are microseconds since 1970 in UTC. Asks, links and looks are JSON text.
-- State is keyed by connection first. Logs that only grow have a row id and are found through indexes
-- that start with the connection.

-- Grows with each claim, for ever: a lane that is removed and comes back never meets an old fence.
create table fences (
    name  text    not null primary key,
    value integer not null
) strict, without rowid;
insert into fences (name, value) values ('lanes', 0);

-- One row per lane with work. A lane is leased when it has an owner.
create table lanes (
    connection    text    not null,
    lane          text    not null,
    due_at        integer not null,
    lease_until   integer,
    owner         text,
    fence         integer not null default 0,
    attempts      integer not null default 0,
    last_sequence integer not null default 0,
    claimable_at  integer not null generated always as (coalesce(lease_until, due_at)) stored,
    primary key (connection, lane),
    check ((owner is null) = (lease_until is null))
) strict, without rowid;
create index lanes_claimable on lanes (connection, claimable_at, lane);

create table requests (
    connection text    not null,
    lane       text    not null,
    sequence   integer not null,
    ask        text    not null,
    due_at     integer not null,
    primary key (connection, lane, sequence),
    foreign key (connection, lane) references lanes (connection, lane)
) strict, without rowid;

create table lane_notices (
    id          integer primary key autoincrement,
    connection  text    not null,
    lane        text    not null,
    notice      text    not null,
    kind        text    not null,
    received_at integer not null,
    unique (connection, lane, notice)
) strict;
create index lane_notices_by_age on lane_notices (received_at);

create table looks (
    id         integer primary key autoincrement,
    connection text    not null,
    lane       text    not null,
    fence      integer not null,
    started_at integer not null,
    ended_at   integer not null,
    asks       text    not null,
    lines      text    not null,
    outcome    text    not null,
    unique (connection, lane, fence)
) strict;
create index looks_by_age on looks (ended_at);

create table pauses (
    connection   text    not null primary key,
    paused_until integer not null,
    code         text    not null
) strict, without rowid;

create table feed_cursors (
    feed    text    not null primary key,
    through integer not null
) strict, without rowid;

create table watermarks (
    connection text not null,
    feed       text not null,
    modified   text not null,
    record     text not null,
    primary key (connection, feed)
) strict, without rowid;

create table feed_versions (
    connection text not null,
    feed       text not null,
    modified   text not null,
    record     text not null,
    primary key (connection, feed, modified, record)
) strict, without rowid;

create table intents (
    connection text    not null,
    intent     text    not null,
    lane       text    not null,
    operation  text    not null,
    subject    text    not null,
    state      text    not null,
    sends      integer not null,
    lookups    integer not null,
    planned_at integer not null,
    sent_at    integer,
    result     text,
    primary key (connection, intent)
) strict, without rowid;
create index intents_unsettled on intents (connection, lane) where state in ('sent', 'unclear');

create table intent_changes (
    id         integer primary key autoincrement,
    connection text    not null,
    lane       text    not null,
    intent     text    not null,
    changed_at integer not null,
    change     text    not null,
    detail     text,
    foreign key (connection, intent) references intents (connection, intent)
) strict;
create index intent_changes_by_lane on intent_changes (connection, lane);
create index intent_changes_by_intent on intent_changes (connection, intent);
create index intent_changes_by_age on intent_changes (changed_at);

create table links (
    connection text not null,
    kind       text not null,
    amazon_id  text not null,
    lane       text not null,
    link       text not null,
    primary key (connection, kind, amazon_id)
) strict, without rowid;
create index links_by_lane on links (connection, lane);

create table parked (
    connection   text    not null,
    lane         text    not null,
    subject      text    not null,
    code         text    not null,
    cause        text    not null,
    hint         text    not null,
    who          text    not null,
    parked_since integer not null,
    primary key (connection, lane, subject)
) strict, without rowid;

create table calls (
    id          integer primary key autoincrement,
    connection  text    not null,
    lane        text,
    vendor      text    not null,
    operation   text    not null,
    method      text    not null,
    path        text    not null,
    attempt     integer not null,
    started_at  integer not null,
    duration_ms integer not null,
    status      integer,
    outcome     text    not null,
    code        text,
    request     text,
    response    text
) strict;
create index calls_by_lane on calls (connection, lane);
create index calls_by_age on calls (started_at);
