//! The agent (`yakuba agent`): the small program beside a card reader on a person's, counter's or terminal's PC.
//!
//! A page of the city's server asks it, through the browser, to have a card prove who taps or to sign a document. The
//! PIN is typed into a page of the agent's own and reaches neither the city's page nor its server.
//!
//! ```text
//!            page (city's origin)                         agent (http://127.0.0.1:PORT)              card
//!  server ── signed request ──▶ POST /v1/identify ───▶ my server's? for me? fresh? once?
//!                               opens the pad ───────▶ GET /pad/ID: who asks, what for, tries left
//!                                                      POST: the PIN, on loopback only ──────────▶ verify, sign
//!  server ◀── sealed answer ─── GET /v1/answers/T ◀─── certificate and signature, sealed to the server
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`pairings`] | the servers this agent believes, in a file of its user; pairing and unpairing |
//! | [`application_keys`] | its own keys for the city's application on cards, kept sealed |
//! | [`readers`] | where cards are put: PC/SC, or a virtual one in tests and demos |
//! | [`work`] | what the card is asked to do: few verbs, none a page could send bytes with |
//! | [`relay`] | the hall works on the city's own application, and on nothing else of the card |
//! | [`desk`] | requests under way: one-time ids, misses, answers waiting to be fetched |
//! | [`door`] | the origin on loopback: Host, Origin, sizes, rates, headers |
//! | `api`, `pad`, `own` | what a paired page may ask; the PIN pad; the agent's own page |
//!
//! Law and specs: 公的個人認証法 (利用者証明検証者); RFC 9180 for sealing. Nothing here calls Linux alone: the card's
//! readers do (`card::readers`). Windows is untested.

mod api;
pub mod application_keys;
pub mod desk;
pub mod door;
mod form;
pub mod limits;
mod own;
mod pad;
pub mod pairings;
pub mod readers;
pub mod relay;
mod request;
mod state;
pub mod work;

pub use door::{Agent, DEFAULT_PORT, serve};
pub use pairings::{Pairing, PairingError, Pairings};
