//! Reads one connection.

use std::collections::BTreeSet;

use amz_domain::{ConnectionName, LocationId, SalesChannelId, ShipMethodId};
use amz_services::settings::{EligibleRule, OnHold, ServiceSettings};

use super::fault::{Fault, FaultCode};
use super::model::{
    BasicSettings, BwpSettings, ConnectionSettings, OauthClientSettings, WebhookAuthSettings,
};
use super::netsuite::{AccountNames, netsuite};
use super::reader::{Faulty, Reader, Scope};

const ELIGIBLE: &[(&str, EligibleRule)] = &[
    ("line_flag", EligibleRule::LineFlag),
    ("location", EligibleRule::Location),
    ("sales_channel", EligibleRule::SalesChannel),
];

const ON_HOLD: &[(&str, OnHold)] = &[("wait", OnHold::Wait), ("reserve", OnHold::Reserve)];

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
    for section in ["mapping", "policy", "sync", "inventory"] {
        reader.check_later_keys(&scope.section(section));
    }
    let sp_api = scope.section("amazon.sp_api");
    if sp_api.is_given() {
        reader.check_later_keys(&sp_api);
    }
    Ok(ConnectionSettings {
        name: ConnectionName::new(name?),
        bwp: bwp?,
        webhook_auth: webhook_auth?,
        netsuite: netsuite?,
        services: services?,
        settle: settle?,
        poll: poll?,
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

fn services(
    reader: &mut Reader<'_>,
    scope: &Scope<'_>,
    account: &AccountNames,
) -> Result<ServiceSettings, Faulty> {
    let (mapping, policy) = (scope.section("mapping"), scope.section("policy"));
    let timezone = reader.get(&scope.section("netsuite"), "timezone");
    let amazon_location = reader.find::<String>(&mapping, "amazon_location");
    let channels = reader.find::<Vec<String>>(&mapping, "sales_channels");
    let eligible = eligible(reader, &mapping);
    let ship_speed = reader.find::<std::collections::BTreeMap<String, String>>(&mapping, "ship_speed");
    let default_ship_speed = reader.find(&mapping, "default_ship_speed");
    let hold = reader.get(&policy, "hold");
    let on_hold = reader.choose(&policy, "on_hold", ON_HOLD);
    let go_live = reader.find(&policy, "go_live");
    let retry_base = reader.get(&policy, "retry_base");
    let retry_limit = reader.get(&policy, "retry_limit");
    let unclear_wait = reader.get(&policy, "unclear_wait");

    let rules = eligible.as_deref().unwrap_or_default();
    if rules.contains(&EligibleRule::Location) && matches!(amazon_location, Ok(None)) {
        let expected = "a location, since `eligible` has the rule \"location\"";
        reader.fault(Fault::new(mapping.path_of("amazon_location"), FaultCode::Missing, expected));
    }
    let no_channels = channels.as_ref().is_ok_and(|channels| channels.as_ref().is_none_or(Vec::is_empty));
    if rules.contains(&EligibleRule::SalesChannel) && no_channels {
        let expected = "a sales channel, since `eligible` has the rule \"sales_channel\"";
        reader.fault(Fault::new(mapping.path_of("sales_channels"), FaultCode::Missing, expected));
    }
    let channels: BTreeSet<SalesChannelId> =
        channels?.unwrap_or_default().into_iter().map(SalesChannelId::new).collect();
    let speeds = ship_speed?.unwrap_or_default().into_iter();
    Ok(ServiceSettings {
        account: account.account.clone().ok_or(Faulty)?,
        timezone: timezone?,
        pages: account.pages.clone().ok_or(Faulty)?,
        amazon_location: amazon_location?.map(LocationId::new),
        sales_channels: channels,
        eligible: eligible?,
        ship_speed: speeds.map(|(method, speed)| (ShipMethodId::new(method), speed)).collect(),
        default_ship_speed: default_ship_speed?,
        go_live: go_live?,
        hold: hold?,
        on_hold: on_hold?,
        retry_base: retry_base?,
        retry_limit: retry_limit?,
        unclear_wait: unclear_wait?,
    })
}

fn eligible(reader: &mut Reader<'_>, mapping: &Scope<'_>) -> Result<Vec<EligibleRule>, Faulty> {
    let words: Vec<String> = reader.get(mapping, "eligible")?;
    if words.is_empty() {
        let expected = "at least one rule; without any, no order would ever go to Amazon";
        return Err(reader.fault(Fault::new(mapping.path_of("eligible"), FaultCode::Missing, expected)));
    }
    let rules: Result<BTreeSet<EligibleRule>, Faulty> =
        words.iter().map(|word| reader.pick(mapping, "eligible", ELIGIBLE, word)).collect();
    Ok(rules?.into_iter().collect())
}
