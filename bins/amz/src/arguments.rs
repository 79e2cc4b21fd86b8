//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use url::Url;

/// Keeps NetSuite and Amazon fulfilment in step.
#[derive(Debug, Parser)]
#[command(version, name = "amz")]
pub(crate) struct Arguments {
    /// Configuration file (TOML). Without it, the environment alone (AMZ__…).
    #[arg(long, global = true, env = "AMZ_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// One JSON document on standard output instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Both roles in one process.
    Serve,
    /// A whole rehearsal against the pretend vendors; succeeds only if both sides agree at the end.
    Demo(DemoOptions),
    /// The pretend Amazon and NetSuite alone.
    Sandbox(SandboxOptions),
    /// Everything that is known to have happened to an order, and what happens next.
    Explain(OrderOptions),
    /// What needs a person.
    Parked {
        /// Only this connection.
        #[arg(long)]
        connection: Option<String>,
    },
    /// Look at an order again now; of `stock/levels`, compare all stock.
    Retry(OrderOptions),
    /// Approve what a parked item waits for, for example a large refund.
    Approve {
        #[command(flatten)]
        order: OrderOptions,
        /// The parked subject as `amz parked` shows it, for example `refund/<id>`.
        subject: String,
    },
    /// Tell Amazon that a refund which it asks for will not be paid.
    Reject {
        #[command(flatten)]
        order: OrderOptions,
        /// The refund as `amz parked` shows it: `refund/<id>`.
        subject: String,
        /// Why, in Amazon's word, for example `RETURN_WINDOW_EXPIRED`.
        #[arg(long, value_name = "WORD")]
        reason: String,
    },
    /// Stock: compare it, and what came of it.
    Inventory {
        #[command(subcommand)]
        action: InventoryAction,
    },
    /// The configuration.
    Config {
        #[command(subcommand)]
        action: ConfigAction,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// Sales orders with their lines in NetSuite's REST shape: a JSON array, JSON lines, a collection or one order.
    #[arg(long)]
    pub(crate) orders: Option<PathBuf>,
    /// How many orders, made from the loaded ones.
    #[arg(long)]
    pub(crate) orders_count: Option<usize>,
    /// What goes wrong on the way.
    #[arg(long)]
    pub(crate) faults: Option<FaultProfile>,
    /// Chooses the story and the faults.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Folder for the database; kept afterwards. Must not hold one yet.
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// Leave everything running and print the URLs.
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FaultProfile {
    /// A bad day.
    Light,
    /// A terrible day.
    Heavy,
}

#[derive(Debug, Args)]
pub(crate) struct SandboxOptions {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8099")]
    pub(crate) listen: SocketAddr,
    /// Where the webhook role will be: Amazon's events go there, and the configuration has it listen there.
    #[arg(long, default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub(crate) webhook: Url,
    /// Sales orders to load, in NetSuite's REST shape; the built-in ones by default.
    #[arg(long)]
    pub(crate) orders: Option<PathBuf>,
    /// How many orders, made from the loaded ones.
    #[arg(long)]
    pub(crate) orders_count: Option<usize>,
    /// What goes wrong.
    #[arg(long)]
    pub(crate) faults: Option<FaultProfile>,
    /// Chooses the faults.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct OrderOptions {
    /// Internal id of the sales order, or a lane such as `amazon-order/322-…` or `stock/levels`.
    pub(crate) order: String,
    /// Which connection; needed when there are several.
    #[arg(long)]
    pub(crate) connection: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum InventoryAction {
    /// Compare all stock, or that of some SKUs, and repair what differs.
    Sync(SyncOptions),
    /// How the latest runs fare. Exit code 1 when the last one needs a person.
    Status(StockOptions),
    /// What a run found.
    Report(ReportOptions),
    /// The table of SKUs with all that the last report names, for `inventory.aliases`.
    Aliases {
        #[command(flatten)]
        stock: StockOptions,
        /// Where to write it.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct StockOptions {
    /// Which connection; needed when there are several.
    #[arg(long)]
    pub(crate) connection: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SyncOptions {
    #[command(flatten)]
    pub(crate) stock: StockOptions,
    /// Only compare; write nothing.
    #[arg(long)]
    pub(crate) plan: bool,
    /// Only these SKUs.
    #[arg(long, value_name = "SKU,…", value_delimiter = ',', conflicts_with = "skus_file")]
    pub(crate) skus: Vec<String>,
    /// Only the SKUs of this file, one a line.
    #[arg(long, value_name = "FILE")]
    pub(crate) skus_file: Option<PathBuf>,
    /// Follow the run that is under way, or go on with one that broke off.
    #[arg(long, conflicts_with_all = ["plan", "skus", "skus_file"])]
    pub(crate) resume: bool,
    /// Wait for the end and show what came of it (the default).
    #[arg(long, overrides_with = "no_follow")]
    pub(crate) follow: bool,
    /// Only hand the command over.
    #[arg(long)]
    pub(crate) no_follow: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReportOptions {
    #[command(flatten)]
    pub(crate) stock: StockOptions,
    /// Which run; the latest by default.
    #[arg(long, value_name = "ID")]
    pub(crate) run: Option<String>,
    /// Write all rows, with the arithmetic, as comma-separated values.
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// Report every fault of the configuration, each with its key.
    Check,
    /// Every key with its value and where it came from; secrets are not shown.
    Show,
}
