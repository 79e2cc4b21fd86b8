//! The program's command line. That it does its work is tested where both roles come together: package `amz`.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amz-webhook"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AMZ_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).output().unwrap()
}

#[test]
fn an_unusable_configuration_is_named_and_exits_with_2() {
    let ended = run(&["--config", "no-such-file.toml"]);
    let message = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{message}");
    assert!(message.contains("no-such-file.toml") && ended.stdout.is_empty(), "{message}");
}

#[test]
fn wrong_use_exits_with_2_and_help_with_0() {
    assert_eq!(run(&["--conf", "x"]).status.code(), Some(2));
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8(help.stdout).unwrap().contains("--config"));
}
