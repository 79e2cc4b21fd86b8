//! A seller's client of the pretend Selling Partner API.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use reqwest::Response;
use serde_json::Value;

use super::{Merchant, merchant};

pub const MARKETPLACE: &str = "ATVPDKIKX0DER";
pub const ALL: &str =
    "details=true&granularityType=Marketplace&granularityId=ATVPDKIKX0DER&marketplaceIds=ATVPDKIKX0DER";
pub const REFRESH: [(&str, &str); 4] = [
    ("grant_type", "refresh_token"),
    ("refresh_token", "Atzr|sandbox-refresh-token"),
    ("client_id", "amzn1.application-oa2-client.sandbox"),
    ("client_secret", "amzn1.oa2-cs.v1.sandbox+secret/with=signs"),
];

pub struct Seller {
    pub merchant: Merchant,
    pub token: String,
}

pub async fn seller() -> Seller {
    let mut seller = Seller { merchant: merchant().await, token: String::new() };
    seller.sign_in().await;
    seller
}

/// Percent-encodes everything outside the unreserved characters.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

impl Seller {
    pub fn amazon(&self) -> &amz_sandbox::amazon::Amazon {
        self.merchant.amazon()
    }

    pub async fn request_token(&self, form: &[(&str, &str)]) -> Response {
        let url = self.merchant.running.lwa_token_url();
        self.merchant.http.post(url).form(form).send().await.unwrap()
    }

    pub async fn sign_in(&mut self) {
        let answer: Value = self.request_token(&REFRESH).await.json().await.unwrap();
        self.token = answer["access_token"].as_str().unwrap().to_owned();
    }

    pub async fn get(&self, query: &str) -> Response {
        let url = format!("{}/fba/inventory/v1/summaries?{query}", self.merchant.running.sp_api_url());
        self.merchant.http.get(url).header("x-amz-access-token", &self.token).send().await.unwrap()
    }

    /// Status and body.
    pub async fn ask(&self, query: &str) -> (u16, Value) {
        let answer = self.get(query).await;
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null))
    }

    /// The next page of a list.
    pub async fn go_on(&self, query: &str, page: &Value) -> (u16, Value) {
        let token = page["pagination"]["nextToken"].as_str().unwrap();
        self.ask(&format!("{query}&nextToken={}", encoded(token))).await
    }

    /// The summary of one SKU asked for by name.
    pub async fn named(&self, sku: &str) -> Option<Value> {
        let (status, body) = self.ask(&format!("{ALL}&sellerSku={}", encoded(sku))).await;
        assert_eq!(status, 200, "{body}");
        body["payload"]["inventorySummaries"].get(0).cloned()
    }
}

pub fn skus(body: &Value) -> Vec<&str> {
    let summaries = body["payload"]["inventorySummaries"].as_array().unwrap();
    summaries.iter().map(|summary| summary["sellerSku"].as_str().unwrap()).collect()
}
