use std::path::Path;

use secrecy::ExposeSecret;

use super::samples::{SMALLEST, environment, only_fault, read, read_with, with};
use crate::settings::{FaultCode, NetSuiteAuth, Settings, SigningAlgorithm};

const KEY: &str = "connection[main].amazon.bwp.client_secret";

#[test]
fn secrets_come_as_text_from_the_environment_or_from_a_file() {
    let text = read(&with("client_secret", "client_secret = \"0012\""));
    assert_eq!(text.connections[0].bwp.client_secret.expose_secret(), "0012");

    let variable =
        read_with(&with("client_secret", "client_secret = { env = \"THERE\" }"), &[("THERE", "0012")]);
    assert_eq!(variable.connections[0].bwp.client_secret.expose_secret(), "0012");

    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("secret"), "0012\r\n").expect("a file");
    let configuration = folder.path().join("accelerator.toml");
    std::fs::write(&configuration, with("client_secret", "client_secret = { file = \"secret\" }"))
        .expect("a file");
    let file = Settings::load(Some(&configuration), &environment(&[])).expect("a sound configuration");
    assert_eq!(file.connections[0].bwp.client_secret.expose_secret(), "0012", "line breaks are cut");
}

#[test]
fn a_variable_can_move_a_secret_from_one_form_to_another() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("secret"), "from-file").expect("a file");
    let text = with("client_secret", "client_secret = { env = \"THERE\" }");
    let variables = [("AMZ__CONNECTION__MAIN__AMAZON__BWP__CLIENT_SECRET__FILE", "secret")];
    let settings = Settings::from_toml(&text, &environment(&variables), folder.path()).expect("sound");
    assert_eq!(settings.connections[0].bwp.client_secret.expose_secret(), "from-file");
}

#[test]
fn secrets_that_cannot_be_had_are_faults() {
    for (line, code, found) in [
        ("client_secret = { env = \"ABSENT\" }", FaultCode::UnresolvedSecret, "variable ABSENT is not set"),
        ("client_secret = { env = \"EMPTY\" }", FaultCode::UnresolvedSecret, "variable EMPTY is empty"),
        (
            "client_secret = { file = \"/nonexistent/secret\" }",
            FaultCode::UnresolvedSecret,
            "/nonexistent/secret does not exist",
        ),
        ("client_secret = { file = \"/\" }", FaultCode::UnresolvedSecret, "file / cannot be read"),
        ("client_secret = {}", FaultCode::Missing, "an empty table"),
        ("client_secret = { env = \"\" }", FaultCode::Missing, "an empty name"),
        ("client_secret = { env = 5 }", FaultCode::WrongType, "a whole number"),
        ("client_secret = { path = \"x\" }", FaultCode::UnknownKey, "`path`"),
        ("client_secret = { env = \"A\", file = \"b\" }", FaultCode::Conflicting, "both"),
        ("client_secret = 12", FaultCode::WrongType, "a whole number"),
        ("client_secret = \"\"", FaultCode::Missing, "empty text"),
    ] {
        let fault = only_fault(&with("client_secret", line), &[("EMPTY", "")]);
        assert_eq!((fault.key.as_str(), fault.code), (KEY, code), "{line}");
        assert!(fault.found.as_deref().is_some_and(|text| text.contains(found)), "{line}: {fault}");
    }
}

