//! A merchant's client of the pretend Amazon, as plain as can be.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

pub mod seller;

use amz_sandbox::amazon::AmazonSettings;
use amz_sandbox::{CallSelector, Clock, Fault, FaultRule, RunningSandbox, Sandbox, SandboxSettings, Vendor};
use reqwest::Response;
use serde_json::{Value, json};

pub const ORDER: &str = "
    fragment Packages on PackageInformation {
      summary { state }
      details {
        id state reason
        packageInformationDetailsFor { orderLineItemAmounts { lineItem { id } amount { value unit } } }
        packageTracker { packageTrackerIdentifier { trackingNumber carrierCode } latestMilestone { status { code } } }
      }
    }
    fragment Amounts on OrderLineItemAmount { lineItem { id amount { value } } amount { value unit } }
    fragment Refund on RefundDetails {
      id aliases { aliasType aliasId } createdAt updatedAt state
      refundTotal { totalAmount { amount currencyCode } }
      refundFor { orderLineItems { ...Amounts } }
      paymentDetails { id amount { amount currencyCode } paymentMethod { displayString type } state }
      refundRequestReason refundStatusReason
    }
    fragment Return on ReturnDetails {
      id aliases { aliasType aliasId } createdAt updatedAt state
      returnLineItems {
        id
        returnFor { orderLineItemAmounts { ...Amounts } }
        grading { summary {
          gradedAmount { value unit }
          unitWiseCondition { condition amount { value unit } }
        } }
        returnReasonTerm { reasonCode description }
      }
      returnPackageDetails {
        id state reason
        packageTracker { packageTrackerIdentifier { trackingNumber carrierCode } }
        returnPackageFor { orderLineItemAmounts { ...Amounts } }
      }
    }
    fragment Everything on Order {
      id
      cancellations { details {
        id aliases { aliasType aliasId } state reason additionalComments createdAt updatedAt requestedBy
        canceledFor { orderLineItems { ...Amounts } }
        refundDetails { ...Refund }
      } }
      refunds { summary { refundTotal { totalAmount { amount currencyCode } } } details { ...Refund } }
      returns { details { ...Return } }
      aliases { aliasType aliasId }
      metadata { executionState createdAt }
      customer { contact { name email } }
      recipient { deliveryAddress { name locality region postalCode countryCode phoneNumber } }
      totalPrice { value { amount currencyCode } }
      taxes { summary { collectableTaxAmount { amount } } }
      orderLinks { destinationType url }
      lineItems {
        id
        aliases { aliasType aliasId }
        amount { value unit }
        product { sku { value } title price { amount currencyCode } }
        deliveryOffer { details { deliveryProvider deliveryTerms { isPrimeEligible deliverySpeed } } }
        taxes { summary { collectableTaxAmount { amount } } }
        packageInformation { ...Packages }
      }
      packageInformation { ...Packages }
    }";

pub struct Merchant {
    pub running: RunningSandbox,
    pub http: reqwest::Client,
    pub token: String,
}

pub async fn merchant() -> Merchant {
    merchant_with(AmazonSettings::default()).await
}

pub async fn merchant_with(amazon: AmazonSettings) -> Merchant {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let clock = Clock::manual("2026-03-02T09:00:00Z".parse().unwrap());
    let settings = SandboxSettings { amazon, clock, ..SandboxSettings::default() };
    let running = Sandbox::start(settings).await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut merchant = Merchant { running, http, token: String::new() };
    merchant.sign_in().await;
    merchant
}

impl Merchant {
    pub fn amazon(&self) -> &amz_sandbox::amazon::Amazon {
        &self.running.sandbox.amazon
    }

    pub async fn request_token(&self, form: &[(&str, &str)]) -> Response {
        self.http.post(format!("{}/token", self.running.amazon_url())).form(form).send().await.unwrap()
    }

