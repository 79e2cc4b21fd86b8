//! How far a transfer is, on the error output.

use std::sync::{Mutex, PoisonError};

use amz_app::store_operations::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar per table; without a terminal, a line per step.
pub(crate) struct TransferProgress {
    bar: ProgressBar,
    /// What is shown: what is done, with which table.
    shown: Mutex<(&'static str, &'static str)>,
}

impl TransferProgress {
    pub(crate) fn start() -> Self {
        let bar = ProgressBar::no_length();
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} {msg} {human_pos} of {human_len} {per_sec} {elapsed}")
        {
            bar.set_style(style);
        }
        Self { bar, shown: Mutex::new(("", "")) }
    }

    pub(crate) fn show(&self, at: Progress) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if *shown != (at.doing, at.table) {
            if self.bar.is_hidden() && shown.0 != at.doing {
                eprintln!("{}", at.doing);
            }
            *shown = (at.doing, at.table);
            self.bar.set_message(format!("{} {}", at.doing, at.table));
            if at.of > 0 {
                self.bar.set_length(at.of);
            } else {
                self.bar.unset_length();
            }
        }
        self.bar.set_position(at.rows);
    }

    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
