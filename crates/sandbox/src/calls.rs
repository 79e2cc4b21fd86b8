//! Every request that reached either vendor.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Fault, locked};

/// Which of the two pretend vendors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vendor {
    /// The Buy with Prime and MCF API.
    Amazon,
    /// The ERP.
    #[serde(rename = "netsuite")]
    NetSuite,
}

/// One request and what came of it.
///
/// Bodies of the operations `token` and `lwaToken` are left out: they hold credentials.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Call {
    /// Counts from 1 over both vendors, in order of arrival.
    pub number: u64,
    /// Who was called.
    pub vendor: Vendor,
    /// What was asked for, for example `createOrder` or `salesOrder.get`.
    pub operation: String,
    /// HTTP method.
    pub method: String,
    /// Path and query as the client wrote them.
    pub path: String,
    /// First word of the `Authorization` header (`Bearer`, `OAuth`, `Basic`), never the rest.
    pub authorization_scheme: Option<String>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// Body as received, as text.
    pub request_body: String,
    /// HTTP status answered; `None` when the answer was withheld or is still being worked out.
    pub status: Option<u16>,
    /// Body answered, as text; empty when withheld.
    pub response_body: String,
    /// The scripted fault that hit this call.
    pub fault: Option<Fault>,
    /// When the request arrived, by the sandbox clock.
    pub at: DateTime<Utc>,
    /// When it was answered; `None` when the answer was withheld or is still being worked out.
    pub answered_at: Option<DateTime<Utc>>,
}

/// The list of calls of one sandbox; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<Mutex<List>>);

#[derive(Debug, Default)]
struct List {
    last_number: u64,
    calls: Vec<Call>,
}

impl Calls {
    /// All calls since the start or the last [`Calls::clear`], in order of arrival.
    pub fn all(&self) -> Vec<Call> {
        locked(&self.0).calls.clone()
    }

    /// How many calls of one operation arrived, those that failed included.
    pub fn count(&self, vendor: Vendor, operation: &str) -> usize {
        let list = locked(&self.0);
        list.calls.iter().filter(|call| call.vendor == vendor && call.operation == operation).count()
    }

    /// Forgets all calls; numbers go on.
    pub fn clear(&self) {
        locked(&self.0).calls.clear();
    }

    /// Records an arrival and returns its number. `call.number` is overwritten.
    pub(crate) fn arrived(&self, mut call: Call) -> u64 {
        let mut list = locked(&self.0);
        list.last_number += 1;
        call.number = list.last_number;
        let number = call.number;
        list.calls.push(call);
        number
    }

    /// Records the answer of an earlier arrival.
    pub(crate) fn answered(&self, number: u64, status: u16, response_body: String, at: DateTime<Utc>) {
        let mut list = locked(&self.0);
        if let Some(call) = list.calls.iter_mut().rev().find(|call| call.number == number) {
            call.status = Some(status);
            call.response_body = response_body;
            call.answered_at = Some(at);
        }
    }
}
