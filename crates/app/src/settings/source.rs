//! What a configuration was read from, kept so that it can be read again with other values set at run time.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::secret::Places;

/// File, environment and folder of a configuration, as they were when it was read first.
pub(super) struct Source {
    /// May hold secrets.
    text: SecretString,
    environment: BTreeMap<String, String>,
    folder: PathBuf,
}

impl Source {
    pub(super) fn new(text: &str, environment: &BTreeMap<String, String>, folder: &Path) -> Self {
        Self { text: text.into(), environment: environment.clone(), folder: folder.to_owned() }
    }

    pub(super) fn text(&self) -> &str {
        self.text.expose_secret()
    }

    pub(super) fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    pub(super) fn places(&self) -> Places<'_> {
        Places { environment: &self.environment, folder: &self.folder }
    }
}

/// Shows nothing of what may be secret.
impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Source").field("folder", &self.folder).finish_non_exhaustive()
    }
}
