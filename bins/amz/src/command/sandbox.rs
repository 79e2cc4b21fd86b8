//! `amz sandbox`: the pretend vendors alone.

use std::path::Path;
use std::process::ExitCode;

use amz_sandbox::Sandbox;
use anyhow::Context;
use serde_json::json;

use crate::arguments::SandboxOptions;
use crate::demo::orders;
use crate::output::Output;
use crate::rehearsal;

pub(crate) async fn run(options: SandboxOptions, output: &Output) -> anyhow::Result<ExitCode> {
    let mut settings = rehearsal::sandbox_settings(options.seed, options.faults);
    settings.listen = options.listen;
    let running = Sandbox::start(settings.clone()).await.context("the pretend vendors did not start")?;
    let orders = orders::load(options.orders.as_deref(), options.orders_count)?;
    let ids =
        running.sandbox.netsuite.load_sales_orders(orders).context("the sales orders could not be loaded")?;
    rehearsal::add_faults(&running, options.seed, options.faults);
    let configuration = rehearsal::configuration(&running, &settings, Path::new("."), "127.0.0.1:8080");
    let document = json!({
        "amazon": running.amazon_url(), "netsuite": running.netsuite_url(), "control": running.control_url(),
        "sales_orders": ids.len(), "configuration": configuration,
    });
    output.write(&document, || {
        format!(
            "pretend Amazon    {}\npretend NetSuite  {}\ncontrol           {}\nsales orders      {}\n\n\
             # A configuration for it (amz --config FILE serve):\n{configuration}",
            running.amazon_url(),
            running.netsuite_url(),
            running.control_url(),
            ids.len()
        )
    })?;
    eprintln!("running; end it with Ctrl-C");
    amz_app::process::asked_to_end().await;
    running.shutdown().await;
    Ok(ExitCode::SUCCESS)
}
