//! Amazon's APIs. One folder per API, one file per operation.

pub mod bwp;
pub mod sp_api;
mod token;
mod token_http;

pub use bwp::{BuyWithPrime, BwpSettings, BwpSetupError};
pub use sp_api::{SpApi, SpApiSettings, SpApiSetupError};
