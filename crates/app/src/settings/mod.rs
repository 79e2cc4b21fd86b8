//! Configuration: one TOML file, overridden by environment variables, checked as a whole.
//!
//! Every fault is reported, not only the first ([`ConfigurationFaults`]). Secrets are held as
//! [`secrecy::SecretString`] and appear in no message, no `Debug` text and no listing. The table of keys
//! ([`keys()`]) is the single source of types, defaults and limits, for the reader and for `docs/CONFIG.md`.
//!
//! A key's environment variable is `AMZ__` and its path in capitals with `__` between the steps; a connection is
//! addressed by its name in capitals with `_` for everything but letters and digits:
//! `AMZ__CONNECTION__MAIN__NETSUITE__CONCURRENCY=2`.

mod address;
mod adoption;
mod aliases;
mod api;
mod audit;
mod checkout;
mod connection;
mod effective;
mod environment;
mod fault;
mod fields;
mod handling;
mod inventory;
mod key;
mod keys;
mod model;
mod nearest;
mod netsuite;
mod notifications;
mod reader;
mod restlet;
mod run_time;
mod secret;
mod services;
mod shared;
mod source;
mod stock;
mod store;
#[cfg(test)]
mod tests;
mod tree;
mod unknown;
mod value;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use amz_services::ports::settings_history::CurrentSettings;

pub use effective::{Effective, EffectiveKey};
pub use fault::{ConfigurationFaults, Fault, FaultCode};
pub use key::Key;
pub use keys::keys;
pub use model::{
    AdoptionSettings, ApiRole, ApiSettings, ApiToken, AuditMirrorSettings, BasicSettings, BwpSettings,
    CheckoutOrders, ConfigRecord, ConnectionSettings, FieldNames, LogFormat, LogSettings, NetSuiteAuth,
    NetSuiteSettings, NotificationSettings, NotificationWebhook, OauthClientSettings, RestletSettings,
    SigningAlgorithm, SpApiSettings, StockSettings, StoreSettings, WebhookAuthSettings, WebhookSettings,
    WorkerSettings,
};
pub use run_time::{SoundChange, WantedChanges, value_of_text};
pub use tree::ValueSource;

use reader::{Faulty, Reader, Scope};
use source::Source;
use tree::{Entry, Node, Table, environment_form};
use unknown::connection_label;

const LOG_FORMATS: &[(&str, LogFormat)] = &[("text", LogFormat::Text), ("json", LogFormat::Json)];

/// A whole configuration, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the state is kept.
    pub store: StoreSettings,
    /// The webhook role.
    pub webhook: WebhookSettings,
    /// Who may use the operators' API.
    pub api: ApiSettings,
    /// The worker loop.
    pub worker: WorkerSettings,
    /// Logging.
    pub log: LogSettings,
    /// Who is told when work is parked.
    pub notifications: NotificationSettings,
    /// The connections, at least one, names unique.
    pub connections: Vec<ConnectionSettings>,
    effective: Effective,
    source: Arc<Source>,
}

