//! What the pretend worlds of whole looks have in common.

mod ledger;
mod periods;

pub(crate) use ledger::{Kept, Remembers};
pub(crate) use periods::periods;
