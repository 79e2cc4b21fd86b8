//! The control interface: what the handle can do, over HTTP and in JSON.
//!
//! | request below `/control` | body | does |
//! | --- | --- | --- |
//! | `GET calls`, `DELETE calls` | | all requests received; forget them |
//! | `GET faults`, `DELETE faults` | | the script; everything behaves again |
//! | `POST faults` | a rule or an array of rules | adds to the script |
//! | `POST faults/light`, `POST faults/heavy` | `{seed}` | adds a profile |
//! | `GET clock`, `POST clock/advance` | `{seconds}` | sandbox time |
//! | `GET amazon/orders`, `GET amazon/orders/{id}` | | orders with lines and packages |
//! | `POST amazon/orders` | a [`CheckoutOrder`](crate::amazon::CheckoutOrder) | a shopper places it in the shop |
//! | `POST amazon/orders/{id}/packages/{package}/split` | `{parts: [[{line_id, quantity}]]}` | new ids |
//! | `.../ship` | `{carrier, tracking_number}` or `{}` | into transit |
//! | `.../tracking-number` | `{carrier, tracking_number}` | first or changed number |
//! | `.../milestone` | `{code, place, occurred_at}` | adds a milestone |
//! | `.../deliver` | | ends the journey |
//! | `.../cancel` | `{reason}` or `{reason, units: [{line_id, quantity}]}` | ends it, or that of some units |
//! | `GET amazon/habits`, `PUT amazon/habits` | [`Habits`](crate::amazon::Habits) | what Amazon does by itself |
//! | `POST amazon/orders/{id}/cancellations` | `{requested_by, reason}` | the shopper wants to cancel |
//! | `.../cancellations/{cancellation}/settle`, `.../reject` | | decides about one |
//! | `POST amazon/orders/{id}/refunds` | `{lines, reason, estimate: {amount, currency_code}}` | asks for one |
//! | `POST amazon/orders/{id}/returns` | `{lines: [{line_id, quantity, reason}], packages}` | starts one |
//! | `.../returns/{return}/packages/{package}/move` | `{state}` or `{state: "FAILED", reason}` | moves it on |
//! | `.../returns/{return}/grade` | `{line_id, quantity, condition}` | looks at returned units |
//! | `.../returns/{return}/complete` | | finishes it |
//! | `GET amazon/doubled-payments` | | payments that were reported twice |
//! | `GET`, `POST amazon/subscription`, `DELETE amazon/subscription/{id}` | a subscription | receivers |
//! | `GET amazon/events`, `GET amazon/events/pending`, `GET amazon/deliveries` | | events |
//! | `POST amazon/events/hold`, `POST amazon/events/take` | | keep back; hand over |
//! | `POST amazon/events/release` | `{positions}` or `{}` | send what was kept back |
//! | `POST amazon/tokens/revoke` | | end all access tokens |
//! | `GET amazon/stock`, `GET amazon/stock/{sku}` | | figures; with units in orders |
//! | `PUT amazon/stock/{sku}` | fields of [`StockedItem`](crate::amazon::StockedItem) | stocks or changes a SKU |
//! | `DELETE amazon/stock/{sku}` | | the listing is deleted |
//! | `POST amazon/stock/{sku}/receive`, `.../damage` | `{units}` | they arrive; they break |
//! | `.../sell-elsewhere`, `.../misplace`, `.../find` | `{units}` | they are sold, lost, found |
//! | `POST amazon/stock-seed` | `{count}` | stocks many SKUs at once |
//! | `GET`, `PUT amazon/stock-events` | `{lose, double, delay_s}` | the next `INVENTORY_CHANGED` events |
//! | `GET`, `PUT amazon/sp-api/habits` | [`SpApiHabits`](crate::amazon::SpApiHabits) | pages, pace, traps |
//! | `POST amazon/sp-api/tokens/expire`, `.../tokens/revoke` | | end all access tokens |
//! | `POST`, `DELETE amazon/sp-api/refresh-token` | `{refresh_token}` | authorise again; revoke |
//! | `POST amazon/sp-api/secret` | `{client_secret}` | the old secret stops working |
//! | `POST amazon/sp-api/access` | `{denied}` | takes the role for stock away, or gives it |
//! | `POST`, `DELETE amazon/sp-api/page-faults` | `{page, status, times}` | a page of crawls to come fails |
//! | `netsuite/...` | | see [`crate::netsuite`] |

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::amazon::{
    Amazon, CancellationReason, CheckoutOrder, Content, MilestoneCode, MoveError, Place, Subscription,
    control as afterwards,
};
use crate::{Calls, Clock, FaultRule, Faults, Sandbox, netsuite};

/// Everything below `/control`.
pub(crate) fn router(sandbox: &Sandbox) -> Router {
    let Sandbox { amazon, netsuite, clock, calls, faults } = sandbox.clone();
    Router::new()
        .merge(recorder(calls))
        .merge(script(faults))
        .merge(time(clock))
        .nest("/amazon", pretend_amazon(amazon))
        .nest("/netsuite", netsuite::control_router(netsuite))
}

