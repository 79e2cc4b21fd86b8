//! `amz demo`: the main job from end to end, against the pretend vendors, over real HTTP.

mod compare;
pub(crate) mod orders;
mod play;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use amz_app::settings::Settings;
use amz_app::{Roles, Running};
use amz_domain::SalesOrderId;
use amz_sandbox::{RunningSandbox, Sandbox};
use amz_services::timeline::TimelineEntry;
use amz_services::work::{Lane, LaneKey};
use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::arguments::DemoOptions;
use crate::command::explain;
use crate::output::{Output, table};
use crate::rehearsal::{self, CONNECTION};
use compare::{Standing, compare};
use play::Play;

/// How long nothing may move before a rehearsal is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a rehearsal comes to.
#[derive(Serialize)]
struct Report {
    agree: bool,
    orders: Vec<Standing>,
    timelines: BTreeMap<String, Vec<TimelineEntry>>,
    amazon_calls: usize,
    netsuite_calls: usize,
    seconds: u64,
}

/// Runs the rehearsal. Success means that both sides agree.
pub(crate) async fn run(options: DemoOptions, output: &Output) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let folder = Folder::open(options.data.clone())?;
    let orders = orders::load(options.orders.as_deref(), options.orders_count)?;

    let sandbox_settings = rehearsal::sandbox_settings(options.seed, options.faults);
    let sandbox =
        Sandbox::start(sandbox_settings.clone()).await.context("the pretend vendors did not start")?;
    let ids =
        sandbox.sandbox.netsuite.load_sales_orders(orders).context("the sales orders could not be loaded")?;
    rehearsal::add_faults(&sandbox, options.seed, options.faults);

    let configuration = rehearsal::configuration(&sandbox, &sandbox_settings, folder.path(), "127.0.0.1:0");
    let settings = Settings::from_toml(&configuration, &BTreeMap::new(), folder.path())?;
    amz_app::process::install_logs(&settings);
    let running = amz_app::start(&settings, Roles { webhook: true, sync: true }).await?;
    let webhook = format!("http://{}", running.address().context("the webhook role has no address")?);
    sandbox.sandbox.amazon.subscribe(rehearsal::subscription(&webhook));

    let stage = Stage { running: &running, sandbox: &sandbox, seed: options.seed };
    let play = Play::new(&sandbox.sandbox.amazon, options.seed);
    stage.settle("sales orders go to Amazon", ids.len()).await?;
    let shipped = play.ship()?;
    stage.settle("parcels leave", shipped).await?;
    let milestones = play.pass_milestones()?;
    stage.settle("parcels pass milestones", milestones).await?;
    let delivered = play.deliver()?;
    stage.settle("parcels arrive", delivered).await?;
    let calls = (
        sandbox_calls(&sandbox, amz_sandbox::Vendor::Amazon),
        sandbox_calls(&sandbox, amz_sandbox::Vendor::NetSuite),
    );

    // the last word has both vendors on a good day
    sandbox.sandbox.faults.clear();
    let mut report = report(&running, &ids).await?;
    (report.amazon_calls, report.netsuite_calls) = calls;
    report.seconds = began.elapsed().as_secs();
    output.write(&report, || text(&report))?;
    let agree = report.agree;
    if options.keep {
        eprintln!("\nEverything keeps running; end it with Ctrl-C.");
        eprintln!("  pretend Amazon    {}", sandbox.amazon_url());
        eprintln!("  pretend NetSuite  {}", sandbox.netsuite_url());
        eprintln!("  control           {}", sandbox.control_url());
        eprintln!("  webhook role      {webhook}");
        eprintln!("  database          {}", folder.path().display());
        amz_app::process::asked_to_end().await;
    }
    running.stop().await;
    sandbox.shutdown().await;
    folder.close()?;
    Ok(if agree { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The stage on which the rehearsal is played.
struct Stage<'demo> {
    running: &'demo Running,
    sandbox: &'demo RunningSandbox,
    seed: u64,
}

impl Stage<'_> {
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
        Ok(amazon.orders().len() * 1_000_000 + fulfillments * 1_000 + waiting)
    }
}

fn sandbox_calls(sandbox: &RunningSandbox, vendor: amz_sandbox::Vendor) -> usize {
    sandbox.sandbox.calls.all().iter().filter(|call| call.vendor == vendor).count()
}

/// Reads both sides and the timelines.
async fn report(running: &Running, ids: &[u64]) -> anyhow::Result<Report> {
    let connection = running.connections().first().context("the rehearsal has no connection")?;
    let operations = running.operations().context("the rehearsal has no sync role")?;
    let (mut orders, mut timelines) = (Vec::new(), BTreeMap::new());
    for id in ids {
        let id = SalesOrderId::new(id.to_string());
        orders.push(compare(connection, &id).await?);
        let key = LaneKey { connection: CONNECTION.into(), lane: Lane::SalesOrder(id.clone()) };
        timelines.insert(id.to_string(), operations.timeline(&key).await?);
    }
    let agree = orders.iter().all(|standing| standing.differences.is_empty());
    Ok(Report { agree, orders, timelines, amazon_calls: 0, netsuite_calls: 0, seconds: 0 })
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
        "agree",
    ];
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
        differences,
    } = standing;
    let agree =
        if differences.is_empty() { "yes".to_owned() } else { format!("NO: {}", differences.join("; ")) };
    [number, status, sync_state, fulfilled]
        .into_iter()
        .cloned()
        .chain([fulfillments.to_string(), amazon_order.clone(), packages.clone(), agree])
        .collect()
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

    fn close(self) -> anyhow::Result<()> {
        match self {
            Self::Kept(_) => Ok(()),
            Self::Passing(path) => std::fs::remove_dir_all(&path)
                .with_context(|| format!("{} could not be removed", path.display())),
        }
    }
}
