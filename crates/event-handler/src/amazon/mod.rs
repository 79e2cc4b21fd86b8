//! What Amazon's event sender sends, by webhook or through EventBridge.

pub mod authentication;
pub mod envelope;
pub mod event_type;
mod excerpt;
mod reception;
pub mod resource;
mod token;
mod token_request;

pub use authentication::{BasicCredentials, OauthClient, WebhookAccess};
pub use envelope::{AmazonEvent, OrderHint};
pub use event_type::EventType;
pub use reception::receive;
pub use resource::{Resource, Subject};
pub use token::{TOKEN_LIFETIME_SECONDS, TokenGrant};
pub use token_request::{TokenError, TokenRefusal};
