use std::time::Duration;

use amz_domain::{CancellationReason, Currency};
use amz_services::settings::{
    Billing, CancellationSettings, ClosedPeriod, CreditFrom, EligibleRule, Kits, OnHold, PartialCancel,
    ReceiveOn, RefundPaymentPolicy, RefundSettings, ReturnSettings, ShippingRefund, WhenUnfulfillable,
};
use proptest::prelude::*;
use rust_decimal::Decimal;
use secrecy::ExposeSecret;

use super::samples::{SMALLEST, environment, only_fault, read, with};
use crate::settings::value::duration;
use crate::settings::{AdoptionSettings, FaultCode, LogFormat, RestletSettings, Settings};

#[test]
fn the_smallest_configuration_has_the_documented_defaults() {
    let settings = read(SMALLEST);
    assert_eq!(settings.store.url.expose_secret(), "sqlite://accelerator.db");
    assert_eq!(settings.webhook.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.webhook.max_body_bytes, 262_144);
    assert_eq!((settings.worker.concurrency, settings.worker.lease), (8, Duration::from_secs(30)));
    assert_eq!((settings.log.format, settings.log.filter.as_str()), (LogFormat::Text, "info"));
    let connection = &settings.connections[0];
    assert_eq!(connection.weight, 1);
    assert_eq!(connection.bwp.endpoint, "https://api.buywithprime.amazon.com");
    assert_eq!(connection.bwp.api_version, "2024-11-01");
    assert_eq!((connection.settle, connection.poll), (Duration::from_secs(1), Duration::from_secs(60)));
    let netsuite = &connection.netsuite;
    assert_eq!(netsuite.endpoint, "https://1234567-sb1.suitetalk.api.netsuite.com");
    assert_eq!(netsuite.restlet_endpoint, "https://1234567-sb1.restlets.api.netsuite.com");
    assert_eq!((netsuite.concurrency, netsuite.timeout), (4, Duration::from_secs(30)));
    assert_eq!(netsuite.item_sku_field, "itemid");
    let services = &connection.services;
    assert_eq!(services.account, "1234567_SB1");
    assert_eq!(services.timezone, chrono_tz::America::Los_Angeles);
    assert_eq!(services.pages, "https://1234567-sb1.app.netsuite.com");
    assert_eq!(services.eligible, [EligibleRule::LineFlag]);
    assert_eq!((services.hold, services.on_hold), (Duration::ZERO, OnHold::Wait));
    assert_eq!((services.retry_base, services.retry_limit), (Duration::from_secs(2), 12));
    assert_eq!(services.unclear_wait, Duration::from_secs(60));
    assert_eq!(
        (&services.go_live, &services.default_ship_speed, &services.amazon_location),
        (&None, &None, &None)
    );
}

#[test]
fn given_values_arrive() {
    let text = with("[connection.policy]", "on_hold = \"reserve\"\ngo_live = 2026-01-01T09:00:00+09:00\nsettle = \"0s\"")
        .replace(
            "[connection.mapping]",
            "[connection.mapping]\namazon_location = 7\neligible = [\"location\", \"sales_channel\", \"location\"]\n\
             sales_channels = [\"3\"]\ndefault_ship_speed = \"PRIORITY\"",
        )
        .replace("[connection.netsuite]", "[connection.netsuite]\ncurrencies = { \"2\" = \"CAD\" }");
    let settings = read(&text);
    let connection = &settings.connections[0];
    let services = &connection.services;
    assert_eq!(services.on_hold, OnHold::Reserve);
    assert_eq!(
        services.go_live.map(|instant| instant.to_rfc3339()).as_deref(),
        Some("2026-01-01T00:00:00+00:00")
    );
    assert_eq!(services.amazon_location, Some("7".into()));
    assert_eq!(services.eligible, [EligibleRule::Location, EligibleRule::SalesChannel]);
    assert!(services.sales_channels.contains(&"3".into()));
    assert_eq!(services.default_ship_speed.as_deref(), Some("PRIORITY"));
    assert_eq!(connection.settle, Duration::ZERO);
    assert_eq!(connection.netsuite.currencies["2"], Currency::try_from("CAD").expect("a code"));
}

#[test]
fn cancellations_returns_and_refunds_have_the_documented_defaults() {
    let services = read(SMALLEST).connections.remove(0).services;
    assert_eq!(services.kits, Kits::AsSold);
    assert_eq!(services.cancellation, CancellationSettings::default());
    assert_eq!(services.returns, ReturnSettings::default());
    assert_eq!(services.refunds, RefundSettings::default());
    assert!(read(SMALLEST).connections[0].follow_documents);
}

