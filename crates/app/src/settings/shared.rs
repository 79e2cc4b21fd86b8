//! Connections that share a NetSuite account, or Amazon's stock.

use amz_services::settings::{EligibleRule, ServiceSettings};
use secrecy::ExposeSecret;

use super::fault::{Fault, FaultCode};
use super::model::ConnectionSettings;
use super::reader::Reader;

/// Two connections of one account must not take the same order: Amazon would get it twice.
pub(super) fn report_shared_accounts(reader: &mut Reader<'_>, connections: &[ConnectionSettings]) {
    for (index, connection) in connections.iter().enumerate() {
        let mut before = connections.iter().take(index);
        let conflict = |other| shared_stock(connection, other).or_else(|| conflict(connection, other));
        if let Some(fault) = before.find_map(conflict) {
            reader.fault(fault);
        }
    }
}

/// The same units at Amazon must not be sold from two places.
fn shared_stock(connection: &ConnectionSettings, other: &ConnectionSettings) -> Option<Fault> {
    let pool = |of: &ConnectionSettings| {
        let sp_api = &of.stock.as_ref()?.sp_api;
        let seller = sp_api.refresh_token.expose_secret().to_owned();
        Some((sp_api.endpoint.clone(), seller, sp_api.marketplace_id.clone()))
    };
    pool(connection).filter(|_| pool(connection) == pool(other))?;
    let key = format!("connection[{}].amazon.sp_api.refresh_token", connection.name);
    let expected = format!(
        "a seller or marketplace whose stock connection `{}` does not already keep in step: the same units \
         would be sold from two places",
        other.name
    );
    Some(Fault::new(key, FaultCode::Conflicting, expected))
}

/// What forbids a connection beside another one.
fn conflict(connection: &ConnectionSettings, other: &ConnectionSettings) -> Option<Fault> {
    if connection.netsuite.account != other.netsuite.account {
        return None;
    }
    let (name, other_name) = (&connection.name, &other.name);
    let product = |of: &ConnectionSettings| (of.bwp.endpoint.clone(), of.bwp.target_id.clone());
    if product(connection) == product(other) {
        let key = format!("connection[{name}].amazon.bwp.target_id");
        let expected = format!(
            "a business product that connection `{other_name}` does not already join to this account"
        );
        let fault = Fault::new(key, FaultCode::Conflicting, expected);
        return Some(fault.found(format!("{:?}", connection.bwp.target_id)));
    }
    let location = |of: &ConnectionSettings| of.stock.as_ref().map(|stock| stock.inventory.location.clone());
    if let Some(location) = location(connection).filter(|_| location(connection) == location(other)) {
        let key = format!("connection[{name}].mapping.amazon_location");
        let expected =
            format!("a location whose stock connection `{other_name}` does not already keep in step");
        return Some(
            Fault::new(key, FaultCode::Conflicting, expected).found(format!("{:?}", location.as_str())),
        );
    }
    if are_disjoint(&connection.services, &other.services) {
        return None;
    }
    let key = format!("connection[{name}].mapping.eligible");
    let expected = format!(
        "rules that cannot take an order of connection `{other_name}`, which is on the same NetSuite account: \
         on both only `location` with different `amazon_location`, or on both only `sales_channel` with \
         `sales_channels` that share none"
    );
    Some(Fault::new(key, FaultCode::Conflicting, expected))
}

/// True when no line can be eligible by the rules of both. Whether a line that one takes by its flag is also at
/// the other's location cannot be told from the settings.
fn are_disjoint(one: &ServiceSettings, other: &ServiceSettings) -> bool {
    match (one.eligible.as_slice(), other.eligible.as_slice()) {
        ([EligibleRule::Location], [EligibleRule::Location]) => one.amazon_location != other.amazon_location,
        ([EligibleRule::SalesChannel], [EligibleRule::SalesChannel]) => {
            one.sales_channels.is_disjoint(&other.sales_channels)
        }
        _ => false,
    }
}
