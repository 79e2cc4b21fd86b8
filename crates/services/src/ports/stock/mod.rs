//! What the services need to keep stock in step: Amazon's figures, NetSuite's items and adjustments, and what is
//! remembered of both.

mod amazon;
mod items;
mod records;
mod writes;

pub use amazon::{
    AmazonCatalog, AmazonStock, CatalogPage, CatalogProduct, StockPriority, StockStep, StockStream,
};
pub use items::{StockItems, StockItemsPage, UnsentLine};
pub use records::{StockRecords, StockReports};
pub use writes::{NewStockDocument, ShownStock, StockBins, StockLine, StockWrites};

#[cfg(any(test, feature = "testing"))]
pub use amazon::{MockAmazonCatalog, MockAmazonStock};
#[cfg(any(test, feature = "testing"))]
pub use items::MockStockItems;
#[cfg(any(test, feature = "testing"))]
pub use records::{MockStockRecords, MockStockReports};
#[cfg(any(test, feature = "testing"))]
pub use writes::MockStockWrites;
