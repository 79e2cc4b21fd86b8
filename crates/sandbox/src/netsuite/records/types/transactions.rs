//! Names and nature of every transaction type.

/// What is the same for all transactions of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Transaction {
    /// REST type.
    pub(crate) name: &'static str,
    /// Type code of SuiteQL.
    pub(crate) code: &'static str,
    /// Words for people.
    pub(crate) title: &'static str,
    /// Letters in front of its document numbers.
    pub(crate) prefix: &'static str,
    /// Whether it writes to the ledger, so that its date must lie in an open period.
    pub(crate) is_posting: bool,
    /// Whether its lines take goods or money from us; SuiteQL shows their quantities as negative numbers.
    pub(crate) is_outward: bool,
}

const fn of(
    (name, code): (&'static str, &'static str),
    (title, prefix): (&'static str, &'static str),
    (is_posting, is_outward): (bool, bool),
) -> Transaction {
    Transaction { name, code, title, prefix, is_posting, is_outward }
}

/// Every transaction type.
pub(crate) const TRANSACTIONS: &[Transaction] = &[
    of(("salesOrder", "SalesOrd"), ("Sales Order", "SO"), (false, true)),
    of(("itemFulfillment", "ItemShip"), ("Item Fulfillment", "IF"), (true, true)),
    of(("invoice", "CustInvc"), ("Invoice", "INV"), (true, true)),
    of(("cashSale", "CashSale"), ("Cash Sale", "CS"), (true, true)),
    of(("returnAuthorization", "RtnAuth"), ("Return Authorization", "RMA"), (false, false)),
    of(("itemReceipt", "ItemRcpt"), ("Item Receipt", "IR"), (true, false)),
    of(("creditMemo", "CustCred"), ("Credit Memo", "CM"), (true, false)),
    of(("cashRefund", "CashRfnd"), ("Cash Refund", "CR"), (true, false)),
    of(("customerRefund", "CustRfnd"), ("Customer Refund", "REF"), (true, false)),
    of(("inventoryAdjustment", "InvAdjst"), ("Inventory Adjustment", "INVADJST"), (true, false)),
    of(("binTransfer", "BinTrnfr"), ("Bin Transfer", "BT"), (false, false)),
];

/// The transaction type of a REST name.
pub(crate) fn transaction(name: &str) -> Option<&'static Transaction> {
    TRANSACTIONS.iter().find(|known| known.name == name)
}
