//! `amz store`: a store of files is brought up to date, moved, checked and archived from the shell.

use std::os::unix::fs::PermissionsExt;

use crate::process::{CONNECTION, Ended, amz, amz_path, program};

struct House {
    folder: tempfile::TempDir,
    config: String,
}

impl House {
    fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("accelerator.db").display());
        let file = folder.path().join("accelerator.toml");
        std::fs::write(&file, format!("[store]\nurl = {url:?}\n{CONNECTION}")).unwrap();
        Self { config: file.to_str().unwrap().to_owned(), folder }
    }

    /// A store with a wish of an operator and a setting.
    fn furnished() -> Self {
        let house = Self::build();
        for words in [&["store", "migrate"][..], &["retry", "42"], &["config", "set", "policy.hold=10m"]] {
            assert_eq!(house.amz(words).code, Some(0), "{words:?}");
        }
        house
    }

    fn amz(&self, words: &[&str]) -> Ended {
        amz(&[&["--config", &self.config], words].concat())
    }
}

#[test]
fn tables_are_made_and_then_up_to_date() {
    let house = House::build();
    let absent = house.amz(&["store", "check"]);
    assert_eq!(absent.code, Some(1), "{absent:?}");
    assert!(absent.err.contains("there is no store at"), "{absent:?}");
    let made = house.amz(&["store", "migrate"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(made.out.contains("made, ") && made.out.contains("accelerator-state.db"), "{made:?}");
    let parts = house.amz(&["store", "migrate", "--json"]).json();
    let parts = parts.as_array().unwrap();
    assert_eq!(parts.len(), 4);
    assert!(parts.iter().all(|part| part["steps_before"] == part["steps_after"]), "{parts:?}");
    let sound = house.amz(&["store", "check", "--json"]);
    assert_eq!((sound.code, &sound.json()["sound"]), (Some(0), &true.into()), "{sound:?}");
}

#[test]
fn a_store_is_moved_to_a_database_and_compared_with_it() {
    let house = House::furnished();
    let url = amz_temporary_postgres::new_database().unwrap();
    let copied = house.amz(&["store", "copy", "--to", &url]);
    assert_eq!(copied.code, Some(0), "{copied:?}");
    assert!(copied.out.contains("copied and checked; nothing differs"), "{copied:?}");
    assert!(copied.err.contains("copying"), "{copied:?}");
    let again = house.amz(&["store", "copy", "--to", &url]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(
        again.err.contains("is not empty, it has rows in notices, notices_waiting, settings_versions"),
        "{again:?}"
    );

    let mut from_the_environment = program(amz_path());
    from_the_environment
        .args(["--config", &house.config, "store", "check", "--json"])
        .env("AMZ_STORE_TO", &url);
    let output = from_the_environment.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let notices =
        document["tables"].as_array().unwrap().iter().find(|table| table["table"] == "notices").unwrap();
    assert_eq!((&document["same"], &notices["to"]["rows"]), (&true.into(), &1.into()));

    assert_eq!(house.amz(&["retry", "43"]).code, Some(0));
    let differs = house.amz(&["store", "check", "--to", &url]);
    assert_eq!(differs.code, Some(1), "{differs:?}");
    assert!(differs.out.ends_with("differs: notices, notices_waiting\n"), "{differs:?}");
    let sound = amz(&["store", "check", "--from", &url]);
    assert_eq!(sound.code, Some(0), "no configuration is needed: {sound:?}");
}

#[test]
fn wrong_addresses_are_refused_and_not_repeated() {
    let house = House::furnished();
    let sqlite = format!("sqlite://{}", house.folder.path().join("b.db").display());
    let other_way = house.amz(&["store", "copy", "--to", &sqlite]);
    assert_eq!(other_way.code, Some(1), "{other_way:?}");
    assert!(other_way.err.contains("from sqlite://… to postgres://…"), "{other_way:?}");
    let unreachable =
        house.amz(&["store", "copy", "--to", "postgres://ada:hunter3@127.0.0.1:1/x?sslmode=disable"]);
    assert_eq!(unreachable.code, Some(1), "{unreachable:?}");
    assert!(!unreachable.err.contains("hunter3"), "{unreachable:?}");
    assert_eq!(house.amz(&["store", "copy"]).code, Some(2));
}

#[test]
fn old_rows_are_archived_to_a_file_of_ones_own() {
    let house = House::furnished();
    let out = house.folder.path().join("old.jsonl.gz");
    let words = ["store", "archive", "--before", "90d", "--out", out.to_str().unwrap()];
    let archived = house.amz(&[&words[..], &["--json"]].concat());
    assert_eq!(archived.code, Some(0), "{archived:?}");
    let metadata = std::fs::metadata(&out).unwrap();
    assert_eq!(
        (&archived.json()["bytes"], metadata.permissions().mode() & 0o777),
        (&metadata.len().into(), 0o600)
    );
    assert!(archived.json()["tables"].as_array().unwrap().len() > 9);
    assert_eq!(house.amz(&words).code, Some(1), "the file is there");
    let mut words = words;
    words[3] = "2999-01-01";
    assert_eq!(house.amz(&words).code, Some(2), "what is still to come");
}
