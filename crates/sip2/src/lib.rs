//! SIP2 (3M Standard Interchange Protocol 2.00), which self-checkout machines, gates and library systems speak.
//!
//! Pure: bytes in, bytes out. Sockets, time-outs and the library itself belong to the caller.
//!
//! ```text
//!  bytes ─► Frames ─► frame::read ─► Envelope { message, sequence } ─┬─ Server: what to answer, what to say again
//!        ◄────────── frame::write ◄─────────────────────────────────┴─ Client: one question at a time, asked again
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`message`] | every message, declared as the tables of the specification print them |
//! | [`field`], [`codes`] | what fixed fields hold; code lists |
//! | [`frame`] | characters, sequence number, checksum, where a message ends |
//! | [`server`] | the library's end: a message that comes twice is answered twice and done once |
//! | [`client`] | the machine's end: resends with the same number, gives up after so many |
//!
//! Sources: the message tables of the public implementations `pysip2` and `sip2`; frames captured from a running server.
//! Values that this crate takes from memory are marked *recalled* where they stand.

pub mod client;
pub mod codes;
mod fault;
pub mod field;
pub mod frame;
pub mod message;
pub mod server;
#[cfg(test)]
mod tests;

pub use client::Client;
pub use frame::{Charset, Envelope, Fault, Frames, Sequence};
pub use message::Message;
pub use server::Server;
