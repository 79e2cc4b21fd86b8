//! Secrets: as text, in an environment variable, in a file.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::fault::FaultCode;
use super::tree::{Entry, Node};
use super::value::{Problem, text};

/// Where secrets may lie.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    /// The environment.
    pub(super) environment: &'a BTreeMap<String, String>,
    /// Folder that relative paths start from.
    pub(super) folder: &'a Path,
}

/// Fetches a secret from where its entry says it is.
pub(super) fn resolve(entry: &Entry, places: Places<'_>) -> Result<SecretString, Problem> {
    match &entry.node {
        Node::Text(_) => text(entry).map(SecretString::from),
        Node::Table(table) => {
            let mut references = table.iter();
            match (references.next(), references.next()) {
                (Some((form, target)), None) if form == "env" => from_environment(reference(target)?, places),
                (Some((form, target)), None) if form == "file" => from_file(reference(target)?, places),
                (None, _) => Err(Problem::new(FaultCode::Missing).found("an empty table")),
                (Some(_), Some(_)) if table.keys().all(|form| form == "env" || form == "file") => {
                    Err(Problem::new(FaultCode::Conflicting).found("both `env` and `file`"))
                }
                (Some(_), _) => {
                    let forms: Vec<&str> = table.keys().map(String::as_str).collect();
                    let found = format!("a table with the keys `{}`", forms.join("`, `"));
                    Err(Problem::new(FaultCode::UnknownKey).found(found))
                }
            }
        }
        Node::Whole(_) | Node::Fraction(_) | Node::Flag(_) | Node::List(_) => {
            Err(Problem::new(FaultCode::WrongType).found(entry.type_name()))
        }
    }
}

/// Name of the variable or file; a value of another type is not shown, it may be the secret itself.
fn reference(target: &Entry) -> Result<&str, Problem> {
    match &target.node {
        Node::Text(text) if !text.is_empty() => Ok(text),
        Node::Text(_) => Err(Problem::new(FaultCode::Missing).found("an empty name")),
        _ => Err(Problem::new(FaultCode::WrongType).found(target.type_name())),
    }
}

fn from_environment(name: &str, places: Places<'_>) -> Result<SecretString, Problem> {
    let found = match places.environment.get(name) {
        Some(value) if !value.is_empty() => return Ok(SecretString::from(value.as_str())),
        Some(_) => format!("environment variable {name} is empty"),
        // somebody may have put the secret where its variable's name belongs
        None if !is_variable_name(name) => {
            "a name that is not written like an environment variable".to_owned()
        }
        None => format!("environment variable {name} is not set"),
    };
    Err(Problem::new(FaultCode::UnresolvedSecret).found(found))
}

fn is_variable_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_uppercase() || letter == '_')
        && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_')
}

fn from_file(path: &str, places: Places<'_>) -> Result<SecretString, Problem> {
    let place = places.folder.join(path);
    let named =
        if path.contains('\n') { "a path of several lines".to_owned() } else { place.display().to_string() };
    let content = std::fs::read_to_string(&place).map_err(|error| {
        let reason = match error.kind() {
            std::io::ErrorKind::NotFound => "does not exist".to_owned(),
            // the plain text of the error, which holds neither path nor content
            other => format!("cannot be read ({other})"),
        };
        Problem::new(FaultCode::UnresolvedSecret).found(format!("file {named} {reason}"))
    })?;
    // editors and `echo` end files with a line break that is no part of the secret
    match content.trim_end_matches(['\r', '\n']) {
        "" => Err(Problem::new(FaultCode::UnresolvedSecret).found(format!("file {named} is empty"))),
        secret => Ok(SecretString::from(secret)),
    }
}

/// True for text that looks like a PEM private key. Whether it fits the algorithm shows when it is used.
pub(super) fn is_private_key(key: &SecretString) -> bool {
    let text = key.expose_secret().trim();
    text.starts_with("-----BEGIN ")
        && text.ends_with("-----")
        && text.lines().next().is_some_and(|line| line.ends_with("PRIVATE KEY-----"))
        && text.lines().count() > 2
}

/// True for `whsec_` and base64, as the Standard Webhooks specification writes secrets.
pub(super) fn is_signing_secret(secret: &SecretString) -> bool {
    let Some(encoded) = secret.expose_secret().strip_prefix("whsec_") else { return false };
    let digits = encoded.trim_end_matches('=');
    let padding = encoded.len() - digits.len();
    let base64 = |letter: char| letter.is_ascii_alphanumeric() || letter == '+' || letter == '/';
    !digits.is_empty()
        && digits.chars().all(base64)
        && digits.len() % 4 != 1
        && padding <= 2
        && (padding == 0 || encoded.len() % 4 == 0)
}
