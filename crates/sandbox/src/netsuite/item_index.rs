//! Items by what their fields hold, so that look-ups do not read them all.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use super::books::{Record, plain};
use super::customization::{CustomField, CustomFieldKind};
use super::settings::NetSuiteSettings;

/// Ids of items by the text of a column. A column is read once, when it is first asked for.
#[derive(Debug, Default)]
pub(crate) struct ItemIndex(RefCell<HashMap<String, HashMap<String, BTreeSet<u64>>>>);

impl ItemIndex {
    /// Whether the column can be looked up here; `column` in lower case.
    pub(crate) fn covers(column: &str, settings: &NetSuiteSettings) -> bool {
        let is_text = |field: &CustomField| field.script_id == column && field.kind == CustomFieldKind::Text;
        matches!(column, "itemid" | "upccode" | "displayname")
            || (column.starts_with("custitem_") && settings.custom_fields.iter().any(is_text))
    }

    /// Items whose column has this text. `all` is read when the column is asked for the first time.
    pub(crate) fn find<'a, All: Iterator<Item = &'a Record>>(
        &self,
        column: &str,
        text: &str,
        all: impl FnOnce() -> All,
    ) -> Vec<u64> {
        let mut columns = self.0.borrow_mut();
        if !columns.contains_key(column) {
            let mut index: HashMap<String, BTreeSet<u64>> = HashMap::new();
            for record in all() {
                if let Some(text) = value(record, column) {
                    index.entry(text).or_default().insert(record.id);
                }
            }
            columns.insert(column.to_owned(), index);
        }
        columns.get(column).and_then(|index| index.get(text)).into_iter().flatten().copied().collect()
    }

    /// Keeps up with an item that was saved or deleted.
    pub(crate) fn moved(&self, before: Option<&Record>, after: Option<&Record>) {
        for (column, index) in self.0.borrow_mut().iter_mut() {
            let of =
                |record: Option<&Record>| record.and_then(|record| Some((value(record, column)?, record.id)));
            let (before, after) = (of(before), of(after));
            if before == after {
                continue;
            }
            if let Some((text, id)) = before
                && let Some(ids) = index.get_mut(&text)
            {
                ids.remove(&id);
                if ids.is_empty() {
                    index.remove(&text);
                }
            }
            if let Some((text, id)) = after {
                index.entry(text).or_default().insert(id);
            }
        }
    }
}

fn value(record: &Record, column: &str) -> Option<String> {
    let name = match column {
        "itemid" => "itemId",
        "upccode" => "upcCode",
        "displayname" => "displayName",
        custom => custom,
    };
    record.fields.get(name).and_then(plain)
}
