//! The bundle's RESTlet, where it is used.

use amz_services::failure::{Failure, PortError};

use super::super::finding::{Area, Finding, told};
use super::gate::Gate;
use crate::settings::ConnectionSettings;

const RESTLET: &str = "netsuite_restlet";

pub(super) async fn examine(connection: &ConnectionSettings, gate: &Gate) -> Finding {
    let restlet = &connection.netsuite.restlet;
    if !(restlet.order_marks || restlet.receipts || restlet.line_tax) {
        return Finding::skipped(Area::NetSuite, RESTLET, "not used: `netsuite.restlet.uses` names nothing");
    }
    judge(&restlet.script, gate.ask(gate.netsuite().ping_restlet()).await)
}

fn judge(script: &str, answer: Result<(), PortError>) -> Finding {
    match answer {
        Ok(()) => Finding::ok(Area::NetSuite, RESTLET, format!("{script} answers")),
        Err(error) if matches!(error.failure, Failure::Refused | Failure::Credentials) => Finding::failed(
            Area::NetSuite,
            RESTLET,
            format!("{script}: {}", told(&error)),
            "deploy the bundle (`amz netsuite bundle`); the deployment must be released and have the role in its \
             audience, `netsuite.restlet.script` and `deploy` must name it, `netsuite.restlet_endpoint` must be the \
             account's, and the role must not be \"Web Services Only\"",
        ),
        Err(error) => Finding::unanswered(Area::NetSuite, RESTLET, &error),
    }
}
