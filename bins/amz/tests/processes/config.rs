//! `amz config`: what is set at run time, from the shell.

use serde_json::json;

use crate::process::{CONNECTION, Ended, amz};

const POLICY: &str = "
[connection.policy]
hold = \"5m\"
";

struct House {
    _folder: tempfile::TempDir,
    config: String,
}

impl House {
    fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = format!("sqlite://{}", folder.path().join("accelerator.db").display());
        let file = folder.path().join("accelerator.toml");
        std::fs::write(&file, format!("[store]\nurl = {store:?}\n{CONNECTION}{POLICY}")).unwrap();
        Self { config: file.to_str().unwrap().to_owned(), _folder: folder }
    }

    fn config(&self, arguments: &[&str]) -> Ended {
        amz(&[&["--config", &self.config, "config"], arguments].concat())
    }
}

#[test]
fn settings_are_set_shown_compared_and_given_back() {
    let house = House::build();
    assert_eq!(house.config(&["history"]).out, "nothing was changed at run time yet\n");
    let set = house.config(&[
        "set",
        "policy.hold=10m",
        "mapping.eligible=[\"line_flag\"]",
        "--by",
        "ada",
        "--note",
        "weekend",
    ]);
    assert_eq!(set.code, Some(0), "{set:?}");
    assert!(
        set.out.contains("version 1") && set.out.contains("policy.hold") && set.out.contains("5m"),
        "{set:?}"
    );
    let shown = house.config(&["show"]);
    assert!(shown.out.contains("connection[main].policy.hold = 10m  # run time, version 1"), "{shown:?}");
    assert!(!shown.out.contains("hunter2"));
    let document = house.config(&["show", "--json"]).json();
    let rows = document.as_array().unwrap();
    let hold = rows.iter().find(|row| row["key"] == "connection[main].policy.hold").unwrap();
    assert_eq!((&hold["value"], &hold["source"]), (&json!("10m"), &json!({"run_time": 1})));

    let again = house.config(&["set", "policy.hold=10m"]);
    assert_eq!((again.code, again.out.as_str()), (Some(0), "everything was so already; version 1\n"));
    assert_eq!(house.config(&["set", "--unset", "policy.hold", "--seen", "1"]).code, Some(0));
    let late = house.config(&["set", "policy.hold=1m", "--seen", "1"]);
    assert_eq!(late.code, Some(1), "{late:?}");
    assert!(late.err.contains("the latest version is 2"), "{late:?}");

    let history = house.config(&["history", "--json"]).json();
    let versions = history["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 2);
    assert_eq!((&versions[1]["by"], &versions[1]["note"]), (&json!("ada"), &json!("weekend")));
    assert_eq!(versions[0]["changes"], json!([{"key": "policy.hold", "before": "10m", "after": "5m"}]));
    let text = house.config(&["history"]).out;
    assert!(text.contains("ada  weekend"), "{text}");

    let diff = house.config(&["diff", "--from", "1", "--json"]).json();
    assert_eq!(diff["changes"], json!([{"key": "policy.hold", "before": "10m", "after": "5m"}]));
    assert_eq!(house.config(&["diff"]).out, "no difference\n", "the same rules as the file's default");
    assert_eq!(house.config(&["diff", "--to", "7"]).code, Some(2));
}

#[test]
fn a_faulty_change_names_every_fault_and_changes_nothing() {
    let house = House::build();
    let set = house.config(&["set", "policy.hold=soon", "policy.hodl=1m", "netsuite.account=7", "--json"]);
    assert_eq!(set.code, Some(1), "{set:?}");
    let codes: Vec<_> =
        set.json()["faults"].as_array().unwrap().iter().map(|fault| fault["code"].clone()).collect();
    assert_eq!(codes, ["key_not_changeable", "unknown_key", "not_a_duration"]);
    assert_eq!(house.config(&["history"]).out, "nothing was changed at run time yet\n");
    assert_eq!(house.config(&["set", "policy.hold"]).code, Some(2));
    assert_eq!(house.config(&["set"]).code, Some(2));
}

#[test]
fn check_counts_what_is_set_at_run_time() {
    let house = House::build();
    assert_eq!(
        house.config(&["set", "mapping.eligible=[\"location\"]", "mapping.amazon_location=7"]).code,
        Some(0)
    );
    assert_eq!(house.config(&["check"]).code, Some(0));
    let text = std::fs::read_to_string(&house.config).unwrap();
    std::fs::write(&house.config, text + "retry_limit = 0\n").unwrap();
    assert_eq!(house.config(&["check"]).code, Some(1));
}

#[test]
fn the_doctor_examines_what_is_set_at_run_time() {
    let house = House::build();
    let configuration = || {
        let found = amz(&["--config", &house.config, "doctor", "--only", "store", "--json"]).json();
        let findings = found["findings"].as_array().unwrap().clone();
        let of = |finding: &&serde_json::Value| finding["check"] == "configuration";
        findings.iter().find(of).unwrap()["outcome"].clone()
    };
    assert_eq!(configuration(), "ok");
    let text = std::fs::read_to_string(&house.config).unwrap();
    std::fs::write(&house.config, format!("{text}[connection.mapping]\namazon_location = 7\n")).unwrap();
    assert_eq!(house.config(&["set", "mapping.eligible=[\"location\"]"]).code, Some(0));
    assert_eq!(configuration(), "ok");
    std::fs::write(&house.config, text).unwrap();
    assert_eq!(configuration(), "failed", "the location that the run-time rule needs is gone");
}

#[test]
fn a_note_that_is_too_long_is_wrong_use() {
    let house = House::build();
    assert_eq!(house.config(&["set", "policy.hold=1m", "--note", &"x".repeat(501)]).code, Some(2));
}
