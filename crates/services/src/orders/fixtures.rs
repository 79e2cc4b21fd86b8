//! Orders and settings for tests of the plans.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use amz_domain::sales_order::{OrderFields, ShipTo};
use amz_domain::{Currency, ItemKind, LineNumber, SalesOrder, SalesOrderLine, SalesOrderStatus};
use rust_decimal::Decimal;

use crate::settings::{
    CancellationSettings, EligibleRule, Kits, OnHold, RefundSettings, ReturnSettings, ServiceSettings,
};

pub(crate) fn settings() -> ServiceSettings {
    ServiceSettings {
        account: "1234567".into(),
        timezone: chrono_tz::America::Los_Angeles,
        pages: "https://1234567.app.netsuite.com".into(),
        amazon_location: Some("7".into()),
        sales_channels: BTreeSet::new(),
        eligible: vec![EligibleRule::LineFlag, EligibleRule::Location],
        ship_speed: BTreeMap::from([("3".into(), "EXPEDITED".to_owned())]),
        default_ship_speed: Some("STANDARD".into()),
        go_live: None,
        hold: Duration::ZERO,
        on_hold: OnHold::Wait,
        retry_base: Duration::from_secs(2),
        retry_limit: 12,
        unclear_wait: Duration::from_secs(10),
        kits: Kits::AsSold,
        cancellation: CancellationSettings::default(),
        returns: ReturnSettings::default(),
        refunds: RefundSettings::default(),
    }
}

pub(crate) fn line(number: u32, item: &str, units: u32, rate: Decimal) -> SalesOrderLine {
    SalesOrderLine {
        line: LineNumber(number),
        unique_key: format!("90{number}").into(),
        item: item.into(),
        item_name: Some(format!("Item {item}")),
        kind: ItemKind::Inventory,
        description: None,
        quantity: units.into(),
        quantity_fulfilled: Decimal::ZERO,
        rate: Some(rate),
        amount: rate * Decimal::from(units),
        tax: None,
        location: Some("7".into()),
        is_closed: false,
        amazon_flag: false,
        amazon_line: None,
        offer: None,
        preview: None,
    }
}

pub(crate) fn sales_order(lines: Vec<SalesOrderLine>) -> SalesOrder {
    SalesOrder {
        id: "42".into(),
        number: "SO42".into(),
        status: SalesOrderStatus::PendingFulfillment,
        customer: Some("501".into()),
        created_at: "2026-03-01T10:00:00Z".parse().unwrap(),
        location: None,
        sales_channel: None,
        ship_method: None,
        currency: Currency::USD,
        email: Some("shopper@example.com".into()),
        customer_name: Some("Sam Shopper".into()),
        ship_to: ShipTo {
            addressee: Some("Sam Shopper".into()),
            line_one: Some("1 Example Street".into()),
            city: Some("Springfield".into()),
            state: Some("OR".into()),
            postal_code: Some("97477".into()),
            country: Some("US".into()),
            ..ShipTo::default()
        },
        tax_total: Decimal::ZERO,
        shipping_cost: Decimal::ZERO,
        handling_cost: Decimal::ZERO,
        discount_total: Decimal::ZERO,
        total: lines.iter().map(|line| line.amount).sum(),
        lines,
        marks: OrderFields::default(),
        shop_names: Vec::new(),
    }
}
