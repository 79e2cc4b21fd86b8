//! Amazon's Buy with Prime API: token, business product, and the permissions of the API credentials.
//!
//! Amazon's classes of refusals: `AccessDeniedError` for a missing permission, a wrong token and a foreign identifier,
//! and nothing at all for an order that does not exist. So an order that cannot exist tells the two apart.

use amz_domain::InventoryItemId;
use amz_services::failure::{Failure, PortError};
use amz_services::ports::{AmazonCatalog, ForeignOrders};

use super::finding::{Area, Finding, told};
use super::stock;
use super::vendors::Vendors;
use crate::settings::ConnectionSettings;

const TOKEN: &str = "amazon_token";
const ORDERS: &str = "amazon_orders";
const SUBSCRIPTIONS: &str = "amazon_subscriptions";
const CATALOG: &str = "amazon_catalog";
const INVENTORY: &str = "amazon_inventory";
const CHECKS: &str = "amazon_checks";

/// Type and id of an alias that nobody gives an order.
const NO_ALIAS: (&str, &str) = ("AMZ_DOCTOR", "no-such-order");

/// An inventory item that does not exist, of the length that Amazon takes.
const NO_ITEM: &str = "amz-doctor";

pub(super) async fn examine(connection: &ConnectionSettings, vendors: &Vendors) -> Vec<Finding> {
    let amazon = &vendors.amazon;
    let asked = amazon.find_named(NO_ALIAS.0, NO_ALIAS.1).await.map(|_| ());
    let mut findings = vec![judge_token(&asked)];
    if findings.iter().any(|finding| finding.outcome != super::Outcome::Ok) {
        findings.push(Finding::skipped(Area::Amazon, CHECKS, "not looked at: there is no access token"));
        findings.extend(stock::examine(connection, vendors, None).await);
        return findings;
    }
    findings.push(judge_orders(&connection.bwp.target_id, &asked));
    findings.push(judge_subscriptions(amazon.event_subscriptions().await.map(|ids| ids.len())));
    let mut sku = None;
    if connection.stock.is_some() {
        let catalog = amazon.products(None).await;
        let item = catalog
            .as_ref()
            .ok()
            .and_then(|page| page.products.iter().find_map(|product| product.inventory_item.clone()));
        sku = catalog.as_ref().ok().and_then(|page| page.products.iter().find_map(|known| known.sku.clone()));
        findings.push(judge_catalog(catalog.map(|page| page.products.len())));
        let item = item.unwrap_or_else(|| InventoryItemId::new(NO_ITEM));
        findings.push(judge_inventory(amazon.product_of(&item).await.map(|_| ())));
    }
    findings.extend(stock::examine(connection, vendors, sku).await);
    findings
}

/// True when Amazon understood who asks, and said no. Codes of refused token requests are OAuth's, in lower case.
fn is_denied(error: &PortError) -> bool {
    let is_of_the_api = error.code.starts_with("http_") || error.code.chars().any(char::is_uppercase);
    error.failure == Failure::Credentials && is_of_the_api
}

fn judge_token(asked: &Result<(), PortError>) -> Finding {
    match asked {
        Err(error) if error.failure == Failure::Credentials && !is_denied(error) => Finding::failed(
            Area::Amazon,
            TOKEN,
            told(error),
            "correct `amazon.bwp.client_id` and `client_secret`: they come with the API credentials (merchant console, \
             Settings > API credentials) and end when those are deleted",
        ),
        Err(error) if error.failure == Failure::NotSent => Finding::failed(
            Area::Amazon,
            TOKEN,
            format!("not reached: {}", told(error)),
            "see that this machine resolves and reaches the host of `amazon.bwp.endpoint` on port 443",
        ),
        _ => Finding::ok(Area::Amazon, TOKEN, "Amazon gives an access token"),
    }
}

