//! How long building takes, from nothing and after a change.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::product::workspace;
use crate::table::Row;

/// What a change touches: the lowest crate, which everything is built on, and the highest.
const CHANGED: [(&str, &str); 2] =
    [("crates/domain", "the lowest crate"), ("crates/app", "the highest crate")];

/// Measures both profiles, in target folders of their own. Packages must have been fetched before.
pub(crate) fn measure(rows: &mut Vec<Row>) {
    for (profile, flag) in [("debug", None), ("release", Some("--release"))] {
        let folder = tempfile::tempdir().unwrap();
        let work = format!("all programs, {profile} build");
        rows.push(Row::new(format!("{work} from nothing"), seconds(build(folder.path(), flag))));
        for (changed, which) in CHANGED {
            touch(&workspace().join(changed).join("src/lib.rs"));
            rows.push(Row::new(
                format!("{work} after a change in {which}"),
                seconds(build(folder.path(), flag)),
            ));
        }
    }
}

fn build(target: &Path, flag: Option<&str>) -> Duration {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let begun = Instant::now();
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--offline", "--bins"])
        .args(flag)
        .env("CARGO_TARGET_DIR", target)
        .current_dir(workspace())
        .stdin(Stdio::null())
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the programs build");
    begun.elapsed()
}

/// Makes a file look changed.
fn touch(path: &Path) {
    File::options()
        .append(true)
        .open(path)
        .and_then(|file| file.set_modified(SystemTime::now()))
        .expect("it is touched");
}

fn seconds(took: Duration) -> String {
    format!("{} s", took.as_secs())
}
