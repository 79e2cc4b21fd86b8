//! The product's programs as processes of their own, built as they are released.

#![allow(dead_code, unused_imports, reason = "no bench uses all of it")]

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::load::{CONNECTION, Connection, PASSWORD, USERNAME};

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(60);

/// How often a server that starts is asked whether it answers.
const GLANCE: Duration = Duration::from_micros(500);

/// Builds the released programs and returns their folder. Quick when they are built.
pub(crate) fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--release", "--quiet", "--bin", "amz-webhook", "--bin", "amz-sync", "--bin", "amz"])
        .current_dir(workspace())
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the programs do not build");
    // benches lie in `release/deps`, beside which the programs are
    let bench = std::env::current_exe().expect("a path");
    bench.ancestors().nth(3).expect("a target folder").join("release")
}

/// The workspace's folder.
pub(crate) fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A server that runs as a process of its own. Dropping it ends it as a crash would.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a command that will listen at an address; returns at once. What it says goes to a file.
    pub(crate) fn start(command: &mut Command, address: SocketAddr, log: &Path) -> Self {
        let log = File::options().create(true).append(true).open(log).expect("a log file");
        let process = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        Self { process, address }
    }

    /// Waits until it answers a request with 200, and returns how long that took since `begun`.
    pub(crate) async fn answers(&mut self, request: &[u8], begun: Instant) -> Result<Duration, String> {
        loop {
            if let Ok(mut connection) = Connection::open(self.address).await
                && let Ok(answer) = connection.ask(request).await
            {
                let took = begun.elapsed();
                return if answer.status == 200 {
                    Ok(took)
                } else {
                    Err(format!("it answers {}", answer.status))
                };
            }
            if let Ok(Some(status)) = self.process.try_wait() {
                return Err(format!("it ended with {status}"));
            }
            if begun.elapsed() > START {
                return Err("it does not answer".to_owned());
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// A figure of its memory from `/proc`, in KiB: `VmRSS`, `VmHWM`.
    pub(crate) fn memory_kib(&self, name: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }

    /// Whether it has not ended.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Ends it as a crash would.
    pub(crate) fn kill_nine(&mut self) {
        // it may have ended by itself
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill_nine();
    }
}

/// An address of this machine that nobody listens at, below those that outgoing connections take.
pub(crate) fn free_address() -> SocketAddr {
    let first = u16::try_from(std::process::id() % 9_000).unwrap_or(0);
    (0..9_000)
        .map(|tried| SocketAddr::from(([127, 0, 0, 1], 21_000 + (first + tried) % 9_000)))
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("a free port")
}

/// Writes a configuration of the webhook role, with one connection, and returns its path. Vendors are at `vendors`,
/// where nobody needs to be as long as no sync role runs.
pub(crate) fn configure(
    folder: &Path,
    store: &str,
    listen: SocketAddr,
    vendors: SocketAddr,
    more: &str,
) -> PathBuf {
    let text = format!(
        r#"[store]
url = {store:?}
[webhook]
listen = "{listen}"
{more}
[[connection]]
name = "{CONNECTION}"
[connection.amazon.bwp]
endpoint = "http://{vendors}"
client_id = "bench"
client_secret = "bench"
target_id = "bp-bench"
[connection.amazon.webhook_auth]
basic = {{ username = "{USERNAME}", password = "{PASSWORD}" }}
[connection.netsuite]
account = "1234567"
endpoint = "http://{vendors}"
timezone = "America/Los_Angeles"
[connection.netsuite.auth.tba]
consumer_key = "bench"
consumer_secret = "bench"
token_id = "bench"
token_secret = "bench"
[connection.mapping]
amazon_location = "7"
default_ship_speed = "STANDARD"
"#
    );
    let path = folder.join("accelerator.toml");
    std::fs::write(&path, text).expect("a configuration is written");
    path
}

/// A program with a configuration, and without what this process's environment would change.
pub(crate) fn program(path: &Path, config: &Path) -> Command {
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AMZ_") {
            command.env_remove(name);
        }
    }
    command.arg("--config").arg(config);
    command
}
