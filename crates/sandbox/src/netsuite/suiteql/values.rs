//! What the columns of the virtual tables hold.

use rust_decimal::Decimal;
use serde_json::Value;

use super::cell::Cell;
use super::stock;
use super::tables::{Row, Table};
use crate::netsuite::books::{Books, Line, Record, integer, plain};
use crate::netsuite::customization::{CustomField, CustomFieldKind};
use crate::netsuite::number::{decimal, member};
use crate::netsuite::periods::Period;
use crate::netsuite::records::types::{Group, transaction};
use crate::netsuite::status::status_word;

impl Table {
    /// Value of a column the table has.
    pub(super) fn cell(self, books: &Books, row: &Row<'_>, column: &str) -> Cell {
        let (record, line) = match row {
            Row::Link(link) => return link.cell(column),
            Row::Period(period) => return period_cell(books, *period, column),
            Row::Stock(spot) => return stock::level_cell(books, *spot, column),
            Row::Balance(spot, bin) => return stock::balance_cell(books, *spot, *bin, column),
            Row::Record { record, line } => (*record, *line),
        };
        let flag = |name: &str| Cell::check_box(record.fields.get(name) == Some(&Value::Bool(true)));
        match (self, column) {
            (Self::TransactionLine, _) => line_cell(books, (record, line), column),
            (Self::KitMember, _) => kit_member_cell((record, line), column),
            (_, "id") => Cell::Number(Decimal::from(record.id)),
            (_, "externalid") => Cell::text(record.external_id.clone()),
            (Self::Item, "islotitem") => flag("isLotItem"),
            (Self::Item, "isserialitem") => flag("isSerialItem"),
            (Self::Bin, "location") => Cell::id(record.text(column)),
            (_, "isinactive") => Cell::check_box(record.fields.get("isInactive") == Some(&Value::Bool(true))),
            (_, "isperson") => Cell::check_box(record.fields.get("isPerson") == Some(&Value::Bool(true))),
            (_, "type" | "itemtype") => Cell::Text(record.kind.code.to_owned()),
            (_, "recordtype") => Cell::Text(record.kind.name.to_ascii_lowercase()),
            (_, "voided") => Cell::check_box(record.voided),
            (_, "trandate") => {
                record.text("tranDate").and_then(|day| day.parse().ok()).map_or(Cell::Null, Cell::Day)
            }
            (_, "createddate") => moment(books, record.created),
            (_, "lastmodifieddate") => moment(books, record.modified),
            (_, "entity") => Cell::id(record.text("entity").or_else(|| record.text("customer"))),
            (_, "currency") => Cell::id(record.text(column)),
            (_, "exchangerate") => {
                record.fields.get("exchangeRate").and_then(decimal).map_or(Cell::Null, Cell::Number)
            }
            (_, "foreigntotal") => {
                let total = record.fields.get("total").and_then(decimal);
                total.map_or(Cell::Null, |total| Cell::Number(total * sign_of_money(record)))
            }
            (Self::Custom(_), "created") => moment(books, record.created),
            (Self::Custom(_), "lastmodified") => moment(books, record.modified),
            (Self::Custom(_), column) if column.starts_with("custrecord_") => {
                let fields = self.custom_type(books).map_or(&[][..], |known| &known.fields);
                custom(books, fields, column, record.fields.get(column))
            }
            (_, column) if self.custom().is_some_and(|prefix| column.starts_with(prefix)) => {
                custom(books, &books.settings.custom_fields, column, record.fields.get(column))
            }
            _ => {
                let value = record.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(column));
                Cell::text(value.and_then(|(_, value)| plain(value)))
            }
        }
    }

    /// What `BUILTIN.DF` shows for a column.
    pub(super) fn display(self, books: &Books, row: &Row<'_>, column: &str) -> Cell {
        let cell = self.cell(books, row, column);
        let group = match column {
            "entity" => Group::Entity,
            "item" => Group::Item,
            "location" => Group::Location,
            "binnumber" => Group::Bin,
            "createdfrom" | "transaction" => Group::Transaction,
            "status" => {
                let Row::Record { record, .. } = row else { return cell };
                let letter = cell.shown().unwrap_or_default();
                let owner = transaction(&record.kind.name).map_or("", |known| known.title);
                let word = status_word(&record.kind.name, &letter);
                return Cell::text(word.map(|word| format!("{owner} : {word}")));
            }
            _ => return cell,
        };
        let id = cell.shown().and_then(|id| id.parse().ok()).unwrap_or_default();
        Cell::text(books.display_name(&group, id))
    }
}

/// SuiteQL shows money that goes to customers as negative totals.
fn sign_of_money(record: &Record) -> Decimal {
    match record.kind.name.as_str() {
        "creditMemo" | "cashRefund" | "customerRefund" => Decimal::NEGATIVE_ONE,
        _ => Decimal::ONE,
    }
}

