//! Every key of the configuration, once: the reader, the check for unknown keys and `docs/CONFIG.md` all use
//! this table.

use super::adoption::ADOPTION;
use super::api::API;
use super::audit::AUDIT;
use super::checkout::CHECKOUT;
use super::fields::FIELDS;
use super::handling::{MAPPING, POLICY};
use super::inventory::{INVENTORY, SP_API};
use super::key::{Key, Kind};
use super::notifications::NOTIFICATIONS;
use super::restlet::RESTLET;
use super::store::STORE;

/// Every key there is, in the order of the documentation.
pub fn keys() -> impl Iterator<Item = &'static Key> {
    [
        STORE,
        PROCESS,
        API,
        NOTIFICATIONS,
        AMAZON,
        SP_API,
        NETSUITE,
        RESTLET,
        FIELDS,
        MAPPING,
        POLICY,
        ADOPTION,
        CHECKOUT,
        INVENTORY,
        AUDIT,
    ]
    .into_iter()
    .flatten()
}

/// The key of a place in the file, for example `connection.netsuite.concurrency`.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    keys().find(|key| key.path == path)
}

/// Names that may stand in the table at a place; the empty place is the file's top.
pub(super) fn children(path: &str) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = keys()
        .filter_map(|key| {
            let below = match path {
                "" => key.path,
                path => key.path.strip_prefix(path)?.strip_prefix('.')?,
            };
            below.split('.').next()
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

const COUNT: Kind = Kind::Whole { least: 1, most: 256 };

const PROCESS: &[Key] = &[
    Key::with_default(
        "webhook.listen",
        Kind::Address,
        "127.0.0.1:8080",
        "Address the webhook role listens on. It speaks plain HTTP: put a TLS proxy before it.",
    ),
    Key::with_default(
        "webhook.max_body_bytes",
        Kind::Whole { least: 1024, most: 16_777_216 },
        "262144",
        "Largest request body that is read; larger ones are refused.",
    )
    .unit("bytes"),
    Key::optional(
        "webhook.public_url",
        Kind::Endpoint,
        "Address under which Amazon and the bundle reach the webhook role: `https://` and the proxy's name. \
         `amz subscribe` subscribes it, and `amz doctor` calls it.",
    ),
    Key::with_default("worker.concurrency", COUNT, "8", "Lanes worked at once by one process.").unit("lanes"),
    Key::with_default(
        "worker.lease",
        Kind::Duration { least: "100ms", most: "1h" },
        "30s",
        "How long a lane stays with a worker that has fallen silent. Live workers renew in time.",
    )
    .unit("ms, s, m, h"),
    Key::optional(
        "worker.listen",
        Kind::Address,
        "Address where a process with the sync role alone answers `/healthz`, `/readyz` and `/metrics`.",
    ),
    Key::with_default("log.format", Kind::Choice(&["text", "json"]), "text", "Form of the log lines."),
    Key::with_default(
        "log.filter",
        Kind::Filter,
        "info",
        "Which events are logged, for example `info,amz_connector=debug`.",
    ),
];

const AMAZON: &[Key] = &[
    Key::required(
        "connection.name",
        Kind::Name,
        "Name of the connection: part of every URL, log line and stored row. Do not change it later.",
    ),
    Key::with_default(
        "connection.weight",
        Kind::Whole { least: 1, most: 100 },
        "1",
        "How many lanes the connection gets in proportion to others while several have work due: one with 3 gets three \
         for each one of a connection with 1. However much waits, nobody waits for another's backlog.",
    ),
    Key::with_default(
        "connection.amazon.bwp.endpoint",
        Kind::Endpoint,
        "https://api.buywithprime.amazon.com",
        "Address of the Buy with Prime API; `/graphql` and `/token` lie under it.",
    ),
    Key::required("connection.amazon.bwp.client_id", Kind::Text, "Client id of the API credentials."),
    Key::required(
        "connection.amazon.bwp.client_secret",
        Kind::Secret,
        "Client secret of the API credentials.",
    ),
    Key::required(
        "connection.amazon.bwp.target_id",
        Kind::Text,
        "The business product's id (`bp-…`), sent as `x-api-target-id`.",
    ),
    Key::with_default(
        "connection.amazon.bwp.api_version",
        Kind::Date,
        "2024-11-01",
        "Version of the API, sent with every call.",
    ),
    Key::in_table(
        "connection.amazon.webhook_auth.basic.username",
        Kind::UserName,
        "User name that Amazon's webhook sender presents.",
    ),
    Key::in_table(
        "connection.amazon.webhook_auth.basic.password",
        Kind::Secret,
        "Password that Amazon's webhook sender presents.",
    ),
    Key::in_table(
        "connection.amazon.webhook_auth.oauth.client_id",
        Kind::Text,
        "Client id with which Amazon's webhook sender asks us for a token.",
    ),
    Key::in_table(
        "connection.amazon.webhook_auth.oauth.client_secret",
        Kind::Secret,
        "Client secret with which Amazon's webhook sender asks us for a token.",
    ),
    Key::with_default(
        "connection.amazon.webhook_auth.allow_unauthenticated",
        Kind::Flag,
        "false",
        "Takes Amazon's events from anybody. Only instead of `basic` and `oauth`, never beside them.",
    ),
];

const NETSUITE: &[Key] = &[
    Key::required(
        "connection.netsuite.account",
        Kind::Account,
        "Account id in realm spelling, for example `1234567_SB1`.",
    ),
    Key::derived(
        "connection.netsuite.endpoint",
        Kind::Endpoint,
        "`https://<account>.suitetalk.api.netsuite.com`",
        "Address of the record service and SuiteQL.",
    ),
    Key::derived(
        "connection.netsuite.restlet_endpoint",
        Kind::Endpoint,
        "`https://<account>.restlets.api.netsuite.com`",
        "Address of the account's RESTlets.",
    ),
    Key::derived(
        "connection.netsuite.app_endpoint",
        Kind::Endpoint,
        "`https://<account>.app.netsuite.com`",
        "Address of NetSuite's pages for people, for the order links that Amazon gets.",
    ),
    Key::with_default(
        "connection.netsuite.concurrency",
        COUNT,
        "4",
        "Calls to the account at the same time, by all connections and all processes on one store together; \
         the account shares its limit with all other integrations.",
    )
    .unit("calls"),
    Key::with_default(
        "connection.netsuite.learn_concurrency",
        Kind::Flag,
        "false",
        "Asks the account daily how many calls at the same time it takes, and uses all but one of them; never more \
         than `concurrency` where that is set. Only an administrator's role may ask; for others `concurrency` holds.",
    ),
    Key::required(
        "connection.netsuite.timezone",
        Kind::Zone,
        "The account's time zone, for posting dates and schedules.",
    ),
    Key::with_default(
        "connection.netsuite.timeout",
        Kind::Duration { least: "100ms", most: "10m" },
        "30s",
        "How long one call may take.",
    )
    .unit("ms, s, m, h"),
    Key::with_default(
        "connection.netsuite.config_record",
        Kind::Choice(&["off", "show", "follow"]),
        "off",
        "Whether what is set at run time stands in `customrecord_amz_config` too: `show` writes it there, `follow` also \
         takes over what people change there. Both look as often as the change feed (`sync.poll`).",
    ),
    Key::with_default(
        "connection.netsuite.base_currency",
        Kind::Currency,
        "USD",
        "Currency of orders that name none.",
    ),
    Key::optional(
        "connection.netsuite.currencies",
        Kind::Table(&Kind::Currency),
        "ISO 4217 code of each NetSuite currency, by internal id: `{ \"1\" = \"USD\", \"2\" = \"CAD\" }`.",
    ),
    Key::in_table(
        "connection.netsuite.auth.tba.consumer_key",
        Kind::Secret,
        "Consumer key of the integration record (token-based authentication).",
    ),
    Key::in_table(
        "connection.netsuite.auth.tba.consumer_secret",
        Kind::Secret,
        "Consumer secret of the integration record.",
    ),
    Key::in_table("connection.netsuite.auth.tba.token_id", Kind::Secret, "Id of the access token."),
    Key::in_table("connection.netsuite.auth.tba.token_secret", Kind::Secret, "Secret of the access token."),
    Key::in_table(
        "connection.netsuite.auth.oauth2.client_id",
        Kind::Text,
        "Client id of the integration record (OAuth 2.0, machine to machine).",
    ),
    Key::in_table(
        "connection.netsuite.auth.oauth2.certificate_id",
        Kind::Text,
        "Id that NetSuite gave the uploaded certificate; the signed token's `kid`.",
    ),
    Key::in_table(
        "connection.netsuite.auth.oauth2.private_key",
        Kind::PrivateKey,
        "Private key of the certificate, PKCS #8 in PEM.",
    ),
    Key::in_table(
        "connection.netsuite.auth.oauth2.algorithm",
        Kind::Choice(&["ES256", "PS256"]),
        "How tokens are signed: `ES256` for a P-256 key, `PS256` for an RSA key.",
    ),
    Key::optional(
        "connection.netsuite.events.signing_secret",
        Kind::SigningSecrets,
        "What the bundle inside NetSuite signs its notices with (`whsec_…`); a list while rotating. \
         Without it such notices are refused, and the change feed alone finds changed orders.",
    ),
];
