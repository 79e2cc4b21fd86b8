//! Other people's APIs: Amazon Buy with Prime, Amazon's Selling Partner API and NetSuite, behind the ports of the services.
//!
//! - [`http`]: the one place that sends HTTP. Everything on the wire is audited and redacted there.
//! - [`amazon`]: Amazon's APIs. One file per operation.
//! - [`netsuite`]: NetSuite's REST web services. One file per record type.
//!
//! Nothing here waits and tries again: a failed call is reported as a
//! [`Failure`](amz_services::failure::Failure) and the worker decides. There are two exceptions: a refused access
//! token earns a single fresh try, and a reading of Amazon's stock tries its pages again itself, because what leads to
//! the next page lives for half a minute. No vendor type leaves this crate: the ports speak in the domain's words.

pub mod amazon;
pub mod http;
pub mod netsuite;
