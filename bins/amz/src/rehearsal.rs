//! The configuration that joins the accelerator to the pretend vendors.

use std::path::Path;

use amz_sandbox::amazon::{SenderAuthentication, Subscription};
use amz_sandbox::{RunningSandbox, Sandbox, SandboxSettings};
use serde_json::json;

use crate::arguments::FaultProfile;

/// Name of the rehearsal's connection.
pub(crate) const CONNECTION: &str = "rehearsal";

/// NetSuite's location that stands for Amazon's warehouses.
pub(crate) const AMAZON_LOCATION: u64 = 7;

/// Client that the pretend Amazon gets its token with.
const WEBHOOK_CLIENT: &str = "pretend-amazon";

/// Its secret. It opens nothing but a rehearsal on loopback.
const WEBHOOK_SECRET: &str = "rehearsal-only-webhook-secret";

/// The address of a store of SQLite files in a folder.
pub(crate) fn store_in(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("accelerator.db").display())
}

/// A configuration file for the pretend vendors and a store.
///
/// `listen` is the webhook role's address, `public_url` how it is reached where that may be set. Waits are short, so that a rehearsal does not drag. What stands in the last
/// table, `connection.inventory`, may be added to.
pub(crate) fn configuration(
    running: &RunningSandbox,
    settings: &SandboxSettings,
    store: &str,
    listen: &str,
    public_url: Option<&str>,
) -> String {
    let (amazon, netsuite) = (&settings.amazon, &settings.netsuite);
    let public_url = public_url.map(|url| format!("public_url = {url:?}\n")).unwrap_or_default();
    format!(
        r#"[store]
url = {store:?}

[webhook]
{public_url}listen = {listen:?}

[log]
filter = "warn"

[[connection]]
name = {CONNECTION:?}

[connection.amazon.bwp]
endpoint = {amazon_url:?}
client_id = {client_id:?}
client_secret = {client_secret:?}
target_id = {target_id:?}
api_version = "2024-11-01"

[connection.amazon.sp_api]
endpoint = {sp_api_url:?}
token_endpoint = {lwa_token_url:?}
client_id = {sp_api_client_id:?}
client_secret = {sp_api_client_secret:?}
refresh_token = {sp_api_refresh_token:?}
marketplace_id = {sp_api_marketplace_id:?}

[connection.amazon.webhook_auth]
oauth = {{ client_id = {WEBHOOK_CLIENT:?}, client_secret = {WEBHOOK_SECRET:?} }}

[connection.netsuite]
account = {account:?}
endpoint = {netsuite_url:?}
concurrency = 4
timezone = {timezone:?}
timeout = "10s"

[connection.netsuite.auth.tba]
consumer_key = {consumer_key:?}
consumer_secret = {consumer_secret:?}
token_id = {token_id:?}
token_secret = {token_secret:?}

[connection.mapping]
amazon_location = "{AMAZON_LOCATION}"
return_location = "{AMAZON_LOCATION}"
damaged_location = "9"
adjustment_account = "1"
eligible = ["line_flag", "location"]
ship_speed = {{ "3" = "STANDARD", "4" = "EXPEDITED" }}
default_ship_speed = "STANDARD"

[connection.policy]
retry_base = "50ms"
retry_limit = 30
unclear_wait = "500ms"
settle = "100ms"
cancel_look = "1s"

[connection.sync]
poll = "1s"

[connection.inventory]
settle = "500ms"
reservation_lag = "2s"
late_arrival = "8s"
schedule = "off"
"#,
        amazon_url = running.amazon_url(),
        netsuite_url = running.netsuite_url(),
        sp_api_url = running.sp_api_url(),
        lwa_token_url = running.lwa_token_url(),
        sp_api_client_id = amazon.sp_api.client_id,
        sp_api_client_secret = amazon.sp_api.client_secret,
        sp_api_refresh_token = amazon.sp_api.refresh_token,
        sp_api_marketplace_id = amazon.sp_api.marketplace_id,
        client_id = amazon.client_id,
        client_secret = amazon.client_secret,
        target_id = amazon.target_id,
        account = netsuite.account,
        timezone = netsuite.timezone.name(),
        consumer_key = netsuite.consumer_key,
        consumer_secret = netsuite.consumer_secret,
        token_id = netsuite.token_id,
        token_secret = netsuite.token_secret,
    )
}

/// The subscription that sends the pretend Amazon's events to a webhook role.
pub(crate) fn subscription(webhook: &str) -> Subscription {
    Subscription {
        id: "rehearsal".to_owned(),
        url: format!("{webhook}/v1/{CONNECTION}/amazon/events"),
        event_types: Vec::new(),
        authentication: SenderAuthentication::OAuth {
            token_url: format!("{webhook}/v1/{CONNECTION}/oauth2/token"),
            client_id: WEBHOOK_CLIENT.to_owned(),
            client_secret: WEBHOOK_SECRET.to_owned(),
            body_parameters: Vec::new(),
        },
    }
}

/// How the pretend vendors are set up for a rehearsal.
pub(crate) fn sandbox_settings(seed: u64, faults: Option<FaultProfile>) -> SandboxSettings {
    let mut settings = SandboxSettings { seed, ..SandboxSettings::default() };
    settings.amazon.habits.cancellation_delay_s = Some(1);
    settings.amazon.habits.reservation_delay_s = Some(1);
    let webhooks = &mut settings.amazon.webhooks;
    match faults {
        None => {}
        Some(FaultProfile::Light) => (webhooks.duplicate_permille, webhooks.reorder_window) = (50, 4),
        Some(FaultProfile::Heavy) => (webhooks.duplicate_permille, webhooks.reorder_window) = (250, 16),
    }
    settings
}

/// Lets things go wrong from now on.
pub(crate) fn add_faults(running: &RunningSandbox, seed: u64, faults: Option<FaultProfile>) {
    match faults {
        None => {}
        Some(FaultProfile::Light) => running.sandbox.faults.add_all(amz_sandbox::Faults::light(seed)),
        Some(FaultProfile::Heavy) => running.sandbox.faults.add_all(amz_sandbox::Faults::heavy(seed)),
    }
}

/// What the rehearsal's mapping names, where the sales orders do not bring it along.
///
/// # Errors
/// When the pretend NetSuite refuses a record.
pub(crate) fn provide_references(sandbox: &Sandbox) -> anyhow::Result<()> {
    let netsuite = &sandbox.netsuite;
    for (id, name) in [(AMAZON_LOCATION, "Amazon"), (9, "Damaged")] {
        if netsuite.record("location", id).is_none() {
            netsuite.put_record("location", &json!({"id": id, "name": name}))?;
        }
    }
    netsuite.put_record("account", &json!({"id": 1, "acctName": "Stock at Amazon"}))?;
    Ok(())
}