fn period_cell(books: &Books, period: Period, column: &str) -> Cell {
    match column {
        "id" => Cell::Number(period.id().into()),
        "periodname" => Cell::Text(period.name()),
        "startdate" => Cell::Day(period.start()),
        "enddate" => Cell::Day(period.end()),
        "closed" | "alllocked" => Cell::check_box(period.is_closed(books)),
        "isquarter" => Cell::check_box(period.is_quarter()),
        "isyear" => Cell::check_box(period.is_year()),
        _ => Cell::check_box(false),
    }
}

fn kit_member_cell((kit, line): (&Record, Option<(usize, &Line)>), column: &str) -> Cell {
    let field = |name: &str| line.and_then(|(_, line)| line.fields.get(name)).and_then(plain);
    match column {
        "parentitem" => Cell::Number(Decimal::from(kit.id)),
        "linenumber" => Cell::id(field("line")),
        "memberunit" => Cell::text(field("memberUnit")),
        column => Cell::id(field(column)),
    }
}

fn line_cell(books: &Books, (record, line): (&Record, Option<(usize, &Line)>), column: &str) -> Cell {
    let is_main = line.is_none();
    // What leaves counts downwards, what comes back upwards.
    let outward = transaction(&record.kind.name).is_some_and(|known| known.is_outward);
    let sign = if outward { Decimal::NEGATIVE_ONE } else { Decimal::ONE };
    let field = |name: &str| line.and_then(|(_, line)| line.fields.get(name));
    let number = |name: &str| field(name).and_then(decimal);
    let moved = || number("quantity").or_else(|| number("adjustQtyBy"));
    match column {
        "transaction" => Cell::Number(Decimal::from(record.id)),
        "id" => Cell::Number(Decimal::from(line.map_or(0, |(_, line)| line.number()))),
        "linesequencenumber" => Cell::Number(Decimal::from(line.map_or(0, |(index, _)| index + 1))),
        "uniquekey" => Cell::id(field("lineUniqueKey").and_then(plain)),
        "mainline" => Cell::check_box(is_main),
        "taxline" | "iscogs" => Cell::check_box(false),
        "item" | "location" => {
            let own = if is_main { record.fields.get(column) } else { field(column) };
            Cell::id(own.and_then(plain))
        }
        "itemtype" => Cell::text(field("itemType").and_then(plain)),
        "quantity" => moved().map_or(Cell::Null, |quantity| Cell::Number(sign * quantity)),
        "quantityshiprecv" => match line {
            Some((_, line)) => {
                let moved = if outward { "quantityFulfilled" } else { "quantityReceived" };
                Cell::Number(member(&line.fields, moved))
            }
            None => Cell::Null,
        },
        "quantitybilled" => match line {
            Some((_, line)) => Cell::Number(member(&line.fields, "quantityBilled")),
            None => Cell::Null,
        },
        "rate" => number("rate").map_or(Cell::Null, Cell::Number),
        "foreignamount" => number("amount").map_or(Cell::Null, |amount| Cell::Number(sign * amount)),
        "kitmemberof" => Cell::id(field("kitMemberOf").and_then(plain)),
        "memo" => Cell::text(field("memo").or_else(|| field("description")).and_then(plain)),
        "isclosed" => Cell::check_box(field("isClosed") == Some(&Value::Bool(true))),
        "createdfrom" => match integer(record.fields.get("createdFrom")) {
            0 => Cell::Null,
            id => Cell::Number(Decimal::from(id)),
        },
        custom_column if !is_main => {
            custom(books, &books.settings.custom_fields, custom_column, field(custom_column))
        }
        _ => Cell::Null,
    }
}

fn custom(books: &Books, fields: &[CustomField], column: &str, value: Option<&Value>) -> Cell {
    let kind = fields.iter().find(|field| field.script_id == column).map(|field| field.kind);
    let text = value.and_then(plain);
    match kind {
        // A check box is never null.
        Some(CustomFieldKind::Boolean) => Cell::check_box(text.as_deref() == Some("true")),
        Some(CustomFieldKind::Number | CustomFieldKind::Integer | CustomFieldKind::Reference) => {
            Cell::id(text)
        }
        Some(CustomFieldKind::Date) => text.and_then(|day| day.parse().ok()).map_or(Cell::Null, Cell::Day),
        Some(CustomFieldKind::DateTime) => {
            text.and_then(|instant| instant.parse().ok()).map_or(Cell::Null, |instant| moment(books, instant))
        }
        Some(CustomFieldKind::Text) | None => Cell::text(text),
    }
}

pub(super) fn moment(books: &Books, instant: chrono::DateTime<chrono::Utc>) -> Cell {
    Cell::Moment(instant.with_timezone(&books.settings.timezone).naive_local())
}
