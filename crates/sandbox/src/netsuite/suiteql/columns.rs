//! Columns that every account has.

pub(super) const TRANSACTION: &[&str] = &[
    "id",
    "tranid",
    "transactionnumber",
    "trandate",
    "type",
    "recordtype",
    "status",
    "entity",
    "externalid",
    "otherrefnum",
    "memo",
    "email",
    "createddate",
    "lastmodifieddate",
    "foreigntotal",
    "currency",
    "exchangerate",
    "saleschannel",
    "voided",
];
pub(super) const TRANSACTION_LINE: &[&str] = &[
    "transaction",
    "id",
    "linesequencenumber",
    "uniquekey",
    "mainline",
    "taxline",
    "item",
    "itemtype",
    "quantity",
    "quantityshiprecv",
    "rate",
    "location",
    "isclosed",
    "createdfrom",
    "quantitybilled",
    "foreignamount",
    "kitmemberof",
    "iscogs",
    "memo",
];
pub(super) const ITEM: &[&str] = &[
    "id",
    "itemid",
    "externalid",
    "upccode",
    "itemtype",
    "isinactive",
    "displayname",
    "islotitem",
    "isserialitem",
    "createddate",
    "lastmodifieddate",
];
pub(super) const BIN: &[&str] = &["id", "binnumber", "location", "externalid", "memo", "isinactive"];
pub(super) const LOCATION: &[&str] = &["id", "name", "fullname", "externalid", "isinactive"];
pub(super) const CUSTOMER: &[&str] = &[
    "id",
    "entityid",
    "externalid",
    "isperson",
    "firstname",
    "lastname",
    "companyname",
    "email",
    "isinactive",
];

pub(super) const ACCOUNTING_PERIOD: &[&str] = &[
    "id",
    "periodname",
    "startdate",
    "enddate",
    "closed",
    "alllocked",
    "isquarter",
    "isyear",
    "isinactive",
    "isadjust",
];
pub(super) const KIT_MEMBER: &[&str] = &["parentitem", "item", "quantity", "linenumber", "memberunit"];
pub(super) const ACCOUNT: &[&str] = &["id", "acctnumber", "accttype", "fullname", "externalid", "isinactive"];
pub(super) const SUBSIDIARY: &[&str] = &["id", "name", "fullname", "externalid", "isinactive"];
pub(super) const CUSTOM_RECORD: &[&str] =
    &["id", "name", "externalid", "isinactive", "owner", "created", "lastmodified"];
