//! `amz sandbox`: the pretend vendors alone.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use amz_app::settings::Settings;
use amz_app::subscriptions::{Subscriptions, ensure};
use amz_sandbox::Sandbox;
use anyhow::Context;
use chrono::Utc;
use serde::Serialize;
use url::{Host, Url};

use super::WrongUse;
use crate::arguments::SandboxOptions;
use crate::demo::{orders, stock};
use crate::output::Output;
use crate::rehearsal;

/// What somebody needs to play with the pretend vendors.
#[derive(Serialize)]
struct Playground {
    amazon: String,
    netsuite: String,
    control: String,
    webhook: String,
    sales_orders: usize,
    play: Vec<Step>,
    configuration: String,
}

/// One thing to do by hand.
#[derive(Serialize)]
struct Step {
    what: &'static str,
    command: String,
}

pub(crate) async fn run(options: SandboxOptions, output: &Output) -> anyhow::Result<ExitCode> {
    let listen = webhook_listen(&options.webhook)?;
    let webhook = options.webhook.as_str().trim_end_matches('/').to_owned();
    let mut settings = rehearsal::sandbox_settings(options.seed, options.faults);
    settings.listen = options.listen;
    let is_subscribed = is_called_by_amazon(&options.webhook);
    if !is_subscribed {
        settings.amazon.webhooks.subscriptions = vec![rehearsal::subscription(&webhook)];
    }
    let running = Sandbox::start(settings.clone()).await.context("the pretend vendors did not start")?;
    let ids = orders::load(&running.sandbox.netsuite, options.orders.as_deref(), options.orders_count)?;
    stock::stock_both_sides(&running.sandbox)?;
    rehearsal::provide_references(&running.sandbox)?;
    let public_url = is_subscribed.then_some(webhook.as_str());
    let configuration = rehearsal::configuration(
        &running,
        &settings,
        &rehearsal::store_in(Path::new(".")),
        &listen,
        public_url,
    );
    if is_subscribed {
        subscribe(&configuration).await?;
    }
    rehearsal::add_faults(&running, options.seed, options.faults);
    let playground = Playground {
        amazon: running.amazon_url(),
        netsuite: running.netsuite_url(),
        control: running.control_url(),
        webhook,
        sales_orders: ids.len(),
        play: steps(&running.control_url()),
        configuration,
    };
    output.write(&playground, || text(&playground))?;
    eprintln!("running; end it with Ctrl-C");
    amz_app::process::asked_to_end().await;
    running.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

/// Whether a subscription to this address can be made over the API: Amazon calls https, the pretend one also this machine.
fn is_called_by_amazon(webhook: &Url) -> bool {
    match webhook.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Subscribes the webhook role's address to all events, as `amz subscribe ensure` does.
async fn subscribe(configuration: &str) -> anyhow::Result<()> {
    let settings = Settings::from_toml(configuration, &BTreeMap::new(), Path::new("."))?;
    let public_url = settings.webhook.public_url.as_deref().context("there is no public address")?;
    let connection = settings.connections.first().context("there is no connection")?;
    let subscriptions = Subscriptions::of(connection, &Url::parse(public_url)?, Arc::new(Utc::now))?;
    ensure(&subscriptions, false).await.context("the pretend Amazon took no subscriptions")?;
    Ok(())
}

/// The address at which the webhook role has to listen to be found at a URL.
fn webhook_listen(webhook: &Url) -> Result<String, WrongUse> {
    let refused = || WrongUse(format!("--webhook {webhook}: expected http://ADDRESS:PORT"));
    let port = webhook.port_or_known_default().filter(|_| webhook.scheme() == "http").ok_or_else(refused)?;
    match webhook.host() {
        Some(Host::Ipv4(address)) => Ok(format!("{address}:{port}")),
        Some(Host::Ipv6(address)) => Ok(format!("[{address}]:{port}")),
        Some(Host::Domain("localhost")) => Ok(format!("127.0.0.1:{port}")),
        // somebody else's name: a role that listens everywhere is found there
        Some(Host::Domain(_)) => Ok(format!("0.0.0.0:{port}")),
        None => Err(refused()),
    }
}

/// How to play at the control interface; ORDER and PACKAGE come from the first answer.
fn steps(control: &str) -> Vec<Step> {
    let package = format!("{control}/amazon/orders/ORDER/packages/PACKAGE");
    let stock = format!("{control}/amazon/stock/MUG-BLUE");
    let json = "-H 'content-type: application/json' -d";
    let tracking = r#"{"carrier":"ups","tracking_number":"1Z0001"}"#;
    vec![
        Step {
            what: "Amazon's orders with their packages",
            command: format!("curl -s {control}/amazon/orders"),
        },
        Step {
            what: "a package leaves",
            command: format!(
                "curl -s -X POST {package}/ship -H 'content-type: application/json' -d '{tracking}'"
            ),
        },
        Step { what: "it arrives", command: format!("curl -s -X POST {package}/deliver") },
        Step {
            what: "Amazon has stock of a SKU",
            command: format!(r#"curl -s -X PUT {stock} {json} '{{"figures":{{"fulfillable":10}}}}'"#),
        },
        Step {
            what: "more of it arrives; likewise damage, sell-elsewhere, misplace, find",
            command: format!(r#"curl -s -X POST {stock}/receive {json} '{{"units":5}}'"#),
        },
        Step {
            what: "the next three stock events get lost",
            command: format!(r#"curl -s -X PUT {control}/amazon/stock-events {json} '{{"lose":3}}'"#),
        },
    ]
}

/// For people, and a configuration file as it stands: all but the configuration is comment.
fn text(playground: &Playground) -> String {
    let Playground { amazon, netsuite, control, webhook, sales_orders, play, configuration } = playground;
    let mut text = format!(
        "# pretend Amazon    {amazon}\n# pretend NetSuite  {netsuite}\n# control           {control}\n\
         # events go to      {webhook}\n# sales orders      {sales_orders}\n#\n\
         # How to play, with amz --config FILE serve at work (ORDER and PACKAGE: see the first answer):\n"
    );
    for Step { what, command } in play {
        text.push_str(&format!("# {what}\n#   {command}\n"));
    }
    text.push_str("#\n# This is a configuration for it: save it as FILE.\n\n");
    text.push_str(configuration);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_listens_where_the_events_go() {
        for (webhook, listen) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://localhost:81/", "127.0.0.1:81"),
            ("http://[::1]:9000", "[::1]:9000"),
            ("http://10.0.0.7", "10.0.0.7:80"),
            ("http://amz.example:9000", "0.0.0.0:9000"),
        ] {
            assert_eq!(webhook_listen(&webhook.parse().unwrap()).unwrap(), listen);
        }
        for webhook in ["https://127.0.0.1:8080", "mailto:amazon@example.com", "localhost:8080"] {
            assert!(webhook_listen(&webhook.parse().unwrap()).is_err(), "{webhook}");
        }
    }

    #[tokio::test]
    async fn the_text_is_a_configuration_as_it_stands_and_says_how_to_play() {
        let settings = rehearsal::sandbox_settings(1, None);
        let running = Sandbox::start(settings.clone()).await.unwrap();
        let playground = Playground {
            amazon: running.amazon_url(),
            netsuite: running.netsuite_url(),
            control: running.control_url(),
            webhook: "http://127.0.0.1:8080".into(),
            sales_orders: 10,
            play: steps(&running.control_url()),
            configuration: rehearsal::configuration(
                &running,
                &settings,
                &rehearsal::store_in(Path::new(".")),
                "127.0.0.1:8080",
                Some("http://127.0.0.1:8080"),
            ),
        };
        let text = text(&playground);
        amz_app::settings::Settings::from_toml(&text, &Default::default(), Path::new(".")).unwrap();
        for step in &playground.play {
            assert!(text.contains(&step.command) && step.command.contains(&playground.control), "{text}");
        }
        running.shutdown().await;
    }
}
