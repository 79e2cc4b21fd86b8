//! Where events of a subscription go.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::access::{Access, Profile, invalid, is_safe};
use super::denied;
use crate::amazon::errors::Refusal;
use crate::amazon::json::{given, text};

/// A destination as it was asked for.
#[derive(Debug, Clone)]
pub(super) enum Destination {
    Webhook { url: String, credentials: Credentials },
    EventBridge { region: String, name: String },
}

/// How deliveries to a webhook are authenticated.
#[derive(Debug, Clone)]
pub(super) enum Credentials {
    None,
    Inline(Access),
    Profile(String),
}

impl Destination {
    /// Reads `destination`: exactly one of `webhook` and `eventBridge`.
    pub(super) fn read(input: &Json, profiles: &BTreeMap<String, Profile>) -> Result<Self, Refusal> {
        match given(input, &["webhook", "eventBridge"]).as_slice() {
            ["webhook"] => Self::webhook(&input["webhook"], profiles),
            ["eventBridge"] => Self::event_bridge(&input["eventBridge"]),
            _ => Err(invalid("A destination is exactly one of webhook and eventBridge.")),
        }
    }

    fn webhook(input: &Json, profiles: &BTreeMap<String, Profile>) -> Result<Self, Refusal> {
        let url = text(input, "url").unwrap_or_default();
        if !is_safe(url) {
            return Err(invalid("A webhook needs an https address."));
        }
        // Amazon's guides disagree about the key.
        if input["method"] != "POST" && input["httpMethod"] != "POST" {
            return Err(invalid("A webhook is called by POST."));
        }
        let credentials = match given(input, &["authProfileId", "authConfig"]).as_slice() {
            [] => Credentials::None,
            ["authConfig"] => Credentials::Inline(Access::read(&input["authConfig"])?),
            ["authProfileId"] => {
                let id = text(input, "authProfileId").unwrap_or_default();
                Credentials::Profile(profiles.get_key_value(id).ok_or_else(denied)?.0.clone())
            }
            _ => return Err(invalid("A webhook has one of authProfileId and authConfig, or none.")),
        };
        Ok(Self::Webhook { url: url.to_owned(), credentials })
    }

    fn event_bridge(input: &Json) -> Result<Self, Refusal> {
        let region = text(input, "region").unwrap_or_default();
        let source = &input["partnerEventSource"];
        let (Some(_), Some(name)) = (text(source, "account"), text(source, "name")) else {
            return Err(invalid("An event source has an account and a name."));
        };
        if !is_region(region) {
            return Err(invalid("The region is malformed."));
        }
        Ok(Self::EventBridge { region: region.to_owned(), name: name.to_owned() })
    }

    pub(super) fn document(&self) -> Json {
        match self {
            Self::Webhook { url, .. } => json!({
                "__typename": "WebhookData",
                "url": url,
                "method": "POST",
                "authProfileId": self.profile(),
            }),
            Self::EventBridge { region, name } => json!({
                "__typename": "EventBridgeData",
                "arn": format!("arn:aws:events:{region}::event-source/aws.partner/buywithprime/{name}"),
            }),
        }
    }

    /// The auth profile it uses.
    pub(super) fn profile(&self) -> Option<&str> {
        match self {
            Self::Webhook { credentials: Credentials::Profile(id), .. } => Some(id),
            _ => None,
        }
    }

    /// The credentials it uses, wherever they are kept.
    pub(super) fn access<'p>(&'p self, profiles: &'p BTreeMap<String, Profile>) -> Option<&'p Access> {
        match self {
            Self::Webhook { credentials: Credentials::Inline(access), .. } => Some(access),
            Self::Webhook { credentials: Credentials::Profile(id), .. } => profiles.get(id),
            _ => None,
        }
    }

    /// Names of event sources are unique all over the world.
    pub(super) fn shares_name_with(&self, other: &Self) -> bool {
        matches!((self, other), (Self::EventBridge { name, .. }, Self::EventBridge { name: others, .. }) if name == others)
    }

    /// Whether both lead to the same receiver.
    pub(super) fn is_same_place_as(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Webhook { url, .. }, Self::Webhook { url: others, .. }) if url == others)
    }
}

/// For example `us-east-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|letter| letter.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => {
            (2..=3).contains(&words.len())
                && words.iter().all(is_word)
                && number.len() == 1
                && number.bytes().all(|digit| digit.is_ascii_digit())
        }
        None => false,
    }
}
