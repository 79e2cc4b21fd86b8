//! The bundle's own record types: the copy of the audit trail, and the settings that people see inside NetSuite.
//!
//! Source: NetSuite help, section 158100110171 (custom records over REST). A row is written with one call: batches of the
//! record service are asynchronous, and each row's result would have to be fetched by itself.

use amz_domain::ExternalId;
use amz_services::audit::CallRecord;
use amz_services::failure::{Failure, PortError};
use amz_services::ports::AuditMirror;
use amz_services::ports::records::AuditRow;
use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

use super::NetSuite;
use super::change_feed::instant_text;
use super::stock_items::instant;
use super::suiteql::{Row, column};

/// The operation that writes a row of the copy of the audit trail. Calls of this name are not copied themselves: each
/// copy would make another one.
pub const AUDIT_LOG_UPSERT: &str = "customrecord_amz_audit_log.upsert";

const CONFIG_UPSERT: &str = "customrecord_amz_config.upsert";
const CONFIG_ROWS: &str = "customrecord_amz_config.rows";

/// Longest text of a field of each type, in characters: free-form text, text area, long text.
const LONGEST_TEXT: usize = 300;
const LONGEST_AREA: usize = 4_000;
const LONGEST_LONG_TEXT: usize = 100_000;

/// Script ids of our record types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordNames {
    /// The copy of the audit trail.
    pub audit_log: String,
    /// The settings.
    pub config: String,
}

impl Default for RecordNames {
    fn default() -> Self {
        Self {
            audit_log: "customrecord_amz_audit_log".to_owned(),
            config: "customrecord_amz_config".to_owned(),
        }
    }
}

impl RecordNames {
    /// The settings that name them, with the names.
    pub(super) fn all(&self) -> [(&'static str, &String); 2] {
        [("records.audit_log", &self.audit_log), ("records.config", &self.config)]
    }
}

/// One row of the copy of the audit trail.
#[derive(Debug, Clone)]
pub struct AuditLogRow<'call> {
    /// Our external id, the same however often the row is written.
    pub external_id: ExternalId,
    /// The notices that asked for the look it belongs to.
    pub notices: &'call [String],
    /// The call.
    pub call: &'call CallRecord,
}

/// A setting as it stands inside NetSuite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigRow {
    /// Internal id of the record.
    pub id: String,
    /// Its external id; rows that people made have none.
    pub external_id: Option<String>,
    /// The setting.
    pub setting: ConfigSetting,
}

/// What a row of the settings says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigSetting {
    /// Place of the setting in the configuration.
    pub key: String,
    /// Its value as text; empty when nothing is there.
    pub value: String,
    /// The version of the settings that it belongs to.
    pub version: Option<u64>,
    /// Who changed it.
    pub changed_by: Option<String>,
    /// When it was changed.
    pub changed_at: Option<DateTime<Utc>>,
}

#[async_trait]
impl AuditMirror for NetSuite {
    async fn write(&self, rows: &[AuditRow]) -> Result<(), PortError> {
        let rows: Vec<AuditLogRow<'_>> = rows
            .iter()
            .map(|row| AuditLogRow { external_id: row.external_id(), notices: &row.notices, call: &row.call })
            .collect();
        self.write_audit_log(&rows).await
    }
}

