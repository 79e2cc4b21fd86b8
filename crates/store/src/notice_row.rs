//! A stored notice as a row, the same in every database.

use amz_services::failure::StoreError;
use amz_services::ports::inbox::{NewNotice, Notice, NoticeSource};

use crate::stored::{instant, known};

#[derive(sqlx::FromRow)]
pub(crate) struct NoticeRow {
    id: i64,
    connection: String,
    source: String,
    #[sqlx(rename = "notice_key")]
    key: String,
    kind: String,
    body: String,
    received_at: i64,
}

impl NoticeRow {
    /// What it says.
    pub(crate) fn into_notice(self) -> Result<Notice, StoreError> {
        let Self { id, connection, source, key, kind, body, received_at } = self;
        Ok(Notice {
            id,
            notice: NewNotice {
                connection: connection.into(),
                source: known("notice source", &source, NoticeSource::parse(&source))?,
                key,
                kind,
                body,
                received_at: instant(received_at)?,
            },
        })
    }
}
