-- Instants are microseconds since 1970 in UTC. Asks, links and looks are JSON text. Text is compared byte by byte.
--
-- Every key starts with the connection, so that the tables can be distributed by it. The exceptions are few and small:
-- what a deployment has once (feed cursors, duties, shares of a NetSuite account's slots, paces, settings).

-- Grows with each claim, for ever: a lane that is removed and comes back never meets an old fence.
create sequence lane_fences;

-- One row per lane with work, and narrow. A lane is leased when it has an owner.
create table lanes (
    connection    text   collate "C" not null,
    lane          text   collate "C" not null,
    due_at        bigint not null,
    lease_until   bigint,
    owner         text,
    fence         bigint not null default 0,
    attempts      bigint not null default 0,
    last_sequence bigint not null default 0,
    urgency       bigint not null default 1,
    claimable_at  bigint not null generated always as (coalesce(lease_until, due_at)) stored,
    primary key (connection, lane),
    check ((owner is null) = (lease_until is null))
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500,
        autovacuum_vacuum_cost_delay = 0);
create index lanes_claimable on lanes (connection, urgency, claimable_at, lane);
create index lanes_leased on lanes (connection) where owner is not null;

create table requests (
    connection  text   collate "C" not null,
    lane        text   collate "C" not null,
    sequence    bigint not null,
    ask         text   not null,
    due_at      bigint not null,
    counts_from bigint,
    urgency     bigint not null default 1,
    notices     text,
    primary key (connection, lane, sequence)
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

create table lane_notices (
    connection  text   collate "C" not null,
    id          bigint generated always as identity,
    lane        text   collate "C" not null,
    notice      text   collate "C" not null,
    kind        text   not null,
    received_at bigint not null,
    primary key (connection, id),
    unique (connection, lane, notice)
);
create index lane_notices_by_age on lane_notices (received_at);

create table looks (
    connection text   collate "C" not null,
    id         bigint generated always as identity,
    lane       text   collate "C" not null,
    fence      bigint not null,
    started_at bigint not null,
    ended_at   bigint not null,
    asks       text   not null,
    lines      text   not null,
    outcome    text   not null,
    notices    text,
    primary key (connection, id),
    unique (connection, lane, fence)
);
create index looks_by_age on looks (ended_at);

create table pauses (
    connection   text   collate "C" not null primary key,
    paused_until bigint not null,
    code         text   not null
);

-- How connections take turns. Of those with due lanes the one with the lowest pass is served next, and its pass grows
-- by what it was given, divided by its weight.
create table turns (
    connection text   collate "C" not null primary key,
    weight     bigint not null default 1,
    pass       bigint not null default 0
) with (fillfactor = 50);

create table feed_cursors (
    feed    text   collate "C" not null primary key,
    through bigint not null
);

create table watermarks (
    connection text collate "C" not null,
    feed       text collate "C" not null,
    modified   text collate "C" not null,
    record     text collate "C" not null,
    primary key (connection, feed)
);

create table feed_versions (
    connection text collate "C" not null,
    feed       text collate "C" not null,
    modified   text collate "C" not null,
    record     text collate "C" not null,
    primary key (connection, feed, modified, record)
);

create table intents (
    connection text   collate "C" not null,
    intent     text   collate "C" not null,
    lane       text   collate "C" not null,
    operation  text   not null,
    subject    text   not null,
    state      text   not null,
    sends      bigint not null,
    lookups    bigint not null,
    planned_at bigint not null,
    sent_at    bigint,
    result     text,
    settled_at bigint,
    primary key (connection, intent)
);
create index intents_unsettled on intents (connection, lane) where state in ('sent', 'unclear');
create index intents_settled on intents (connection, lane, operation, settled_at) where settled_at is not null;

create table intent_changes (
    connection text   collate "C" not null,
    id         bigint generated always as identity,
    lane       text   collate "C" not null,
    intent     text   collate "C" not null,
    changed_at bigint not null,
    change     text   not null,
    detail     text,
    primary key (connection, id),
    foreign key (connection, intent) references intents (connection, intent)
);
create index intent_changes_by_lane on intent_changes (connection, lane);
create index intent_changes_by_intent on intent_changes (connection, intent);
create index intent_changes_by_age on intent_changes (changed_at);
create index intent_changes_done on intent_changes (connection, changed_at) where change = 'done';

create table links (
    connection text collate "C" not null,
    kind       text collate "C" not null,
    amazon_id  text collate "C" not null,
    lane       text collate "C" not null,
    link       text not null,
    primary key (connection, kind, amazon_id)
);
create index links_by_lane on links (connection, lane);

create table parked (
    connection   text   collate "C" not null,
    lane         text   collate "C" not null,
    subject      text   collate "C" not null,
    code         text   not null,
    cause        text   not null,
    hint         text   not null,
    who          text   not null,
    parked_since bigint not null,
    primary key (connection, lane, subject)
);

-- Messages about parked items, written in the commit that parks or unparks. One waits until it is settled.
create table notifications (
    connection   text   collate "C" not null,
    id           bigint generated always as identity,
    message      text   collate "C" not null,
    kind         text   not null,
    happened_at  bigint not null,
    lane         text   collate "C" not null,
    subject      text   collate "C" not null,
    code         text   not null,
    cause        text   not null,
    hint         text   not null,
    who          text   not null,
    parked_since bigint not null,
    attempts     bigint not null default 0,
    due_at       bigint not null,
    settled_at   bigint,
    ended        text,
    primary key (connection, id),
    unique (connection, message),
    check ((settled_at is null) = (ended is null))
);
create index notifications_waiting on notifications (connection, lane, subject, id) where settled_at is null;
create index notifications_due on notifications (due_at) where settled_at is null;
create index notifications_by_message on notifications (message) where settled_at is null;
create index notifications_by_age on notifications (settled_at) where settled_at is not null;

create table calls (
    connection  text   collate "C" not null,
    id          bigint generated always as identity,
    lane        text   collate "C",
    vendor      text   not null,
    operation   text   not null,
    method      text   not null,
    path        text   not null,
    attempt     bigint not null,
    started_at  bigint not null,
    duration_ms bigint not null,
    status      bigint,
    outcome     text   not null,
    code        text,
    request     text,
    response    text,
    job         bigint,
    intent      text,
    primary key (connection, id)
);
create index calls_by_lane on calls (connection, lane, started_at, id);
create index calls_by_time on calls (connection, started_at, id);
create index calls_failed on calls (connection, started_at, id) where outcome not in ('success', 'absent');
create index calls_by_age on calls (started_at);

-- What turned out to be our own echo and was ignored, by a look or by a change feed.
create table echoes (
    connection text   collate "C" not null,
    id         bigint generated always as identity,
    lane       text   collate "C" not null,
    job        bigint,
    noted_at   bigint not null,
    what       text   not null,
    primary key (connection, id)
);
create index echoes_by_lane on echoes (connection, lane, noted_at, id);
create index echoes_by_time on echoes (connection, noted_at, id);
create index echoes_by_age on echoes (noted_at);

-- What is known of each SKU: the latest reading, and since when Amazon does not show it.
create table stock_known (
    connection      text   collate "C" not null,
    sku             text   collate "C" not null,
    reading         text,
    read_at         bigint,
    fulfillment_sku text   collate "C",
    absent_since    bigint,
    absent_last     bigint,
    absent_times    bigint,
    primary key (connection, sku),
    check ((reading is null) = (read_at is null)),
    check ((absent_since is null) = (absent_last is null) and (absent_since is null) = (absent_times is null)),
    check (reading is not null or fulfillment_sku is null),
    check (reading is not null or absent_since is not null)
);
create index stock_known_sharing on stock_known (connection, fulfillment_sku) where fulfillment_sku is not null;

create table stock_runs (
    connection text   collate "C" not null,
    run        text   collate "C" not null,
    phase      text   not null,
    started_at bigint not null,
    over_at    bigint,
    body       text   not null,
    primary key (connection, run)
);
create index stock_runs_by_start on stock_runs (connection, started_at, run);
create index stock_runs_by_age on stock_runs (over_at) where over_at is not null;

create table stock_report_rows (
    connection text   collate "C" not null,
    run        text   collate "C" not null,
    number     bigint not null,
    body       text   not null,
    primary key (connection, run, number)
);

create table stock_item_skus (
    connection text collate "C" not null,
    item       text collate "C" not null,
    sku        text collate "C" not null,
    primary key (connection, item)
);

create table stock_again (
    connection text   collate "C" not null,
    sku        text   collate "C" not null,
    again_at   bigint not null,
    primary key (connection, sku)
);
create index stock_again_due on stock_again (connection, again_at, sku);

create table open_orders (
    connection  text   collate "C" not null,
    sales_order text   collate "C" not null,
    opened_at   bigint not null,
    primary key (connection, sales_order)
);
create index open_orders_by_age on open_orders (opened_at);

create table reconciliations (
    connection text   collate "C" not null,
    run        text   collate "C" not null,
    started_at bigint not null,
    ended_at   bigint,
    counts     bigint not null,
    body       text   not null,
    primary key (connection, run)
);
create index reconciliations_by_start on reconciliations (connection, started_at, run);
create index reconciliations_that_count on reconciliations (connection, started_at) where counts = 1;
create index reconciliations_by_age on reconciliations (ended_at) where ended_at is not null;

create table reconciliation_orders (
    connection text   collate "C" not null,
    run        text   collate "C" not null,
    lane       text   collate "C" not null,
    asked      bigint not null,
    outcome    text   collate "C",
    finding    text,
    primary key (connection, run, lane),
    check ((outcome is null) = (finding is null))
);
create index reconciliation_orders_by_outcome on reconciliation_orders (connection, run, outcome, asked, lane);

-- Notices as they came, of all feeds: `inbox` for what vendors send, `commands` for what operators want.
create table notices (
    connection  text   collate "C" not null,
    feed        text   collate "C" not null,
    source      text   collate "C" not null,
    notice_key  text   collate "C" not null,
    id          bigint generated always as identity,
    kind        text   not null,
    body        text   not null,
    body_digest text   not null,
    received_at bigint not null,
    primary key (connection, feed, source, notice_key)
);
create unique index notices_by_id on notices (connection, feed, id);
create index notices_by_age on notices (feed, received_at);

-- Notices that nobody has taken yet, written in the commit that stores them. Row ids come out of order when several
-- processes store notices at once, so that no cursor could pass over them safely.
create table notices_waiting (
    connection text   collate "C" not null,
    feed       text   collate "C" not null,
    id         bigint not null,
    primary key (connection, feed, id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500,
        autovacuum_vacuum_cost_delay = 0);
create index notices_waiting_in_order on notices_waiting (feed, connection, id);

-- What one process does at a time, by name.
create table duties (
    duty        text   collate "C" not null primary key,
    holder      text   not null,
    lease_until bigint not null
) with (fillfactor = 50);

-- How many calls at once each process may have at an account.
create table slot_shares (
    account     text   collate "C" not null,
    holder      text   collate "C" not null,
    slots       bigint not null,
    wanted      bigint not null,
    known       bigint,
    lease_until bigint not null,
    primary key (account, holder)
) with (fillfactor = 50);

-- One row per account: who asks for a share locks it first, so that no two divide the same slots at once.
create table slot_accounts (
    account  text   collate "C" not null primary key,
    asked_at bigint not null
) with (fillfactor = 50);

-- When the next call of a limited rate may be made.
create table paces (
    pace    text   collate "C" not null primary key,
    next_at bigint not null
) with (fillfactor = 50);

-- Versions of what is set at run time, per connection. Row ids are never used twice: the highest one is the
-- generation that a new version is compared with. Versions are few and are kept for good.
create table settings_versions (
    id         bigint not null primary key,
    connection text   collate "C" not null,
    version    bigint not null,
    document   text   not null,
    changes    text   not null,
    changed_by text   not null,
    changed_at bigint not null,
    note       text   not null,
    unique (connection, version)
);

-- Long logs, from which the oldest rows go in bites: neither dead nor new rows wait until a fifth of the table is theirs.
alter table notices set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
alter table lane_notices set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
alter table looks set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
alter table calls set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
alter table echoes set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
alter table intent_changes set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
alter table notifications set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
alter table stock_report_rows set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
alter table reconciliation_orders set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);

-- Grow for ever, and their rows change a few times each.
alter table intents set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
alter table links set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
