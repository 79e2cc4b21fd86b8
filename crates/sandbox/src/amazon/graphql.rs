//! The GraphQL endpoint: requests are executed against the sandbox's own schema file, so that a query
//! with a wrong field or type fails here as it would fail at Amazon.
//!
//! Source: Buy with Prime, `call-the-buy-with-prime-api`, `troubleshoot-order-errors`.

use async_graphql::Request;
use async_graphql::dynamic::{
    Enum, Field, FieldFuture, FieldValue, InputObject, InputValue, Interface, InterfaceField, Object,
    ResolverContext, Scalar, Schema, TypeRef, Union,
};
use async_graphql::parser::types as syntax;
use async_graphql::parser::{parse_query, parse_schema};
use axum::http::{StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value as Json, json};

use super::Amazon;
use super::errors::{Class, IN_PLACE, Refusal, invalid_query};
use super::json::{graphql_value, json_value};
use super::tokens::bearer;

const SCHEMA: &str = include_str!("../../schemas/buy_with_prime.graphql");
/// The interfaces and unions of the schema.
const ABSTRACT: [&str; 2] = ["Node", "EventDestination"];
/// The API version that the schema describes.
const API_VERSION: &str = "2024-11-01";

/// Builds the schema from the file.
pub(crate) fn schema() -> Result<Schema, String> {
    let document = parse_schema(SCHEMA).map_err(|error| error.to_string())?;
    let mut builder = Schema::build("Query", Some("Mutation"), None);
    for definition in document.definitions {
        let syntax::TypeSystemDefinition::Type(definition) = definition else { continue };
        let definition = definition.node;
        let name = definition.name.node.to_string();
        builder = match definition.kind {
            syntax::TypeKind::Scalar => builder.register(Scalar::new(name)),
            syntax::TypeKind::Enum(words) => {
                let words = words.values.iter().map(|word| word.node.value.node.as_str());
                builder.register(words.fold(Enum::new(name), Enum::item))
            }
            syntax::TypeKind::InputObject(input) => {
                let fields = input.fields.iter().map(|field| input_value(&field.node));
                builder.register(fields.fold(InputObject::new(name), InputObject::field))
            }
            syntax::TypeKind::Object(object) => {
                let root = name == "Query" || name == "Mutation";
                let fields = object.fields.iter().map(|field| output_field(&field.node, root));
                let interfaces = object.implements.iter().map(|interface| interface.node.as_str());
                let made = fields.fold(Object::new(name), Object::field);
                builder.register(interfaces.fold(made, Object::implement))
            }
            syntax::TypeKind::Interface(interface) => {
                let fields = interface.fields.iter().map(|field| {
                    InterfaceField::new(field.node.name.node.as_str(), type_reference(&field.node.ty.node))
                });
                builder.register(fields.fold(Interface::new(name), Interface::field))
            }
            syntax::TypeKind::Union(union) => {
                let members = union.members.iter().map(|member| member.node.as_str());
                builder.register(members.fold(Union::new(name), Union::possible_type))
            }
        };
    }
    builder.finish().map_err(|error| error.to_string())
}

fn input_value(definition: &syntax::InputValueDefinition) -> InputValue {
    InputValue::new(definition.name.node.as_str(), type_reference(&definition.ty.node))
}

/// A root field asks the pretend Amazon; every other field takes its part of the document above it.
fn output_field(definition: &syntax::FieldDefinition, root: bool) -> Field {
    let name = definition.name.node.to_string();
    let wanted = name.clone();
    // Values of these have to name their type; those of other types must not.
    let abstract_type = ABSTRACT.contains(&type_reference(&definition.ty.node).type_name());
    let field = Field::new(name, type_reference(&definition.ty.node), move |context| {
        let wanted = wanted.clone();
        FieldFuture::new(async move {
            if root {
                return resolve_root(&context, &wanted);
            }
            let parent = context.parent_value.try_downcast_ref::<Json>()?;
            let value = &parent[&wanted];
            if let Some(refusal) = value.get(IN_PLACE) {
                note_refusal(&context, refusal);
                return Ok(None);
            }
            Ok(field_value(value, abstract_type))
        })
    });
    definition.arguments.iter().fold(field, |field, argument| field.argument(input_value(&argument.node)))
}

fn type_reference(written: &syntax::Type) -> TypeRef {
    let base = match &written.base {
        syntax::BaseType::Named(name) => TypeRef::named(name.as_str()),
        syntax::BaseType::List(item) => TypeRef::List(Box::new(type_reference(item))),
    };
    if written.nullable { base } else { TypeRef::NonNull(Box::new(base)) }
}

fn field_value(json: &Json, abstract_type: bool) -> Option<FieldValue<'static>> {
    match json {
        Json::Null => None,
        Json::Array(items) => {
            Some(FieldValue::list(items.iter().filter_map(|item| field_value(item, abstract_type))))
        }
        Json::Object(fields) => {
            let value = FieldValue::owned_any(json.clone());
            match fields.get("__typename").and_then(Json::as_str) {
                Some(name) if abstract_type => Some(value.with_type(name.to_owned())),
                _ => Some(value),
            }
        }
        scalar => Some(FieldValue::value(graphql_value(scalar))),
    }
}

