use std::time::Duration;

use secrecy::ExposeSecret;

use super::samples::{SMALLEST, codes, faults_with, only_fault, read_with, with};
use crate::settings::{FaultCode, LogFormat, ValueSource};

#[test]
fn variables_override_the_file_key_by_key() {
    let settings = read_with(
        &with("[connection.policy]", "retry_limit = 3\nhold = \"5m\""),
        &[
            ("AMZ__WEBHOOK__LISTEN", "[::1]:9000"),
            ("AMZ__WEBHOOK__MAX_BODY_BYTES", "2048"),
            ("AMZ__LOG__FORMAT", "json"),
            ("AMZ__CONNECTION__MAIN__NETSUITE__CONCURRENCY", "2"),
            ("AMZ__CONNECTION__MAIN__POLICY__RETRY_LIMIT", "7"),
            ("AMZ__CONNECTION__MAIN__AMAZON__BWP__ENDPOINT", "http://127.0.0.1:4000/"),
            ("UNRELATED", "x"),
            ("AMZ_CONFIG", "x"),
        ],
    );
    let connection = &settings.connections[0];
    assert_eq!(settings.webhook.listen.to_string(), "[::1]:9000");
    assert_eq!(settings.webhook.max_body_bytes, 2048);
    assert_eq!(settings.log.format, LogFormat::Json);
    assert_eq!(connection.netsuite.concurrency, 2);
    assert_eq!(connection.services.retry_limit, 7);
    assert_eq!(connection.services.hold, Duration::from_secs(300), "the file's other keys stay");
    assert_eq!(connection.bwp.endpoint, "http://127.0.0.1:4000");
}

#[test]
fn lists_tables_and_flags_have_a_form_in_the_environment() {
    let text =
        with("[connection.mapping]", "ship_speed = { \"1\" = \"STANDARD\" }\neligible = [\"line_flag\"]");
    let settings = read_with(
        &text.replace("basic = {", "# basic = {"),
        &[
            ("AMZ__CONNECTION__MAIN__MAPPING__ELIGIBLE", "sales_channel, line_flag"),
            ("AMZ__CONNECTION__MAIN__MAPPING__SALES_CHANNELS", "3,4"),
            ("AMZ__CONNECTION__MAIN__MAPPING__SHIP_SPEED__92", "EXPEDITED"),
            ("AMZ__CONNECTION__MAIN__AMAZON__WEBHOOK_AUTH__ALLOW_UNAUTHENTICATED", "true"),
        ],
    );
    let services = &settings.connections[0].services;
    assert_eq!(services.eligible.len(), 2);
    assert_eq!(services.sales_channels.len(), 2);
    assert_eq!(services.ship_speed.len(), 2, "the file's rows stay");
    assert_eq!(services.ship_speed[&"92".into()], "EXPEDITED");
    assert!(settings.connections[0].webhook_auth.allow_unauthenticated);
}

#[test]
fn a_connection_is_addressed_by_its_name_in_capitals() {
    let text = SMALLEST.replace("\"main\"", "\"eu-shop_2\"");
    let settings = read_with(&text, &[("AMZ__CONNECTION__EU_SHOP_2__SYNC__POLL", "5s")]);
    assert_eq!(settings.connections[0].poll, Duration::from_secs(5));
}

#[test]
fn the_environment_alone_can_be_a_configuration() {
    let settings = read_with(
        "",
        &[
            ("AMZ__CONNECTION__MAIN__NAME", "main"),
            ("AMZ__CONNECTION__MAIN__AMAZON__BWP__CLIENT_ID", "client"),
            ("AMZ__CONNECTION__MAIN__AMAZON__BWP__CLIENT_SECRET", "0012"),
            ("AMZ__CONNECTION__MAIN__AMAZON__BWP__TARGET_ID", "true"),
            ("AMZ__CONNECTION__MAIN__AMAZON__WEBHOOK_AUTH__OAUTH__CLIENT_ID", "17"),
            ("AMZ__CONNECTION__MAIN__AMAZON__WEBHOOK_AUTH__OAUTH__CLIENT_SECRET__ENV", "ELSEWHERE"),
            ("AMZ__CONNECTION__MAIN__NETSUITE__ACCOUNT", "1234567"),
            ("AMZ__CONNECTION__MAIN__NETSUITE__TIMEZONE", "UTC"),
            ("AMZ__CONNECTION__MAIN__NETSUITE__AUTH__TBA__CONSUMER_KEY", "1e5"),
            ("AMZ__CONNECTION__MAIN__NETSUITE__AUTH__TBA__CONSUMER_SECRET", "b"),
            ("AMZ__CONNECTION__MAIN__NETSUITE__AUTH__TBA__TOKEN_ID", "c"),
            ("AMZ__CONNECTION__MAIN__NETSUITE__AUTH__TBA__TOKEN_SECRET", "d"),
            ("ELSEWHERE", "007"),
        ],
    );
    let connection = &settings.connections[0];
    assert_eq!(connection.name.as_str(), "main");
    assert_eq!(connection.bwp.client_secret.expose_secret(), "0012", "digits stay text");
    assert_eq!(connection.bwp.target_id, "true", "words stay text");
    let oauth = connection.webhook_auth.oauth.as_ref().expect("set by the environment");
    assert_eq!((oauth.client_id.as_str(), oauth.client_secret.expose_secret()), ("17", "007"));
    assert_eq!(connection.netsuite.endpoint, "https://1234567.suitetalk.api.netsuite.com");
}