fn judge_orders(target_id: &str, asked: &Result<(), PortError>) -> Finding {
    match asked {
        Ok(()) => Finding::ok(Area::Amazon, ORDERS, format!("orders of {target_id} can be read")),
        Err(error) if is_denied(error) => Finding::failed(
            Area::Amazon,
            ORDERS,
            format!("denied for {target_id}: {}", told(error)),
            "give the API credentials \"View Order Data\" and \"Edit Order Data\", and see that `amazon.bwp.target_id` \
             is the target id that came with them",
        ),
        Err(error) => Finding::unanswered(Area::Amazon, ORDERS, error),
    }
}

fn judge_subscriptions(listed: Result<usize, PortError>) -> Finding {
    match listed {
        Ok(count) => Finding::ok(Area::Amazon, SUBSCRIPTIONS, format!("{count} subscriptions can be read")),
        Err(error) if error.failure == Failure::Credentials => Finding::failed(
            Area::Amazon,
            SUBSCRIPTIONS,
            told(&error),
            "give the API credentials full permission (create, view, delete) on event subscriptions",
        ),
        Err(error) => Finding::unanswered(Area::Amazon, SUBSCRIPTIONS, &error),
    }
}

fn judge_catalog(read: Result<usize, PortError>) -> Finding {
    match read {
        Ok(0) => Finding::warning(
            Area::Amazon,
            CATALOG,
            "the catalogue can be read, and is empty",
            "nothing, if no product is on Buy with Prime yet",
        ),
        Ok(_) => Finding::ok(Area::Amazon, CATALOG, "the catalogue can be read"),
        Err(error) if error.failure == Failure::Credentials => Finding::failed(
            Area::Amazon,
            CATALOG,
            told(&error),
            "give the API credentials \"View & Edit Catalog Data\": stock events name products of the catalogue",
        ),
        Err(error) => Finding::unanswered(Area::Amazon, CATALOG, &error),
    }
}

fn judge_inventory(read: Result<(), PortError>) -> Finding {
    match read {
        // Amazon judges the item only of those who may look
        Ok(()) => Finding::ok(Area::Amazon, INVENTORY, "inventory can be read"),
        Err(error) if error.failure == Failure::Refused => {
            Finding::ok(Area::Amazon, INVENTORY, "inventory can be read")
        }
        Err(error) if error.failure == Failure::Credentials => Finding::failed(
            Area::Amazon,
            INVENTORY,
            told(&error),
            "give the API credentials \"View inventory data\": stock events are resolved with it",
        ),
        Err(error) => Finding::unanswered(Area::Amazon, INVENTORY, &error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Outcome;
    use super::*;

    fn refused(code: &str) -> PortError {
        PortError::new("order", Failure::Credentials, code, "no")
    }

    #[test]
    fn a_token_that_is_not_given_is_told_from_a_permission_that_is_missing() {
        for (code, of_token, of_orders) in [
            ("invalid_client", Outcome::Failed, None),
            ("AccessDeniedException", Outcome::Ok, Some(Outcome::Failed)),
            ("http_403", Outcome::Ok, Some(Outcome::Failed)),
        ] {
            let asked = Err(refused(code));
            assert_eq!(judge_token(&asked).outcome, of_token, "{code}");
            if let Some(expected) = of_orders {
                let judged = judge_orders("bp-1", &asked);
                assert_eq!(judged.outcome, expected, "{code}");
                assert!(judged.fix.unwrap().contains("target_id"));
            }
        }
        assert_eq!(judge_orders("bp-1", &Ok(())).outcome, Outcome::Ok, "an order that does not exist");
    }

    #[test]
    fn each_permission_is_named() {
        for (finding, permission) in [
            (judge_subscriptions(Err(refused("AccessDeniedError"))), "event subscriptions"),
            (judge_catalog(Err(refused("AccessDeniedError"))), "Catalog"),
            (judge_inventory(Err(refused("AccessDeniedError"))), "inventory"),
        ] {
            assert_eq!(finding.outcome, Outcome::Failed);
            assert!(finding.fix.unwrap().contains(permission), "{permission}");
        }
        let unknown = PortError::new("inventoryItem", Failure::Refused, "ResourceNotFoundError", "no");
        assert_eq!(judge_inventory(Err(unknown)).outcome, Outcome::Ok);
    }
}
