//! Reads one connection.

use amz_domain::ConnectionName;

use super::fault::{Fault, FaultCode};
use super::model::{
    BasicSettings, BwpSettings, ConnectionSettings, OauthClientSettings, WebhookAuthSettings,
};
use super::netsuite::{AccountNames, netsuite};
use super::reader::{Faulty, Reader, Scope};
use super::services::services;
use super::stock::stock;

/// Reads a connection; every fault of it is written down before the first one stops it.
pub(super) fn connection(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<ConnectionSettings, Faulty> {
    let name = reader.get::<String>(scope, "name");
    let bwp = bwp(reader, &scope.section("amazon.bwp"));
    let webhook_auth = webhook_auth(reader, &scope.section("amazon.webhook_auth"));
    let netsuite_scope = scope.section("netsuite");
    let account = AccountNames::read(reader, &netsuite_scope);
    let netsuite = netsuite(reader, &netsuite_scope, &scope.section("mapping"), &account);
    let services = services(reader, scope, &account);
    let policy = scope.section("policy");
    let settle = reader.get(&policy, "settle");
    let sync = scope.section("sync");
    let poll = reader.get(&sync, "poll");
    let documents = reader.get(&sync, "documents");
    let stock = stock(reader, scope);
    reader.check_later_keys(&sync);
    Ok(ConnectionSettings {
        name: ConnectionName::new(name?),
        bwp: bwp?,
        webhook_auth: webhook_auth?,
        netsuite: netsuite?,
        services: services?,
        settle: settle?,
        poll: poll?,
        follow_documents: documents?,
        stock: stock?,
    })
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
