//! Both histories of settings do what every one must do.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use amz_services::ports::SettingsHistory;
use amz_services::ports::settings_history::{Appended, SettingsVersion};
use amz_store::conformance::settings;
use amz_store::memory::MemorySettings;
use amz_store::sqlite::{SqlitePaths, SqliteSettings};
use chrono::DateTime;
use serde_json::json;

macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $( #[tokio::test] async fn $case() {
                let folder = tempfile::tempdir().unwrap();
                let paths = super::SqlitePaths::from_stem(folder.path(), "test");
                super::settings::$case(&super::SqliteSettings::new(paths.settings)).await;
            } )+
        }
        mod memory {
            $( #[tokio::test] async fn $case() {
                super::settings::$case(&super::MemorySettings::new()).await;
            } )+
        }
    };
}

cases! {
    a_new_history_has_no_versions,
    versions_come_back_as_they_were_stored,
    each_connection_counts_its_own_versions,
    versions_are_listed_newest_first_in_pages,
    a_version_that_was_made_from_older_settings_is_refused,
    of_many_who_change_at_once_one_succeeds,
}

#[tokio::test]
async fn another_process_sees_a_version_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = SqlitePaths::from_stem(folder.path(), "test").settings;
    let (reader, writer) = (SqliteSettings::new(&path), SqliteSettings::new(&path));
    assert_eq!(reader.generation().await.unwrap(), 0);
    assert!(!path.exists(), "reading makes no file");
    for generation in 0..3 {
        let version = SettingsVersion {
            connection: "main".into(),
            version: 0,
            document: [("policy.hold".to_owned(), json!("1s"))].into(),
            changes: Vec::new(),
            by: "test".to_owned(),
            at: DateTime::UNIX_EPOCH,
            note: String::new(),
        };
        let stored = writer.append(version, generation).await.unwrap();
        assert_eq!(stored, Appended::Stored { generation: generation + 1 });
        assert_eq!(reader.generation().await.unwrap(), generation + 1);
        assert_eq!(reader.current().await.unwrap().latest[0].version, generation + 1);
    }
}
