//! 市立病院診察券: the city hospital's card on the Individual Number Card (policy 別紙2, row 3; 番号法 第18条).
//!
//! The card never holds the chart number, and nothing clinical passes here: who somebody is to the hospital, whether they are
//! booked today, and that they have come.
//!
//! ```text
//!  desk:     card ─► resident ─► register (who) ─┐
//!            chart number, typed or by QR ───────┴─► hospital asked (PDQ) ─► exact ─► linked · else waits for the window
//!  machine:  card + PIN, tag ─► chart number ─► bookings of today ─► queue number ─► A04, once ─► called ─► portal
//!  hospital: SIU, A08, A31, A40 ─► listener ─► inbox (each message once) ─► bookings, links that follow a merge
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`model`] | where a link stands, and whether a chart is certainly this person's |
//! | [`linking`] | at the desk: link, wait, decide |
//! | [`arriving`] | at the re-visit machine: bookings, reception, queue, calls |
//! | [`notices`] | what the hospital is told beside receptions: somebody new, a changed address |
//! | [`details`] | whether the hospital still says what the register says |
//! | [`outbox`] | what goes to the hospital, until it is answered |
//! | [`inbox`] | what the hospital tells us |
//! | [`hospital`] | the hospital's systems as they are asked |
//! | [`mllp`] | HL7 over TCP, both ways |
//! | [`over_fhir`] | a hospital that is asked by FHIR |
//! | [`telling`] | what is told to a person's portal |
//! | [`watching`] | what staff see: waiting links, merges, faults |

pub mod arriving;
pub mod details;
mod error;
pub mod hospital;
pub mod inbox;
pub mod linking;
pub mod mllp;
pub mod model;
pub mod notices;
pub mod outbox;
pub mod over_fhir;
mod own_number;
mod service;
pub mod telling;
#[cfg(test)]
mod tests;
pub mod watching;

pub use error::HospitalError;
pub use service::SERVICE;

/// Forgets what is over: past days' bookings and receptions, what was answered or told a month ago.
///
/// # Errors
/// [`HospitalError`].
pub fn sweep(city: &tools::Inside) -> Result<(), HospitalError> {
    arriving::sweep(city)?;
    notices::sweep(city)
}

/// Whose cards, as `tools::service_cards` names them.
pub const KEY: &str = "hospital_card";
/// Separates hashes of chart numbers from every other use of the look-up key.
const CHART_PURPOSE: &str = "hospital_card.chart_hash";
