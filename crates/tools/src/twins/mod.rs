//! Copies of papers on their way into a wallet (デジタル写し): what the zones must know of each other for it.
//!
//! The register's zone is not on the internet, and wallets are. So the inside seals what a paper says with a key that is
//! made from the offer's code and the digits on the screen, and sends the sealed bytes on; the outside can open them only
//! while a wallet presents both, and keeps neither.
//!
//! ```text
//!  inside                            relay                     outside                           wallet
//!  code (32 bytes), digits (6) ──────────────────────────── screen of the machine ───────────────► scanned, typed
//!  seal(fields, key of both) ─► hash of code, sealed bytes ─► offers row
//!                                                              redeem ◄──── code, digits ──────────┤
//!                                                              seal(fields, key of token) ─ token ─►
//!                                                              collect ◄─── token, key proof ──────┤
//!                                                              row gone; a place in the status list
//! ```
//! Beyond collection the outside keeps which paper (by hash) has which place in the status list, and nothing else. What
//! lies in the relay's outbox opens to nobody once the screen is gone (ADR 0050).
//!
//! | module | what it holds |
//! |---|---|
//! | [`envelope`] | codes, digits, tokens; sealing with a key made from them |
//! | [`offers`] | the message between the zones, and the outside's rows |
//! | [`nonces`] | nonces for key proofs, used once |
//! | [`places`] | places in the status list, and which of them are withdrawn |

pub mod envelope;
pub mod nonces;
pub mod offers;
pub mod places;

#[cfg(test)]
mod tests;

pub use envelope::{AccessToken, Digits, PreAuthorizedCode};
