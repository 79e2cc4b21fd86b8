-- Messages about parked items, written in the commit that parks or unparks. One waits until it is settled.
create table notifications (
    id           integer primary key autoincrement,
    message      text    not null unique,
    kind         text    not null,
    happened_at  integer not null,
    connection   text    not null,
    lane         text    not null,
    subject      text    not null,
    code         text    not null,
    cause        text    not null,
    hint         text    not null,
    who          text    not null,
    parked_since integer not null,
    attempts     integer not null default 0,
    due_at       integer not null,
    settled_at   integer,
    ended        text,
    check ((settled_at is null) = (ended is null))
) strict;
create index notifications_waiting on notifications (connection, lane, subject, id) where settled_at is null;
create index notifications_due on notifications (due_at) where settled_at is null;
create index notifications_by_age on notifications (settled_at) where settled_at is not null;
