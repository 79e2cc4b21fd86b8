//! Addresses: of the vendors, of who is told, and of the store.

use amz_store::{Store, StoreOptions};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::fault::FaultCode;
use super::value::{Problem, wrong};

/// Checks the address of a vendor; gives it without trailing slash.
pub(super) fn endpoint(text: &str) -> Result<String, Problem> {
    // an address with a user in it may hold a password
    let fault = |code| if text.contains('@') { Problem::new(code) } else { wrong(code, text) };
    let url = safe_address(text).map_err(fault)?;
    if url.query().is_some() {
        return Err(fault(FaultCode::NotAUrl));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Checks where messages are posted to. Not shown, since such addresses often carry a token.
pub(super) fn webhook_address(address: SecretString) -> Result<SecretString, Problem> {
    safe_address(address.expose_secret()).map_err(Problem::new)?;
    Ok(address)
}

/// An address of HTTPS, or of plain HTTP on loopback, without user and fragment.
fn safe_address(text: &str) -> Result<Url, FaultCode> {
    let url = Url::parse(text).map_err(|_| FaultCode::NotAUrl)?;
    let plain = match url.scheme() {
        "https" => false,
        "http" => true,
        _ => return Err(FaultCode::NotAUrl),
    };
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let Some(host) = url.host().filter(|_| bare) else { return Err(FaultCode::NotAUrl) };
    if plain && !is_loopback(&host) {
        return Err(FaultCode::PlainHttpNotLoopback);
    }
    Ok(url)
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
        Some(("postgres" | "postgresql", _)) => match Store::check(&StoreOptions::new(address.clone())) {
            Ok(()) => Ok(address),
            // what is wrong in it may be a part of the password
            Err(_) => Err(Problem::new(FaultCode::NotAUrl).found("a PostgreSQL address that cannot be read")),
        },
        _ => Err(Problem::new(FaultCode::NotAUrl)),
    }
}
