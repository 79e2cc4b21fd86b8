//! The roles of a process: receiving notices, and working on them.

mod duties;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use amz_services::connection::{Clock, Connection};
use amz_services::failure::StoreError;
use amz_services::ports::Operations;
use amz_store::{Notices, OpenError, State, Store};
use chrono::Utc;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::audit_mirror::MirrorTask;
use crate::concurrency::{ConcurrencyLearner, Governors};
use crate::duty::Roster;
use crate::feed::ChangeFeed;
use crate::http::{ApiState, WebhookState, router, status_router};
use crate::intake::NoticeIntake;
use crate::live_settings::SettingsDesk;
use crate::live_settings_parts::{Common, FirstParts, LiveSettings};
use crate::notifications::{Notifier, NotifierError};
use crate::opening::patiently;
use crate::purge;
use crate::readiness::status;
use crate::reconciliation_schedule::ReconciliationSchedule;
use crate::schedule::StockSchedule;
use crate::settings::{ConfigurationFaults, Settings};
use crate::slot_sharing::SlotSharing;
use crate::wiring::{Shared, WiringError, access};
use crate::worker::{Worker, WorkerSettings};

/// How often the intake looks for notices that another process stored.
const INTAKE_POLL: Duration = Duration::from_millis(100);

/// How often settings that another process changed are looked for.
const SETTINGS_POLL: Duration = Duration::from_millis(500);

/// How often the worker looks for due lanes when nothing wakes it.
const WORKER_POLL: Duration = Duration::from_millis(500);

/// The same where other processes make lanes due, which wakes nobody here.
const SHARED_WORKER_POLL: Duration = Duration::from_millis(150);

/// How long a shutdown waits for work in progress before lanes are handed back.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);

/// Which roles a process takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// Receive notices over HTTP.
    pub webhook: bool,
    /// Take notices, follow the change feed, work on lanes.
    pub sync: bool,
}

