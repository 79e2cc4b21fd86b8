//! `amz explain|parked|retry|config`, on what a rehearsal left behind.

use crate::process::{Ended, amz};
use crate::vendors::Vendors;

/// A store that a rehearsal left, and a configuration that points to it.
struct Left {
    folder: tempfile::TempDir,
    config: String,
}

impl Left {
    fn by_demo(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let ended = amz(&[&["demo", "--data", data.to_str().unwrap()], arguments].concat());
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let config = Vendors::start(&[]).configure(&data, &[]);
        Self { folder, config }
    }

    fn amz(&self, arguments: &[&str]) -> Ended {
        amz(&[&["--config", &self.config], arguments].concat())
    }
}

#[test]
fn what_a_rehearsal_left_can_be_explained_listed_and_retried() {
    let left = Left::by_demo(&[]);

    let ended = left.amz(&["explain", "10001"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for expected in ["createOrder", "PACKAGE_DELIVERED", "createFulfillment", "looked at"] {
        assert!(ended.out.contains(expected), "{expected:?} in {}", ended.out);
    }
    let ended = left.amz(&["explain", "order/10001", "--connection", "rehearsal", "--json"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let document = ended.json();
    assert_eq!((&document["connection"], &document["lane"]), (&"rehearsal".into(), &"order/10001".into()));
    assert!(document["timeline"].as_array().unwrap().len() > 10);

    let unknown = left.amz(&["explain", "99999", "--json"]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert_eq!(unknown.json()["timeline"], serde_json::json!([]));

    let parked = left.amz(&["parked"]);
    assert_eq!(parked.code, Some(1), "{parked:?}");
    assert!(parked.out.contains("rehearsal/order/10008") && parked.out.contains("address_incomplete"));
    let parked = left.amz(&["parked", "--connection", "rehearsal", "--json"]);
    assert_eq!(parked.code, Some(1), "{parked:?}");
    let items = parked.json();
    assert_eq!(items.as_array().unwrap().len(), 1);
    assert_eq!((&items[0]["lane"], &items[0]["code"]), (&"order/10008".into(), &"address_incomplete".into()));
    assert!(!parked.out.contains("example.com"), "no personal data: {}", parked.out);

    let retried = left.amz(&["retry", "10008"]);
    assert_eq!(retried.code, Some(0), "{retried:?}");
    let retried = left.amz(&["retry", "10008", "--json"]);
    assert_eq!(retried.json()["asked"], true);
    assert!(left.folder.path().join("data").read_dir().unwrap().count() > 2, "the wish is stored");
}

#[test]
fn what_is_not_known_is_wrong_use() {
    let left = Left::by_demo(&["--orders-count", "1"]);
    let wrong: [&[&str]; 6] = [
        &["explain", "10001", "--connection", "elsewhere"],
        &["retry", "10001", "--connection", "elsewhere"],
        &["parked", "--connection", "elsewhere"],
        &["explain", "SO1001"],
        &["explain", "lorry/7"],
        &["retry", ""],
    ];
    for arguments in wrong {
        let ended = left.amz(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?} {ended:?}");
        assert!(ended.out.is_empty() && ended.err.starts_with("error: "), "{ended:?}");
    }
    let nothing = left.amz(&["parked"]);
    assert_eq!((nothing.code, nothing.out.as_str()), (Some(0), "nothing needs a person\n"));
    assert_eq!(left.amz(&["parked", "--json"]).json(), serde_json::json!([]));
}

#[test]
fn a_configuration_is_checked_and_shown_without_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let config = Vendors::start(&[]).configure(folder.path(), &[]);
    let checked = amz(&["config", "check", "--config", &config]);
    assert_eq!((checked.code, checked.out.as_str()), (Some(0), "no faults; connections: rehearsal\n"));
    let checked = amz(&["config", "check", "--config", &config, "--json"]).json();
    assert_eq!(checked, serde_json::json!({"faults": [], "connections": ["rehearsal"]}));

    let shown = [
        amz(&["config", "show", "--config", &config]),
        amz(&["config", "show", "--json", "--config", &config]),
    ];
    shown[1].json();
    for ended in shown {
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.out.contains("netsuite.concurrency"), "{}", ended.out);
        for secret in ["sandbox-amazon-secret", "rehearsal-only-webhook-secret", "sandbox-token-secret"] {
            assert!(!ended.out.contains(secret), "{secret}");
        }
    }
}

#[test]
fn all_faults_of_a_configuration_are_named_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let changes = [
        ("concurrency = 4", "concurrency = 0\nconcurency = 4"),
        ("timeout = \"10s\"", "timeout = 10"),
        ("timezone = \"America/Los_Angeles\"", "timezone = \"America/Nowhere\""),
        ("client_id = \"sandbox-amazon-client\"\n", ""),
    ];
    let config = Vendors::start(&[]).configure(folder.path(), &changes);
    let expected = ["concurrency", "concurency", "timeout", "timezone", "client_id"];

    let ended = amz(&["config", "check", "--config", &config]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let document = amz(&["config", "check", "--json", "--config", &config]);
    assert_eq!(document.code, Some(1), "{document:?}");
    document.json();
    for key in expected {
        assert!(ended.out.contains(key), "{key} in {}", ended.out);
        assert!(document.out.contains(key), "{key} in {}", document.out);
    }
    assert!(!ended.out.contains("sandbox-token-secret"));

    for arguments in [&["serve"][..], &["parked"], &["explain", "1"], &["retry", "1"], &["config", "show"]] {
        let ended = amz(&[arguments, &["--config", &config]].concat());
        assert_eq!(ended.code, Some(2), "{arguments:?} {ended:?}");
        assert!(expected.iter().all(|key| ended.err.contains(key)), "{arguments:?} {}", ended.err);
    }
}
