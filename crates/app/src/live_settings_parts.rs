//! The parts of a sync role that depend on settings, and their exchange while work goes on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use amz_domain::ConnectionName;
use amz_services::connection::{Clock, Connection};
use amz_services::failure::StoreError;
use amz_services::ports::SettingsHistory;
use amz_services::ports::settings_history::CurrentSettings;
use amz_services::retry::LONGEST_WAIT;
use amz_services::urgency::{Urgency, with_urgency};
use amz_store::State;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::audit_mirror::MirrorTask;
use crate::concurrency::{ConcurrencyLearner, Governors};
use crate::feed::{self, ChangeFeed, OwnEchoes, Source};
use crate::intake::IntakeConnection;
use crate::live::Live;
use crate::live_settings::SettingsDesk;
use crate::live_settings_mirror::{self, MirrorError, MirrorPass};
use crate::opening::patiently;
use crate::reconciliation_schedule::ReconciliationSchedule;
use crate::roles::StartError;
use crate::schedule::StockSchedule;
use crate::settings::{ConfigRecord, ConnectionSettings, Settings};
use crate::store_outage::StoreOutage;
use crate::wiring::{Clients, Shared, Stores, WiringError, clients};

/// What the parts of all connections have in common.
#[derive(Clone)]
pub(crate) struct Common {
    pub(crate) state: Arc<dyn State>,
    pub(crate) clock: Clock,
    pub(crate) wake: Arc<Notify>,
    pub(crate) jitter: Arc<dyn Fn() -> u64 + Send + Sync>,
    pub(crate) shared: Shared,
}

/// One connection's parts as its settings make them.
pub(crate) struct ConnectionParts {
    settings: ConnectionSettings,
    clients: Clients,
    followed: Followed,
}

/// What runs by the clock for one connection.
#[derive(Clone)]
pub(crate) struct Followed {
    pub(crate) feeds: Vec<ChangeFeed>,
    /// How often the feeds are read.
    poll: Duration,
    pub(crate) schedule: Option<StockSchedule>,
    pub(crate) reconciliation: Option<ReconciliationSchedule>,
}

impl Common {
    /// The parts of a connection; clients of `before` live on in them.
    fn parts(
        &self,
        settings: &ConnectionSettings,
        before: Option<&ConnectionParts>,
    ) -> Result<ConnectionParts, WiringError> {
        let Self { state, clock, wake, jitter, shared } = self;
        let clients = match before {
            Some(before) => before.clients.with_settings(&before.settings, settings)?,
            None => {
                let stores = Stores {
                    ledger: state.clone(),
                    stock: state.clone(),
                    reconciliations: state.clone(),
                    calls: state.clone(),
                };
                clients(settings, stores, shared, clock.clone())?
            }
        };
        let changed = Arc::new(clients.netsuite.clone());
        let documents = settings
            .follow_documents
            .then(|| Source::Documents { changed: changed.clone(), ledger: state.clone() });
        let echoes = settings
            .ignores_own_echoes
            .then(|| OwnEchoes::new(state.clone(), changed.clone(), settings.services.timezone));
        let sources = [Some(Source::SalesOrders { changed, echoes }), documents].into_iter().flatten();
        let feeds = sources.map(|source| ChangeFeed {
            connection: settings.name.clone(),
            source,
            intake: state.clone(),
            clock: clock.clone(),
            wake: wake.clone(),
            timezone: settings.services.timezone,
            jitter: jitter.clone(),
        });
        let feeds = feeds.collect();
        let schedule = settings.stock.as_ref().and_then(|stock| stock.schedule.clone());
        let schedule = schedule.map(|schedule| StockSchedule {
            connection: settings.name.clone(),
            schedule,
            zone: settings.services.timezone,
            intake: state.clone(),
            wake: wake.clone(),
        });
        let reconciliation = settings.reconcile.map(|every| ReconciliationSchedule {
            connection: settings.name.clone(),
            every,
            intake: state.clone(),
            wake: wake.clone(),
        });
        let followed = Followed { feeds, poll: settings.poll, schedule, reconciliation };
        Ok(ConnectionParts { settings: settings.clone(), clients, followed })
    }
}

impl ConnectionParts {
    fn intake(&self) -> IntakeConnection {
        let settings = &self.settings;
        IntakeConnection {
            account: settings.services.account.clone(),
            settle: settings.settle,
            stock_settle: settings.stock.as_ref().map_or(settings.settle, |stock| stock.settle),
        }
    }
}

