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
            "suiteql" if call.request_body.contains("FROM item") => "item.skus".to_owned(),
            "suiteql" => "salesOrder.changed".to_owned(),
            "salesOrder.transform.itemFulfillment" => "itemFulfillment.transform".to_owned(),
            other => other.to_owned(),
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
        let writes = ["salesOrder.patch", "itemFulfillment.patch", "itemFulfillment.transform"];
        !writes.contains(&self.operation.as_str())
    }
}
