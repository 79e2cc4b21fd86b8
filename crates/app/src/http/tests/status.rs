//! Liveness, readiness, metrics, and addresses that do not exist.

use std::sync::atomic::Ordering;

use reqwest::{Response, StatusCode};

use super::*;

async fn get(house: &House, path: &str) -> Response {
    house.client.get(format!("{}{path}", house.address)).send().await.unwrap()
}

#[tokio::test]
async fn liveness_does_not_depend_on_readiness() {
    let house = House::build().await;
    assert_eq!(get(&house, "/readyz").await.status(), StatusCode::OK);
    house.ready.store(false, Ordering::SeqCst);
    assert_problem(get(&house, "/readyz").await, 503, "not_ready").await;
    assert_eq!(get(&house, "/healthz").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn metrics_are_what_the_renderer_makes() {
    let house = House::build().await;
    let answer = get(&house, "/metrics").await;
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4");
    assert_eq!(answer.text().await.unwrap(), "amz_test 1\n");
}

#[tokio::test]
async fn wrong_paths_and_methods_get_problem_documents() {
    let house = House::build().await;
    assert_problem(get(&house, "/v1/main/amazon").await, 404, "route_not_found").await;
    let answer = get(&house, "/v1/main/amazon/events").await;
    assert_eq!(answer.headers()["allow"], "POST");
    assert_problem(answer, 405, "method_not_allowed").await;
}

#[tokio::test]
async fn every_outcome_is_counted_and_strangers_make_no_series_of_their_own() {
    // The server's task runs on this test's only thread, so the recorder of the thread sees it.
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let rendered = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let house = House::build().await;
    let event = r#"{"eventDescriptor":"ORDER_TELEPORTED","eventId":"e-1"}"#;
    for (connection, body) in
        [("silent", event), ("silent", event), ("silent", "[]"), ("stranger-1", event), ("stranger-2", event)]
    {
        house.post(&format!("/v1/{connection}/amazon/events")).body(body).send().await.unwrap();
    }
    house.post("/v1/main/oauth2/token").body("grant_type=client_credentials").send().await.unwrap();
    let text = rendered.render();
    for series in [
        r#"amz_notices_received_total{connection="silent",source="amazon",outcome="stored"} 1"#,
        r#"amz_notices_received_total{connection="silent",source="amazon",outcome="duplicate"} 1"#,
        r#"amz_notices_received_total{connection="silent",source="amazon",outcome="body_not_object"} 1"#,
        r#"amz_notices_received_total{connection="unknown",source="amazon",outcome="unknown_connection"} 2"#,
        r#"amz_token_requests_total{connection="main",outcome="invalid_client"} 1"#,
    ] {
        assert!(text.contains(series), "{series} is not in\n{text}");
    }
    assert!(!text.contains("stranger"), "{text}");
}
