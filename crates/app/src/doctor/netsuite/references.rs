//! Locations, accounts, subsidiary and bins that the settings name: there, and active.

use std::collections::BTreeMap;

use amz_connector::netsuite::suiteql::Row;
use amz_services::failure::{Failure, PortError};
use amz_services::settings::StockWriting;

use super::super::finding::{Area, Finding, told};
use super::super::parallel;
use super::gate::{Gate, Reach};
use crate::settings::ConnectionSettings;

/// What a reference leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Location,
    Account,
    Subsidiary,
    Bin,
}

impl Target {
    fn check(self) -> &'static str {
        match self {
            Self::Location => "netsuite_location",
            Self::Account => "netsuite_account",
            Self::Subsidiary => "netsuite_subsidiary",
            Self::Bin => "netsuite_bin",
        }
    }

    /// Its table in the query service.
    fn table(self) -> &'static str {
        match self {
            Self::Location => "location",
            Self::Account => "account",
            Self::Subsidiary => "subsidiary",
            Self::Bin => "bin",
        }
    }

    fn permission(self) -> &'static str {
        match self {
            Self::Location => "Locations (LIST_LOCATION), View",
            Self::Account => "Accounts (LIST_ACCOUNT), View",
            Self::Subsidiary => "Subsidiaries (LIST_SUBSIDIARY), View",
            Self::Bin => "Bins (LIST_BIN), View",
        }
    }
}

/// References of the settings: target and internal id, with the keys that name it.
fn wanted(connection: &ConnectionSettings) -> BTreeMap<(Target, String), Vec<&'static str>> {
    let mut wanted: BTreeMap<(Target, String), Vec<&'static str>> = BTreeMap::new();
    let mut add = |target: Target, id: Option<&str>, key: &'static str| {
        if let Some(id) = id {
            wanted.entry((target, id.to_owned())).or_default().push(key);
        }
    };
    let services = &connection.services;
    add(Target::Location, services.amazon_location.as_ref().map(|id| id.as_str()), "mapping.amazon_location");
    add(
        Target::Location,
        services.returns.return_location.as_ref().map(|id| id.as_str()),
        "mapping.return_location",
    );
    add(
        Target::Location,
        services.returns.damaged_location.as_ref().map(|id| id.as_str()),
        "mapping.damaged_location",
    );
    add(Target::Account, services.refunds.account.as_ref().map(|id| id.as_str()), "mapping.refund_account");
    if let Some(stock) = &connection.stock {
        let inventory = &stock.inventory;
        if inventory.write == StockWriting::Adjustment {
            let account = stock.adjustment_account.as_ref().map(|id| id.as_str());
            add(Target::Account, account, "mapping.adjustment_account");
        }
        let subsidiary = inventory.subsidiary.as_ref().map(|id| id.as_str());
        add(Target::Subsidiary, subsidiary, "mapping.subsidiary");
        if let StockWriting::BinTransfer(bins) = &inventory.write {
            add(Target::Bin, Some(bins.sellable.as_str()), "inventory.sellable_bin");
            add(Target::Bin, Some(bins.unsellable.as_str()), "inventory.unsellable_bin");
        }
    }
    wanted
}

pub(super) async fn examine(connection: &ConnectionSettings, gate: &Gate, reach: Reach) -> Vec<Finding> {
    let wanted = wanted(connection);
    if !reach.queries {
        let skipped = |(target, id): &(Target, String)| {
            Finding::skipped(Area::NetSuite, target.check(), format!("{} {id}: not known", target.table()))
        };
        return wanted.keys().map(skipped).collect();
    }
    let looked = wanted.into_iter().map(|((target, id), keys)| {
        let gate = gate.clone();
        async move {
            let text = format!(
                "SELECT x.id AS id, x.isinactive AS inactive FROM {} x WHERE x.id = ?",
                target.table()
            );
            let rows = gate.rows(&text, &[&id]).await;
            judge(target, &id, &keys, rows)
        }
    });
    parallel::all(looked).await
}

fn judge(target: Target, id: &str, keys: &[&str], rows: Result<Vec<Row>, PortError>) -> Finding {
    let named = format!("{} {id} (`{}`)", target.table(), keys.join("`, `"));
    match rows {
        Ok(rows) => match rows.first() {
            None => Finding::failed(
                Area::NetSuite,
                target.check(),
                format!("{named} does not exist, or the role cannot see it"),
                format!(
                    "correct the internal id, or take the role's restriction to other records off; a sandbox account \
                     may have other ids than production. The role also needs {}",
                    target.permission()
                ),
            ),
            Some(row) if row.get("inactive").is_some_and(|inactive| inactive == "T") => Finding::failed(
                Area::NetSuite,
                target.check(),
                format!("{named} is inactive"),
                "make it active again, or name another one",
            ),
            Some(_) => Finding::ok(Area::NetSuite, target.check(), format!("{named} is there and active")),
        },
        Err(error) if error.failure == Failure::Refused => Finding::failed(
            Area::NetSuite,
            target.check(),
            format!("{named}: {}", told(&error)),
            format!("give the role {}", target.permission()),
        ),
        Err(error) => Finding::unanswered(Area::NetSuite, target.check(), &error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Outcome;
    use super::*;

    fn row(inactive: &str) -> Row {
        [("id", "7"), ("inactive", inactive)].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn what_is_named_must_be_there_and_active() {
        let judged = |rows| judge(Target::Location, "7", &["mapping.amazon_location"], rows);
        assert_eq!(judged(Ok(vec![row("F")])).outcome, Outcome::Ok);
        assert_eq!(judged(Ok(vec![row("T")])).outcome, Outcome::Failed);
        let absent = judged(Ok(Vec::new()));
        assert_eq!((absent.outcome, absent.check), (Outcome::Failed, "netsuite_location"));
        assert!(absent.found.contains("mapping.amazon_location"));
        let denied = PortError::new("doctor.query", Failure::Refused, "INSUFFICIENT_PERMISSION", "no");
        assert!(judged(Err(denied)).fix.unwrap().contains("LIST_LOCATION"));
        let busy = PortError::new("doctor.query", Failure::Throttled { wait: None }, "http_429", "busy");
        assert_eq!(judged(Err(busy)).outcome, Outcome::Skipped);
    }
}
