//! Clients for probing: like those of a process at work, with nobody to write down their calls.

use std::sync::Arc;

use amz_connector::amazon::{BuyWithPrime, SpApi};
use amz_connector::netsuite::{Governor, NetSuite};
use amz_services::audit::CallRecord;
use amz_services::connection::Clock;
use amz_services::failure::StoreError;
use amz_services::ports::CallLog;
use async_trait::async_trait;

use crate::settings::ConnectionSettings;
use crate::wiring::{self, WiringError};

/// One connection's clients.
pub(super) struct Vendors {
    pub(super) amazon: BuyWithPrime,
    pub(super) sp_api: Option<SpApi>,
    pub(super) netsuite: NetSuite,
}

impl Vendors {
    /// Builds them; nothing is sent.
    pub(super) fn of(settings: &ConnectionSettings, clock: &Clock) -> Result<Self, WiringError> {
        let calls: Arc<dyn CallLog> = Arc::new(Unrecorded);
        Ok(Self {
            amazon: wiring::amazon_client(settings, calls.clone(), clock.clone())?,
            sp_api: wiring::sp_api_client(settings, calls.clone(), clock.clone(), None)?,
            netsuite: wiring::netsuite_client(
                settings,
                calls,
                Governor::new(settings.netsuite.concurrency),
                clock.clone(),
            )?,
        })
    }
}

/// A client of the connection's Buy with Prime API whose calls nobody writes down.
///
/// # Errors
/// When the settings cannot work.
pub(crate) fn amazon_client(
    settings: &ConnectionSettings,
    clock: Clock,
) -> Result<BuyWithPrime, WiringError> {
    wiring::amazon_client(settings, Arc::new(Unrecorded), clock)
}

/// The audit trail has one writer, the sync role; calls of the doctor show in the log alone.
struct Unrecorded;

#[async_trait]
impl CallLog for Unrecorded {
    async fn record(&self, _call: &CallRecord) -> Result<(), StoreError> {
        Ok(())
    }
}
