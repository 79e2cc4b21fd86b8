//! Where the files are.

use std::path::{Path, PathBuf};

use crate::OpenError;

/// The files of one SQLite store. Each but the last has one writing role, because SQLite's lock is unfair between
/// processes that write the same file.
///
/// ```
/// let paths = amz_store::sqlite::SqlitePaths::from_url("sqlite://data/accelerator.db")?;
/// assert_eq!(paths.inbox, std::path::Path::new("data/accelerator-inbox.db"));
/// # Ok::<(), amz_store::OpenError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlitePaths {
    /// Notices, written by the role that receives webhooks.
    pub inbox: PathBuf,
    /// Lanes, intents, links and all else, written by the role that synchronises.
    pub state: PathBuf,
    /// Wishes of operators, written by the `amz` command.
    pub commands: PathBuf,
    /// What is set at run time. Any process may write it, which is rare.
    pub settings: PathBuf,
}

impl SqlitePaths {
    /// The files that a URL names.
    ///
    /// `sqlite://dir/accelerator.db` is a stem: `dir/accelerator-inbox.db`, `dir/accelerator-state.db`,
    /// `dir/accelerator-commands.db` and `dir/accelerator-settings.db`. A URL that ends in `/` is a folder with the stem `accelerator`.
    /// Absolute paths have three slashes: `sqlite:///var/lib/amz/accelerator.db`.
    ///
    /// # Errors
    /// [`OpenError::Url`] for another scheme, no path, parameters, or a database in memory.
    pub fn from_url(url: &str) -> Result<Self, OpenError> {
        // what is no address of files may be one of a server, misspelt, and carry a password
        let shown =
            if url.starts_with("sqlite:") { url.to_owned() } else { crate::open_error::scheme_of(url) };
        let invalid = |problem| OpenError::Url { url: shown.clone(), problem };
        let path = url
            .strip_prefix("sqlite://")
            .or_else(|| url.strip_prefix("sqlite:"))
            .ok_or_else(|| invalid("it begins neither with sqlite:// nor with postgres://"))?;
        if path.is_empty() {
            return Err(invalid("it has no path"));
        }
        if path.starts_with(":memory:") {
            return Err(invalid("a store in memory does not survive a restart"));
        }
        if path.contains('?') {
            return Err(invalid("parameters are not supported"));
        }
        if path.ends_with('/') {
            return Ok(Self::from_stem(Path::new(path), "accelerator"));
        }
        let path = Path::new(path);
        let stem =
            path.file_stem().and_then(|stem| stem.to_str()).ok_or_else(|| invalid("it has no file name"))?;
        Ok(Self::from_stem(path.parent().unwrap_or(Path::new("")), stem))
    }

    /// The files of a stem in a folder.
    pub fn from_stem(folder: &Path, stem: &str) -> Self {
        let file = |part: &str| folder.join(format!("{stem}-{part}.db"));
        Self {
            inbox: file("inbox"),
            state: file("state"),
            commands: file("commands"),
            settings: file("settings"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_stem_or_a_folder() {
        for (url, state) in [
            ("sqlite://data/accelerator.db", "data/accelerator-state.db"),
            ("sqlite:data/shop.sqlite", "data/shop-state.db"),
            ("sqlite:///var/lib/amz/x.db", "/var/lib/amz/x-state.db"),
            ("sqlite://x.db", "x-state.db"),
            ("sqlite://data/", "data/accelerator-state.db"),
        ] {
            assert_eq!(SqlitePaths::from_url(url).unwrap().state, Path::new(state), "{url}");
        }
    }

    #[test]
    fn urls_that_name_no_files_are_refused() {
        for url in
            ["", "postgres://db/x", "sqlite://", "sqlite::memory:", "sqlite://x.db?mode=ro", "sqlite://.."]
        {
            assert_eq!(SqlitePaths::from_url(url).unwrap_err().code(), "store_url_invalid", "{url}");
        }
    }

    #[test]
    fn a_refused_address_shows_no_password() {
        for url in ["Postgres://u:pass@h/d", "postgres:/u:pass@h/d", "u:pass@h/d", "mysql://u:pass@h"] {
            let refused = SqlitePaths::from_url(url).unwrap_err();
            assert!(!format!("{refused} {refused:?}").contains("pass"), "{refused:?}");
        }
    }
}
