//! What one check found.

use amz_domain::ConnectionName;
use amz_services::failure::{Failure, PortError};
use serde::Serialize;

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Area {
    /// The configuration itself.
    Configuration,
    /// Our store.
    Store,
    /// The NetSuite account.
    NetSuite,
    /// Amazon's APIs.
    Amazon,
    /// How Amazon and the bundle reach us.
    Webhook,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// It works, but somebody should know.
    Warning,
    /// It does not work.
    Failed,
    /// Not looked at.
    Skipped,
}

impl Outcome {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// What one check found. Holds no secret and no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about.
    pub area: Area,
    /// Stable code of the check.
    pub check: &'static str,
    /// Of which connection; none of what all share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionName>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl Finding {
    fn new(area: Area, check: &'static str, outcome: Outcome, found: String, fix: Option<String>) -> Self {
        Self { area, check, connection: None, outcome, found, fix }
    }

    /// All is well.
    pub(super) fn ok(area: Area, check: &'static str, found: impl Into<String>) -> Self {
        Self::new(area, check, Outcome::Ok, found.into(), None)
    }

    /// It works, but.
    pub(super) fn warning(
        area: Area,
        check: &'static str,
        found: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::new(area, check, Outcome::Warning, found.into(), Some(fix.into()))
    }

    /// It does not work.
    pub(super) fn failed(
        area: Area,
        check: &'static str,
        found: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::new(area, check, Outcome::Failed, found.into(), Some(fix.into()))
    }

    /// It was not looked at, and why.
    pub(super) fn skipped(area: Area, check: &'static str, why: impl Into<String>) -> Self {
        Self::new(area, check, Outcome::Skipped, why.into(), None)
    }

    /// The finding of a probe that did not get an answer it could judge.
    pub(super) fn unanswered(area: Area, check: &'static str, error: &PortError) -> Self {
        let found = told(error);
        match error.failure {
            Failure::Throttled { .. } => {
                Self::skipped(area, check, format!("{found}: busy now, run the doctor again"))
            }
            Failure::Credentials => Self::skipped(area, check, format!("not known: {found}")),
            // named where permissions are looked at
            Failure::Refused if error.code == "INSUFFICIENT_PERMISSION" => {
                Self::skipped(area, check, format!("not known: {found}"))
            }
            _ => Self::failed(
                area,
                check,
                found,
                "run the doctor again; if it stays, the message names the cause",
            ),
        }
    }

    pub(super) fn of(self, connection: &ConnectionName) -> Self {
        Self { connection: Some(connection.clone()), ..self }
    }
}

/// What a vendor said, with its code.
pub(super) fn told(error: &PortError) -> String {
    let mut text = format!("{} [{}]", error.message, error.code);
    // why a connection could not be opened stands underneath
    let mut beneath = error.source.as_deref().and_then(|source| source.source());
    while let Some(cause) = beneath {
        text = format!("{text}: {cause}");
        beneath = cause.source();
    }
    text
}
