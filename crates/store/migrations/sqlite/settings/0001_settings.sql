-- Versions of what is set at run time, per connection. Row ids are never used twice: the highest one is the
-- generation that a new version is compared with. Versions are few and are kept for good.
create table settings_versions (
    id         integer primary key autoincrement,
    connection text    not null,
    version    integer not null,
    document   text    not null,
    changes    text    not null,
    changed_by text    not null,
    changed_at integer not null,
    note       text    not null,
    unique (connection, version)
) strict;
