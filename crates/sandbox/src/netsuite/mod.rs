//! The pretend NetSuite: logins, the record service, transforms, SuiteQL and concurrency slots.
//!
//! [`NetSuite`] is the handle that tests and the control interface use; the HTTP side answers below
//! `/netsuite/services/rest`. Operations, as fault scripts and the list of calls name them:
//!
//! | operation | request |
//! | --- | --- |
//! | `token` | `POST /auth/oauth2/v1/token` |
//! | `serverTime` | `GET /system/v1/serverTime` |
//! | `governanceLimits` | `GET /system/v1/governanceLimits` |
//! | `metadata.list`, `metadata.get` | `GET /record/v1/metadata-catalog`, and of one type |
//! | `suiteql` | `POST /query/v1/suiteql` |
//! | `restlet.<action>` | `POST /app/site/hosting/restlet.nl?script=…&deploy=…`, beside `/services/rest` |
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
//! | `POST sales-orders/{id}/ship` | [`Shipment`] | [`NetSuite::ship`] |
//! | `GET custom-fields`; `PUT`, `DELETE custom-fields/{id}` | `{kind}` | adds or drops a custom field |
//! | `GET custom-records`; `PUT`, `DELETE custom-records/{type}` | `{fields: [{script_id, kind}]}` | record types |
//! | `GET records/{type}/all` | | every record of a type |
//! | `PUT restlet` | `{deployed}` | [`NetSuite::deploy_restlet`] |
//! | `PUT`, `DELETE bundle` | `{url, secret, connection}` | [`NetSuite::install_bundle`] |
//! | `GET`, `PUT bundle/script` | `{lose, delay_s}` | what happens to the next batches |
//! | `POST bundle/schedule`, `POST bundle/settle` | | sends again what was given up; waits for all batches |
//! | `GET bundle/deliveries` | | attempts to hand over a batch |
//! | `GET permissions`; `DELETE`, `PUT permissions/{id}` | | takes a permission away; gives it back |
//! | `GET transactions/{type}` | | all transactions of a type |
//! | `PUT items`, `PUT records/{type}` | a record | creates or changes it |
//! | `PATCH records/{type}/{id}` | a merge patch | [`NetSuite::edit_document`] |
//! | `POST records/{type}/{id}/transform/{target}` | as over REST | [`NetSuite::transform_as_staff`] |
//! | `POST records/{type}/{id}/void` | | [`NetSuite::void`] |
//! | `PUT periods/{year}/{month}` | `{closed}` | closes or opens a month |
//! | `GET`, `DELETE records/{type}/{id}` | | reads or deletes it |
//! | `GET login-audit-trail` | | why logins failed |
//! | `POST tokens/revoke`, `POST unlock` | | ends access tokens; ends a lock |
//! | `GET slots`, `PUT slots` | `{slots}` | concurrency; also shows `in_flight` and `peak_in_flight` |
//! | `DELETE slots/peak` | | [`NetSuite::reset_peak_in_flight`] |
//! | `PUT`, `DELETE slots/logins` | `{above, at_most}` | [`NetSuite::refuse_logins_under_load`] |
//! | `PUT`, `DELETE governance-limits` | NetSuite's own members | [`NetSuite::show_governance_limits`] |
//! | `POST items/seed` | `{count, location, on_hand}` | [`NetSuite::seed_items`] |
//! | `GET stock/{location}`, `GET stock/{location}/{item}` | | figures of all items, or of one |
//! | `PUT stock/{location}/{item}` | `{on_hand, average_cost}` | sets what is given |
//! | `POST stock/{location}/{item}/adjust` | `{by}` | [`NetSuite::adjust_stock`] |
//! | `POST stock/{location}/{item}/sell` | `{quantity, for_amazon}` | [`NetSuite::sell`] |
//! | `PUT stock-habits` | `{enforce_commitment, refuse_negative_stock}` | changes what is given |
//!
//! Not here: asynchronous calls, batches, other RESTlets, purchasing, transfers between locations, payments and deposits.

mod answer;
mod auth;
mod books;
mod bundle;
mod concurrency;
mod control;
mod cues;
mod customization;
mod errors;
mod follow;
mod handle;
mod item_index;
mod kits;
mod limits;
mod load;
mod metadata;
mod number;
mod other_connectors;
mod periods;
mod permissions;
mod record;
mod records;
mod restlet;
mod router;
mod service;
mod settings;
mod staff;
mod status;
mod stock;
mod suiteql;
mod transform;

pub use auth::{KeyError, LoginAttempt, PublicKey};
pub use bundle::{BundleDelivery, BundleScript};
pub use concurrency::LoginsUnderLoad;
pub use cues::Cue;
pub use customization::{CustomField, CustomFieldKind, CustomRecordType};
pub use handle::{NetSuite, RecordError};
pub use other_connectors::{Parcel, Shipment, ShippedUnits};
pub use settings::{Certificate, GovernanceLimits, NetSuiteSettings};
pub use staff::{BillKind, StaffLine};
pub use stock::StockLevel;

pub(crate) use control::control_router;
pub(crate) use router::router;