impl Settings {
    /// Reads a configuration file and lays the environment over it; without a file, the environment alone.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn load(
        path: Option<&Path>,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, ConfigurationFaults> {
        let text = match path {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path).map_err(|error| {
                let fault = Fault::new("", FaultCode::Unreadable, "a readable file of UTF-8 text");
                ConfigurationFaults::new(vec![fault.found(error.to_string())]).in_file(Some(path))
            })?,
        };
        let folder = path.and_then(Path::parent).unwrap_or(Path::new(""));
        Self::from_toml(&text, environment, folder).map_err(|faults| faults.in_file(path))
    }

    /// Reads a configuration from text. `folder` is where relative paths of secret files and tables start.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn from_toml(
        text: &str,
        environment: &BTreeMap<String, String>,
        folder: &Path,
    ) -> Result<Self, ConfigurationFaults> {
        Self::read(Arc::new(Source::new(text, environment, folder)), &CurrentSettings::default())
    }

    /// Environment over what is set at run time over the file.
    fn read(source: Arc<Source>, current: &CurrentSettings) -> Result<Self, ConfigurationFaults> {
        let mut root = tree::parse(source.text()).map_err(|fault| ConfigurationFaults::new(vec![*fault]))?;
        let mut faults = Vec::new();
        environment::overlay(&mut root, source.environment(), &mut faults);
        run_time::overlay(&mut root, current);
        unknown::unknown_keys(&root, &mut faults);
        let mut reader = Reader::new(source.places(), faults);
        let read = settings(&mut reader, &root, &source);
        match read {
            Ok(mut settings) if reader.faults.is_empty() => {
                settings.effective = Effective::new(reader.effective);
                Ok(settings)
            }
            Ok(_) | Err(Faulty) => Err(ConfigurationFaults::new(reader.faults)),
        }
    }

    /// Every key with its value and source; secrets are not shown.
    pub fn describe(&self) -> &Effective {
        &self.effective
    }
}

fn settings(reader: &mut Reader<'_>, root: &Table, source: &Arc<Source>) -> Result<Settings, Faulty> {
    let top = Scope::top(root);
    let store = store::store(reader, root);
    let webhook = top.section("webhook");
    let listen = reader.get(&webhook, "listen");
    let max_body_bytes = reader.get(&webhook, "max_body_bytes");
    let public_url = reader.find(&webhook, "public_url");
    let api = api::api(reader, root);
    let worker = top.section("worker");
    let concurrency = reader.get(&worker, "concurrency");
    let lease = reader.get(&worker, "lease");
    let health = reader.find(&worker, "listen");
    let log = top.section("log");
    let format = reader.choose(&log, "format", LOG_FORMATS);
    let filter = reader.get(&log, "filter");
    let notifications = notifications::notifications(reader, &top.section("notifications"));
    let connections = connections(reader, root);
    Ok(Settings {
        store: store?,
        webhook: WebhookSettings {
            listen: listen?,
            max_body_bytes: max_body_bytes?,
            public_url: public_url?,
        },
        api: api?,
        worker: WorkerSettings { concurrency: concurrency?, lease: lease?, listen: health? },
        log: LogSettings { format: format?, filter: filter? },
        notifications: notifications?,
        connections: connections?,
        effective: Effective::new(Vec::new()),
        source: source.clone(),
    })
}

fn connections(reader: &mut Reader<'_>, root: &Table) -> Result<Vec<ConnectionSettings>, Faulty> {
    let entries: &[Entry] = match root.get("connection").map(|entry| &entry.node) {
        Some(Node::List(entries)) if !entries.is_empty() => entries,
        Some(Node::List(_)) | None => {
            let expected = "at least one [[connection]]";
            return Err(reader.fault(Fault::new("connection", FaultCode::Missing, expected)));
        }
        // written down where unknown keys are looked for
        Some(_) => return Err(Faulty),
    };
    report_duplicate_names(reader, entries);
    let read: Vec<Result<ConnectionSettings, Faulty>> = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| {
            let label = connection_label(index, entry);
            connection::connection(reader, &Scope::connection(entry, &label))
        })
        .collect();
    let connections: Vec<ConnectionSettings> = read.into_iter().collect::<Result<_, Faulty>>()?;
    shared::report_shared_accounts(reader, &connections);
    Ok(connections)
}

/// Names must differ, also in the spelling that environment variables use.
fn report_duplicate_names(reader: &mut Reader<'_>, entries: &[Entry]) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for name in entries.iter().filter_map(tree::connection_name) {
        if let Some(other) = seen.insert(environment_form(name), name) {
            let fault = Fault::new(
                format!("connection[{name}].name"),
                FaultCode::DuplicateName,
                "names that differ in letters or digits, capitals aside",
            );
            reader.fault(fault.found(format!("{name:?} beside {other:?}")));
        }
    }
}
