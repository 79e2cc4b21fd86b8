//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use url::Url;

use crate::store_arguments::StoreAction;

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
    /// Every call to Amazon and NetSuite, and what was ignored as our own echo. `amz audit list` is the same.
    Audit(AuditArguments),
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
    /// Compare open orders, and those touched since, on both sides; repair what differs.
    Reconcile(ReconcileOptions),
    /// Bring one sales order in step with Amazon now.
    Fetch(FetchOptions),
    /// Look at all sales orders created in a range; those that another connector sent are adopted.
    Backfill(BackfillOptions),
    /// Link the orders that another connector sent to Amazon (`adoption.order_id_fields`); nothing is sent.
    Adopt(AdoptOptions),
    /// Stock: compare it, and what came of it.
    Inventory {
        #[command(subcommand)]
        action: InventoryAction,
    },
    /// Look whether everything is there, open and as it should be. Writes nothing at a vendor; exit code 1 when something failed.
    Doctor(DoctorOptions),
    /// Amazon's event subscriptions.
    Subscribe {
        #[command(subcommand)]
        action: SubscribeAction,
    },
    /// The NetSuite side.
    Netsuite {
        #[command(subcommand)]
        action: NetsuiteAction,
    },
    /// The store: bring it up to date, move it, look through it, archive what is old.
    Store {
        #[command(subcommand)]
        action: StoreAction,
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
    /// A PostgreSQL database instead of SQLite files: `postgres://user:password@host/database`. Must be empty; kept
    /// afterwards.
    #[arg(long, env = "AMZ_DEMO_STORE", hide_env_values = true, value_name = "URL")]
    pub(crate) store: Option<String>,
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

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct AuditArguments {
    #[command(flatten)]
    options: AuditOptions,
    #[command(subcommand)]
    action: Option<AuditAction>,
}

impl AuditArguments {
    /// What is wanted, in either way of saying it.
    pub(crate) fn options(self) -> AuditOptions {
        match self.action {
            Some(AuditAction::List(options)) => options,
            None => self.options,
        }
    }
}

#[derive(Debug, Subcommand)]
enum AuditAction {
    /// Lists the entries, as `amz audit` does.
    List(AuditOptions),
}

#[derive(Debug, Args)]
pub(crate) struct AuditOptions {
    /// Only of this sales order, by its internal id, or of a lane such as `stock/levels`.
    #[arg(long, value_name = "ORDER")]
    pub(crate) order: Option<String>,
    /// Which connection; needed when there are several.
    #[arg(long)]
    pub(crate) connection: Option<String>,
    /// Not before: so long ago (`24h`), a day, or an instant.
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,
    /// Before: so long ago (`24h`), a day, or an instant.
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<String>,
    /// Only calls that failed.
    #[arg(long)]
    pub(crate) failed: bool,
    /// Only what comes after this entry, by its position.
    #[arg(long, value_name = "POSITION")]
    pub(crate) after: Option<String>,
    /// At most so many entries, the oldest first.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) limit: u32,
    /// Show what was sent and answered, without secrets and personal data. JSON always has it.
    #[arg(long)]
    pub(crate) bodies: bool,
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

/// How a reconciliation is asked for.
#[derive(Debug, Args)]
pub(crate) struct AskingOptions {
    /// Which connection; needed when there are several.
    #[arg(long)]
    pub(crate) connection: Option<String>,
    /// Only say what would be done; nothing is written.
    #[arg(long)]
    pub(crate) plan: bool,
    /// Wait for the end and show what came of it (the default).
    #[arg(long, overrides_with = "no_follow")]
    pub(crate) follow: bool,
    /// Only hand the command over.
    #[arg(long)]
    pub(crate) no_follow: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ReconcileOptions {
    #[command(subcommand)]
    pub(crate) action: Option<ReconcileAction>,
    #[command(flatten)]
    pub(crate) asking: AskingOptions,
    /// Besides open orders, look at those touched since: an instant, a date, or how long ago (`26h`, `3d`). By default
    /// since the last reconciliation that was completed.
    #[arg(long, value_name = "WHEN", conflicts_with = "order")]
    pub(crate) since: Option<String>,
    /// Only this sales order, by internal id; may be given several times.
    #[arg(long, value_name = "ORDER")]
    pub(crate) order: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReconcileAction {
    /// How the latest reconciliations fare.
    Status {
        /// Which connection; needed when there are several.
        #[arg(long)]
        connection: Option<String>,
    },
    /// What a reconciliation found. Exit code 1 when a person must look.
    Report {
        /// Which connection; needed when there are several.
        #[arg(long)]
        connection: Option<String>,
        /// Which one; the latest by default.
        #[arg(long, value_name = "ID")]
        run: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct FetchOptions {
    /// Internal id of the sales order.
    pub(crate) order: String,
    #[command(flatten)]
    pub(crate) asking: AskingOptions,
}

#[derive(Debug, Args)]
pub(crate) struct BackfillOptions {
    /// Sales orders created from then on: a date in the account's zone, an instant, or how long ago (`90d`).
    #[arg(long, value_name = "WHEN")]
    pub(crate) from: String,
    /// Sales orders created before then.
    #[arg(long, value_name = "WHEN")]
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) asking: AskingOptions,
}

#[derive(Debug, Args)]
pub(crate) struct AdoptOptions {
    #[command(flatten)]
    pub(crate) asking: AskingOptions,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NetsuiteAction {
    /// Write the project that is deployed into the NetSuite account: scripts, fields, record types, role.
    Bundle(BundleArguments),
}

#[derive(Debug, Args)]
pub(crate) struct BundleArguments {
    /// Folder for the project. Must be empty or not there yet.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Where NetSuite reaches the webhook role, for example `https://amz.example.com`.
    #[arg(long)]
    pub(crate) url: Url,
    /// In place of `amz` in the names of fields and record types that the configuration has not renamed.
    #[arg(long)]
    pub(crate) prefix: Option<String>,
    /// Which connection; needed when there are several.
    #[arg(long)]
    pub(crate) connection: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// Report every fault of the configuration, with what is set at run time, each with its key.
    Check,
    /// Every key with its value and where it came from; secrets are not shown.
    Show,
    /// Change settings while the software runs: all that is asked for, or nothing.
    Set(SetOptions),
    /// Who changed settings, when and what.
    History {
        #[command(flatten)]
        settings: SettingsOptions,
        /// So many of the latest versions.
        #[arg(long, default_value_t = 20, value_name = "COUNT")]
        limit: u32,
    },
    /// The keys that two versions have other values for.
    Diff {
        #[command(flatten)]
        settings: SettingsOptions,
        /// The older version; 0 is the configuration alone.
        #[arg(long, default_value_t = 0, value_name = "VERSION")]
        from: u64,
        /// The newer version; the latest by default.
        #[arg(long, value_name = "VERSION")]
        to: Option<u64>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SettingsOptions {
    /// Which connection; needed when there are several.
    #[arg(long)]
    pub(crate) connection: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SetOptions {
    /// Keys and values, for example `policy.hold=10m`; lists and tables as in the configuration, in quotes.
    #[arg(value_name = "KEY=VALUE", required_unless_present = "unset")]
    pub(crate) changes: Vec<String>,
    /// Give a key back to the configuration; may be given several times.
    #[arg(long, value_name = "KEY")]
    pub(crate) unset: Vec<String>,
    #[command(flatten)]
    pub(crate) settings: SettingsOptions,
    /// Why, for the history.
    #[arg(long, default_value = "")]
    pub(crate) note: String,
    /// Who, for the history; the operating system's user by default.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Only if this is still the latest version.
    #[arg(long, value_name = "VERSION")]
    pub(crate) seen: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorOptions {
    /// Only this connection.
    #[arg(long)]
    pub(crate) connection: Option<String>,
    /// Only these, separated by commas.
    #[arg(long, value_name = "AREA,…", value_delimiter = ',')]
    pub(crate) only: Vec<DoctorArea>,
}

/// What the doctor looks at.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum DoctorArea {
    /// The NetSuite account.
    Netsuite,
    /// Amazon's APIs.
    Amazon,
    /// How Amazon and the bundle reach us.
    Webhook,
    /// Our store.
    Store,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SubscribeAction {
    /// Every subscription of the business product, and whether it is ours.
    List(SubscribeOptions),
    /// Make our auth profile and the subscriptions that are missing; those of others stay.
    Ensure {
        #[command(flatten)]
        options: SubscribeOptions,
        /// Only say what would be made.
        #[arg(long)]
        dry_run: bool,
    },
    /// End our subscriptions: those that send to our address.
    Remove {
        #[command(flatten)]
        options: SubscribeOptions,
        /// Only these; needed where Amazon does not show addresses.
        #[arg(long, value_name = "ID")]
        id: Vec<String>,
        /// Really end them.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SubscribeOptions {
    /// Which connection; needed when there are several.
    #[arg(long)]
    pub(crate) connection: Option<String>,
}
