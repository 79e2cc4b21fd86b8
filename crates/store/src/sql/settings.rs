//! Versions of what is set at run time.

use amz_domain::ConnectionName;
use amz_services::failure::StoreError;
use amz_services::ports::settings_history::{Appended, CurrentSettings, SettingsVersion};

use super::SqlConnection;
use crate::stored::{corrupt, from_json, instant, micros, to_json};
use crate::transaction::Fault;

/// The highest row id; 0 before the first version.
pub(super) async fn generation(connection: &mut SqlConnection) -> Result<u64, Fault> {
    let highest: i64 = sqlx::query_scalar("select coalesce(max(id), 0) from settings_versions")
        .fetch_one(connection)
        .await?;
    Ok(number("generation", highest)?)
}

/// The latest version of each connection.
pub(super) async fn current(connection: &mut SqlConnection) -> Result<CurrentSettings, Fault> {
    // one statement, so that generation and versions belong together
    let rows: Vec<VersionRow> = sqlx::query_as(
        "select id, connection, version, document, changes, changed_by, changed_at, note
         from settings_versions as latest where version =
         (select max(version) from settings_versions where connection = latest.connection)
         order by connection",
    )
    .fetch_all(connection)
    .await?;
    let highest = rows.iter().map(|row| row.id).max().unwrap_or(0);
    let latest = rows.into_iter().map(VersionRow::into_version).collect::<Result<_, StoreError>>()?;
    Ok(CurrentSettings { generation: number("generation", highest)?, latest })
}

/// Versions of a connection before another one, newest first.
pub(super) async fn versions(
    connection: &mut SqlConnection,
    of: &ConnectionName,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<SettingsVersion>, Fault> {
    let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
    let rows: Vec<VersionRow> = sqlx::query_as(
        "select id, connection, version, document, changes, changed_by, changed_at, note
         from settings_versions where connection = $1 and version < $2 order by version desc limit $3",
    )
    .bind(of.as_str())
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(VersionRow::into_version).collect::<Result<_, StoreError>>()?)
}

/// Adds a version if nobody has added one since `generation`. Nobody else may write meanwhile: the transaction holds a
/// lock from before its first read.
pub(super) async fn append(
    connection: &mut SqlConnection,
    version: &SettingsVersion,
    since: u64,
) -> Result<Appended, Fault> {
    let SettingsVersion { connection: of, version: _, document, changes, by, at, note } = version;
    if generation(connection).await? != since {
        return Ok(Appended::ChangedMeanwhile);
    }
    let id: i64 = sqlx::query_scalar(
        "insert into settings_versions
             (id, connection, version, document, changes, changed_by, changed_at, note)
         select (select coalesce(max(id), 0) + 1 from settings_versions), $1, coalesce(max(version), 0) + 1,
             $2, $3, $4, $5, $6
         from settings_versions where connection = $1
         returning id",
    )
    .bind(of.as_str())
    .bind(to_json("settings", document)?)
    .bind(to_json("settings changes", changes)?)
    .bind(by)
    .bind(micros(*at))
    .bind(note)
    .fetch_one(connection)
    .await?;
    Ok(Appended::Stored { generation: number("generation", id)? })
}

fn number(what: &'static str, stored: i64) -> Result<u64, StoreError> {
    u64::try_from(stored).map_err(|_| corrupt(what, format!("{stored} is negative")))
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    id: i64,
    connection: String,
    version: i64,
    document: String,
    changes: String,
    #[sqlx(rename = "changed_by")]
    by: String,
    #[sqlx(rename = "changed_at")]
    at: i64,
    note: String,
}

impl VersionRow {
    fn into_version(self) -> Result<SettingsVersion, StoreError> {
        let Self { id: _, connection, version, document, changes, by, at, note } = self;
        Ok(SettingsVersion {
            connection: connection.into(),
            version: number("settings version", version)?,
            document: from_json("settings", &document)?,
            changes: from_json("settings changes", &changes)?,
            by,
            at: instant(at)?,
            note,
        })
    }
}
