//! `amz demo`: the main job from end to end, against the pretend vendors, over real HTTP.

mod after_sales;
mod compare;
mod compare_documents;
mod compare_stock;
pub(crate) mod orders;
mod play;
mod reconciliation;
pub(crate) mod stock;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use amz_app::settings::{Settings, StoreSettings};
use amz_app::{Roles, Running};
use amz_domain::SalesOrderId;
use amz_sandbox::{RunningSandbox, Sandbox};
use amz_services::reconciliation::FindingOutcome;
use amz_services::timeline::TimelineEntry;
use amz_services::work::{Lane, LaneKey};
use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::arguments::DemoOptions;
use crate::command::{explain, reconcile};
use crate::output::{Output, table};
use crate::rehearsal::{self, CONNECTION};
use after_sales::AfterSales;
use compare::{Standing, compare};
use compare_stock::{StockStanding, compare_stock};
use play::Play;
use stock::{FullRun, StockedItem};

/// How long nothing may move before a rehearsal is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// The table of SKUs, beside the store.
const ALIASES: &str = "stock-aliases.csv";

/// What a rehearsal comes to.
#[derive(Serialize)]
struct Report {
    agree: bool,
    orders: Vec<Standing>,
    stock: Vec<StockStanding>,
    full_run: FullRun,
    reconciliation: reconcile::report::Report,
    timelines: BTreeMap<String, Vec<TimelineEntry>>,
    amazon_calls: usize,
    netsuite_calls: usize,
    seconds: u64,
}

/// Runs the rehearsal. Success means that both sides agree.
pub(crate) async fn run(options: DemoOptions, output: &Output) -> anyhow::Result<ExitCode> {
    let folder = Folder::open(options.data.clone())?;
    let store = match &options.store {
        Some(url) => empty_database(url).await?,
        None => rehearsal::store_in(folder.path()),
    };
    let sandbox_settings = rehearsal::sandbox_settings(options.seed, options.faults);
    let sandbox =
        Sandbox::start(sandbox_settings.clone()).await.context("the pretend vendors did not start")?;
    let configuration = rehearsal::configuration(&sandbox, &sandbox_settings, &store, "127.0.0.1:0", None);
    let ended = rehearse(&options, &sandbox, &configuration, &folder, output).await;
    sandbox.shutdown().await;
    ended
}

/// Loads the orders, starts both roles and plays. Whatever comes of it, nothing works on in the folder afterwards.
async fn rehearse(
    options: &DemoOptions,
    sandbox: &RunningSandbox,
    configuration: &str,
    folder: &Folder,
    output: &Output,
) -> anyhow::Result<ExitCode> {
    let ids = orders::load(&sandbox.sandbox.netsuite, options.orders.as_deref(), options.orders_count)?;
    let mut stocked = stock::stock_both_sides(&sandbox.sandbox)?;
    stock::write_aliases(&sandbox.sandbox, &mut stocked, &folder.path().join(ALIASES))?;
    let configuration = format!("{configuration}aliases = {ALIASES:?}\n");
    rehearsal::add_faults(sandbox, options.seed, options.faults);
    // what goes wrong on purpose is no news on the screen
    let environment = BTreeMap::from([("AMZ__LOG__FILTER".to_owned(), "error".to_owned())]);
    let settings = Settings::from_toml(&configuration, &environment, folder.path())?;
    amz_app::process::install_logs(&settings);
    let running = amz_app::start(&settings, Roles { webhook: true, sync: true }).await?;
    // an address on a server may carry a password
    let database = match options.store {
        Some(_) => "the one of --store".to_owned(),
        None => folder.path().display().to_string(),
    };
    let (store, seed) = (&settings.store, options.seed);
    let stage = Stage { running: &running, sandbox, stocked: &stocked, store, seed, database };
    let ended = stage.play(&ids, options.keep, output).await;
    running.stop().await;
    ended
}

