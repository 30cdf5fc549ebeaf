//! The city's own application on the chip (独自アプリ, 条例利用): files of the services, opened by terminals that prove
//! themselves and to which the card proves itself.
//!
//! The policy prefers the card's standard applications; **no service depends on this one**. Its name begins with `F`, the
//! range nobody registers. The whole protocol is in `docs/city-application.md`, from which others write their own clients.
//!
//! ```text
//!  city's key store ── group key of a service, version n ──► every card          K(terminal) = KDF(group key, terminal)
//!        │                                                                              │
//!        └── KDF(…, terminal) ─────────────────────────────────────────► one terminal ──┘   lost? its name is refused
//!
//!  SELECT ─ INITIALIZE (terminal, random) ─► random, proof of the card ─ AUTHENTICATE (proof of the terminal) ─► channel
//!       channel: each command and answer encrypted (AES-CTR), with a counter and a code (AES-CMAC, 8 bytes)
//!       BEGIN ─ UPDATE … ─ COMMIT: a write goes beside the old copy, which stays until the new one is whole
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`layout`] | names, key sets, files: which terminal may read and write what |
//! | [`keys`] | keys and how they are derived |
//! | [`channel`] | both ends of secure messaging |
//! | [`applet`] | the card's end, with what it keeps |
//! | [`client`] | the terminal's end |
//! | [`loading`] | the loading system: load, personalise, update, delete, resume |
//!
//! # What a reader learns without a key
//! That the application is there, and its version. Its number comes out only inside a channel, so nobody follows people by it.

pub mod applet;
pub mod channel;
pub mod client;
mod kept;
pub mod keys;
pub mod layout;
pub mod loading;
#[cfg(test)]
mod tests;

pub use applet::{Applet, Image};
pub use client::{CityCardError, CitySession, FileCopy, read_number};
pub use kept::MalformedImage;
pub use keys::{CardNumber, GroupKeys, TerminalKey, TerminalName};
pub use layout::{FileId, KeySet};
