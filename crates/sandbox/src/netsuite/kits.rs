//! Kits: sold, shipped and returned as one line, with the members listed below it.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::books::{Books, Line, Record, integer, plain};
use super::number::{member, number};
use super::records::types::Group;

/// Brings the member lines of a fulfilment or receipt in line with the lines of its kits.
pub(crate) fn list_members(books: &mut Books, record: &mut Record) {
    let lines = record.lines.remove("item").unwrap_or_default();
    let (members, own): (Vec<Line>, Vec<Line>) =
        lines.into_iter().partition(|line| line.fields.contains_key("kitMemberOf"));
    let mut highest = own.iter().chain(&members).map(Line::number).max().unwrap_or_default();
    let mut listed = Vec::with_capacity(own.len() + members.len());
    for line in own {
        let (kit, quantity) = (line.number(), member(&line.fields, "quantity"));
        let parts = parts(books, integer(line.fields.get("item")));
        let location = line.fields.get("location").cloned();
        listed.push(line);
        for (item, each) in parts {
            let known = members.iter().find(|known| {
                integer(known.fields.get("kitMemberOf")) == kit && integer(known.fields.get("item")) == item
            });
            let mut part = known.cloned().unwrap_or_else(|| {
                highest = highest.saturating_add(1);
                new_member(books, (kit, highest), item, location.clone())
            });
            let of_all = number(each.saturating_mul(quantity).normalize());
            part.fields.insert("quantity".to_owned(), of_all);
            listed.push(part);
        }
    }
    record.lines.insert("item", listed);
}

fn new_member(books: &mut Books, (kit, line): (u64, u64), item: u64, location: Option<Value>) -> Line {
    let code = books.get(&Group::Item, item).map_or("InvtPart", |item| item.kind.code);
    let mut part = Line::default();
    let columns = [
        ("line", json!(line)),
        ("lineUniqueKey", json!(books.next_unique_key())),
        ("kitMemberOf", json!(kit)),
        ("item", json!({"id": item.to_string()})),
        ("itemName", json!(books.display_name(&Group::Item, item).unwrap_or_default())),
        ("itemType", json!({"id": code})),
        ("itemReceive", json!(true)),
    ];
    part.fields.extend(columns.map(|(name, value)| (name.to_owned(), value)));
    if let Some(location) = location {
        part.fields.insert("location".to_owned(), location);
    }
    part
}

/// Members of a kit and how many of each are in one kit; empty for other items.
pub(crate) fn parts(books: &Books, item: u64) -> Vec<(u64, Decimal)> {
    let kit = books.get(&Group::Item, item).into_iter().flat_map(|item| item.lines_of("member"));
    kit.filter(|line| line.fields.get("item").and_then(plain).is_some())
        .map(|line| (integer(line.fields.get("item")), member(&line.fields, "quantity")))
        .collect()
}
