//! The table of single SKUs: `sku,item,counting,buffer`.

use std::collections::{BTreeMap, HashMap};

use amz_domain::{ItemId, Sku};
use amz_services::settings::{Alias, Buffer, Counting};
use rust_decimal::Decimal;

use super::fault::FaultCode;

/// The columns; the first must be there.
const COLUMNS: [&str; 4] = ["sku", "item", "counting", "buffer"];

/// Something wrong in the table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AliasFault {
    /// Line of the file, from 1.
    pub(super) line: u64,
    pub(super) code: FaultCode,
    pub(super) found: String,
    pub(super) expected: &'static str,
}

/// Reads the table.
///
/// # Errors
/// Everything that is wrong, in the order of the lines.
pub(super) fn parse(text: &str) -> Result<Vec<Alias>, Vec<AliasFault>> {
    // spreadsheets begin their files with a mark of the byte order
    let text = text.trim_start_matches('\u{feff}');
    let mut table = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let mut rows = table.records();
    let columns = match rows.next() {
        Some(Ok(header)) => columns(&header).map_err(|fault| vec![fault])?,
        Some(Err(error)) => return Err(vec![unreadable(&error)]),
        None => {
            return Err(vec![AliasFault {
                line: 1,
                code: FaultCode::Missing,
                found: "nothing".to_owned(),
                expected: "the header `sku,item,counting,buffer`",
            }]);
        }
    };
    let (mut aliases, mut faults) = (Vec::new(), Vec::new());
    let mut seen: HashMap<Sku, u64> = HashMap::new();
    let mut primaries: HashMap<ItemId, u64> = HashMap::new();
    for row in rows {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                faults.push(unreadable(&error));
                continue;
            }
        };
        let line = row.position().map_or(0, csv::Position::line);
        let read = alias(&row, &columns, line, &mut faults);
        let Some(alias) = read else { continue };
        if let Some(before) = seen.insert(alias.sku.clone(), line) {
            faults.push(AliasFault {
                line,
                code: FaultCode::Conflicting,
                found: format!("the SKU {:?}, as on line {before}", alias.sku.as_str()),
                expected: "one row per SKU",
            });
        }
        if let (Some(item), Some(Counting::Primary)) = (&alias.item, alias.counting)
            && let Some(before) = primaries.insert(item.clone(), line)
        {
            faults.push(AliasFault {
                line,
                code: FaultCode::Conflicting,
                found: format!("a `primary` of item {item}, as on line {before}"),
                expected: "one SKU that alone counts per item",
            });
        }
        aliases.push(alias);
    }
    if faults.is_empty() { Ok(aliases) } else { Err(faults) }
}

/// Where each column stands.
fn columns(header: &csv::StringRecord) -> Result<BTreeMap<&'static str, usize>, AliasFault> {
    let wrong = |code, found: String| AliasFault {
        line: header.position().map_or(1, csv::Position::line),
        code,
        found,
        expected: "the header `sku,item,counting,buffer`",
    };
    let mut columns = BTreeMap::new();
    for (index, name) in header.iter().enumerate() {
        let Some(known) = COLUMNS.into_iter().find(|known| name.trim().eq_ignore_ascii_case(known)) else {
            return Err(wrong(FaultCode::UnknownKey, format!("the column {:?}", name.trim())));
        };
        if columns.insert(known, index).is_some() {
            return Err(wrong(FaultCode::Conflicting, format!("the column {known:?} twice")));
        }
    }
    if !columns.contains_key("sku") {
        return Err(wrong(FaultCode::Missing, "no column \"sku\"".to_owned()));
    }
    Ok(columns)
}

fn unreadable(error: &csv::Error) -> AliasFault {
    let line = error.position().map_or(0, csv::Position::line);
    let (found, expected) = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            (format!("{len} cells under a header of {expected_len}"), "as many cells as the header has")
        }
        csv::ErrorKind::Utf8 { .. } => ("text that is not UTF-8".to_owned(), "a table of UTF-8 text"),
        _ => ("something that is not a table".to_owned(), "comma-separated values"),
    };
    AliasFault { line, code: FaultCode::Malformed, found, expected }
}

/// One row; what is wrong with it is written down.
fn alias(
    row: &csv::StringRecord,
    columns: &BTreeMap<&'static str, usize>,
    line: u64,
    faults: &mut Vec<AliasFault>,
) -> Option<Alias> {
    let cell = |name: &str| columns.get(name).and_then(|index| row.get(*index)).unwrap_or_default();
    let before = faults.len();
    let mut wrong = |code, found: String, expected| {
        faults.push(AliasFault { line, code, found, expected });
    };
    // a SKU is kept byte for byte: a space may be part of it
    let sku = cell("sku");
    if sku.trim().is_empty() {
        wrong(FaultCode::Missing, "no SKU".to_owned(), "a SKU in every row");
    }
    let item = cell("item").trim();
    if !item.bytes().all(|byte| byte.is_ascii_digit()) {
        wrong(FaultCode::Malformed, format!("the item {item:?}"), "an item's internal id, or nothing");
    }
    let counting = match cell("counting").trim() {
        "" => None,
        "sum" => Some(Counting::Sum),
        "primary" => Some(Counting::Primary),
        "ignore" => Some(Counting::Ignore),
        other => {
            let expected = "`sum`, `primary`, `ignore` or nothing";
            wrong(FaultCode::NotOneOf, format!("the counting {other:?}"), expected);
            None
        }
    };
    let buffer = match cell("buffer").trim() {
        "" => None,
        text => {
            let buffer = buffer(text);
            if buffer.is_none() {
                let expected = "units such as `3`, a share from `0%` to `100%`, or nothing";
                wrong(FaultCode::Malformed, format!("the buffer {text:?}"), expected);
            }
            buffer
        }
    };
    let item = (!item.is_empty()).then(|| ItemId::new(item));
    (faults.len() == before).then(|| Alias { sku: Sku::new(sku), item, counting, buffer })
}

/// Units such as `3`, or a share such as `10%`.
fn buffer(text: &str) -> Option<Buffer> {
    let number = |text: &str| {
        let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        Decimal::from_str_exact(text).ok().filter(|_| is_plain)
    };
    match text.strip_suffix('%') {
        Some(percent) => {
            let percent = number(percent.trim_end()).filter(|percent| *percent <= Decimal::ONE_HUNDRED)?;
            Some(Buffer { units: Decimal::ZERO, share: percent / Decimal::ONE_HUNDRED })
        }
        None => {
            let units = number(text).filter(|units| units.fract().is_zero())?;
            Some(Buffer { units, share: Decimal::ZERO })
        }
    }
}

#[cfg(test)]
#[path = "aliases_tests.rs"]
mod tests;
