use std::path::Path;
use std::sync::{Arc, Mutex};

use amz_store::memory::MemorySettings;
use serde_json::json;

use super::*;
use crate::settings::Settings;

const CONFIGURATION: &str = r#"
[[connection]]
name = "main"
[connection.amazon.bwp]
client_id = "client"
client_secret = "secret"
target_id = "bp-1"
[connection.amazon.webhook_auth]
allow_unauthenticated = true
[connection.netsuite]
account = "1234567"
timezone = "UTC"
auth = { tba = { consumer_key = "k", consumer_secret = "s", token_id = "i", token_secret = "t" } }
"#;

/// Rows in memory, by external id.
#[derive(Default)]
struct Rows(Mutex<BTreeMap<String, ConfigRow>>);

#[async_trait]
impl ConfigRows for Rows {
    async fn rows(&self) -> Result<Vec<(ExternalId, ConfigRow)>, PortError> {
        let rows = self.0.lock().unwrap();
        Ok(rows.iter().map(|(id, row)| (ExternalId::of_subject(id).unwrap(), row.clone())).collect())
    }

    async fn write(&self, external_id: &ExternalId, row: &ConfigRow) -> Result<(), PortError> {
        self.0.lock().unwrap().insert(external_id.to_string(), row.clone());
        Ok(())
    }
}

/// External id of a key's row.
fn id(key: &str) -> String {
    ExternalId::of_setting(&"main".into(), key).to_string()
}

struct House {
    desk: SettingsDesk,
    rows: Rows,
}

impl House {
    fn build() -> Self {
        let settings = Settings::from_toml(CONFIGURATION, &BTreeMap::new(), Path::new("")).unwrap();
        let clock = Arc::new(|| DateTime::UNIX_EPOCH);
        let desk = SettingsDesk::new(settings, Arc::new(MemorySettings::new()), clock, Arc::default());
        Self { desk, rows: Rows::default() }
    }

    async fn set(&self, key: &str, value: Value) {
        let changes = [(key.to_owned(), Some(value).filter(|value| !value.is_null()))].into();
        let request = ChangeRequest { changes, by: "ada".to_owned(), note: String::new(), seen: None };
        self.desk.change(&"main".into(), request).await.unwrap();
    }

    async fn pass(&self, mode: ConfigRecord) -> MirrorPass {
        pass(&"main".into(), mode, &self.desk, &self.rows).await.unwrap()
    }

    /// Somebody writes another value into a row.
    fn edit(&self, key: &str, value: &str) {
        self.rows.0.lock().unwrap().get_mut(&id(key)).unwrap().value = value.to_owned();
    }

    fn row(&self, key: &str) -> ConfigRow {
        self.rows.0.lock().unwrap()[&id(key)].clone()
    }

    async fn value(&self, key: &str) -> Option<Value> {
        self.desk.in_effect(&"main".into()).await.unwrap().settings.value(&"main".into(), key)
    }
}

#[tokio::test]
async fn nothing_is_written_when_nothing_is_wanted() {
    let house = House::build();
    house.set("policy.hold", json!("10m")).await;
    assert_eq!(house.pass(ConfigRecord::Off).await, MirrorPass::default());
    assert!(house.rows.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn shown_rows_follow_ours_whatever_people_write() {
    let house = House::build();
    house.set("policy.hold", json!("10m")).await;
    house.set("mapping.ship_speed", json!({"92": "STANDARD"})).await;
    assert_eq!(house.pass(ConfigRecord::Show).await.written, 2);
    let hold = house.row("policy.hold");
    assert_eq!(
        (hold.value.as_str(), hold.version, hold.changed_by.as_deref()),
        ("10m", Some(2), Some("ada"))
    );
    assert_eq!(house.row("mapping.ship_speed").value, "{\"92\":\"STANDARD\"}");
    assert_eq!(house.pass(ConfigRecord::Show).await, MirrorPass::default(), "in step");

    house.edit("policy.hold", "1h");
    assert_eq!(house.pass(ConfigRecord::Show).await.written, 1);
    assert_eq!(house.row("policy.hold").value, "10m");
    house.set("policy.hold", Value::Null).await;
    house.pass(ConfigRecord::Show).await;
    assert_eq!(house.row("policy.hold").value, "", "given back");
}

#[tokio::test]
async fn followed_rows_change_settings_once() {
    let house = House::build();
    let first = house.pass(ConfigRecord::Follow).await.written;
    assert_eq!(first, keys().filter(|key| key.is_changeable()).count(), "every key can be changed there");
    house.edit("policy.hold", " 1h ");
    house.edit("mapping.ship_speed", "{\"92\": \"STANDARD\"}");
    assert_eq!(house.pass(ConfigRecord::Follow).await.taken, ["mapping.ship_speed", "policy.hold"]);
    assert_eq!(house.value("policy.hold").await, Some(json!("1h")));
    let version = house.desk.current().await.unwrap().latest[0].clone();
    assert_eq!((version.version, version.by.as_str()), (1, "netsuite"), "one version for both");
    assert_eq!(house.row("policy.hold").version, Some(1));
    assert_eq!(house.pass(ConfigRecord::Follow).await, MirrorPass::default(), "in step");

    house.edit("policy.hold", "");
    assert_eq!(house.pass(ConfigRecord::Follow).await.taken, ["policy.hold"]);
    assert_eq!(house.value("policy.hold").await, Some(json!("0s")), "given back");
}

#[tokio::test]
async fn our_own_changes_are_not_taken_for_those_of_people() {
    let house = House::build();
    house.pass(ConfigRecord::Follow).await;
    house.edit("policy.hold", "1h");
    house.pass(ConfigRecord::Follow).await;
    for hold in ["2h", "3h"] {
        house.set("policy.hold", json!(hold)).await;
        let pass = house.pass(ConfigRecord::Follow).await;
        assert_eq!((pass.written, pass.taken.len()), (1, 0));
        assert_eq!(
            (house.row("policy.hold").value.as_str(), house.value("policy.hold").await),
            (hold, Some(json!(hold)))
        );
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_its_row_and_holds_nothing_else_back() {
    let house = House::build();
    house.pass(ConfigRecord::Follow).await;
    house.edit("policy.hold", "soon");
    house.edit("policy.settle", "2s");
    let pass = house.pass(ConfigRecord::Follow).await;
    assert_eq!(
        (pass.taken, pass.refused),
        (vec!["policy.settle".to_owned()], vec!["policy.hold".to_owned()])
    );
    assert_eq!(house.value("policy.settle").await, Some(json!("2s")));
    let refused = house.row("policy.hold");
    assert_eq!(refused.value, "");
    assert!(refused.changed_by.unwrap().starts_with("refused: connection[main].policy.hold: not_a_duration"));
    assert_eq!(house.pass(ConfigRecord::Follow).await, MirrorPass::default());
}

#[tokio::test]
async fn rows_of_others_are_left_alone() {
    let house = House::build();
    house.set("policy.hold", json!("10m")).await;
    let other = ExternalId::of_setting(&"other".into(), "policy.hold").to_string();
    let foreign = ConfigRow { key: "policy.hold".to_owned(), value: "1h".to_owned(), ..ConfigRow::default() };
    house.rows.0.lock().unwrap().insert(other.clone(), foreign.clone());
    let pass = house.pass(ConfigRecord::Follow).await;
    assert_eq!(pass.taken, [""; 0]);
    assert_eq!(house.rows.0.lock().unwrap()[&other], foreign);
}
