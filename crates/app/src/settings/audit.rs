//! The copy of the audit trail inside NetSuite: keys and their reading.

use super::key::{Key, Kind};
use super::model::AuditMirrorSettings;
use super::reader::{Faulty, Reader, Scope};
use crate::audit_mirror::MirroredCalls;

/// What is copied, and how often.
pub(super) const AUDIT: &[Key] = &[
    Key::with_default(
        "connection.audit.mirror",
        Kind::Flag,
        "false",
        "Copies the audit trail to `customrecord_amz_audit_log` in NetSuite, from when this is set on. The store has \
         the whole trail either way (`amz audit`).",
    ),
    Key::with_default(
        "connection.audit.mirror_every",
        Kind::Duration { least: "1s", most: "24h" },
        "1m",
        "How often new calls are copied. Copying gives way to all other work.",
    )
    .unit("ms, s, m, h"),
    Key::with_default(
        "connection.audit.mirror_only",
        Kind::Choice(&["writes_and_failures", "all"]),
        "writes_and_failures",
        "Which calls are copied: writes and what failed, or reads too. Each copy is a call to NetSuite.",
    ),
];

const ONLY: &[(&str, MirroredCalls)] =
    &[("writes_and_failures", MirroredCalls::WritesAndFailures), ("all", MirroredCalls::All)];

/// Reads what is copied; `None` when nothing is. What is given is checked anyway.
pub(super) fn audit(
    reader: &mut Reader<'_>,
    scope: &Scope<'_>,
) -> Result<Option<AuditMirrorSettings>, Faulty> {
    let mirror: Result<bool, Faulty> = reader.get(scope, "mirror");
    let every = reader.get(scope, "mirror_every");
    let only = reader.choose(scope, "mirror_only", ONLY);
    let settings = AuditMirrorSettings { every: every?, only: only? };
    Ok(mirror?.then_some(settings))
}
