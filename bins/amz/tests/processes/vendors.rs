//! The pretend vendors as a process, reached over their control interface.

use std::path::Path;

use serde_json::{Value, json};

use crate::process::{Process, amz_path, program};

/// `amz sandbox` at work.
pub(crate) struct Vendors {
    _process: Process,
    control: String,
    http: reqwest::Client,
    /// The configuration it printed.
    pub(crate) configuration: String,
}

impl Vendors {
    /// Starts it on a free port.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = program(amz_path());
        let mut process =
            Process::start(command.args(["sandbox", "--listen", "127.0.0.1:0", "--json"]).args(arguments));
        let document = process.first_document();
        // this client speaks to loopback without TLS, but is built with it
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            _process: process,
            control: document["control"].as_str().unwrap().to_owned(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            configuration: document["configuration"].as_str().unwrap().to_owned(),
        }
    }

    /// Writes its configuration into a folder that also gets the store. Returns the file's path.
    pub(crate) fn configure(&self, folder: &Path, changes: &[(&str, &str)]) -> String {
        let store = format!("sqlite://{}", folder.join("accelerator.db").display());
        self.configure_on(&store, folder, changes)
    }

    /// The same with another store.
    pub(crate) fn configure_on(&self, store: &str, folder: &Path, changes: &[(&str, &str)]) -> String {
        let mut text = self.configuration.clone();
        let store = format!("url = {store:?}");
        let given = text.lines().find(|line| line.starts_with("url = ")).unwrap().to_owned();
        for (from, to) in [(given.as_str(), store.as_str())].iter().chain(changes) {
            assert!(text.contains(from), "{from} is in the configuration");
            text = text.replacen(from, to, 1);
        }
        let file = folder.join("accelerator.toml");
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }

    /// A document of the control interface.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.http.get(format!("{}/{path}", self.control)).send().await.unwrap();
        serde_json::from_str(&answer.error_for_status().unwrap().text().await.unwrap()).unwrap()
    }

    /// Changes something through the control interface.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.http.post(format!("{}/{path}", self.control)).json(body).send().await.unwrap();
        let text = answer.error_for_status().unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Lets the vendors behave again.
    pub(crate) async fn clear_faults(&self) {
        let answer = self.http.delete(format!("{}/faults", self.control)).send().await.unwrap();
        answer.error_for_status().unwrap();
    }

    /// Sends Amazon's events to a webhook role.
    pub(crate) async fn subscribe(&self, webhook: &str) {
        let body = json!({
            "id": "processes",
            "url": format!("{webhook}/v1/rehearsal/amazon/events"),
            "authentication": {"oauth": {
                "token_url": format!("{webhook}/v1/rehearsal/oauth2/token"),
                "client_id": "pretend-amazon",
                "client_secret": "rehearsal-only-webhook-secret",
            }},
        });
        self.post("amazon/subscription", &body).await;
    }

    /// Amazon's orders, oldest first.
    pub(crate) async fn amazon_orders(&self) -> Vec<Value> {
        list(self.get("amazon/orders").await)
    }

    /// NetSuite's sales orders.
    pub(crate) async fn sales_orders(&self) -> Vec<Value> {
        list(self.get("netsuite/sales-orders").await["items"].take())
    }

    /// The fulfilments of a sales order.
    pub(crate) async fn fulfillments(&self, sales_order: &str) -> Vec<Value> {
        list(self.get(&format!("netsuite/sales-orders/{sales_order}/fulfillments")).await["items"].take())
    }
}

/// The members of a JSON array.
pub(crate) fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(members) => members,
        other => panic!("not a list: {other}"),
    }
}
