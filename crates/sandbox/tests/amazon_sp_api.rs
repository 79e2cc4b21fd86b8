//! The pretend Selling Partner API over HTTP.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod amazon_support;

use std::collections::BTreeSet;
use std::time::Duration;

use amazon_support::seller::{ALL, MARKETPLACE, REFRESH, Seller, encoded, seller, skus};
use amz_sandbox::amazon::{Pace, PageFault, SpApiHabits};
use amz_sandbox::{CallSelector, Fault, Vendor};
use serde_json::{Value, json};

fn with(name: &str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    REFRESH
        .into_iter()
        .map(|(field, old)| if field == name { (field, value) } else { (field, old) })
        .collect()
}

/// The refusal of a token request: status and code.
async fn refused(seller: &Seller, form: &[(&str, &str)]) -> (u16, String) {
    let answer = seller.request_token(form).await;
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    assert!(body["error_description"].is_string() && body["request_id"].is_string(), "{body}");
    (status, body["error"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn tokens_come_by_form_and_by_json_and_several_are_valid_at_once() {
    let mut seller = seller().await;
    let first = seller.token.clone();
    assert!(first.starts_with("Atza|"));
    let json: serde_json::Map<String, Value> =
        REFRESH.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let url = seller.merchant.running.lwa_token_url();
    let answer = seller.merchant.http.post(url).json(&json).send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(
        (&answer["token_type"], &answer["expires_in"], &answer["refresh_token"]),
        (&json!("bearer"), &json!(3600), &json!("Atzr|sandbox-refresh-token"))
    );
    seller.token = answer["access_token"].as_str().unwrap().to_owned();
    assert_ne!(seller.token, first);
    assert_eq!(seller.ask(ALL).await.0, 200);
    seller.token = first;
    assert_eq!(seller.ask(ALL).await.0, 200);
}

#[tokio::test]
async fn token_requests_are_refused_as_login_with_amazon_refuses_them() {
    let seller = seller().await;
    let cases = [
        (with("client_secret", "wrong"), 401, "invalid_client"),
        (with("client_id", "wrong"), 401, "invalid_client"),
        (with("refresh_token", "wrong"), 400, "invalid_grant"),
        (with("grant_type", "password"), 400, "unsupported_grant_type"),
        (with("grant_type", "client_credentials"), 400, "unauthorized_client"),
        (with("refresh_token", ""), 400, "invalid_request"),
        (with("grant_type", ""), 400, "invalid_request"),
    ];
    for (form, status, code) in cases {
        assert_eq!(refused(&seller, &form).await, (status, code.to_owned()), "{form:?}");
    }
    let raw = "grant_type=refresh_token&refresh_token=Atzr%7Csandbox-refresh-token\
               &client_id=amzn1.application-oa2-client.sandbox\
               &client_secret=amzn1.oa2-cs.v1.sandbox+secret/with=signs";
    let url = seller.merchant.running.lwa_token_url();
    let request = seller.merchant.http.post(url).header("content-type", "application/x-www-form-urlencoded");
    let joined_by_hand = request.body(raw).send().await.unwrap();
    assert_eq!(joined_by_hand.status(), 401, "a plus that was not encoded is a space");
}

#[tokio::test]
async fn secret_and_authorisation_can_be_changed() {
    let seller = seller().await;
    seller.amazon().set_sp_api_secret("new");
    assert_eq!(refused(&seller, &REFRESH).await.1, "invalid_client");
    assert_eq!(seller.request_token(&with("client_secret", "new")).await.status(), 200);
    seller.amazon().revoke_sp_api_refresh_token();
    assert_eq!(refused(&seller, &with("client_secret", "new")).await, (400, "invalid_grant".to_owned()));
    assert_eq!(seller.ask(ALL).await.0, 200, "access tokens given out live on");
    seller.amazon().set_sp_api_refresh_token("Atzr|sandbox-refresh-token");
    assert_eq!(seller.request_token(&with("client_secret", "new")).await.status(), 200);
}

#[tokio::test]
async fn each_403_says_why() {
    let mut seller = seller().await;
    let told = |body: &Value| body["errors"][0]["details"].as_str().unwrap().to_owned();
    seller.merchant.running.sandbox.clock.advance(Duration::from_secs(3600));
    let answer = seller.get(ALL).await;
    assert_eq!((answer.status().as_u16(), answer.headers().get("x-amzn-ratelimit-limit")), (403, None));
    assert!(answer.headers().contains_key("x-amzn-requestid"));
    assert!(told(&answer.json().await.unwrap()).contains("has expired"));

    seller.sign_in().await;
    assert_eq!(seller.ask(ALL).await.0, 200);
    seller.amazon().expire_sp_api_tokens();
    assert!(told(&seller.ask(ALL).await.1).contains("has expired"));
    seller.amazon().set_sp_api_habits(SpApiHabits { texts_in_message: true, ..Default::default() });
    let (_, body) = seller.ask(ALL).await;
    assert_eq!(told(&body), "");
    assert!(body["errors"][0]["message"].as_str().unwrap().contains("has expired"));
    seller.amazon().set_sp_api_habits(SpApiHabits::default());
    seller.amazon().revoke_sp_api_tokens();
    assert!(told(&seller.ask(ALL).await.1).contains("revoked, malformed or invalid"));
    seller.token = String::new();
    assert!(told(&seller.ask(ALL).await.1).contains("missing"));

    seller.sign_in().await;
    seller.amazon().deny_sp_api_access(true);
    assert_eq!(told(&seller.ask(ALL).await.1), "");
    seller.amazon().deny_sp_api_access(false);
    assert_eq!(seller.ask(ALL).await.0, 200);
}

#[tokio::test]
async fn wrong_parameters_are_refused() {
    let seller = seller().await;
    let base = "granularityType=Marketplace&granularityId=ATVPDKIKX0DER&marketplaceIds=ATVPDKIKX0DER";
    let too_many: Vec<String> = (0..51).map(|number| format!("S{number}")).collect();
    let cases = [
        "granularityId=ATVPDKIKX0DER&marketplaceIds=ATVPDKIKX0DER".to_owned(),
        base.replace("=Marketplace", "=World"),
        base.replace("granularityId=ATVPDKIKX0DER&", ""),
        base.replace("granularityId=ATVPDKIKX0DER", "granularityId=A2EUQ1WTGCTBG2"),
        base.replace("ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"),
        format!("{base},A2EUQ1WTGCTBG2"),
        format!("{base}&details=yes"),
        format!("{base}&sellerSkus={}", too_many.join(",")),
        format!("{base}&sellerSkus="),
        format!("{base}&startDateTime=yesterday"),
        format!("{base}&startDateTime=2024-08-01T00%3A00%3A00Z"),
        format!("{base}&nextToken=invented"),
    ];
    for query in cases {
        let answer = seller.get(&query).await;
        assert_eq!(answer.status(), 400, "{query}");
        assert_eq!(answer.headers()["x-amzn-ratelimit-limit"], "2.0");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["errors"][0]["code"], "InvalidInput", "{query}");
    }
    let allowed = too_many[..50].join("%2C");
    assert_eq!(seller.ask(&format!("{base}&sellerSkus={allowed}")).await.0, 200);
    let url = format!("{}/fba/inventory/v1/summaries?{ALL}", seller.merchant.running.sp_api_url());
    let with_body = seller.merchant.http.get(url).header("x-amz-access-token", &seller.token).body("{}");
    assert_eq!(with_body.send().await.unwrap().status(), 400);
    let elsewhere = format!("{}/fba/inventory/v2/summaries", seller.merchant.running.sp_api_url());
    assert_eq!(seller.merchant.http.get(elsewhere).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn named_skus_come_as_they_are_and_unknown_ones_are_missing() {
    let seller = seller().await;
    for sku in ["MUG BLUE", "MUG,RED", "mug+green", "Zed"] {
        seller.amazon().set_stock(sku, 4).unwrap();
    }
    let named = async |list: &str| seller.ask(&format!("{ALL}&{list}")).await.1;
    let body = named("sellerSkus=Zed,MUG%20BLUE,unknown,MUG%20BLUE").await;
    assert_eq!(skus(&body), ["MUG BLUE", "Zed"]);
    assert_eq!(body.get("pagination"), None);
    let granularity = &body["payload"]["granularity"];
    assert_eq!(granularity, &json!({ "granularityType": "Marketplace", "granularityId": MARKETPLACE }));
    assert_eq!(skus(&named("sellerSkus=MUG%2CRED").await), Vec::<&str>::new(), "a comma divides");
    assert_eq!(skus(&named("sellerSku=MUG%2CRED").await), ["MUG,RED"]);
    assert_eq!(skus(&named("sellerSku=MUG+BLUE").await), Vec::<&str>::new(), "a plus is no space");
    assert_eq!(skus(&named("sellerSku=mug+green").await), ["mug+green"]);
    assert_eq!(skus(&named("sellerSkus=Zed&sellerSku=MUG%2CRED").await), ["Zed"], "the list wins");
    assert_eq!(skus(&named("sellerSku=zed").await), Vec::<&str>::new(), "byte for byte");
}

#[tokio::test]
async fn a_summary_has_all_figures_and_only_with_details() {
    let seller = seller().await;
    seller
        .amazon()
        .change_stock("MUG", |item| {
            item.asin = "B0EXAMPLE1".into();
            item.fn_sku = "X00EXAMPLE".into();
            item.title = "Mug".into();
            let figures = &mut item.figures;
            (figures.fulfillable, figures.inbound_shipped, figures.pending_transshipment) = (40, 10, 2);
            (figures.fc_processing, figures.researching, figures.customer_damaged) = (4, 3, 1);
            figures.future_supply_buyable = 5;
        })
        .unwrap();
    let expected = json!({
        "asin": "B0EXAMPLE1", "fnSku": "X00EXAMPLE", "sellerSku": "MUG", "condition": "NewItem",
        "lastUpdatedTime": "2026-03-02T09:00:00Z", "productName": "Mug", "totalQuantity": 57, "stores": [],
        "inventoryDetails": {
            "fulfillableQuantity": 40,
            "inboundWorkingQuantity": 0, "inboundShippedQuantity": 10, "inboundReceivingQuantity": 0,
            "reservedQuantity": {
                "totalReservedQuantity": 6, "pendingCustomerOrderQuantity": 0,
                "pendingTransshipmentQuantity": 2, "fcProcessingQuantity": 4,
            },
            "researchingQuantity": {
                "totalResearchingQuantity": 3,
                "researchingQuantityBreakdown": [
                    { "name": "researchingQuantityInShortTerm", "quantity": 3 },
                    { "name": "researchingQuantityInMidTerm", "quantity": 0 },
                    { "name": "researchingQuantityInLongTerm", "quantity": 0 },
                ],
            },
            "unfulfillableQuantity": {
                "totalUnfulfillableQuantity": 1, "customerDamagedQuantity": 1, "warehouseDamagedQuantity": 0,
                "distributorDamagedQuantity": 0, "carrierDamagedQuantity": 0, "defectiveQuantity": 0,
                "expiredQuantity": 0,
            },
            "futureSupplyQuantity": { "reservedFutureSupplyQuantity": 0, "futureSupplyBuyableQuantity": 5 },
        },
    });
    let answer = seller.get(ALL).await;
    assert_eq!(answer.headers()["x-amzn-ratelimit-limit"], "2.0");
    assert!(answer.headers().contains_key("x-amzn-requestid"));
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["payload"]["inventorySummaries"], json!([expected]));
    for query in [ALL.replace("details=true&", ""), ALL.replace("=true", "=false")] {
        let (_, body) = seller.ask(&query).await;
        assert_eq!(body["payload"]["inventorySummaries"][0].get("inventoryDetails"), None);
        assert_eq!(body["payload"]["inventorySummaries"][0]["totalQuantity"], 57);
    }
}

#[tokio::test]
async fn the_full_list_is_sorted_and_paged_and_a_page_may_be_asked_for_again() {
    let seller = seller().await;
    seller.amazon().seed_stock(101);
    let (_, first) = seller.ask(ALL).await;
    let (_, second) = seller.go_on(ALL, &first).await;
    let (_, again) = seller.go_on(ALL, &first).await;
    assert_eq!(second["payload"], again["payload"]);
    let (_, third) = seller.go_on(ALL, &second).await;
    assert_eq!(third.get("pagination"), None);
    let pages = [&first, &second, &third].map(skus);
    assert_eq!(pages.each_ref().map(Vec::len), [50, 50, 1]);
    let all: Vec<&str> = pages.concat();
    let expected: Vec<String> = (1..=101).map(|number| format!("SEED-{number:08}")).collect();
    assert_eq!(all, expected);
    assert_eq!(seller.amazon().stock("SEED-00000077").unwrap().figures.fulfillable, 77);
    assert!(seller.amazon().events().is_empty());
}

#[tokio::test]
async fn a_next_token_dies_after_30_seconds_and_wants_to_be_sent_back_unchanged() {
    let seller = seller().await;
    seller.amazon().seed_stock(51);
    let (_, first) = seller.ask(ALL).await;
    let token = first["pagination"]["nextToken"].as_str().unwrap();
    assert!(['+', '/', '='].into_iter().all(|sign| token.contains(sign)), "{token}");
    let status = async |query: String| seller.ask(&query).await.0;
    assert_eq!(status(format!("{ALL}&nextToken={token}")).await, 400, "not encoded");
    assert_eq!(status(format!("{ALL}&nextToken={}", encoded(&encoded(token)))).await, 400, "encoded twice");
    let other = ALL.replace("details=true", "details=false");
    assert_eq!(status(format!("{other}&nextToken={}", encoded(token))).await, 400, "other parameters");
    seller.merchant.running.sandbox.clock.advance(Duration::from_secs(29));
    assert_eq!(status(format!("{ALL}&nextToken={}", encoded(token))).await, 200);
    seller.merchant.running.sandbox.clock.advance(Duration::from_secs(1));
    assert_eq!(status(format!("{ALL}&nextToken={}", encoded(token))).await, 400);
}

#[tokio::test]
async fn a_changed_since_list_has_what_moved_and_ignores_names() {
    let seller = seller().await;
    for sku in ["A", "B", "C", "D"] {
        seller.amazon().set_stock(sku, 4).unwrap();
    }
    seller.merchant.running.sandbox.clock.advance(Duration::from_secs(60));
    seller.amazon().receive("B", 1).unwrap();
    seller.amazon().damage("D", 1).unwrap();
    seller.amazon().change_stock("C", |item| item.figures.inbound_shipped = 9).unwrap();
    let habits = SpApiHabits { changed_page_size: Some(1), ..Default::default() };
    seller.amazon().set_sp_api_habits(habits);
    let since = format!("{ALL}&startDateTime=2026-03-02T09%3A01%3A00Z");
    let (_, first) = seller.ask(&format!("{since}&sellerSkus=A")).await;
    assert_eq!(skus(&first), ["B"]);
    assert_eq!(seller.go_on(ALL, &first).await.0, 400, "without its start date");
    let (_, second) = seller.go_on(&since, &first).await;
    assert_eq!((skus(&second), second.get("pagination")), (vec!["D"], None));
}

#[tokio::test]
async fn the_bucket_is_enforced_where_asked_for() {
    let seller = seller().await;
    for _ in 0..5 {
        assert_eq!(seller.ask(ALL).await.0, 200, "nobody waits for a token while time stands still");
    }
    seller.amazon().set_sp_api_habits(SpApiHabits { pace: Pace::SandboxTime, ..Default::default() });
    assert_eq!([seller.ask(ALL).await.0, seller.ask(ALL).await.0], [200, 200]);
    let answer = seller.get(ALL).await;
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers().get("x-amzn-ratelimit-limit"), None);
    assert_eq!(answer.headers().get("retry-after"), None);
    assert_eq!(answer.headers()["x-amzn-errortype"], "TooManyRequestsException");
    assert!(answer.headers().contains_key("x-amzn-requestid"));
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["errors"][0]["code"], "QuotaExceeded");
    seller.merchant.running.sandbox.clock.advance(Duration::from_millis(500));
    assert_eq!([seller.ask(ALL).await.0, seller.ask(ALL).await.0], [200, 429]);
    // a rate of nothing: only the burst, however long the test takes
    let habits = SpApiHabits { pace: Pace::RealTime, rate_per_s: 0, burst: 1, ..Default::default() };
    seller.amazon().set_sp_api_habits(habits);
    assert_eq!([seller.ask(ALL).await.0, seller.ask(ALL).await.0], [200, 429]);
}

#[tokio::test]
async fn traps_are_set_by_habit() {
    let seller = seller().await;
    for sku in ["A", "B", "C"] {
        seller.amazon().set_stock(sku, 4).unwrap();
    }
    let set = |sku: &str| BTreeSet::from([sku.to_owned()]);
    seller.amazon().set_sp_api_habits(SpApiHabits {
        empty_update_times: true,
        unknown_fields: true,
        future_supply: false,
        without_details: set("A"),
        hidden_in_lists: set("B"),
        hidden_by_name: set("C"),
        latency_ms: 1,
        ..Default::default()
    });
    let (_, body) = seller.ask(ALL).await;
    assert_eq!(skus(&body), ["A", "C"]);
    let summaries = &body["payload"]["inventorySummaries"];
    assert_eq!((summaries[0].get("inventoryDetails"), &summaries[0]["lastUpdatedTime"]), (None, &json!("")));
    assert_eq!(summaries[1]["inventoryDetails"].get("futureSupplyQuantity"), None);
    assert!(summaries[1]["inventoryDetails"]["sandboxNovelQuantity"].is_number());
    let (_, body) = seller.ask(&format!("{ALL}&sellerSkus=B,C")).await;
    assert_eq!(skus(&body), ["B"]);
}

#[tokio::test]
async fn a_page_fails_as_often_as_told() {
    let seller = seller().await;
    seller.amazon().seed_stock(60);
    seller.amazon().fail_page(PageFault { page: 2, status: 503, times: 2 });
    let (_, first) = seller.ask(ALL).await;
    let token = encoded(first["pagination"]["nextToken"].as_str().unwrap());
    let answer = seller.get(&format!("{ALL}&nextToken={token}")).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (503, &"text/html".parse().unwrap())
    );
    assert_eq!(seller.ask(&format!("{ALL}&sellerSkus=SEED-00000001")).await.0, 200, "names are not pages");
    assert_eq!(seller.go_on(ALL, &first).await.0, 503);
    assert_eq!(seller.go_on(ALL, &first).await.0, 200);
}

