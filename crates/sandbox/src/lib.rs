//! Amazon and NetSuite to rehearse against, on one loopback port.
//!
//! The sandbox is written from the vendors' published behaviour and shares no types with the
//! connector, so a field name that both got wrong cannot pass unnoticed. It keeps state, enforces the
//! documented limits and, on request, fails the way the real services fail.
//!
//! # Start it
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use amz_sandbox::{Clock, Sandbox, SandboxSettings};
//!
//! let settings = SandboxSettings {
//!     clock: Clock::manual("2026-03-02T09:00:00Z".parse()?),
//!     ..SandboxSettings::default()
//! };
//! let running = Sandbox::start(settings).await?;
//! // GraphQL at {amazon}/graphql, tokens at {amazon}/token, records at {netsuite}/services/rest/...
//! println!("{} {}", running.amazon_url(), running.netsuite_url());
//! running.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! [`RunningSandbox::sandbox`] is a cheap handle: [`Sandbox::amazon`] and [`Sandbox::netsuite`] read and
//! move the state of the two vendors, [`Sandbox::calls`] lists every request that arrived,
//! [`Sandbox::clock`] moves time. The same is offered over HTTP below [`RunningSandbox::control_url`].
//!
//! # Script a fault
//!
//! ```
//! use amz_sandbox::{CallSelector, Fault, FaultRule, Faults, Vendor};
//!
//! let faults = Faults::default();
//! // The first createOrder is carried out, and its answer never arrives.
//! faults.add(FaultRule {
//!     vendor: Vendor::Amazon,
//!     operation: Some("createOrder".into()),
//!     calls: CallSelector::Nth(1),
//!     fault: Fault::LostAnswer,
//! });
//! assert_eq!(faults.next(Vendor::Amazon, "createOrder"), Some(Fault::LostAnswer));
//! assert_eq!(faults.next(Vendor::Amazon, "createOrder"), None);
//! ```
//!
//! Operations of Amazon are the root fields of the GraphQL schema (`createOrder`, `cancelOrder`, ...) and
//! `token`, and of its Selling Partner API `getInventorySummaries` and `lwaToken`; those of NetSuite are named in [`netsuite`].

pub mod amazon;
pub mod calls;
pub mod clock;
mod connection;
mod control;
mod exchange;
pub mod faults;
pub mod netsuite;
mod random;
mod server;

pub use calls::{Call, Calls, Vendor};
pub use clock::Clock;
pub use faults::{CallSelector, Fault, FaultRule, Faults, LookAlike};
pub use server::{RunningSandbox, Sandbox, SandboxError, SandboxSettings};

/// Locks a mutex whose holder never leaves it half changed, poisoned or not.
fn locked<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
