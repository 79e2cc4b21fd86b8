//! Whatever comes in, the parsers answer.

#![expect(clippy::unwrap_used, reason = "helpers of a test may panic")]

use amz_event_handler::amazon::{self, AmazonEvent, BasicCredentials, OauthClient, Resource, WebhookAccess};
use amz_event_handler::netsuite::{self, SignatureHeaders, SigningSecret};
use amz_event_handler::operator::Command;
use amz_event_handler::{Rejection, Rule, route};
use amz_services::ports::inbox::{NewNotice, NoticeSource};
use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Bodies that are accepted as they are.
fn seeds() -> Vec<Value> {
    let order = json!({"id": "322-A", "aliases": [{"aliasType": "OMS_ORDER_ID", "aliasId": "1:2"}]});
    let webhook = json!({
        "idempotencyKey": "i", "eventDescriptor": "PACKAGE_DELIVERED", "eventId": "e",
        "resources": ["businessProduct/bp-1/order/322-A/delivery/D"], "data": {"order": order}
    });
    let tracker = json!({
        "eventDescriptor": "PACKAGE_TRACKER_MILESTONE_CHANGED",
        "resources": ["businessProduct/bp-1/carrier/ups/tracker/1Z"], "data": {}
    });
    let bridge = json!({
        "id": "b", "detail-type": "PACKAGE_DELIVERED", "detail": webhook,
        "resources": ["businessProduct/bp-1/order/322-A"]
    });
    let change =
        json!({"type": "salesOrder.edit", "data": {"recordType": "salesOrder", "id": "1", "event": "edit"}});
    let batch = json!({"events": [change]});
    let command = json!({"type": "operator.retry", "lane": "order/42", "subject": "order"});
    vec![webhook, tracker, bridge, change, batch, command]
}

