//! The roles of a process: receiving notices, and working on them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use amz_services::connection::{Clock, Connection};
use amz_services::failure::StoreError;
use amz_services::ports::{Intake, Operations};
use amz_store::OpenError;
use amz_store::sqlite::{SqliteInbox, SqliteInboxReader, SqlitePaths, SqliteState};
use chrono::Utc;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::feed::{self, ChangeFeed, Source};
use crate::http::{Status, WebhookState, router, status_router};
use crate::intake::{IntakeConnection, NoticeIntake};
use crate::notifications::{Notifier, NotifierError};
use crate::purge;
use crate::schedule::StockSchedule;
use crate::settings::Settings;
use crate::telemetry;
use crate::wiring::{Stores, WiringError, access, clients};
use crate::worker::{Worker, WorkerSettings};

/// How often the intake looks for notices that another process stored.
const INTAKE_POLL: Duration = Duration::from_millis(100);

/// How often the worker looks for due lanes when nothing wakes it.
const WORKER_POLL: Duration = Duration::from_millis(500);

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
    pub state: Arc<SqliteState>,
    /// Each connection's ports and settings.
    pub connections: Vec<Connection>,
    /// Takes notices.
    pub intake: NoticeIntake,
    /// Each connection's change feeds, in the order in which they are read.
    pub feeds: Vec<ChangeFeed>,
    /// When stock is compared in full, of each connection with a schedule.
    pub schedules: Vec<StockSchedule>,
    /// Works on lanes.
    pub worker: Worker,
    /// Tells people of parked work.
    pub notifier: Notifier,
}

/// Starts the roles and returns once they take work.
///
/// # Errors
/// [`StartError`]; nothing is left running.
pub async fn start(settings: &Settings, roles: Roles) -> Result<Running, StartError> {
    let clock: Clock = Arc::new(Utc::now);
    let (stop, tasks, arrived) = (CancellationToken::new(), TaskTracker::new(), Arc::new(Notify::new()));
    let sync = if roles.sync {
        Some(SyncParts::assemble(settings, clock.clone(), Arc::new(|| Uuid::new_v4().as_u64_pair().0)).await?)
    } else {
        None
    };
    let webhook = if roles.webhook {
        Some(Webhook::listen(settings, clock, arrived.clone(), stop.clone(), &tasks).await?)
    } else {
        None
    };
    if let Some(sync) = &sync {
        if let (None, Some(wanted)) = (&webhook, settings.worker.listen) {
            let (listener, address) = bind(wanted).await?;
            tracing::info!(%address, "answering for health and metrics");
            tasks.spawn(serve(listener, status_router(status(&stop)), stop.clone()));
        }
        sync.run(settings, &arrived, &stop, &tasks);
    }
    Ok(Running { webhook, sync, stop, tasks })
}

