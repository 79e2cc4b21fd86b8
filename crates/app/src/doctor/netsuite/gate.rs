//! Lets probes through until one of them is refused for its credentials.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use amz_connector::netsuite::NetSuite;
use amz_connector::netsuite::suiteql::{Query, Row};
use amz_services::failure::{Failure, PortError};

/// What the role can reach at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    /// The record service.
    pub(super) records: bool,
    /// The query service.
    pub(super) queries: bool,
}

/// Name of our queries in errors, logs and the audit trail.
const QUERY: &str = "doctor.query";

/// An account that is asked until it refuses us. Clones share the refusal.
#[derive(Clone)]
pub(super) struct Gate {
    netsuite: NetSuite,
    closed: Arc<AtomicBool>,
}

impl Gate {
    pub(super) fn of(netsuite: &NetSuite) -> Self {
        Self { netsuite: netsuite.clone(), closed: Arc::default() }
    }

    /// The client, for a probe to be given to [`Gate::ask`].
    pub(super) fn netsuite(&self) -> &NetSuite {
        &self.netsuite
    }

    /// Lets a probe go, unless one was refused for its credentials before.
    pub(super) async fn ask<T>(
        &self,
        probe: impl Future<Output = Result<T, PortError>>,
    ) -> Result<T, PortError> {
        if self.closed.load(Ordering::Relaxed) {
            let message = "not asked: the account refused our credentials";
            return Err(PortError::new(QUERY, Failure::Credentials, "credentials_in_doubt", message));
        }
        let answer = probe.await;
        if answer.as_ref().is_err_and(|error| error.failure == Failure::Credentials) {
            self.closed.store(true, Ordering::Relaxed);
        }
        answer
    }

    /// The first rows of a query.
    pub(super) async fn rows(&self, text: &str, parameters: &[&str]) -> Result<Vec<Row>, PortError> {
        let parameters = parameters.iter().map(|parameter| (*parameter).to_owned()).collect();
        let query = Query { operation: QUERY, text: text.to_owned(), parameters, limit: 10 };
        self.ask(self.netsuite.query(query)).await.map(|rows| rows.rows)
    }
}