fn recorder(calls: Calls) -> Router {
    let list = async |State(calls): State<Calls>| Json(calls.all());
    let forget = async |State(calls): State<Calls>| {
        calls.clear();
        StatusCode::NO_CONTENT
    };
    Router::new().route("/calls", get(list).delete(forget)).with_state(calls)
}

#[derive(Deserialize)]
struct Seed {
    #[serde(default)]
    seed: u64,
}

fn script(faults: Faults) -> Router {
    let clear = async |State(faults): State<Faults>| {
        faults.clear();
        StatusCode::NO_CONTENT
    };
    let light = async |State(faults): State<Faults>, Json(Seed { seed }): Json<Seed>| {
        faults.add_all(Faults::light(seed));
        Json(faults.rules())
    };
    let heavy = async |State(faults): State<Faults>, Json(Seed { seed }): Json<Seed>| {
        faults.add_all(Faults::heavy(seed));
        Json(faults.rules())
    };
    let list = async |State(faults): State<Faults>| Json(faults.rules());
    Router::new()
        .route("/faults", get(list).post(add_faults).delete(clear))
        .route("/faults/light", post(light))
        .route("/faults/heavy", post(heavy))
        .with_state(faults)
}

async fn add_faults(State(faults): State<Faults>, Json(body): Json<Value>) -> Response {
    let read = match body {
        Value::Array(_) => serde_json::from_value::<Vec<FaultRule>>(body),
        one => serde_json::from_value(one).map(|rule| vec![rule]),
    };
    match read {
        Ok(rules) => {
            faults.add_all(rules);
            Json(faults.rules()).into_response()
        }
        Err(error) => refuse(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
    }
}

#[derive(Deserialize)]
struct Advance {
    seconds: u64,
}

fn time(clock: Clock) -> Router {
    let show = async |State(clock): State<Clock>| Json(json!({ "now": clock.now() }));
    let advance = async |State(clock): State<Clock>, Json(Advance { seconds }): Json<Advance>| {
        clock.advance(Duration::from_secs(seconds));
        Json(json!({ "now": clock.now() }))
    };
    Router::new().route("/clock", get(show)).route("/clock/advance", post(advance)).with_state(clock)
}

#[derive(Deserialize)]
struct Split {
    parts: Vec<Vec<Content>>,
}

#[derive(Deserialize)]
struct Tracking {
    carrier: Option<String>,
    tracking_number: Option<String>,
}

#[derive(Deserialize)]
struct Cancel {
    reason: CancellationReason,
    units: Option<Vec<Content>>,
}

#[derive(Deserialize)]
struct AddMilestone {
    code: MilestoneCode,
    place: Option<Place>,
    occurred_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Release {
    positions: Option<Vec<usize>>,
}

type PackagePath = Path<(String, String)>;

fn pretend_amazon(amazon: Amazon) -> Router {
    let package = Router::new()
        .route("/split", post(split))
        .route("/ship", post(ship))
        .route("/tracking-number", post(tracking_number))
        .route("/milestone", post(milestone))
        .route("/deliver", post(deliver))
        .route("/cancel", post(cancel));
    Router::new()
        .route("/orders", get(async |State(amazon): State<Amazon>| Json(amazon.orders())).post(check_out))
        .route("/orders/{id}", get(order))
        .nest("/orders/{id}/packages/{package}", package)
        .merge(afterwards::router())
        .merge(events())
        .route("/tokens/revoke", post(revoke_tokens))
        .with_state(amazon)
}

fn events() -> Router<Amazon> {
    let subscriptions = async |State(amazon): State<Amazon>| Json(amazon.subscriptions());
    let all = async |State(amazon): State<Amazon>| Json(amazon.events());
    let pending = async |State(amazon): State<Amazon>| Json(amazon.pending_events());
    let take = async |State(amazon): State<Amazon>| Json(amazon.take_pending_events());
    let deliveries = async |State(amazon): State<Amazon>| Json(amazon.deliveries());
    Router::new()
        .route("/subscription", get(subscriptions).post(subscribe))
        .route("/subscription/{id}", delete(unsubscribe))
        .route("/events", get(all))
        .route("/events/pending", get(pending))
        .route("/events/take", post(take))
        .route("/events/hold", post(hold))
        .route("/events/release", post(release))
        .route("/deliveries", get(deliveries))
}

async fn check_out(State(amazon): State<Amazon>, Json(order): Json<CheckoutOrder>) -> Response {
    match amazon.place_checkout_order(&order) {
        Ok(id) => Json(json!({ "order": id })).into_response(),
        Err(error) => refuse(StatusCode::CONFLICT, &error.to_string()),
    }
}

async fn order(State(amazon): State<Amazon>, Path(id): Path<String>) -> Response {
    match amazon.order(&id) {
        Some(order) => Json(order).into_response(),
        None => refuse(StatusCode::NOT_FOUND, &MoveError::UnknownOrder(id).to_string()),
    }
}

async fn split(
    State(amazon): State<Amazon>,
    Path((order, package)): PackagePath,
    Json(Split { parts }): Json<Split>,
) -> Response {
    answer(amazon.split(&order, &package, parts).map(|ids| json!({ "packages": ids })))
}

async fn ship(
    State(amazon): State<Amazon>,
    Path((order, package)): PackagePath,
    Json(tracking): Json<Tracking>,
) -> Response {
    answer(match tracking {
        Tracking { carrier: Some(carrier), tracking_number: Some(number) } => {
            amazon.ship(&order, &package, &carrier, &number)
        }
        Tracking { carrier: None, tracking_number: None } => amazon.ship_without_tracking(&order, &package),
        Tracking { carrier: _, tracking_number: _ } => return incomplete_tracking(),
    })
}

async fn tracking_number(
    State(amazon): State<Amazon>,
    Path((order, package)): PackagePath,
    Json(tracking): Json<Tracking>,
) -> Response {
    let Tracking { carrier: Some(carrier), tracking_number: Some(number) } = tracking else {
        return incomplete_tracking();
    };
    answer(amazon.change_tracking_number(&order, &package, &carrier, &number))
}

async fn milestone(
    State(amazon): State<Amazon>,
    Path((order, package)): PackagePath,
    Json(AddMilestone { code, place, occurred_at }): Json<AddMilestone>,
) -> Response {
    let Some(known) = amazon.order(&order) else {
        return answer::<()>(Err(MoveError::UnknownOrder(order)));
    };
    let Some(known) = known.packages.into_iter().find(|known| known.id == package) else {
        return answer::<()>(Err(MoveError::UnknownPackage(package)));
    };
    match known.tracker {
        Some(tracker) => answer(amazon.milestone(&tracker.tracking_number, code, place, occurred_at)),
        None => refuse(StatusCode::CONFLICT, "the package has no tracking number"),
    }
}

async fn deliver(State(amazon): State<Amazon>, Path((order, package)): PackagePath) -> Response {
    answer(amazon.deliver(&order, &package))
}

async fn cancel(
    State(amazon): State<Amazon>,
    Path((order, package)): PackagePath,
    Json(Cancel { reason, units }): Json<Cancel>,
) -> Response {
    match units {
        Some(units) => {
            let cancelled = amazon.cancel_units(&order, &package, units, reason);
            answer(cancelled.map(|id| json!({ "package": id })))
        }
        None => answer(amazon.cancel_package(&order, &package, reason)),
    }
}

async fn subscribe(State(amazon): State<Amazon>, Json(subscription): Json<Subscription>) -> StatusCode {
    amazon.subscribe(subscription);
    StatusCode::NO_CONTENT
}

async fn unsubscribe(State(amazon): State<Amazon>, Path(id): Path<String>) -> StatusCode {
    amazon.unsubscribe(&id);
    StatusCode::NO_CONTENT
}

async fn hold(State(amazon): State<Amazon>) -> StatusCode {
    amazon.hold_events();
    StatusCode::NO_CONTENT
}

async fn release(State(amazon): State<Amazon>, Json(Release { positions }): Json<Release>) -> StatusCode {
    match positions {
        Some(positions) => amazon.release_events_in_order(&positions),
        None => amazon.release_events(),
    }
    StatusCode::NO_CONTENT
}

async fn revoke_tokens(State(amazon): State<Amazon>) -> StatusCode {
    amazon.revoke_all_tokens();
    StatusCode::NO_CONTENT
}

pub(crate) fn answer<T: Serialize>(moved: Result<T, MoveError>) -> Response {
    match moved {
        Ok(result) => Json(result).into_response(),
        Err(error) => {
            let status = match error {
                MoveError::UnknownOrder(_)
                | MoveError::UnknownPackage(_)
                | MoveError::UnknownCancellation(_)
                | MoveError::UnknownReturn(_)
                | MoveError::UnknownSku(_)
                | MoveError::UnknownTrackingNumber(_) => StatusCode::NOT_FOUND,
                MoveError::TrackingNumberInUse(_)
                | MoveError::Transition { .. }
                | MoveError::OnHold(_)
                | MoveError::Contents
                | MoveError::OutOfStock(_)
                | MoveError::Settled(_)
                | MoveError::NotCancellable(_)
                | MoveError::ReturnEnded(_)
                | MoveError::ExternalReturn(_)
                | MoveError::ReturnTransition { .. }
                | MoveError::Reason { .. } => StatusCode::CONFLICT,
            };
            refuse(status, &error.to_string())
        }
    }
}

fn incomplete_tracking() -> Response {
    refuse(StatusCode::UNPROCESSABLE_ENTITY, "carrier and tracking_number belong together")
}

pub(crate) fn refuse(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}
