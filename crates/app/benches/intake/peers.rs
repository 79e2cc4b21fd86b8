//! The same endpoint written in the usual way. The peers' packages come from their registries, into a temporary folder.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use amz_temporary_postgres::TemporaryPostgres;

use crate::load::{Load, PASSWORD, USERNAME};
use crate::product::{Server, free_address, workspace};
use crate::{HEALTH, Measured, PATH, ceiling, complete};

/// Node 20 or newer, Express, node-postgres with a pool; one insert a request.
pub(super) async fn node(load: Load, postgres: &TemporaryPostgres) -> Measured {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    copy("node", folder.path());
    run(Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--silent"])
        .current_dir(folder.path()))?;
    let url = postgres.new_database("node").map_err(|error| error.to_string())?;
    ceiling::run_on_postgres(&url, include_str!("../peers/node/tables.sql")).await;
    let mut command = Command::new("node");
    command.arg("server.js").current_dir(folder.path());
    command
        .env("NODE_ENV", "production")
        .env("DATABASE_SOCKET", postgres.socket_folder())
        .env("DATABASE", "node");
    let sent = serve(load, &mut command, folder.path()).await?;
    complete(sent, ceiling::rows_of_postgres(&url, "events").await)
}

/// Python 3, FastAPI, uvicorn with uvloop, the standard library's SQLite.
pub(super) async fn python(load: Load) -> Measured {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    copy("python", folder.path());
    run(Command::new("python3").args(["-m", "venv", "venv"]).current_dir(folder.path()))?;
    let install =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"];
    let interpreter = folder.path().join("venv/bin/python");
    run(Command::new(&interpreter).args(install).current_dir(folder.path()))?;
    let mut command = Command::new(&interpreter);
    command.arg("server.py").current_dir(folder.path());
    let sent = serve(load, &mut command, folder.path()).await?;
    complete(sent, ceiling::rows_of_sqlite(&folder.path().join("events.db"), "events").await)
}

async fn serve(load: Load, command: &mut Command, folder: &Path) -> Measured {
    let address = free_address();
    command
        .env("PORT", address.port().to_string())
        .env("WEBHOOK_USER", USERNAME)
        .env("WEBHOOK_PASSWORD", PASSWORD);
    let mut server = Server::start(command, address, &folder.join("log"));
    server.answers(HEALTH, Instant::now()).await?;
    Ok(load.send(address, PATH).await)
}

fn copy(peer: &str, folder: &Path) {
    for entry in std::fs::read_dir(workspace().join("crates/app/benches/peers").join(peer)).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
}

/// Runs a command to its end.
fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command.stdin(Stdio::null()).output().map_err(|error| format!("{name}: {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(format!("its packages could not be installed ({name}: {last})"))
}
