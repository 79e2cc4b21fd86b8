//! What is wrong with a configuration, all of it at once.

use std::fmt;

use serde::Serialize;

/// Kind of a configuration fault; its word is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// The configuration file, or a file that it names, cannot be read.
    Unreadable,
    /// The file's text is not TOML.
    NotToml,
    /// A required key is absent or empty.
    Missing,
    /// The key does not exist.
    UnknownKey,
    /// Another type was expected, for example text where a number stands.
    WrongType,
    /// A number or duration beyond its limits.
    OutOfRange,
    /// Not one of the words that are allowed here.
    NotOneOf,
    /// The text has not the shape that is needed here.
    Malformed,
    /// Not an address with scheme and host.
    NotAUrl,
    /// Secrets would travel in clear text: plain HTTP is for loopback only.
    PlainHttpNotLoopback,
    /// Not a whole number with a unit.
    NotADuration,
    /// Not an instant as RFC 3339 writes it.
    NotAnInstant,
    /// Not a time zone of the IANA data base.
    UnknownTimezone,
    /// The environment variable or file that holds a secret is absent, unreadable or empty.
    UnresolvedSecret,
    /// Two connections have the same name, or names that environment variables cannot tell apart.
    DuplicateName,
    /// Two settings exclude each other.
    Conflicting,
    /// The key cannot be set at run time.
    KeyNotChangeable,
    /// An environment variable sets the key, so a value set at run time would have no effect.
    KeyFixedByEnvironment,
}

impl FaultCode {
    /// Every code, for documentation and tests.
    pub const ALL: [Self; 18] = [
        Self::Unreadable,
        Self::NotToml,
        Self::Missing,
        Self::UnknownKey,
        Self::WrongType,
        Self::OutOfRange,
        Self::NotOneOf,
        Self::Malformed,
        Self::NotAUrl,
        Self::PlainHttpNotLoopback,
        Self::NotADuration,
        Self::NotAnInstant,
        Self::UnknownTimezone,
        Self::UnresolvedSecret,
        Self::DuplicateName,
        Self::Conflicting,
        Self::KeyNotChangeable,
        Self::KeyFixedByEnvironment,
    ];

    /// The code's stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NotToml => "not_toml",
            Self::Missing => "missing",
            Self::UnknownKey => "unknown_key",
            Self::WrongType => "wrong_type",
            Self::OutOfRange => "out_of_range",
            Self::NotOneOf => "not_one_of",
            Self::Malformed => "malformed",
            Self::NotAUrl => "not_a_url",
            Self::PlainHttpNotLoopback => "plain_http_not_loopback",
            Self::NotADuration => "not_a_duration",
            Self::NotAnInstant => "not_an_instant",
            Self::UnknownTimezone => "unknown_timezone",
            Self::UnresolvedSecret => "unresolved_secret",
            Self::DuplicateName => "duplicate_name",
            Self::Conflicting => "conflicting",
            Self::KeyNotChangeable => "key_not_changeable",
            Self::KeyFixedByEnvironment => "key_fixed_by_environment",
        }
    }

    /// What the code means, for documentation.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Unreadable => "the configuration file, or a file that it names, cannot be read",
            Self::NotToml => "the file's text is not TOML; line and column are given",
            Self::Missing => "a required key is absent or empty",
            Self::UnknownKey => "the key does not exist; a near miss is suggested",
            Self::WrongType => "another type was expected, for example text where a number stands",
            Self::OutOfRange => "a number or duration beyond its limits",
            Self::NotOneOf => "not one of the words that are allowed here",
            Self::Malformed => "the text has not the shape that is needed here",
            Self::NotAUrl => "not an address with scheme and host",
            Self::PlainHttpNotLoopback => {
                "secrets would travel in clear text: `http://` is for loopback only"
            }
            Self::NotADuration => "not a whole number with a unit (`ms`, `s`, `m`, `h`)",
            Self::NotAnInstant => "not an instant such as `2026-01-01T00:00:00Z`",
            Self::UnknownTimezone => "not a time zone of the IANA data base",
            Self::UnresolvedSecret => {
                "the environment variable or file that should hold the secret is absent, unreadable or empty"
            }
            Self::DuplicateName => {
                "two connections have the same name, or names that environment variables cannot tell apart"
            }
            Self::Conflicting => "two settings exclude each other",
            Self::KeyNotChangeable => {
                "the key cannot be set at run time: change the configuration and restart"
            }
            Self::KeyFixedByEnvironment => {
                "an environment variable sets the key; at run time it cannot be set"
            }
        }
    }
}

impl fmt::Display for FaultCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// One fault of a configuration. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Path of the key, for example `connection[main].netsuite.auth.tba.consumer_key`; empty when the whole
    /// file is at fault.
    pub key: String,
    /// What kind of fault it is.
    pub code: FaultCode,
    /// What was found; absent when there is nothing, or when it may be a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What is expected instead.
    pub expected: String,
    /// What was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// Environment variable that set the value, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
}

impl Fault {
    /// A fault with only what it must have.
    pub(super) fn new(key: impl Into<String>, code: FaultCode, expected: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            code,
            found: None,
            expected: expected.into(),
            suggestion: None,
            variable: None,
        }
    }

    /// Adds what was found.
    pub(super) fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    /// Adds what was probably meant.
    pub(super) fn suggest(mut self, suggestion: Option<String>) -> Self {
        self.suggestion = suggestion;
        self
    }

    /// Adds the environment variable at fault.
    pub(super) fn variable(mut self, variable: Option<&str>) -> Self {
        self.variable = variable.map(str::to_owned);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(formatter, "{}: ", self.key)?;
        }
        write!(formatter, "{}: ", self.code)?;
        if let Some(found) = &self.found {
            write!(formatter, "found {found}, ")?;
        }
        write!(formatter, "expected {}", self.expected)?;
        if let Some(suggestion) = &self.suggestion {
            write!(formatter, "; did you mean `{suggestion}`?")?;
        }
        if let Some(variable) = &self.variable {
            write!(formatter, " (set by environment variable {variable})")?;
        }
        Ok(())
    }
}

/// Everything that is wrong with a configuration. Holds at least one fault and no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct ConfigurationFaults {
    /// The configuration file, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The faults, by key.
    faults: Vec<Fault>,
}

impl ConfigurationFaults {
    /// Faults in the order of their keys; those of one key stay in the order in which they were found.
    pub(super) fn new(mut faults: Vec<Fault>) -> Self {
        faults.sort_by(|left, right| left.key.cmp(&right.key));
        faults.dedup();
        Self { file: None, faults }
    }

    /// Names the file that was read.
    pub(super) fn in_file(mut self, file: Option<&std::path::Path>) -> Self {
        self.file = file.map(|path| path.display().to_string());
        self
    }

    /// The faults, by key.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// True when these are some of other faults, and not all of them.
    pub(super) fn is_less_than(&self, others: &Self) -> bool {
        self.faults.len() < others.faults.len()
            && self.faults.iter().all(|fault| others.faults.contains(fault))
    }

    /// The faults, by key.
    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }
}

impl fmt::Display for ConfigurationFaults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.faults.len() {
            1 => write!(formatter, "1 fault in the configuration")?,
            count => write!(formatter, "{count} faults in the configuration")?,
        }
        if let Some(file) = &self.file {
            write!(formatter, " {file}")?;
        }
        write!(formatter, ":")?;
        for fault in &self.faults {
            write!(formatter, "\n  {fault}")?;
        }
        Ok(())
    }
}
