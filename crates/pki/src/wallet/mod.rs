//! Certificates in a wallet (デジタル証明書): what an issuer writes and what it reads, without web and without storage.
//!
//! ```text
//!  claims ─► sd_jwt: each hidden behind a salted digest, signed, bound to the wallet's key ─► wallet ─► whoever asks
//!  wallet ─► key_proof: "this key is mine, for you, now, with your nonce" ─► issuer
//!  withdrawn papers ─► status_list: one bit each in a signed, compressed list ─► whoever asks
//! ```
//!
//! | module | standard |
//! |---|---|
//! | [`sd_jwt`] | RFC 9901, draft-ietf-oauth-sd-jwt-vc |
//! | [`key_proof`] | OpenID4VCI 1.0, appendix F.1 |
//! | [`status_list`] | draft-ietf-oauth-status-list |

pub mod key_proof;
pub mod sd_jwt;
pub mod status_list;