impl NetSuite {
    /// Writes rows of the copy of the audit trail, one call each, in their order. Writing a row again leaves one row.
    /// Texts that are longer than their field are cut.
    ///
    /// # Errors
    /// Any failure of the first row that could not be written; the rows before it are there.
    pub async fn write_audit_log(&self, rows: &[AuditLogRow<'_>]) -> Result<(), PortError> {
        let record = &self.settings().records.audit_log;
        for row in rows {
            let body = Value::Object(audit_body(row));
            self.records().upsert_at(record, AUDIT_LOG_UPSERT, &row.external_id, body).await?;
        }
        Ok(())
    }

    /// All settings that stand inside NetSuite and are active, by internal id.
    ///
    /// # Errors
    /// Read failures.
    pub async fn config_rows(&self) -> Result<Vec<ConfigRow>, PortError> {
        let mut rows: Vec<ConfigRow> = Vec::new();
        loop {
            let (selection, parameters) = config_selection(&self.settings().records.config, rows.last());
            let query = self.page_of(CONFIG_ROWS, &config_columns(), &selection, &parameters, "r.id");
            let page = self.rest().query(query).await?;
            if page.rows.is_empty() {
                // settings that were not seen would count as taken away
                self.confirm_no_rows(CONFIG_ROWS, &selection, parameters).await?;
                return Ok(rows);
            }
            for row in &page.rows {
                rows.push(self.config_row(row)?);
            }
            if !page.more {
                return Ok(rows);
            }
        }
    }

    /// Writes a setting under an external id, and returns the internal id of its record. Writing it again leaves one
    /// record.
    ///
    /// # Errors
    /// Any failure; `Refused` when the value is longer than its field, because a part of a setting is another setting.
    pub async fn write_config_row(
        &self,
        external_id: &ExternalId,
        setting: &ConfigSetting,
    ) -> Result<String, PortError> {
        let record = &self.settings().records.config;
        self.records().upsert_at(record, CONFIG_UPSERT, external_id, config_body(setting)?).await
    }

    fn config_row(&self, row: &Row) -> Result<ConfigRow, PortError> {
        let text = |name: &str| row.get(name).filter(|text| !text.trim().is_empty()).cloned();
        let at = text("changed_at").and_then(|text| instant(&text, self.settings().timezone));
        Ok(ConfigRow {
            id: column(row, "id", CONFIG_ROWS)?.to_owned(),
            external_id: text("external_id"),
            setting: ConfigSetting {
                key: text("setting").unwrap_or_default(),
                value: text("setting_value").unwrap_or_default(),
                version: text("setting_version").and_then(|version| version.trim().parse().ok()),
                changed_by: text("changed_by"),
                changed_at: at,
            },
        })
    }
}

fn config_columns() -> String {
    let at = instant_text("r.custrecord_amz_config_changed_at");
    format!(
        "SELECT r.id AS id, r.externalid AS external_id, r.custrecord_amz_config_key AS setting, \
         r.custrecord_amz_config_value AS setting_value, r.custrecord_amz_config_version AS setting_version, \
         r.custrecord_amz_config_changed_by AS changed_by, {at} AS changed_at"
    )
}

fn config_selection(record: &str, after: Option<&ConfigRow>) -> (String, Vec<String>) {
    let mut selection = format!("FROM {record} r WHERE NVL(r.isinactive, 'F') = 'F'");
    let mut parameters = Vec::new();
    if let Some(after) = after {
        selection.push_str(" AND r.id > ?");
        parameters.push(after.id.clone());
    }
    (selection, parameters)
}

fn config_body(setting: &ConfigSetting) -> Result<Value, PortError> {
    let ConfigSetting { key, value, version, changed_by, changed_at } = setting;
    for (text, longest) in [(key, LONGEST_TEXT), (value, LONGEST_AREA)] {
        if text.chars().nth(longest).is_some() {
            let message = format!("the setting {key} does not fit into {longest} characters");
            return Err(PortError::new(CONFIG_UPSERT, Failure::Refused, "setting_too_long", message));
        }
    }
    let mut body = Map::new();
    let mut put =
        |name: &str, value: Value| drop(body.insert(format!("custrecord_amz_config_{name}"), value));
    put("key", key.as_str().into());
    // `null` is how a field is emptied
    put("value", if value.is_empty() { Value::Null } else { value.as_str().into() });
    put("version", version.map_or(Value::Null, Value::from));
    put("changed_by", changed_by.as_deref().map_or(Value::Null, |by| cut(by, LONGEST_TEXT)));
    put("changed_at", changed_at.as_ref().map_or(Value::Null, instant_value));
    Ok(Value::Object(body))
}

fn audit_body(AuditLogRow { external_id: _, notices, call }: &AuditLogRow<'_>) -> Map<String, Value> {
    let CallRecord {
        connection,
        lane,
        job,
        intent,
        vendor,
        operation,
        method,
        path,
        attempt,
        started_at,
        duration_ms,
        status,
        outcome,
        code,
        request,
        response,
    } = call;
    let text = |text: &str| cut(text, LONGEST_TEXT);
    let known = [
        ("at", Some(instant_value(started_at))),
        ("connection", Some(text(connection.as_str()))),
        ("vendor", Some(text(vendor.as_str()))),
        ("operation", Some(text(operation))),
        ("outcome", Some(text(outcome.as_str()))),
        ("code", code.as_deref().map(text)),
        ("status", status.map(Value::from)),
        ("attempt", Some((*attempt).into())),
        ("duration_ms", Some((*duration_ms).into())),
        ("lane", lane.as_ref().map(|lane| text(&lane.to_string()))),
        ("job", job.map(|job| text(&job.to_string()))),
        ("intent", intent.as_ref().map(|intent| text(&intent.to_string()))),
        (
            "notices",
            Some(notices.join("\n")).filter(|all| !all.is_empty()).map(|all| cut(&all, LONGEST_AREA)),
        ),
        ("path", Some(cut(&format!("{method} {path}"), LONGEST_AREA))),
        ("request", request.as_deref().map(|body| cut(body, LONGEST_LONG_TEXT))),
        ("response", response.as_deref().map(|body| cut(body, LONGEST_LONG_TEXT))),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some((name, value?)));
    known.map(|(name, value)| (format!("custrecord_amz_audit_{name}"), value)).collect()
}

fn instant_value(at: &DateTime<Utc>) -> Value {
    at.to_rfc3339_opts(SecondsFormat::Secs, true).into()
}

fn cut(text: &str, longest: usize) -> Value {
    match text.char_indices().nth(longest) {
        None => text.into(),
        Some(_) => {
            let kept: String = text.chars().take(longest.saturating_sub(1)).collect();
            format!("{kept}…").into()
        }
    }
}

#[cfg(test)]
#[path = "custom_records_tests.rs"]
mod tests;