#[test]
fn given_values_of_cancellations_returns_and_refunds_arrive() {
    let text = with(
        "[connection.policy]",
        "billing = \"cash_sale\"\nwhen_unfulfillable = \"back_order\"\npartial_cancel = \"whole_and_reorder\"\n\
         cancel_reasons = { \"Sold out\" = \"OUT_OF_STOCK\" }\ncancel_reason = \"PAYMENT_ISSUE\"\n\
         cancel_look = \"5s\"\napprove_returns = false\nreceive_on = \"delivered\"\n\
         credit_from = \"return_authorization\"\nrefund_payment = \"customer_refund\"\n\
         refund_shipping = \"with_last_unit\"\nrefund_tolerance = \"0.10\"\nrefund_approval_over = 250\n\
         closed_period = \"park\"\nrefund_reason = \"PRICE_ADJUSTMENT\"",
    )
    .replace(
        "[connection.mapping]",
        "[connection.mapping]\nkits = \"as_parts\"\nreturn_location = 7\ndamaged_location = \"8\"\nrefund_account = 121",
    )
    .replace("[connection.sync]", "[connection.sync]\ndocuments = false");
    let connection = read(&text).connections.remove(0);
    let services = connection.services;
    assert!(!connection.follow_documents);
    assert_eq!(services.kits, Kits::AsParts);
    let cancellation = CancellationSettings {
        when_unfulfillable: WhenUnfulfillable::BackOrder,
        partial_cancel: PartialCancel::WholeAndReorder,
        reasons: [("Sold out".to_owned(), CancellationReason::OutOfStock)].into(),
        default_reason: CancellationReason::PaymentIssue,
        look: Duration::from_secs(5),
    };
    assert_eq!(services.cancellation, cancellation);
    let returns = ReturnSettings {
        approve: false,
        receive_on: ReceiveOn::Delivered,
        return_location: Some("7".into()),
        damaged_location: Some("8".into()),
    };
    assert_eq!(services.returns, returns);
    let refunds = RefundSettings {
        billing: Billing::CashSale,
        credit_from: CreditFrom::ReturnAuthorization,
        payment: RefundPaymentPolicy::CustomerRefund,
        shipping: ShippingRefund::WithLastUnit,
        tolerance: Decimal::new(10, 2),
        approval_over: Some(Decimal::from(250)),
        closed_period: ClosedPeriod::Park,
        account: Some("121".into()),
        external_reason: "PRICE_ADJUSTMENT".to_owned(),
    };
    assert_eq!(services.refunds, refunds);
}

#[test]
fn the_log_is_told_and_a_webhook_where_one_is_given() {
    let notifications = read(SMALLEST).notifications;
    assert!(notifications.log && notifications.webhook.is_none());
    let text = with(
        "[[connection]]",
        "[notifications]\nlog = false\nwebhook = { url = \"https://hooks.example.com/a/?token=x\", \
         secret = [\"whsec_AAAA\", \"whsec_BBBB\"] }\n[[connection]]",
    )
    .replacen("[[connection]]\n", "", 1);
    let settings = read(&text);
    let webhook = settings.notifications.webhook.as_ref().expect("given");
    assert!(!settings.notifications.log);
    assert_eq!(webhook.url.expose_secret(), "https://hooks.example.com/a/?token=x");
    assert_eq!(webhook.secrets.len(), 2);
    let shown = format!("{settings:?}");
    assert!(!shown.contains("token=x") && !shown.contains("whsec_AAAA"), "{shown}");
}

#[test]
fn fields_can_be_renamed_and_others_keep_their_names() {
    let settings =
        read(&with("[connection.netsuite]", "fields = { custbody_amz_hold = \"custbody_keep_back\" }"));
    let fields = &settings.connections[0].netsuite.fields;
    assert_eq!(fields.name("custbody_amz_hold"), "custbody_keep_back");
    assert_eq!(fields.name("custbody_amz_channel"), "custbody_amz_channel");
    assert_eq!(fields.name("tranId"), "tranId");
    assert_eq!(fields.iter().filter(|(standard, name)| standard != name).count(), 1);
}

#[test]
fn plain_http_is_for_loopback() {
    for address in ["http://localhost:1", "http://127.0.0.9:1/base", "http://[::1]:1"] {
        let settings = read(&with("[connection.netsuite]", &format!("endpoint = \"{address}/\"")));
        assert_eq!(settings.connections[0].netsuite.endpoint, address, "without the trailing slash");
    }
}

