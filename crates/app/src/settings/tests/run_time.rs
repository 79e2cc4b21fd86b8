//! Values set at run time: between environment and file, checked with all the rest.

use std::time::Duration;

use amz_services::ports::settings_history::{CurrentSettings, SettingsDocument, SettingsVersion};
use serde_json::{Value, json};

use super::samples::{SMALLEST, codes, only_fault, read, read_with, with};
use crate::settings::{
    ConfigurationFaults, FaultCode, Settings, SoundChange, ValueSource, WantedChanges, keys, value_of_text,
};

/// What is current when `main` has one version with these values.
fn current(values: Value) -> CurrentSettings {
    let document: SettingsDocument = serde_json::from_value(values).unwrap();
    let version = SettingsVersion {
        connection: "main".into(),
        version: 1,
        document,
        changes: Vec::new(),
        by: "test".to_owned(),
        at: chrono::DateTime::UNIX_EPOCH,
        note: String::new(),
    };
    CurrentSettings { generation: 1, latest: vec![version] }
}

fn change(settings: &Settings, before: Value, wanted: Value) -> Result<SoundChange, ConfigurationFaults> {
    let wanted: WantedChanges = serde_json::from_value(wanted).unwrap();
    settings.change(&current(before), &"main".into(), &wanted)
}

/// The faults of a change of the smallest configuration, by key and code.
fn refused(wanted: Value) -> Vec<(String, FaultCode)> {
    let faults = change(&read(SMALLEST), json!({}), wanted).expect_err("a faulty change");
    codes(&faults).into_iter().map(|(key, code)| (key.to_owned(), code)).collect()
}

#[test]
fn run_time_stands_between_environment_and_file() {
    let text = with("[connection.policy]", "hold = \"5m\"\nretry_limit = 3\nsettle = \"2s\"");
    let variables = [("AMZ__CONNECTION__MAIN__POLICY__RETRY_LIMIT", "7")];
    let set = json!({"policy.hold": "10m", "policy.retry_limit": 9, "netsuite.concurrency": 2});
    let settings = read_with(&text, &variables).at_run_time(&current(set)).unwrap();
    let main = &settings.connections[0];
    assert_eq!(main.services.hold, Duration::from_secs(600), "run time before file");
    assert_eq!(main.services.retry_limit, 7, "environment before run time");
    assert_eq!(main.settle, Duration::from_secs(2), "file before default");
    assert_eq!(main.netsuite.concurrency, 2, "run time before default");
    let source = |key: &str| {
        let key = format!("connection[main].{key}");
        settings.describe().keys().iter().find(|known| known.key == key).unwrap().source.clone()
    };
    assert_eq!(source("policy.hold"), ValueSource::RunTime(1));
    assert_eq!(source("policy.settle"), ValueSource::File);
    assert!(matches!(source("policy.retry_limit"), ValueSource::Environment(_)));
    let shown = settings.describe().to_string();
    assert!(shown.contains("connection[main].policy.hold = 10m  # run time, version 1"), "{shown}");
}

#[test]
fn every_kind_of_value_can_be_set_as_it_stands_or_as_text() {
    let set = json!({
        "mapping.eligible": ["sales_channel"],
        "mapping.sales_channels": "3,4",
        "mapping.ship_speed": {"92": "EXPEDITED"},
        "policy.approve_returns": "false",
        "policy.retry_limit": "5",
        "policy.refund_tolerance": "0.10",
        "policy.go_live": "2026-01-01T00:00:00Z",
        "inventory.brake_share": "0.5",
        "inventory.schedule": "off",
    });
    let text = with("[connection.mapping]", "ship_speed = { \"1\" = \"STANDARD\" }");
    let settings = read(&text).at_run_time(&current(set)).unwrap();
    let services = &settings.connections[0].services;
    assert_eq!((services.eligible.len(), services.sales_channels.len()), (1, 2));
    assert_eq!(services.ship_speed.len(), 1, "a table is replaced as a whole");
    assert!(!services.returns.approve);
    assert_eq!(services.refunds.tolerance.to_string(), "0.10");
    assert_eq!(settings.value(&"main".into(), "policy.retry_limit"), Some(json!(5)), "typed");
    assert_eq!(settings.value(&"main".into(), "mapping.ship_speed"), Some(json!({"92": "EXPEDITED"})));
}

#[test]
fn values_in_effect_can_be_set_again_and_change_nothing() {
    let text = with("[connection.mapping]", "ship_speed = { \"1\" = \"STANDARD\" }\nsales_channels = [3]");
    let settings = read(&text);
    let prefix = "connection[main].";
    let known = settings.describe().keys().iter().filter_map(|key| {
        let name = key.key.strip_prefix(prefix)?;
        let changeable =
            keys().any(|known| known.path == format!("connection.{name}") && known.is_changeable());
        Some((name.to_owned(), key.typed.clone().filter(|_| changeable)?))
    });
    let document: SettingsDocument = known.collect();
    assert!(document.len() > 30, "{document:?}");
    let again = settings.at_run_time(&current(serde_json::to_value(&document).unwrap())).unwrap();
    for (key, value) in &document {
        assert_eq!(again.value(&"main".into(), key).as_ref(), Some(value), "{key}");
    }
}

