//! Why the provider refuses, by name, and what each refusal is to a client: an error code of the RFCs, a status and a
//! description. None holds a value of the request.

/// An error code as the RFCs have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// RFC 6749.
    InvalidRequest,
    /// RFC 6749.
    InvalidClient,
    /// RFC 6749.
    InvalidGrant,
    /// RFC 6749.
    UnauthorizedClient,
    /// RFC 6749.
    UnsupportedGrantType,
    /// RFC 6749.
    UnsupportedResponseType,
    /// RFC 6749.
    InvalidScope,
    /// RFC 6749: the person said no.
    AccessDenied,
    /// RFC 6749.
    ServerError,
    /// RFC 6749.
    TemporarilyUnavailable,
    /// RFC 8707.
    InvalidTarget,
    /// RFC 9449.
    InvalidDpopProof,
    /// RFC 9449.
    UseDpopNonce,
    /// RFC 6750.
    InvalidToken,
    /// RFC 6750.
    InsufficientScope,
    /// RFC 9101.
    InvalidRequestUri,
    /// OpenID Connect Core.
    RequestNotSupported,
    /// OpenID Connect Core: nobody is signed in and no page may be shown.
    LoginRequired,
    /// OpenID Connect Core.
    ConsentRequired,
    /// OpenID Connect Core.
    InteractionRequired,
    /// OpenID Connect Core, Unmet Authentication Requirements 1.0.
    UnmetAuthenticationRequirements,
}

impl ErrorCode {
    /// As it is written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::RequestNotSupported => "request_not_supported",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::InteractionRequired => "interaction_required",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
        }
    }

    /// The status at the endpoints of the provider.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken => 401,
            Self::InsufficientScope => 403,
            Self::ServerError => 500,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }
}

