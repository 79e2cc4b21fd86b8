//! `amz-sync`: takes notices, follows NetSuite's change feed, and works on orders.

use std::path::PathBuf;
use std::process::ExitCode;

use amz_app::Roles;
use clap::Parser;

/// Takes notices, follows NetSuite's change feed, and works on orders.
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
    amz_app::process::run(config.as_deref(), Roles { webhook: false, sync: true }).await
}
