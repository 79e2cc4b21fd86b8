//! How the webhook sender proves who it is: `authConfig`, in a profile or inline.

use serde_json::Value as Json;

use crate::amazon::errors::{Class, Refusal};
use crate::amazon::json::{given, items, text};
use crate::amazon::settings::SenderAuthentication;

/// Credentials under a name.
pub(super) type Profile = Access;

/// Credentials of the sender.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) authentication: SenderAuthentication,
    /// Further headers of token requests.
    pub(super) header_parameters: Vec<(String, String)>,
}

impl Access {
    /// Reads `authConfig`: exactly one of `oAuthConfig` and `basicAuthConfig`.
    pub(super) fn read(config: &Json) -> Result<Self, Refusal> {
        match given(config, &["oAuthConfig", "basicAuthConfig"]).as_slice() {
            ["oAuthConfig"] => Self::oauth(&config["oAuthConfig"]),
            ["basicAuthConfig"] => Self::basic(&config["basicAuthConfig"]),
            _ => Err(invalid("authConfig needs exactly one of oAuthConfig and basicAuthConfig.")),
        }
    }

    fn oauth(config: &Json) -> Result<Self, Refusal> {
        let client = |name: &str| text(&config["clientParameters"], name).map(str::to_owned);
        let (Some(client_id), Some(client_secret)) = (client("clientId"), client("clientSecret")) else {
            return Err(invalid("oAuthConfig needs clientId and clientSecret."));
        };
        let token_url = text(config, "authEndpoint").unwrap_or_default();
        if !is_safe(token_url) {
            return Err(invalid("authEndpoint must be an https address."));
        }
        if config["httpMethod"] != "POST" {
            return Err(invalid("httpMethod must be POST."));
        }
        let parameters = &config["httpParameters"];
        Ok(Self {
            authentication: SenderAuthentication::OAuth {
                token_url: token_url.to_owned(),
                client_id,
                client_secret,
                body_parameters: pairs(&parameters["bodyParameters"]),
            },
            header_parameters: pairs(&parameters["headerParameters"]),
        })
    }

    fn basic(config: &Json) -> Result<Self, Refusal> {
        let (Some(username), Some(password)) = (text(config, "username"), text(config, "password")) else {
            return Err(invalid("basicAuthConfig needs username and password."));
        };
        Ok(Self {
            authentication: SenderAuthentication::Basic {
                username: username.to_owned(),
                password: password.to_owned(),
            },
            header_parameters: Vec::new(),
        })
    }
}

fn pairs(list: &Json) -> Vec<(String, String)> {
    let pair = |entry: &Json| Some((text(entry, "key")?.to_owned(), entry["value"].as_str()?.to_owned()));
    items(list).iter().filter_map(pair).collect()
}

/// Whether Amazon would call this address: https, and for rehearsals also http to this machine.
pub(super) fn is_safe(address: &str) -> bool {
    let Ok(address) = url::Url::parse(address) else { return false };
    let is_loopback = match address.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    address.scheme() == "https" || (address.scheme() == "http" && is_loopback)
}

pub(super) fn invalid(message: &str) -> Refusal {
    Refusal::new(Class::Validation, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_this_machine_are_called() {
        for good in ["https://a.example/x", "http://127.0.0.1:80/x", "http://localhost/x", "http://[::1]/x"] {
            assert!(is_safe(good), "{good}");
        }
        for bad in ["http://a.example/x", "ftp://127.0.0.1/x", "a.example", ""] {
            assert!(!is_safe(bad), "{bad}");
        }
    }
}
