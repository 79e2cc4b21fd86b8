use std::collections::VecDeque;

use amz_event_handler::netsuite::{SignatureHeaders, SigningSecret};
use amz_services::parking::{Reason, Who};
use amz_services::ports::{Intake, Lanes, Ledger};
use amz_services::work::{Ask, Lane, LaneKey, LaneRequest, Lease};
use amz_store::memory::MemoryStore;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::*;
use crate::settings::NotificationWebhook;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

/// Answers as it was told and keeps what it got; without an order it takes everything.
#[derive(Default)]
struct Recorded {
    answers: Mutex<VecDeque<Answer>>,
    got: Mutex<Vec<(String, Value)>>,
}

impl Recorded {
    fn answering(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into_iter().collect()), got: Mutex::default() })
    }

    /// Ids of all tries.
    fn ids(&self) -> Vec<String> {
        self.got.lock().unwrap().iter().map(|(id, _)| id.clone()).collect()
    }

    /// Type and subject of all tries.
    fn told(&self) -> Vec<(String, String)> {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let got = self.got.lock().unwrap();
        got.iter().map(|(_, body)| (word(&body["type"]), word(&body["data"]["subject"]))).collect()
    }
}

#[async_trait]
impl Receiver for Recorded {
    async fn post(&self, id: &str, body: &str, _: DateTime<Utc>) -> Answer {
        self.got.lock().unwrap().push((id.to_owned(), serde_json::from_str(body).unwrap()));
        self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Taken)
    }
}

/// A store with one leased lane, and a clock.
struct Scene {
    store: Arc<MemoryStore>,
    lease: Lease,
    now: Arc<Mutex<DateTime<Utc>>>,
}

impl Scene {
    async fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let key = LaneKey { connection: "main".into(), lane: Lane::SalesOrder("42".into()) };
        let request = LaneRequest { key, ask: Ask::SalesOrder, due_at: at(0), notice: None };
        store.accept("inbox", 1, vec![request]).await.unwrap();
        let claim = store.claim("test", at(0), Duration::from_secs(9), 1).await.unwrap().remove(0);
        Self { store, lease: claim.lease, now: Arc::new(Mutex::new(at(0))) }
    }

    async fn park(&self, subject: &str) {
        let reason = Reason::new("over_estimate", "12.00 against 10.00", "approve or correct", Who::Merchant);
        self.store.park(&self.lease, subject, &reason, at(0)).await.unwrap();
    }

    async fn unpark(&self, subject: &str) {
        self.store.unpark(&self.lease, subject, at(5)).await.unwrap();
    }

    fn notifier(&self, notifications: Arc<dyn Notifications>, receiver: Arc<dyn Receiver>) -> Notifier {
        let now = self.now.clone();
        Notifier {
            notifications,
            log: true,
            receiver: Some(receiver),
            clock: Arc::new(move || *now.lock().unwrap()),
            jitter: Arc::new(|| 0),
            logged: Arc::default(),
        }
    }

    fn move_to(&self, second: i64) {
        *self.now.lock().unwrap() = at(second);
    }
}

async fn pass(notifier: &Notifier) -> Passed {
    notifier.pass(&CancellationToken::new()).await.unwrap()
}

fn later_answer(wait_s: Option<u64>) -> Answer {
    Answer::Later { wait: wait_s.map(Duration::from_secs), why: "HTTP 503".to_owned() }
}

const SETTLED_ONE: Passed = Passed { settled: 1, wait: None };
const NOTHING: Passed = Passed { settled: 0, wait: None };

#[tokio::test]
async fn parking_and_clearing_are_told_once_each_with_all_that_a_person_needs() {
    let scene = Scene::new().await;
    let receiver = Recorded::answering([]);
    let notifier = scene.notifier(scene.store.clone(), receiver.clone());
    for _ in 0..3 {
        scene.park("refund/R-1").await;
        pass(&notifier).await;
    }
    scene.unpark("refund/R-1").await;
    scene.unpark("refund/R-1").await;
    scene.move_to(5);
    assert_eq!(pass(&notifier).await, SETTLED_ONE);
    assert_eq!(pass(&notifier).await, NOTHING);
    let data = json!({
        "connection": "main", "lane": "order/42", "subject": "refund/R-1", "code": "over_estimate",
        "cause": "12.00 against 10.00", "hint": "approve or correct", "who": "merchant",
        "since": "2027-01-15T08:00:00.000Z",
    });
    let bodies: Vec<Value> = receiver.got.lock().unwrap().iter().map(|(_, body)| body.clone()).collect();
    let expected = [
        json!({"type": "item.parked", "timestamp": "2027-01-15T08:00:00.000Z", "data": data}),
        json!({"type": "item.cleared", "timestamp": "2027-01-15T08:00:05.000Z", "data": data}),
    ];
    assert_eq!(bodies, expected);
}

