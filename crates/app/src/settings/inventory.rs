//! Keys that say how stock is kept in step, and where it is read.

use super::key::{Key, Kind};

/// Amazon's figures by name.
const FIGURES: Kind = Kind::Choice(&[
    "fulfillable",
    "pending_customer_order",
    "pending_transshipment",
    "processing",
    "inbound_working",
    "inbound_shipped",
    "inbound_receiving",
    "researching",
    "unfulfillable",
    "total",
]);

const UNITS: Kind = Kind::Whole { least: 0, most: 1_000_000 };

/// How stock is kept in step.
pub(super) const INVENTORY: &[Key] = &[
    Key::with_default(
        "connection.inventory.figure",
        FIGURES,
        "fulfillable",
        "Amazon's figure that counts as stock.",
    ),
    Key::optional(
        "connection.inventory.add",
        Kind::List(&FIGURES),
        "Figures that are added to it, for example `[\"pending_transshipment\", \"processing\"]`.",
    ),
    Key::with_default(
        "connection.inventory.buffer_units",
        UNITS,
        "0",
        "Units of every item kept back from what NetSuite can sell. Of units and share the larger counts.",
    )
    .unit("units"),
    Key::with_default(
        "connection.inventory.buffer_share",
        Kind::Share,
        "0",
        "Share of every item kept back, rounded up to a whole unit.",
    )
    .unit("share"),
    Key::with_default(
        "connection.inventory.match",
        Kind::Choice(&["item_field", "upc", "external_id", "catalog"]),
        "item_field",
        "How SKUs are matched with items: by the field of `mapping.item_sku_field`, by UPC, by external id, or by the \
         external id that Amazon's catalogue has for the SKU (`catalog`).",
    ),
    Key::optional(
        "connection.inventory.aliases",
        Kind::File,
        "Table of single SKUs: `sku,item,counting,buffer` (see below). Relative to the configuration's folder.",
    ),
    Key::with_default(
        "connection.inventory.reservation_lag",
        Kind::Duration { least: "0s", most: "24h" },
        "10m",
        "How long after Amazon took an order its figure may or may not count the order already.",
    )
    .unit("ms, s, m, h"),
    Key::with_default(
        "connection.inventory.absent",
        Kind::Choice(&["keep", "zero"]),
        "keep",
        "An item whose SKU Amazon does not show, asked for by name too: `keep` leaves its stock and reports it, `zero` \
         lets nothing of it be sold.",
    ),
    Key::with_default(
        "connection.inventory.brake_share",
        Kind::Share,
        "0.2",
        "A run that would leave nothing to sell of more than this share of the SKUs waits for a person's approval.",
    )
    .unit("share"),
    Key::with_default(
        "connection.inventory.brake_at_least",
        UNITS,
        "10",
        "Of so few SKUs the share says nothing: fewer than these do not stop a run.",
    )
    .unit("SKUs"),
    Key::optional(
        "connection.inventory.brake_units",
        Kind::Whole { least: 0, most: 1_000_000_000 },
        "A run that would take more than so many units from items of which nothing is left waits too.",
    )
    .unit("units"),
    Key::with_default(
        "connection.inventory.write",
        Kind::Choice(&["adjustment", "bin_transfer", "fields"]),
        "adjustment",
        "How stock is written: `adjustment` by inventory adjustments, `bin_transfer` between the two bins, `fields` \
         only into the items' own fields.",
    ),
    Key::optional(
        "connection.inventory.sellable_bin",
        Kind::InternalId,
        "Bin whose units can be sold. Needed by `write = \"bin_transfer\"`.",
    ),
    Key::optional(
        "connection.inventory.unsellable_bin",
        Kind::InternalId,
        "Bin whose units cannot. Needed by `write = \"bin_transfer\"`.",
    ),
    Key::with_default(
        "connection.inventory.late_arrival",
        Kind::Duration { least: "1s", most: "2h" },
        "16m",
        "How long a stock document whose answer was lost may still arrive; until then nothing new is worked out. \
         NetSuite lets a request run for a quarter of an hour.",
    )
    .unit("ms, s, m, h"),
    Key::with_default(
        "connection.inventory.road",
        Kind::Choice(&["auto", "crawl", "named"]),
        "auto",
        "How a full run reads Amazon: `crawl` page by page, `named` by the names of known SKUs once a crawl has listed \
         them, `auto` as fits.",
    ),
    Key::with_default(
        "connection.inventory.settle",
        Kind::Duration { least: "0s", most: "10m" },
        "2s",
        "How long stock events are gathered into one look.",
    )
    .unit("ms, s, m, h"),
    Key::with_default(
        "connection.inventory.schedule",
        Kind::Schedule,
        "0 3 * * *",
        "When stock is compared in full, in the account's time zone: five fields as cron has them, or `off`.",
    ),
];

/// Where stock is read. Without this table stock is not kept in step.
pub(super) const SP_API: &[Key] = &[
    Key::with_default(
        "connection.amazon.sp_api.endpoint",
        Kind::Endpoint,
        "https://sellingpartnerapi-na.amazon.com",
        "Address of the Selling Partner API in the seller's region.",
    ),
    Key::with_default(
        "connection.amazon.sp_api.token_endpoint",
        Kind::Endpoint,
        "https://api.amazon.com/auth/o2/token",
        "Address that gives its access tokens.",
    ),
    Key::in_table("connection.amazon.sp_api.client_id", Kind::Text, "Client id of the application."),
    Key::in_table("connection.amazon.sp_api.client_secret", Kind::Secret, "Its client secret."),
    Key::in_table("connection.amazon.sp_api.refresh_token", Kind::Secret, "The seller's refresh token."),
    Key::with_default(
        "connection.amazon.sp_api.marketplace_id",
        Kind::Text,
        "ATVPDKIKX0DER",
        "The marketplace; the default is that of the United States.",
    ),
    Key::with_default(
        "connection.amazon.sp_api.calls_per_second",
        Kind::Rate,
        "2",
        "Calls per second that Amazon allows this application and seller; its answers may teach another pace.",
    )
    .unit("calls per second"),
];