#[test]
fn variables_that_name_nothing_are_faults() {
    for (variable, code, message) in [
        ("AMZ__WEBHOOK__LISTENS", FaultCode::UnknownKey, "did you mean `listen`?"),
        ("AMZ__STORE", FaultCode::WrongType, "expected a table"),
        (
            "AMZ__CONNECTION__MIAN__SYNC__POLL",
            FaultCode::UnknownKey,
            "did you mean `AMZ__CONNECTION__MAIN__SYNC__POLL`?",
        ),
        ("AMZ__CONNECTION__MAIN", FaultCode::UnknownKey, "AMZ__CONNECTION__MAIN"),
        ("AMZ__webhook__listen", FaultCode::UnknownKey, "did you mean `AMZ__WEBHOOK__LISTEN`?"),
        ("AMZ____LISTEN", FaultCode::UnknownKey, "AMZ__SECTION__KEY"),
        ("AMZ__", FaultCode::UnknownKey, "AMZ__SECTION__KEY"),
    ] {
        let faults = faults_with(SMALLEST, &[(variable, "5s")]);
        let fault = &faults.faults()[0];
        assert_eq!((fault.code, fault.variable.as_deref()), (code, Some(variable)), "{faults}");
        assert!(faults.to_string().contains(message), "{faults}");
    }
}

#[test]
fn a_bad_value_is_blamed_on_its_variable() {
    let fault = only_fault(SMALLEST, &[("AMZ__CONNECTION__MAIN__NETSUITE__CONCURRENCY", "four")]);
    assert_eq!(fault.code, FaultCode::WrongType);
    assert!(
        fault
            .to_string()
            .ends_with("(set by environment variable AMZ__CONNECTION__MAIN__NETSUITE__CONCURRENCY)")
    );
}

#[test]
fn two_variables_for_one_secret_conflict() {
    let place = "AMZ__CONNECTION__MAIN__AMAZON__BWP__CLIENT_SECRET";
    let (env, file) = (format!("{place}__ENV"), format!("{place}__FILE"));
    let fault = only_fault(SMALLEST, &[(place, "secret"), (&file, "path")]);
    assert_eq!(fault.code, FaultCode::Conflicting, "{fault}");
    let fault = only_fault(SMALLEST, &[(&env, "NAME"), (&file, "path")]);
    assert_eq!(fault.code, FaultCode::Conflicting, "{fault}");
}

#[test]
fn a_variable_cannot_rename_a_connection() {
    let faults = faults_with(SMALLEST, &[("AMZ__CONNECTION__MAIN__NAME", "other")]);
    assert_eq!(codes(&faults), [("connection[main].name", FaultCode::Conflicting)]);
    let same = read_with(SMALLEST, &[("AMZ__CONNECTION__MAIN__NAME", "main")]);
    assert_eq!(same.connections.len(), 1);
}

#[test]
fn the_listing_says_where_each_value_came_from() {
    let settings = read_with(
        &with("[connection.policy]", "retry_limit = 3"),
        &[("AMZ__CONNECTION__MAIN__NETSUITE__CONCURRENCY", "2")],
    );
    let keys = settings.describe().keys();
    let of = |key: &str| {
        let found: Vec<_> = keys.iter().filter(|known| known.key == key).collect();
        assert_eq!(found.len(), 1, "{key}");
        (found[0].value.as_deref(), found[0].source.clone())
    };
    assert_eq!(of("connection[main].policy.retry_limit"), (Some("3"), ValueSource::File));
    let variable = "AMZ__CONNECTION__MAIN__NETSUITE__CONCURRENCY".to_owned();
    assert_eq!(of("connection[main].netsuite.concurrency"), (Some("2"), ValueSource::Environment(variable)));
    assert_eq!(of("worker.lease"), (Some("30s"), ValueSource::Default));
    assert_eq!(of("connection[main].policy.go_live"), (None, ValueSource::Default));
    assert_eq!(of("connection[main].amazon.bwp.client_secret"), (Some("[secret]"), ValueSource::File));
    let pages = Some("https://1234567-sb1.app.netsuite.com");
    assert_eq!(of("connection[main].netsuite.app_endpoint"), (pages, ValueSource::Default));
    let text = settings.describe().to_string();
    assert!(text.contains("connection[main].policy.retry_limit = 3  # file\n"), "{text}");
    let json = serde_json::to_value(settings.describe()).expect("a listing serialises");
    assert_eq!(json[0]["key"], "store.url");
}
