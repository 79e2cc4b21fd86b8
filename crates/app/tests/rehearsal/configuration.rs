//! The configuration that joins our parts to the pretend vendors.

use std::path::Path;

use amz_sandbox::{RunningSandbox, SandboxSettings};

use crate::stage::{CONNECTION, SIGNING_SECRET, WEBHOOK_SECRET};

/// A configuration file with its store under a folder.
pub(crate) fn configuration(vendors: &RunningSandbox, settings: &SandboxSettings, folder: &Path) -> String {
    let (amazon, netsuite) = (&settings.amazon, &settings.netsuite);
    let store = format!("sqlite://{}", folder.join("accelerator.db").display());
    format!(
        r#"[store]
url = {store:?}

[webhook]
listen = "127.0.0.1:0"

[[connection]]
name = {CONNECTION:?}

[connection.amazon.bwp]
endpoint = {amazon_url:?}
client_id = {client_id:?}
client_secret = {client_secret:?}
target_id = {target_id:?}

[connection.amazon.webhook_auth]
oauth = {{ client_id = "pretend-amazon", client_secret = {WEBHOOK_SECRET:?} }}

[connection.netsuite]
account = {account:?}
endpoint = {netsuite_url:?}
timezone = {timezone:?}
timeout = "10s"
events = {{ signing_secret = {SIGNING_SECRET:?} }}

[connection.netsuite.auth.tba]
consumer_key = {consumer_key:?}
consumer_secret = {consumer_secret:?}
token_id = {token_id:?}
token_secret = {token_secret:?}

[connection.mapping]
amazon_location = "7"
eligible = ["line_flag", "location"]
ship_speed = {{ "3" = "STANDARD", "4" = "EXPEDITED" }}
default_ship_speed = "STANDARD"

[connection.policy]
retry_base = "2s"
retry_limit = 30
unclear_wait = "60s"
settle = "1s"

# stories about documents that staff make turn this on
[connection.sync]
documents = false
"#,
        amazon_url = vendors.amazon_url(),
        netsuite_url = vendors.netsuite_url(),
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

/// The same with access to Amazon's stock, and an account for adjustments.
pub(crate) fn with_stock(vendors: &RunningSandbox, settings: &SandboxSettings, folder: &Path) -> String {
    let sp_api = &settings.amazon.sp_api;
    let adjusts = "amazon_location = \"7\"\nadjustment_account = \"1\"\n";
    let mapped = configuration(vendors, settings, folder).replacen("amazon_location = \"7\"\n", adjusts, 1);
    format!(
        r#"{mapped}
[connection.amazon.sp_api]
endpoint = {endpoint:?}
token_endpoint = {token_endpoint:?}
client_id = {client_id:?}
client_secret = {client_secret:?}
refresh_token = {refresh_token:?}
marketplace_id = {marketplace_id:?}
calls_per_second = "1000"
"#,
        endpoint = vendors.sp_api_url(),
        token_endpoint = vendors.lwa_token_url(),
        client_id = sp_api.client_id,
        client_secret = sp_api.client_secret,
        refresh_token = sp_api.refresh_token,
        marketplace_id = sp_api.marketplace_id,
    )
}
