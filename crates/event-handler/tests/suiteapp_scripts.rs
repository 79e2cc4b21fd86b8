//! Runs the tests of the scripts inside NetSuite, which need Node.
//!
//! Without Node, or without a way to fetch the packages, it says so and passes; with `AMZ_REQUIRE_NODE=1` it
//! fails then. The project is copied first: packages never come into the source tree.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What installing leaves behind: the lock file that it followed.
const INSTALLED: &str = "node_modules/.installed-package-lock.json";

/// What npm says when the project is at fault and not the way to its packages: manifest and lock file do not
/// agree, a package is not what the lock file says, a file is not readable.
const OUR_FAULTS: [&str; 3] = ["EUSAGE", "EINTEGRITY", "EJSONPARSE"];

/// Whether the machine must be able to run them.
fn is_required() -> bool {
    std::env::var("AMZ_REQUIRE_NODE").is_ok_and(|value| value == "1")
}

/// Says why the tests were left out; fails where they must run.
fn leave_out(why: &str) {
    assert!(!is_required(), "AMZ_REQUIRE_NODE=1, and {why}");
    eprintln!("the tests of the scripts inside NetSuite were left out: {why}");
}

fn ran(command: &mut Command) -> Result<(), String> {
    let Output { status, stdout, stderr } = command.output().map_err(|error| error.to_string())?;
    let said = || format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    if status.success() { Ok(()) } else { Err(said()) }
}

/// Brings the copy in line with the source, packages left alone.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let source = entry.unwrap().path();
        let name = source.file_name().unwrap();
        if name == "node_modules" {
            continue;
        }
        let target = to.join(name);
        if source.is_dir() {
            // what was taken out of the source must not be tested on
            let _ = std::fs::remove_dir_all(&target);
            copy(&source, &target);
        } else {
            std::fs::copy(&source, &target).unwrap();
        }
    }
}

#[test]
fn scripts_inside_netsuite_pass_their_tests() {
    if let Err(why) = ran(Command::new("node").arg("--version")) {
        return leave_out(&format!("node cannot be run: {why}"));
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("suiteapp");
    let project = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("suiteapp");
    copy(&source, &project);

    let lock = std::fs::read(project.join("package-lock.json")).unwrap();
    if std::fs::read(project.join(INSTALLED)).ok().as_ref() != Some(&lock) {
        let arguments =
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1"];
        if let Err(why) = ran(Command::new("npm").args(arguments).current_dir(&project)) {
            assert!(!OUR_FAULTS.iter().any(|code| why.contains(code)), "{why}");
            return leave_out(&format!("packages cannot be fetched: {why}"));
        }
        std::fs::write(project.join(INSTALLED), &lock).unwrap();
    }

    let jest = project.join("node_modules/jest/bin/jest.js");
    if let Err(said) = ran(Command::new("node").arg(jest).arg("--ci").current_dir(&project)) {
        panic!("{said}");
    }
}
