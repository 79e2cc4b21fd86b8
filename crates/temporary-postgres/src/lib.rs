//! A PostgreSQL server for tests and benches, from the distribution's binaries, with a folder and a socket of its own.
//!
//! Runs as root too: PostgreSQL refuses root, so the server then runs as `postgres`, or else as `nobody`. It listens on
//! a Unix socket only and ends with the process that started it, however that ends.

mod pooler;
mod server;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

pub use pooler::TemporaryPooler;
pub use server::{Durability, TemporaryPostgres};

/// Names a server that is there already, such as `postgres://user@host/database`. Databases are made in it.
pub const TEST_DATABASE_URL: &str = "TEST_DATABASE_URL";

static SHARED: OnceLock<Result<TemporaryPostgres, String>> = OnceLock::new();
static DATABASES: AtomicU64 = AtomicU64::new(0);

/// The URL of a new, empty database: in the server of [`TEST_DATABASE_URL`] if that is set, else in one that all tests
/// of this process share.
///
/// # Errors
/// When there are no server binaries, or the server does not start; the message says what to do.
pub fn new_database() -> io::Result<String> {
    new_database_from("template1")
}

/// The URL of a new database that is a copy of another one of the same server, to which nobody may be connected.
///
/// # Errors
/// When the server refuses.
pub fn new_database_like(url: &str) -> io::Result<String> {
    let address = url.split_once('?').map_or(url, |(address, _)| address);
    new_database_from(address.rsplit('/').next().unwrap_or_default())
}

fn new_database_from(template: &str) -> io::Result<String> {
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    let name = format!("t_{}_{number}", std::process::id());
    if let Ok(url) = std::env::var(TEST_DATABASE_URL) {
        server::create_database(&url, &name, template)?;
        return with_database(&url, &name);
    }
    let shared = SHARED
        .get_or_init(|| TemporaryPostgres::start(Durability::Off).map_err(|error| error.to_string()))
        .as_ref();
    let server = shared.map_err(|message| io::Error::other(message.clone()))?;
    server.new_database_from(&name, template)
}

/// The same URL with another database.
fn with_database(url: &str, name: &str) -> io::Result<String> {
    let (address, parameters) = match url.split_once('?') {
        Some((address, parameters)) => (address, format!("?{parameters}")),
        None => (url, String::new()),
    };
    let scheme = address.find("://").map_or(0, |at| at + 3);
    let server = match address[scheme..].rfind('/') {
        Some(at) => &address[..scheme + at],
        None => address,
    };
    if scheme == 0 {
        return Err(io::Error::other(format!("{TEST_DATABASE_URL} is no URL")));
    }
    Ok(format!("{server}/{name}{parameters}"))
}

/// The folder of the server's programs: `PG_BINDIR`, else the newest of `/usr/lib/postgresql/*/bin`.
///
/// # Errors
/// When there is none; the message says what to install.
pub fn programs() -> io::Result<PathBuf> {
    if let Some(folder) = std::env::var_os("PG_BINDIR") {
        return Ok(folder.into());
    }
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(|entry| {
        let path = entry.ok()?.path();
        let version: u32 = path.file_name()?.to_str()?.parse().ok()?;
        Path::new(&path).join("bin/initdb").exists().then(|| (version, path.join("bin")))
    });
    installed.max().map(|(_, folder)| folder).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            "no PostgreSQL server: install one (Debian: apt-get install postgresql), or name its programs' folder in \
             PG_BINDIR, or a running server in TEST_DATABASE_URL",
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    #[test]
    fn a_database_is_named_in_a_given_server() {
        let named = |url| with_database(url, "t").unwrap();
        assert_eq!(named("postgres://u@h:5432/x?sslmode=disable"), "postgres://u@h:5432/t?sslmode=disable");
        assert_eq!(named("postgres:///x?host=/tmp/a"), "postgres:///t?host=/tmp/a");
        assert_eq!(named("postgres://h"), "postgres://h/t");
        assert!(with_database("h/x", "t").is_err());
    }
}