fn resolve_root(
    context: &ResolverContext<'_>,
    field: &str,
) -> async_graphql::Result<Option<FieldValue<'static>>> {
    let amazon = context.data::<Amazon>()?;
    let arguments: Map<String, Json> =
        context.args.iter().map(|(name, value)| (name.to_string(), json_value(value.as_value()))).collect();
    match amazon.operation(field, &Json::Object(arguments)) {
        Ok(answer) => Ok(field_value(&answer, false)),
        Err(refusal) => {
            // An error that is returned would void the whole answer; noted like this, it leaves a null.
            let error = async_graphql::Error::from(refusal).into_server_error(context.ctx.item.pos);
            context.ctx.add_error(context.ctx.set_error_path(error));
            Ok(None)
        }
    }
}

/// Adds the error of a value that is refused while its neighbours are not.
fn note_refusal(context: &ResolverContext<'_>, refusal: &Json) {
    let mut extensions = async_graphql::ErrorExtensionValues::default();
    extensions.set("classification", graphql_value(&refusal["classification"]));
    let mut error = async_graphql::Error::new(refusal["message"].as_str().unwrap_or_default());
    error.extensions = Some(extensions);
    let error = error.into_server_error(context.ctx.item.pos);
    context.ctx.add_error(context.ctx.set_error_path(error));
}

/// Name under which a request is recorded and meets faults: its first root field.
pub(crate) fn operation_name(body: &[u8]) -> String {
    let name = || {
        let request: Json = serde_json::from_slice(body).ok()?;
        let document = parse_query(request["query"].as_str()?).ok()?;
        let (_, operation) = document.operations.iter().next()?;
        operation.node.selection_set.node.items.iter().find_map(|item| match &item.node {
            syntax::Selection::Field(field) => Some(field.node.name.node.to_string()),
            _ => None,
        })
    };
    name().unwrap_or_else(|| "unreadable".to_owned())
}

/// Answers one GraphQL request.
pub(crate) async fn answer(amazon: &Amazon, parts: &Parts, body: &[u8]) -> Response {
    if let Some(refusal) = refused_headers(amazon, parts) {
        return refusal;
    }
    let Some(request) = read_request(body) else {
        let refusal = Refusal::new(Class::Validation, "The body is not a GraphQL request.");
        return (StatusCode::BAD_REQUEST, axum::Json(refusal.body())).into_response();
    };
    let response = amazon.schema.execute(request.data(amazon.clone())).await;
    let errors: Vec<Json> = response.errors.iter().map(error_document).collect();
    let mut answer = json!({ "data": json_value(&response.data) });
    if !errors.is_empty() {
        answer["errors"] = Json::Array(errors);
    }
    axum::Json(answer).into_response()
}

fn read_request(body: &[u8]) -> Option<Request> {
    let body: Json = serde_json::from_slice(body).ok()?;
    let mut request = Request::new(body.get("query")?.as_str()?);
    if let Some(name) = body["operationName"].as_str() {
        request = request.operation_name(name);
    }
    if let Json::Object(variables) = &body["variables"] {
        for (name, value) in variables {
            request.variables.insert(async_graphql::Name::new(name), graphql_value(value));
        }
    }
    Some(request)
}

fn error_document(error: &async_graphql::ServerError) -> Json {
    let path: Vec<Json> = error
        .path
        .iter()
        .map(|segment| match segment {
            async_graphql::PathSegment::Field(name) => json!(name),
            async_graphql::PathSegment::Index(position) => json!(position),
        })
        .collect();
    let locations: Vec<Json> =
        error.locations.iter().map(|at| json!({ "line": at.line, "column": at.column })).collect();
    let classification = error.extensions.as_ref().and_then(|extensions| extensions.get("classification"));
    let classification = classification.cloned().unwrap_or_else(invalid_query);
    json!({
        "message": error.message,
        "locations": locations,
        "path": path,
        "extensions": { "classification": json_value(&classification) },
    })
}

/// The refusal that the request's headers earn, if any.
fn refused_headers(amazon: &Amazon, parts: &Parts) -> Option<Response> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let json = header("content-type").is_some_and(|value| value.starts_with("application/json"));
    if !json {
        return Some(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response());
    }
    let now = amazon.core.clock.now();
    if !bearer(parts).is_some_and(|token| amazon.tokens.is_valid(token, now)) {
        return Some(refused_token(amazon));
    }
    if header("x-api-target-id") != Some(amazon.settings().target_id.as_str()) {
        let refusal = Refusal::new(Class::AccessDenied, "Not authorized for this target.");
        return Some(axum::Json(refusal.body()).into_response());
    }
    if header("x-api-version") != Some(API_VERSION) {
        let refusal = Refusal::invalid("InvalidApiVersion", "Unknown or missing x-api-version.");
        return Some(axum::Json(refusal.body()).into_response());
    }
    None
}

/// The answer to a missing, expired or revoked access token.
pub(crate) fn refused_token(amazon: &Amazon) -> Response {
    let refusal = Refusal::new(Class::AccessDenied, "The access token is missing, expired or revoked.");
    let status = StatusCode::from_u16(amazon.settings().refused_token_status).unwrap_or(StatusCode::OK);
    (status, axum::Json(refusal.body())).into_response()
}
