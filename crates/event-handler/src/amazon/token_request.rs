//! The token request of Amazon's event sender: OAuth 2.0 client credentials (RFC 6749, section 4.4).

use percent_encoding::percent_decode;
use serde_json::{Value, json};

/// What is wrong with a token request, in the words of RFC 6749, section 5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// The request lacks something or says it twice.
    InvalidRequest,
    /// The client did not prove itself.
    InvalidClient,
    /// Another grant than `client_credentials` was asked for.
    UnsupportedGrantType,
}

/// A refused token request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", self.error.as_str())]
pub struct TokenRefusal {
    /// What is wrong.
    pub error: TokenError,
    /// What was expected; free of secrets.
    pub description: &'static str,
}

impl TokenError {
    /// The error code of the standard.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
        }
    }

    /// HTTP status to answer with. With 401 belongs a `WWW-Authenticate: Basic` header.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidRequest | Self::UnsupportedGrantType => 400,
            Self::InvalidClient => 401,
        }
    }
}

impl TokenRefusal {
    /// Body of the answer.
    pub fn body(&self) -> Value {
        json!({"error": self.error.as_str(), "error_description": self.description})
    }

    fn invalid_request(description: &'static str) -> Self {
        Self { error: TokenError::InvalidRequest, description }
    }

    /// Says the same whether the id, the secret or the whole client is unknown.
    pub(crate) fn invalid_client() -> Self {
        Self { error: TokenError::InvalidClient, description: "client authentication failed" }
    }
}

/// The members of a token request that matter to us.
#[derive(Default)]
pub(crate) struct TokenRequest {
    pub(crate) grant_type: Option<Vec<u8>>,
    pub(crate) client_id: Option<Vec<u8>>,
    pub(crate) client_secret: Option<Vec<u8>>,
}

impl TokenRequest {
    /// Reads a form. A JSON object is read as well: which body Amazon makes of its `bodyParameters` is not
    /// documented.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, TokenRefusal> {
        let mut request = Self::default();
        if body.trim_ascii_start().starts_with(b"{") {
            let document: Value = serde_json::from_slice(body)
                .map_err(|_| TokenRefusal::invalid_request("the body is neither a form nor JSON"))?;
            for name in ["grant_type", "client_id", "client_secret"] {
                if let Some(value) = document.get(name).and_then(Value::as_str) {
                    request.set(name.as_bytes(), value.as_bytes().to_vec())?;
                }
            }
        } else {
            for pair in body.trim_ascii().split(|&byte| byte == b'&') {
                let equals = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
                let value = pair.get(equals + 1..).unwrap_or_default();
                request.set(&form_decoded(&pair[..equals]), form_decoded(value))?;
            }
        }
        Ok(request)
    }

    /// Checks the grant type, once the client has proved itself.
    pub(crate) fn check_grant_type(&self) -> Result<(), TokenRefusal> {
        match self.grant_type.as_deref() {
            Some(b"client_credentials") => Ok(()),
            Some(_) => Err(TokenRefusal {
                error: TokenError::UnsupportedGrantType,
                description: "grant_type must be client_credentials",
            }),
            None => Err(TokenRefusal::invalid_request("grant_type is missing")),
        }
    }

    /// Empty values count as left out, repeated ones are an error (RFC 6749, section 3.2).
    fn set(&mut self, name: &[u8], value: Vec<u8>) -> Result<(), TokenRefusal> {
        let member = match name {
            b"grant_type" => &mut self.grant_type,
            b"client_id" => &mut self.client_id,
            b"client_secret" => &mut self.client_secret,
            _ => return Ok(()),
        };
        if value.is_empty() {
            return Ok(());
        }
        if member.replace(value).is_some() {
            return Err(TokenRefusal::invalid_request("a parameter is given twice"));
        }
        Ok(())
    }
}

/// `application/x-www-form-urlencoded`, decoded.
pub(crate) fn form_decoded(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(body: &[u8]) -> TokenError {
        TokenRequest::parse(body)
            .and_then(|request| request.check_grant_type())
            .err()
            .map(|refusal| refusal.error)
            .unwrap()
    }

    #[test]
    fn form_is_decoded_and_unknown_parameters_are_ignored() {
        let request = TokenRequest::parse(
            b"grant_type=client_credentials&client_id=a+b&client_secret=%2Bp%26%3D&scope=x&&=&flag",
        )
        .unwrap();
        assert_eq!(request.check_grant_type(), Ok(()));
        assert_eq!(request.client_id.as_deref(), Some(b"a b".as_slice()));
        assert_eq!(request.client_secret.as_deref(), Some(b"+p&=".as_slice()));
    }

    #[test]
    fn json_is_read_as_well() {
        let request =
            TokenRequest::parse(br#" {"grant_type":"client_credentials","client_id":"a"}"#).unwrap();
        assert_eq!(request.check_grant_type(), Ok(()));
        assert_eq!(request.client_id.as_deref(), Some(b"a".as_slice()));
    }

    #[test]
    fn requests_that_are_not_for_client_credentials_are_refused() {
        assert_eq!(error(b""), TokenError::InvalidRequest);
        assert_eq!(error(b"grant_type="), TokenError::InvalidRequest);
        assert_eq!(error(b"{"), TokenError::InvalidRequest);
        assert_eq!(error(b"grant_type=password"), TokenError::UnsupportedGrantType);
        assert_eq!(
            error(b"grant_type=client_credentials&grant_type=client_credentials"),
            TokenError::InvalidRequest
        );
    }
}