/// Why a request is refused. The texts are the descriptions a developer reads: printable ASCII without quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// No form, too long, or with characters that may not be there.
    #[error("the parameters are not a form of at most 16 KiB in UTF-8 without control characters")]
    Form,
    /// A parameter twice.
    #[error("a parameter is given more than once")]
    Repeated,
    /// A parameter is not there.
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
    /// A parameter is too long or of the wrong form.
    #[error("the parameter {0} is too long or has a wrong form")]
    Malformed(&'static str),

    /// No such client, or one that was closed.
    #[error("the client is not known")]
    UnknownClient,
    /// The client is registered and may not act now.
    #[error("the client is suspended")]
    ClientSuspended,
    /// Another way of authentication than private_key_jwt, or two ways.
    #[error("the client must authenticate by private_key_jwt and by nothing else")]
    ClientMethod,
    /// `client_id` is another than the one that authenticated.
    #[error("client_id is not the client that authenticated")]
    OtherClient,
    /// No signed token.
    #[error("client_assertion is not a signed token")]
    AssertionMalformed,
    /// `none`, a symmetric algorithm, or one that does not fit the key.
    #[error("client_assertion must be signed with PS256, ES256 or EdDSA")]
    AssertionAlgorithm,
    /// No registered key fits.
    #[error("client_assertion names no registered key")]
    AssertionKey,
    /// Wrong signature.
    #[error("the signature of client_assertion is wrong")]
    AssertionSignature,
    /// `iss` and `sub` are not the client.
    #[error("iss and sub of client_assertion must both be the client_id")]
    AssertionIssuer,
    /// `aud` is not our issuer as a single string.
    #[error("aud of client_assertion must be the issuer as a single string")]
    AssertionAudience,
    /// Its end is over or not given.
    #[error("client_assertion has expired or has no exp")]
    AssertionExpired,
    /// Made in the future, or good for too long.
    #[error("client_assertion was made in the future or is good for more than an hour")]
    AssertionTime,
    /// No `jti`, or a too long one.
    #[error("client_assertion needs a jti of 1 to 255 characters")]
    AssertionId,
    /// Seen before.
    #[error("client_assertion was used before")]
    AssertionReplayed,

    /// None.
    #[error("a DPoP proof is needed")]
    ProofMissing,
    /// More than one.
    #[error("more than one DPoP header was sent")]
    ProofRepeated,
    /// No signed token with a public key.
    #[error("the DPoP proof is not a signed token")]
    ProofMalformed,
    /// Another kind of token.
    #[error("typ of the DPoP proof must be dpop+jwt")]
    ProofType,
    /// `none`, a symmetric algorithm, or one that does not fit the key.
    #[error("the DPoP proof must be signed with PS256, ES256 or EdDSA")]
    ProofAlgorithm,
    /// Its key is no public key, too weak, or was sent with its private half.
    #[error("jwk of the DPoP proof is not a public key that may be used")]
    ProofKey,
    /// Wrong signature.
    #[error("the signature of the DPoP proof is wrong")]
    ProofSignature,
    /// For another method.
    #[error("htm of the DPoP proof is another method")]
    ProofMethod,
    /// For another address.
    #[error("htu of the DPoP proof is another address")]
    ProofAddress,
    /// Too old or in the future.
    #[error("iat of the DPoP proof is too old or in the future")]
    ProofTime,
    /// No `jti`, or a too long one.
    #[error("the DPoP proof needs a jti of 1 to 255 characters")]
    ProofId,
    /// `ath` is not the hash of the access token.
    #[error("ath of the DPoP proof is not the hash of this access token")]
    ProofToken,
    /// Without a nonce of ours, or with an old one.
    #[error("the DPoP proof must carry the nonce of the DPoP-Nonce header")]
    ProofNonce,
    /// Seen before.
    #[error("the DPoP proof was used before")]
    ProofReplayed,
    /// At a pushed request: `dpop_jkt` and the proof name two keys.
    #[error("dpop_jkt is not the key of the DPoP proof")]
    KeysDiffer,

    /// Another than `code`.
    #[error("response_type must be code")]
    ResponseType,
    /// Another than `query`.
    #[error("response_mode must be query")]
    ResponseMode,
    /// A request as a signed token.
    #[error("request objects are not taken, push the parameters")]
    RequestObject,
    /// `request_uri` inside a pushed request.
    #[error("request_uri may not be pushed")]
    RequestInside,
    /// Not one of the registered addresses, to the letter.
    #[error("redirect_uri is not registered")]
    RedirectUnknown,
    /// PKCE without S256.
    #[error("code_challenge_method must be S256")]
    ChallengeMethod,
    /// Something outside the scopes of this client, or of the provider.
    #[error("a scope is not open to this client")]
    ScopeNotOpen,
    /// `prompt` is contradictory.
    #[error("prompt has a wrong value")]
    Prompt,
    /// `resource` is not ours.
    #[error("resource is not offered here")]
    OtherResource,
    /// `authorization_details`.
    #[error("authorization_details are not taken, ask by scope")]
    DetailsNotTaken,

    /// No such pushed request: never made, over and swept, or used.
    #[error("request_uri is not known, was used, or has expired")]
    RequestUnknown,
    /// Its time is over.
    #[error("request_uri has expired")]
    RequestExpired,
    /// Pushed by another client.
    #[error("request_uri was pushed by another client")]
    RequestOfOther,

    /// Another than authorization_code and refresh_token.
    #[error("grant_type must be authorization_code or refresh_token")]
    GrantType,
    /// No such code.
    #[error("the code is not known")]
    CodeUnknown,
    /// Its time is over.
    #[error("the code has expired")]
    CodeExpired,
    /// Used before: everything that came from it must end.
    #[error("the code was used before")]
    CodeUsed,
    /// Given to another client.
    #[error("the code was given to another client")]
    CodeOfOther,
    /// `redirect_uri` differs from the pushed one.
    #[error("redirect_uri differs from the pushed one")]
    RedirectDiffers,
    /// The code is bound to another key.
    #[error("the code is bound to another key than that of the DPoP proof")]
    CodeOtherKey,
    /// PKCE.
    #[error("code_verifier does not fit the challenge")]
    Verifier,
    /// No such refresh token, or withdrawn.
    #[error("the refresh token is not known or was withdrawn")]
    RefreshUnknown,
    /// Given to another client.
    #[error("the refresh token was given to another client")]
    RefreshOfOther,
    /// The consent behind it is over.
    #[error("the consent behind this token is over")]
    RefreshEnded,
    /// More than was granted.
    #[error("a scope is wider than what was granted")]
    ScopeWider,

    /// No access token.
    #[error("an access token is needed: Authorization: DPoP")]
    TokenMissing,
    /// `Bearer`, or an access token in an address or a form.
    #[error("the access token is bound to a key: use the scheme DPoP")]
    TokenScheme,
    /// No such token, or withdrawn.
    #[error("the access token is not known or was withdrawn")]
    TokenUnknown,
    /// Its time is over.
    #[error("the access token has expired")]
    TokenExpired,
    /// It is bound to another key.
    #[error("the access token is bound to another key than that of the DPoP proof")]
    TokenOtherKey,
    /// It does not open this.
    #[error("the access token does not have the scope that this needs")]
    ScopeMissing,

    /// Our own key did not sign.
    #[error("the provider could not sign")]
    OwnKey,
}

