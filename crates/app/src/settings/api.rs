//! Who may use the operators' API: keys and their reading.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use super::fault::{Fault, FaultCode};
use super::key::{Key, Kind};
use super::model::{ApiRole, ApiSettings, ApiToken};
use super::reader::{Faulty, Reader, Scope};
use super::tree::{Node, Table};
use super::unknown::label;

/// A shorter token could be guessed.
const SHORTEST_TOKEN: usize = 24;

const ROLES: &[(&str, ApiRole)] =
    &[("viewer", ApiRole::Viewer), ("operator", ApiRole::Operator), ("admin", ApiRole::Admin)];

/// Who may use the operators' API.
pub(super) const API: &[Key] = &[
    Key::in_table(
        "api.token.name",
        Kind::Name,
        "Who has the token; what they change is recorded under this name.",
    ),
    Key::in_table(
        "api.token.role",
        Kind::Choice(&["viewer", "operator", "admin"]),
        "What the token allows: `viewer` reads, `admin` changes settings too. `operator` reads, until there is \
         something for operators to do.",
    ),
    Key::in_table(
        "api.token.token",
        Kind::Secret,
        "The bearer token, at least 24 characters. Without any token there is no API.",
    ),
];

/// Reads who may use the API.
pub(super) fn api(reader: &mut Reader<'_>, root: &Table) -> Result<ApiSettings, Faulty> {
    let Some(Node::Table(table)) = root.get("api").map(|entry| &entry.node) else {
        return Ok(ApiSettings { tokens: Vec::new() });
    };
    let Some(Node::List(entries)) = table.get("token").map(|entry| &entry.node) else {
        return Ok(ApiSettings { tokens: Vec::new() });
    };
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let read: Vec<Result<ApiToken, Faulty>> = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| {
            let scope = Scope::member("api.token", entry, &label(index, entry));
            let token = token(reader, &scope)?;
            if names.insert(token.name.clone(), index).is_some() {
                let fault = Fault::new(scope.path_of("name"), FaultCode::DuplicateName, "a name of its own");
                return Err(reader.fault(fault.found(format!("{:?}", token.name))));
            }
            Ok(token)
        })
        .collect();
    let tokens: Vec<ApiToken> = read.into_iter().collect::<Result<_, Faulty>>()?;
    for (index, token) in tokens.iter().enumerate() {
        let secret = |token: &ApiToken| token.token.expose_secret().to_owned();
        if let Some(other) = tokens.iter().take(index).find(|other| secret(other) == secret(token)) {
            let expected = format!("another token than `{}` has", other.name);
            let key = format!("api.token[{}].token", token.name);
            return Err(reader.fault(Fault::new(key, FaultCode::Conflicting, expected)));
        }
    }
    Ok(ApiSettings { tokens })
}

fn token(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<ApiToken, Faulty> {
    let name = reader.get(scope, "name");
    let role = reader.choose(scope, "role", ROLES);
    let token: Result<SecretString, Faulty> = reader.get(scope, "token");
    let is_long = |token: &SecretString| {
        let text = token.expose_secret();
        text.chars().count() >= SHORTEST_TOKEN && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if token.as_ref().is_ok_and(|token| !is_long(token)) {
        let expected = format!("at least {SHORTEST_TOKEN} letters, digits or signs, without spaces");
        return Err(reader.fault(Fault::new(scope.path_of("token"), FaultCode::Malformed, expected)));
    }
    Ok(ApiToken { name: name?, role: role?, token: token? })
}
