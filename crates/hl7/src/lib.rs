//! HL7 v2.5 between the city's hospital-card service (診察券) and a hospital's systems.
//!
//! Pure: bytes in, bytes out. Of a hospital's record only what finds a patient and today's bookings is read or written.
//!
//! ```text
//!  bytes ─► mllp::Frames ─► Message::read ─► Message { header, body } ─► the service ─► Message::answer ─► write ─► mllp::wrap
//!                              └► Refused { header, fault } ─► its own answer: AE with segment and field, or AR
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`mllp`] | where a message begins and ends in a stream |
//! | [`text`] | segments, fields, repetitions, components; ISO-2022-JP; escapes |
//! | [`message`] | headers, bodies, acknowledgements |
//! | [`patient`] | PID and MRG: chart number, names in kanji and kana, birth, sex |
//! | [`booking`] | SCH and AIL: what is booked for when and where |
//!
//! Not by the crate `hl7-parser`: version 0.3 takes counts of characters for places of bytes when it undoes escapes, and
//! ends with a panic on kanji.
//!
//! What Japanese hospitals fill in follows the JAHIS guides and is *recalled*: [`text::CHARACTER_SET`], repetitions of PID-5,
//! where a booking says its time. Each stands in one place.

pub mod booking;
pub mod fault;
pub mod message;
pub mod mllp;
pub mod patient;
#[cfg(test)]
mod tests;
pub mod text;
mod when;

pub use booking::{Booking, BookingState};
pub use fault::{Fault, What};
pub use message::{Answer, Body, Header, Message, Party, Refused};
pub use patient::{Address, Name, Patient, Sex};
