//! Versions of what is set at run time.

use amz_services::ports::settings_history::{Appended, SettingChange, SettingsHistory, SettingsVersion};
use chrono::DateTime;
use serde_json::{Value, json};

fn version(connection: &str, key: &str, value: Value) -> SettingsVersion {
    SettingsVersion {
        connection: connection.into(),
        version: 0,
        document: [(key.to_owned(), value.clone())].into(),
        changes: vec![SettingChange { key: key.to_owned(), before: None, after: Some(value) }],
        by: "Zoë".to_owned(),
        at: DateTime::from_timestamp_micros(1_772_470_800_123_456).unwrap(),
        note: "a \"note\"\nof two lines".to_owned(),
    }
}

async fn stored(history: &dyn SettingsHistory, version: SettingsVersion) -> u64 {
    let generation = history.generation().await.unwrap();
    match history.append(version, generation).await.unwrap() {
        Appended::Stored { generation } => generation,
        Appended::ChangedMeanwhile => panic!("nobody else writes"),
    }
}

pub async fn a_new_history_has_no_versions(history: &dyn SettingsHistory) {
    assert_eq!(history.generation().await.unwrap(), 0);
    assert_eq!(history.current().await.unwrap().latest, []);
    assert_eq!(history.versions(&"main".into(), None, 10).await.unwrap(), []);
}

pub async fn versions_come_back_as_they_were_stored(history: &dyn SettingsHistory) {
    let number: Value = serde_json::from_str("12345678901234567.890").unwrap();
    let value = json!({"list": ["a", true], "number": number, "table": {"92": "STANDARD"}});
    let sent = version("main", "mapping.ship_speed", value);
    stored(history, sent.clone()).await;
    let expected = SettingsVersion { version: 1, ..sent };
    assert_eq!(history.current().await.unwrap().of(&"main".into()), Some(&expected));
    assert_eq!(history.versions(&"main".into(), None, 10).await.unwrap(), [expected]);
}

pub async fn each_connection_counts_its_own_versions(history: &dyn SettingsHistory) {
    for (connection, hold) in [("main", "1s"), ("other", "2s"), ("main", "3s")] {
        stored(history, version(connection, "policy.hold", json!(hold))).await;
    }
    let current = history.current().await.unwrap();
    let shown: Vec<(&str, u64, &Value)> = current
        .latest
        .iter()
        .map(|latest| (latest.connection.as_str(), latest.version, &latest.document["policy.hold"]))
        .collect();
    assert_eq!(shown, [("main", 2, &json!("3s")), ("other", 1, &json!("2s"))]);
    assert_eq!(current.generation, history.generation().await.unwrap());
}

pub async fn versions_are_listed_newest_first_in_pages(history: &dyn SettingsHistory) {
    for seconds in 1..=5 {
        stored(history, version("main", "policy.hold", json!(format!("{seconds}s")))).await;
    }
    let numbers = async |before, limit| {
        let versions = history.versions(&"main".into(), before, limit).await.unwrap();
        versions.iter().map(|version| version.version).collect::<Vec<_>>()
    };
    assert_eq!(numbers(None, 2).await, [5, 4]);
    assert_eq!(numbers(Some(4), 2).await, [3, 2]);
    assert_eq!(numbers(Some(2), 2).await, [1]);
    assert_eq!(numbers(Some(1), 2).await, [0_u64; 0]);
}

pub async fn a_version_that_was_made_from_older_settings_is_refused(history: &dyn SettingsHistory) {
    let before = history.generation().await.unwrap();
    let after = stored(history, version("main", "policy.hold", json!("1s"))).await;
    assert!(after > before);
    for late in ["main", "other"] {
        let late = version(late, "policy.hold", json!("2s"));
        assert_eq!(history.append(late, before).await.unwrap(), Appended::ChangedMeanwhile);
    }
    assert_eq!(history.generation().await.unwrap(), after, "nothing was stored");
    assert_eq!(history.current().await.unwrap().latest.len(), 1);
}

pub async fn of_many_who_change_at_once_one_succeeds(history: &dyn SettingsHistory) {
    let writes = (0..8).map(|_| history.append(version("main", "policy.hold", json!("1s")), 0));
    let mut stored = 0;
    // polled together, as several processes would write
    let mut writes: Vec<_> = writes.collect();
    let mut pending: Vec<usize> = (0..writes.len()).collect();
    std::future::poll_fn(|context| {
        pending.retain(|index| match writes[*index].as_mut().poll(context) {
            std::task::Poll::Ready(appended) => {
                stored += usize::from(matches!(appended.unwrap(), Appended::Stored { .. }));
                false
            }
            std::task::Poll::Pending => true,
        });
        if pending.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    assert_eq!(stored, 1);
    assert_eq!(history.versions(&"main".into(), None, 10).await.unwrap().len(), 1);
}