#[tokio::test]
async fn a_receiver_out_of_order_is_tried_again_with_growing_waits_and_the_same_id() {
    let scene = Scene::new().await;
    scene.park("order").await;
    let receiver = Recorded::answering([None, None, Some(600)].map(later_answer));
    let notifier = scene.notifier(scene.store.clone(), receiver.clone());
    let mut tries = Vec::new();
    for second in 0..=1000 {
        scene.move_to(second);
        let before = receiver.ids().len();
        pass(&notifier).await;
        if receiver.ids().len() > before {
            tries.push(second);
        }
    }
    assert_eq!(tries, [0, 3, 8, 608], "waits of 2.5, 5 and the 600 seconds it asked for");
    let ids = receiver.ids();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test]
async fn a_failing_receiver_gets_one_message_per_pass_and_a_refused_one_blocks_nobody() {
    let scene = Scene::new().await;
    for subject in ["a", "b", "c"] {
        scene.park(subject).await;
    }
    let receiver = Recorded::answering([later_answer(Some(7)), Answer::Refused { status: 400 }]);
    let notifier = scene.notifier(scene.store.clone(), receiver.clone());
    assert_eq!(pass(&notifier).await, Passed { settled: 0, wait: Some(Duration::from_secs(7)) });
    assert_eq!(pass(&notifier).await, SETTLED_ONE);
    let subjects: Vec<String> = receiver.told().into_iter().map(|(_, subject)| subject).collect();
    assert_eq!(subjects, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_message_that_is_refused_for_good_is_given_up_and_the_next_one_of_its_item_is_sent() {
    let scene = Scene::new().await;
    scene.park("order").await;
    scene.unpark("order").await;
    let refused = std::iter::repeat_n(Answer::Refused { status: 410 }, MOST_REFUSALS as usize);
    let receiver = Recorded::answering(refused);
    let notifier = scene.notifier(scene.store.clone(), receiver.clone());
    for hour in 0..20 {
        scene.move_to(hour * 3600);
        pass(&notifier).await;
    }
    let told = receiver.told();
    assert_eq!(told.len(), MOST_REFUSALS as usize + 1, "{told:?}");
    assert_eq!(told.last().unwrap().0, "item.cleared");
}

#[tokio::test]
async fn a_receiver_that_is_gone_for_good_is_given_up_in_the_end() {
    let scene = Scene::new().await;
    scene.park("order").await;
    let receiver = Recorded::answering(std::iter::repeat_n(later_answer(None), 1000));
    let notifier = scene.notifier(scene.store.clone(), receiver.clone());
    for hour in 0..i64::from(MOST_TRIES) + 50 {
        scene.move_to(hour * 3600);
        pass(&notifier).await;
    }
    assert_eq!(receiver.ids().len(), MOST_TRIES as usize);
}

/// A store that cannot note ends for a while.
struct Forgetful {
    store: Arc<MemoryStore>,
    failures: Mutex<u32>,
}

#[async_trait]
impl Notifications for Forgetful {
    async fn due_notifications(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Notification>, StoreError> {
        self.store.due_notifications(now, limit).await
    }

    async fn settle_notification(
        &self,
        id: &str,
        end: NotificationEnd,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        {
            let mut failures = self.failures.lock().unwrap();
            if *failures > 0 {
                *failures -= 1;
                return Err(StoreError::Unavailable { message: "the disk is full".to_owned(), source: None });
            }
        }
        self.store.settle_notification(id, end, at).await
    }

    async fn put_off_notification(&self, id: &str, until: DateTime<Utc>) -> Result<(), StoreError> {
        self.store.put_off_notification(id, until).await
    }
}

#[tokio::test]
async fn one_process_sends_a_message_once_also_when_the_store_fails_and_the_next_repeats_its_id() {
    let scene = Scene::new().await;
    scene.park("order").await;
    let store = Arc::new(Forgetful { store: scene.store.clone(), failures: Mutex::new(2) });
    let receiver = Recorded::answering([]);
    let first = scene.notifier(store.clone(), receiver.clone());
    for _ in 0..2 {
        assert!(first.pass(&CancellationToken::new()).await.is_err());
    }
    assert_eq!(receiver.ids().len(), 1);
    // the process ends here, and another one begins
    let second = scene.notifier(store, receiver.clone());
    assert_eq!(pass(&second).await, SETTLED_ONE);
    let ids = receiver.ids();
    assert_eq!((ids.len(), &ids[0]), (2, &ids[1]));
    assert_eq!(pass(&first).await, NOTHING);
}

#[tokio::test]
async fn without_a_webhook_the_log_alone_is_told() {
    let scene = Scene::new().await;
    scene.park("order").await;
    let notifier =
        Notifier { receiver: None, ..scene.notifier(scene.store.clone(), Recorded::answering([])) };
    assert_eq!(pass(&notifier).await, SETTLED_ONE);
    assert_eq!(pass(&notifier).await, NOTHING);
}

type Request = (HeaderMap, Bytes);

/// A server that answers everything with a status; `location` and `retry-after` come along.
async fn server(status: StatusCode) -> (String, Arc<Mutex<Vec<Request>>>) {
    let got: Arc<Mutex<Vec<Request>>> = Arc::default();
    let seen = got.clone();
    let handler = axum::routing::any(move |headers: HeaderMap, body: Bytes| async move {
        seen.lock().unwrap().push((headers, body));
        (status, [("location", "/elsewhere"), ("retry-after", "17")])
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(handler)).await });
    (format!("http://{address}/hook?token=t0ken"), got)
}

const SECRETS: [&str; 2] =
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"];

fn webhook(url: &str) -> Webhook {
    let secrets = SECRETS.map(SecretString::from).to_vec();
    Webhook::new(&NotificationWebhook { url: url.into(), secrets }).unwrap()
}

#[tokio::test]
async fn a_post_is_signed_so_that_either_secret_verifies_it() {
    let (url, got) = server(StatusCode::NO_CONTENT).await;
    assert_eq!(webhook(&url).post("msg_1", r#"{"type":"item.parked"}"#, at(0)).await, Answer::Taken);
    let requests = got.lock().unwrap();
    let (headers, body) = &requests[0];
    let header = |name: &str| headers.get(name).map(|value| value.as_bytes());
    let signed = SignatureHeaders {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
    };
    for secret in SECRETS {
        let secret = SigningSecret::parse(&secret.into()).unwrap();
        assert_eq!(signed.verify(&[secret], body, at(10)).unwrap(), "msg_1");
    }
    assert_eq!(header("content-type"), Some("application/json".as_bytes()));
    assert_eq!(body.as_ref(), br#"{"type":"item.parked"}"#);
}

#[tokio::test]
async fn answers_mean_what_their_status_says_and_no_redirect_is_followed() {
    let later =
        |status: &str| Answer::Later { wait: Some(Duration::from_secs(17)), why: format!("HTTP {status}") };
    for (status, expected) in [
        (200, Answer::Taken),
        (302, Answer::Refused { status: 302 }),
        (400, Answer::Refused { status: 400 }),
        (408, later("408")),
        (410, Answer::Refused { status: 410 }),
        (429, later("429")),
        (500, later("500")),
        (503, later("503")),
    ] {
        let (url, got) = server(StatusCode::from_u16(status).unwrap()).await;
        assert_eq!(webhook(&url).post("msg_1", "{}", at(0)).await, expected, "{status}");
        assert_eq!(got.lock().unwrap().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn what_goes_wrong_is_told_without_the_address() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?token=t0ken", listener.local_addr().unwrap());
    drop(listener);
    let Answer::Later { wait: None, why } = webhook(&url).post("msg_1", "{}", at(0)).await else {
        panic!("nobody listens there")
    };
    assert!(!why.contains("t0ken") && !why.contains("hook"), "{why}");
}

#[test]
fn short_secrets_are_refused_at_the_start() {
    let settings =
        NotificationWebhook { url: "https://hooks.example.com".into(), secrets: vec!["whsec_AAAA".into()] };
    let error = Webhook::new(&settings).err().unwrap().to_string();
    assert!(error.starts_with("notifications.webhook.secret: ") && !error.contains("AAAA"), "{error}");
}
