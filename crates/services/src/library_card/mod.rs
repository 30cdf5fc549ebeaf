//! 図書館カードの一元化: the card or tag that a person has anyway opens the library. Loans stay with the library's system.
//!
//! ```text
//!  self-checkout, gate ─SIP2─► listener ─► self_check ─► patron (token → resident → number, disclosed) ─┐
//!  portal ─post─► answers (inside) ─────────────────────────────────────────────────────────────────────┤
//!                                                                                                       ▼
//!                                                              LibrarySystem: sip2_system │ koha ─► the library
//!  staff ─ CSV of live numbers out, of ended numbers in ─► sync
//! ```
//! | module | what it holds |
//! |---|---|
//! | [`system`] | what a library's system does, and how it refuses |
//! | [`sip2_system`] | such a system behind SIP2 |
//! | [`koha`] | such a system behind REST in Koha's shape |
//! | [`patron`] | from what was shown to the patron number |
//! | [`self_check`] | what machines ask, answered |
//! | [`listener`] | the door of machines |
//! | [`sync`] | files between the library and us |
//! | [`answers`] | what residents ask about themselves, inside |
//! | [`own`] | the same outside: minutes, then erased |
//!
//! 図書館の自由: no title, no loan and no reservation is ever written into a database here in words that can be read; what a
//! resident sees in the portal is sealed to a key that is erased with it (docs/library.md).

pub mod answers;
pub mod koha;
pub mod listener;
pub mod own;
pub mod patron;
pub mod self_check;
mod service;
pub mod sip2_system;
pub mod sync;
pub mod system;
#[cfg(test)]
mod tests;

pub use service::SERVICE;
pub use sip2::Charset;
pub use system::LibrarySystem;

/// The service's key: in the database of cards, in disclosures.
pub const KEY: &str = "library_card";
