//! What `getInventorySummaries` is asked with.
//!
//! Source: Selling Partner API, FBA Inventory v1, and page `url-encoding`: everything outside of the unreserved
//! characters is encoded, once; a space is `%20`.

use amz_domain::Sku;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::settings::SpApiSetupError;
use crate::amazon::token::AccessToken;

/// The operation's name.
pub(super) const OPERATION: &str = "getInventorySummaries";
/// Most SKUs of one request.
const MOST_SKUS: usize = 50;
/// Longest encoded list of SKUs, in bytes; with all else, addresses stay below 7,500 bytes. A next token is not long.
const LONGEST_LIST: usize = 6_000;
/// What RFC 3986 does not leave as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const ACCESS_TOKEN: HeaderName = HeaderName::from_static("x-amz-access-token");
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
/// Amazon demands to know the language.
const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!(
    env!("CARGO_PKG_NAME"),
    "/",
    env!("CARGO_PKG_VERSION"),
    " (Language=Rust/",
    env!("CARGO_PKG_RUST_VERSION"),
    ")"
));

/// What is asked for. Sent again with every page's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Everything.
    All,
    /// These SKUs, none of them with a comma.
    Skus(Vec<Sku>),
    /// One SKU, whatever is in it.
    Sku(Sku),
}

/// The requests for so many SKUs, each asked once, in the order given.
pub(super) fn batches(skus: Vec<Sku>) -> Vec<Asked> {
    let (mut batches, mut batch, mut length) = (Vec::new(), Vec::new(), 0);
    for sku in skus {
        // the list is separated by commas, so such a SKU has to travel alone
        if sku.as_str().contains(',') {
            batches.push(Asked::Sku(sku));
            continue;
        }
        let more = encoded(sku.as_str()).len() + 1;
        if batch.len() == MOST_SKUS || (length + more > LONGEST_LIST && !batch.is_empty()) {
            batches.push(Asked::Skus(std::mem::take(&mut batch)));
            length = 0;
        }
        length += more;
        batch.push(sku);
    }
    if !batch.is_empty() {
        batches.push(Asked::Skus(batch));
    }
    batches
}

/// The operation's address.
pub(super) fn address(endpoint: &Url) -> Result<Url, SpApiSetupError> {
    let mut address = endpoint.clone();
    match address.path_segments_mut() {
        Ok(mut segments) => {
            segments.pop_if_empty().extend(["fba", "inventory", "v1", "summaries"]);
        }
        Err(()) => return Err(SpApiSetupError::Endpoint(endpoint.clone())),
    }
    Ok(address)
}

/// The address with its query.
pub(super) fn url(address: &Url, marketplace_id: &str, asked: &Asked, next_token: Option<&str>) -> Url {
    let marketplace = encoded(marketplace_id);
    let mut query = format!(
        "details=true&granularityType=Marketplace&granularityId={marketplace}&marketplaceIds={marketplace}"
    );
    let named = match asked {
        Asked::All => None,
        Asked::Sku(sku) => Some(("sellerSku", encoded(sku.as_str()))),
        Asked::Skus(skus) => {
            let list: Vec<_> = skus.iter().map(|sku| encoded(sku.as_str())).collect();
            Some(("sellerSkus", list.join(",")))
        }
    };
    for (name, value) in named.into_iter().chain(next_token.map(|token| ("nextToken", encoded(token)))) {
        query.push('&');
        query.push_str(name);
        query.push('=');
        query.push_str(&value);
    }
    let mut url = address.clone();
    url.set_query(Some(&query));
    url
}

/// The headers of a request that is sent at this instant.
pub(super) fn headers(token: &AccessToken, now: DateTime<Utc>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCESS_TOKEN, token.header().clone());
    if let Ok(date) = HeaderValue::try_from(now.format("%Y%m%dT%H%M%SZ").to_string()) {
        headers.insert(DATE, date);
    }
    headers.insert(http::header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(http::header::USER_AGENT, USER_AGENT);
    headers
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address_of(asked: &Asked, next_token: Option<&str>) -> String {
        let address = address(&"https://sellingpartnerapi-na.amazon.com".parse().unwrap()).unwrap();
        url(&address, "ATVPDKIKX0DER", asked, next_token).to_string()
    }

    #[test]
    fn spaces_and_signs_are_encoded_once_and_commas_between_skus_are_raw() {
        let asked = Asked::Skus(vec!["MUG BLUE".into(), "100%'(!)*+é".into()]);
        assert_eq!(
            address_of(&asked, Some("opaque+text/with=signs")),
            "https://sellingpartnerapi-na.amazon.com/fba/inventory/v1/summaries?details=true\
             &granularityType=Marketplace&granularityId=ATVPDKIKX0DER&marketplaceIds=ATVPDKIKX0DER\
             &sellerSkus=MUG%20BLUE,100%25%27%28%21%29%2A%2B%C3%A9&nextToken=opaque%2Btext%2Fwith%3Dsigns"
        );
        assert!(address_of(&Asked::Sku("A,B".into()), None).ends_with("&sellerSku=A%2CB"));
    }

    #[test]
    fn the_user_agent_names_the_language_in_amazons_form() {
        let agent = USER_AGENT;
        let agent = agent.to_str().unwrap();
        assert!(agent.starts_with("amz-connector/") && agent.contains(" (Language=Rust/1."), "{agent}");
    }

    #[test]
    fn a_sku_with_a_comma_travels_alone() {
        let skus = ["A", "B,C", "D"].map(Sku::from).to_vec();
        let alone = Asked::Sku("B,C".into());
        assert_eq!(batches(skus), vec![alone, Asked::Skus(vec!["A".into(), "D".into()])]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_sku_is_asked_once_and_no_request_is_too_large(
            skus in prop::collection::btree_set("[ -~é€]{1,40}", 0..160)
        ) {
            let skus: Vec<Sku> = skus.into_iter().map(Sku::new).collect();
            let mut asked = Vec::new();
            for batch in batches(skus.clone()) {
                prop_assert!(address_of(&batch, Some(&"=".repeat(200))).len() < 7_500);
                match batch {
                    Asked::Skus(batch) => {
                        prop_assert!(batch.len() <= MOST_SKUS && !batch.is_empty());
                        asked.extend(batch);
                    }
                    Asked::Sku(sku) => asked.push(sku),
                    Asked::All => prop_assert!(false),
                }
            }
            asked.sort();
            let mut skus = skus;
            skus.sort();
            prop_assert_eq!(asked, skus);
        }
    }
}