    pub async fn sign_in(&mut self) {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "sandbox-amazon-client"),
            ("client_secret", "sandbox-amazon-secret"),
        ];
        let answer: Value = self.request_token(&form).await.json().await.unwrap();
        self.token = answer["access_token"].as_str().unwrap().to_owned();
    }

    pub fn request(&self, body: &Value) -> reqwest::RequestBuilder {
        self.http
            .post(format!("{}/graphql", self.running.amazon_url()))
            .bearer_auth(&self.token)
            .header("x-api-target-id", "bp-00000000-0000-4000-8000-000000000001")
            .header("x-api-version", "2024-11-01")
            .json(body)
    }

    pub async fn query(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        self.request(&body).send().await.unwrap().json().await.unwrap()
    }

    pub async fn create(&self, input: &Value) -> Value {
        let query = format!(
            "mutation($input: CreateOrderInput!) {{ createOrder(input: $input) {{ order {{ ...Everything }} }} }} {ORDER}"
        );
        self.query(&query, json!({ "input": input })).await
    }

    /// Creates an order that is expected to be accepted.
    pub async fn created(&self, input: &Value) -> Value {
        let answer = self.create(input).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"]["createOrder"]["order"].clone()
    }

    pub async fn update(&self, order_id: &Value, input: Value) -> Value {
        let query = format!(
            "mutation($order: OrderIdentifierInput!, $input: UpdateOrderInput!) {{
               updateOrder(orderIdentifier: $order, input: $input) {{ order {{ ...Everything }} }}
             }} {ORDER}"
        );
        self.query(&query, json!({ "order": { "orderId": order_id }, "input": input })).await
    }

    /// Reports something of an order that is expected to be accepted; answers the order.
    pub async fn updated(&self, order_id: &Value, input: Value) -> Value {
        let answer = self.update(order_id, input).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"]["updateOrder"]["order"].clone()
    }

    pub async fn cancel(&self, order_id: &Value, input: Value) -> Value {
        let query = "mutation($order: OrderIdentifierInput!, $input: CancelOrderInput) {
          cancelOrder(orderIdentifier: $order, input: $input) { cancellation {
            id aliases { aliasType aliasId } state reason additionalComments requestedBy
            canceledFor { orderLineItems { lineItem { id } amount { value unit } } }
          } }
        }";
        self.query(query, json!({ "order": { "orderId": order_id }, "input": input })).await
    }

    /// The order as it is now.
    pub async fn shown(&self, order_id: &Value) -> Value {
        self.look_up(json!({ "orderId": order_id })).await["data"]["order"].clone()
    }

    /// Types of the events made so far, without those of creation.
    pub fn event_types(&self) -> Vec<String> {
        let types = self.amazon().events().into_iter().map(|event| event.event_type);
        types.filter(|event_type| event_type != "ORDER_CONFIRMED").collect()
    }

    pub async fn look_up(&self, order_identifier: Value) -> Value {
        let query = format!(
            "query($order: OrderIdentifierInput!) {{ order(orderIdentifier: $order) {{ ...Everything }} }} {ORDER}"
        );
        self.query(&query, json!({ "order": order_identifier })).await
    }

    pub async fn track(&self, carrier: &str, number: &str) -> Value {
        let query = "query($input: PackageTrackerInput!) { packageTracker(packageTrackerInput: $input) {
            packageTrackerIdentifier { trackingNumber carrierCode } trackingUrl
            estimatedDeliveryDate { earliest latest }
            latestMilestone { status { code } }
            milestones { status { code message { locale value } } address { locality region country } occurredAt }
        } }";
        let identifier = json!({ "trackingNumber": number, "carrierCode": carrier });
        self.query(query, json!({ "input": { "packageTrackerIdentifier": identifier } })).await
    }

    pub fn script(&self, operation: &str, calls: CallSelector, fault: Fault) {
        let rule = FaultRule { vendor: Vendor::Amazon, operation: Some(operation.into()), calls, fault };
        self.running.sandbox.faults.add(rule);
    }
}

/// Class and code of the first error.
pub fn refusal(answer: &Value) -> (&str, &str) {
    let classification = &answer["errors"][0]["extensions"]["classification"];
    (classification["type"].as_str().unwrap_or(""), classification["code"].as_str().unwrap_or(""))
}

pub fn alias(alias_type: &str, alias_id: &str) -> Value {
    json!({ "aliasType": alias_type, "aliasId": alias_id })
}

pub fn number(digits: &str) -> Value {
    serde_json::from_str(digits).unwrap()
}

pub fn mcf_line(alias_id: &str, sku: &str, quantity: u32) -> Value {
    json!({
        "aliases": [alias("OMS_LINE_ID", alias_id)],
        "amount": { "value": quantity, "unit": "ONE" },
        "product": {
            "identifier": { "sku": sku },
            "title": "A thing",
            "price": { "amount": number("19.90"), "currencyCode": "USD" },
        },
        "selectedDeliveryOffer": { "details": {
            "deliveryProvider": "AMAZON",
            "deliveryTerms": { "isPrimeEligible": false, "deliverySpeed": "STANDARD" },
        } },
    })
}

pub fn prime_line(alias_id: &str, sku: &str) -> Value {
    let mut line = mcf_line(alias_id, sku, 1);
    line["selectedDeliveryOffer"]["details"] = json!({
        "deliveryProvider": "AMAZON",
        "deliveryTerms": { "isPrimeEligible": true },
        "deliveryPreviewId": "preview-1",
        "id": "offer-1",
    });
    line
}

/// An order of one MCF line with two units, ready to be released.
pub fn order(alias_id: &str) -> Value {
    order_of(alias_id, vec![mcf_line(&format!("{alias_id}:1"), "SKU-1", 2)])
}

pub fn order_of(alias_id: &str, lines: Vec<Value>) -> Value {
    json!({
        "aliases": [alias("OMS_ORDER_ID", alias_id)],
        "customer": { "contact": { "emailData": { "name": "Ada Example", "email": "ada@example.com" } } },
        "desiredExecutionState": "STARTED",
        "lineItems": lines,
        "recipient": { "deliveryAddress": {
            "name": "Ada Example",
            "streetAddress": "1 Main St",
            "locality": "Springfield",
            "region": "IL",
            "postalCode": "62701",
            "countryCode": "US",
            "contactNumber": "555-0100",
        } },
        "totalPrice": { "value": { "amount": number("39.80"), "currencyCode": "USD" } },
        "orderLinks": [{ "destinationType": "EXTERNAL_ORDER_MANAGEMENT", "url": "https://erp.example/1" }],
    })
}
