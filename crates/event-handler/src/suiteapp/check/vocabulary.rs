//! The words of SDF object definitions.
//!
//! Source: SuiteCloud Development Framework guide and the object reference it belongs to, as far as our
//! objects use them.

/// Elements of whole objects.
pub(super) const OBJECT_ELEMENTS: &[&str] = &[
    "usereventscript",
    "mapreducescript",
    "restlet",
    "scheduledscript",
    "suitelet",
    "clientscript",
    "transactionbodycustomfield",
    "transactioncolumncustomfield",
    "itemcustomfield",
    "entitycustomfield",
    "customrecordtype",
    "customlist",
    "customrole",
    "secret",
    "integration",
    "subtab",
];

/// Elements with a script id, and what the id begins with.
pub(super) const PREFIXES: &[(&str, &str)] = &[
    ("usereventscript", "customscript_"),
    ("mapreducescript", "customscript_"),
    ("restlet", "customscript_"),
    ("scheduledscript", "customscript_"),
    ("suitelet", "customscript_"),
    ("clientscript", "customscript_"),
    ("scriptdeployment", "customdeploy_"),
    ("scriptcustomfield", "custscript_"),
    ("transactionbodycustomfield", "custbody_"),
    ("transactioncolumncustomfield", "custcol_"),
    ("itemcustomfield", "custitem_"),
    ("entitycustomfield", "custentity_"),
    ("customrecordtype", "customrecord_"),
    ("customrecordcustomfield", "custrecord_"),
    ("customlist", "customlist_"),
    ("customrole", "customrole_"),
    ("secret", "custsecret_"),
    ("integration", "custinteg_"),
    ("subtab", "custtab_"),
];

/// Longest script id.
pub(super) const MAX_ID_BYTES: usize = 40;

/// Elements that must be there and not be empty.
pub(super) const NEEDED: &[(&str, &[&str])] = &[
    ("usereventscript", &["name", "scriptfile"]),
    ("mapreducescript", &["name", "scriptfile"]),
    ("restlet", &["name", "scriptfile"]),
    ("transactionbodycustomfield", &["label", "fieldtype"]),
    ("transactioncolumncustomfield", &["label", "fieldtype"]),
    ("itemcustomfield", &["label", "fieldtype"]),
    ("customrecordcustomfield", &["label", "fieldtype"]),
    ("scriptcustomfield", &["label", "fieldtype"]),
    ("customrecordtype", &["recordname"]),
    ("customrole", &["name", "permissions"]),
    ("permission", &["permkey", "permlevel"]),
];

/// Elements that are refused where they stand.
pub(super) const REFUSED: &[(&str, &str)] =
    &[("customrecordtype", "allowinlineinsert"), ("transactionbodycustomfield", "bodytransactiontypes")];

/// Scripts, the type that their file's header names, and the words that `status` may have. `TESTING` is left
/// out: such a deployment runs for its owner alone and silently does nothing for everybody else.
pub(super) const SCRIPTS: &[(&str, &str, &[&str])] = &[
    ("usereventscript", "UserEventScript", &["RELEASED"]),
    ("restlet", "Restlet", &["RELEASED"]),
    ("suitelet", "Suitelet", &["RELEASED"]),
    ("clientscript", "ClientScript", &["RELEASED"]),
    ("mapreducescript", "MapReduceScript", &["SCHEDULED", "NOTSCHEDULED"]),
    ("scheduledscript", "ScheduledScript", &["SCHEDULED", "NOTSCHEDULED"]),
];

/// Words of an element; lists are joined by `|`.
pub(super) const WORDS: &[(&str, &[&str])] = &[
    (
        "fieldtype",
        &[
            "TEXT",
            "TEXTAREA",
            "CLOBTEXT",
            "INTEGER",
            "FLOAT",
            "CURRENCY",
            "CHECKBOX",
            "DATE",
            "DATETIMETZ",
            "SELECT",
            "MULTISELECT",
            "URL",
            "EMAIL",
            "PHONE",
        ],
    ),
    ("loglevel", &["DEBUG", "AUDIT", "ERROR", "EMERGENCY"]),
    ("accesstype", &["CUSTRECORDENTRYPERM", "NONENEEDED", "USEPERMISSIONLIST"]),
    ("permlevel", &["VIEW", "CREATE", "EDIT", "FULL"]),
    ("displaytype", &["NORMAL", "LOCKED", "HIDDEN", "DISABLED", "STATICTEXT"]),
    (
        "executioncontext",
        &[
            "ACTION",
            "CSVIMPORT",
            "MAPREDUCE",
            "RESTLET",
            "RESTWEBSERVICES",
            "SCHEDULED",
            "SUITELET",
            "USEREVENT",
            "USERINTERFACE",
            "WEBSERVICES",
            "WEBSTORE",
            "WORKFLOW",
        ],
    ),
    (
        "recordtype",
        &[
            "SALESORDER",
            "ITEMFULFILLMENT",
            "RETURNAUTHORIZATION",
            "ITEMRECEIPT",
            "INVENTORYADJUSTMENT",
            "CREDITMEMO",
            "CASHREFUND",
            "CUSTOMERREFUND",
            "CASHSALE",
            "INVOICE",
            "TRANSFERORDER",
            "CUSTOMER",
        ],
    ),
];

