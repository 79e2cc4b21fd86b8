//! Configurations to start from.

use std::collections::BTreeMap;
use std::path::Path;

use crate::settings::{ConfigurationFaults, Fault, FaultCode, Settings};

/// A sound configuration with no more than it must have.
pub(super) const SMALLEST: &str = r#"
[[connection]]
name = "main"
[connection.amazon.bwp]
client_id = "client"
client_secret = "bwp-secret"
target_id = "bp-1"
[connection.amazon.webhook_auth]
basic = { username = "amazon", password = "webhook-secret" }
[connection.netsuite]
account = "1234567_SB1"
timezone = "America/Los_Angeles"
[connection.netsuite.auth.tba]
consumer_key = "key-secret"
consumer_secret = "consumer-secret"
token_id = "token-id-secret"
token_secret = "token-secret"
[connection.policy]
[connection.mapping]
[connection.sync]
"#;

/// Adds lines below a header of the smallest configuration, or replaces a line of it.
pub(super) fn with(target: &str, lines: &str) -> String {
    assert!(SMALLEST.contains(target), "{target} is not in the sample");
    let line = SMALLEST.lines().find(|line| line.starts_with(target)).expect("a whole line");
    let replacement = if target.starts_with('[') { format!("{line}\n{lines}") } else { lines.to_owned() };
    SMALLEST.replace(line, &replacement)
}

pub(super) fn environment(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(super) fn read(text: &str) -> Settings {
    read_with(text, &[])
}

pub(super) fn read_with(text: &str, variables: &[(&str, &str)]) -> Settings {
    match Settings::from_toml(text, &environment(variables), Path::new("")) {
        Ok(settings) => settings,
        Err(faults) => panic!("{faults}"),
    }
}

pub(super) fn faults(text: &str) -> ConfigurationFaults {
    faults_with(text, &[])
}

pub(super) fn faults_with(text: &str, variables: &[(&str, &str)]) -> ConfigurationFaults {
    Settings::from_toml(text, &environment(variables), Path::new("")).expect_err("a faulty configuration")
}

/// The only fault of a configuration.
pub(super) fn only_fault(text: &str, variables: &[(&str, &str)]) -> Fault {
    let faults = faults_with(text, variables);
    assert_eq!(faults.faults().len(), 1, "{faults}");
    faults.faults()[0].clone()
}

/// Keys and codes of all faults.
pub(super) fn codes(faults: &ConfigurationFaults) -> Vec<(&str, FaultCode)> {
    faults.faults().iter().map(|fault| (fault.key.as_str(), fault.code)).collect()
}