/// Any JSON, with the member names and some of the words that the parsers look for.
fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "idempotencyKey",
        "eventDescriptor",
        "eventId",
        "resources",
        "data",
        "detail",
        "detail-type",
        "id",
        "order",
        "aliases",
        "aliasType",
        "aliasId",
        "events",
        "type",
        "recordType",
        "event",
        "lane",
        "subject",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "PACKAGE_DELIVERED",
            "RETURN_STARTED",
            "OMS_ORDER_ID",
            "salesOrder",
            "operator.retry",
            "order/1",
            "businessProduct/bp-1/order/322-A",
            "businessProduct/bp-1/carrier/ups/tracker/1Z",
            "1",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(|members| {
                Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
}

/// A seed of which some bytes were overwritten, put in or taken out.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), any::<u8>(), 0..3_u8);
    (prop::sample::select(seeds()), prop::collection::vec(edit, 1..8)).prop_map(|(seed, edits)| {
        let mut body = seed.to_string().into_bytes();
        for (index, byte, what) in edits {
            let at = index.index(body.len().max(1)).min(body.len());
            match what {
                0 => body.insert(at, byte),
                1 if at < body.len() => body[at] = byte,
                _ if at < body.len() => drop(body.remove(at)),
                _ => {}
            }
        }
        body
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        any_json().prop_map(|value| value.to_string().into_bytes()),
        mutated(),
    ]
}

fn secret() -> SigningSecret {
    SigningSecret::parse(&"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned().into()).unwrap()
}

fn access() -> WebhookAccess {
    WebhookAccess {
        connection: "main".into(),
        basic: Some(BasicCredentials { username: "u".to_owned(), password: "hunter2!".to_owned().into() }),
        oauth: Some(OauthClient { client_id: "c".to_owned(), client_secret: "hunter3!".to_owned().into() }),
        allow_unauthenticated: false,
    }
}

fn is_storable(notice: &NewNotice) -> bool {
    let plain = |text: &str| !text.is_empty() && text.len() <= 256 && !text.chars().any(char::is_control);
    plain(&notice.key) && plain(&notice.kind)
}

fn is_well_formed(rejection: &Rejection) -> bool {
    Rule::ALL.contains(&rejection.rule) && (400..600).contains(&rejection.status)
}

#[test]
fn seeds_are_accepted() {
    for seed in seeds() {
        let text = seed.to_string();
        let amazon = amazon::receive(&"main".into(), "bp-1", text.as_bytes(), DateTime::UNIX_EPOCH);
        let command = Command::parse(text.as_bytes());
        let netsuite = seed.get("events").is_some() || netsuite::RecordChange::parse(&seed).is_ok();
        assert!(amazon.is_ok() || command.is_ok() || netsuite, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn amazon_bodies_are_refused_by_rule_or_become_routable_notices(body in body()) {
        match amazon::receive(&"main".into(), "bp-1", &body, DateTime::UNIX_EPOCH) {
            Ok(notice) => {
                prop_assert!(is_storable(&notice), "{notice:?}");
                prop_assert!(route(&notice).is_ok());
                prop_assert_eq!(AmazonEvent::parse(notice.body.as_bytes()).unwrap().key, notice.key);
            }
            Err(rejection) => prop_assert!(is_well_formed(&rejection)),
        }
    }

    #[test]
    fn netsuite_bodies_are_refused_by_rule_or_become_routable_notices(
        body in body(), id in "[!-~]{1,300}",
    ) {
        let signature = secret().sign(&id, DateTime::UNIX_EPOCH, &body);
        let headers = SignatureHeaders {
            id: Some(id.as_bytes()),
            timestamp: Some(b"0"),
            signature: Some(signature.as_bytes()),
        };
        let outcomes =
            match netsuite::receive(&"main".into(), &[secret()], headers, &body, DateTime::UNIX_EPOCH) {
                Ok(netsuite::Received::Single(notice)) => vec![Ok(notice)],
                Ok(netsuite::Received::Batch(events)) => events,
                Err(rejection) => vec![Err(rejection)],
            };
        for outcome in outcomes {
            match outcome {
                Ok(notice) => {
                    prop_assert!(is_storable(&notice), "{notice:?}");
                    prop_assert!(route(&notice).is_ok());
                }
                Err(rejection) => prop_assert!(is_well_formed(&rejection)),
            }
        }
    }

    #[test]
    fn signature_headers_of_any_kind_are_refused(
        id in prop::option::of(prop::collection::vec(any::<u8>(), 0..40)),
        timestamp in prop::option::of(prop_oneof![prop::collection::vec(any::<u8>(), 0..24), Just(b"0".to_vec())]),
        signature in prop::option::of(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..80),
            "(v1,[A-Za-z0-9+/=]{0,48} ?){0,20}".prop_map(String::into_bytes),
        ]),
        body in body(),
    ) {
        let headers = SignatureHeaders {
            id: id.as_deref(),
            timestamp: timestamp.as_deref(),
            signature: signature.as_deref(),
        };
        let refused = netsuite::receive(&"main".into(), &[secret()], headers, &body, DateTime::UNIX_EPOCH);
        prop_assert_eq!(refused.unwrap_err().status, 401);
    }

    #[test]
    fn credentials_of_any_kind_are_refused_without_an_echo(
        header in prop_oneof![
            prop::collection::vec(any::<u8>(), 1..80),
            "(?i:basic|bearer) [A-Za-z0-9+/=._-]{0,60}".prop_map(String::into_bytes),
            "Bearer amz1\\.[0-9-]{0,25}\\.[A-Za-z0-9_-]{0,50}".prop_map(String::into_bytes),
        ],
        body in body(),
    ) {
        let refused = access().verify(Some(&header), DateTime::UNIX_EPOCH).unwrap_err();
        prop_assert!(is_well_formed(&refused));
        prop_assert!(!refused.to_string().contains("hunter"));
        let refused = access().grant(Some(&header), &body, DateTime::UNIX_EPOCH).unwrap_err();
        prop_assert!(!refused.to_string().contains("hunter"));
        let _ = access().grant(None, &body, DateTime::UNIX_EPOCH);
    }

    #[test]
    fn other_parsers_answer_to_anything(body in body(), path in "(/?[a-zA-Z0-9-]{0,16}/?){0,8}", noise in ".*") {
        let _ = Command::parse(&body);
        let _ = Resource::parse(&path);
        let _ = Resource::parse(&noise);
        let _ = SigningSecret::parse(&noise.clone().into());
        let text = String::from_utf8_lossy(&body).into_owned();
        for source in [NoticeSource::Amazon, NoticeSource::NetSuite, NoticeSource::Operator] {
            let _ = route(&NewNotice {
                connection: "main".into(),
                source,
                key: noise.clone(),
                kind: noise.clone(),
                body: text.clone(),
                received_at: DateTime::UNIX_EPOCH,
            });
        }
    }
}
