//! Programs started by tests.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::SystemTime;

use serde_json::Value;

/// A connection that asks nobody.
pub(crate) const CONNECTION: &str = r#"
[[connection]]
name = "main"
[connection.amazon.bwp]
client_id = "client"
client_secret = "secret-hunter2"
target_id = "bp-1"
[connection.amazon.webhook_auth]
allow_unauthenticated = true
[connection.netsuite]
account = "1234567"
timezone = "UTC"
auth = { tba = { consumer_key = "k", consumer_secret = "s", token_id = "i", token_secret = "t" } }
"#;

/// A program with nothing configured through this test's own environment.
pub(crate) fn program(path: &Path) -> Command {
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AMZ_") {
            command.env_remove(name);
        }
    }
    command
}

/// Path of `amz`.
pub(crate) fn amz_path() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_amz"))
}

/// Runs `amz` to its end.
pub(crate) fn amz(arguments: &[&str]) -> Ended {
    let Output { status, stdout, stderr } = program(amz_path()).args(arguments).output().unwrap();
    Ended {
        code: status.code(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Standard output, which must be one JSON document and nothing else.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A program at work; killed when dropped.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts a program. Its standard output can be read; its logs join the test's.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self { child: command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap() }
    }

    /// The first JSON document that it prints.
    pub(crate) fn first_document(&mut self) -> Value {
        let out = self.child.stdout.take().unwrap();
        serde_json::Deserializer::from_reader(out).into_iter().next().unwrap().unwrap()
    }

    /// `kill -9`. The program must have been running.
    pub(crate) fn kill_nine(&mut self) {
        assert_eq!(self.child.try_wait().unwrap(), None, "the program ended by itself");
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            let _ = self.child.wait();
        }
    }
}

/// A program of another package of the workspace, beside `amz`. Built when it is absent or older than a source.
///
/// `cargo test --workspace` has built it before any test runs, since its package has a test of its own.
pub(crate) fn neighbour(name: &str) -> PathBuf {
    let folder = amz_path().parent().unwrap();
    let path = folder.join(name);
    if is_current(&path) {
        return path;
    }
    let profile = match folder.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        profile => profile,
    };
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--package", name, "--profile", profile, "--target-dir"]);
    build.arg(folder.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(build.status().unwrap().success(), "{name} can be built");
    path
}

/// Compares a program with the sources that Cargo noted beside it.
fn is_current(path: &Path) -> bool {
    let Ok(built) = modified(path) else { return false };
    let Ok(noted) = std::fs::read_to_string(path.with_extension("d")) else { return false };
    let sources = noted.split_once(": ").map_or("", |(_, sources)| sources);
    sources.split_whitespace().all(|source| modified(Path::new(source)).is_ok_and(|changed| changed <= built))
}

fn modified(path: &Path) -> std::io::Result<SystemTime> {
    std::fs::metadata(path)?.modified()
}
