//! The store: can it be read, is it of this version, and does its server keep what it acknowledges. Nothing is created
//! or changed.

use std::time::Duration;

use amz_store::Tables;
use amz_store::{PartTables, ServerState, Store};

use super::finding::{Area, Finding};
use crate::settings::StoreSettings;

/// A transaction that is open for longer lets tables grow.
const LONG: Duration = Duration::from_secs(3600);

/// The check of a part of the store, what makes it when it is not there, and what to do when it cannot be read.
fn check_of(part: &str) -> (&'static str, &'static str, &'static str) {
    const FILE: (&str, &str) = (
        "nothing, before the first start: `amz serve` makes it. Later: correct `store.url`, or restore the file",
        "let this user read the file and its folder",
    );
    match part {
        "database" => (
            "store_database",
            "nothing, before the first start: it makes the tables. Later: correct `store.url`, or restore the database",
            "start the server, or correct `store.url`: host, user, password and database",
        ),
        "inbox" => ("store_inbox", FILE.0, FILE.1),
        _ => ("store_state", FILE.0, FILE.1),
    }
}

pub(super) async fn examine(settings: &StoreSettings) -> Vec<Finding> {
    let store = match Store::of(&settings.options()) {
        Ok(store) => store,
        Err(error) => {
            return vec![Finding::failed(Area::Store, "store_state", error.code(), "correct `store.url`")];
        }
    };
    let mut findings: Vec<Finding> = store.tables().await.into_iter().map(judge).collect();
    // a server that cannot be asked was found above already
    if let Ok(Some(server)) = store.server_state().await {
        findings.extend(judge_server(&server));
    }
    findings
}

fn judge_server(server: &ServerState) -> Vec<Finding> {
    let ServerState { oldest_transaction, not_durable } = server;
    let durable = match not_durable {
        None => Finding::ok(Area::Store, "store_durability", "a commit is on disk when it is answered"),
        Some(setting) => Finding::warning(
            Area::Store,
            "store_durability",
            format!("`{setting}` is off: acknowledged notices can be lost when the server crashes"),
            format!("set `{setting}` to on, for the server or for this database"),
        ),
    };
    let minutes = oldest_transaction.as_secs() / 60;
    let snapshots = if *oldest_transaction < LONG {
        Finding::ok(Area::Store, "store_snapshots", "no transaction has been open for long")
    } else {
        Finding::warning(
            Area::Store,
            "store_snapshots",
            format!("a transaction has been open for {minutes} minutes: tables and indexes grow meanwhile"),
            "find it in `pg_stat_activity` or `pg_prepared_xacts`, and end it; take backups from a replica",
        )
    };
    vec![durable, snapshots]
}

fn judge(part: PartTables) -> Finding {
    let PartTables { part, place, tables } = part;
    let (check, when_absent, when_unreadable) = check_of(part);
    match tables {
        Ok(Tables::Current { versions }) => {
            Finding::ok(Area::Store, check, format!("{place}: {versions} steps, up to date"))
        }
        Ok(Tables::Absent) => {
            Finding::warning(Area::Store, check, format!("{place} is not there yet"), when_absent)
        }
        Ok(Tables::Older { missing }) => Finding::warning(
            Area::Store,
            check,
            format!("{place}: {missing} steps behind this version"),
            "restart the processes with this version: the start brings the tables up to date",
        ),
        Ok(Tables::Newer { unknown }) => Finding::failed(
            Area::Store,
            check,
            format!("{place}: {unknown} steps ahead of this version"),
            "run the version that made the tables, or a newer one",
        ),
        Err(error) => {
            let found = format!("{place} cannot be read [{}]: {}", error.code(), causes(&error));
            Finding::failed(Area::Store, check, found, when_unreadable)
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
        let outcome = |tables| {
            judge(PartTables { part: "state", place: "x-state.db".to_owned(), tables: Ok(tables) }).outcome
        };
        assert_eq!(outcome(Tables::Current { versions: 3 }), Outcome::Ok);
        assert_eq!(outcome(Tables::Absent), Outcome::Warning);
        assert_eq!(outcome(Tables::Older { missing: 1 }), Outcome::Warning);
        assert_eq!(outcome(Tables::Newer { unknown: 1 }), Outcome::Failed);
    }

    #[test]
    fn a_server_that_forgets_or_holds_old_snapshots_is_a_warning() {
        let outcomes = |seconds, not_durable| {
            let oldest_transaction = Duration::from_secs(seconds);
            judge_server(&ServerState { oldest_transaction, not_durable })
                .into_iter()
                .map(|finding| finding.outcome)
                .collect::<Vec<_>>()
        };
        assert_eq!(outcomes(3599, None), [Outcome::Ok, Outcome::Ok]);
        assert_eq!(outcomes(3600, None), [Outcome::Ok, Outcome::Warning]);
        assert_eq!(outcomes(0, Some("synchronous_commit")), [Outcome::Warning, Outcome::Ok]);
    }
}
