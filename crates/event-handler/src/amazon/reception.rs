//! From an authenticated body to a notice worth keeping.

use amz_domain::ConnectionName;
use amz_services::ports::inbox::{NewNotice, NoticeSource};
use chrono::{DateTime, Utc};

use super::AmazonEvent;
use crate::rejection::{Rejection, Rule};
use crate::routing::route_amazon;

/// Makes a notice of an event of Amazon, whose sender has proved itself already.
///
/// `business_product` is the connection's `target_id`. Unknown event types make notices too: they are kept
/// and accepted.
///
/// # Errors
/// The rule that the body breaks: see [`AmazonEvent::parse`], [`AmazonEvent::check_owner`] and
/// [`route_amazon`].
pub fn receive(
    connection: &ConnectionName,
    business_product: &str,
    body: &[u8],
    received_at: DateTime<Utc>,
) -> Result<NewNotice, Rejection> {
    let event = AmazonEvent::parse(body)?;
    event.check_owner(business_product)?;
    // What could not be routed later must not be accepted now.
    route_amazon(&event)?;
    let verbatim =
        str::from_utf8(body).map_err(|_| Rule::BodyNotJson.broken("the body must be UTF-8"))?.to_owned();
    Ok(NewNotice {
        connection: connection.clone(),
        source: NoticeSource::Amazon,
        key: event.key,
        kind: event.event_type.as_str().to_owned(),
        body: verbatim,
        received_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive_at_zero(body: &str) -> Result<NewNotice, Rejection> {
        receive(&"main".into(), "bp-1", body.as_bytes(), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn notice_keeps_the_body_verbatim_under_the_current_name() {
        let body = r#"{ "eventDescriptor":"DELIVERY_COMPLETED","eventId":"e-1",
            "resources":["businessProduct/bp-1/order/322-A/delivery/D"],"extra":0.10 }"#;
        let notice = receive_at_zero(body).unwrap();
        assert_eq!(notice.body, body);
        assert_eq!(notice.kind, "PACKAGE_DELIVERED");
        assert_eq!(notice.key, "e-1");
        assert_eq!(notice.source, NoticeSource::Amazon);
        assert_eq!(notice.connection, "main".into());
    }

    #[test]
    fn unknown_types_are_accepted_without_resources() {
        let notice = receive_at_zero(r#"{"eventDescriptor":"ORDER_TELEPORTED","eventId":"e-1"}"#).unwrap();
        assert_eq!(notice.kind, "ORDER_TELEPORTED");
    }

    #[test]
    fn events_that_lack_their_subject_are_refused() {
        let code = |body: &str| receive_at_zero(body).unwrap_err().code;
        assert_eq!(code(r#"{"eventDescriptor":"PACKAGE_DELIVERED"}"#), "resources_missing");
        assert_eq!(
            code(r#"{"eventDescriptor":"PACKAGE_DELIVERED","resources":["businessProduct/bp-1/order"]}"#),
            "resource_unreadable"
        );
        assert_eq!(
            code(r#"{"eventDescriptor":"PACKAGE_TRACKER_MILESTONE_CHANGED","resources":[5]}"#),
            "resource_unreadable"
        );
        assert_eq!(
            code(r#"{"eventDescriptor":"PACKAGE_DELIVERED","resources":["businessProduct/x/order/1"]}"#),
            "foreign_business_product"
        );
    }
}
