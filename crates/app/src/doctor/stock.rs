//! The Selling Partner API, from which stock is read: token, role of the application, one reading of one SKU.

use amz_domain::Sku;
use amz_services::failure::{Failure, PortError};
use amz_services::ports::AmazonStock;
use amz_services::ports::stock::{StockPriority, StockStep};

use super::finding::{Area, Finding, told};
use super::vendors::Vendors;
use crate::settings::ConnectionSettings;

const SP_API: &str = "amazon_stock";

/// Asked for when no SKU is known; that Amazon has none of this name is as good an answer.
const NO_SKU: &str = "AMZ-DOCTOR";

pub(super) async fn examine(
    connection: &ConnectionSettings,
    vendors: &Vendors,
    sku: Option<Sku>,
) -> Option<Finding> {
    let (Some(stock), Some(sp_api)) = (&connection.stock, &vendors.sp_api) else {
        let why = "stock is not kept in step: there is no table `amazon.sp_api`";
        return Some(Finding::skipped(Area::Amazon, SP_API, why));
    };
    let sku = sku.unwrap_or_else(|| Sku::new(NO_SKU));
    let mut reading = sp_api.named(vec![sku.clone()], StockPriority::Change);
    loop {
        match reading.next().await {
            StockStep::Readings(_) => {}
            StockStep::Complete { missing, .. } => {
                return Some(judge(&stock.sp_api.marketplace_id, Ok(!missing.contains(&sku))));
            }
            StockStep::Incomplete { error, .. } => {
                return Some(judge(&stock.sp_api.marketplace_id, Err(error)));
            }
        }
    }
}

fn judge(marketplace: &str, read: Result<bool, PortError>) -> Finding {
    match read {
        Ok(_) => Finding::ok(Area::Amazon, SP_API, format!("FBA inventory of {marketplace} can be read")),
        Err(error) if error.failure == Failure::Credentials && error.code.starts_with("invalid_") => {
            Finding::failed(
                Area::Amazon,
                SP_API,
                told(&error),
                "correct `amazon.sp_api.client_id` and `client_secret` (Amazon ends secrets after 180 days), or \
                 authorise the application again and set the new `refresh_token`",
            )
        }
        Err(error) if matches!(error.failure, Failure::Credentials | Failure::Refused) => Finding::failed(
            Area::Amazon,
            SP_API,
            told(&error),
            "give the application the role \"Amazon Fulfillment\" or \"Product Listing\" and authorise it again \
             afterwards; see that `endpoint` and `marketplace_id` are of the seller's region",
        ),
        Err(error) if error.failure == Failure::NotSent => Finding::failed(
            Area::Amazon,
            SP_API,
            format!("not reached: {}", told(&error)),
            "see that this machine resolves and reaches the hosts of `amazon.sp_api.endpoint` and `token_endpoint`",
        ),
        Err(error) => Finding::unanswered(Area::Amazon, SP_API, &error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Outcome;
    use super::*;

    #[test]
    fn credentials_and_roles_have_different_fixes() {
        let fix = |failure, code: &str| {
            judge("ATVPDKIKX0DER", Err(PortError::new("getInventorySummaries", failure, code, "no")))
                .fix
                .unwrap()
        };
        assert!(fix(Failure::Credentials, "invalid_grant").contains("refresh_token"));
        assert!(fix(Failure::Credentials, "Unauthorized").contains("role"));
        assert_eq!(
            judge("ATVPDKIKX0DER", Ok(false)).outcome,
            Outcome::Ok,
            "a SKU that Amazon lacks is an answer"
        );
    }
}
