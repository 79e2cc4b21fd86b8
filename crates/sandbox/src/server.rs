//! Starting and stopping the sandbox.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::connection::{ConnectionSwitch, SwitchedListener};
use crate::exchange::{Core, note_requested_uri};
use crate::{Calls, Clock, Faults, amazon, control, netsuite};

/// How the sandbox is set up.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    /// Chooses ids, shuffles and duplicates: the same seed and the same calls give the same run.
    pub seed: u64,
    /// The time both vendors live by.
    pub clock: Clock,
    /// The pretend Amazon.
    pub amazon: amazon::AmazonSettings,
    /// The pretend NetSuite.
    pub netsuite: netsuite::NetSuiteSettings,
    /// Where to listen; port 0 chooses a free one.
    pub listen: SocketAddr,
}

impl Default for SandboxSettings {
    /// Real time, seed 1, a free port on loopback.
    fn default() -> Self {
        Self {
            seed: 1,
            clock: Clock::real(),
            amazon: amazon::AmazonSettings::default(),
            netsuite: netsuite::NetSuiteSettings::default(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        }
    }
}

/// Why the sandbox did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The address could not be had.
    #[error("listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The GraphQL schema of the pretend Amazon does not build.
    #[error("build the GraphQL schema: {0}")]
    Schema(String),
    /// The HTTP client of the webhook sender does not build.
    #[error("build the webhook sender")]
    Webhook(#[source] reqwest::Error),
}

/// The handle: reads and moves the state of both vendors. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// The pretend Amazon.
    pub amazon: amazon::Amazon,
    /// The pretend NetSuite.
    pub netsuite: netsuite::NetSuite,
    /// The time both live by.
    pub clock: Clock,
    /// All requests received.
    pub calls: Calls,
    /// What goes wrong.
    pub faults: Faults,
}

impl Sandbox {
    /// Binds the listener and serves both vendors and the control interface until stopped.
    ///
    /// # Errors
    /// [`SandboxError`] when the address is taken or a part does not build.
    pub async fn start(settings: SandboxSettings) -> Result<RunningSandbox, SandboxError> {
        let SandboxSettings { seed, clock, amazon, netsuite, listen } = settings;
        let refused = |source| SandboxError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let core = Core { seed, clock, calls: Calls::default(), faults: Faults::default(), address };
        let sandbox = Self {
            amazon: amazon::Amazon::new(core.clone(), amazon)?,
            netsuite: netsuite::NetSuite::new(core.clone(), netsuite),
            clock: core.clock,
            calls: core.calls,
            faults: core.faults,
        };
        let router = Router::new()
            .nest("/amazon", amazon::router(sandbox.amazon.clone()))
            .nest("/sp-api", amazon::sp_api_router(sandbox.amazon.clone()))
            .nest("/lwa", amazon::lwa_router(sandbox.amazon.clone()))
            .nest("/netsuite", netsuite::router(sandbox.netsuite.clone()))
            .nest("/control", control::router(&sandbox))
            .layer(axum::middleware::from_fn(note_requested_uri));
        let (stop, stopped) = oneshot::channel::<()>();
        let service = router.into_make_service_with_connect_info::<ConnectionSwitch>();
        let server = tokio::spawn(async move {
            let served = axum::serve(SwitchedListener(listener), service)
                .with_graceful_shutdown(async move {
                    let _ = stopped.await;
                })
                .await;
            if let Err(error) = served {
                tracing::warn!(%error, "the sandbox stopped serving");
            }
        });
        let senders = [
            tokio::spawn(sandbox.amazon.clone().send_events()),
            tokio::spawn(sandbox.netsuite.clone().send_batches()),
        ];
        Ok(RunningSandbox { sandbox, address, stop: Some(stop), server, senders })
    }
}

/// A sandbox that is being served; dropping it stops it.
#[derive(Debug)]
pub struct RunningSandbox {
    /// The handle to both vendors.
    pub sandbox: Sandbox,
    /// Where it listens.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
    senders: [JoinHandle<()>; 2],
}

impl RunningSandbox {
    /// Base of the pretend Amazon: `/graphql` and `/token` lie below it.
    pub fn amazon_url(&self) -> String {
        format!("http://{}/amazon", self.address)
    }

    /// Base of the pretend Selling Partner API: `/fba/inventory/v1/summaries` lies below it.
    pub fn sp_api_url(&self) -> String {
        format!("http://{}/sp-api", self.address)
    }

    /// Token endpoint of the pretend Login with Amazon, whole: it ends in `/auth/o2/token`.
    pub fn lwa_token_url(&self) -> String {
        format!("http://{}/lwa/auth/o2/token", self.address)
    }

    /// Base of the pretend NetSuite: `/services/rest/...` lies below it.
    pub fn netsuite_url(&self) -> String {
        format!("http://{}/netsuite", self.address)
    }

    /// Base of the pretend NetSuite's RESTlets: `/app/site/hosting/restlet.nl` lies below it.
    pub fn restlet_url(&self) -> String {
        self.netsuite_url()
    }

    /// Base of the control interface.
    pub fn control_url(&self) -> String {
        format!("http://{}/control", self.address)
    }

    /// Stops sending events and batches, answers the requests in progress and stops.
    pub async fn shutdown(mut self) {
        self.senders.iter().for_each(JoinHandle::abort);
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        // Connections that a client keeps open would hold a graceful stop for ever.
        if tokio::time::timeout(std::time::Duration::from_secs(2), &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.senders.iter().for_each(JoinHandle::abort);
        self.server.abort();
    }
}
