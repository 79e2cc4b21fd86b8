//! The pretend NetSuite: logins, the record service, transforms, SuiteQL and concurrency slots.
//!
//! [`NetSuite`] is the handle that tests and the control interface use; the HTTP side answers below
//! `/netsuite/services/rest`. Operations, as fault scripts and the list of calls name them:
//!
//! | operation | request |
//! | --- | --- |
//! | `token` | `POST /auth/oauth2/v1/token` |
//! | `serverTime` | `GET /system/v1/serverTime` |
//! | `suiteql` | `POST /query/v1/suiteql` |
//! | `<type>.get` | `GET /record/v1/<type>/<id>` and what lies below |
//! | `<type>.list` | `GET /record/v1/<type>` |
//! | `<type>.create` | `POST /record/v1/<type>` |
//! | `<type>.patch`, `<type>.upsert`, `<type>.delete` | `PATCH`, `PUT`, `DELETE /record/v1/<type>/<id>` |
//! | `<type>.transform.<target>` | `POST /record/v1/<type>/<id>/!transform/<target>` |
//! | `<type>.preview.<target>` | the same with `Accept: …; type=create-form` |
//!
//! The control interface, below `/control/netsuite`:
//!
//! | request | body | does |
//! | --- | --- | --- |
//! | `GET sales-orders`, `GET sales-orders/{id}` | | orders as an expanded GET shows them |
//! | `POST sales-orders` | an array of orders | [`NetSuite::load_sales_orders`] |
//! | `PATCH sales-orders/{id}` | a merge patch | [`NetSuite::edit_sales_order`] |
//! | `GET sales-orders/{id}/fulfillments` | | [`NetSuite::fulfillments_of`] |
//! | `GET sales-orders/{id}/documents` | | all that follows from an order |
//! | `GET transactions/{type}` | | all transactions of a type |
//! | `PUT items`, `PUT records/{type}` | a record | creates or changes it |
//! | `PATCH records/{type}/{id}` | a merge patch | [`NetSuite::edit_document`] |
//! | `POST records/{type}/{id}/transform/{target}` | as over REST | [`NetSuite::transform_as_staff`] |
//! | `POST records/{type}/{id}/void` | | [`NetSuite::void`] |
//! | `PUT periods/{year}/{month}` | `{closed}` | closes or opens a month |
//! | `GET`, `DELETE records/{type}/{id}` | | reads or deletes it |
//! | `GET login-audit-trail` | | why logins failed |
//! | `POST tokens/revoke`, `POST unlock` | | ends access tokens; ends a lock |
//! | `GET slots`, `PUT slots` | `{slots}` | concurrency |
//! | `POST items/seed` | `{count, location, on_hand}` | [`NetSuite::seed_items`] |
//! | `GET stock/{location}`, `GET stock/{location}/{item}` | | figures of all items, or of one |
//! | `PUT stock/{location}/{item}` | `{on_hand, average_cost}` | sets what is given |
//! | `POST stock/{location}/{item}/adjust` | `{by}` | [`NetSuite::adjust_stock`] |
//! | `POST stock/{location}/{item}/sell` | `{quantity, for_amazon}` | [`NetSuite::sell`] |
//! | `PUT stock-habits` | `{enforce_commitment, refuse_negative_stock}` | changes what is given |
//!
//! Not here: asynchronous calls, batches, RESTlets, purchasing, transfers between locations, payments and deposits.

mod answer;
mod auth;
mod books;
mod control;
mod cues;
mod errors;
mod follow;
mod handle;
mod item_index;
mod kits;
mod load;
mod number;
mod periods;
mod records;
mod router;
mod service;
mod settings;
mod staff;
mod status;
mod stock;
mod suiteql;
mod transform;

pub use auth::{KeyError, LoginAttempt, PublicKey};
pub use cues::Cue;
pub use handle::{NetSuite, RecordError};
pub use settings::{Certificate, CustomField, CustomFieldKind, NetSuiteSettings};
pub use staff::{BillKind, StaffLine};
pub use stock::StockLevel;

pub(crate) use control::control_router;
pub(crate) use router::router;
