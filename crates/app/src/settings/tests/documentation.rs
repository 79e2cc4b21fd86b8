//! The documentation says what the code does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::samples::{environment, read_with};
use crate::settings::{FaultCode, Key, Settings, keys};

const SECRETS: &[(&str, &str)] = &[
    ("NOTIFICATIONS_SECRET", "whsec_c2VjcmV0"),
    ("BWP_CLIENT_SECRET", "a"),
    ("WEBHOOK_PASSWORD", "b"),
    ("WEBHOOK_CLIENT_SECRET", "c"),
    ("NETSUITE_CONSUMER_KEY", "d"),
    ("NETSUITE_CONSUMER_SECRET", "e"),
    ("NETSUITE_TOKEN_ID", "f"),
    ("NETSUITE_TOKEN_SECRET", "g"),
    ("NETSUITE_SIGNING_SECRET", "whsec_c2VjcmV0"),
    ("LWA_CLIENT_SECRET", "h"),
    ("LWA_REFRESH_TOKEN", "i"),
    ("CONSOLE_API_TOKEN", "a-token-of-more-than-24-letters"),
];

/// The example of the design: the contract that configurations are written against.
const CONTRACT: &str = r#"
[store]
url = "sqlite://accelerator.db"

[webhook]
listen = "127.0.0.1:8080"
max_body_bytes = 262144

[[connection]]
name = "main"

[connection.amazon.bwp]
endpoint = "https://api.buywithprime.amazon.com"
client_id = "…"
client_secret = { env = "BWP_CLIENT_SECRET" }
target_id = "bp-…"
api_version = "2024-11-01"

[connection.amazon.sp_api]
endpoint = "https://sellingpartnerapi-na.amazon.com"
token_endpoint = "https://api.amazon.com/auth/o2/token"
client_id = "…"
client_secret = { env = "LWA_CLIENT_SECRET" }
refresh_token = { env = "LWA_REFRESH_TOKEN" }
marketplace_id = "ATVPDKIKX0DER"

[connection.amazon.webhook_auth]
basic = { username = "…", password = { env = "WEBHOOK_PASSWORD" } }
oauth = { client_id = "…", client_secret = { env = "WEBHOOK_CLIENT_SECRET" } }

[connection.netsuite]
account = "1234567_SB1"
endpoint = "https://1234567-sb1.suitetalk.api.netsuite.com"
restlet_endpoint = "https://1234567-sb1.restlets.api.netsuite.com"
concurrency = 4
learn_concurrency = false
timezone = "America/Los_Angeles"
timeout = "30s"
[connection.netsuite.auth.tba]
consumer_key = "…"
consumer_secret = { env = "NETSUITE_CONSUMER_SECRET" }
token_id = "…"
token_secret = { env = "NETSUITE_TOKEN_SECRET" }
[connection.netsuite.events]
signing_secret = { env = "NETSUITE_SIGNING_SECRET" }

[connection.mapping]
amazon_location = "7"
return_location = "7"
damaged_location = "8"
adjustment_account = "155"
refund_account = "121"
item_sku_field = "itemid"
eligible = ["line_flag", "location"]

[connection.policy]
billing = "detect"
hold = "0s"
go_live = "2026-01-01T00:00:00Z"
retry_base = "2s"
retry_limit = 12

[connection.inventory]
buffer_units = 0
brake_share = 0.2
settle = "2s"
schedule = "0 3 * * *"

[connection.sync]
poll = "60s"
reconcile = "15m"
"#;

/// A key's place in the table of keys.
fn key_path(key: &str) -> String {
    key.replace("[main]", "").replace("[console]", "")
}

fn docs(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file)
}

#[test]
fn the_contracts_example_is_accepted_as_it_stands() {
    let settings = read_with(CONTRACT, SECRETS);
    assert_eq!(settings.connections[0].bwp.target_id, "bp-…");
}

#[test]
fn the_example_file_is_sound_and_shows_every_key() {
    let path = docs("examples/accelerator.toml");
    let settings =
        Settings::load(Some(&path), &environment(SECRETS)).unwrap_or_else(|faults| panic!("{faults}"));
    let mut seen: BTreeSet<String> =
        settings.describe().keys().iter().map(|key| key_path(&key.key)).collect();

    // the other way into NetSuite stands there commented out
    let text = std::fs::read_to_string(&path).expect("the example is readable");
    let start = text.find("[connection.netsuite.auth.tba]").expect("the example signs by TBA");
    let end = text.find("# [connection.netsuite.auth.oauth2]").expect("the example shows OAuth 2.0");
    let rest = text[end..]
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|line| line.contains(['[', '='])).unwrap_or(line));
    let other = format!("{}{}", &text[..start], rest.collect::<Vec<_>>().join("\n"))
        .replace("{ file = \"netsuite-key.pem\" }", "{ env = \"PEM\" }")
        .replace("stock-aliases.csv", &docs("examples/stock-aliases.csv").to_string_lossy());
    let pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let variables: Vec<(&str, &str)> = SECRETS.iter().copied().chain([("PEM", pem)]).collect();
    let other = read_with(&other, &variables);
    seen.extend(other.describe().keys().iter().map(|key| key_path(&key.key)));

    for key in keys() {
        assert!(seen.contains(key.path), "{} is never read", key.path);
        let name = key.path.rsplit('.').next().expect("a name");
        assert!(text.contains(&format!("{name} =")), "{} is not in the example", key.path);
    }
    assert_eq!(seen.len(), keys().count(), "only keys of the table are read");
}