#[tokio::test]
async fn faults_and_calls_know_both_operations() {
    let seller = seller().await;
    seller.merchant.script("getInventorySummaries", CallSelector::Nth(1), Fault::RevokedToken);
    let limit = Fault::TooManyRequests { retry_after_s: None };
    seller.merchant.script("getInventorySummaries", CallSelector::Nth(3), limit);
    seller.merchant.script("getInventorySummaries", CallSelector::Nth(4), Fault::ServerError);
    seller.merchant.script("lwaToken", CallSelector::Nth(1), Fault::ServerError);
    let (status, body) = seller.ask(ALL).await;
    assert_eq!(status, 403);
    assert!(body["errors"][0]["details"].as_str().unwrap().contains("has expired"));
    assert_eq!(seller.ask(ALL).await.0, 403, "the token has really ended");
    assert_eq!(seller.ask(ALL).await.0, 429);
    let (status, body) = seller.ask(ALL).await;
    assert_eq!((status, &body["errors"][0]["code"]), (500, &json!("InternalFailure")));
    assert_eq!(refused(&seller, &REFRESH).await, (500, "server_error".to_owned()));
    let calls = &seller.merchant.running.sandbox.calls;
    assert_eq!(calls.count(Vendor::Amazon, "getInventorySummaries"), 4);
    assert_eq!(calls.count(Vendor::Amazon, "token"), 1, "of the other API");
    let tokens: Vec<_> = calls.all().into_iter().filter(|call| call.operation == "lwaToken").collect();
    assert_eq!(tokens.len(), 2);
    assert!(tokens.iter().all(|call| call.request_body.is_empty() && call.response_body.is_empty()));
}
