//! Keys that say how one merchant wants things done.

use super::key::{Key, Kind};

const ID: Kind = Kind::InternalId;

/// Amazon's words for why a merchant cancels.
const CANCELLATION_REASON: Kind = Kind::Choice(&[
    "INCORRECT_SHIPPING_ADDRESS",
    "ITEMS_ARRIVING_LATE",
    "ORDERED_BY_MISTAKE",
    "OTHER",
    "OUT_OF_STOCK",
    "PAYMENT_ISSUE",
]);

/// What stands for what in the account.
pub(super) const MAPPING: &[Key] = &[
    Key::optional(
        "connection.mapping.amazon_location",
        ID,
        "Location that stands for Amazon's warehouses. Needed by the rule `location` and for stock.",
    ),
    Key::with_default(
        "connection.mapping.item_sku_field",
        Kind::FieldId,
        "itemid",
        "Item field that holds the SKU: `itemid` or a custom item field.",
    ),
    Key::with_default(
        "connection.mapping.eligible",
        Kind::List(&Kind::Choice(&["line_flag", "location", "sales_channel"])),
        "line_flag",
        "Rules that make a line Amazon's; any of them suffices.",
    ),
    Key::optional(
        "connection.mapping.sales_channels",
        Kind::List(&ID),
        "Sales channels whose orders Amazon ships. Needed by the rule `sales_channel`.",
    ),
    Key::optional(
        "connection.mapping.ship_speed",
        Kind::Table(&Kind::Word),
        "Amazon's delivery speed per shipping item: `{ \"92\" = \"STANDARD\", \"93\" = \"EXPEDITED\" }`. \
         Orders with another shipping item are parked.",
    ),
    Key::optional(
        "connection.mapping.default_ship_speed",
        Kind::Word,
        "Delivery speed of orders without a shipping item; absent, they are parked.",
    ),
    Key::with_default(
        "connection.mapping.kits",
        Kind::Choice(&["as_sold", "as_parts"]),
        "as_sold",
        "How kits go to Amazon: `as_sold` as one line with the kit's SKU, `as_parts` as one line per part.",
    ),
    Key::optional(
        "connection.mapping.return_location",
        ID,
        "Location where returned goods that can be sold are received; absent, the sales order's.",
    ),
    Key::optional(
        "connection.mapping.damaged_location",
        ID,
        "Location where all other returned goods are received; absent, they are parked.",
    ),
    Key::optional(
        "connection.mapping.adjustment_account",
        ID,
        "Account of inventory adjustments. Needed by `inventory.write = \"adjustment\"`.",
    ),
    Key::optional(
        "connection.mapping.subsidiary",
        ID,
        "Subsidiary of inventory adjustments and bin transfers, where the account has several.",
    ),
    Key::optional(
        "connection.mapping.refund_account",
        ID,
        "Account that pays customer refunds. Needed by `refund_payment = \"customer_refund\"`.",
    ),
];