/// Yes or no.
pub(super) const BOOLEANS: &[&str] = &[
    "isinactive",
    "isdeployed",
    "notifyowner",
    "notifyadmins",
    "allroles",
    "allemployees",
    "allpartners",
    "storevalue",
    "ismandatory",
    "includename",
    "enableoptimisticlocking",
    "enablesystemnotes",
    "showlastmodified",
    "showid",
    "allowinlineediting",
];

/// Places that a field may apply to, and the feature that a place needs.
pub(super) const PLACES: &[(&str, Option<&str>)] = &[
    ("bodysale", None),
    ("bodypurchase", None),
    ("bodyjournal", None),
    ("bodydeposit", None),
    ("bodyothertransaction", None),
    ("bodyitemfulfillment", None),
    ("bodyitemreceipt", Some("ADVRECEIVING")),
    ("bodycustomerpayment", Some("RECEIVABLES")),
    ("bodyvendorpayment", Some("PAYABLES")),
    ("bodyexpensereport", Some("EXPREPORTS")),
    ("bodyopportunity", Some("OPPORTUNITIES")),
    ("bodystore", Some("WEBSTORE")),
    ("bodytransferorder", Some("MULTILOCINVT")),
    ("bodyinventoryadjustment", Some("INVENTORY")),
    ("bodyassemblybuild", Some("ASSEMBLIES")),
    ("colsale", None),
    ("colpurchase", None),
    ("coljournal", None),
    ("colitemfulfillment", None),
    ("colitemreceipt", Some("ADVRECEIVING")),
    ("coltransferorder", Some("MULTILOCINVT")),
    ("colopportunity", Some("OPPORTUNITIES")),
    ("colstore", Some("WEBSTORE")),
    ("appliestoinventory", Some("INVENTORY")),
    ("appliestoitemassembly", Some("ASSEMBLIES")),
    ("appliestokit", None),
    ("appliestononinventory", None),
    ("appliestoservice", None),
    ("appliestoothercharge", None),
    ("appliestogroup", None),
];

/// What the name of a place begins with.
pub(super) const PLACE_PREFIXES: &[&str] = &["body", "col", "appliesto"];

/// Features that records need which scripts are deployed on.
pub(super) const RECORD_FEATURES: &[(&str, &str)] = &[
    ("SALESORDER", "SALESORDERS"),
    ("CREDITMEMO", "RECEIVABLES"),
    ("CUSTOMERREFUND", "RECEIVABLES"),
    ("ITEMRECEIPT", "ADVRECEIVING"),
    ("INVENTORYADJUSTMENT", "INVENTORY"),
    ("TRANSFERORDER", "MULTILOCINVT"),
];

/// Features that a manifest may name.
pub(super) const FEATURES: &[&str] = &[
    "SERVERSIDESCRIPTING",
    "CUSTOMRECORDS",
    "RECEIVABLES",
    "PAYABLES",
    "EXPREPORTS",
    "ADVRECEIVING",
    "OPPORTUNITIES",
    "WEBSTORE",
    "MULTILOCINVT",
    "INVENTORY",
    "ASSEMBLIES",
    "LOCATIONS",
    "SALESORDERS",
    "ACCOUNTING",
    "CRM",
];

/// The sections of the deployment list and the path of each.
pub(super) const SECTIONS: &[(&str, &str)] = &[
    ("configuration", "~/AccountConfiguration/*"),
    ("files", "~/FileCabinet/*"),
    ("objects", "~/Objects/*"),
    ("translationimports", "~/Translations/*"),
];

/// The entry for a word.
pub(super) fn of<T: Copy>(table: &[(&'static str, T)], word: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == word).map(|(_, entry)| *entry)
}