/// Keeps the parts of a sync role as the settings in effect want them.
pub struct LiveSettings {
    configuration: Settings,
    history: Arc<dyn SettingsHistory>,
    common: Common,
    applied: Mutex<Applied>,
    /// One refresh at a time.
    turn: tokio::sync::Mutex<()>,
    connections: Live<HashMap<ConnectionName, Connection>>,
    intake: Live<HashMap<ConnectionName, IntakeConnection>>,
    followed: HashMap<ConnectionName, watch::Sender<Followed>>,
}

struct Applied {
    /// What is in effect was made from this generation.
    generation: u64,
    /// Version of each connection's settings in effect.
    versions: HashMap<ConnectionName, u64>,
    /// In the order of the configuration.
    parts: Vec<ConnectionParts>,
    /// The generation that could not be put into effect, once it was told.
    refused: Option<u64>,
}

/// Parts to begin with, before the worker and the intake have them.
pub(crate) struct FirstParts {
    configuration: Settings,
    history: Arc<dyn SettingsHistory>,
    common: Common,
    applied: Applied,
    /// Where notices are taken by.
    pub(crate) intake: Live<HashMap<ConnectionName, IntakeConnection>>,
}

impl FirstParts {
    /// Builds the parts of every connection as the settings in effect want them.
    pub(crate) async fn build(
        configuration: &Settings,
        history: Arc<dyn SettingsHistory>,
        common: Common,
    ) -> Result<Self, StartError> {
        let current = patiently(|| history.current()).await?;
        let settings = configuration.at_run_time(&current)?;
        let parts = settings.connections.iter().map(|connection| common.parts(connection, None));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        let intake = parts.iter().map(|parts| (parts.settings.name.clone(), parts.intake())).collect();
        let versions = parts.iter().map(|parts| version(&current, &parts.settings.name)).collect();
        Ok(Self {
            configuration: configuration.clone(),
            history,
            common,
            applied: Applied { generation: current.generation, versions, parts, refused: None },
            intake: Live::new(intake),
        })
    }

    /// The connections to work on.
    pub(crate) fn connections(&self) -> Vec<Connection> {
        self.applied.parts.iter().map(|parts| parts.clients.connection.clone()).collect()
    }

    /// What learns how many calls NetSuite accounts take at once, for each connection that wants it.
    pub(crate) fn learners(&self, governors: &Governors) -> Vec<ConcurrencyLearner> {
        let parts = self.applied.parts.iter();
        let learner = |parts: &ConnectionParts| {
            ConcurrencyLearner::of(&parts.settings.netsuite, &parts.clients.netsuite, governors)
        };
        parts.filter_map(learner).collect()
    }

    /// What copies the audit trail, of each connection that wants it.
    pub(crate) fn mirrors(&self) -> Vec<MirrorTask> {
        let Common { state, clock, .. } = &self.common;
        let parts = self.applied.parts.iter();
        let mirror = |parts: &ConnectionParts| {
            let wanted = parts.settings.audit_mirror?;
            Some(MirrorTask {
                connection: parts.settings.name.clone(),
                only: wanted.only,
                every: wanted.every,
                mirror: Arc::new(parts.clients.netsuite.clone()),
                operations: state.clone(),
                intake: state.clone(),
                clock: clock.clone(),
            })
        };
        parts.filter_map(mirror).collect()
    }

    /// Keeps what a worker works on, and what notices are taken by, as the settings in effect want it.
    pub(crate) fn live(self, worker: &Live<HashMap<ConnectionName, Connection>>) -> LiveSettings {
        let Self { configuration, history, common, applied, intake } = self;
        let sender = |parts: &ConnectionParts| {
            (parts.settings.name.clone(), watch::Sender::new(parts.followed.clone()))
        };
        LiveSettings {
            configuration,
            history,
            common,
            followed: applied.parts.iter().map(sender).collect(),
            applied: Mutex::new(applied),
            turn: tokio::sync::Mutex::default(),
            connections: worker.clone(),
            intake,
        }
    }
}

fn version(current: &CurrentSettings, connection: &ConnectionName) -> (ConnectionName, u64) {
    (connection.clone(), current.of(connection).map_or(0, |version| version.version))
}