/// How orders, cancellations, returns and refunds are handled, and how often both sides are compared.
pub(super) const POLICY: &[Key] = &[
    Key::with_default(
        "connection.policy.hold",
        Kind::Duration { least: "0s", most: "720h" },
        "0s",
        "How long a new order is held back before it goes to Amazon.",
    )
    .unit("ms, s, m, h"),
    Key::with_default(
        "connection.policy.on_hold",
        Kind::Choice(&["wait", "reserve"]),
        "wait",
        "While on hold: `wait` sends nothing, `reserve` creates the order at Amazon without starting it.",
    ),
    Key::optional("connection.policy.go_live", Kind::Instant, "Orders created before this instant stay out."),
    Key::with_default(
        "connection.policy.settle",
        Kind::Duration { least: "0s", most: "10m" },
        "1s",
        "How long events on one order are gathered into one look.",
    )
    .unit("ms, s, m, h"),
    Key::with_default(
        "connection.policy.retry_base",
        Kind::Duration { least: "1ms", most: "1h" },
        "2s",
        "First wait after a failure; later waits grow.",
    )
    .unit("ms, s, m, h"),
    Key::with_default(
        "connection.policy.retry_limit",
        Kind::Whole { least: 1, most: 1000 },
        "12",
        "Tries before a person must look.",
    )
    .unit("tries"),
    Key::with_default(
        "connection.policy.unclear_wait",
        Kind::Duration { least: "1ms", most: "1h" },
        "60s",
        "Wait before a write whose answer was lost is looked up again and, if absent, sent again.",
    )
    .unit("ms, s, m, h"),
    Key::with_default(
        "connection.policy.billing",
        Kind::Choice(&["detect", "invoice", "cash_sale"]),
        "detect",
        "How the account bills; `detect` goes by what each order has.",
    ),
    Key::with_default(
        "connection.policy.when_unfulfillable",
        Kind::Choice(&["cancel", "back_order"]),
        "cancel",
        "Units that Amazon cannot ship: `cancel` takes them off the order, `back_order` keeps them open, \
         without Amazon's flag, for another warehouse.",
    ),
    Key::with_default(
        "connection.policy.partial_cancel",
        Kind::Choice(&["park", "whole_and_reorder"]),
        "park",
        "When staff cancel some lines only, since Amazon cancels whole orders: `park` sends nothing, \
         `whole_and_reorder` cancels the order and sends what stays anew.",
    ),
    Key::optional(
        "connection.policy.cancel_reasons",
        Kind::Words(&CANCELLATION_REASON),
        "Amazon's reason per reason of the merchant (the text of `custbody_amz_cancel_reason`): \
         `{ \"Sold out\" = \"OUT_OF_STOCK\" }`.",
    ),
    Key::with_default(
        "connection.policy.cancel_reason",
        CANCELLATION_REASON,
        "OTHER",
        "Amazon's reason when the merchant's is not in `cancel_reasons`.",
    ),
    Key::with_default(
        "connection.policy.cancel_look",
        Kind::Duration { least: "1s", most: "1h" },
        "60s",
        "First wait before Amazon is asked again what became of a cancellation; it doubles up to an hour.",
    )
    .unit("ms, s, m, h"),
    Key::with_default(
        "connection.policy.approve_returns",
        Kind::Flag,
        "true",
        "Whether return authorizations are made approved; otherwise staff approve them.",
    ),
    Key::with_default(
        "connection.policy.receive_on",
        Kind::Choice(&["graded", "delivered"]),
        "graded",
        "When returned goods are received: `graded` once Amazon says in which condition they are, \
         `delivered` once Amazon has the parcel, all of it to the return location.",
    ),
    Key::with_default(
        "connection.policy.credit_from",
        Kind::Choice(&["return_authorization", "bill"]),
        "return_authorization",
        "What a credit is made from: `return_authorization` from the received authorization of exactly the refund's \
         units, else from the bill; `bill` always from the bill, which leaves authorizations open.",
    ),
    Key::with_default(
        "connection.policy.refund_payment",
        Kind::Choice(&["credit_memo", "customer_refund", "later"]),
        "credit_memo",
        "When a credit memo counts as paid: `credit_memo` at once, `customer_refund` with the customer refund \
         that we make, `later` with one that staff or a payment run make.",
    ),
    Key::with_default(
        "connection.policy.refund_shipping",
        Kind::Choice(&["never", "with_last_unit"]),
        "never",
        "When shipping is refunded: `never` by us, or `with_last_unit` that was billed.",
    ),
    Key::with_default(
        "connection.policy.refund_tolerance",
        Kind::Amount,
        "1.00",
        "How far our amount may be from Amazon's estimate before a refund is parked.",
    )
    .unit("order's currency"),
    Key::optional(
        "connection.policy.refund_approval_over",
        Kind::Amount,
        "Refunds above this amount wait for a person's approval; absent, none do.",
    )
    .unit("order's currency"),
    Key::with_default(
        "connection.policy.closed_period",
        Kind::Choice(&["first_open_day", "park"]),
        "first_open_day",
        "When the posting day lies in a closed period: `first_open_day` takes that, `park` leaves it to a person.",
    ),
    Key::with_default(
        "connection.policy.refund_reason",
        Kind::Word,
        "OTHERS",
        "Amazon's reason of refunds that were issued in NetSuite.",
    ),
    Key::derived(
        "connection.sync.poll",
        Kind::Duration { least: "10ms", most: "24h" },
        "5m with `netsuite.events.signing_secret`, else 1m",
        "How often the change feed asks NetSuite for changed sales orders and documents.",
    )
    .unit("ms, s, m, h"),
    Key::with_default(
        "connection.sync.own_echoes",
        Kind::Choice(&["read", "ignore"]),
        "read",
        "Changed sales orders that only show our own writes: `read` them once more, or `ignore` them without a call. \
         `ignore` needs the bundle, which tells what staff save in the same moment (`netsuite.events.signing_secret`), and \
         `reconcile`.",
    ),
    Key::with_default(
        "connection.sync.documents",
        Kind::Flag,
        "true",
        "Whether the change feed asks for return authorizations, credit memos, cash refunds and customer refunds \
         too. Without it, only the bundle's notices tell of those that staff make.",
    ),
    Key::with_default(
        "connection.sync.reconcile",
        Kind::Duration { least: "0s", most: "168h" },
        "15m",
        "How often open orders, and those touched since, are compared on both sides; `0s` leaves it to people \
         (`amz reconcile`).",
    )
    .unit("ms, s, m, h"),
    Key::with_default(
        "connection.sync.reconcile_at_once",
        Kind::Whole { least: 1, most: 1000 },
        "20",
        "Orders that such a comparison asks for at the same time; it is the least urgent work there is.",
    )
    .unit("orders"),
];
