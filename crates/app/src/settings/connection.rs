//! Reads one connection.

use std::time::Duration;

use amz_domain::ConnectionName;

use super::adoption::adoption;
use super::audit::audit;
use super::checkout::checkout;
use super::fault::{Fault, FaultCode};
use super::model::{
    BasicSettings, BwpSettings, ConnectionSettings, OauthClientSettings, WebhookAuthSettings,
};
use super::netsuite::{AccountNames, netsuite};
use super::reader::{Faulty, Reader, Scope};
use super::services::services;
use super::stock::stock;

/// How often the change feed asks while the bundle tells of changes too.
const POLL_BESIDE_THE_BUNDLE: (Duration, &str) = (Duration::from_secs(300), "5m");

/// How often it asks where nobody else tells.
const POLL_ALONE: (Duration, &str) = (Duration::from_secs(60), "1m");

const OWN_ECHOES: &[(&str, bool)] = &[("read", false), ("ignore", true)];

/// Reads a connection; every fault of it is written down before the first one stops it.
pub(super) fn connection(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<ConnectionSettings, Faulty> {
    let name = reader.get::<String>(scope, "name");
    let weight = reader.get(scope, "weight");
    let bwp = bwp(reader, &scope.section("amazon.bwp"));
    let webhook_auth = webhook_auth(reader, &scope.section("amazon.webhook_auth"));
    let netsuite_scope = scope.section("netsuite");
    let account = AccountNames::read(reader, &netsuite_scope);
    let netsuite = netsuite(reader, &netsuite_scope, &scope.section("mapping"), &account);
    let services = services(reader, scope, &account);
    let policy = scope.section("policy");
    let settle = reader.get(&policy, "settle");
    let sync = scope.section("sync");
    let has_bundle = netsuite.as_ref().is_ok_and(|netsuite| !netsuite.signing_secrets.is_empty());
    let poll =
        reader.get_or_shown(&sync, "poll", if has_bundle { POLL_BESIDE_THE_BUNDLE } else { POLL_ALONE });
    let own_echoes = reader.choose(&sync, "own_echoes", OWN_ECHOES);
    let documents = reader.get(&sync, "documents");
    let reconcile = reader.get::<Duration>(&sync, "reconcile");
    let echoes_fit = match netsuite {
        Ok(_) => echoes_are_told(reader, &sync, &own_echoes, has_bundle, &reconcile),
        // it is not known whether there is a bundle
        Err(_) => Ok(()),
    };
    let reconcile_at_once = reader.get(&sync, "reconcile_at_once");
    let our_order_id = netsuite.as_ref().ok().map(|netsuite| netsuite.fields.name("custbody_amz_order_id"));
    let checkout = checkout(reader, &scope.section("checkout"));
    let adoption = adoption(reader, &scope.section("adoption"), our_order_id);
    let stock = stock(reader, scope);
    let audit_mirror = audit(reader, &scope.section("audit"));
    echoes_fit?;
    Ok(ConnectionSettings {
        name: ConnectionName::new(name?),
        weight: weight?,
        bwp: bwp?,
        webhook_auth: webhook_auth?,
        netsuite: netsuite?,
        services: services?,
        settle: settle?,
        poll: poll?,
        follow_documents: documents?,
        reconcile: Some(reconcile?).filter(|every| !every.is_zero()),
        reconcile_at_once: reconcile_at_once?,
        adoption: adoption?,
        checkout: checkout?,
        ignores_own_echoes: own_echoes?,
        stock: stock?,
        audit_mirror: audit_mirror?,
    })
}

/// What looks like our own echo may be a save by staff in the same moment: only who has the bundle's notices, and compares
/// now and then for a notice that was lost, may ignore it.
fn echoes_are_told(
    reader: &mut Reader<'_>,
    sync: &Scope<'_>,
    own_echoes: &Result<bool, Faulty>,
    has_bundle: bool,
    reconcile: &Result<Duration, Faulty>,
) -> Result<(), Faulty> {
    let expected = match (own_echoes, reconcile) {
        (Ok(true), _) if !has_bundle => "`read` without `netsuite.events.signing_secret`",
        (Ok(true), Ok(every)) if every.is_zero() => "`read` with `sync.reconcile = \"0s\"`",
        _ => return Ok(()),
    };
    Err(reader.fault(Fault::new(sync.path_of("own_echoes"), FaultCode::Conflicting, expected)))
}

fn bwp(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<BwpSettings, Faulty> {
    let endpoint = reader.get(scope, "endpoint");
    let client_id = reader.get(scope, "client_id");
    let client_secret = reader.get(scope, "client_secret");
    let target_id = reader.get(scope, "target_id");
    let api_version = reader.get(scope, "api_version");
    Ok(BwpSettings {
        endpoint: endpoint?,
        client_id: client_id?,
        client_secret: client_secret?,
        target_id: target_id?,
        api_version: api_version?,
    })
}

fn webhook_auth(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<WebhookAuthSettings, Faulty> {
    let (basic_scope, oauth_scope) = (scope.section("basic"), scope.section("oauth"));
    let basic = basic_scope.is_given().then(|| basic(reader, &basic_scope)).transpose();
    let oauth = oauth_scope.is_given().then(|| oauth(reader, &oauth_scope)).transpose();
    let allow_unauthenticated = reader.get(scope, "allow_unauthenticated")?;
    let authenticated = basic_scope.is_given() || oauth_scope.is_given();
    if authenticated && allow_unauthenticated {
        let expected = "either `basic` or `oauth`, or `allow_unauthenticated = true`, not both";
        let path = scope.path_of("allow_unauthenticated");
        return Err(reader.fault(Fault::new(path, FaultCode::Conflicting, expected)));
    }
    if !authenticated && !allow_unauthenticated {
        let expected = "`basic`, `oauth` or both; or `allow_unauthenticated = true`";
        return Err(reader.fault(Fault::new(scope.path_of(""), FaultCode::Missing, expected)));
    }
    Ok(WebhookAuthSettings { basic: basic?, oauth: oauth?, allow_unauthenticated })
}

fn basic(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<BasicSettings, Faulty> {
    let username = reader.get(scope, "username");
    let password = reader.get(scope, "password");
    Ok(BasicSettings { username: username?, password: password? })
}

fn oauth(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<OauthClientSettings, Faulty> {
    let client_id = reader.get(scope, "client_id");
    let client_secret = reader.get(scope, "client_secret");
    Ok(OauthClientSettings { client_id: client_id?, client_secret: client_secret? })
}