#[test]
fn a_change_tells_what_was_in_effect_before_and_since() {
    let settings = read(&with("[connection.policy]", "hold = \"5m\""));
    let before = json!({"policy.settle": "3s"});
    let sound = change(
        &settings,
        before,
        json!({"policy.hold": "10m", "policy.settle": null, "policy.billing": null}),
    );
    let sound = sound.unwrap();
    assert_eq!(serde_json::to_value(&sound.document).unwrap(), json!({"policy.hold": "10m"}));
    assert_eq!(
        serde_json::to_value(&sound.changes).unwrap(),
        json!([
            {"key": "policy.hold", "before": "5m", "after": "10m"},
            {"key": "policy.settle", "before": "3s", "after": "1s"},
        ])
    );
    assert_eq!(sound.settings.unwrap().connections[0].services.hold, Duration::from_secs(600));
}

#[test]
fn setting_what_is_set_already_changes_nothing() {
    let set = json!({"policy.hold": "10m"});
    let sound = change(&read(SMALLEST), set.clone(), set).unwrap();
    assert_eq!(sound.changes, []);
}

#[test]
fn every_fault_of_a_change_is_named() {
    let faults = refused(json!({
        "policy.hold": 10,
        "policy.retry_limit": 0,
        "policy.hodl": "10m",
        "mapping.eligible": ["location", "moon"],
        "mapping.ship_speed.92": "STANDARD",
        "netsuite.account": "1",
        "inventory.aliases": "/etc/hostname",
    }));
    let expected = [
        ("connection[main].inventory.aliases", FaultCode::KeyNotChangeable),
        ("connection[main].mapping.eligible[1]", FaultCode::NotOneOf),
        ("connection[main].mapping.ship_speed.92", FaultCode::UnknownKey),
        ("connection[main].netsuite.account", FaultCode::KeyNotChangeable),
        ("connection[main].policy.hodl", FaultCode::UnknownKey),
        ("connection[main].policy.hold", FaultCode::NotADuration),
        ("connection[main].policy.retry_limit", FaultCode::OutOfRange),
    ];
    assert_eq!(faults, expected.map(|(key, code)| (key.to_owned(), code)));
}

#[test]
fn the_configuration_is_checked_as_a_whole() {
    assert_eq!(
        refused(json!({"mapping.eligible": ["location"]})),
        [("connection[main].mapping.amazon_location".to_owned(), FaultCode::Missing)]
    );
    let with_location = json!({"mapping.eligible": ["location"], "mapping.amazon_location": 7});
    assert!(change(&read(SMALLEST), json!({}), with_location.clone()).is_ok());
    let faults = change(&read(SMALLEST), with_location, json!({"mapping.amazon_location": null}));
    assert_eq!(codes(&faults.unwrap_err()).len(), 1, "giving back is checked too");
}

#[test]
fn what_is_set_of_other_connections_counts() {
    let second = SMALLEST.replace("\"main\"", "\"other\"").replace("bp-1", "bp-2");
    let rules = |text: &str, location| {
        text.replace(
            "[connection.mapping]",
            &format!("[connection.mapping]\neligible = \"location\"\namazon_location = {location}"),
        )
        .replace("eligible = \"location\"", "eligible = [\"location\"]")
    };
    let settings = read(&(rules(SMALLEST, 7) + &rules(&second, 8)));
    assert!(change(&settings, json!({}), json!({"mapping.amazon_location": "9"})).is_ok());
    let faults = change(&settings, json!({}), json!({"mapping.amazon_location": "8"})).unwrap_err();
    assert_eq!(codes(&faults), [("connection[other].mapping.eligible", FaultCode::Conflicting)]);
}

#[test]
fn what_the_environment_fixes_is_refused_with_the_variables_name() {
    let variables = [
        ("AMZ__CONNECTION__MAIN__POLICY__HOLD", "1m"),
        ("AMZ__CONNECTION__MAIN__MAPPING__SHIP_SPEED__92", "STANDARD"),
    ];
    let settings = read_with(SMALLEST, &variables);
    for (key, value, variable) in [
        ("policy.hold", json!("10m"), variables[0].0),
        ("mapping.ship_speed", json!({"93": "EXPEDITED"}), variables[1].0),
    ] {
        let faults = change(&settings, json!({}), json!({key: value})).unwrap_err();
        let fault = &faults.faults()[0];
        assert_eq!((faults.faults().len(), fault.code), (1, FaultCode::KeyFixedByEnvironment), "{key}");
        assert_eq!(fault.variable.as_deref(), Some(variable));
    }
    let given_back = change(&settings, json!({"policy.hold": "2m"}), json!({"policy.hold": null}));
    assert_eq!(given_back.unwrap().changes.len(), 1, "what has no effect can be taken away");
}