#[test]
fn the_example_shows_the_defaults() {
    let path = docs("examples/accelerator.toml");
    let settings = Settings::load(Some(&path), &environment(SECRETS)).expect("a sound example");
    let shown: BTreeMap<String, Option<String>> =
        settings.describe().keys().iter().map(|key| (key_path(&key.key), key.value.clone())).collect();
    // more rules than the default are shown, and secrets and addresses are not comparable
    for key in keys().filter(|key| key.path != "connection.mapping.eligible" && key.path != "store.url") {
        if let Some(default) = key.default_text().strip_prefix('`').and_then(|text| text.strip_suffix('`'))
            && !default.contains('<')
        {
            assert_eq!(shown[key.path].as_deref(), Some(default), "{}", key.path);
        }
    }
}

#[test]
fn the_smallest_file_of_the_documentation_is_sound() {
    let text = std::fs::read_to_string(docs("CONFIG.md")).expect("the documentation is readable");
    let (_, text) = text.split_once("```toml\n").expect("an example");
    let (text, _) = text.split_once("```").expect("the example ends");
    read_with(text, SECRETS);
}

#[test]
fn keys_are_unique_and_have_sound_defaults() {
    let paths: BTreeSet<&str> = keys().map(|key| key.path).collect();
    assert_eq!(paths.len(), keys().count());
    for key in keys() {
        assert!(key.meaning.ends_with(['.', '…']), "{} has no sentence", key.path);
        assert!(!key.path.contains("__"), "{} has no variable of its own", key.path);
    }
    let concurrency = keys().find(|key| key.path == "connection.netsuite.concurrency").expect("known");
    assert_eq!(concurrency.variable(), "AMZ__CONNECTION__<NAME>__NETSUITE__CONCURRENCY");
}

#[test]
fn config_md_lists_every_key_and_every_fault_code() {
    let path = docs("CONFIG.md");
    let text = std::fs::read_to_string(&path).expect("the documentation is readable");
    let expected = between(&between(&text, "keys", &key_tables()), "codes", &code_table());
    if std::env::var_os("GOLDEN").is_some_and(|value| value == "update") {
        std::fs::write(&path, &expected).expect("the documentation is writable");
    } else {
        assert!(text == expected, "docs/CONFIG.md differs: GOLDEN=update cargo test -p amz-app settings");
    }
}

/// Replaces what stands between two markers.
fn between(text: &str, marker: &str, content: &str) -> String {
    let (before, rest) = text.split_once(&format!("<!-- {marker}: ")).expect("the first marker");
    let (note, rest) = rest.split_once('\n').expect("a line");
    let end = format!("<!-- /{marker} -->");
    let (_, after) = rest.split_once(&end).expect("the last marker");
    format!("{before}<!-- {marker}: {note}\n{content}{end}{after}")
}

/// One table per table of the file, in the order of the table of keys.
fn key_tables() -> String {
    let mut sections: Vec<(&str, Vec<&Key>)> = Vec::new();
    for key in keys() {
        let (section, _) = key.path.rsplit_once('.').expect("every key stands in a table");
        match sections.iter_mut().find(|(known, _)| *known == section) {
            Some((_, rows)) => rows.push(key),
            None => sections.push((section, vec![key])),
        }
    }
    let mut text = String::new();
    for (section, rows) in sections {
        let header = if ["connection", "api.token"].contains(&section) {
            format!("[[{section}]]")
        } else {
            format!("[{section}]")
        };
        write!(
            text,
            "\n### `{header}`\n\n| key | type | default | unit | meaning |\n| --- | --- | --- | --- | --- |\n"
        )
        .expect("text grows");
        for key in rows {
            let name = key.path.rsplit('.').next().expect("a name");
            let (kind, default) = (key.type_name(), key.default_text());
            writeln!(text, "| `{name}` | {kind} | {default} | {} | {} |", key.unit, key.meaning)
                .expect("text grows");
        }
    }
    text.push('\n');
    text
}

fn code_table() -> String {
    let mut text = "\n| code | meaning |\n| --- | --- |\n".to_owned();
    for code in FaultCode::ALL {
        writeln!(text, "| `{code}` | {} |", code.meaning()).expect("text grows");
    }
    text.push('\n');
    text
}
