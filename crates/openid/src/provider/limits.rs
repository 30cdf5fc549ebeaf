//! Every figure of the provider in one place. FAPI: the FAPI 2.0 Security Profile, Final (February 2025); ours: our choice.

/// How long a pushed request is good, in seconds. FAPI: less than 600.
pub const PUSHED_SECONDS: i64 = 300;
/// How long a code is good, in seconds. FAPI: at most 60.
pub const CODE_SECONDS: i64 = 60;
/// How long an access token is good, in seconds. FAPI names no figure; ours.
pub const ACCESS_SECONDS: i64 = 300;
/// How long an ID token is good, in seconds. Ours.
pub const ID_TOKEN_SECONDS: i64 = 300;
/// How far ahead of our clock a time may be, in seconds. FAPI: 10 must be taken, more than 60 must be refused.
pub const AHEAD_SECONDS: i64 = 60;
/// How old a proof of possession (DPoP) may be, in seconds. Ours.
pub const PROOF_SECONDS: i64 = 60;
/// How long a client assertion may be good from now, in seconds. Ours: common libraries ask for an hour.
pub const ASSERTION_SECONDS: i64 = 3600;
/// How often the nonce of proofs changes, in seconds; the two before it are taken too. Ours.
pub const NONCE_SECONDS: i64 = 60;
/// Longest form or query, in bytes. Ours.
pub const MAX_FORM_BYTES: usize = 16 * 1024;
/// Longest signed token that a client may send, in bytes. Ours.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// Longest redirect address, in bytes. Ours, the national sign-in app's figure.
pub const MAX_REDIRECT_BYTES: usize = 255;
/// Longest `state`, in bytes. Ours.
pub const MAX_STATE_BYTES: usize = 512;
/// Longest `nonce`, in bytes. FAPI: 64 must be taken.
pub const MAX_NONCE_BYTES: usize = 128;
/// Longest `jti`, in bytes. Ours.
pub const MAX_ID_BYTES: usize = 255;
/// Most keys of one client. Ours.
pub const MAX_KEYS: usize = 8;
/// Most redirect addresses of one client. Ours.
pub const MAX_REDIRECTS: usize = 10;
