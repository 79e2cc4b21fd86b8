//! `amz config`: check a configuration, or show what it comes to.

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::settings;
use crate::arguments::ConfigAction;
use crate::output::Output;

pub(crate) fn run(config: Option<&Path>, action: ConfigAction, output: &Output) -> anyhow::Result<ExitCode> {
    match action {
        ConfigAction::Check => match amz_app::process::load(config) {
            Ok(settings) => {
                let names: Vec<&str> =
                    settings.connections.iter().map(|connection| connection.name.as_str()).collect();
                let document = json!({"faults": [], "connections": names});
                output.write(&document, || format!("no faults; connections: {}\n", names.join(", ")))?;
                Ok(ExitCode::SUCCESS)
            }
            Err(faults) => {
                output.write(&faults, || format!("{faults}\n"))?;
                Ok(ExitCode::FAILURE)
            }
        },
        ConfigAction::Show => {
            let settings = settings(config)?;
            output.write(settings.describe(), || format!("{}\n", settings.describe()))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
