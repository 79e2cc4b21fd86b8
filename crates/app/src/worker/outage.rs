//! What the worker does while a vendor as a whole is out.

use amz_domain::ConnectionName;
use amz_services::audit::Vendor;
use amz_services::failure::StoreError;
use amz_services::retry::backoff;
use amz_services::work::Claim;
use chrono::{DateTime, Utc};

use super::{Worker, show_paused};
use crate::outages::{self, Admission, Ending, OutagePause};

impl Worker {
    /// The claims that may be worked on. Of a connection one of whose vendors is out that is one, which finds out whether
    /// the vendor is back; the others are handed back as they were.
    pub(super) async fn admitted(&self, claims: Vec<Claim>) -> Vec<Claim> {
        let mut admitted = Vec::with_capacity(claims.len());
        let leased: Vec<ConnectionName> =
            claims.iter().map(|claim| claim.lease.key.connection.clone()).collect();
        for claim in claims {
            let name = &claim.lease.key.connection;
            let growing = |pauses| backoff(pauses, self.retry_base(name), (self.jitter)());
            let (key, fence) = (&claim.lease.key, claim.lease.fence);
            let others_wait = leased.iter().filter(|other| *other == name).count() > 1;
            match self.outages.admit(key, fence, others_wait, (self.clock)(), growing) {
                Admission::Open | Admission::Probe => admitted.push(claim),
                Admission::Wait(vendor, until) => {
                    let handed_back = async {
                        self.lanes.pause(name, until, outages::code(vendor)).await?;
                        self.lanes.release(&claim.lease).await
                    };
                    if let Err(error) = handed_back.await {
                        tracing::warn!(%error, lane = %key, "a lane was not handed back; its lease will lapse");
                    }
                }
            }
        }
        admitted
    }

    /// Takes up what a look told of vendors that are out or back. Returns when the lane tries again, if a vendor that is out
    /// left the look without an answer.
    pub(super) async fn after_outage(&self, claim: &Claim) -> Result<Option<DateTime<Utc>>, StoreError> {
        let (key, fence) = (&claim.lease.key, claim.lease.fence);
        let name = &key.connection;
        self.recover(name).await?;
        let growing = |pauses| backoff(pauses, self.retry_base(name), (self.jitter)());
        match self.outages.ended(key, fence, (self.clock)(), growing) {
            Ending::AsUsual => Ok(None),
            Ending::TryNext(vendor) => {
                self.lanes.resume_if(name, outages::code(vendor)).await?;
                self.wake.notify_one();
                Ok(None)
            }
            Ending::Out(pause) => {
                self.pause_for_outage(name, pause).await?;
                Ok(Some(pause.lane_at))
            }
        }
    }

    /// Pauses a connection one of whose vendors is out.
    async fn pause_for_outage(&self, name: &ConnectionName, pause: OutagePause) -> Result<(), StoreError> {
        let OutagePause { vendor, until, lane_at: _, began, rings } = pause;
        let code = outages::code(vendor);
        let news = self.lanes.pause(name, until, code).await?;
        if began && !news {
            // it was out when this process started
            self.outages.rings_already(name, vendor);
        }
        if began {
            tracing::warn!(code, %until, "the vendor answers nobody: the connection pauses");
        }
        if rings {
            tracing::error!(
                alarm = "raised",
                code,
                "the vendor is out: the connection pauses and tries again by itself"
            );
        }
        show_out(name, vendor, true);
        show_paused(name, true);
        if !self.outages.is_out(name, vendor) {
            // it answered somebody else meanwhile, and nobody would end this pause
            show_out(name, vendor, false);
            self.end_pause(name, code).await?;
        }
        Ok(())
    }

    /// Ends an outage's pause. One for another cause, such as refused credentials, stays.
    async fn end_pause(&self, name: &ConnectionName, code: &str) -> Result<(), StoreError> {
        if self.lanes.resume_if(name, code).await? {
            show_paused(name, false);
        }
        Ok(())
    }

    /// Lets work go on after vendors that were out have answered again.
    async fn recover(&self, name: &ConnectionName) -> Result<(), StoreError> {
        for back in self.outages.recovered(name) {
            let code = outages::code(back.vendor);
            show_out(name, back.vendor, false);
            self.end_pause(name, code).await?;
            if back.rang {
                tracing::info!(alarm = "cleared", code, "the vendor answers again: the connection works");
            } else {
                tracing::info!(code, "the vendor answers again: the connection works");
            }
            self.wake.notify_one();
        }
        Ok(())
    }
}

/// Shows on the gauge whether a vendor is out.
fn show_out(name: &ConnectionName, vendor: Vendor, is_out: bool) {
    metrics::gauge!("amz_vendor_unavailable", "connection" => name.to_string(), "vendor" => vendor.as_str())
        .set(f64::from(is_out));
}

/// A claim to postpone so that its lane has as many failed tries afterwards as before. They neither grow while a vendor is
/// out nor are forgotten: an order that a vendor never answers must come to an end although the vendor seems to be out
/// each time that nobody else asks.
pub(super) fn tries_kept(claim: &Claim) -> (Claim, bool) {
    match claim.attempts.checked_sub(1) {
        Some(attempts) => (Claim { attempts, ..claim.clone() }, true),
        None => (claim.clone(), false),
    }
}
