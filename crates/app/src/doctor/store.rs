//! The store: can it be read, and is it of this version. Nothing is created or changed.

use std::path::Path;

use amz_store::sqlite::{SqlitePaths, Tables, tables_of_inbox, tables_of_state};
use secrecy::ExposeSecret;

use super::finding::{Area, Finding};
use crate::settings::StoreSettings;

const STATE: &str = "store_state";
const INBOX: &str = "store_inbox";

pub(super) async fn examine(settings: &StoreSettings) -> Vec<Finding> {
    let paths = match SqlitePaths::from_url(settings.url.expose_secret()) {
        Ok(paths) => paths,
        Err(error) => {
            return vec![Finding::failed(Area::Store, STATE, error.code(), "correct `store.url`")];
        }
    };
    let (state, inbox) = tokio::join!(tables_of_state(&paths.state), tables_of_inbox(&paths.inbox));
    let judged = [judge(STATE, &paths.state, state), judge(INBOX, &paths.inbox, inbox)];
    judged.into()
}

fn judge(check: &'static str, path: &Path, tables: Result<Tables, amz_store::OpenError>) -> Finding {
    let path = path.display();
    match tables {
        Ok(Tables::Current { versions }) => {
            Finding::ok(Area::Store, check, format!("{path}: {versions} steps, up to date"))
        }
        Ok(Tables::Absent) => Finding::warning(
            Area::Store,
            check,
            format!("{path} is not there yet"),
            "nothing, before the first start: `amz serve` makes it. Later: correct `store.url`, or restore the file",
        ),
        Ok(Tables::Older { missing }) => Finding::warning(
            Area::Store,
            check,
            format!("{path}: {missing} steps behind this version"),
            "restart the processes with this version: the start brings the tables up to date",
        ),
        Ok(Tables::Newer { unknown }) => Finding::failed(
            Area::Store,
            check,
            format!("{path}: {unknown} steps ahead of this version"),
            "run the version that made the tables, or a newer one",
        ),
        Err(error) => {
            let found = format!("{path} cannot be read [{}]: {}", error.code(), causes(&error));
            Finding::failed(Area::Store, check, found, "let this user read the file and its folder")
        }
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut beneath = error.source();
    while let Some(cause) = beneath {
        text = format!("{text}: {cause}");
        beneath = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::finding::Outcome;
    use super::*;

    #[test]
    fn only_tables_that_this_version_does_not_know_or_cannot_read_fail() {
        let outcome = |tables| judge(STATE, Path::new("x-state.db"), Ok(tables)).outcome;
        assert_eq!(outcome(Tables::Current { versions: 3 }), Outcome::Ok);
        assert_eq!(outcome(Tables::Absent), Outcome::Warning);
        assert_eq!(outcome(Tables::Older { missing: 1 }), Outcome::Warning);
        assert_eq!(outcome(Tables::Newer { unknown: 1 }), Outcome::Failed);
    }
}
