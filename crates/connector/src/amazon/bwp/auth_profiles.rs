//! Auth profiles: how Amazon's webhook sender proves itself to the receiver.
//!
//! Source: Amazon pages `events-mutations-createauthprofile`, `events-mutations-updateauthprofile`. Credentials in a
//! profile can be changed without new subscriptions; those inside a subscription cannot. No query shows a profile.

use amz_services::failure::{Failure, PortError};
use cynic::MutationBuilder;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::answer::Unreadable;
use super::call::Request;
use super::{BuyWithPrime, schema, unreadable};

const CREATE: &str = "createAuthProfile";
const UPDATE: &str = "updateAuthProfile";

/// How Amazon's webhook sender proves itself.
#[derive(Debug, Clone)]
pub enum WebhookCredentials {
    /// HTTP Basic.
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: SecretString,
    },
    /// A bearer token that Amazon fetches with client credentials.
    Oauth {
        /// Our token endpoint.
        token_url: Url,
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: SecretString,
    },
}

#[derive(cynic::QueryVariables, Debug)]
struct CreateVariables {
    input: CreateAuthProfileInput,
}

#[derive(cynic::QueryVariables, Debug)]
struct UpdateVariables {
    input: UpdateAuthProfileInput,
}

#[derive(cynic::InputObject, Debug)]
struct CreateAuthProfileInput {
    auth_profile_alias_id: cynic::Id,
    auth_config: AuthConfigInput,
}

#[derive(cynic::InputObject, Debug)]
struct UpdateAuthProfileInput {
    auth_profile_id: cynic::Id,
    auth_config: AuthConfigInput,
}

#[derive(cynic::InputObject, Debug)]
enum AuthConfigInput {
    #[cynic(rename = "oAuthConfig")]
    Oauth(OAuthConfigInput),
    #[cynic(rename = "basicAuthConfig")]
    Basic(BasicAuthConfigInput),
}

#[derive(cynic::InputObject, Debug)]
struct OAuthConfigInput {
    client_parameters: OAuthClientParametersInput,
    auth_endpoint: String,
    http_method: String,
}

#[derive(cynic::InputObject)]
struct OAuthClientParametersInput {
    client_id: String,
    client_secret: String,
}

#[derive(cynic::InputObject)]
struct BasicAuthConfigInput {
    username: String,
    password: String,
}

impl std::fmt::Debug for OAuthClientParametersInput {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "OAuthClientParametersInput({})", self.client_id)
    }
}

impl std::fmt::Debug for BasicAuthConfigInput {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "BasicAuthConfigInput({})", self.username)
    }
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "Mutation", variables = "CreateVariables", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CreateMutation {
    #[arguments(input: $input)]
    create_auth_profile: Option<AuthProfileReference>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(graphql_type = "Mutation", variables = "UpdateVariables", no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct UpdateMutation {
    #[arguments(input: $input)]
    update_auth_profile: Option<AuthProfileReference>,
}

#[derive(cynic::QueryFragment, Deserialize, Debug, Default)]
#[cynic(no_deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AuthProfileReference {
    auth_profile_id: Option<cynic::Id>,
}

/// What became of an auth profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthProfileWrite {
    /// It is new.
    Created,
    /// It was there, and has these credentials now.
    Updated,
}

impl BuyWithPrime {
    /// Gives the auth profile of this id these credentials, and makes it when there is none. Repeating it changes
    /// nothing.
    ///
    /// # Errors
    /// Any failure.
    pub async fn put_auth_profile(
        &self,
        id: &str,
        credentials: &WebhookCredentials,
    ) -> Result<AuthProfileWrite, PortError> {
        let request = update(id, credentials)?;
        match self.0.run(&request, |data: UpdateMutation| named(data.update_auth_profile)).await {
            Ok(Some(_)) => return Ok(AuthProfileWrite::Updated),
            // Amazon knows no such profile, and denies access to what it does not know
            Ok(None) => {}
            Err(error) if matches!(error.failure, Failure::Credentials | Failure::Refused) => {}
            Err(error) => return Err(error),
        }
        let request = create(id, credentials)?;
        let created = self.0.run(&request, |data: CreateMutation| named(data.create_auth_profile)).await?;
        created.map(|_| AuthProfileWrite::Created).ok_or_else(|| unreadable(CREATE))
    }
}

fn create(id: &str, credentials: &WebhookCredentials) -> Result<Request, PortError> {
    let input = CreateAuthProfileInput {
        auth_profile_alias_id: cynic::Id::new(id),
        auth_config: auth_config(credentials),
    };
    Request::write(CREATE, &CreateMutation::build(CreateVariables { input }))
}

fn update(id: &str, credentials: &WebhookCredentials) -> Result<Request, PortError> {
    let input =
        UpdateAuthProfileInput { auth_profile_id: cynic::Id::new(id), auth_config: auth_config(credentials) };
    Request::write(UPDATE, &UpdateMutation::build(UpdateVariables { input }))
}

fn auth_config(credentials: &WebhookCredentials) -> AuthConfigInput {
    match credentials {
        WebhookCredentials::Basic { username, password } => AuthConfigInput::Basic(BasicAuthConfigInput {
            username: username.clone(),
            password: password.expose_secret().to_owned(),
        }),
        WebhookCredentials::Oauth { token_url, client_id, client_secret } => {
            AuthConfigInput::Oauth(OAuthConfigInput {
                client_parameters: OAuthClientParametersInput {
                    client_id: client_id.clone(),
                    client_secret: client_secret.expose_secret().to_owned(),
                },
                auth_endpoint: token_url.as_str().to_owned(),
                http_method: "POST".to_owned(),
            })
        }
    }
}

fn named(reference: Option<AuthProfileReference>) -> Result<Option<String>, Unreadable> {
    Ok(reference.and_then(|reference| reference.auth_profile_id).map(cynic::Id::into_inner))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn exactly_one_kind_of_credentials_is_sent() {
        let basic = WebhookCredentials::Basic { username: "amazon".into(), password: "hush-hush".into() };
        let request = update("amz-main", &basic).unwrap();
        assert_eq!(
            request.body["variables"]["input"],
            json!({"authProfileId": "amz-main",
                   "authConfig": {"basicAuthConfig": {"username": "amazon", "password": "hush-hush"}}})
        );
        insta::assert_snapshot!(request.body["query"].as_str().unwrap());
        let oauth = WebhookCredentials::Oauth {
            token_url: "https://amz.example/v1/main/oauth2/token".parse().unwrap(),
            client_id: "amazon".into(),
            client_secret: "hush-hush".into(),
        };
        let request = create("amz-main", &oauth).unwrap();
        assert_eq!(
            request.body["variables"]["input"],
            json!({"authProfileAliasId": "amz-main", "authConfig": {"oAuthConfig": {
                "clientParameters": {"clientId": "amazon", "clientSecret": "hush-hush"},
                "authEndpoint": "https://amz.example/v1/main/oauth2/token", "httpMethod": "POST",
            }}})
        );
        insta::assert_snapshot!(request.body["query"].as_str().unwrap());
    }

    #[test]
    fn credentials_show_in_no_debug_text() {
        let basic = WebhookCredentials::Basic { username: "amazon".into(), password: "hush-hush".into() };
        assert!(!format!("{basic:?} {:?}", auth_config(&basic)).contains("hush"));
        let oauth = WebhookCredentials::Oauth {
            token_url: "https://amz.example/t".parse().unwrap(),
            client_id: "amazon".into(),
            client_secret: "hush-hush".into(),
        };
        assert!(!format!("{oauth:?} {:?}", auth_config(&oauth)).contains("hush"));
    }
}