impl LiveSettings {
    /// Puts into effect what was set meanwhile: the parts of connections whose settings changed are built anew and
    /// exchanged. True when any were.
    ///
    /// When they cannot be built, the old ones stay, and an alarm is logged. It is tried again with every call, since
    /// what is wrong may be a file beside the configuration.
    ///
    /// # Errors
    /// When the store cannot be read; everything stays as it is.
    pub async fn refresh(&self) -> Result<bool, StoreError> {
        let _turn = self.turn.lock().await;
        if self.history.generation().await? == self.applied().generation {
            return Ok(false);
        }
        let current = self.history.current().await?;
        let mut applied = self.applied();
        match self.rebuilt(&applied, &current) {
            Ok(rebuilt) => Ok(self.exchange(&mut applied, &current, rebuilt)),
            Err(problem) => {
                if applied.refused.replace(current.generation) != Some(current.generation) {
                    let versions = changed_versions(&applied, &current);
                    tracing::error!(alarm = "raised", versions, %problem, "changed settings cannot take effect: the old ones stay in force");
                }
                Ok(false)
            }
        }
    }

    /// The parts of connections whose version is another one.
    fn rebuilt(&self, applied: &Applied, current: &CurrentSettings) -> Result<Vec<ConnectionParts>, String> {
        let settings = self.configuration.at_run_time(current).map_err(|faults| faults.to_string())?;
        let is_changed = |connection: &&ConnectionSettings| {
            let (name, version) = version(current, &connection.name);
            applied.versions.get(&name) != Some(&version)
        };
        let build = |connection: &ConnectionSettings| {
            let before = applied.parts.iter().find(|parts| parts.settings.name == connection.name);
            self.common.parts(connection, before).map_err(|error| error.to_string())
        };
        settings.connections.iter().filter(is_changed).map(build).collect()
    }

    /// Exchanges parts for rebuilt ones. Work under way keeps those that it began with.
    fn exchange(
        &self,
        applied: &mut Applied,
        current: &CurrentSettings,
        rebuilt: Vec<ConnectionParts>,
    ) -> bool {
        applied.generation = current.generation;
        if applied.refused.take().is_some() {
            tracing::info!(alarm = "cleared", "changed settings take effect again");
        }
        if rebuilt.is_empty() {
            return false;
        }
        let mut connections = self.connections.get().as_ref().clone();
        let mut intake = self.intake.get().as_ref().clone();
        let mut changed = Vec::new();
        for parts in rebuilt {
            let (name, version) = version(current, &parts.settings.name);
            connections.insert(name.clone(), parts.clients.connection.clone());
            intake.insert(name.clone(), parts.intake());
            changed.push((name.clone(), parts.followed.clone()));
            if let Some(old) = applied.parts.iter_mut().find(|old| old.settings.name == name) {
                *old = parts;
            }
            let by = current.of(&name).map(|latest| latest.by.as_str());
            tracing::info!(connection = %name, version, by, "settings took effect");
            show_version(&name, version);
            applied.versions.insert(name, version);
        }
        self.connections.replace(connections);
        self.intake.replace(intake);
        for (name, followed) in changed {
            if let Some(sender) = self.followed.get(&name) {
                sender.send_replace(followed);
            }
        }
        true
    }

    /// The connections that are worked on, in the order of the configuration.
    pub fn connections(&self) -> Vec<Connection> {
        self.applied().parts.iter().map(|parts| parts.clients.connection.clone()).collect()
    }

    /// The change feeds in the order in which they are read.
    pub fn feeds(&self) -> Vec<ChangeFeed> {
        self.applied().parts.iter().flat_map(|parts| parts.followed.feeds.clone()).collect()
    }

    /// When stock is compared in full, of each connection with a schedule.
    pub fn schedules(&self) -> Vec<StockSchedule> {
        self.applied().parts.iter().filter_map(|parts| parts.followed.schedule.clone()).collect()
    }

    /// When open orders are compared, of each connection that does so by itself.
    pub fn reconciliations(&self) -> Vec<ReconciliationSchedule> {
        self.applied().parts.iter().filter_map(|parts| parts.followed.reconciliation.clone()).collect()
    }

    /// What runs by the clock for each connection, as it is now and as it becomes.
    pub(crate) fn followed(&self) -> impl Iterator<Item = (&ConnectionName, watch::Receiver<Followed>)> {
        self.followed.iter().map(|(name, followed)| (name, followed.subscribe()))
    }

    /// Brings what stands in NetSuite of a connection's settings in step, and puts into effect what people changed there.
    ///
    /// # Errors
    /// [`MirrorError`]; the next pass goes on.
    pub async fn mirror(&self, connection: &ConnectionName) -> Result<MirrorPass, MirrorError> {
        let found = {
            let applied = self.applied();
            let parts = applied.parts.iter().find(|parts| parts.settings.name == *connection);
            parts.map(|parts| (parts.settings.netsuite.config_record, parts.clients.netsuite.clone()))
        };
        let Some((mode, netsuite)) = found else { return Ok(MirrorPass::default()) };
        let (configuration, history) = (self.configuration.clone(), self.history.clone());
        let desk = SettingsDesk::new(configuration, history, self.common.clock.clone(), Arc::default());
        let pass = live_settings_mirror::pass(connection, mode, &desk, &netsuite).await?;
        if !pass.taken.is_empty() {
            self.refresh().await?;
        }
        Ok(pass)
    }

