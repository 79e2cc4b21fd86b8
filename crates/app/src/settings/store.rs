//! Where the state is kept: keys and their reading.

use amz_store::Pooler;

use super::key::{Key, Kind};
use super::model::StoreSettings;
use super::reader::{Faulty, Reader, Scope};
use super::tree::Table;

const POOLERS: &[(&str, Pooler)] = &[("none", Pooler::None), ("transaction", Pooler::Transaction)];

/// Where the state is kept.
pub(super) const STORE: &[Key] = &[
    Key::with_default(
        "store.url",
        Kind::Store,
        "sqlite://accelerator.db",
        "Where the state is kept. `sqlite://PATH`, relative to the working directory, is for one process of each role. \
         `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full` is for any number of processes. \
         A process that starts while the database cannot be reached tries again for a minute, then ends.",
    ),
    Key::with_default(
        "store.max_connections",
        Kind::Whole { least: 2, most: 1000 },
        "16",
        "Most connections that one process makes to PostgreSQL; SQLite needs none. All processes together must stay \
         below what the server allows.",
    )
    .unit("connections"),
    Key::with_default(
        "store.statement_timeout",
        Kind::Duration { least: "1s", most: "1h" },
        "30s",
        "How long PostgreSQL may take for one statement, and how long a statement waits for a lock. Behind a pooler in mode \
         `transaction` it is not sent: set it for the role (`alter role … set statement_timeout`).",
    )
    .unit("ms, s, m, h"),
    Key::with_default(
        "store.pooler",
        Kind::Choice(&["none", "transaction"]),
        "none",
        "What stands between the processes and PostgreSQL: `transaction` is for a pooler that gives a connection for one \
         transaction at a time, as PgBouncer does with `pool_mode = transaction`; `none` for no pooler, and for one that \
         gives whole sessions.",
    ),
];

/// Reads where the state is kept.
pub(super) fn store(reader: &mut Reader<'_>, root: &Table) -> Result<StoreSettings, Faulty> {
    let scope = Scope::top(root).section("store");
    let url = reader.get(&scope, "url");
    let max_connections = reader.get(&scope, "max_connections");
    let statement_timeout = reader.get(&scope, "statement_timeout");
    let pooler = reader.choose(&scope, "pooler", POOLERS);
    Ok(StoreSettings {
        url: url?,
        max_connections: max_connections?,
        statement_timeout: statement_timeout?,
        pooler: pooler?,
    })
}
