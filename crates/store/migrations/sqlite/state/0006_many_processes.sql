-- What one process does at a time, by name.
create table duties (
    duty        text    not null primary key,
    holder      text    not null,
    lease_until integer not null
) strict, without rowid;

-- How connections take turns. Of those with due lanes the one with the lowest pass is served next, and its pass grows
-- by what it was given, divided by its weight.
create table turns (
    connection text    not null primary key,
    weight     integer not null default 1,
    pass       integer not null default 0
) strict, without rowid;

-- How many calls at once each process may have at an account.
create table slot_shares (
    account     text    not null,
    holder      text    not null,
    slots       integer not null,
    wanted      integer not null,
    known       integer,
    lease_until integer not null,
    primary key (account, holder)
) strict, without rowid;

-- One row per account: who asks for a share locks it first, so that no two divide the same slots at once.
create table slot_accounts (
    account  text    not null primary key,
    asked_at integer not null
) strict, without rowid;

-- When the next call of a limited rate may be made.
create table paces (
    pace    text    not null primary key,
    next_at integer not null
) strict, without rowid;
