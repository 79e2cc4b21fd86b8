//! Sends GraphQL operations: headers, token, one fresh try.

use std::sync::atomic::AtomicBool;

use amz_services::failure::{Failure, PortError};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use crate::amazon::token::{AccessToken, TokenSource};
use crate::http::{Body, HttpClient, Outgoing};

use super::answer::{Expectation, Mapping, failure, read, verdict};
use super::problem::Problem;

const TARGET_ID: HeaderName = HeaderName::from_static("x-api-target-id");
const API_VERSION: HeaderName = HeaderName::from_static("x-api-version");

/// A GraphQL operation that is ready to be sent.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) operation: &'static str,
    pub(super) body: Value,
    expected: Expectation,
}

impl Request {
    /// An operation that changes nothing.
    pub(super) fn read<Fragment, Variables: Serialize>(
        operation: &'static str,
        built: &cynic::Operation<Fragment, Variables>,
    ) -> Result<Self, PortError> {
        Self::of(operation, built, Expectation { writes: false, accepts_partial: false })
    }

    /// An operation that changes something.
    pub(super) fn write<Fragment, Variables: Serialize>(
        operation: &'static str,
        built: &cynic::Operation<Fragment, Variables>,
    ) -> Result<Self, PortError> {
        Self::of(operation, built, Expectation { writes: true, accepts_partial: false })
    }

    /// An operation that changes nothing, of which a part is known only at run time.
    pub(super) fn read_text(operation: &'static str, query: String, variables: Value) -> Self {
        let expected = Expectation { writes: false, accepts_partial: false };
        Self { operation, body: json!({ "query": query, "variables": variables }), expected }
    }

    /// Lets complete data count as success although errors stand beside it.
    pub(super) fn accepting_partial_answers(mut self) -> Self {
        self.expected.accepts_partial = true;
        self
    }

    fn of<Fragment, Variables: Serialize>(
        operation: &'static str,
        built: &cynic::Operation<Fragment, Variables>,
        expected: Expectation,
    ) -> Result<Self, PortError> {
        let variables = serde_json::to_value(&built.variables).map_err(|error| PortError {
            source: Some(error.into()),
            ..PortError::new(
                operation,
                Failure::Refused,
                "not_sendable",
                "the request cannot be written as JSON",
            )
        })?;
        // Amazon shows no `operationName`, so there is none
        Ok(Self { operation, body: json!({ "query": built.query, "variables": variables }), expected })
    }
}

/// Sends operations to one GraphQL address on behalf of one target.
#[derive(Debug)]
pub(super) struct GraphQl {
    pub(super) http: HttpClient,
    pub(super) tokens: TokenSource,
    pub(super) address: Url,
    pub(super) target_id: HeaderValue,
    pub(super) api_version: HeaderValue,
    /// False once Amazon turned down a query that names the reasons of returns.
    pub(super) return_reasons: AtomicBool,
}

impl GraphQl {
    /// Runs an operation. `None` when Amazon knows nothing under what was asked for.
    ///
    /// Refused credentials earn one more try with a new token: a token can be revoked at any time, and a
    /// refused call did nothing. All else is the caller's to decide.
    pub(super) async fn run<Data: DeserializeOwned, Out: Send>(
        &self,
        request: &Request,
        mapping: Mapping<Data, Out>,
    ) -> Result<Option<Out>, PortError> {
        let token = self.token(request).await?;
        match self.send(request, &token, 1, mapping).await {
            Err(error) if error.failure == Failure::Credentials => {
                self.tokens.invalidate(&token).await;
                let token = self.token(request).await?;
                self.send(request, &token, 2, mapping).await
            }
            result => result,
        }
    }

    async fn token(&self, request: &Request) -> Result<AccessToken, PortError> {
        self.tokens.token().await.map_err(|failure| failure.during(request.operation))
    }

    async fn send<Data: DeserializeOwned, Out: Send>(
        &self,
        request: &Request,
        token: &AccessToken,
        attempt: u32,
        mapping: Mapping<Data, Out>,
    ) -> Result<Option<Out>, PortError> {
        let Request { operation, body, expected } = request;
        let outgoing = Outgoing {
            operation: (*operation).to_owned(),
            method: Method::POST,
            url: self.address.clone(),
            headers: self.headers(token),
            body: Body::Json(body.clone()),
            attempt,
        };
        let redactor = self.http.redactor(&outgoing);
        let mut result = Err(Problem::unreadable("nothing was read"));
        let sent = self.http.send(outgoing, |answer| {
            result = read(answer, *expected, mapping);
            verdict(&result)
        });
        sent.await.map_err(|error| PortError {
            operation,
            failure: error.failure(expected.writes),
            code: error.code().to_owned(),
            message: error.to_string(),
            source: Some(error.into()),
        })?;
        result.map_err(|problem| {
            let message = redactor.text(&problem.message);
            PortError::new(operation, failure(&problem, expected.writes), problem.code, message)
        })
    }

    fn headers(&self, token: &AccessToken) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::AUTHORIZATION, token.header().clone());
        headers.insert(http::header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(TARGET_ID, self.target_id.clone());
        headers.insert(API_VERSION, self.api_version.clone());
        headers
    }
}
