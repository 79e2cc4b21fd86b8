//! Amazon's APIs. One folder per API, one file per operation.

pub mod bwp;

pub use bwp::{BuyWithPrime, BwpSettings, BwpSetupError};
