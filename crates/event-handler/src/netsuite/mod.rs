//! What the bundle inside NetSuite sends: change notices, signed as in the Standard Webhooks specification.

pub mod notice;
mod reception;
pub mod signature;

pub use notice::{Change, RecordChange, RecordType};
pub use reception::{Received, receive};
pub use signature::{SignatureHeaders, SigningSecret, SigningSecretError};
