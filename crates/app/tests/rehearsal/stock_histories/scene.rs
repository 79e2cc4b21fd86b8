//! Sets the stage for a history of stock.

use std::collections::BTreeMap;
use std::fmt::Write;

use amz_app::settings::Settings;
use amz_sandbox::SandboxSettings;
use amz_sandbox::amazon::{Pace, SpApiHabits};
use serde_json::json;

use super::draw::{Good, Habits, History, KIT, Kind, STRAY};
use crate::configuration::configuration;
use crate::goods::without_refunds;
use crate::stage::Stage;

/// Amazon's location in NetSuite.
pub(crate) const LOCATION: u64 = 7;

/// Where damaged returns go.
const DAMAGED: u64 = 8;

/// The kit.
pub(crate) const KIT_ITEM: u64 = 300;

/// Longer than Amazon ever takes to count an order, in seconds.
pub(crate) const RESERVATION_LAG_S: u64 = 600;

/// A stage with the goods of a history, on which stock is kept in step.
pub(crate) async fn staged(history: &History) -> Stage {
    let Habits { reservation_delay_s, short_units, page_size, .. } = history.habits;
    let mut vendors = SandboxSettings::default();
    let mut stage = Stage::built(&[], |settings| {
        settings.amazon.habits =
            amz_sandbox::amazon::Habits { reservation_delay_s, short_units, ..without_refunds() };
        settings.amazon.sp_api.habits = SpApiHabits { page_size, pace: Pace::Off, ..SpApiHabits::default() };
        vendors = settings.clone();
    })
    .await;
    stage.stop().await;
    stock(&stage, history);
    let aliases = stage.folder.path().join("aliases.csv");
    std::fs::write(&aliases, table(&history.goods)).unwrap();
    let text = configuration(&stage.vendors, &vendors, stage.folder.path());
    let text = with_stock(text, &stage, &vendors, &history.habits);
    stage.settings = Settings::from_toml(&text, &BTreeMap::new(), stage.folder.path()).unwrap();
    stage.start().await;
    stage.amazon().hold_events();
    stage
}

fn stock(stage: &Stage, history: &History) {
    let (amazon, netsuite) = (stage.amazon(), stage.netsuite());
    for id in [LOCATION, DAMAGED] {
        netsuite.put_record("location", &json!({"id": id, "name": format!("Location {id}")})).unwrap();
    }
    for good in &history.goods {
        let mut item = json!({"id": good.item, "itemId": format!("ITEM-{}", good.item)});
        if let Some(key) = &good.key {
            item["custitem_amz_sku"] = json!(key);
        }
        if good.kind == Kind::Lot {
            item["isLotItem"] = json!(true);
        }
        netsuite.put_item(&item).unwrap();
        if let Some(units) = good.on_hand {
            netsuite.set_on_hand(good.item, LOCATION, units).unwrap();
        }
        for (sku, units) in &good.skus {
            amazon
                .change_stock(sku, |item| {
                    item.figures.fulfillable = *units;
                    item.figures.pending_transshipment = units % 3;
                })
                .unwrap();
        }
    }
    amazon.set_stock(STRAY, 5).unwrap();
    if !history.kit.is_empty() {
        let members: Vec<_> = history.kit.iter().map(|(position, each)| {
            json!({"item": {"id": history.goods[*position].item.to_string()}, "quantity": each})
        }).collect();
        let kit = json!({"id": KIT_ITEM, "itemId": "KIT", "itemType": "Kit", "custitem_amz_sku": "KIT-SKU", "member": {"items": members}});
        netsuite.put_item(&kit).unwrap();
    }
    if let Some(hidden) = history.habits.hidden_in_lists {
        let mut habits = amazon.sp_api_habits();
        habits.hidden_in_lists.insert(history.goods[hidden].skus[0].0.clone());
        amazon.set_sp_api_habits(habits);
    }
}

/// The alias table.
fn table(goods: &[Good]) -> String {
    let mut table = "sku,item,counting,buffer\n".to_owned();
    for good in goods {
        let buffer = good.buffer.map_or(String::new(), |units| units.to_string());
        let item = good.item;
        let own =
            good.key.clone().or_else(|| good.skus.first().map(|(sku, _)| sku.clone())).unwrap_or_default();
        let second = good.skus.get(1).map(|(sku, _)| sku.as_str()).unwrap_or_default();
        let rows = match good.kind {
            Kind::Summed => format!("{own},,sum,{buffer}\n{second},{item},sum,\n"),
            Kind::Beside => format!("{own},,,{buffer}\n{second},{item},ignore,\n"),
            Kind::Aliased => format!("{own},{item},,{buffer}\n"),
            Kind::Plain | Kind::Unlisted | Kind::Lot if good.buffer.is_some() => {
                format!("{own},,,{buffer}\n")
            }
            _ => String::new(),
        };
        table.push_str(&rows);
    }
    table
}

fn with_stock(text: String, stage: &Stage, vendors: &SandboxSettings, habits: &Habits) -> String {
    let mapping = "[connection.mapping]\nadjustment_account = \"1\"\nitem_sku_field = \"custitem_amz_sku\"\n\
                   kits = \"as_parts\"\nreturn_location = \"7\"\ndamaged_location = \"8\"";
    let mut text = text
        .replace("[connection.mapping]", mapping)
        .replace("eligible = [\"line_flag\", \"location\"]", "eligible = [\"line_flag\"]");
    let sp_api = &vendors.amazon.sp_api;
    let _ = write!(
        text,
        r#"
[connection.amazon.sp_api]
endpoint = {:?}
token_endpoint = {:?}
client_id = {:?}
client_secret = {:?}
refresh_token = {:?}
marketplace_id = {:?}
calls_per_second = "1000"

[connection.inventory]
aliases = "aliases.csv"
reservation_lag = "{RESERVATION_LAG_S}s"
buffer_units = {}
buffer_share = 0.{:02}
add = [{}]
absent = "{}"
road = "{}"
schedule = "{}"
"#,
        stage.vendors.sp_api_url(),
        stage.vendors.lwa_token_url(),
        sp_api.client_id,
        sp_api.client_secret,
        sp_api.refresh_token,
        sp_api.marketplace_id,
        habits.buffer_units,
        habits.buffer_percent,
        if habits.adds_transshipment { "\"pending_transshipment\"" } else { "" },
        if habits.absent_is_zero { "zero" } else { "keep" },
        habits.road,
        if habits.is_scheduled { "*/30 * * * *" } else { "off" },
    );
    if habits.brakes {
        text.push_str("brake_at_least = 1\nbrake_share = 0.1\n");
    }
    text
}

/// The item of a position.
pub(crate) fn item_of(history: &History, position: usize) -> u64 {
    if position == KIT { KIT_ITEM } else { history.goods[position].item }
}
