use super::*;
use crate::netsuite::settings::tests::settings;

fn at(instant: &str) -> DateTime<Utc> {
    instant.parse().unwrap()
}

#[test]
fn touched_orders_are_those_of_the_feed_from_an_instant_in_the_accounts_zone() {
    let (selection, parameters) = touched(&settings(), at("2026-03-01T18:00:00Z"), None);
    assert_eq!(
        selection,
        "FROM transaction t WHERE t.type = 'SalesOrd' AND ((t.status = 'B') OR t.custbody_amz_order_id IS NOT NULL) \
         AND t.lastmodifieddate >= TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS')"
    );
    assert_eq!(parameters, ["2026-03-01 10:00:00"]);
}

#[test]
fn touched_orders_go_on_after_a_position_and_spare_what_is_older_than_go_live() {
    let mut settings = settings();
    settings.go_live = Some(at("2026-01-01T00:00:00Z"));
    let after = FeedPosition { modified: "2026-03-01T10:00:05".into(), id: "42".into() };
    let (selection, parameters) = touched(&settings, at("2026-03-01T18:00:00Z"), Some(&after));
    assert_eq!(selection.matches('?').count(), parameters.len());
    assert_eq!(
        parameters,
        ["2025-12-31 16:00:00", "2026-03-01 10:00:00", "2026-03-01 10:00:05", "2026-03-01 10:00:05", "42"]
    );
}

#[test]
fn created_orders_are_selected_by_a_half_open_span_whatever_became_of_them() {
    let zone = chrono_tz::America::Los_Angeles;
    let (from, until) = (at("2026-03-01T08:00:00Z"), at("2026-03-02T08:00:00Z"));
    let (selection, parameters) = created(zone, from, until, Some(&"42".into()));
    assert_eq!(parameters, ["2026-03-01 00:00:00", "2026-03-02 00:00:00", "42"]);
    assert!(!selection.contains("status"), "{selection}");
    assert!(selection.ends_with("< TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS') AND t.id > ?"), "{selection}");
}

/// Every instant of the night in which summer time ends must lie within the texts of a span that holds it.
#[test]
fn the_hour_that_comes_twice_is_never_cut_off() {
    let zone = chrono_tz::America::Los_Angeles;
    let begin = at("2026-11-01T06:00:00Z");
    let instants: Vec<_> = (0..60).map(|step| begin + TimeDelta::minutes(step * 6)).collect();
    for (index, border) in instants.iter().enumerate() {
        let (low, high) = (text_from(*border, zone), text_until(*border, zone));
        assert!(
            instants[index..].iter().all(|later| text(*later, zone, TimeDelta::zero()) >= low),
            "{border}"
        );
        assert!(
            instants[..index].iter().all(|earlier| text(*earlier, zone, TimeDelta::zero()) < high),
            "{border}"
        );
    }
    assert_eq!(text_from(at("2026-11-01T08:45:00Z"), zone), "2026-11-01 00:45:00");
    assert_eq!(text_from(at("2026-11-01T09:15:00Z"), zone), "2026-11-01 01:15:00");
    assert_eq!(text_until(at("2026-11-01T09:10:00Z"), zone), "2026-11-01 02:10:00");
}
