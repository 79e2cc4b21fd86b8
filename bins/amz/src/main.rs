//! `amz`: serve, rehearse, explain and repair from the shell.

mod arguments;
mod command;
mod demo;
mod output;
mod rehearsal;
mod store_arguments;
mod transfer_progress;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { config, json, command } = Arguments::parse();
    let output = output::Output { json };
    let ended = match command {
        Command::Serve => return command::serve::run(config.as_deref()).await,
        Command::Demo(options) => demo::run(options, &output).await,
        Command::Sandbox(options) => command::sandbox::run(options, &output).await,
        Command::Explain(order) => command::explain::run(config.as_deref(), order, &output).await,
        Command::Audit(arguments) => command::audit::run(config.as_deref(), arguments, &output).await,
        Command::Parked { connection } => command::parked::run(config.as_deref(), connection, &output).await,
        Command::Retry(order) => command::retry::run(config.as_deref(), order, &output).await,
        Command::Approve { order, subject } => {
            command::approve::run(config.as_deref(), order, subject, &output).await
        }
        Command::Reject { order, subject, reason } => {
            command::reject::run(config.as_deref(), order, subject, reason, &output).await
        }
        Command::Inventory { action } => command::inventory::run(config.as_deref(), action, &output).await,
        Command::Doctor(options) => command::doctor::run(config.as_deref(), options, &output).await,
        Command::Subscribe { action } => command::subscribe::run(config.as_deref(), action, &output).await,
        Command::Config { action } => command::config::run(config.as_deref(), action, &output).await,
        Command::Netsuite { action } => command::netsuite::run(config.as_deref(), action, &output),
        Command::Store { action } => command::store::run(config.as_deref(), action, &output).await,
        Command::Reconcile(options) => command::reconcile::run(config.as_deref(), options, &output).await,
        Command::Fetch(options) => command::fetch::run(config.as_deref(), options, &output).await,
        Command::Backfill(options) => command::backfill::run(config.as_deref(), options, &output).await,
        Command::Adopt(options) => command::adopt::run(config.as_deref(), options, &output).await,
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            let unusable =
                error.is::<amz_app::settings::ConfigurationFaults>() || error.is::<command::WrongUse>();
            if unusable { ExitCode::from(amz_app::process::WRONG_USE) } else { ExitCode::FAILURE }
        }
    }
}
