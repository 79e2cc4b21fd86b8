//! Addresses: of the vendors, and of the store.

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::fault::FaultCode;
use super::value::{Problem, wrong};

/// Checks the address of a vendor; gives it without trailing slash.
pub(super) fn endpoint(text: &str) -> Result<String, Problem> {
    // an address with a user in it may hold a password
    let fault = |code| if text.contains('@') { Problem::new(code) } else { wrong(code, text) };
    let url = Url::parse(text).map_err(|_| fault(FaultCode::NotAUrl))?;
    let plain = match url.scheme() {
        "https" => false,
        "http" => true,
        _ => return Err(fault(FaultCode::NotAUrl)),
    };
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let Some(host) = url.host().filter(|_| bare) else { return Err(fault(FaultCode::NotAUrl)) };
    if plain && !is_loopback(&host) {
        return Err(fault(FaultCode::PlainHttpNotLoopback));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Checks where the state is kept. Held as a secret, since addresses of data base servers carry passwords.
pub(super) fn store_address(address: SecretString) -> Result<SecretString, Problem> {
    let text = address.expose_secret();
    match text.split_once(':') {
        Some(("sqlite", place)) if !place.trim_start_matches('/').is_empty() => Ok(address),
        Some(("sqlite", _)) => Err(Problem::new(FaultCode::NotAUrl).found("a sqlite address without a path")),
        Some(("postgres" | "postgresql", _)) => {
            Err(Problem::new(FaultCode::NotOneOf)
                .found("a PostgreSQL address, which this version cannot use"))
        }
        _ => Err(Problem::new(FaultCode::NotAUrl)),
    }
}