impl Refusal {
    /// The code of the RFCs.
    pub const fn code(self) -> ErrorCode {
        use ErrorCode as Code;
        match self {
            Self::Form
            | Self::Repeated
            | Self::Missing(_)
            | Self::Malformed(_)
            | Self::OtherClient
            | Self::ResponseMode
            | Self::RequestInside
            | Self::RedirectUnknown
            | Self::ChallengeMethod
            | Self::Prompt
            | Self::KeysDiffer
            | Self::DetailsNotTaken => Code::InvalidRequest,
            Self::UnknownClient
            | Self::ClientMethod
            | Self::AssertionMalformed
            | Self::AssertionAlgorithm
            | Self::AssertionKey
            | Self::AssertionSignature
            | Self::AssertionIssuer
            | Self::AssertionAudience
            | Self::AssertionExpired
            | Self::AssertionTime
            | Self::AssertionId
            | Self::AssertionReplayed => Code::InvalidClient,
            Self::ClientSuspended => Code::UnauthorizedClient,
            Self::ProofMissing
            | Self::ProofRepeated
            | Self::ProofMalformed
            | Self::ProofType
            | Self::ProofAlgorithm
            | Self::ProofKey
            | Self::ProofSignature
            | Self::ProofMethod
            | Self::ProofAddress
            | Self::ProofTime
            | Self::ProofId
            | Self::ProofToken
            | Self::ProofReplayed => Code::InvalidDpopProof,
            Self::ProofNonce => Code::UseDpopNonce,
            Self::ResponseType => Code::UnsupportedResponseType,
            Self::RequestObject => Code::RequestNotSupported,
            Self::ScopeNotOpen | Self::ScopeWider => Code::InvalidScope,
            Self::OtherResource => Code::InvalidTarget,
            Self::RequestUnknown | Self::RequestExpired | Self::RequestOfOther => Code::InvalidRequestUri,
            Self::GrantType => Code::UnsupportedGrantType,
            Self::CodeUnknown
            | Self::CodeExpired
            | Self::CodeUsed
            | Self::CodeOfOther
            | Self::RedirectDiffers
            | Self::CodeOtherKey
            | Self::Verifier
            | Self::RefreshUnknown
            | Self::RefreshOfOther
            | Self::RefreshEnded => Code::InvalidGrant,
            Self::TokenMissing | Self::TokenScheme | Self::TokenUnknown | Self::TokenExpired | Self::TokenOtherKey => {
                Code::InvalidToken
            }
            Self::ScopeMissing => Code::InsufficientScope,
            Self::OwnKey => Code::ServerError,
        }
    }

    /// The status at the provider's own endpoints.
    pub const fn status(self) -> u16 {
        self.code().status()
    }

    /// The answer of an endpoint (RFC 6749 §5.2).
    pub fn body(self) -> serde_json::Value {
        serde_json::json!({ "error": self.code().text(), "error_description": self.to_string() })
    }

    /// The status at the data API: a proof that fails is a token that cannot be used.
    pub const fn resource_status(self) -> u16 {
        match self.code() {
            ErrorCode::InvalidDpopProof | ErrorCode::UseDpopNonce => 401,
            code => code.status(),
        }
    }

    /// `WWW-Authenticate` at the data API (RFC 9449 §7.1). Without a token only the scheme is named.
    pub fn challenge(self) -> String {
        let algorithms = super::key::ALGORITHMS.join(" ");
        match self {
            Self::TokenMissing => format!("DPoP algs=\"{algorithms}\""),
            _ => format!("DPoP error=\"{}\", error_description=\"{self}\", algs=\"{algorithms}\"", self.code().text()),
        }
    }
}