#[test]
fn versions_that_fit_no_more_are_faults_until_they_are_given_back() {
    let settings = read(SMALLEST);
    let stored = json!({"policy.renamed_since": "x", "policy.hold": "10m"});
    let faults = settings.at_run_time(&current(stored.clone())).unwrap_err();
    assert_eq!(codes(&faults), [("connection[main].policy.renamed_since", FaultCode::UnknownKey)]);
    let sound = change(&settings, stored, json!({"policy.renamed_since": null})).unwrap();
    assert_eq!(serde_json::to_value(&sound.document).unwrap(), json!({"policy.hold": "10m"}));
}

#[test]
fn one_connection_after_the_other_is_put_right() {
    let second =
        SMALLEST.replace("\"main\"", "\"other\"").replace("bp-1", "bp-2").replace("1234567", "7654321");
    let settings = read(&format!("{SMALLEST}{second}"));
    let mut faulty = current(json!({"policy.renamed_since": "x"}));
    let mut other = faulty.latest[0].clone();
    other.connection = "other".into();
    faulty.latest.push(other);
    let change = |current: &CurrentSettings, name: &str, wanted: Value| {
        settings.change(current, &name.into(), &serde_json::from_value(wanted).unwrap())
    };
    let half = change(&faulty, "main", json!({"policy.renamed_since": null})).unwrap();
    assert!(half.settings.is_none() && half.document.is_empty() && half.changes.len() == 1);
    assert!(change(&faulty, "main", json!({"policy.hold": null})).is_err(), "nothing is put right");
    let more = json!({"policy.renamed_since": null, "policy.hold": "1m"});
    assert!(change(&faulty, "main", more).is_err(), "nothing new beside faults");
    faulty.latest[0].document = half.document;
    assert!(change(&faulty, "other", json!({"policy.renamed_since": null})).unwrap().settings.is_some());
}

#[test]
fn only_how_a_merchant_wants_things_done_can_be_set() {
    for key in keys().filter(|key| key.is_changeable()) {
        assert!(!key.kind.is_secret(), "{}", key.path);
        let is_policy = ["mapping", "policy", "inventory", "sync"]
            .iter()
            .any(|table| key.path.starts_with(&format!("connection.{table}.")));
        assert!(is_policy || key.path == "connection.netsuite.concurrency", "{}", key.path);
    }
    let names =
        ["policy.hold", "mapping.eligible", "sync.poll", "inventory.schedule", "netsuite.concurrency"];
    for name in names {
        assert!(keys().any(|key| key.path == format!("connection.{name}") && key.is_changeable()), "{name}");
    }
}

#[test]
fn values_of_connections_that_are_not_configured_wait() {
    let mut current = current(json!({"policy.hold": "nonsense"}));
    current.latest[0].connection = "gone".into();
    assert!(read(SMALLEST).at_run_time(&current).is_ok());
}

#[test]
fn settings_show_nothing_of_what_they_were_read_from() {
    let text = format!("{:?}", read_with(SMALLEST, &[("UNRELATED", "environment-hunter2")]));
    for secret in ["bwp-secret", "webhook-secret", "consumer-secret", "hunter2"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn typed_values_are_text_unless_they_begin_like_lists_or_tables() {
    for (text, value) in [
        ("10m", Some(json!("10m"))),
        ("7", Some(json!("7"))),
        ("[\"a\", 1]", Some(json!(["a", 1]))),
        ("{\"92\": \"A\"}", Some(json!({"92": "A"}))),
        ("{ 92 = \"A\" }", Some(json!({"92": "A"}))),
        ("[a", None),
    ] {
        assert_eq!(value_of_text(text), value, "{text}");
    }
}

const TOKEN: &str =
    "\n[[api.token]]\nname = \"shift\"\nrole = \"admin\"\ntoken = \"token-hunter2-of-the-shift\"\n";

#[test]
fn tokens_of_the_api_are_long_and_apart() {
    assert!(read(SMALLEST).api.tokens.is_empty());
    let settings = read(&format!("{SMALLEST}{TOKEN}"));
    assert_eq!(settings.api.tokens[0].name, "shift");
    assert!(!format!("{settings:?}{}", settings.describe()).contains("hunter2"));
    let fault = |text: String, key: &str, code| {
        let fault = only_fault(&text, &[]);
        assert_eq!((fault.key.as_str(), fault.code), (key, code));
        assert!(!fault.to_string().contains("hunter2"), "{fault}");
    };
    let short = TOKEN.replace("-of-the-shift", "");
    fault(format!("{SMALLEST}{short}"), "api.token[shift].token", FaultCode::Malformed);
    fault(format!("{SMALLEST}{TOKEN}{TOKEN}"), "api.token[shift].name", FaultCode::DuplicateName);
    let same = TOKEN.replace("\"shift\"", "\"other\"");
    fault(format!("{SMALLEST}{TOKEN}{same}"), "api.token[other].token", FaultCode::Conflicting);
    let unknown = TOKEN.replace("\"admin\"", "\"root\"");
    fault(format!("{SMALLEST}{unknown}"), "api.token[shift].role", FaultCode::NotOneOf);
    let single = TOKEN.replace("[[api.token]]", "[api.token]");
    fault(format!("{SMALLEST}{single}"), "api.token", FaultCode::WrongType);
}