#[test]
fn durations_are_whole_numbers_with_a_unit() {
    assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
    assert_eq!(duration("2s"), Some(Duration::from_secs(2)));
    assert_eq!(duration("15m"), Some(Duration::from_secs(900)));
    assert_eq!(duration("26h"), Some(Duration::from_secs(93_600)));
    for wrong in [
        "",
        "5",
        "s",
        "1.5s",
        "-1s",
        "1 s",
        "1S",
        "1d",
        "1h30m",
        "99999999999999999999s",
        "18446744073709551615h",
        "１s",
    ] {
        assert_eq!(duration(wrong), None, "{wrong}");
    }
}

#[test]
fn shares_are_checked_without_floating_point() {
    let share =
        |value: &str| with("[connection.sync]", &format!("[connection.inventory]\nbrake_share = {value}"));
    for good in ["0", "1", "0.2", "1.0", "0.05"] {
        read(&share(good));
    }
    for bad in ["-0.1", "1.01", "2", "\"0.2\"", "nan", "inf"] {
        assert_eq!(only_fault(&share(bad), &[]).key, "connection[main].inventory.brake_share", "{bad}");
    }
}

proptest! {
    #[test]
    fn no_text_and_no_variable_makes_the_reader_panic(
        text in "(\\[{0,2}[a-z.]{0,12}\\]{0,2}\n|[a-z._\"]{0,12} = [\\[\\]{}\"a-z0-9.:=, -]{0,16}\n){0,8}",
        variable in "AMZ__[A-Z_]{0,24}",
        value in ".{0,24}",
    ) {
        let variables = environment(&[(variable.as_str(), value.as_str())]);
        for text in [text.clone(), format!("{SMALLEST}{text}")] {
            if let Err(faults) = Settings::from_toml(&text, &variables, std::path::Path::new("")) {
                prop_assert!(!faults.faults().is_empty());
                prop_assert!(!faults.to_string().contains("report this as a bug"));
            }
        }
    }

    #[test]
    fn any_value_of_any_key_is_accepted_or_refused_with_a_fault(index in 0_usize..200, value in "\\PC{0,24}") {
        let known: Vec<_> = crate::settings::keys().collect();
        let variable = known[index % known.len()].variable().replace("<NAME>", "MAIN");
        let variables = environment(&[(variable.as_str(), value.as_str())]);
        if let Err(faults) = Settings::from_toml(SMALLEST, &variables, std::path::Path::new("")) {
            prop_assert!(!faults.faults().is_empty());
            prop_assert!(!faults.to_string().contains("report this as a bug"), "{}", faults);
        }
    }
}

#[test]
fn nothing_is_adopted_and_the_restlet_is_never_called_unless_somebody_says_so() {
    let connection = read(SMALLEST).connections.remove(0);
    assert_eq!(connection.adoption, AdoptionSettings::default());
    let restlet = RestletSettings {
        script: "customscript_amz_rt_event_entry".to_owned(),
        deploy: "customdeploy_amz_rt_event_entry".to_owned(),
        order_marks: false,
        receipts: false,
        line_tax: false,
    };
    assert_eq!(connection.netsuite.restlet, restlet);
    let text = with(
        "[connection.sync]",
        "[connection.adoption]\norder_id_fields = [\"custbody_one\", \"otherrefnum\"]\nalias_type = \"EXTERNAL_ID\"\n\
         [connection.netsuite.restlet]\nuses = [\"receipts\", \"line_tax\"]",
    );
    let connection = read(&text).connections.remove(0);
    assert_eq!(connection.adoption.order_id_fields, ["custbody_one", "otherrefnum"]);
    assert_eq!(connection.adoption.alias_type.as_deref(), Some("EXTERNAL_ID"));
    assert_eq!(connection.netsuite.restlet, RestletSettings { receipts: true, line_tax: true, ..restlet });
}

#[test]
fn our_own_field_is_none_of_another_connector() {
    for fields in ["[\"custbody_one\", \"custbody_amz_order_id\"]", "[\"custbody_one\", \"custbody_one\"]"] {
        let text = with("[connection.sync]", &format!("[connection.adoption]\norder_id_fields = {fields}"));
        let fault = only_fault(&text, &[]);
        assert_eq!(
            (fault.key.as_str(), fault.code),
            ("connection[main].adoption.order_id_fields[1]", FaultCode::Conflicting)
        );
    }
}
