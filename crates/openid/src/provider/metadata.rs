//! What the provider says of itself (OpenID Connect Discovery 1.0, RFC 8414), and its keys.

use serde_json::{Value, json};

use super::Provider;
use super::key::ALGORITHMS;
use crate::jwt::ALGORITHM;

/// Where the doors are, below the issuer; each begins with a slash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Pushed requests.
    pub push: &'static str,
    /// Where browsers go.
    pub authorize: &'static str,
    /// Tokens.
    pub token: &'static str,
    /// Withdrawal of tokens.
    pub revoke: &'static str,
    /// Keys.
    pub keys: &'static str,
    /// User information.
    pub userinfo: &'static str,
    /// The data API.
    pub resource: &'static str,
    /// Pages for developers.
    pub documentation: &'static str,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            push: "/connect/par",
            authorize: "/connect/authorize",
            token: "/connect/token",
            revoke: "/connect/revoke",
            keys: "/connect/jwks",
            userinfo: "/connect/userinfo",
            resource: "/api/v1",
            documentation: "/developers",
        }
    }
}

impl Provider {
    /// `/.well-known/openid-configuration`.
    pub fn metadata(&self) -> Value {
        let paths = &self.settings.paths;
        let mut claims = vec!["sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "nonce"];
        claims.extend(self.settings.claims.iter().map(String::as_str));
        json!({
            "issuer": self.settings.issuer,
            "authorization_endpoint": self.at(paths.authorize),
            "pushed_authorization_request_endpoint": self.at(paths.push),
            "require_pushed_authorization_requests": true,
            "token_endpoint": self.at(paths.token),
            "revocation_endpoint": self.at(paths.revoke),
            "userinfo_endpoint": self.at(paths.userinfo),
            "jwks_uri": self.at(paths.keys),
            "service_documentation": self.at(paths.documentation),
            "scopes_supported": self.settings.scopes,
            "claims_supported": claims,
            "acr_values_supported": self.settings.levels,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
            "revocation_endpoint_auth_methods_supported": ["private_key_jwt"],
            "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
            "code_challenge_methods_supported": ["S256"],
            "dpop_signing_alg_values_supported": ALGORITHMS,
            "authorization_response_iss_parameter_supported": true,
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "ui_locales_supported": ["ja", "en"],
            "protected_resources": [self.resource()],
            "claims_parameter_supported": false,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
        })
    }

    /// The keys that ID tokens may be signed with.
    pub fn keys(&self) -> Value {
        let all = std::iter::once(self.key.jwk()).chain(self.settings.other_keys.iter().cloned());
        let keys: Vec<Value> = all
            .filter_map(|key| serde_json::to_value(key).ok())
            .map(|mut key| {
                key["use"] = "sig".into();
                key["alg"] = ALGORITHM.into();
                key
            })
            .collect();
        json!({ "keys": keys })
    }
}
