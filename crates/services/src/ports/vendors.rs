//! How the vendors are doing as a whole, which no single call can tell.

use crate::audit::Vendor;
use crate::work::LaneKey;

/// Knows when a vendor as a whole is out of order: then a failed try says nothing about the work it was made for.
#[cfg_attr(any(test, feature = "testing"), mockall::automock)]
pub trait VendorHealth: Send + Sync {
    /// The vendor that is out as a whole and did not answer a call of a look; `job` is the fence of its lease.
    fn out_in(&self, lane: &LaneKey, job: i64) -> Option<Vendor>;
}

/// Takes no failure for more than one call's.
#[derive(Debug, Clone, Copy, Default)]
pub struct EveryVendorWorks;

impl VendorHealth for EveryVendorWorks {
    fn out_in(&self, _: &LaneKey, _: i64) -> Option<Vendor> {
        None
    }
}
