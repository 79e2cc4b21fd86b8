use amz_services::audit::{CallOutcome, Vendor};
use serde_json::json;

use super::*;

fn call() -> CallRecord {
    CallRecord {
        connection: "main".into(),
        lane: None,
        job: Some(7),
        intent: None,
        vendor: Vendor::Amazon,
        operation: "createOrder".to_owned(),
        method: "POST".to_owned(),
        path: "/graphql".to_owned(),
        attempt: 1,
        started_at: "2026-03-02T09:00:00.5Z".parse().unwrap(),
        duration_ms: 12,
        status: Some(200),
        outcome: CallOutcome::Refused,
        code: Some("AliasValueAlreadyExists".to_owned()),
        request: Some("{}".to_owned()),
        response: None,
    }
}

fn body(notices: &[&str], call: &CallRecord) -> Value {
    let external_id = ExternalId::of_subject("amz-al-main-1").unwrap();
    let notices: Vec<String> = notices.iter().map(|notice| (*notice).to_owned()).collect();
    Value::Object(audit_body(&AuditLogRow { external_id, notices: &notices, call }))
}

#[test]
fn a_call_fills_the_fields_of_its_row_and_what_is_not_known_stays_away() {
    assert_eq!(
        body(&["amazon/e-1", "netsuite/e-2"], &call()),
        json!({
            "custrecord_amz_audit_at": "2026-03-02T09:00:00Z",
            "custrecord_amz_audit_connection": "main",
            "custrecord_amz_audit_vendor": "amazon",
            "custrecord_amz_audit_operation": "createOrder",
            "custrecord_amz_audit_outcome": "refused",
            "custrecord_amz_audit_code": "AliasValueAlreadyExists",
            "custrecord_amz_audit_status": 200,
            "custrecord_amz_audit_attempt": 1,
            "custrecord_amz_audit_duration_ms": 12,
            "custrecord_amz_audit_job": "7",
            "custrecord_amz_audit_notices": "amazon/e-1\nnetsuite/e-2",
            "custrecord_amz_audit_path": "POST /graphql",
            "custrecord_amz_audit_request": "{}",
        })
    );
}

#[test]
fn texts_that_are_too_long_are_cut_at_whole_characters() {
    let long = CallRecord { path: format!("/{}", "ä".repeat(5_000)), ..call() };
    let body = body(&[], &long);
    let path = body["custrecord_amz_audit_path"].as_str().unwrap();
    assert_eq!(path.chars().count(), LONGEST_AREA);
    assert!(path.starts_with("POST /ää") && path.ends_with('…'));
    assert_eq!(cut("äö", 2), json!("äö"));
}

#[test]
fn a_setting_that_does_not_fit_is_refused_and_not_cut() {
    let setting = |value: String| ConfigSetting {
        key: "policy.hold".to_owned(),
        value,
        version: Some(3),
        changed_by: None,
        changed_at: Some("2026-03-02T09:00:00Z".parse().unwrap()),
    };
    assert_eq!(
        config_body(&setting("5m".to_owned())).unwrap(),
        json!({
            "custrecord_amz_config_key": "policy.hold",
            "custrecord_amz_config_value": "5m",
            "custrecord_amz_config_version": 3,
            "custrecord_amz_config_changed_by": null,
            "custrecord_amz_config_changed_at": "2026-03-02T09:00:00Z",
        })
    );
    assert_eq!(config_body(&setting(String::new())).unwrap()["custrecord_amz_config_value"], Value::Null);
    let error = config_body(&setting("x".repeat(LONGEST_AREA + 1))).unwrap_err();
    assert_eq!((error.failure, error.code.as_str()), (Failure::Refused, "setting_too_long"));
}
