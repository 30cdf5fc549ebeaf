//! The Individual Number Card (個人番号カード) over APDUs: client, readers, and a virtual card.
//!
//! For everything in Yakuba that touches a card. It knows neither the database nor HTTP and can be used alone.
//!
//! ```text
//!   JpkiSession ── Command/Response ──▶ Card (one exclusive connection) ──▶ readers::pcsc ───────────▶ a real card
//!   (session, applications)                                            └──▶ readers::virtual_reader ─▶ VirtualCard
//!                                              OpenSC, pcscd ── vpcd ──────────────────────────────────────┘
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`apdu`], [`tlv`] | the bytes: commands, answers, tag-length-value |
//! | [`pin`] | the secrets as types, checked and folded before a try is spent |
//! | [`session`] | errors, and the only way to a file: [`session::File`] |
//! | [`applications`] | what a session can do with an application; tables of names, files and keys |
//! | [`readers`] | where cards are put: PC/SC, in-process |
//! | [`virtual_card`] | a card made of plain data, for tests and the demo |
//! | [`vpcd`] | lends a virtual card to a real `pcscd` |
//!
//! # Invariant: nobody here opens the My Number
//! No function of this crate selects a file that holds the Individual Number (個人番号): 0001 of the input-support
//! application (券面事項入力補助AP) and 0002 and 0005 of the surface application (券面事項確認AP), nor the applications
//! around them. It is kept by construction: a file is selected only by a value of the closed enum [`session::File`],
//! an application only by [`session::Application`], and neither names one. `tests/card/no_my_number.rs` records every command
//! the client sends, in every story and against every hostile answer, and finds none.
//!
//! Facts about the card come from public surveys of real and test cards; those that are only recalled say so.

pub mod apdu;
pub mod applications;
pub mod pin;
pub mod readers;
pub mod session;
pub mod tlv;
pub mod virtual_card;
pub mod vpcd;

pub use applications::jpki::JpkiSession;
pub use pin::{LastTry, MalformedPin, Pin, SigningPassword, UserAuthenticationPin};
pub use readers::{Card, Reader, ReaderError};
pub use session::{CardError, DeviceKind};
