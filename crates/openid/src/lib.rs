//! The national sign-in app (デジタル認証アプリ) as its relying party sees it: OpenID Connect, one closed profile.
//!
//! For portals that let a person in with the card in their hand and the app on their phone. It knows neither database nor
//! web and can be used alone.
//!
//! ```text
//!  begin ─▶ address of the provider + Pending (kept in the person's session)
//!                │ the person taps the card at the app
//!  finish ◀─ code, state ─▶ token (private_key_jwt, PKCE) ─▶ ID token: ES256, issuer, audience, nonce, time, level
//!                                                      └──▶ user information: the same subject ─▶ SignedIn
//! ```
//!
//! Code flow only; PKCE S256, `state` and `nonce` always. The provider of tests and demos is simulated
//! (`testkit::world::sign_in`); nobody here has the credentials of a real relying party.
//!
//! The other side stands in [`provider`]: what private apps sign in with.

pub mod facts;
pub mod http;
pub mod jwt;
pub mod provider;
mod relying_party;

pub use relying_party::{
    Asked, Attributes, Callback, Config, ConfigError, Pending, RelyingParty, SignInRefusal, SignedIn,
};
