-- What is known of each SKU: the latest reading, and since when Amazon does not show it. Readings are long, so that
-- rows have a row id, and SKUs are counted and walked through in the slim index instead.
create table stock_known (
    id              integer primary key,
    connection      text    not null,
    sku             text    not null,
    reading         text,
    read_at         integer,
    fulfillment_sku text,
    absent_since    integer,
    absent_last     integer,
    absent_times    integer,
    unique (connection, sku),
    check ((reading is null) = (read_at is null)),
    check ((absent_since is null) = (absent_last is null) and (absent_since is null) = (absent_times is null)),
    check (reading is not null or fulfillment_sku is null),
    check (reading is not null or absent_since is not null)
) strict;

-- SKUs that stand for the same units.
create index stock_known_sharing on stock_known (connection, fulfillment_sku) where fulfillment_sku is not null;

-- Full synchronisations. One that ended, or waits for a person, has the instant at which that came about.
create table stock_runs (
    connection text    not null,
    run        text    not null,
    phase      text    not null,
    started_at integer not null,
    over_at    integer,
    body       text    not null,
    primary key (connection, run)
) strict, without rowid;
create index stock_runs_by_start on stock_runs (connection, started_at, run);
create index stock_runs_by_age on stock_runs (over_at) where over_at is not null;

-- Rows of a run's report, numbered from 1 in the order in which they were written.
create table stock_report_rows (
    id         integer primary key,
    connection text    not null,
    run        text    not null,
    number     integer not null,
    body       text    not null,
    unique (connection, run, number)
) strict;

-- The SKU that Amazon's stock events about an item stand for.
create table stock_item_skus (
    connection text not null,
    item       text not null,
    sku        text not null,
    primary key (connection, item)
) strict, without rowid;

-- SKUs whose stock must be looked at again, because Amazon's figure may not have counted an order yet.
create table stock_again (
    connection text    not null,
    sku        text    not null,
    again_at   integer not null,
    primary key (connection, sku)
) strict, without rowid;
create index stock_again_due on stock_again (connection, again_at, sku);

-- Writes that came to an end lately, found without reading the history of all the others.
create index intent_changes_done on intent_changes (connection, changed_at) where change = 'done';