#[test]
fn no_secret_appears_in_any_text() {
    let settings = read(&with("client_secret", "client_secret = \"bwp-secret\""));
    let texts = [
        format!("{settings:?}"),
        format!("{settings:#?}"),
        settings.describe().to_string(),
        serde_json::to_string(settings.describe()).expect("a listing serialises"),
    ];
    let secrets =
        ["bwp-secret", "webhook-secret", "key-secret", "consumer-secret", "token-id-secret", "token-secret"];
    for text in &texts {
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    assert!(SMALLEST.contains("token-id-secret"), "the sample has the secrets looked for");
}

#[test]
fn no_secret_appears_in_a_fault() {
    for (target, line) in [
        ("client_secret", "client_secret = { env = \"tOp-SeCrEt\" }"),
        ("client_secret", "client_secrett = \"tOp-SeCrEt\""),
        ("client_secret", "client_secret = [\"tOp-SeCrEt\"]"),
        ("client_secret", "client_secret = { env = [\"tOp-SeCrEt\"] }"),
        ("client_secret", "client_secret = { file = \"-----BEGIN\\ntOp-SeCrEt\" }"),
        ("[connection.netsuite]", "events = { signing_secret = \"whsec-tOp-SeCrEt\" }"),
        ("[connection.netsuite]", "events = \"tOp-SeCrEt\""),
        ("[connection.netsuite]", "endpoint = \"https://user:tOp-SeCrEt@a.example\""),
        ("[connection.sync]", "[store]\nurl = \"postgres://user:tOp-SeCrEt@a.example:x/x\""),
        ("[connection.sync]", "[store]\nurl = \"postgres://user:1#tOp-SeCrEt@a.example/x\""),
        ("[connection.sync]", "[store]\nurl = \"mysql://user:tOp-SeCrEt@a.example/x\""),
    ] {
        let text = with(target, line);
        let faults = Settings::from_toml(&text, &environment(&[]), Path::new("")).expect_err("faulty");
        let json = serde_json::to_string(&faults).expect("faults serialise");
        for text in [faults.to_string(), format!("{faults:?}"), json] {
            assert!(!text.contains("tOp-SeCrEt"), "{line}: {text}");
        }
    }
}

#[test]
fn the_store_address_is_not_shown() {
    let settings = read_with(
        &with("[connection.sync]", "[store]\nurl = { env = \"STORE\" }"),
        &[("STORE", "sqlite:///var/lib/amz/state.db")],
    );
    assert_eq!(settings.store.url.expose_secret(), "sqlite:///var/lib/amz/state.db");
    assert!(!format!("{settings:?}").contains("/var/lib"));
}

#[test]
fn signing_secrets_rotate_as_a_list() {
    let line = "events = { signing_secret = [\"whsec_c2VjcmV0\", { env = \"NEW\" }] }";
    let text = with("[connection.netsuite]", line);
    let secrets = |settings: &Settings| -> Vec<String> {
        let secrets = &settings.connections[0].netsuite.signing_secrets;
        secrets.iter().map(|secret| secret.expose_secret().to_owned()).collect()
    };
    let listed = read_with(&text, &[("NEW", "whsec_bmV3IQ==")]);
    assert_eq!(secrets(&listed), ["whsec_c2VjcmV0", "whsec_bmV3IQ=="]);

    let variable = "AMZ__CONNECTION__MAIN__NETSUITE__EVENTS__SIGNING_SECRET";
    let listed = read_with(SMALLEST, &[(variable, "whsec_c2VjcmV0,whsec_bmV3IQ==")]);
    assert_eq!(secrets(&listed), ["whsec_c2VjcmV0", "whsec_bmV3IQ=="]);

    assert!(secrets(&read(SMALLEST)).is_empty());
    let fault = only_fault(&text, &[("NEW", "whsec_?")]);
    assert_eq!(fault.key, "connection[main].netsuite.events.signing_secret[1]");
}

#[test]
fn oauth2_is_the_other_way_into_netsuite() {
    let folder = tempfile::tempdir().expect("a folder");
    let pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    std::fs::write(folder.path().join("key.pem"), pem).expect("a file");
    let (before, after) =
        SMALLEST.split_once("[connection.netsuite.auth.tba]").expect("the sample signs by TBA");
    let (_, after) = after.split_once("[connection.policy]").expect("the sample has a policy");
    let oauth2 = |algorithm: &str, key: &str| {
        format!(
            "{before}[connection.netsuite.auth.oauth2]\nclient_id = \"id\"\ncertificate_id = \"certificate\"\n\
             private_key = {key}\nalgorithm = {algorithm:?}\n[connection.policy]{after}"
        )
    };
    for (word, expected) in [("ES256", SigningAlgorithm::Es256), ("PS256", SigningAlgorithm::Ps256)] {
        let text = oauth2(word, "{ file = \"key.pem\" }");
        let settings = Settings::from_toml(&text, &environment(&[]), folder.path()).expect("sound");
        let NetSuiteAuth::Oauth2 { client_id, certificate_id, private_key, algorithm } =
            &settings.connections[0].netsuite.auth
        else {
            panic!("not OAuth 2.0");
        };
        assert_eq!((client_id.as_str(), certificate_id.as_str()), ("id", "certificate"));
        assert_eq!(private_key.expose_secret(), pem.trim_end());
        assert_eq!(*algorithm, expected);
    }
    assert_eq!(only_fault(&oauth2("ES256", "\"AAAA\""), &[]).code, FaultCode::Malformed);
    let fault = only_fault(&oauth2("RS256", &format!("{pem:?}")), &[]);
    assert_eq!(
        (fault.key.as_str(), fault.code),
        ("connection[main].netsuite.auth.oauth2.algorithm", FaultCode::NotOneOf)
    );
}
