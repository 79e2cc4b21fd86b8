//! Which fields of the vendors carry secrets, and which carry what belongs to a person.
//!
//! Names are compared without case, `_` and `-`, so that one entry serves camel case, snake case and
//! SuiteQL's lower case. What a listed field holds is taken out whole, objects included.

use std::collections::HashSet;
use std::sync::Arc;

/// What must not be shown about a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Lets its holder act in somebody's name.
    Secret,
    /// Says who a shopper is or where a shopper lives.
    Personal,
}

impl Class {
    /// What is shown instead.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Secret => "[secret]",
            Self::Personal => "[personal]",
        }
    }
}

const SECRET: &[&str] = &[
    "accesstoken",
    "apaycheckoutsessionid",
    "apikey",
    "assertion",
    "authorization",
    "clientassertion",
    "clientsecret",
    "consumersecret",
    "custbodyamzshopperidentity",
    "idptoken",
    "idtoken",
    "lwaaccesstoken",
    "oauthsignature",
    "password",
    "privatekey",
    "refreshtoken",
    "secret",
    "shopperidentity",
    "signingkey",
    "token",
    "tokensecret",
    "tokenvalue",
];

const PERSONAL: &[&str] = &[
    // Amazon
    "address",
    "billingaddress",
    "contact",
    "contactnumber",
    "deliveryaddress",
    "email",
    "emaildata",
    "extendedaddress",
    "locality",
    "name",
    "phone",
    "phonenumber",
    "postalcode",
    "recipient",
    "shippingaddress",
    "streetaddress",
    // NetSuite
    "addr1",
    "addr2",
    "addr3",
    "addrphone",
    "addrtext",
    "addressbook",
    "addressbookaddress",
    "addressee",
    "altemail",
    "altname",
    "altphone",
    "attention",
    "billaddress",
    "billaddressee",
    "billaddresslist",
    "billcity",
    "billingaddresstext",
    "billphone",
    "billzip",
    "city",
    "companyname",
    "custbodyamzcancelreason",
    "custbodyamzmilestoneplace",
    "defaultaddress",
    "entityname",
    "entitytitle",
    "firstname",
    "homephone",
    "lastname",
    "middlename",
    "mobilephone",
    "shipaddress",
    "shipaddressee",
    "shipaddresslist",
    "shipattention",
    "shipcity",
    "shippingaddresstext",
    "shipphone",
    "shipzip",
    "zip",
];

/// References to people: their `refName` is a name, their `id` is not.
const PEOPLE: &[&str] = &["billaddresslist", "billto", "contact", "customer", "entity", "shipto"];

/// What custom fields of NetSuite begin with. Merchants keep anything in them, so only those that are named as
/// open are shown.
const CUSTOM: &[&str] = &["custbody", "custcol", "custentity", "custitem", "custrecord"];

/// Custom fields that may be shown, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct OpenFields(Arc<HashSet<String>>);

impl OpenFields {
    pub(super) fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self(Arc::new(names.into_iter().map(|name| plain(&name)).collect()))
    }

    /// The class of a field, by its name and the name of the object that holds it.
    pub(super) fn class_of(&self, name: &str, parent: Option<&str>) -> Option<Class> {
        let custom = plain(name);
        let hidden = CUSTOM.iter().any(|prefix| custom.starts_with(prefix)) && !self.0.contains(&custom);
        class_of(name, parent).or(hidden.then_some(Class::Personal))
    }
}

/// The class of a field by the lists above.
fn class_of(name: &str, parent: Option<&str>) -> Option<Class> {
    let plain = plain(name);
    if SECRET.contains(&plain.as_str()) {
        return Some(Class::Secret);
    }
    if PERSONAL.contains(&plain.as_str()) {
        return Some(Class::Personal);
    }
    let of_person = parent.is_some_and(|parent| PEOPLE.contains(&self::plain(parent).as_str()));
    (plain == "refname" && of_person).then_some(Class::Personal)
}

fn plain(name: &str) -> String {
    name.chars().filter(|letter| !matches!(letter, '_' | '-')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_fields_are_hidden_unless_they_are_named_as_open() {
        let open = OpenFields::new(["custbody_shop_order_id".to_owned()]);
        assert_eq!(open.class_of("custbody_shop_order_id", None), None);
        assert_eq!(open.class_of("custbody_gift_message", None), Some(Class::Personal));
        assert_eq!(open.class_of("custcol_engraving", Some("items")), Some(Class::Personal));
        let open = OpenFields::new(["custbody_amz_shopper_identity".to_owned()]);
        assert_eq!(
            open.class_of("custbody_amz_shopper_identity", None),
            Some(Class::Secret),
            "the lists win"
        );
    }
}
