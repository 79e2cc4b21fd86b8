//! A PgBouncer between a test and its server.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::TemporaryPostgres;
use crate::server::{command, service_user};

/// How long a pooler may take to start.
const START: Duration = Duration::from_secs(30);

/// The port is a part of its socket's name only.
const PORT: u16 = 6432;

/// `$0` is the folder, `$@` the pooler's command. When its input closes, it ends the pooler and removes the folder.
const WATCHDOG: &str = r#"exec 3<&0; "$@" </dev/null & p=$!
{ read -r _; kill -QUIT $p || kill -KILL $p; rm -rf -- "$0"; } <&3 >/dev/null 2>&1 &
exec 3<&-; wait $p"#;

/// A running PgBouncer in mode `transaction`. Dropping it ends it.
#[derive(Debug)]
pub struct TemporaryPooler {
    pooler: Child,
    folder: TempDir,
}

impl TemporaryPooler {
    /// Starts a pooler that makes up to `connections` connections to a server.
    ///
    /// # Errors
    /// When there is no `pgbouncer`, or it does not start; the message says what to do.
    pub fn start(server: &TemporaryPostgres, connections: u32) -> io::Result<Self> {
        let program = program()?;
        let user = service_user()?;
        let folder = tempfile::Builder::new().prefix("pb").tempdir_in("/tmp")?;
        let place = folder.path().display();
        let settings = format!(
            "[databases]\n* = host={} user=postgres\n[pgbouncer]\nlisten_addr =\nlisten_port = {PORT}\n\
             unix_socket_dir = {place}\nauth_type = any\npool_mode = transaction\ndefault_pool_size = {connections}\n\
             max_client_conn = 500\nserver_idle_timeout = 5\nlogfile = {place}/log\npidfile = {place}/pid\nserver_login_retry = 1\n",
            server.socket_folder().display()
        );
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, settings)?;
        if let Some((user, group)) = user {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group))?;
            std::os::unix::fs::chown(&file, Some(user), Some(group))?;
        }
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700))?;
        let pooler = command(PathBuf::from("/bin/sh"), user)
            .args(["-c", WATCHDOG])
            .arg(folder.path())
            .arg(program)
            .arg("-q")
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut this = Self { pooler, folder };
        this.wait_until_ready()?;
        Ok(this)
    }

    /// The URL of a database of the server, by way of the pooler.
    pub fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&port={PORT}&user=postgres", self.folder.path().display())
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        let until = Instant::now() + START;
        let socket = self.folder.path().join(format!(".s.PGSQL.{PORT}"));
        while !socket.exists() {
            if let Some(status) = self.pooler.try_wait()? {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                return Err(io::Error::other(format!("the pooler ended with {status}: {log}")));
            }
            if Instant::now() > until {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the pooler did not start in time"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for TemporaryPooler {
    fn drop(&mut self) {
        drop(self.pooler.stdin.take());
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if matches!(self.pooler.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.pooler.kill();
        let _ = self.pooler.wait();
    }
}

/// Where `pgbouncer` is.
fn program() -> io::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let mut programs = folders.map(|folder: PathBuf| folder.join("pgbouncer"));
    programs.find(|program| program.exists()).ok_or_else(|| {
        let message = "no pgbouncer: install it (Debian: apt-get install pgbouncer)";
        io::Error::new(io::ErrorKind::NotFound, message)
    })
}