impl SyncParts {
    /// Opens the state and builds the parts. Nothing is sent and nothing runs yet.
    ///
    /// `jitter` gives random numbers; `clock` the time.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn assemble(
        settings: &Settings,
        clock: Clock,
        jitter: Arc<dyn Fn() -> u64 + Send + Sync>,
    ) -> Result<Self, StartError> {
        let paths = SqlitePaths::from_url(settings.store.url.expose_secret())?;
        let state = Arc::new(SqliteState::open(&paths.state).await?);
        let wake = Arc::new(Notify::new());
        let (mut connections, mut feeds, mut schedules) = (Vec::new(), Vec::new(), Vec::new());
        let mut known = HashMap::new();
        for connection in &settings.connections {
            let stores = Stores { ledger: state.clone(), stock: state.clone(), calls: state.clone() };
            let built = clients(connection, stores, clock.clone())?;
            connections.push(built.connection);
            let changed = Arc::new(built.netsuite);
            let documents = connection
                .follow_documents
                .then(|| Source::Documents { changed: changed.clone(), ledger: state.clone() });
            feeds.extend([Some(Source::SalesOrders(changed)), documents].into_iter().flatten().map(
                |source| ChangeFeed {
                    connection: connection.name.clone(),
                    source,
                    intake: state.clone(),
                    clock: clock.clone(),
                    wake: wake.clone(),
                    timezone: connection.services.timezone,
                    jitter: jitter.clone(),
                },
            ));
            let account = connection.services.account.clone();
            let stock_settle = connection.stock.as_ref().map_or(connection.settle, |stock| stock.settle);
            known.insert(
                connection.name.clone(),
                IntakeConnection { account, settle: connection.settle, stock_settle },
            );
            let schedule = connection.stock.as_ref().and_then(|stock| stock.schedule.clone());
            schedules.extend(schedule.map(|schedule| StockSchedule {
                connection: connection.name.clone(),
                schedule,
                zone: connection.services.timezone,
                intake: state.clone(),
                wake: wake.clone(),
            }));
        }
        let intake = NoticeIntake {
            feeds: vec![
                Arc::new(SqliteInboxReader::new(&paths.inbox, "inbox")),
                Arc::new(SqliteInboxReader::new(&paths.commands, "commands")),
            ],
            intake: state.clone(),
            ledger: state.clone(),
            connections: Arc::new(known),
            clock: clock.clone(),
            wake: wake.clone(),
        };
        let worker_settings = WorkerSettings {
            owner: Uuid::now_v7().to_string(),
            concurrency: settings.worker.concurrency,
            lease: settings.worker.lease,
            poll: WORKER_POLL,
            grace: SHUTDOWN_GRACE,
        };
        let notifier = Notifier::new(&settings.notifications, state.clone(), clock.clone(), jitter.clone())?;
        let worker = Worker::new(worker_settings, state.clone(), connections.clone(), clock, jitter, wake);
        Ok(Self { state, connections, intake, feeds, schedules, worker, notifier })
    }

    /// Sets the parts to work until `stop`.
    fn run(&self, settings: &Settings, arrived: &Arc<Notify>, stop: &CancellationToken, tasks: &TaskTracker) {
        for connection in &settings.connections {
            let feeds = self.feeds.iter().filter(|feed| feed.connection == connection.name);
            tasks.spawn(feed::run(feeds.cloned().collect(), connection.poll, stop.clone()));
        }
        let (intake, arrived, intake_stop) = (self.intake.clone(), arrived.clone(), stop.clone());
        tasks.spawn(async move { intake.run(arrived, INTAKE_POLL, intake_stop).await });
        let (worker, worker_stop) = (self.worker.clone(), stop.clone());
        tasks.spawn(async move { worker.run(worker_stop).await });
        for schedule in self.schedules.iter().cloned() {
            tasks.spawn(schedule.run(self.intake.clock.clone(), stop.clone()));
        }
        let (notifier, notifier_stop) = (self.notifier.clone(), stop.clone());
        tasks.spawn(async move { notifier.run(notifier_stop).await });
        tasks.spawn(purge::state(self.state.clone(), self.intake.clock.clone(), stop.clone()));
    }

    /// True when everything that has arrived or changed so far is worked off: notices are taken, the change
    /// feeds have nothing new, and no lane waits. Asks NetSuite once per feed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn is_quiet(&self) -> Result<bool, StoreError> {
        for feed in &self.feeds {
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

/// A webhook role that listens.
pub struct Webhook {
    /// Where.
    pub address: SocketAddr,
    /// What it stores notices in.
    pub inbox: Arc<SqliteInbox>,
}

impl Webhook {
    /// Opens the inbox and serves until `stop`. `stored` is notified when a notice was stored.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn listen(
        settings: &Settings,
        clock: Clock,
        stored: Arc<Notify>,
        stop: CancellationToken,
        tasks: &TaskTracker,
    ) -> Result<Self, StartError> {
        let paths = SqlitePaths::from_url(settings.store.url.expose_secret())?;
        let connections = access(&settings.connections)?;
        let (listener, address) = bind(settings.webhook.listen).await?;
        let inbox = Arc::new(SqliteInbox::open(&paths.inbox, "inbox").await?);
        let state = WebhookState {
            connections,
            inbox: inbox.clone(),
            clock: clock.clone(),
            max_body_bytes: settings.webhook.max_body_bytes,
            stored,
            status: status(&stop),
        };
        tasks.spawn(purge::inbox(inbox.clone(), clock, stop.clone()));
        tasks.spawn(serve(listener, router(state), stop));
        Ok(Self { address, inbox })
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

/// Ready until the process is told to end.
fn status(stop: &CancellationToken) -> Status {
    let ending = stop.clone();
    let render_metrics = telemetry::metrics().map(|metrics| -> Arc<dyn Fn() -> String + Send + Sync> {
        Arc::new(move || {
            metrics.run_upkeep();
            metrics.render()
        })
    });
    Status { ready: Arc::new(move || !ending.is_cancelled()), render_metrics }
}

impl Running {
    /// Where the webhook role listens; `None` without that role.
    pub fn address(&self) -> Option<SocketAddr> {
        self.webhook.as_ref().map(|webhook| webhook.address)
    }

    /// The connections that are worked on; empty without the sync role.
    pub fn connections(&self) -> &[Connection] {
        self.sync.as_ref().map_or(&[], |sync| &sync.connections)
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
        if let Some(webhook) = self.webhook {
            webhook.inbox.close().await;
        }
        if let Some(sync) = self.sync {
            sync.state.close().await;
        }
    }
}
