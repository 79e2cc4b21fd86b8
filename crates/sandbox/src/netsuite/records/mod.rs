//! The record service: one set of verbs over a table of record types.

pub(crate) mod apply;
pub(crate) mod changes;
pub(crate) mod document;
pub(crate) mod read;
pub(crate) mod saves;
pub(crate) mod sublist;
pub(crate) mod types;
mod values;
pub(crate) mod write;
