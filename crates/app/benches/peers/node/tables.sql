create table events (
    id          bigint generated always as identity primary key,
    connection  text   not null,
    event_key   text   not null,
    kind        text   not null,
    body        text   not null,
    received_at timestamptz not null default now(),
    unique (connection, event_key)
);
