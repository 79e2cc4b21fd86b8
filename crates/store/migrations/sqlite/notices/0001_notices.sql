-- Notices as they came. Row ids are never used twice, so that a reader's cursor stays true after a purge.
create table notices (
    id          integer primary key autoincrement,
    connection  text    not null,
    source      text    not null,
    notice_key  text    not null,
    kind        text    not null,
    body        text    not null,
    body_digest text    not null,
    received_at integer not null,
    unique (connection, source, notice_key)
) strict;

create index notices_by_age on notices (received_at);

-- Tells this file's row ids from those of a file that was lost.
create table identity (id text not null) strict;
insert into identity (id) values (lower(hex(randomblob(8))));