/// The stage on which the rehearsal is played.
struct Stage<'demo> {
    running: &'demo Running,
    sandbox: &'demo RunningSandbox,
    stocked: &'demo [StockedItem],
    store: &'demo StoreSettings,
    seed: u64,
    /// Where its database is, for people.
    database: String,
}

impl Stage<'_> {
    /// Plays to the end and reports.
    async fn play(&self, ids: &[u64], keep: bool, output: &Output) -> anyhow::Result<ExitCode> {
        let Self { running, sandbox, stocked, store, seed, ref database } = *self;
        let began = Instant::now();
        let webhook = format!("http://{}", running.address().context("the webhook role has no address")?);
        sandbox.sandbox.amazon.subscribe(rehearsal::subscription(&webhook));

        let play = Play::new(&sandbox.sandbox.amazon, seed);
        let after_sales = AfterSales::new(&play, &sandbox.sandbox.netsuite);
        self.settle("sales orders go to Amazon", ids.len()).await?;
        let cancelled = after_sales.cancel()?;
        self.settle("staff cancel an order", cancelled).await?;
        let shipped = play.ship()?;
        self.settle("parcels leave", shipped).await?;
        let milestones = play.pass_milestones()?;
        self.settle("parcels pass milestones", milestones).await?;
        let billed = after_sales.bill()?;
        self.settle("staff bill what shipped", billed).await?;
        let delivered = play.deliver()?;
        self.settle("parcels arrive, or come to nothing", delivered).await?;
        let returned = after_sales.return_through_amazon()?;
        self.settle("shoppers return through Amazon", returned).await?;
        let authorized = after_sales.authorize()?;
        self.settle("shoppers return to the merchant", authorized).await?;
        let refunded = after_sales.refund()?;
        self.settle("staff refund", refunded).await?;
        let lost = play.deliver_unheard().await?;
        let reconciled = reconciliation::reconcile(store).await?;
        let asked = usize::try_from(reconciled.asked()).unwrap_or(usize::MAX);
        self.settle("a webhook is lost, and a reconciliation finds what it should have told", asked).await?;
        let changed = stock::change(&sandbox.sandbox, stocked)?;
        self.settle("stock changes at Amazon, and one event is lost", changed).await?;
        stock::drift(&sandbox.sandbox, stocked)?;
        let full_run = stock::full_run(store).await?;
        self.settle("staff miscount, and a full run puts stock right", stocked.len()).await?;
        let amazon_calls = sandbox_calls(sandbox, amz_sandbox::Vendor::Amazon);
        let netsuite_calls = sandbox_calls(sandbox, amz_sandbox::Vendor::NetSuite);

        // the last word has both vendors on a good day
        sandbox.sandbox.faults.clear();
        let orders = standings(running, sandbox, ids).await?;
        let connection =
            running.connections().into_iter().next().context("the rehearsal has no connection")?;
        let stock = compare_stock(&connection, stocked).await?;
        let report = Report {
            agree: orders.iter().all(|standing| standing.differences.is_empty())
                && stock.iter().all(|standing| standing.differences.is_empty())
                && full_run.differences().is_empty()
                && reconciled.count(FindingOutcome::Repaired) >= lost,
            orders,
            stock,
            full_run,
            reconciliation: reconciled,
            timelines: timelines(running, ids).await?,
            amazon_calls,
            netsuite_calls,
            seconds: began.elapsed().as_secs(),
        };
        output.write(&report, || text(&report))?;
        if keep {
            eprintln!("\nEverything keeps running; end it with Ctrl-C.");
            eprintln!("  pretend Amazon    {}", sandbox.amazon_url());
            eprintln!("  pretend NetSuite  {}", sandbox.netsuite_url());
            eprintln!("  control           {}", sandbox.control_url());
            eprintln!("  webhook role      {webhook}");
            eprintln!("  database          {database}");
            amz_app::process::asked_to_end().await;
        }
        Ok(if report.agree { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Waits until all events are delivered and all work is done.
    async fn settle(&self, what: &str, count: usize) -> anyhow::Result<()> {
        let bar = ProgressBar::new_spinner().with_message(format!("{what} ({count})"));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        let (mut calls, mut moved) = (self.sandbox.sandbox.calls.all().len(), Instant::now());
        loop {
            self.sandbox.sandbox.amazon.events_settled().await;
            if self.running.is_quiet().await? {
                bar.finish_and_clear();
                eprintln!("✓ {what} ({count})");
                return Ok(());
            }
            let now = self.work_done().await?;
            if now != calls {
                (calls, moved) = (now, Instant::now());
            }
            if moved.elapsed() > PATIENCE {
                bail!("{what}: nothing has moved for {} s (seed {})", PATIENCE.as_secs(), self.seed);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Grows while work is being done.
    async fn work_done(&self) -> anyhow::Result<usize> {
        let amazon = &self.sandbox.sandbox.amazon;
        let fulfillments = self.sandbox.sandbox.netsuite.fulfillments().len();
        let waiting = match self.running.operations() {
            Some(operations) => usize::try_from(operations.backlog().await?.lanes).unwrap_or(usize::MAX),
            None => 0,
        };
        let documents: usize = amz_domain::DocumentKind::ALL
            .iter()
            .map(|kind| self.sandbox.sandbox.netsuite.count(kind.as_str()))
            .sum();
        Ok(amazon.orders().len() * 1_000_000 + (fulfillments + documents) * 1_000 + waiting)
    }
}

fn sandbox_calls(sandbox: &RunningSandbox, vendor: amz_sandbox::Vendor) -> usize {
    sandbox.sandbox.calls.all().iter().filter(|call| call.vendor == vendor).count()
}

fn lane_of(id: &SalesOrderId) -> LaneKey {
    LaneKey { connection: CONNECTION.into(), lane: Lane::SalesOrder(id.clone()) }
}

/// Reads both sides of the orders.
async fn standings(
    running: &Running,
    sandbox: &RunningSandbox,
    ids: &[u64],
) -> anyhow::Result<Vec<Standing>> {
    let connection = running.connections().into_iter().next().context("the rehearsal has no connection")?;
    let operations = running.operations().context("the rehearsal has no sync role")?;
    let parked: BTreeSet<LaneKey> =
        operations.parked_items(None).await?.into_iter().map(|parked| parked.key).collect();
    let mut standings = Vec::with_capacity(ids.len());
    for id in ids {
        let loaded = sandbox.sandbox.netsuite.sales_order(*id);
        let number = loaded.as_ref().and_then(|order| order["tranId"].as_str()).unwrap_or("?").to_owned();
        let id = SalesOrderId::new(id.to_string());
        standings.push(compare(&connection, &id, number, parked.contains(&lane_of(&id))).await);
    }
    Ok(standings)
}

async fn timelines(running: &Running, ids: &[u64]) -> anyhow::Result<BTreeMap<String, Vec<TimelineEntry>>> {
    let operations = running.operations().context("the rehearsal has no sync role")?;
    let mut timelines = BTreeMap::new();
    for id in ids {
        let id = SalesOrderId::new(id.to_string());
        timelines.insert(id.to_string(), operations.timeline(&lane_of(&id)).await?);
    }
    Ok(timelines)
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for standing in &report.orders {
        text.push_str(&format!("{} (sales order {})\n", standing.number, standing.sales_order));
        let timeline = report.timelines.get(&standing.sales_order).map(|entries| explain::text(entries));
        text.push_str(&timeline.unwrap_or_default());
        text.push('\n');
    }
    let rows: Vec<Vec<String>> = report.orders.iter().map(row).collect();
    let header = [
        "order",
        "NetSuite",
        "our field",
        "fulfilled",
        "fulfilments",
        "Amazon order",
        "packages at Amazon",
        "after the sale",
        "agree",
    ];
    text.push_str(&table(&header, &rows));
    text.push('\n');
    text.push_str(&report.reconciliation.text());
    text.push('\n');
    text.push_str(&report.full_run.text());
    for difference in report.full_run.differences() {
        text.push_str(&format!("  NO: {difference}\n"));
    }
    text.push('\n');
    let rows: Vec<Vec<String>> = report.stock.iter().map(stock_row).collect();
    let header =
        ["item", "Amazon's figure", "not sent yet", "kept back", "ordered", "on hand", "available", "agree"];
    text.push_str(&table(&header, &rows));
    text.push_str(&format!(
        "\n{} orders, {} calls to Amazon, {} calls to NetSuite, {} s: {}\n",
        report.orders.len(),
        report.amazon_calls,
        report.netsuite_calls,
        report.seconds,
        if report.agree { "both sides agree" } else { "THE TWO SIDES DIFFER" }
    ));
    text
}

fn row(standing: &Standing) -> Vec<String> {
    let Standing {
        number,
        sales_order: _,
        status,
        sync_state,
        fulfilled,
        amazon_order,
        packages,
        fulfillments,
        after_sales,
        differences,
    } = standing;
    let agree = agree(differences);
    [number, status, sync_state, fulfilled]
        .into_iter()
        .cloned()
        .chain([fulfillments.to_string(), amazon_order.clone(), packages.clone(), after_sales.clone(), agree])
        .collect()
}

fn stock_row(standing: &StockStanding) -> Vec<String> {
    let StockStanding { item, amazon, unsent, kept_back, ordered, on_hand, available, differences } =
        standing;
    let units = |units: &Decimal| units.to_string();
    let figure = amazon.as_ref().map_or_else(|| "?".to_owned(), units);
    [item.clone(), figure]
        .into_iter()
        .chain([unsent, kept_back, ordered, on_hand, available].map(units))
        .chain([agree(differences)])
        .collect()
}

fn agree(differences: &[String]) -> String {
    if differences.is_empty() { "yes".to_owned() } else { format!("NO: {}", differences.join("; ")) }
}

/// The address of a database on a server that nobody has used as a store: a rehearsal touches no other's.
async fn empty_database(url: &str) -> anyhow::Result<String> {
    let settings = StoreSettings::at(url.to_owned().into());
    match amz_app::operator::is_unused(&settings)
        .await
        .context("--store names no database that can be used")?
    {
        true => Ok(url.to_owned()),
        false => bail!(
            "the database of --store holds a store already; a rehearsal wants an empty one, for example of `createdb amz_demo`"
        ),
    }
}

/// Where the database lies: a folder the caller chose, or one that goes away.
enum Folder {
    Kept(PathBuf),
    Passing(PathBuf),
}

impl Folder {
    fn open(chosen: Option<PathBuf>) -> anyhow::Result<Self> {
        let folder = match chosen {
            Some(path) => {
                if std::fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some()) {
                    bail!("{} is not empty; a rehearsal starts in a new folder", path.display());
                }
                Self::Kept(path)
            }
            None => Self::Passing(std::env::temp_dir().join(format!("amz-demo-{}", uuid::Uuid::now_v7()))),
        };
        let path = folder.path();
        std::fs::create_dir_all(path).with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(folder)
    }

    fn path(&self) -> &std::path::Path {
        match self {
            Self::Kept(path) | Self::Passing(path) => path,
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Self::Passing(path) = self
            && let Err(error) = std::fs::remove_dir_all(&*path)
        {
            eprintln!("{} could not be removed: {error}", path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_its_own_goes_away_and_a_chosen_one_stays() {
        let passing = Folder::open(None).unwrap();
        let path = passing.path().to_owned();
        std::fs::write(path.join("accelerator.db"), "rows").unwrap();
        drop(passing);
        assert!(!path.exists());

        let parent = tempfile::tempdir().unwrap();
        let chosen = parent.path().join("data");
        drop(Folder::open(Some(chosen.clone())).unwrap());
        assert!(chosen.is_dir());
    }
}
