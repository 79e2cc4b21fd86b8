//! Starting a server, and ending it with this process.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to start.
const START: Duration = Duration::from_secs(60);

/// `$0` is the folder, `$@` the server's command. Ends with the server; when its input closes, it ends the server and
/// removes the folder.
const WATCHDOG: &str = r#"exec 3<&0; "$@" </dev/null & p=$!
{ read -r _; p=$(head -n1 "$0/data/postmaster.pid"); kill -QUIT $p; while kill -0 $p; do sleep 0.02; done; rm -rf -- "$0"; } <&3 >/dev/null 2>&1 &
exec 3<&-; wait $p"#;

/// Whether what was committed survives a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It does not: fastest, for tests.
    Off,
    /// It does, as in production: for benches.
    Full,
}

/// A running server. Dropping it ends the server and removes its folder.
#[derive(Debug)]
pub struct TemporaryPostgres {
    server: Child,
    programs: PathBuf,
    folder: TempDir,
}

impl TemporaryPostgres {
    /// Makes a cluster in a new folder and starts its server.
    ///
    /// # Errors
    /// When there are no server programs, or the server does not start.
    pub fn start(durability: Durability) -> io::Result<Self> {
        let programs = crate::programs()?;
        let user = service_user()?;
        // the path of a Unix socket must stay under 108 bytes
        let folder = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp")?;
        if let Some((user, group)) = user {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group))?;
        }
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700))?;
        let data = folder.path().join("data");
        let made = command(programs.join("initdb"), user)
            .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
            .args(["--no-instructions", "-D"])
            .arg(&data)
            .output()?;
        if !made.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&made.stderr).into_owned()));
        }
        let log = File::create(folder.path().join("log"))?;
        let server = command(PathBuf::from("/bin/sh"), user)
            .args(["-c", WATCHDOG])
            .arg(folder.path())
            .arg(programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args(settings(durability).iter().flat_map(|setting| ["-c", setting]))
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()?;
        let mut this = Self { server, programs, folder };
        this.wait_until_ready()?;
        Ok(this)
    }

    /// Makes a database and returns its URL.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn new_database(&self, name: &str) -> io::Result<String> {
        self.new_database_from(name, "template1")
    }

    pub(crate) fn new_database_from(&self, name: &str, template: &str) -> io::Result<String> {
        let statement = format!("create database {name} template {template}");
        run_psql(&self.programs.join("psql"), &self.url("postgres"), &statement)?;
        Ok(self.url(name))
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=postgres", self.folder.path().display())
    }

    /// The folder of its socket.
    pub fn socket_folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends the server at once, as a crash would, and starts it again on the same data.
    ///
    /// # Errors
    /// When `pg_ctl` cannot do it.
    pub fn crash_and_restart(&self, down_for: Duration) -> io::Result<()> {
        self.stop_at_once()?;
        std::thread::sleep(down_for);
        self.start_again()
    }

    /// Ends the server at once, as a crash would. The folder stays.
    ///
    /// # Errors
    /// When `pg_ctl` cannot do it.
    pub fn stop_at_once(&self) -> io::Result<()> {
        self.control(&["stop", "-m", "immediate", "-w"])
    }

    /// Starts a server that was [stopped](Self::stop_at_once) on the same data.
    ///
    /// # Errors
    /// When `pg_ctl` cannot do it.
    pub fn start_again(&self) -> io::Result<()> {
        let options = format!("-k {} -c listen_addresses=", self.folder.path().display());
        let log = self.folder.path().join("log-again");
        self.control(&["start", "-w", "-o", &options, "-l", &log.display().to_string()])
    }

    fn control(&self, arguments: &[&str]) -> io::Result<()> {
        let done = command(self.programs.join("pg_ctl"), service_user()?)
            .args(["-D".as_ref(), self.folder.path().join("data").as_os_str()])
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if done.success() { Ok(()) } else { Err(io::Error::other(format!("pg_ctl {arguments:?} failed"))) }
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        let until = Instant::now() + START;
        let postmaster = self.folder.path().join("data/postmaster.pid");
        loop {
            // line 8 says `ready`: what `pg_ctl -w` looks at
            let text = fs::read_to_string(&postmaster).unwrap_or_default();
            if text.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            if let Some(status) = self.server.try_wait()? {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                return Err(io::Error::other(format!("the server ended with {status}: {log}")));
            }
            if Instant::now() > until {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the server did not start in time"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for TemporaryPostgres {
    fn drop(&mut self) {
        // a server that was started again is not the watchdog's child any more
        let _ = self.control(&["stop", "-m", "immediate"]);
        drop(self.server.stdin.take());
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if matches!(self.server.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Makes a database in a server that is there already, as a copy of another one.
pub(crate) fn create_database(url: &str, name: &str, template: &str) -> io::Result<()> {
    let psql = crate::programs().map_or_else(|_| PathBuf::from("psql"), |programs| programs.join("psql"));
    run_psql(&psql, url, &format!("create database {name} template {template}"))
}

fn run_psql(psql: &Path, url: &str, statement: &str) -> io::Result<()> {
    let done = Command::new(psql).args([url, "-q", "-v", "ON_ERROR_STOP=1", "-c", statement]).output()?;
    if done.status.success() {
        Ok(())
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&done.stderr).into_owned()))
    }
}

fn settings(durability: Durability) -> &'static [&'static str] {
    match durability {
        Durability::Off => &[
            "listen_addresses=",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "shared_buffers=64MB",
            "max_connections=300",
            "timezone=UTC",
        ],
        Durability::Full => &[
            "listen_addresses=",
            "shared_buffers=1GB",
            "max_connections=300",
            "timezone=UTC",
            "max_wal_size=4GB",
        ],
    }
}

/// A command in a folder that everybody may enter, without surprises from this process's environment.
pub(crate) fn command(program: PathBuf, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env_clear().env("LC_ALL", "C.UTF-8").env("TZ", "UTC").stdin(Stdio::null());
    command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command
}

/// Whom to run as; `None` when this process is nobody special.
pub(crate) fn service_user() -> io::Result<Option<(u32, u32)>> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let named = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let user = ["postgres", "nobody"].into_iter().find_map(named);
    user.map(Some)
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no unprivileged user for the server"))
}
