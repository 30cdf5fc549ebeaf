//! The Individual Number Card (個人番号カード) over APDUs: client, readers, and a virtual card.
//!
//! For everything in Yakuba that touches a card. It knows neither the database nor HTTP and can be used alone.
//!
//! ```text
//!   …Session ── Command/Response ──▶ Card (one exclusive connection) ──▶ readers::pcsc ───────────▶ a real card
//!   (applications)                                                     └──▶ readers::virtual_reader ─▶ VirtualCard
//!                                              OpenSC, pcscd ── vpcd ──────────────────────────────────────┘
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`apdu`], [`tlv`] | the bytes: commands, answers, tag-length-value |
//! | [`pin`] | the secrets as types, checked and folded before a try is spent |
//! | [`applications`] | what a session can do with an application; the closed table of names, files and keys |
//! | [`genuineness`] | is the card genuine: the proof that needs no PIN |
//! | [`readers`] | where cards are put: PC/SC, in-process; reading again when a card was pulled |
//! | [`virtual_card`] | a card made of plain data, for tests and the demo |
//! | [`vpcd`] | lends a virtual card to a real `pcscd` |
//!
//! # Invariant: nobody here opens the My Number
//! No function of this crate selects a file that holds the Individual Number (個人番号), its hash or its picture, nor sends
//! verification code A (照合番号A), which is the number. It is kept by construction: an application or a file is selected
//! only by a value of the closed enums in [`directory`], and none names one.
//! `tests/card/no_my_number.rs` records every command the client sends, in every story and against every hostile answer,
//! and finds none.
//!
//! Facts about the card come from public surveys of real and test cards; those that are only recalled say so.

pub mod apdu;
pub mod applications;
pub mod city_application;
pub mod contact;
mod device;
pub mod directory;
mod error;
pub mod genuineness;
pub mod pin;
pub mod readers;
mod record;
mod session;
pub mod signature;
pub mod tlv;
pub mod virtual_card;
pub mod vpcd;

pub use applications::{InputSupportSession, JpkiSession, SurfaceSession};
pub use contact::{Card, Reader};
pub use device::DeviceKind;
pub use error::{AnswerFault, CardError, ReaderError};
pub use pin::{FourDigitPin, LastTry, MalformedPin, Pin, SigningPassword, UserAuthenticationPin};
