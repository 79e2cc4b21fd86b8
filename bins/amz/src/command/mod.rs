//! One file per command.

pub(crate) mod approve;
pub(crate) mod config;
pub(crate) mod explain;
pub(crate) mod parked;
pub(crate) mod reject;
pub(crate) mod retry;
pub(crate) mod sandbox;
pub(crate) mod serve;

use std::path::Path;

use amz_app::process;
use amz_app::settings::Settings;
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

/// The lane that an order on the command line means.
fn lane_key(settings: &Settings, options: &OrderOptions) -> Result<LaneKey, WrongUse> {
    let names: Vec<&str> = settings.connections.iter().map(|connection| connection.name.as_str()).collect();
    let connection = match (&options.connection, names.as_slice()) {
        (Some(wanted), names) if names.contains(&wanted.as_str()) => wanted.as_str(),
        (Some(wanted), _) => {
            return Err(WrongUse(format!(
                "no connection is called {wanted:?}; there are: {}",
                names.join(", ")
            )));
        }
        (None, [only]) => only,
        (None, _) => return Err(WrongUse(format!("--connection is needed, one of: {}", names.join(", ")))),
    };
    let lane = match options.order.parse::<Lane>() {
        Ok(lane) => lane,
        Err(_) if !options.order.is_empty() && options.order.chars().all(|c| c.is_ascii_digit()) => {
            Lane::SalesOrder(options.order.as_str().into())
        }
        Err(not_a_lane) => {
            return Err(WrongUse(format!("{not_a_lane}, or the internal id of a sales order")));
        }
    };
    Ok(LaneKey { connection: connection.into(), lane })
}

/// The configuration with logs installed as it says.
fn settings(config: Option<&Path>) -> anyhow::Result<Settings> {
    Ok(process::load(config)?)
}
