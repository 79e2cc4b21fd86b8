//! Who is told when work is parked: keys and their reading.

use super::key::{Key, Kind};
use super::model::{NotificationSettings, NotificationWebhook};
use super::reader::{Faulty, Reader, Scope};

/// Who is told when work is parked, of all connections.
pub(super) const NOTIFICATIONS: &[Key] = &[
    Key::with_default(
        "notifications.log",
        Kind::Flag,
        "true",
        "Writes one log line when work is parked, and one when that ends.",
    ),
    Key::in_table(
        "notifications.webhook.url",
        Kind::WebhookAddress,
        "Address that gets a signed JSON message when work is parked, and one when that ends. Not shown, since \
         such addresses often carry a token.",
    ),
    Key::in_table(
        "notifications.webhook.secret",
        Kind::SigningSecrets,
        "What these messages are signed with, as in the Standard Webhooks specification (`whsec_…`); a list while \
         rotating.",
    ),
];

/// Reads who is told.
pub(super) fn notifications(
    reader: &mut Reader<'_>,
    scope: &Scope<'_>,
) -> Result<NotificationSettings, Faulty> {
    let log = reader.get(scope, "log");
    let webhook_scope = scope.section("webhook");
    let webhook = webhook_scope.is_given().then(|| webhook(reader, &webhook_scope)).transpose();
    Ok(NotificationSettings { log: log?, webhook: webhook? })
}

fn webhook(reader: &mut Reader<'_>, scope: &Scope<'_>) -> Result<NotificationWebhook, Faulty> {
    let url = reader.get(scope, "url");
    let secrets = reader.get(scope, "secret");
    Ok(NotificationWebhook { url: url?, secrets: secrets? })
}
