//! A card made of plain data, byte for byte as public surveys found the real one. For tests and the demo, never for
//! real people: it stands where a physical card would, and OpenSC and a real `pcscd` cannot tell the difference.
//!
//! ```text
//!  VirtualCardContents ──▶ VirtualCard::insert ──▶ power_on ─▶ transmit(command) ─▶ answer … ─▶ power_off
//!   (keys, certificates,     (files laid out,        ▲ PIN counters live in the contents: a locked card stays locked
//!    PINs, attributes)        state machine)
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`contents`] | what a card is made of, and its bytes for keeping it sealed |
//! | [`files`] | the applications, files and key references, laid out from the contents |
//! | [`machine`] | the state: power, selection, verified PINs, instructions |
//! | [`signing`] | the private-key operations |
//!
//! The file for the Individual Number (個人番号) exists, as on a real card, but holds a number whose check digit is
//! **wrong by construction** ([`FictitiousNumber`]), so that it can be nobody's.

pub mod attack;
pub mod contents;
pub mod files;
pub mod issuer;
pub mod machine;
pub mod signing;

pub use crate::applications::input_support::BasicAttributes;
pub use contents::{FictitiousNumber, Genuineness, KeyAndCertificate, MalformedContents, Secret, VirtualCardContents};
pub use issuer::CardIssuer;
pub use machine::{Behaviour, VirtualCard};
pub use signing::UnusableKey;
