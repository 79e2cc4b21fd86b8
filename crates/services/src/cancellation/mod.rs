//! The first piece of use case 3: units that Amazon will not ship leave the sales order.
//!
//! Only what shipments need to come out right is here: once nothing of a line is pending any more, the line
//! is closed, so that cancelled units are not waited for. Other policies are not built yet.

mod plan;

pub use plan::{Closing, closings};
