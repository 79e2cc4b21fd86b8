//! Use cases 9a and 9b: stock, as it changes and in full.
//!
//! Readings come in by two lanes and are kept, the latest per SKU. One lane writes: it compares what is kept with
//! NetSuite, so that a change and a full run never adjust the same item at the same time.

mod absence;
mod approval;
mod arithmetic;
mod batches;
mod brake;
mod case;
mod catalogue;
mod changes;
mod claims;
mod comparing;
mod comparison;
mod difference;
mod doubt;
mod everything;
mod finding;
#[cfg(test)]
mod fixtures;
mod gathering;
mod item;
mod matching;
mod reading;
mod record;
mod resolving;
mod road;
mod run;
mod run_record;
mod settling;
mod summary;
mod telling;
#[cfg(test)]
mod world;
mod writing;

pub use absence::{Standing, standing};
pub use arithmetic::{Aim, Inputs, Steering, Step, figure_of, steer};
pub use batches::{LINES_PER_DOCUMENT, documents, shown};
pub use brake::{Brake, brake};
pub use catalogue::RememberedProducts;
pub use comparison::{Compared, Comparison, Difference};
pub use doubt::UnsentUnits;
pub use item::{StockItem, StockItemKind, StockLevels, StockTracking};
pub use matching::Matching;
pub use record::{
    Absence, Arithmetic, KnownStock, Mismatch, ReportRow, RowState, SkuUnits, TakenLine, TakenOrder,
};
pub use road::{LastCrawl, road};
pub(crate) use run::{levels, reading};
pub use run_record::{Road, RunBeginner, RunPhase, StockRun, StockRunRequest, StockSummary};
