//! One file per command.

pub(crate) mod adopt;
pub(crate) mod approve;
pub(crate) mod audit;
pub(crate) mod backfill;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod fetch;
mod handed_over;
pub(crate) mod inventory;
pub(crate) mod netsuite;
pub(crate) mod parked;
pub(crate) mod reconcile;
pub(crate) mod reject;
pub(crate) mod retry;
pub(crate) mod sandbox;
pub(crate) mod serve;
pub(crate) mod store;
pub(crate) mod subscribe;

use std::path::Path;

use amz_app::process;
use amz_app::settings::{ConnectionSettings, Settings};
use amz_services::work::{Lane, LaneKey};

use crate::arguments::OrderOptions;

/// The command line cannot be carried out as it stands.
#[derive(Debug)]
pub(crate) struct WrongUse(pub(crate) String);

impl std::fmt::Display for WrongUse {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for WrongUse {}

/// The connection that the command line means: the one it names, else the only one.
fn connection<'a>(settings: &'a Settings, wanted: Option<&str>) -> Result<&'a ConnectionSettings, WrongUse> {
    let names: Vec<&str> = settings.connections.iter().map(|connection| connection.name.as_str()).collect();
    match (wanted, settings.connections.as_slice()) {
        (Some(wanted), known) => {
            known.iter().find(|connection| connection.name.as_str() == wanted).ok_or_else(|| {
                WrongUse(format!("no connection is called {wanted:?}; there are: {}", names.join(", ")))
            })
        }
        (None, [only]) => Ok(only),
        (None, _) => Err(WrongUse(format!("--connection is needed, one of: {}", names.join(", ")))),
    }
}

/// The lane that an order on the command line means.
fn lane_key(settings: &Settings, options: &OrderOptions) -> Result<LaneKey, WrongUse> {
    let connection = connection(settings, options.connection.as_deref())?;
    let lane = match options.order.parse::<Lane>() {
        Ok(lane) => lane,
        Err(_) if !options.order.is_empty() && options.order.chars().all(|c| c.is_ascii_digit()) => {
            Lane::SalesOrder(options.order.as_str().into())
        }
        Err(not_a_lane) => {
            return Err(WrongUse(format!("{not_a_lane}, or the internal id of a sales order")));
        }
    };
    Ok(LaneKey { connection: connection.name.clone(), lane })
}

/// The configuration with logs installed as it says.
fn settings(config: Option<&Path>) -> anyhow::Result<Settings> {
    Ok(process::load(config)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings_of(names: &[&str]) -> Settings {
        let connection = |(index, name): (usize, &&str)| {
            format!(
                "[[connection]]\nname = \"{name}\"\n[connection.amazon.bwp]\nclient_id = \"c\"\nclient_secret = \"s\"\n\
                 target_id = \"bp-{index}\"\n[connection.amazon.webhook_auth]\nallow_unauthenticated = true\n\
                 [connection.netsuite]\naccount = \"{index}\"\ntimezone = \"UTC\"\n[connection.netsuite.auth.tba]\n\
                 consumer_key = \"k\"\nconsumer_secret = \"s\"\ntoken_id = \"i\"\ntoken_secret = \"t\"\n"
            )
        };
        let text: String = names.iter().enumerate().map(connection).collect();
        Settings::from_toml(&text, &Default::default(), Path::new("")).unwrap()
    }

    fn lane(settings: &Settings, order: &str, connection: Option<&str>) -> Result<String, String> {
        let options = OrderOptions { order: order.to_owned(), connection: connection.map(str::to_owned) };
        lane_key(settings, &options).map(|key| key.to_string()).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn lanes_of_orders_and_of_stock_can_be_named() {
        let one = settings_of(&["main"]);
        for (order, key) in [
            ("42", "main/order/42"),
            ("amazon-order/322-A", "main/amazon-order/322-A"),
            ("stock/levels", "main/stock/levels"),
            ("stock/reading", "main/stock/reading"),
        ] {
            assert_eq!(lane(&one, order, None).as_deref(), Ok(key));
        }
        assert!(lane(&one, "stock/shelves", None).unwrap_err().contains("stock/levels"));
    }

    #[test]
    fn of_several_connections_one_must_be_named() {
        let two = settings_of(&["main", "other"]);
        assert_eq!(lane(&two, "42", Some("other")).as_deref(), Ok("other/order/42"));
        assert!(lane(&two, "42", None).unwrap_err().contains("main, other"));
        assert!(lane(&two, "42", Some("third")).unwrap_err().contains("third"));
    }
}
