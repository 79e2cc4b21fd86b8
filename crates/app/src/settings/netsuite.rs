//! Reads the NetSuite side of a connection.

use std::collections::BTreeMap;

use amz_domain::Currency;

use super::fault::{Fault, FaultCode};
use super::keys;
use super::model::{ConfigRecord, FieldNames, NetSuiteAuth, NetSuiteSettings, SigningAlgorithm};
use super::reader::{Faulty, Reader, Scope};
use super::restlet::restlet;

const ALGORITHMS: &[(&str, SigningAlgorithm)] =
    &[("ES256", SigningAlgorithm::Es256), ("PS256", SigningAlgorithm::Ps256)];

const CONFIG_RECORD: &[(&str, ConfigRecord)] =
    &[("off", ConfigRecord::Off), ("show", ConfigRecord::Show), ("follow", ConfigRecord::Follow)];

/// The account and the addresses that follow from it; absent where the configuration has a fault.
pub(super) struct AccountNames {
    pub(super) account: Option<String>,
    /// Address of NetSuite's pages for people.
    pub(super) pages: Option<String>,
    endpoint: Option<String>,
    restlet_endpoint: Option<String>,
}

impl AccountNames {
    /// Reads the account id and the addresses.
    pub(super) fn read(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Self {
        let account: Option<String> = reader.get(scope, "account").ok();
        // the realm spelling `1234567_SB1` is `1234567-sb1` in host names
        let host = account.as_ref().map(|account| account.to_ascii_lowercase().replace('_', "-"));
        let mut address = |key: &str, service: &str| {
            let derived = host.as_ref().map(|host| format!("https://{host}.{service}.netsuite.com"));
            reader.get_or(scope, key, derived).ok()
        };
        Self {
            endpoint: address("endpoint", "suitetalk.api"),
            restlet_endpoint: address("restlet_endpoint", "restlets.api"),
            pages: address("app_endpoint", "app"),
            account,
        }
    }
}

/// Reads the account's settings. Time zone and pages belong to the services.
pub(super) fn netsuite(
    reader: &mut Reader<'_>,
    scope: &Scope<'_>,
    mapping: &Scope<'_>,
    account: &AccountNames,
) -> Result<NetSuiteSettings, Faulty> {
    let concurrency = reader.get(scope, "concurrency");
    let learn_concurrency = reader.get(scope, "learn_concurrency");
    let timeout = reader.get(scope, "timeout");
    let config_record = reader.choose(scope, "config_record", CONFIG_RECORD);
    let base_currency: Result<String, Faulty> = reader.get(scope, "base_currency");
    let currencies = reader.find::<BTreeMap<String, String>>(scope, "currencies");
    let auth = auth(reader, &scope.section("auth"));
    let restlet = restlet(reader, &scope.section("restlet"));
    let signing_secrets = reader.find(&scope.section("events"), "signing_secret");
    let fields = fields(reader, &scope.section("fields"));
    let item_sku_field = reader.get(mapping, "item_sku_field");
    // the reader has checked both shapes already
    let currency = |code: String| Currency::try_from(code.as_str()).map_err(|_| Faulty);
    let currencies = currencies?.unwrap_or_default().into_iter();
    Ok(NetSuiteSettings {
        account: account.account.clone().ok_or(Faulty)?,
        endpoint: account.endpoint.clone().ok_or(Faulty)?,
        restlet_endpoint: account.restlet_endpoint.clone().ok_or(Faulty)?,
        restlet: restlet?,
        concurrency: concurrency?,
        concurrency_is_set: scope.has("concurrency"),
        learn_concurrency: learn_concurrency?,
        timeout: timeout?,
        config_record: config_record?,
        base_currency: currency(base_currency?)?,
        currencies: currencies.map(|(id, code)| Ok((id, currency(code)?))).collect::<Result<_, Faulty>>()?,
        auth: auth?,
        signing_secrets: signing_secrets?.unwrap_or_default(),
        fields: fields?,
        item_sku_field: item_sku_field?,
    })
}

fn auth(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<NetSuiteAuth, Faulty> {
    let (tba_scope, oauth2_scope) = (scope.section("tba"), scope.section("oauth2"));
    match (tba_scope.is_given(), oauth2_scope.is_given()) {
        (true, false) => tba(reader, &tba_scope),
        (false, true) => oauth2(reader, &oauth2_scope),
        (true, true) => {
            let fault = Fault::new(scope.path_of(""), FaultCode::Conflicting, "either `tba` or `oauth2`");
            Err(reader.fault(fault.found("both `tba` and `oauth2`")))
        }
        (false, false) => {
            Err(reader.fault(Fault::new(scope.path_of(""), FaultCode::Missing, "a table `tba` or `oauth2`")))
        }
    }
}

fn tba(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<NetSuiteAuth, Faulty> {
    let consumer_key = reader.get(scope, "consumer_key");
    let consumer_secret = reader.get(scope, "consumer_secret");
    let token_id = reader.get(scope, "token_id");
    let token_secret = reader.get(scope, "token_secret");
    Ok(NetSuiteAuth::Tba {
        consumer_key: consumer_key?,
        consumer_secret: consumer_secret?,
        token_id: token_id?,
        token_secret: token_secret?,
    })
}

fn oauth2(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<NetSuiteAuth, Faulty> {
    let client_id = reader.get(scope, "client_id");
    let certificate_id = reader.get(scope, "certificate_id");
    let private_key = reader.get(scope, "private_key");
    let algorithm = reader.choose(scope, "algorithm", ALGORITHMS);
    Ok(NetSuiteAuth::Oauth2 {
        client_id: client_id?,
        certificate_id: certificate_id?,
        private_key: private_key?,
        algorithm: algorithm?,
    })
}

/// Every field's name in the account. Two of ours on one of theirs would overwrite each other.
fn fields(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<FieldNames, Faulty> {
    let read: Vec<(&'static str, Result<String, Faulty>)> = keys::children("connection.netsuite.fields")
        .into_iter()
        .map(|standard| (standard, reader.get(scope, standard)))
        .collect();
    let mut taken: BTreeMap<String, &'static str> = BTreeMap::new();
    for (standard, name) in &read {
        let Ok(name) = name else { continue };
        let prefix = standard.split('_').next().unwrap_or_default();
        if !name.starts_with(&format!("{prefix}_")) {
            let fault = Fault::new(
                scope.path_of(standard),
                FaultCode::Malformed,
                format!("an id that begins with `{prefix}_`"),
            );
            reader.fault(fault.found(format!("{name:?}")));
        }
        if let Some(other) = taken.insert(name.clone(), standard) {
            let expected = format!("another field than `{other}` has");
            let fault = Fault::new(scope.path_of(standard), FaultCode::Conflicting, expected);
            reader.fault(fault.found(format!("{name:?}")));
        }
    }
    let names: Result<BTreeMap<&'static str, String>, Faulty> =
        read.into_iter().map(|(standard, name)| Ok((standard, name?))).collect();
    names.map(FieldNames)
}
