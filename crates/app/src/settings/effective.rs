//! The configuration in effect, for people: every key, its value and where it came from.

use std::fmt;

use serde::Serialize;

use super::tree::ValueSource;

/// One key as it is in effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EffectiveKey {
    /// Path of the key, for example `connection[main].netsuite.concurrency`.
    pub key: String,
    /// The value; `[secret]` for secrets, absent when the key has none.
    pub value: Option<String>,
    /// Where the value came from.
    pub source: ValueSource,
    /// The value as JSON has it, in the form in which it can be set at run time; absent for secrets.
    #[serde(skip)]
    pub typed: Option<serde_json::Value>,
}

/// The configuration in effect. Shows no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Effective {
    keys: Vec<EffectiveKey>,
}

impl Effective {
    pub(super) fn new(keys: Vec<EffectiveKey>) -> Self {
        Self { keys }
    }

    /// Every key in the order it was read.
    pub fn keys(&self) -> &[EffectiveKey] {
        &self.keys
    }
}

impl fmt::Display for Effective {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for key in &self.keys {
            let value = key.value.as_deref().unwrap_or("(none)");
            writeln!(formatter, "{} = {value}  # {}", key.key, key.source)?;
        }
        Ok(())
    }
}

impl fmt::Display for ValueSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => formatter.write_str("file"),
            Self::Environment(name) => write!(formatter, "environment variable {name}"),
            Self::Default => formatter.write_str("default"),
            Self::RunTime(version) => write!(formatter, "run time, version {version}"),
        }
    }
}