/// Why a process could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store could not be opened.
    #[error("the store could not be opened: {0}")]
    Store(#[from] OpenError),
    /// What is set at run time could not be read.
    #[error(transparent)]
    SettingsStore(#[from] StoreError),
    /// What is set at run time does not fit the configuration any more.
    #[error("with what is set at run time, {0}")]
    Settings(#[from] ConfigurationFaults),
    /// A connection's parts could not be built.
    #[error(transparent)]
    Wiring(#[from] WiringError),
    /// Those who are told of parked work could not be set up.
    #[error(transparent)]
    Notifications(#[from] NotifierError),
    /// The address could not be listened on.
    #[error("{address} cannot be listened on: {source}")]
    Listen {
        /// The address of `webhook.listen`.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// A process at work.
pub struct Running {
    webhook: Option<Webhook>,
    sync: Option<SyncParts>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// The parts of a sync role, put together and at rest: [`start`] sets them to work, tests drive them by hand.
pub struct SyncParts {
    /// What is durable.
    pub state: Arc<dyn State>,
    /// The feeds of notices that this role purges.
    notices: Vec<Arc<dyn Notices>>,
    /// What this process does for the whole deployment.
    roster: Roster,
    /// Takes notices.
    pub intake: NoticeIntake,
    /// Keeps connections, change feeds and schedules as the settings in effect want them.
    pub live: Arc<LiveSettings>,
    /// Learn how many calls NetSuite accounts take at once, for each connection that wants it.
    pub learners: Vec<ConcurrencyLearner>,
    /// Copies the audit trail, of each connection that wants it.
    pub mirrors: Vec<MirrorTask>,
    /// Works on lanes.
    pub worker: Worker,
    /// Tells people of parked work.
    pub notifier: Notifier,
    /// How many calls each NetSuite account gets.
    governors: Governors,
}

/// Starts the roles and returns once they take work. They share one store, and so its connections.
///
/// A database server that cannot be reached is waited for, a minute at most.
///
/// # Errors
/// [`StartError`]; nothing is left running.
pub async fn start(settings: &Settings, roles: Roles) -> Result<Running, StartError> {
    let clock: Clock = Arc::new(Utc::now);
    let store = Store::of(&settings.store.options())?;
    let (stop, tasks, arrived) = (CancellationToken::new(), TaskTracker::new(), Arc::new(Notify::new()));
    let sync = if roles.sync {
        let jitter = Arc::new(|| Uuid::new_v4().as_u64_pair().0);
        Some(SyncParts::assemble(settings, &store, clock.clone(), jitter).await?)
    } else {
        None
    };
    let webhook = if roles.webhook {
        Some(Webhook::listen(settings, &store, clock, arrived.clone(), stop.clone(), &tasks).await?)
    } else {
        None
    };
    if let Some(sync) = &sync {
        if let (None, Some(wanted)) = (&webhook, settings.worker.listen) {
            let (listener, address) = bind(wanted).await?;
            tracing::info!(%address, "answering for health and metrics");
            tasks.spawn(serve(listener, status_router(status(&store, &stop)), stop.clone()));
        }
        let changed = webhook.as_ref().map(|webhook| webhook.settings_changed.clone()).unwrap_or_default();
        sync.run(&arrived, changed, &stop, &tasks);
    }
    Ok(Running { webhook, sync, stop, tasks })
}

impl SyncParts {
    /// Opens the state of a store and builds the parts. Nothing is sent and nothing runs yet.
    ///
    /// `jitter` gives random numbers; `clock` the time.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn assemble(
        settings: &Settings,
        store: &Store,
        clock: Clock,
        jitter: Arc<dyn Fn() -> u64 + Send + Sync>,
    ) -> Result<Self, StartError> {
        let state = patiently(|| store.state()).await?;
        let weights: Vec<_> = settings
            .connections
            .iter()
            .map(|connection| (connection.name.clone(), connection.weight))
            .collect();
        patiently(|| state.set_weights(&weights)).await?;
        let notices = duties::purged_feeds(store).await?;
        let wake = Arc::new(Notify::new());
        let history = store.settings_history();
        let shared = match store.is_shared() {
            false => Shared::default(),
            true => among_processes(state.clone(), settings.worker.lease, clock.clone(), jitter.clone()),
        };
        let common = Common {
            state: state.clone(),
            clock: clock.clone(),
            wake: wake.clone(),
            jitter: jitter.clone(),
            shared: shared.clone(),
        };
        let parts = FirstParts::build(settings, history, common).await?;
        let intake = NoticeIntake {
            feeds: store.feeds(),
            intake: state.clone(),
            ledger: state.clone(),
            connections: parts.intake.clone(),
            clock: clock.clone(),
            wake: wake.clone(),
        };
        let owner = Uuid::now_v7().to_string();
        let roster = Roster::new(state.clone(), owner.clone(), clock.clone(), store.is_shared());
        let worker_settings = WorkerSettings {
            owner,
            concurrency: settings.worker.concurrency,
            lease: settings.worker.lease,
            poll: if store.is_shared() { SHARED_WORKER_POLL } else { WORKER_POLL },
            grace: SHUTDOWN_GRACE,
        };
        let notifier = Notifier::new(&settings.notifications, state.clone(), clock.clone(), jitter.clone())?;
        let worker = Worker::new(worker_settings, state.clone(), parts.connections(), clock, jitter, wake)
            .watching(shared.outages);
        let (learners, mirrors) = (parts.learners(&shared.governors), parts.mirrors());
        let live = Arc::new(parts.live(worker.connections()));
        let governors = shared.governors;
        Ok(Self { state, notices, roster, intake, live, learners, mirrors, worker, notifier, governors })
    }

    /// Each connection's ports and settings, as they are now.
    pub fn connections(&self) -> Vec<Connection> {
        self.live.connections()
    }

    /// Each connection's change feeds, in the order in which they are read.
    pub fn feeds(&self) -> Vec<ChangeFeed> {
        self.live.feeds()
    }

    /// When stock is compared in full, of each connection with a schedule.
    pub fn schedules(&self) -> Vec<StockSchedule> {
        self.live.schedules()
    }

    /// When open orders are compared, of each connection that does so by itself.
    pub fn reconciliations(&self) -> Vec<ReconciliationSchedule> {
        self.live.reconciliations()
    }

    /// Sets the parts to work until `stop`. `changed` is notified when this process changed settings.
    ///
    /// Lanes are worked on in every process; what is enough when one of them does it is a duty.
    fn run(
        &self,
        arrived: &Arc<Notify>,
        changed: Arc<Notify>,
        stop: &CancellationToken,
        tasks: &TaskTracker,
    ) {
        for learner in self.learners.iter().cloned() {
            tasks.spawn(learner.run(stop.clone()));
        }
        let (live, live_stop) = (self.live.clone(), stop.clone());
        tasks.spawn(async move { live.run(changed, SETTINGS_POLL, live_stop).await });
        let (worker, worker_stop) = (self.worker.clone(), stop.clone());
        tasks.spawn(async move { worker.run(worker_stop).await });
        self.take_duties(arrived, stop, tasks);
    }

    /// True when everything that has arrived or changed so far is worked off: notices are taken, the change
    /// feeds have nothing new, and no lane waits. Asks NetSuite once per feed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn is_quiet(&self) -> Result<bool, StoreError> {
        for feed in self.feeds() {
            match feed.pass().await {
                Ok(0) => {}
                Ok(_) => return Ok(false),
                Err(error) => {
                    tracing::debug!(%error, "not quiet: the change feed could not be read");
                    return Ok(false);
                }
            }
        }
        for feed in &self.intake.feeds {
            let cursor = self.state.cursor(&feed.cursor_name().await?).await?;
            if !feed.after(cursor, 1).await?.is_empty() {
                return Ok(false);
            }
        }
        Ok(self.state.backlog().await?.lanes == 0)
    }
}

/// What the connections share in one of several processes, which keep to the vendors' limits together.
fn among_processes(
    state: Arc<dyn State>,
    lease: Duration,
    clock: Clock,
    jitter: Arc<dyn Fn() -> u64 + Send + Sync>,
) -> Shared {
    let holder = Uuid::now_v7().to_string();
    let slots = SlotSharing { shares: state.clone(), holder, clock, lease, jitter };
    Shared { governors: Governors::shared(slots), paces: Some(state), ..Shared::default() }
}

/// A webhook role that listens.
pub struct Webhook {
    /// Where.
    pub address: SocketAddr,
    /// What it stores notices in.
    pub inbox: Arc<dyn Notices>,
    /// Notified when somebody changed settings over HTTP.
    pub settings_changed: Arc<Notify>,
}

impl Webhook {
    /// Opens the inbox of a store and serves until `stop`. `stored` is notified when a notice was stored.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn listen(
        settings: &Settings,
        store: &Store,
        clock: Clock,
        stored: Arc<Notify>,
        stop: CancellationToken,
        tasks: &TaskTracker,
    ) -> Result<Self, StartError> {
        let connections = access(&settings.connections)?;
        let (listener, address) = bind(settings.webhook.listen).await?;
        let inbox = patiently(|| store.inbox()).await?;
        let history = store.settings_history();
        let desk = SettingsDesk::new(settings.clone(), history, clock.clone(), Arc::default());
        let settings_changed = desk.changed();
        let api = ApiState::new(&settings.api, desk);
        let state = WebhookState {
            api,
            connections,
            inbox: inbox.clone(),
            clock: clock.clone(),
            max_body_bytes: settings.webhook.max_body_bytes,
            stored,
            status: status(store, &stop),
        };
        if !store.is_shared() {
            tasks.spawn(purge::notices(vec![inbox.clone()], clock, stop.clone()));
        }
        tasks.spawn(serve(listener, router(state), stop));
        Ok(Self { address, inbox, settings_changed })
    }
}

async fn bind(wanted: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address: wanted, source };
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

async fn serve(listener: TcpListener, router: axum::Router, stop: CancellationToken) {
    let served = axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await });
    if let Err(error) = served.await {
        tracing::error!(%error, "the HTTP server ended");
    }
}

impl Running {
    /// Where the webhook role listens; `None` without that role.
    pub fn address(&self) -> Option<SocketAddr> {
        self.webhook.as_ref().map(|webhook| webhook.address)
    }

    /// The connections that are worked on, as they are now; empty without the sync role.
    pub fn connections(&self) -> Vec<Connection> {
        self.sync.as_ref().map(SyncParts::connections).unwrap_or_default()
    }

    /// What operators read; `None` without the sync role.
    pub fn operations(&self) -> Option<Arc<dyn Operations>> {
        self.sync.as_ref().map(|sync| -> Arc<dyn Operations> { sync.state.clone() })
    }

    /// See [`SyncParts::is_quiet`]; true without the sync role.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn is_quiet(&self) -> Result<bool, StoreError> {
        match &self.sync {
            Some(sync) => sync.is_quiet().await,
            None => Ok(true),
        }
    }

    /// Stops taking work, finishes or hands back what is in progress, and closes the store.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        if let Some(sync) = &self.sync {
            // only now: work in progress needed its slots until here
            sync.governors.stop().await;
        }
        if let Some(webhook) = self.webhook {
            webhook.inbox.close().await;
        }
        if let Some(sync) = self.sync {
            sync.state.close().await;
        }
    }
}
