//! An OpenID provider (本人確認と同意の提供者) of one closed profile: FAPI 2.0 Security Profile, Final. For the portal's private
//! apps and whoever needs a narrow, strict provider.
//!
//! Pure: what is kept is handed in and out as values, so that a caller's transaction is the only truth; time and
//! randomness come from [`base::Seams`]. It knows neither database nor web.
//!
//! ```text
//!  app ── push ─────▶ Presented ▶ authenticate ▶ push ──────▶ Pushed   (kept by digest of its name, < 600 s, one use)
//!  person ─ browser ▶ Asked ▶ open ▶ sign in, consent ▶ allow ▶ Allowed (code by digest, ≤ 60 s, one use; 303, iss)
//!  app ── token ────▶ Presented ▶ authenticate ▶ proof ▶ redeem / refresh ▶ Issued ▶ answer
//!  app ── data API ─▶ ShownToken ▶ access_of (proof of the bound key) ▶ Access
//! ```
//!
//! Code flow only; PAR, PKCE S256, private_key_jwt and DPoP always; opaque tokens; pairwise subjects; no rotation of
//! refresh tokens; no request objects, no implicit flow, no shared secrets, nothing fetched from an app's address.
//! What is refused has a name: [`Refusal`].

mod assertion;
mod authorization;
mod client;
mod form;
mod jws;
mod key;
pub mod limits;
mod metadata;
mod proof;
mod pushed;
mod refusal;
mod resource;
mod secret;
mod token;

use aws_lc_rs::hmac;
use base::Seams;
use data_encoding::BASE64URL_NOPAD;

pub use assertion::{ASSERTION_TYPE, Authenticated, Presented};
pub use authorization::{Allowed, Asked, Authority, CodeRecord};
pub use client::{Client, RedirectRefusal, check_redirects};
pub use form::Parameters;
pub use key::{ALGORITHMS, ClientKey, KeyRefusal, PublicKey, read_key_set};
pub use metadata::Paths;
pub use proof::{Proof, Proving};
pub use pushed::{Prompt, Pushed, PushedRequest, REQUEST_PREFIX, challenge_of};
pub use refusal::{ErrorCode, Refusal};
pub use resource::{Access, Ends, ShownToken, ends, revoked_token};
pub use secret::{Digest, Once, Secret};
pub use token::{AccessRecord, Issued, OFFLINE, OPENID, RefreshRecord, TokenRequest};

use crate::jwt::{Jwk, TokenKey};

/// What a provider is to the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its name and the beginning of all its addresses: `https://host` without a slash at the end; http on loopback for
    /// demos.
    pub issuer: String,
    /// Where its doors are, below the issuer.
    pub paths: Paths,
    /// Scopes it has.
    pub scopes: Vec<String>,
    /// Assurance levels (`acr`), weakest first.
    pub levels: Vec<String>,
    /// Claims of the user information, beside `sub`.
    pub claims: Vec<String>,
    /// Public keys that signed ID tokens before the present one, or will after it.
    pub other_keys: Vec<Jwk>,
}

/// Secrets of a provider; the same in each process of a city, and for the pairwise one for ever.
#[derive(Clone)]
pub struct Secrets {
    /// Keys the subjects: whoever has it can link a person's names at several apps.
    pub pairwise: [u8; 32],
    /// Keys the nonces of proofs; may change at any time.
    pub nonce: [u8; 32],
}

/// The issuer cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the issuer must be https (http on loopback) without path, query or slash at its end")]
pub struct BadIssuer;

/// A provider.
pub struct Provider {
    settings: Settings,
    key: TokenKey,
    pairwise_key: hmac::Key,
    nonce_key: hmac::Key,
    seams: Seams,
}

impl Provider {
    /// With the key that signs its ID tokens.
    ///
    /// # Errors
    /// [`BadIssuer`].
    pub fn new(settings: Settings, key: TokenKey, secrets: &Secrets, seams: Seams) -> Result<Self, BadIssuer> {
        let url = url::Url::parse(&settings.issuer).map_err(|_| BadIssuer)?;
        let is_loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        let is_safe = url.scheme() == "https" || url.scheme() == "http" && is_loopback;
        // An origin, written as it reads back.
        if !is_safe || url.origin().ascii_serialization() != settings.issuer {
            return Err(BadIssuer);
        }
        let key_of = |secret: &[u8; 32]| hmac::Key::new(hmac::HMAC_SHA256, secret);
        let (pairwise_key, nonce_key) = (key_of(&secrets.pairwise), key_of(&secrets.nonce));
        Ok(Self { settings, key, pairwise_key, nonce_key, seams })
    }

    /// What it is to the world.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The person's name for one sector: the same each time, another one elsewhere, and neither the account nor another
    /// sector's name can be told from it. `account` is the caller's own name of the person.
    pub fn subject(&self, sector: &str, account: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.pairwise_key);
        context.update(b"yakuba-pairwise-subject-v1");
        // The length goes first, so that no two pairs make the same bytes.
        context.update(&(sector.len() as u64).to_be_bytes());
        context.update(sector.as_bytes());
        context.update(account);
        BASE64URL_NOPAD.encode(context.sign().as_ref())
    }

    /// The data API as `resource` and audience name it.
    fn resource(&self) -> String {
        self.at(self.settings.paths.resource)
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.settings.issuer)
    }

    fn now(&self) -> i64 {
        self.seams.now().seconds()
    }
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider {}", self.settings.issuer)
    }
}
