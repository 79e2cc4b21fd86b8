//! Proof of who sends a request: signed requests (TBA) or bearer tokens (OAuth 2.0 machine to machine).

mod assertion;
mod machine_to_machine;
mod tba;
mod token;

use std::sync::Arc;

use amz_services::failure::PortError;
use http::{HeaderValue, Method};
use url::Url;

pub use assertion::SigningAlgorithm;
pub use machine_to_machine::MachineToMachineSettings;
pub use tba::TokenBasedSettings;

use crate::http::{HttpClient, HttpSetupError};
use machine_to_machine::MachineToMachine;
use tba::TokenBased;

/// How an account's requests prove who sends them.
#[derive(Debug, Clone)]
pub enum NetSuiteAuthSettings {
    /// Token-based authentication: every request is signed (OAuth 1.0a).
    TokenBased(TokenBasedSettings),
    /// OAuth 2.0 client credentials with a signed assertion.
    MachineToMachine(MachineToMachineSettings),
}

/// Why credentials cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuthSetupError {
    /// The account id cannot stand in a header.
    #[error("{0:?} is no account id")]
    Account(String),
    /// Not the one kind of key file that is read.
    #[error("the private key is not PKCS#8 PEM (BEGIN PRIVATE KEY): {0}")]
    PrivateKey(&'static str),
    /// The key does not fit the algorithm.
    #[error("the private key does not fit {algorithm}: {reason}")]
    KeyRejected {
        /// The algorithm it was to be used with.
        algorithm: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The token endpoint may not be called.
    #[error("token_url")]
    TokenUrl(#[source] HttpSetupError),
}

/// Proves who sends a request, by the way that was configured.
#[derive(Debug)]
pub(super) struct NetSuiteAuth(Way);

#[derive(Debug)]
enum Way {
    TokenBased(TokenBased),
    MachineToMachine(Box<MachineToMachine>),
}

/// The proof for one attempt.
#[derive(Debug, Clone)]
pub(super) struct Proof {
    /// Value of the `Authorization` header.
    pub(super) header: HeaderValue,
    /// The bearer token in it, to be dropped when it is refused.
    token: Option<Arc<str>>,
}

impl NetSuiteAuth {
    /// Reads keys and checks what can be checked without a call.
    pub(super) fn new(
        settings: NetSuiteAuthSettings,
        account: &str,
        endpoint: &Url,
        http: &HttpClient,
    ) -> Result<Self, AuthSetupError> {
        Ok(Self(match settings {
            NetSuiteAuthSettings::TokenBased(settings) => {
                Way::TokenBased(TokenBased::new(settings, account)?)
            }
            NetSuiteAuthSettings::MachineToMachine(settings) => {
                Way::MachineToMachine(Box::new(MachineToMachine::new(settings, endpoint, http.clone())?))
            }
        }))
    }

    /// A proof for one attempt at one request; a signature is never used twice.
    pub(super) async fn prove(
        &self,
        operation: &'static str,
        method: &Method,
        url: &Url,
        http: &HttpClient,
        attempt: u32,
    ) -> Result<Proof, PortError> {
        match &self.0 {
            Way::TokenBased(signer) => {
                let header = signer.authorization(operation, method, url, http.now())?;
                Ok(Proof { header, token: None })
            }
            Way::MachineToMachine(tokens) => {
                let token = tokens.token(operation, attempt).await?;
                Ok(Proof { header: token::bearer(operation, &token)?, token: Some(token) })
            }
        }
    }

    /// Tells that a proof was refused, so that the next one is fresh.
    pub(super) async fn refused(&self, proof: &Proof) {
        if let (Way::MachineToMachine(tokens), Some(token)) = (&self.0, &proof.token) {
            tokens.forget(token).await;
        }
    }
}