    /// The connections whose settings stand in NetSuite too, and how often they are compared.
    pub(crate) fn mirrored(&self) -> Vec<(ConnectionName, Duration)> {
        let wants = |parts: &&ConnectionParts| parts.settings.netsuite.config_record != ConfigRecord::Off;
        let applied = self.applied();
        applied
            .parts
            .iter()
            .filter(wants)
            .map(|parts| (parts.settings.name.clone(), parts.settings.poll))
            .collect()
    }

    /// Compares a connection's settings with NetSuite's copy until `stop`; ever more rarely while that fails.
    pub(crate) async fn keep_mirrored(
        &self,
        connection: ConnectionName,
        every: Duration,
        stop: CancellationToken,
    ) {
        let mut wait = every;
        loop {
            // nobody waits for it: every other call goes before
            let pass = tokio::select! {
                () = stop.cancelled() => return,
                pass = with_urgency(Urgency::Reconciliation, self.mirror(&connection)) => pass,
            };
            match pass {
                Ok(MirrorPass { taken, refused, .. }) => {
                    wait = every;
                    if !taken.is_empty() || !refused.is_empty() {
                        tracing::info!(%connection, ?taken, ?refused, "people changed settings inside NetSuite");
                    }
                }
                Err(error) => {
                    wait = wait.saturating_mul(2).clamp(every, LONGEST_WAIT.max(every));
                    let wait_ms = wait.as_millis();
                    tracing::warn!(%connection, %error, wait_ms, "the settings inside NetSuite were not compared; it is tried again");
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Puts changes into effect until `stop`: at once when `changed` is notified, else at every interval.
    pub(crate) async fn run(&self, changed: Arc<Notify>, every: Duration, stop: CancellationToken) {
        for (name, version) in &self.applied().versions {
            show_version(name, *version);
        }
        let (mut outage, mut wait) = (StoreOutage::new("whether settings changed cannot be seen"), every);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = changed.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
            wait = match self.refresh().await {
                Ok(_) => {
                    outage.over();
                    every
                }
                Err(error) => outage.failed(&error, every),
            };
        }
    }

    fn applied(&self) -> MutexGuard<'_, Applied> {
        self.applied.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connections and versions that are not in effect, for the log.
fn changed_versions(applied: &Applied, current: &CurrentSettings) -> String {
    let latest = current.latest.iter();
    let changed = latest.filter(|latest| applied.versions.get(&latest.connection) != Some(&latest.version));
    changed.map(|latest| format!("{} {}", latest.connection, latest.version)).collect::<Vec<_>>().join(", ")
}

/// Shows on the gauge which version is in effect.
fn show_version(name: &ConnectionName, version: u64) {
    // a gauge is a float; versions stay far below where that matters
    let version = u32::try_from(version).unwrap_or(u32::MAX);
    metrics::gauge!("amz_settings_version", "connection" => name.to_string()).set(f64::from(version));
}

/// Follows a connection's feeds and schedule until `stop`, as the settings in effect want them. What is under way when
/// they change is given up: what a feed has not accepted yet comes again.
pub(crate) async fn follow(mut followed: watch::Receiver<Followed>, clock: Clock, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let Followed { feeds, poll, schedule, reconciliation } = followed.borrow_and_update().clone();
        let reading = feed::run(feeds, poll, stop.clone());
        let comparing = async {
            if let Some(schedule) = schedule {
                schedule.run(clock.clone(), stop.clone()).await;
            }
        };
        let reconciling = async {
            if let Some(reconciliation) = reconciliation {
                reconciliation.run(clock.clone(), stop.clone()).await;
            }
        };
        let all = async { tokio::join!(reading, comparing, reconciling) };
        let changed = tokio::select! {
            _ = all => None,
            changed = followed.changed() => Some(changed),
        };
        match changed {
            // what runs by the clock ended by itself, or nobody can change it any more
            None | Some(Err(_)) => {
                tokio::select! {
                    () = stop.cancelled() => return,
                    changed = followed.changed() => if changed.is_err() { stop.cancelled().await; return; },
                }
            }
            Some(Ok(())) => {}
        }
    }
}
