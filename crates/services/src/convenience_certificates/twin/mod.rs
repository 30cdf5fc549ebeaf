//! The digital copy of a paper (デジタル写し): the same certificate in a wallet, as SD-JWT VC by OpenID4VCI with a
//! pre-authorised code. Off in production until a law knows it ([`Offered`](base::config::TwinOffered)): **the paper is
//! the certificate**.
//!
//! ```text
//!  paper printed ─► offer (inside): decide again, disclose, seal ─► square and digits on the screen
//!                                      └─ relay ─► outside: redeem (code, digits → token) ─► collect (token, proof → copy)
//! ```
//! Both are made from one canonical list of fields ([`wire::certificate_fields`]) and carry its hash, so that whoever has
//! both knows that they are one certificate. Withdrawing the paper ends the copy.
//!
//! | file | what it holds |
//! |---|---|
//! | [`offer`] | the inside: what the person at the machine asks for |
//! | [`collect`] | the outside: what a wallet asks for |
//! | [`claims`] | fields as claims, each to be shown or not |
//! | [`description`] | what wallets are told of issuer and types |

pub mod claims;
pub mod collect;
pub mod description;
pub mod offer;

#[cfg(test)]
mod tests;

/// Days a copy is good for. Receivers of papers commonly ask for one of the last three months (recalled).
pub const VALID_DAYS: i64 = 90;

/// Addresses below the city's public one, which is the issuer's name.
pub mod path {
    /// Gives code and digits for a token.
    pub const TOKEN: &str = "/twin/token";
    /// Gives a nonce.
    pub const NONCE: &str = "/twin/nonce";
    /// Gives the copy.
    pub const CREDENTIAL: &str = "/twin/credential";
    /// A kind's type follows.
    pub const TYPES: &str = "/twin/types";
    /// A list's number follows.
    pub const STATUS: &str = "/twin/status";
}

/// The type of a kind's copies (`vct`): also the address of its description.
pub fn type_address(issuer: &str, kind: &str) -> String {
    format!("{issuer}{}/{kind}", path::TYPES)
}

/// The address of a status list.
pub fn status_address(issuer: &str, list: i64) -> String {
    format!("{issuer}{}/{list}", path::STATUS)
}
