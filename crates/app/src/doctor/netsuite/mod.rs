//! The NetSuite account: first one log-in, and only if it succeeds everything else.
//!
//! Five refused log-ins in a row lock the integration's user for half an hour, so the first refusal ends it all.

mod concurrency;
mod custom_records;
mod fields;
mod gate;
mod log_in;
mod period;
mod permissions;
mod references;
mod restlet;
mod timezone;
mod wanted_fields;

use amz_connector::netsuite::NetSuite;
use amz_services::connection::Clock;

use super::finding::{Area, Finding};
use crate::settings::ConnectionSettings;
use gate::Gate;

/// The rest of the checks, when nothing could be asked.
const CHECKS: &str = "netsuite_checks";

pub(super) async fn examine(
    connection: &ConnectionSettings,
    netsuite: &NetSuite,
    clock: &Clock,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = log_in::host(connection).into_iter().collect();
    let (is_in, of_log_in) = log_in::examine(netsuite).await;
    findings.extend(of_log_in);
    if !is_in {
        let why = "not looked at: the account did not let us in";
        findings.push(Finding::skipped(Area::NetSuite, CHECKS, why));
        return findings;
    }
    let gate = Gate::of(netsuite);
    let (reach, of_permissions) = permissions::examine(connection, &gate).await;
    findings.extend(of_permissions);
    let today = clock().with_timezone(&connection.services.timezone).date_naive();
    let (fields, records, references, period, timezone, concurrency) = tokio::join!(
        fields::examine(connection, &gate, reach),
        custom_records::examine(connection, &gate, reach),
        references::examine(connection, &gate, reach),
        period::examine(connection, &gate, reach, today),
        timezone::examine(connection, &gate, reach),
        concurrency::examine(connection, &gate),
    );
    // last: RESTlets refuse some roles as if their credentials were wrong
    let restlet = restlet::examine(connection, &gate).await;
    let rest = [fields, records, references, vec![period, timezone, concurrency, restlet]];
    findings.extend(rest.into_iter().flatten());
    findings
}
