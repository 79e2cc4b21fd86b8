//! What the vendors saw, in the words of our audit trail.

use amz_sandbox::{Call, Fault, Vendor};

/// One call as the vendor received and answered it.
#[derive(Debug, Clone)]
pub(crate) struct WireCall {
    /// Counts from 1 over both vendors.
    pub(crate) number: u64,
    /// Who was called.
    pub(crate) vendor: Vendor,
    /// The operation. Queries are told apart by what they ask for, as our own names do.
    pub(crate) operation: String,
    /// HTTP method.
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// HTTP status; `None` when no answer was given.
    pub(crate) status: Option<u16>,
    /// What went wrong with it on purpose.
    pub(crate) fault: Option<Fault>,
    /// The answer.
    pub(crate) response: String,
}

impl From<Call> for WireCall {
    fn from(call: Call) -> Self {
        let operation = match call.operation.as_str() {
            "suiteql" => query(&call.request_body).to_owned(),
            // all tokens are alike to us
            "lwaToken" => "token".to_owned(),
            other => match other.split_once(".transform.") {
                Some((_, target)) => format!("{target}.transform"),
                None => other.to_owned(),
            },
        };
        Self {
            number: call.number,
            vendor: call.vendor,
            operation,
            method: call.method,
            path: call.path,
            status: call.status,
            fault: call.fault,
            response: call.response_body,
        }
    }
}

impl WireCall {
    /// True when the answer's body says what came of the call, not only its status.
    pub(crate) fn answered_in_body(&self) -> bool {
        let is_write =
            |name: &str| [".patch", ".transform", ".create"].iter().any(|verb| name.ends_with(verb));
        self.vendor == Vendor::Amazon || !is_write(&self.operation)
    }
}

/// Our own name of a query, told by what it asks for.
fn query(body: &str) -> &'static str {
    let known = [
        ("FROM inventorybalance", "stockItems.bins"),
        ("IS NOT NULL AND i.itemtype NOT IN", "stockItems.page"),
        ("FROM item i LEFT JOIN aggregateItemLocation", "stockItems.find"),
        ("IS NULL AND (", "salesOrder.unsent"),
        ("FROM item ", "item.skus"),
        ("FROM accountingperiod", "accountingPeriod.firstOpenDay"),
        ("SELECT DISTINCT t.id", "documents.ofOrder"),
        ("SELECT DISTINCT s.id", "documents.orderOf"),
        ("'RtnAuth', 'CustCred'", "documents.changed"),
    ];
    known.iter().find(|(words, _)| body.contains(words)).map_or("salesOrder.changed", |(_, name)| *name)
}
