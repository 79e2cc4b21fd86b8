//! The parts of the bench of backlogs.

pub(crate) mod memory;
pub(crate) mod peer;
pub(crate) mod store;
pub(crate) mod work;
