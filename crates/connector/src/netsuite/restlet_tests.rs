use amz_domain::{DocumentKind, DocumentMarks, ExternalId, LineNumber, Origin, Quantity};
use http::HeaderMap;

use super::*;

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.into() }
}

fn thrown_as(code: &str, message: &str) -> String {
    json!({"error": {"code": code, "message": message}}).to_string()
}

fn refused(status: u16, code: &str, message: &str, writes: bool) -> Refusal {
    judge(&answer(status, &thrown_as(code, message)), writes).unwrap_err()
}

#[test]
fn the_address_names_script_and_deployment_under_the_restlets_host() {
    let settings = RestletSettings {
        endpoint: "https://1-sb1.restlets.api.netsuite.com/".parse().unwrap(),
        script: "customscript_amz_rt_event_entry".to_owned(),
        deploy: "customdeploy_amz_rt_event_entry".to_owned(),
        uses: RestletUses::default(),
    };
    assert_eq!(
        address(&settings).as_str(),
        "https://1-sb1.restlets.api.netsuite.com/app/site/hosting/restlet.nl\
         ?script=customscript_amz_rt_event_entry&deploy=customdeploy_amz_rt_event_entry"
    );
    assert!(!settings.uses.any());
    assert!(RestletUses { line_tax: true, ..RestletUses::default() }.any());
}

#[test]
fn only_an_answer_that_says_so_is_a_success() {
    for body in [r#"{"ok":true,"id":"7"}"#, r#"{"ok":true}"#] {
        assert!(matches!(judge(&answer(200, body), true), Ok(Reply::Document(_))), "{body}");
    }
    for body in ["", "{}", "null", "<html>", r#"{"ok":false,"id":"7"}"#, r#"{"ok":"true"}"#, r#"{"ok":true"#]
    {
        let refusal = judge(&answer(200, body), true).unwrap_err();
        assert_eq!(refusal.failure, Failure::Unreadable, "{body}");
    }
}

#[test]
fn refusals_mean_what_they_mean_to_the_record_service() {
    let cases = [
        (400, "SSS_REQUEST_LIMIT_EXCEEDED", Failure::Throttled { wait: None }),
        (429, "", Failure::Throttled { wait: None }),
        (401, "INVALID_LOGIN_ATTEMPT", Failure::Credentials),
        (400, "RCRD_HAS_BEEN_CHANGED", Failure::NotSent),
        (400, "DUP_RCRD", Failure::Conflict),
        (400, "AMZ_LINE_NOT_FOUND", Failure::Refused),
        (404, "SSS_INVALID_SCRIPTLET_ID", Failure::Refused),
        (400, "UNEXPECTED_ERROR", Failure::Unclear),
        (400, "SSS_TIME_LIMIT_EXCEEDED", Failure::Unclear),
        (400, "INVALID_RETURN_DATA_FORMAT", Failure::Unclear),
        (503, "", Failure::Unclear),
    ];
    for (status, code, failure) in cases {
        let refusal = refused(status, code, "because", true);
        assert_eq!(refusal.failure, failure, "{status} {code}");
        assert!(code.is_empty() || refusal.code == code, "{} is not {code}", refusal.code);
    }
    let closed = refused(400, "USER_ERROR", "The posting period is closed.", true);
    assert_eq!(closed.code, amz_services::ports::documents::CLOSED_PERIOD);
}

#[test]
fn a_message_that_is_json_itself_is_unwrapped_and_text_is_read_too() {
    let within = json!({"type": "error.SuiteScriptError", "name": "DUP_RCRD", "message": "This record already exists"});
    let wrapped = refused(400, "UNEXPECTED_ERROR", &within.to_string(), true);
    assert_eq!((wrapped.failure, wrapped.code.as_str()), (Failure::Conflict, "DUP_RCRD"));
    assert_eq!(wrapped.message, "This record already exists");
    let named = refused(400, "AMZ_BAD_REQUEST", &within.to_string(), true);
    assert_eq!(named.code, "AMZ_BAD_REQUEST", "what was thrown outside counts");
    let text = judge(&answer(400, "error code: SSS_REQUEST_LIMIT_EXCEEDED\nerror message: too many"), true);
    assert_eq!(text.unwrap_err().failure, Failure::Throttled { wait: None });
    let bare = judge(&answer(404, "<html>"), true).unwrap_err();
    assert_eq!((bare.failure, bare.code.as_str()), (Failure::Refused, "http_404"));
}

#[test]
fn marks_are_split_into_body_and_lines_with_our_columns_apart() {
    let patch = json!({
        "custbody_amz_sync_message": null,
        "item": {"items": [
            {"line": 1, "custcol_amz_line_id": "L-1", "isClosed": true},
            {"line": 2, "custcol_amz_fulfill": false, "quantity": 3},
        ]},
    });
    let Value::Object(patch) = patch else { panic!() };
    let fields = crate::netsuite::FieldNames::default();
    assert_eq!(
        Value::Object(marks(patch, fields.line_columns())),
        json!({
            "body": {"custbody_amz_sync_message": null},
            "lines": [
                {"line": 1, "isClosed": true, "fields": {"custcol_amz_line_id": "L-1"}},
                {"line": 2, "quantity": 3, "fields": {"custcol_amz_fulfill": false}},
            ],
        })
    );
    let Value::Object(body) = json!({"custbody_amz_order_id": "322-1"}) else { panic!() };
    let bare = Value::Object(marks(body, fields.line_columns()));
    assert_eq!(bare, json!({"body": {"custbody_amz_order_id": "322-1"}, "lines": []}));
}

fn new_receipt(source: DocumentSource) -> NewDocument {
    let line = |number, restock| NewDocumentLine {
        source_line: LineNumber(number),
        quantity: Quantity(2),
        amount: None,
        tax: None,
        reason: None,
        restock,
    };
    NewDocument {
        kind: DocumentKind::ItemReceipt,
        source,
        external_id: ExternalId::of_receipt(&"P-1".into()),
        date: None,
        memo: Some("Amazon return R-1".to_owned()),
        lines: vec![line(1, Some(true)), line(2, Some(false)), line(3, None)],
        left_out: vec![LineNumber(4)],
        location: Some("7".into()),
        approved: false,
        shipping: None,
        handling: None,
        account: None,
        apply_to: None,
        marks: DocumentMarks { origin: Some(Origin::Amazon), ..DocumentMarks::default() },
    }
}

#[test]
fn a_receipt_restocks_what_was_called_sellable_and_nothing_else() {
    let authorization = amz_domain::DocumentKey::new(DocumentKind::ReturnAuthorization, "900");
    let new = new_receipt(DocumentSource::Document(authorization));
    let body = marks_of(&new, &crate::netsuite::FieldNames::default());
    let request = receipt(&new, "2026-03-02".parse().unwrap(), body).unwrap();
    assert_eq!(
        Value::Object(request),
        json!({
            "returnAuthorization": "900",
            "externalId": "amz-ir-P-1",
            "date": "2026-03-02",
            "location": "7",
            "body": {"memo": "Amazon return R-1", "custbody_amz_origin": "amazon"},
            "lines": [
                {"orderLine": 1, "quantity": 2, "restock": true},
                {"orderLine": 2, "quantity": 2, "restock": false},
                {"orderLine": 3, "quantity": 2, "restock": false},
            ],
        })
    );
    let from_order = new_receipt(DocumentSource::SalesOrder("42".into()));
    assert!(receipt(&from_order, "2026-03-02".parse().unwrap(), Map::new()).is_err());
}
