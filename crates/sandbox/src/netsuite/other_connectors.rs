//! What other systems leave in the account: their custom fields, and fulfilments that are none of ours.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::control::answer;
use super::customization::{CustomField, CustomFieldKind, CustomRecordType};
use super::handle::{NetSuite, RecordError};
use super::number::{digits, number};
use super::staff::StaffLine;

/// A parcel that somebody entered on a fulfilment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Parcel {
    /// The carrier's number.
    pub tracking_number: String,
    /// Text of the package line, for example the carrier's name.
    #[serde(default)]
    pub description: Option<String>,
}

impl Parcel {
    /// A parcel without description.
    pub fn new(tracking_number: impl Into<String>) -> Self {
        Self { tracking_number: tracking_number.into(), description: None }
    }
}

/// Units of one line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippedUnits {
    /// Line number of the order.
    pub line: u64,
    /// Units.
    #[serde(with = "digits")]
    pub quantity: Decimal,
}

/// A fulfilment that staff or another connector make.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Shipment {
    /// External id; other connectors set one of their own.
    pub external_id: Option<String>,
    /// `A` picked, `B` packed or `C` shipped; shipped when absent.
    pub ship_status: Option<String>,
    /// What is shipped; everything that is left when empty.
    pub lines: Vec<ShippedUnits>,
    /// Package lines, one pound each.
    pub parcels: Vec<Parcel>,
    /// Further body properties, custom fields for example.
    pub fields: Map<String, Value>,
}

impl NetSuite {
    /// Ships an order as staff or another connector would. Returns the internal id of the fulfilment.
    ///
    /// # Errors
    /// [`RecordError`] when nothing is left to ship, a quantity is beyond it, or the external id is taken.
    pub fn ship(&self, order: u64, shipment: &Shipment) -> Result<u64, RecordError> {
        let Shipment { external_id, ship_status, lines, parcels, fields } = shipment;
        let mut body = fields.clone();
        let letter = ship_status.as_deref().unwrap_or("C");
        body.insert("shipStatus".to_owned(), json!({"id": letter}));
        if let Some(external_id) = external_id {
            body.insert("externalId".to_owned(), json!(external_id));
        }
        let packages: Vec<Value> = parcels.iter().map(package).collect();
        if !packages.is_empty() {
            body.insert("package".to_owned(), json!({"items": packages}));
        }
        let lines: Vec<StaffLine> =
            lines.iter().map(|units| StaffLine::new(units.line, units.quantity)).collect();
        self.make(("salesOrder", order), "itemFulfillment", &lines, body)
    }

    /// Takes a custom field away from the account. What records hold of it stays and is not shown in queries.
    pub fn drop_field(&self, script_id: &str) {
        self.change_settings(|settings| {
            settings.custom_fields.retain(|known| known.script_id != script_id);
        });
    }
}

impl NetSuite {
    /// Every record of a type, by id, as an expanded GET shows it. For transactions see [`NetSuite::documents`].
    pub fn records(&self, record_type: &str) -> Vec<Value> {
        self.with_books_read(|books| {
            let Ok(kind) = books.record_type(record_type) else { return Vec::new() };
            let of_type = books.all(&kind.group).filter(|record| record.kind.name == kind.name);
            of_type.map(|record| self.show(books, record)).collect()
        })
    }

    /// Adds a custom record type to the account, or puts its fields in place of those of the known one.
    pub fn declare_record_type(&self, declared: CustomRecordType) {
        self.change_settings(|settings| {
            settings.custom_records.retain(|known| known.script_id != declared.script_id);
            settings.custom_records.push(declared);
        });
    }

    /// Takes a custom record type away from the account; its records are out of reach.
    pub fn drop_record_type(&self, script_id: &str) {
        self.change_settings(|settings| {
            settings.custom_records.retain(|known| known.script_id != script_id);
        });
    }
}

fn package(Parcel { tracking_number, description }: &Parcel) -> Value {
    let mut line = json!({"packageTrackingNumber": tracking_number, "packageWeight": number(Decimal::ONE)});
    if let Some(description) = description {
        line["packageDescr"] = json!(description);
    }
    line
}

/// Routes of what others do.
pub(super) fn routes() -> Router<NetSuite> {
    Router::new()
        .route("/sales-orders/{id}/ship", post(ship))
        .route("/records/{type}/all", get(records))
        .route("/restlet", put(deploy_restlet))
        .route("/custom-records", get(types))
        .route("/custom-records/{id}", put(declare_type).delete(drop_type))
        .route("/custom-fields", get(fields))
        .route("/custom-fields/{id}", put(declare).delete(drop_field))
}

async fn ship(
    State(netsuite): State<NetSuite>,
    Path(order): Path<u64>,
    Json(shipment): Json<Shipment>,
) -> Response {
    answer(netsuite.ship(order, &shipment).map(|id| json!({"id": id})))
}

async fn fields(State(netsuite): State<NetSuite>) -> Json<Value> {
    Json(json!({"items": netsuite.settings().custom_fields}))
}

#[derive(Deserialize)]
struct Declared {
    kind: CustomFieldKind,
}

async fn declare(
    State(netsuite): State<NetSuite>,
    Path(id): Path<String>,
    Json(Declared { kind }): Json<Declared>,
) -> StatusCode {
    netsuite.declare_field(CustomField::new(id, kind));
    StatusCode::NO_CONTENT
}

async fn drop_field(State(netsuite): State<NetSuite>, Path(id): Path<String>) -> StatusCode {
    netsuite.drop_field(&id);
    StatusCode::NO_CONTENT
}

async fn records(State(netsuite): State<NetSuite>, Path(record_type): Path<String>) -> Json<Value> {
    Json(json!({"items": netsuite.records(&record_type)}))
}

async fn types(State(netsuite): State<NetSuite>) -> Json<Value> {
    Json(json!({"items": netsuite.settings().custom_records}))
}

#[derive(Deserialize)]
struct Deployment {
    deployed: bool,
}

async fn deploy_restlet(
    State(netsuite): State<NetSuite>,
    Json(Deployment { deployed }): Json<Deployment>,
) -> StatusCode {
    netsuite.deploy_restlet(deployed);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Declaration {
    fields: Vec<CustomField>,
}

async fn declare_type(
    State(netsuite): State<NetSuite>,
    Path(id): Path<String>,
    Json(Declaration { fields }): Json<Declaration>,
) -> StatusCode {
    netsuite.declare_record_type(CustomRecordType { script_id: id, fields });
    StatusCode::NO_CONTENT
}

async fn drop_type(State(netsuite): State<NetSuite>, Path(id): Path<String>) -> StatusCode {
    netsuite.drop_record_type(&id);
    StatusCode::NO_CONTENT
}
