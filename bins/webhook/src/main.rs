//! `amz-webhook`: receives notices from Amazon and from NetSuite and makes them durable.

use std::path::PathBuf;
use std::process::ExitCode;

use amz_app::Roles;
use clap::Parser;

/// Receives notices from Amazon and from NetSuite and makes them durable.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Configuration file (TOML). Without it, the environment alone (AMZ__…).
    #[arg(long, env = "AMZ_CONFIG")]
    config: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { config } = Arguments::parse();
    amz_app::process::run(config.as_deref(), Roles { webhook: true, sync: false }).await
}
