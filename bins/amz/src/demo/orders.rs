//! The sales orders of a rehearsal.

use std::path::Path;

use anyhow::{Context, bail};
use serde_json::Value;

/// The orders that come with the program.
const BUILT_IN: &str = include_str!("../../../../fixtures/demo/sales-orders.json");

/// Orders of a file (a JSON array, or JSON lines), else the built-in ones; made up to `count`.
pub(crate) fn load(file: Option<&Path>, count: Option<usize>) -> anyhow::Result<Vec<Value>> {
    let text = match file {
        Some(path) => {
            std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?
        }
        None => BUILT_IN.to_owned(),
    };
    let orders = parse(&text)?;
    if orders.is_empty() {
        bail!("there is no sales order to load");
    }
    Ok(match count {
        Some(count) => repeat(&orders, count),
        None => orders,
    })
}

fn parse(text: &str) -> anyhow::Result<Vec<Value>> {
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).context("the sales orders are not a JSON array");
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            serde_json::from_str(line)
                .with_context(|| format!("line {} is not a sales order in JSON", index + 1))
        })
        .collect()
}

/// The orders over and over until there are `count`; a repeated one loses what must be its own.
fn repeat(orders: &[Value], count: usize) -> Vec<Value> {
    let numbered = orders.iter().cycle().take(count).enumerate();
    numbered
        .map(|(position, order)| {
            let mut order = order.clone();
            if let Some(fields) = order.as_object_mut().filter(|_| position >= orders.len()) {
                fields.retain(|name, _| {
                    !matches!(name.as_str(), "id" | "externalId" | "links" | "transactionNumber")
                });
                fields.insert("tranId".to_owned(), Value::from(format!("SO{}", 1001 + position)));
                let lines = fields
                    .get_mut("item")
                    .and_then(|item| item.get_mut("items"))
                    .and_then(Value::as_array_mut);
                for line in lines.into_iter().flatten().filter_map(Value::as_object_mut) {
                    line.remove("lineUniqueKey");
                }
            }
            order
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_file_forms_are_read_and_repeats_keep_no_identity() {
        let array = parse(r#"[{"id":"1","tranId":"SO1"},{"id":"2","tranId":"SO2"}]"#).unwrap();
        let lines =
            parse("{\"id\":\"1\",\"tranId\":\"SO1\"}\n\n{\"id\":\"2\",\"tranId\":\"SO2\"}\n").unwrap();
        assert_eq!(array, lines);
        let many = repeat(&array, 3);
        assert_eq!(many[2], serde_json::json!({"tranId": "SO1003"}));
        assert!(parse("{").is_err());
    }
}
